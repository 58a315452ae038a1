"""What `ports.Journal` promises, of the files and of the fake alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import open_journal
from livekit_cli.core.errors import JournalError
from livekit_cli.core.event import Mode, Opened
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.schedule import Turn
from livekit_cli.core.signal import Position, Signal
from livekit_cli.core.state import Identity, Idle, Open, Publish, Step
from livekit_cli.ports import Journal
from livekit_cli.testing import MemoryJournal

IDENTITY = Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT")
T = TypeVar("T")
Reopen = Callable[[Journal | None], Journal]


@pytest.fixture(params=["files", "memory"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    """Opens the journal, the first time or again."""

    def from_files(before: Journal | None) -> Journal:
        if before is not None:
            before.close()
        return open_journal(tmp_path, IDENTITY, Disk(), "livekit run", 0)

    def from_memory(before: Journal | None) -> Journal:
        if before is None:
            return MemoryJournal()
        assert isinstance(before, MemoryJournal)
        return before.reopened()

    return from_files if request.param == "files" else from_memory


def run(work: Awaitable[T]) -> T:
    async def main() -> T:
        return await work

    return asyncio.run(main())


def opening(number: int) -> Step:
    signal = Signal(f"id{number}", Position.LONG, 100.0, 101.0, 99.0, 60, "", number * 60_000)
    event = Opened(f"id{number}-opened", number * 60_000, "breakout", "demo", "BTCUSDT", Mode.PAPER, signal, 100.0)
    return Step(number * 60_000, Open(signal), Publish(event))


def quiet(number: int) -> Step:
    return Step(number * 60_000, Idle())


def test_a_new_journal_knows_nothing(reopen: Reopen) -> None:
    journal = reopen(None)
    assert (journal.last, journal.seq, journal.acked, journal.unacknowledged) == (None, 0, 0, [])
    journal.close()


def test_steps_are_numbered_from_one_and_the_last_is_kept(reopen: Reopen) -> None:
    journal = reopen(None)
    for number in (1, 2, 3):
        assert run(journal.append(opening(number), 0)) == number
        assert (journal.seq, journal.last) == (number, opening(number))
    journal = reopen(journal)
    assert (journal.seq, journal.last) == (3, opening(3))
    assert run(journal.append(quiet(4), 0)) == 4
    journal.close()


def test_events_nobody_acknowledged_are_found_at_opening(reopen: Reopen) -> None:
    journal = reopen(None)
    for step in (opening(1), quiet(2), opening(3), opening(4)):
        run(journal.append(step, 0))
    journal = reopen(journal)
    found = journal.unacknowledged
    assert [seq for seq, _ in found] == [1, 3, 4]
    assert [event.event_id for _, event in found] == ["id1-opened", "id3-opened", "id4-opened"]
    assert not any(event.replay for _, event in found)
    journal.close()


def test_what_is_appended_now_is_not_among_the_events_found_at_opening(reopen: Reopen) -> None:
    journal = reopen(None)
    run(journal.append(opening(1), 0))
    assert journal.unacknowledged == []
    journal.close()


def test_an_append_carries_the_newest_acknowledged_event(reopen: Reopen) -> None:
    journal = reopen(None)
    run(journal.append(opening(1), 0))
    run(journal.append(opening(2), 1))
    assert journal.acked == 0  # known at opening, not since
    journal = reopen(journal)
    assert (journal.acked, [seq for seq, _ in journal.unacknowledged]) == (1, [2])
    journal.close()


def test_a_beat_carries_it_too(reopen: Reopen) -> None:
    journal = reopen(None)
    run(journal.append(opening(1), 0))
    journal.beat(Pulse(acked=1))
    journal = reopen(journal)
    assert (journal.acked, journal.unacknowledged) == (1, [])
    journal.close()


def test_the_pulse_comes_back(reopen: Reopen) -> None:
    journal = reopen(None)
    assert journal.pulse.minute is None
    pulse = Pulse(minute=60_000, turn=Turn(60_000, 120_000, 2), price=100.5, error="an error", status="running")
    journal.beat(pulse)
    journal = reopen(journal)
    found = journal.pulse
    assert (found.minute, found.turn, found.price, found.error) == (60_000, Turn(60_000, 120_000, 2), 100.5, "an error")
    journal.close()


def test_a_closed_journal_takes_no_more_steps(reopen: Reopen) -> None:
    journal = reopen(None)
    journal.close()
    with pytest.raises(JournalError):
        run(journal.append(quiet(1), 0))
