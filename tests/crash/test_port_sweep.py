"""The live loop dies at every call of every port and every disk operation, once and twice: nothing is lost or doubled.

`LIVEKIT_SWEEP=full` tries every pair instead of a sample.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lives import TERMS
from market import BEGIN, END, Script
from planted import BUGS
from ports_sweep import FEED, Exchange, Process, Program, Watched, World, check, finish, new_world, pairs, singles
from powercut import LOSSES, Cut, Image, PowerDisk, dies_at

from livekit_cli.adapters import journal as journal_module
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Closed, Event
from livekit_cli.core.state import Publish
from livekit_cli.live import Runner
from livekit_cli.testing import FakeClock, MemoryJournal

FULL = os.environ.get("LIVEKIT_SWEEP") == "full"
SHARDS = 4
SAMPLE = 1 if FULL else 4
EVERY = 1 if FULL else 41
"""Of the moments after a restart one in so many has a second crash."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("livekit").setLevel(logging.NOTSET)


def test_the_script_closes_by_every_rule_and_leaves_one_signal_open(tmp_path: Path) -> None:
    root = tmp_path / "data"
    events = check(root, finish(Program(), root, new_world(root)))
    assert {event.close_reason.value for event in events if isinstance(event, Closed)} == {
        "take_profit",
        "stop_loss",
        "time_expired",
    }
    assert len(events) == 13


@pytest.mark.parametrize("gap", [0, 1, 7])
def test_a_crash_anywhere_changes_nothing(tmp_path: Path, gap: int) -> None:
    assert singles(Program(), tmp_path / "data", gap, losses=LOSSES if FULL or not gap else LOSSES[1:3]) > 400


@pytest.mark.parametrize("gap", [0, 7])
def test_a_crash_while_an_order_is_of_unknown_fate_changes_nothing(tmp_path: Path, gap: int) -> None:
    assert singles(Program(hesitant=True), tmp_path / "data", gap, every=SAMPLE, losses=LOSSES[:3]) > 100


def test_a_crash_in_a_rotating_journal_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 4_000)
    assert singles(Program(), tmp_path / "data", 1, every=SAMPLE, losses=LOSSES[:4]) > 100


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_second_crash_during_recovery_changes_nothing(tmp_path: Path, shard: int) -> None:
    assert pairs(Program(), tmp_path / "data", shard=shard, shards=SHARDS, every=EVERY) > 100


@pytest.mark.parametrize("bug", BUGS)
def test_the_sweep_finds_a_planted_bug(tmp_path: Path, bug: str) -> None:
    with pytest.raises(AssertionError):
        _sweep(BUGS[bug], tmp_path / "data")


def _sweep(program: Program, root: Path) -> None:
    for gap in (1, 0):
        singles(program, root, gap, losses=LOSSES[1:3])
    pairs(program, root)


@pytest.mark.parametrize("gap", [0, 7])
def test_an_exception_out_of_any_port_leaves_a_state_to_go_on_from(tmp_path: Path, gap: int) -> None:
    """The same crashes, but the process unwinds: whatever its `finally` blocks do, it must not hurt."""
    root, number, died = tmp_path / "data", gap, True
    while died:
        world, died = _dies_at(root, number)
        check(root, finish(Program(), root, world.after(None, gap)))
        number += SAMPLE
    assert number > 250


def _dies_at(root: Path, number: int) -> tuple[World, bool]:
    tick = dies_at(number)
    world, process = new_world(root), Process.__new__(Process)
    try:
        process.__init__(Program(), root, world, tick)  # type: ignore[misc]
        asyncio.run(process.run())
    except Cut:
        disk: PowerDisk | None = process.__dict__.get("disk")
        world.image = disk.image() if disk else world.image
        return world, True
    return world, False


@pytest.mark.parametrize(("gap", "pulse_lost"), [(0, False), (0, True), (7, False), (7, True)])
def test_the_loop_needs_no_more_of_a_journal_than_the_port_promises(gap: int, pulse_lost: bool) -> None:
    number, died, truth = gap, True, _uncrashed()
    while died:
        journal, world = MemoryJournal(), World(Image())
        died = not _lives(journal, world, number)
        if died:
            journal = journal.reopened(pulse_lost=pulse_lost)
            world.now = min(world.now + gap * MINUTE_MS, END)
            assert _lives(journal, world, -1)
        events = [step.owed.event for step in journal.steps if isinstance(step.owed, Publish)]
        if gap == 0:
            assert events == truth
        assert len({event.event_id for event in events}) == len(events)
        assert {event.event_id for event in world.had} == {event.event_id for event in events}
        number += SAMPLE
    assert number > 200


def _uncrashed() -> list[Event]:
    journal = MemoryJournal()
    _lives(journal, World(Image()), -1)
    return [step.owed.event for step in journal.steps if isinstance(step.owed, Publish)]


def _lives(journal: MemoryJournal, world: World, number: int) -> bool:
    """Run on `journal` until call `number`; whether it lived to the end."""
    dies = dies_at(number)
    clock = FakeClock(world.now, END)

    def tick(_: str) -> None:
        world.now = max(BEGIN, clock.now())
        dies("")

    def deliver(event: Event, acknowledge: object) -> None:
        tick("deliver")
        world.had.append(event)
        assert callable(acknowledge)
        acknowledge()

    runner = Runner(
        terms=TERMS,
        clock=Watched(clock, tick, "next_minute"),
        feed=Watched(FEED, tick, "candles"),
        broker=Watched(Exchange(world, False), tick, "submit"),
        journal=Watched(journal, tick, "append", "beat"),
        strategist=Watched(Script(world.told), tick, "ask", "tell"),
        deliver=deliver,
    )
    try:
        asyncio.run(runner.run())
    except Cut:
        return False
    return True
