"""The rules of a minute through the live loop: what it asks, what it writes down, and what it never waits for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from livekit_cli import live
from livekit_cli.core.candle import MINUTE_MS, Candle, Candles
from livekit_cli.core.errors import DiskFailed, DiskFull, FeedError, JournalDamaged, ProposalRefused, StrategyError
from livekit_cli.core.event import ActiveMinute, Closed, Event, IdleMinute, MinuteResult, Mode, Opened
from livekit_cli.core.health import judge
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.signal import Proposal
from livekit_cli.core.state import (
    Closing,
    Filled,
    Identity,
    Idle,
    Open,
    Opening,
    Order,
    Publish,
    Rejected,
    Terms,
    Unknown,
)
from livekit_cli.live import Runner
from livekit_cli.testing import FakeBroker, FakeClock, FakeFeed, MemoryJournal

T = 1_772_409_600_000  # a full hour
IDENTITY = Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT")


def minute(number: int) -> int:
    return T + number * MINUTE_MS


def market(prices: Iterable[float], missing: Iterable[int] = ()) -> Candles:
    """The candle that closes at minute `n` has `prices[n]`; ten minutes of the first price come before."""
    left_out = set(missing)
    path = list(prices)
    rows = [(number, path[max(0, number)]) for number in range(-9, len(path)) if number not in left_out]
    return Candles.of(Candle(minute(number - 1), price, price, price, price, 1.0) for number, price in rows)


LONG = Proposal("long", 110.0, 90.0, 30)


@dataclass
class Asked:
    """A strategy that answers by minute, and writes down what it was asked and told."""

    answers: dict[int, object] = field(default_factory=dict)
    interval_ms: int = MINUTE_MS
    name: str = "breakout"
    asked: list[int] = field(default_factory=list)
    told: list[MinuteResult] = field(default_factory=list)
    actions: tuple[str, ...] = ("opened", "closed", "idle", "active")
    failing: bool = False

    async def ask(self, now: int, price: float, last: float) -> object:
        number = (now - T) // MINUTE_MS
        self.asked.append(number)
        answer = self.answers.get(number)
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return await answer()
        return answer

    async def tell(self, result: MinuteResult) -> None:
        self.told.append(result)
        if self.failing:
            raise StrategyError("on_open raised ValueError: no")

    def wants(self, action: str) -> bool:
        return action in self.actions

    def close(self) -> None: ...


class Desk:
    """Everything around one runner, and what came of it."""

    def __init__(
        self, prices: Iterable[float], *, missing: Iterable[int] = (), answers: Any = None, **asked: Any
    ) -> None:
        path = list(prices)
        self.feed = FakeFeed({"BTCUSDT": market(path, missing)})
        self.clock = FakeClock(T, minute(len(path) - 1))
        self.broker = FakeBroker()
        self.journal = MemoryJournal()
        self.strategist = Asked(answers or {}, **asked)
        self.delivered: list[Event] = []
        self.acknowledges = True

    def runner(self) -> Runner:
        return Runner(
            terms=Terms(IDENTITY),
            clock=self.clock,
            feed=self.feed,
            broker=self.broker,
            journal=self.journal,
            strategist=self.strategist,
            deliver=self._deliver,
        )

    def _deliver(self, event: Event, acknowledge: Callable[[], None]) -> None:
        self.delivered.append(event)
        if self.acknowledges:
            acknowledge()

    def run(self, minutes: int | None = None) -> Runner:
        runner = self.runner()
        asyncio.run(runner.run(minutes))
        return runner

    def restarted(self, *, pulse_lost: bool = False) -> None:
        self.journal = self.journal.reopened(pulse_lost=pulse_lost)

    @property
    def events(self) -> list[Event]:
        return [step.owed.event for step in self.journal.steps if isinstance(step.owed, Publish)]

    @property
    def happened(self) -> list[tuple[str, int, bool]]:
        return [(event.action, (event.time - T) // MINUTE_MS, event.recovered) for event in self.events]


FLAT = [100.0] * 30


def rises_at(number: int, to: float = 200.0, length: int = 30) -> list[float]:
    return [100.0] * number + [to] * (length - number)


# What opens and closes


def test_a_signal_opens_in_its_minute_and_closes_in_the_one_that_reaches_a_level() -> None:
    desk = Desk(rises_at(5), answers={1: LONG})
    desk.run()
    assert desk.happened == [("opened", 1, False), ("closed", 5, False)]
    closed = desk.events[1]
    assert isinstance(closed, Closed)
    assert (closed.close_reason, closed.current_price) == ("take_profit", (4 * 100 + 200) / 5)
    assert desk.delivered == desk.events


def test_the_minute_that_opens_never_closes_and_the_minute_that_closes_never_opens() -> None:
    desk = Desk(rises_at(2, 103.0), answers=dict.fromkeys(range(30), Proposal("long", 100.5, 90.0, 30)))
    desk.run(8)
    numbers = [number for _, number, _ in desk.happened]
    assert len(set(numbers)) == len(numbers)


def test_a_signal_expires_in_the_minute_of_its_lifetime() -> None:
    desk = Desk(FLAT, answers={2: Proposal("short", 90.0, 110.0, 7)})
    desk.run()
    assert desk.happened == [("opened", 2, False), ("closed", 9, False)]


def test_an_invalid_proposal_is_refused_with_every_reason_and_changes_nothing() -> None:
    desk = Desk(FLAT, answers={0: Proposal("long", 90.0, 110.0, 0)})
    runner = desk.run(1)
    error = runner.snapshot.pulse.error or ""
    assert all(text in error for text in ("price_take_profit 90.0", "price_stop_loss 110.0", "minutes is 0"))
    assert desk.journal.steps == []


def test_quiet_minutes_are_told_but_not_written_down() -> None:
    desk = Desk(FLAT, answers={1: LONG})
    desk.run(4)
    assert [type(result) for result in desk.strategist.told] == [IdleMinute, Opened, ActiveMinute, ActiveMinute]
    assert len(desk.journal.steps) == 2


# When a strategy is asked


def test_a_strategy_is_asked_at_start_and_then_once_in_each_interval() -> None:
    desk = Desk(FLAT, interval_ms=5 * MINUTE_MS)
    desk.clock.jump(2 * MINUTE_MS)
    desk.run()
    assert desk.strategist.asked == [2, 5, 10, 15, 20, 25]


def test_a_failure_is_asked_again_three_times_in_an_interval() -> None:
    errors = {number: StrategyError("it raised") for number in range(30)}
    desk = Desk(FLAT, answers=errors, interval_ms=15 * MINUTE_MS)
    desk.run()
    assert desk.strategist.asked == [0, 1, 2, 15, 16, 17]


def test_a_failure_that_recovers_uses_the_interval_up_once() -> None:
    desk = Desk(FLAT, answers={0: ProposalRefused(["no"])}, interval_ms=15 * MINUTE_MS)
    desk.run()
    assert desk.strategist.asked == [0, 1, 15]


@pytest.mark.parametrize("stops_after", [1, 2, 3, 7])
def test_attempts_and_interval_survive_a_restart(stops_after: int) -> None:
    errors = {number: StrategyError("it raised") for number in range(30)}
    desk = Desk(FLAT, answers=errors, interval_ms=15 * MINUTE_MS)
    desk.run(stops_after)
    desk.restarted()
    desk.run()
    assert desk.strategist.asked == [0, 1, 2, 15, 16, 17]


@pytest.mark.parametrize("stops_after", [2, 3, 4, 5, 6, 9])
def test_the_interval_of_a_signal_survives_a_lost_pulse(stops_after: int) -> None:
    answers = dict.fromkeys(range(30), Proposal("long", 110.0, 90.0, 3))
    desk = Desk(FLAT, answers=answers, interval_ms=15 * MINUTE_MS)
    desk.run(stops_after)
    desk.restarted(pulse_lost=True)
    desk.run()
    assert desk.happened == [("opened", 0, False), ("closed", 3, False), ("opened", 15, False), ("closed", 18, False)]


def test_the_interval_of_a_rejected_entry_survives_a_lost_pulse() -> None:
    desk = Desk(FLAT, answers=dict.fromkeys(range(30), LONG), interval_ms=15 * MINUTE_MS)
    desk.broker = FakeBroker([lambda order: Rejected(order.client_order_id, "no money")])
    desk.run(2)
    desk.restarted(pulse_lost=True)
    desk.run()
    assert desk.happened == [("opened", 15, False)]


def test_a_strategy_is_not_asked_about_a_minute_that_is_history() -> None:
    desk = Desk(FLAT)
    desk.clock.age = lambda minute: 31_000  # type: ignore[method-assign]
    desk.run()
    assert desk.strategist.asked == []


def test_a_strategy_is_not_asked_about_the_minutes_of_a_gap() -> None:
    desk = Desk(FLAT)
    desk.run(3)
    desk.clock.jump(10 * MINUTE_MS)
    desk.restarted()
    desk.run(2)
    assert desk.strategist.asked == [0, 1, 2, 12, 13]


# Gaps


def test_a_close_in_a_gap_is_found_for_its_minute_and_marked() -> None:
    desk = Desk(rises_at(6), answers={1: LONG})
    desk.run(3)
    desk.clock.jump(12 * MINUTE_MS)
    desk.restarted()
    desk.run()
    assert desk.happened == [("opened", 1, False), ("closed", 6, True)]


def test_a_clock_that_jumps_back_evaluates_no_minute_twice() -> None:
    desk = Desk(FLAT)
    runner = desk.runner()

    async def run() -> None:
        await runner.run(5)
        desk.clock.jump(-3 * MINUTE_MS)
        await runner.run(5)

    asyncio.run(run())
    assert desk.strategist.asked == list(range(10))


def test_a_feed_that_fails_leaves_the_minute_to_the_next_one() -> None:
    desk = Desk([*rises_at(4, length=5), *[100.0] * 25], answers={1: LONG})
    wide = desk.feed.candles

    async def candles(symbol: str, timeframe: str, until: int, limit: int, **_: object) -> Candles:
        if minute(3) <= until <= minute(5):
            raise FeedError("no route to the exchange")
        return await wide(symbol, timeframe, until, limit)

    desk.feed.candles = candles  # type: ignore[method-assign]
    desk.run()
    assert desk.happened == [("opened", 1, False), ("closed", 4, True)]


def test_a_feed_that_hangs_is_left_after_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "FEED_SECONDS", 0.02)
    desk = Desk(FLAT)

    async def candles(*_: object, **__: object) -> Candles:
        await asyncio.Event().wait()
        raise AssertionError

    desk.feed.candles = candles  # type: ignore[method-assign]
    pulse = desk.run(2).snapshot.pulse
    assert pulse.error == "no answer about the candles of BTCUSDT in 0 s"
    assert pulse.minute is None


# Prices


def test_fewer_than_five_candles_make_a_degraded_price_that_still_closes() -> None:
    desk = Desk(rises_at(6), missing=[3, 4, 5], answers={1: LONG})
    desk.run()
    closed = desk.events[1]
    assert desk.happened[1] == ("closed", 6, False)
    assert closed.current_price == (100.0 + 200.0) / 2


def test_without_any_candle_there_is_no_price_no_question_and_no_event() -> None:
    desk = Desk(FLAT, missing=range(3, 15))
    runner = desk.run(9)
    assert desk.strategist.asked == [0, 1, 2, 3, 4, 5, 6]
    assert runner.snapshot.pulse.price is None
    assert runner.snapshot.pulse.minute == minute(8)
    assert runner.snapshot.pulse.error == "no price: no candle in the last five minutes"


def test_a_price_made_of_fewer_than_five_candles_is_marked_degraded() -> None:
    whole, gappy = Desk(FLAT), Desk(FLAT, missing=[7])
    assert not whole.run(9).snapshot.pulse.degraded
    assert gappy.run(9).snapshot.pulse.degraded


def test_an_open_signal_without_a_price_for_three_minutes_is_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(FLAT, missing=range(2, 25), answers={1: LONG})
    with caplog.at_level(logging.WARNING):
        desk.run(9)
    alarms = [record.message for record in caplog.records if "ALARM" in record.message]
    assert [text.split()[-2:] for text in alarms] == [["3", "minutes"]]


# Orders


def unknown(order: Order) -> Unknown:
    return Unknown(order.client_order_id, "timeout")


def test_an_order_of_unknown_fate_is_asked_about_until_it_is_known() -> None:
    desk = Desk(rises_at(8), answers={1: LONG})
    desk.broker = FakeBroker([unknown, unknown, unknown])
    runner = desk.runner()
    asyncio.run(runner.run(3))
    assert isinstance(runner.snapshot.state, Opening)
    assert "is of unknown fate: timeout" in (runner.snapshot.pulse.error or "")
    asyncio.run(runner.run())
    assert desk.happened == [("opened", 1, False), ("closed", 8, False)]
    assert {order.client_order_id[-5:] for order in desk.broker.submitted[:4]} == {"-open"}


def test_minutes_that_passed_while_an_entry_was_unknown_are_watched_afterwards() -> None:
    desk = Desk([*rises_at(3, length=4), *[100.0] * 26], answers={1: LONG})
    desk.broker = FakeBroker([unknown] * 5)
    desk.run()
    assert desk.happened == [("opened", 1, False), ("closed", 3, True)]


def test_a_rejected_entry_opens_nothing() -> None:
    desk = Desk(FLAT, answers={1: LONG})
    desk.broker = FakeBroker([lambda order: Rejected(order.client_order_id, "no money")])
    runner = desk.run(3)
    assert isinstance(runner.snapshot.state, Idle)
    assert desk.happened == []
    assert "is rejected: no money" in (runner.snapshot.pulse.error or "")


def test_a_rejected_exit_stays_open_and_is_tried_again() -> None:
    desk = Desk(rises_at(5), answers={1: LONG})
    answers = iter([Filled("", 100.0), None, None])

    async def submit(order: Order) -> Any:
        desk.broker.submitted.append(order)
        answer = next(answers, Filled(order.client_order_id, order.price))
        if answer is None:
            return Rejected(order.client_order_id, "maintenance")
        return Filled(order.client_order_id, answer.price)

    desk.broker.submit = submit  # type: ignore[method-assign]
    desk.run()
    assert desk.happened == [("opened", 1, False), ("closed", 7, False)]


def test_an_order_without_an_answer_is_of_unknown_fate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BROKER_SECONDS", 0.02)
    desk = Desk(FLAT, answers={1: LONG})
    honest = desk.broker.submit

    async def hangs(order: Order) -> Any:
        await asyncio.Event().wait()

    desk.broker.submit = hangs  # type: ignore[method-assign]
    runner = desk.runner()
    asyncio.run(runner.run(3))
    assert isinstance(runner.snapshot.state, Opening)
    desk.broker.submit = honest  # type: ignore[method-assign]
    asyncio.run(runner.run(1))
    assert isinstance(runner.snapshot.state, Open)


# Disks


@pytest.mark.parametrize("failures", [1, 2, 3, 6])
@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_a_full_disk_delays_what_is_written_and_changes_no_minute(first: int, failures: int) -> None:
    """The step number `first` cannot be written down for so many minutes."""
    prices = FLAT if first == 0 else [*rises_at(2, 400.0, length=3), *[100.0] * 27]
    desk = Desk(prices, answers=dict.fromkeys(range(30), LONG), interval_ms=60 * MINUTE_MS)
    append, left = desk.journal.append, [failures]

    async def limited(step: Any, acked: int) -> int:
        if len(desk.journal.steps) == first and left[0]:
            left[0] -= 1
            raise DiskFull("no space left on device")
        return await append(step, acked)

    desk.journal.append = limited  # type: ignore[method-assign]
    runner = desk.run()
    found = [(action, number) for action, number, _ in desk.happened]
    assert found == ([("opened", failures)] if first == 0 else [("opened", 0), ("closed", 2)])
    assert runner.snapshot.pulse.error == "no space left on device"
    assert desk.strategist.asked == list(range(failures + 1 if first == 0 else 1))


def test_a_disk_that_is_full_at_a_restart_is_waited_for() -> None:
    desk = Desk(rises_at(9), answers={0: LONG})
    desk.broker = FakeBroker([unknown])
    desk.run(1)
    desk.restarted()
    desk.journal.failures.extend([DiskFull("no space left on device")] * 3)
    desk.run()
    assert desk.happened == [("opened", 0, False), ("closed", 9, False)]


@pytest.mark.parametrize("error", [DiskFailed("the disk did not confirm a write"), JournalDamaged("replaced")])
def test_a_disk_that_failed_stops_the_loop(error: DiskFailed | JournalDamaged) -> None:
    desk = Desk(FLAT, answers={0: LONG})
    desk.journal.failures.append(error)
    with pytest.raises(type(error)):
        desk.run()
    assert desk.delivered == []
    assert desk.broker.submitted == []


# Consumers


def test_a_consumer_that_never_acknowledges_delays_no_close() -> None:
    desk = Desk(rises_at(5), answers={1: LONG})
    desk.acknowledges = False
    runner = desk.run()
    assert desk.happened == [("opened", 1, False), ("closed", 5, False)]
    assert runner.snapshot.pulse.acked == 0
    desk.restarted()
    desk.delivered.clear()
    desk.run()
    assert [(event.event_id, event.replay) for event in desk.delivered] == [(e.event_id, True) for e in desk.events]


def test_what_was_acknowledged_is_not_told_again() -> None:
    desk = Desk(rises_at(5), answers={1: LONG})
    desk.run()
    desk.restarted()
    desk.delivered.clear()
    desk.run()
    assert desk.delivered == []


def test_a_callback_that_fails_is_reported_and_not_repeated() -> None:
    desk = Desk(rises_at(5), answers={1: LONG}, failing=True, actions=("opened", "closed"))
    runner = desk.run()
    assert "on_open raised" in (runner.snapshot.pulse.error or "")
    desk.restarted()
    desk.strategist.told.clear()
    desk.run()
    assert desk.strategist.told == []


# Ends


class Endless(FakeClock):
    """A clock whose next minute never comes after `last`."""

    def __init__(self, last: int) -> None:
        super().__init__(T)
        self._last = last

    async def next_minute(self, after: int | None) -> int | None:
        if after is not None and after >= self._last:
            await asyncio.Event().wait()
        return await super().next_minute(after)


async def _settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_stop_while_asleep_ends_at_once_and_leaves_what_is_open() -> None:
    desk = Desk(FLAT, answers={1: LONG})
    desk.clock = Endless(minute(2))
    runner = desk.runner()

    async def run() -> None:
        task = asyncio.ensure_future(runner.run())
        await _settled()
        assert not task.done()
        runner.stop()
        async with asyncio.timeout(1):
            await task

    asyncio.run(run())
    assert isinstance(runner.snapshot.state, Open)
    assert runner.snapshot.pulse.status == "stopped"


def test_a_stop_while_a_strategy_is_asked_finishes_the_minute() -> None:
    answer: asyncio.Event

    async def slow() -> object:
        await answer.wait()
        return LONG

    desk = Desk(FLAT, answers={1: slow})
    runner = desk.runner()

    async def run() -> None:
        nonlocal answer
        answer = asyncio.Event()
        task = asyncio.ensure_future(runner.run())
        await _settled()
        runner.stop()
        await _settled()
        assert not task.done()
        answer.set()
        await task

    asyncio.run(run())
    assert desk.happened == [("opened", 1, False)]


def test_a_cancelled_run_is_cancelled() -> None:
    desk = Desk(FLAT)
    desk.clock = Endless(minute(2))

    async def run() -> None:
        task = asyncio.ensure_future(desk.runner().run())
        await _settled()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_a_retired_loop_opens_nothing_new_and_ends_when_nothing_is_open() -> None:
    desk = Desk(rises_at(5), answers=dict.fromkeys(range(30), LONG))
    runner = desk.runner()

    async def run() -> None:
        await runner.run(2)
        runner.retire()
        assert isinstance(runner.snapshot.state, Open)
        await runner.run()

    asyncio.run(run())
    assert desk.happened == [("opened", 0, False), ("closed", 5, False)]
    assert runner.snapshot.pulse.status == "stopped"


def test_an_idle_loop_that_retires_ends_at_once() -> None:
    desk = Desk(FLAT)
    runner = desk.runner()
    runner.retire()
    asyncio.run(runner.run())
    assert desk.strategist.asked == []


def test_an_exit_that_is_unknown_for_minutes_closes_in_the_minute_that_called_for_it() -> None:
    desk = Desk(rises_at(5), answers={1: LONG})
    desk.broker = FakeBroker([lambda order: Filled(order.client_order_id, order.price), unknown, unknown, unknown])
    runner = desk.runner()
    asyncio.run(runner.run(7))
    assert isinstance(runner.snapshot.state, Closing)
    asyncio.run(runner.run())
    assert desk.happened == [("opened", 1, False), ("closed", 5, False)]


def test_a_run_of_one_minute_asks_as_long_as_that_minute_is_the_newest() -> None:
    desk = Desk(FLAT)
    desk.clock.age = lambda minute: 45_000  # type: ignore[method-assign]
    desk.run(1)
    assert desk.strategist.asked == [0]


def test_what_fails_from_minute_to_minute_is_logged_when_it_begins_and_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk(FLAT)
    with caplog.at_level(logging.WARNING):
        desk.feed.error = FeedError("unreachable")
        runner = desk.runner()
        asyncio.run(runner.run(4))
        desk.feed.error = None
        asyncio.run(runner.run(4))
        desk.feed.error = FeedError("unreachable")
        asyncio.run(runner.run(4))
    again = "candles come again, after 4 minutes without a price"
    found = [record.message.rpartition(": ")[2] for record in caplog.records]
    assert found == ["unreachable", again, "unreachable"]


def test_when_candles_come_again_the_pulse_says_so_instead_of_the_alarm() -> None:
    desk = Desk(FLAT, answers={0: LONG})
    runner = desk.runner()
    asyncio.run(runner.run(2))
    desk.feed.error = FeedError("unreachable")
    asyncio.run(runner.run(4))
    assert "ALARM" in (runner.snapshot.pulse.error or "")
    assert runner.snapshot.pulse.has_error
    desk.feed.error = None
    asyncio.run(runner.run(3))
    pulse = runner.snapshot.pulse
    assert (pulse.error, pulse.error_time) == ("candles come again, after 4 minutes without a price", minute(6))
    assert pulse.is_over
    assert not pulse.has_error


def test_of_what_everybody_meets_the_end_is_shown_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(FLAT)
    runner = desk.runner()
    desk.feed.error = FeedError("unreachable", is_shared=True)
    asyncio.run(runner.run(1))
    desk.feed.error = None
    asyncio.run(runner.run(1))
    assert runner.snapshot.pulse.error == "candles come again, after 1 minute without a price"
    assert caplog.records == []


def test_when_a_price_comes_again_that_is_told(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(FLAT, missing=range(3, 15))
    asyncio.run(desk.runner().run(18))
    found = [record.message.rpartition("BTCUSDT: ")[2] for record in caplog.records]
    assert found == [
        "no price: no candle in the last five minutes",
        "candles come again, after 8 minutes without a price",
    ]


def test_a_symbol_that_comes_and_goes_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk([100.0] * 120)
    runner = desk.runner()
    for number in range(100):
        desk.feed.error = FeedError("unreachable") if number % 2 else None
        asyncio.run(runner.run(1))
        assert runner.snapshot.pulse.has_error == bool(number % 2)
    assert len(caplog.records) < 6


def test_an_error_of_the_strategy_is_not_over_because_candles_come_again() -> None:
    desk = Desk(FLAT, answers={5: StrategyError("no idea")})
    runner = desk.runner()
    asyncio.run(runner.run(4))
    desk.feed.error = FeedError("unreachable")
    asyncio.run(runner.run(1))
    desk.feed.error = None
    asyncio.run(runner.run(5))
    assert runner.snapshot.pulse.error == "no idea"
    assert runner.snapshot.pulse.has_error


# What the pulse lets whoever looks at it conclude


def words(desk: Desk, minutes: int | None = None) -> list[str]:
    """The verdict on each finished minute's heartbeat, while the run lasts."""
    beat, found = desk.journal.beat, []
    runner = desk.runner()

    def judged(pulse: Pulse) -> None:
        beat(pulse)
        if pulse.status == "running" and pulse.first is not None:
            verdict = judge(runner.snapshot, pulse.heartbeat or 0)
            found.append(verdict.reason)

    desk.journal.beat = judged  # type: ignore[method-assign]
    asyncio.run(runner.run(minutes))
    return found


def test_a_run_in_order_is_well_from_its_first_minute_on() -> None:
    desk = Desk(FLAT)
    assert set(words(desk)) == {"running"}


def test_a_full_disk_is_no_fault_of_the_feed() -> None:
    desk = Desk(rises_at(2), answers={0: LONG})
    desk.journal = full = MemoryJournal()
    append = full.append

    async def limited(step: Any, acked: int) -> int:
        if len(full.steps) >= 2:
            raise DiskFull("no space left on device")
        return await append(step, acked)

    full.append = limited  # type: ignore[method-assign]
    assert words(desk, 9) == ["running"] * 4 + ["no minute finished"] * 5


def test_a_feed_that_fails_or_has_no_candle_is_stale_after_three_minutes() -> None:
    failing = Desk(FLAT)
    failing.feed.error = FeedError("no route to the exchange")
    empty = Desk(FLAT, missing=range(-9, 30))
    for desk in (failing, empty):
        assert words(desk, 6) == ["running"] * 3 + ["no new candle"] * 3


def test_what_an_earlier_run_lacked_is_not_held_against_the_next() -> None:
    desk = Desk(FLAT)
    desk.feed.error = FeedError("no route to the exchange")
    assert words(desk, 6)[-1] == "no new candle"
    desk.restarted()
    desk.clock = FakeClock(minute(2880), minute(2890))
    assert words(desk, 2) == ["running"] * 2


def test_an_order_without_an_answer_is_no_fault_of_the_feed() -> None:
    desk = Desk(FLAT, answers={0: LONG})
    desk.broker = FakeBroker([unknown] * 9)
    assert words(desk, 6) == ["running"] * 3 + ["order not settled"] * 3
