"""Events as they come: each once, across rotations, restarts and journals that appear later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from livekit_cli.adapters import following as following_module
from livekit_cli.adapters import journal as journal_module
from livekit_cli.adapters import reading as reading_module
from livekit_cli.adapters.disk import Disk, plain_bytes
from livekit_cli.adapters.event_stream import EventStream
from livekit_cli.adapters.journal import JournalFile, open_journal
from livekit_cli.adapters.names import places
from livekit_cli.adapters.repair import set_aside
from livekit_cli.core.event import Mode, Opened
from livekit_cli.core.signal import Position, Signal
from livekit_cli.core.state import Identity, Open, Publish, Step

MINUTE = 60_000


def identity(symbol: str = "BTC/USDT", strategy: str = "breakout") -> Identity:
    return Identity(Mode.PAPER, "demo", strategy, symbol)


def opened(root: Path, symbol: str = "BTC/USDT", strategy: str = "breakout") -> JournalFile:
    return open_journal(root, identity(symbol, strategy), Disk(), "a test", 0)


def append(journal: JournalFile, *minutes: int) -> None:
    async def run() -> None:
        for minute in minutes:
            whose, time = journal._identity, minute * MINUTE
            signal = Signal(f"{whose.symbol}-{minute}", Position.LONG, 100.0, 101.0, 99.0, 60, "", time)
            event = Opened(f"{signal.id}-opened", time, whose.strategy, "demo", whose.symbol, Mode.PAPER, signal, 100.0)
            await journal.append(Step(time, Open(signal), Publish(event)), journal.seq)

    asyncio.run(run())


def ids(stream: EventStream) -> list[str]:
    """The signals of the fresh events; nothing may be wrong."""
    events, faults = stream.fresh()
    assert faults == []
    return [event.signal.id for event in events]


def numbered(*minutes: int, symbol: str = "BTC/USDT") -> list[str]:
    return [f"{symbol}-{minute}" for minute in minutes]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalFile]:
    journal = opened(tmp_path)
    yield journal
    journal.close()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read."""
    found: list[Path] = []

    def counted(path: Path) -> bytes:
        found.append(path)
        return plain_bytes(path)

    monkeypatch.setattr(reading_module, "plain_bytes", counted)
    return found


def test_each_event_comes_once(journal: JournalFile, tmp_path: Path) -> None:
    append(journal, 1, 2)
    stream = EventStream(tmp_path)
    assert ids(stream) == numbered(1, 2)
    assert ids(stream) == []
    append(journal, 3)
    assert ids(stream) == numbered(3)
    assert ids(stream) == []


@pytest.mark.parametrize("between_looks", [1, 2, 7, 40])
def test_a_rotation_between_two_looks_loses_and_doubles_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, between_looks: int
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_500)
    journal, stream, found = opened(tmp_path), EventStream(tmp_path), []
    for minute in range(1, 41):
        append(journal, minute)
        if minute % between_looks == 0:
            found += ids(stream)
    journal.close()
    assert [*found, *ids(stream)] == numbered(*range(1, 41))
    assert len(list(places(tmp_path, identity()).segments.iterdir())) > 5


def test_a_restart_of_the_run_changes_nothing(tmp_path: Path) -> None:
    stream = EventStream(tmp_path)
    for minute in (1, 2, 3):
        journal = opened(tmp_path)
        append(journal, minute)
        journal.close()
        assert ids(stream) == numbered(minute)


def test_journals_that_appear_later_are_followed_too(tmp_path: Path) -> None:
    stream = EventStream(tmp_path)
    assert ids(stream) == []
    first = opened(tmp_path)
    assert ids(stream) == []
    append(first, 2)
    second = opened(tmp_path, "ETHUSDT")
    append(second, 1)
    assert ids(stream) == ["ETHUSDT-1", "BTC/USDT-2"]  # in the order of their time
    for journal in (first, second):
        journal.close()


def test_only_what_is_asked_for_is_shown_and_read(tmp_path: Path, reads: list[Path]) -> None:
    wanted = [("BTC/USDT", "breakout"), ("BTC/USDT", "my-idea"), ("ETHUSDT", "breakout")]
    for symbol, strategy in wanted:
        journal = opened(tmp_path, symbol, strategy)
        append(journal, 1)
        journal.close()
    reads.clear()
    assert ids(EventStream(tmp_path, strategy="my-idea")) == ["BTC/USDT-1"]
    assert ids(EventStream(tmp_path, symbol="ETHUSDT")) == ["ETHUSDT-1"]
    assert ids(EventStream(tmp_path, symbol="SOLUSDT")) == []
    assert len(reads) == 2
    assert ids(EventStream(tmp_path, symbol="btc-usdt", strategy="breakout")) == ["BTC/USDT-1"]
    assert len(ids(EventStream(tmp_path))) == 3


def test_half_a_line_in_the_making_is_no_event_yet(journal: JournalFile, tmp_path: Path) -> None:
    append(journal, 1, 2)
    path = places(tmp_path, identity()).journal
    whole = path.read_bytes()
    stream = EventStream(tmp_path)
    path.write_bytes(whole[:-40])
    assert ids(stream) == numbered(1)
    path.write_bytes(whole[:-1])
    assert ids(stream) == []
    path.write_bytes(whole)
    assert ids(stream) == numbered(2)


def test_what_does_not_change_is_not_read(
    journal: JournalFile, tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_module, "SETTLED_MS", 0)  # as if it had been written long ago
    append(journal, 1)
    stream = EventStream(tmp_path)
    ids(stream)
    reads.clear()
    for _ in range(20):
        assert ids(stream) == []
    assert reads == []
    append(journal, 2)
    assert ids(stream) == numbered(2)
    assert len(reads) == 1


def test_damage_is_told_once_and_hides_no_other(journal: JournalFile, tmp_path: Path) -> None:
    append(journal, 1)
    other = opened(tmp_path, "ETHUSDT")
    append(other, 1)
    path = places(tmp_path, identity()).journal
    sound = path.read_bytes()
    path.write_bytes(sound.replace(b'"long"', b'"lonG"', 1))
    stream = EventStream(tmp_path)
    events, faults = stream.fresh()
    assert [event.signal.id for event in events] == ["ETHUSDT-1"]
    assert [fault.partition(": ")[0] for fault in faults] == [f"{path}:2"]
    append(other, 2)
    assert ids(stream) == ["ETHUSDT-2"]
    path.write_bytes(sound)
    assert ids(stream) == numbered(1)
    other.close()


def test_a_journal_that_vanishes_is_told(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    append(journal, 1)
    journal.close()
    stream = EventStream(tmp_path)
    assert ids(stream) == numbered(1)
    places(tmp_path, identity()).journal.unlink()
    _, faults = stream.fresh()
    assert "No such file" in faults[0]
    assert ids(stream) == []


def test_a_hole_in_the_history_is_told_and_what_comes_after_it_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_500)
    journal = opened(tmp_path)
    append(journal, *range(1, 9))
    files = places(tmp_path, identity())
    files.segment(1).unlink()
    stream = EventStream(tmp_path)
    events, faults = stream.fresh()
    assert "this segment of the journal is missing" in faults[0]
    assert [event.signal.id for event in events][-1] == "BTC/USDT-8"
    append(journal, 9)
    assert ids(stream) == numbered(9)
    journal.close()


def test_a_journal_that_was_set_aside_meanwhile_is_told_and_followed_on(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    append(journal, 1, 2, 3, 4)
    journal.close()
    stream = EventStream(tmp_path)
    assert ids(stream) == numbered(1, 2, 3, 4)
    path = places(tmp_path, identity()).journal
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"scribble\n"]))
    set_aside(path, "")
    _, faults = stream.fresh()
    assert "it was replaced by another one" in faults[0]
    journal = opened(tmp_path)
    append(journal, 5)
    assert ids(stream) == numbered(5)
    journal.close()


def test_so_is_one_that_has_grown_past_where_it_was(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    append(journal, 1, 2, 3)
    journal.close()
    stream = EventStream(tmp_path)
    ids(stream)
    path = places(tmp_path, identity()).journal
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    set_aside(path, "")
    journal = opened(tmp_path)
    append(journal, 6, 7)
    _, faults = stream.fresh()
    assert "it was replaced by another one" in faults[0]
    append(journal, 8)
    assert ids(stream) == numbered(8)
    journal.close()
