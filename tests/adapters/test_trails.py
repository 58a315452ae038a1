"""Finding one signal in the journals by its id."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import open_journal
from livekit_cli.adapters.lines import verify
from livekit_cli.adapters.trails import find_trail
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.errors import JournalDamaged, UsageError
from livekit_cli.core.event import Mode
from livekit_cli.core.machine import settle, step
from livekit_cli.core.signal import Position, Proposal
from livekit_cli.core.state import Closing, Filled, Identity, Idle, Minute, Opening, Rejected, State, Step, Terms

T = 1_767_225_600_000


class DiskWithoutSync(Disk):
    """Nobody pulls the plug here."""

    def sync(self, fd: int) -> None:
        """Not needed."""

    def sync_folder(self, folder: Path) -> None:
        """Nor this."""


def whose(symbol: str = "BTCUSDT") -> Identity:
    return Identity(Mode.PAPER, "demo", "breakout", symbol)


def steps(identity: Identity, signals: int, *, rejected: bool = False) -> list[Step]:
    """Signals that open in one minute and expire in the next, or whose entries are refused."""
    terms, state, made, time = Terms(identity), Idle(), [], T
    current: State = state
    while len(made) < (2 if rejected else 4) * signals:
        wish = Proposal(Position.LONG, 110.0, 90.0, 1, None, 'a "note"') if isinstance(current, Idle) else None
        following = step(current, Minute(time, 100.0, 100.0, proposal=wish), terms)
        made.append(following)
        while isinstance(waiting := following.state, Opening | Closing):
            name = waiting.order.client_order_id
            report = Rejected(name, "no") if rejected else Filled(name, waiting.order.price)
            following = settle(waiting, report, terms)
            made.append(following)
        current, time = following.state, time + MINUTE_MS
    return made


def fill(folder: Path, identity: Identity, made: list[Step]) -> Path:
    async def append() -> Path:
        journal = open_journal(folder, identity, DiskWithoutSync(), "a test", T)
        for one in made:
            await journal.append(one, journal.seq)
        journal.close()
        return folder / "signal" / "paper" / f"demo-breakout-{identity.symbol}.jsonl"

    return asyncio.run(append())


def ids(made: list[Step]) -> list[str]:
    return list(dict.fromkeys(one.state.signal.id for one in made if isinstance(one.state, Opening)))


def test_a_signal_is_found_by_its_id_by_its_first_letters_and_by_what_is_named_after_it(tmp_path: Path) -> None:
    made = steps(whose(), 3)
    fill(tmp_path, whose(), made)
    name = ids(made)[1]
    for wanted in (name, name[:5], f"{name}-opened", f"{name}-close-1"):
        trail, damages = find_trail(tmp_path, wanted)
        assert (trail.signal.id, damages) == (name, [])
        assert [written.step for written in trail.steps] == made[4:8]
        assert trail.opened is not None
        assert trail.closed is not None
        assert trail.state == Idle()


def test_every_step_is_told_with_its_file_and_line(tmp_path: Path) -> None:
    made = steps(whose(), 400)  # more than one segment holds
    path = fill(tmp_path, whose(), made)
    assert path.with_suffix(".old").is_dir()
    for name in (ids(made)[0], ids(made)[200], ids(made)[-1]):
        trail, _ = find_trail(tmp_path, name)
        assert len(trail.steps) == 4
        for written in trail.steps:
            assert written.path.read_bytes().splitlines()[written.number - 1] == written.line.content
            assert written.step == made[written.line.seq - 1]


def test_an_open_signal_ends_where_it_stands(tmp_path: Path) -> None:
    made = steps(whose(), 2)[:6]
    fill(tmp_path, whose(), made)
    trail, _ = find_trail(tmp_path, ids(made)[1])
    assert trail.closed is None
    assert trail.opened is not None
    assert trail.state == made[-1].state
    assert not trail.rejected


def test_a_refused_entry_is_told_with_the_step_that_gave_it_up(tmp_path: Path) -> None:
    made = steps(whose(), 2, rejected=True)
    fill(tmp_path, whose(), made)
    trail, _ = find_trail(tmp_path, ids(made)[0])
    assert trail.rejected
    assert [written.step for written in trail.steps] == made[:2]


def test_letters_of_several_ids_list_them(tmp_path: Path) -> None:
    made = steps(whose(), 600)
    fill(tmp_path, whose(), made)
    firsts: dict[str, int] = {}
    for name in ids(made):
        firsts[name[:3]] = firsts.get(name[:3], 0) + 1
    letters = next(first for first, count in firsts.items() if count > 1)
    with pytest.raises(UsageError) as refused:
        find_trail(tmp_path, letters)
    head, *listed = str(refused.value).splitlines()
    assert head == f"{firsts[letters]} signals begin with {letters!r}, expected more of the id:"
    assert len(listed) == firsts[letters]
    assert all(line.startswith(f"  {letters}") for line in listed)
    assert listed[0].endswith("breakout BTCUSDT long, closed time_expired -0.40%")


def test_an_unknown_id_gets_the_nearest_and_the_newest_of_all_journals(tmp_path: Path) -> None:
    made, others = steps(whose(), 9), steps(whose("ETHUSDT"), 10)[:-2]
    fill(tmp_path, whose(), made)
    fill(tmp_path, whose("ETHUSDT"), others)
    name = ids(made)[0]
    slip = name[:5] + ("a" if name[5] != "a" else "b") + name[6:]
    with pytest.raises(UsageError) as refused:
        find_trail(tmp_path, slip)
    head, *listed = str(refused.value).splitlines()
    assert head == f"there is no signal {slip!r} in {tmp_path}; did you mean {name!r}?; the newest are"
    assert len(listed) == 5
    assert listed[0] == f"  {ids(others)[-1]}  breakout ETHUSDT long, open"


def test_too_few_letters_are_refused_and_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'ab' is too short for a signal's id, expected at least 3 of its letters"):
        find_trail(tmp_path, "ab")
    with pytest.raises(UsageError, match=r"there is no signal .abc.: no journal in .* has one yet"):
        find_trail(tmp_path, "abc")


def test_a_damaged_journal_hides_no_other_and_nobody_claims_that_a_signal_is_not_there(tmp_path: Path) -> None:
    made, others = steps(whose(), 2), steps(whose("ETHUSDT"), 2)
    path = fill(tmp_path, whose(), made)
    fill(tmp_path, whose("ETHUSDT"), others)
    path.write_bytes(path.read_bytes().replace(b'"long"', b'"lonG"', 1))
    trail, damages = find_trail(tmp_path, ids(others)[0])
    assert trail.record.identity.symbol == "ETHUSDT"
    assert len(damages) == 1
    with pytest.raises(JournalDamaged, match=r"there is no signal(?s:.)*its checksum does not match"):
        find_trail(tmp_path, ids(made)[0])


def test_what_is_found_is_what_the_file_verifies_as(tmp_path: Path) -> None:
    made = steps(whose(), 1)
    path = fill(tmp_path, whose(), made)
    trail, _ = find_trail(tmp_path, ids(made)[0])
    assert [written.line for written in trail.steps] == list(verify(path.read_bytes()).lines)
