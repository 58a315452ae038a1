"""Reading journals that others write."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from livekit_cli.adapters import journal as journal_module
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import JournalFile, open_journal
from livekit_cli.adapters.lines import step_line
from livekit_cli.adapters.names import places
from livekit_cli.adapters.records import read_events, read_record, read_records
from livekit_cli.core.errors import JournalDamaged
from livekit_cli.core.event import Closed, CloseReason, Mode, Opened
from livekit_cli.core.pnl import PnL
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.signal import Position, Signal
from livekit_cli.core.state import Identity, Idle, Open, Publish, Step


def identity(symbol: str = "BTCUSDT", strategy: str = "breakout", mode: Mode = Mode.PAPER) -> Identity:
    return Identity(mode, "demo", strategy, symbol)


def opening(number: int) -> Step:
    signal = Signal(f"id{number}", Position.LONG, 100.0, 101.0, 99.0, 60, "", number * 60_000)
    event = Opened(f"id{number}-opened", number * 60_000, "breakout", "demo", "BTCUSDT", Mode.PAPER, signal, 100.0)
    return Step(number * 60_000, Open(signal), Publish(event))


def opened(root: Path, whose: Identity | None = None) -> JournalFile:
    return open_journal(root, whose or identity(), Disk(), "livekit run", 0)


def append(journal: JournalFile, *steps: Step) -> None:
    async def run() -> None:
        for step in steps:
            await journal.append(step, 0)

    asyncio.run(run())


def path_of(root: Path) -> Path:
    return places(root, identity()).journal


def ids(root: Path) -> list[str]:
    return [event.event_id for event in read_events(read_record(path_of(root)))]


def test_a_journal_is_read_while_somebody_writes_it(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    for number in range(1, 6):
        append(journal, opening(number))
        record = read_record(path_of(tmp_path))
        assert (record.last, record.identity, record.damage) == (opening(number), identity(), None)
        assert len(ids(tmp_path)) == number
    journal.close()


def test_half_a_line_in_the_making_is_no_damage(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    append(journal, opening(1))
    before = path_of(tmp_path).read_bytes()
    append(journal, opening(2))
    journal.close()
    whole = path_of(tmp_path).read_bytes()
    places(tmp_path, identity()).pulse.unlink()
    for size in range(len(before), len(whole)):
        path_of(tmp_path).write_bytes(whole[:size])
        record = read_record(path_of(tmp_path))
        assert (record.last, record.damage) == (opening(1), None)
        assert ids(tmp_path) == ["id1-opened"]


def test_events_are_read_across_segments_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_000)
    journal = opened(tmp_path)
    append(journal, *map(opening, range(1, 21)))
    journal.close()
    assert len(list(places(tmp_path, identity()).segments.iterdir())) > 3
    assert ids(tmp_path) == [f"id{number}-opened" for number in range(1, 21)]
    assert [record.identity for record in read_records(tmp_path)] == [identity()]


def test_a_rotation_while_events_are_read_neither_loses_nor_doubles_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_000)
    journal = opened(tmp_path)
    append(journal, *map(opening, range(1, 11)))
    events = read_events(read_record(path_of(tmp_path)))
    found = [next(events).event_id for _ in range(4)]
    append(journal, *map(opening, range(11, 31)))
    found.extend(event.event_id for event in events)
    journal.close()
    assert found == [f"id{number}-opened" for number in range(1, 11)]


def test_records_are_found_by_strategy_and_symbol_in_the_order_of_their_names(tmp_path: Path) -> None:
    for whose in (identity("ETHUSDT"), identity(), identity(strategy="my-idea"), identity(mode=Mode.LIVE)):
        opened(tmp_path, whose).close()
    assert [record.identity for record in read_records(tmp_path)] == [
        identity(mode=Mode.LIVE),
        identity(),
        identity("ETHUSDT"),
        identity(strategy="my-idea"),
    ]
    assert [record.identity for record in read_records(tmp_path, "my-idea")] == [identity(strategy="my-idea")]
    assert [record.identity for record in read_records(tmp_path, symbol="ETHUSDT")] == [identity("ETHUSDT")]
    assert read_records(tmp_path / "elsewhere") == []


def test_a_damaged_journal_is_named_by_its_file_and_hides_no_other(tmp_path: Path) -> None:
    for whose in (identity(), identity("ETHUSDT")):
        opened(tmp_path, whose).close()
    path_of(tmp_path).write_bytes(b"{}\n")
    damaged, sound = read_records(tmp_path)
    assert damaged.identity == identity()
    assert damaged.damage is not None
    assert f"{path_of(tmp_path)}:1: " in damaged.damage
    assert damaged.snapshot.pulse.status == "halted"
    assert sound.damage is None
    with pytest.raises(JournalDamaged):
        list(read_events(damaged))


def test_a_journal_that_lost_lines_is_damaged_to_readers_too(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    append(journal, opening(1))
    before = path_of(tmp_path).read_bytes()
    append(journal, opening(2))
    journal.close()
    path_of(tmp_path).write_bytes(before)
    assert "bears witness to step 2" in (read_record(path_of(tmp_path)).damage or "")


def test_a_journal_that_vanished_while_it_was_read_is_said(tmp_path: Path) -> None:
    opened(tmp_path).close()
    record = read_record(path_of(tmp_path))
    path_of(tmp_path).unlink()
    with pytest.raises(JournalDamaged, match=r"jsonl: cannot be read: No such file or directory"):
        list(read_events(record))
    assert read_record(path_of(tmp_path)).damage is not None


def test_the_minute_finished_last_is_the_latest_that_any_file_knows(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    assert read_record(path_of(tmp_path)).finished is None
    append(journal, opening(5))
    assert read_record(path_of(tmp_path)).finished == 300_000
    journal.beat(Pulse(minute=420_000))
    assert read_record(path_of(tmp_path)).finished == 420_000
    journal.close()


def test_a_journal_without_steps_is_idle(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert read_record(path_of(tmp_path)).snapshot.state == Idle()


def test_reading_changes_nothing_on_disk(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    append(journal, opening(1))
    journal.close()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    read_records(tmp_path)
    ids(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_copy_under_another_name_is_damage_and_counts_for_nothing(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    append(journal, opening(1))
    journal.close()
    copy = path_of(tmp_path).with_name("demo-breakout-ETHUSDT.jsonl")
    copy.write_bytes(path_of(tmp_path).read_bytes())
    record = read_record(copy)
    assert record.damage is not None
    assert (
        "this is the journal of paper, demo, breakout, BTCUSDT, expected paper, demo, breakout, ETHUSDT"
        in record.damage
    )
    with pytest.raises(JournalDamaged, match="this is the journal of"):
        list(read_events(record))


def test_a_journal_that_is_gone_is_told_as_damage_by_its_pulse(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    append(journal, opening(1))
    journal.beat(Pulse(minute=60_000, heartbeat=1))
    journal.close()
    path_of(tmp_path).unlink()
    (record,) = read_records(tmp_path)
    assert record.snapshot.pulse.status == "halted"
    assert "bears witness to step 1: lines were lost" in (record.damage or "")
    with pytest.raises(JournalDamaged):
        list(read_events(record))


@pytest.mark.parametrize("note", ["", '"owed":{"publish":{}}}}', "}}}", "\\", "\n\u202e漢"])
def test_the_event_read_alone_is_the_one_that_its_step_owes(note: str) -> None:
    signal = replace(opening(1).state.signal, note=note)  # type: ignore[union-attr]
    told = Opened("id1-opened", 60_000, "breakout", "demo", "BTCUSDT", Mode.PAPER, signal, 100.0)
    pnl = PnL(-0.4, 100.0, 100.0)
    reason = CloseReason.TIME_EXPIRED
    closed = Closed("id1-closed", 1, "breakout", "demo", "BTCUSDT", Mode.PAPER, signal, 100.0, reason, 1, pnl)
    for step in (Step(60_000, Open(signal), Publish(told)), Step(1, Idle(), Publish(closed))):
        line = step_line(step, 0, 1, "0" * 16)
        assert line.publishes
        assert Publish(line.event()) == step.owed == line.step()[0].owed
