"""Many symbols in one process: each one's trouble stays its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from livekit_cli import DiskFailed, Event, JournalDamaged, JournalLocked, Market, Proposal, Strategy
from livekit_cli import supervise as supervise_module
from livekit_cli.adapters.clock import wall_ms
from livekit_cli.adapters.names import places
from livekit_cli.adapters.records import read_events, read_record
from livekit_cli.core.candle import MINUTE_MS, Candles
from livekit_cli.core.event import Mode
from livekit_cli.core.health import Health, Verdict, judge
from livekit_cli.core.state import Identity, Terms
from livekit_cli.live import Runner
from livekit_cli.ports import Deliver, Feed
from livekit_cli.supervise import Fleet
from livekit_cli.testing import START, FakeClock, FakeFeed, candles
from livekit_cli.wiring import Desk

MINUTES = 30


class Brisk(Strategy):
    """Always in the market, three minutes at a time."""

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=1, stop_loss=1, minutes=3)


class Never(Strategy):
    async def get_signal(self, market: Market) -> Proposal | None:
        return None


class Defective:
    """A feed that fails on the calls named, counted from 1, as no feed may."""

    def __init__(self, fails: Iterable[int]) -> None:
        self._fails = frozenset(fails)
        self._feed = flat_feed()
        self._calls = 0

    async def candles(self, symbol: str, timeframe: str, until: int, limit: int, *, urgent: bool = False) -> Candles:
        self._calls += 1
        if self._calls in self._fails:
            raise ZeroDivisionError(f"call {self._calls}")
        return await self._feed.candles(symbol, timeframe, until, limit)


class Hanging:
    """A feed that never answers."""

    async def candles(self, symbol: str, timeframe: str, until: int, limit: int, *, urgent: bool = False) -> Candles:
        await asyncio.Event().wait()
        raise AssertionError("never")


class Unreadable(Desk):
    """A desk whose disk fails when its journal is opened."""

    async def open(self, deliver: Deliver) -> Runner:
        raise DiskFailed("the disk did not answer")


class Asleep(FakeClock):
    """A market whose minutes stop coming at `end`, until it is woken."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(start, end)
        self.woken = asyncio.Event()

    async def next_minute(self, after: int | None) -> int | None:
        minute = await super().next_minute(after)
        if minute is None:
            await self.woken.wait()
            self._end = None
        return minute or await super().next_minute(after)


def flat_feed() -> FakeFeed:
    recorded = candles([100.0] * (MINUTES + 1), start=START - MINUTE_MS)
    return FakeFeed(dict.fromkeys("ABC", recorded))


def desk(
    folder: Path,
    symbol: str,
    *,
    feed: Feed | None = None,
    clock: FakeClock | None = None,
    strategy: type[Strategy] = Brisk,
    kind: type[Desk] = Desk,
) -> Desk:
    return kind(
        terms=Terms(Identity(Mode.PAPER, "demo", "brisk", symbol)),
        clock=clock or FakeClock(START, START + (MINUTES - 1) * MINUTE_MS),
        feed=feed or flat_feed(),
        make=strategy,
        data=folder,
        command="a test",
        speed=1.0,
    )


def had(_event: Event, acknowledge: Callable[[], None]) -> None:
    acknowledge()


async def opened_and_run(fleet: Fleet, minutes: int | None = None) -> None:
    await fleet.open()
    async with asyncio.timeout(30):
        await fleet.run(minutes)


def journal(folder: Path, symbol: str) -> Path:
    return places(folder, Identity(Mode.PAPER, "demo", "brisk", symbol)).journal


def events(folder: Path, symbol: str) -> list[tuple[str, int]]:
    return [(event.action, event.time) for event in read_events(read_record(journal(folder, symbol)))]


def brisk_minutes() -> list[tuple[str, int]]:
    return [
        ("closed" if number % 4 else "opened", START + number * MINUTE_MS)
        for number in range(MINUTES)
        if number % 4 in (0, 3)
    ]


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"long"', b'"lonG"', 1))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # of snapshots and files, which set no asyncio.Event  # noqa: ASYNC110
            await asyncio.sleep(0)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were asked for; none of them takes any time."""
    asked: list[float] = []

    async def pause(seconds: float) -> None:
        asked.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(supervise_module, "pause", pause)
    return asked


# ---- defects


def test_a_defect_restarts_its_symbol_alone_and_nothing_is_lost(tmp_path: Path, pauses: list[float]) -> None:
    desks = [desk(tmp_path, "A", feed=Defective([1, 7, 8])), desk(tmp_path, "B")]
    asyncio.run(opened_and_run(Fleet(desks, had)))
    assert len(pauses) == 3
    assert events(tmp_path, "B") == brisk_minutes()
    # Its own minutes were not lost either: what was open was caught up with.
    assert [action for action, _ in events(tmp_path, "A")] == [action for action, _ in brisk_minutes()]


def test_while_it_waits_it_is_shown_as_restarting_with_its_error_here_and_in_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = Fleet([desk(tmp_path, "A", feed=Defective([3])), desk(tmp_path, "B")], had)
    shown: list[tuple[str, str | None]] = []

    async def pause(seconds: float) -> None:
        here, in_file = fleet.snapshots[0].pulse, read_record(journal(tmp_path, "A")).pulse
        shown.extend((pulse.status, pulse.error) for pulse in (here, in_file))

    monkeypatch.setattr(supervise_module, "pause", pause)
    with caplog.at_level(logging.ERROR, "livekit"):
        asyncio.run(opened_and_run(fleet))
    assert shown == [("restarting", "ZeroDivisionError: call 3")] * 2
    assert "brisk A failed; it restarts in 1 s" in caplog.text
    assert [snapshot.pulse.status for snapshot in fleet.snapshots] == ["ended", "ended"]


def test_failures_in_a_row_are_answered_with_longer_and_longer_pauses(tmp_path: Path, pauses: list[float]) -> None:
    asyncio.run(opened_and_run(Fleet([desk(tmp_path, "A", feed=Defective(range(1, 10)))], had)))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_failure_after_a_long_run_is_answered_with_the_shortest_pause(tmp_path: Path, pauses: list[float]) -> None:
    asyncio.run(opened_and_run(Fleet([desk(tmp_path, "A", feed=Defective([1, 2, 3, 17, 18]))], had)))
    assert pauses == [1, 2, 4, 1, 2]


def test_without_restarts_a_defect_is_raised_after_the_others_have_ended(tmp_path: Path) -> None:
    desks = [desk(tmp_path, "A", feed=Defective([3])), desk(tmp_path, "B")]
    with pytest.raises(ZeroDivisionError, match="call 3"):
        asyncio.run(opened_and_run(Fleet(desks, had, restarts=False)))
    assert events(tmp_path, "B") == brisk_minutes()
    assert read_record(journal(tmp_path, "A")).pulse.error == "ZeroDivisionError: call 3"


# ---- halts


def test_a_damaged_journal_halts_its_symbol_alone_and_is_the_runs_error(tmp_path: Path) -> None:
    asyncio.run(opened_and_run(Fleet([desk(tmp_path, "A")], had)))
    damage(journal(tmp_path, "A"))
    fleet = Fleet([desk(tmp_path, "A"), desk(tmp_path, "B")], had)
    with pytest.raises(JournalDamaged):
        asyncio.run(opened_and_run(fleet))
    assert [snapshot.pulse.status for snapshot in fleet.snapshots] == ["halted", "ended"]
    assert events(tmp_path, "B") == brisk_minutes()
    assert read_record(journal(tmp_path, "A")).snapshot.pulse.status == "halted"


def test_a_journal_that_disappears_halts_its_symbol_alone(tmp_path: Path, pauses: list[float]) -> None:
    async def removed() -> None:
        clock = Asleep(START, START + 4 * MINUTE_MS)
        fleet = Fleet([desk(tmp_path, "A", clock=clock), desk(tmp_path, "B")], had)
        await fleet.open()
        running = asyncio.create_task(fleet.run())
        await until(lambda: len(events(tmp_path, "A")) == 3)
        journal(tmp_path, "A").rename(tmp_path / "gone")
        clock.woken.set()
        with pytest.raises(JournalDamaged, match="the file was moved, replaced or deleted while in use"):
            await running
        assert [snapshot.pulse.status for snapshot in fleet.snapshots] == ["halted", "ended"]

    asyncio.run(removed())
    assert events(tmp_path, "B") == brisk_minutes()
    assert pauses == []


def test_the_gravest_fault_is_the_one_raised(tmp_path: Path) -> None:
    asyncio.run(opened_and_run(Fleet([desk(tmp_path, "B")], had)))
    damage(journal(tmp_path, "B"))
    fleet = Fleet([desk(tmp_path, "A", kind=Unreadable), desk(tmp_path, "B"), desk(tmp_path, "C")], had)
    with pytest.raises(JournalDamaged):
        asyncio.run(opened_and_run(fleet))
    assert events(tmp_path, "C") == brisk_minutes()
    with pytest.raises(DiskFailed, match="the disk did not answer"):
        asyncio.run(opened_and_run(Fleet([desk(tmp_path, "A", kind=Unreadable)], had)))


# ---- opening


def test_opening_is_all_or_nothing(tmp_path: Path) -> None:
    async def refused() -> None:
        owner = Fleet([desk(tmp_path, "B")], had)
        await owner.open()
        with pytest.raises(JournalLocked, match=r"demo-brisk-B\.jsonl is in use by"):
            await Fleet([desk(tmp_path, symbol) for symbol in "ABC"], had).open()
        for symbol in "AC":
            free = Fleet([desk(tmp_path, symbol)], had)
            await opened_and_run(free)
        await owner.run()

    asyncio.run(refused())
    assert all(events(tmp_path, symbol) == brisk_minutes() for symbol in "ABC")


# ---- ends


def test_every_symbol_is_evaluated_so_many_minutes(tmp_path: Path) -> None:
    fleet = Fleet([desk(tmp_path, symbol) for symbol in "AB"], had)
    asyncio.run(opened_and_run(fleet, minutes=4))
    assert [events(tmp_path, symbol) for symbol in "AB"] == [brisk_minutes()[:2]] * 2


def test_stopping_ends_every_symbol_and_leaves_open_what_is_open(tmp_path: Path) -> None:
    async def stopped() -> Fleet:
        clocks = [Asleep(START, START + 1 * MINUTE_MS) for _ in "AB"]
        fleet = Fleet([desk(tmp_path, symbol, clock=clock) for symbol, clock in zip("AB", clocks, strict=True)], had)
        await fleet.open()
        running = asyncio.create_task(fleet.run())
        await until(lambda: all(read_record(journal(tmp_path, symbol)).last for symbol in "AB"))
        await fleet.stop()
        await running
        return fleet

    fleet = asyncio.run(stopped())
    assert [snapshot.pulse.status for snapshot in fleet.snapshots] == ["stopped", "stopped"]
    assert [type(snapshot.state).__name__ for snapshot in fleet.snapshots] == ["Open", "Open"]


def test_stopping_before_the_first_minute_evaluates_none(tmp_path: Path) -> None:
    async def stopped() -> None:
        fleet = Fleet([desk(tmp_path, "A")], had)
        await fleet.open()
        await fleet.stop()
        await fleet.run()

    asyncio.run(stopped())
    assert events(tmp_path, "A") == []


def test_a_symbol_that_hangs_holds_up_the_end_no_longer_than_the_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise_module, "GRACE_SECONDS", 0.05)

    async def stopped() -> None:
        fleet = Fleet([desk(tmp_path, "A", feed=Hanging()), desk(tmp_path, "B")], had)
        await fleet.open()
        running = asyncio.create_task(fleet.run())
        await until(lambda: fleet.snapshots[1].pulse.status == "ended")
        async with asyncio.timeout(5):
            await fleet.stop()
            await running
        left = read_record(journal(tmp_path, "A")).pulse
        assert (left.status, left.error) == ("stopped", supervise_module.UNFINISHED)
        await opened_and_run(Fleet([desk(tmp_path, "A")], had))  # its journal is free

    asyncio.run(stopped())
    assert events(tmp_path, "A") == events(tmp_path, "B") == brisk_minutes()


def test_stopping_a_symbol_that_waits_for_its_restart_does_not_wait_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pause(seconds: float) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(supervise_module, "pause", pause)
    monkeypatch.setattr(supervise_module, "GRACE_SECONDS", 1000)

    async def stopped() -> None:
        fleet = Fleet([desk(tmp_path, "A", feed=Defective([2]))], had)
        await fleet.open()
        running = asyncio.create_task(fleet.run())
        await until(lambda: fleet.snapshots[0].pulse.status == "restarting")
        async with asyncio.timeout(30):
            await fleet.stop()
            await running

    asyncio.run(stopped())
    assert read_record(journal(tmp_path, "A")).pulse.status == "stopped"


def test_a_symbol_that_fails_while_it_is_stopped_says_that_it_has_stopped(tmp_path: Path) -> None:
    class FailsWhenStopped(Defective):
        async def candles(self, *given: Any, **more: Any) -> Candles:
            asking.set()
            await stopping.wait()
            raise ZeroDivisionError

    async def stopped() -> None:
        fleet = Fleet([desk(tmp_path, "A", feed=FailsWhenStopped([]))], had)
        await fleet.open()
        running = asyncio.create_task(fleet.run())
        await asking.wait()
        stop = asyncio.create_task(fleet.stop())
        await asyncio.sleep(0)
        stopping.set()
        await stop
        await running

    asking, stopping = asyncio.Event(), asyncio.Event()
    asyncio.run(stopped())
    left = read_record(journal(tmp_path, "A")).pulse
    assert (left.status, left.error) == ("stopped", "ZeroDivisionError: ")


def test_a_symbol_that_waits_for_its_restart_is_not_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pause(seconds: float) -> None:
        seen.append(judge(read_record(journal(tmp_path, "A")).snapshot, wall_ms()))

    monkeypatch.setattr(supervise_module, "pause", pause)
    seen: list[Verdict] = []
    clock = FakeClock(START, START + 3 * MINUTE_MS)
    monkeypatch.setattr(clock, "now", wall_ms)
    asyncio.run(opened_and_run(Fleet([desk(tmp_path, "A", feed=Defective([2]), clock=clock)], had)))
    assert [(verdict.health, verdict.reason) for verdict in seen] == [(Health.STUCK, "failed, restarting")]


def test_a_start_that_one_symbol_prevents_changes_nothing_of_the_others(tmp_path: Path) -> None:
    asyncio.run(opened_and_run(Fleet([desk(tmp_path, "A")], had), 3))
    before = read_record(journal(tmp_path, "A")).pulse

    async def prevented() -> None:
        first = Fleet([desk(tmp_path, "B")], had)
        await first.open()
        with pytest.raises(JournalLocked):
            await Fleet([desk(tmp_path, "A"), desk(tmp_path, "B")], had).open()
        for post in first.posts:
            post.close()

    asyncio.run(prevented())
    assert read_record(journal(tmp_path, "A")).pulse == before


def test_retiring_ends_an_idle_symbol_at_once_and_another_after_its_close(tmp_path: Path) -> None:
    async def retired() -> Fleet:
        clock = Asleep(START, START)
        fleet = Fleet([desk(tmp_path, "A", clock=clock, strategy=Never), desk(tmp_path, "B")], retire_on_open)
        fleets.append(fleet)
        async with asyncio.timeout(30):
            await opened_and_run(fleet)
        return fleet

    fleets: list[Fleet] = []

    def retire_on_open(event: Event, acknowledge: Callable[[], None]) -> None:
        acknowledge()
        fleets[0].retire()

    fleet = asyncio.run(retired())
    assert [snapshot.pulse.status for snapshot in fleet.snapshots] == ["stopped", "stopped"]
    assert events(tmp_path, "A") == []
    assert events(tmp_path, "B") == brisk_minutes()[:2]


def test_a_run_does_not_end_before_its_events_were_had(tmp_path: Path) -> None:
    async def slow() -> None:
        owed: list[Callable[[], None]] = []
        fleet = Fleet([desk(tmp_path, "A")], lambda _event, acknowledge: owed.append(acknowledge))
        await fleet.open()
        running = asyncio.create_task(fleet.run())
        await until(lambda: fleet.is_over)
        for acknowledge in owed:
            assert not running.done()
            acknowledge()
        await running
        again: list[Event] = []
        await opened_and_run(Fleet([desk(tmp_path, "A")], lambda event, _: again.append(event)))
        assert again == []

    asyncio.run(slow())
