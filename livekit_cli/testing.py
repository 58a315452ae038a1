"""For whoever tests a strategy, or the loop around it: candles from a few numbers, one question, and fakes.

A strategy's test in five lines:

    >>> from livekit_cli import Strategy
    >>> from livekit_cli.testing import ask, candles
    >>> class Dip(Strategy):
    ...     async def get_signal(self, market):
    ...         fell = (await market.candles("1m", 2))[0].close > market.last
    ...         return market.long(take_profit=1, stop_loss=1, minutes=30) if fell else None
    >>> ask(Dip(), candles([100, 101, 102])) is None
    True
    >>> ask(Dip(), candles([100, 101, 99])).price_take_profit
    99.99

The fakes keep the promises of `livekit_cli.ports` and pass the same tests as what they stand for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from inspect import isawaitable, iscoroutinefunction
from typing import Any

from .core.candle import MINUTE_MS, VWAP_MS, Candle, Candles, vwap
from .core.errors import FeedError, JournalError, StrategyError
from .core.event import Event
from .core.history import History
from .core.pulse import Pulse
from .core.signal import Proposal, accept
from .core.state import MAX_ENTRY_DISTANCE_PERCENT, Filled, Order, Publish, Report, Step, Unknown
from .strategy import Market, Strategy, SyncMarket, overrides

START = 1_767_225_600_000
"""When candles begin unless said otherwise: 2026-01-01 00:00 UTC."""

Answer = Callable[[Order], Report]


def candles(closes: Iterable[float], *, start: int = START, spread: float = 0.0, volume: float = 1.0) -> Candles:
    """One 1m candle for each close, the first opening at `start` (epoch ms).

    Each opens at the close before it. High and low lie `spread` (price units) beyond open and close.
    """
    rows: list[Candle] = []
    for number, close in enumerate(closes):
        opened = rows[-1].close if rows else close
        high, low = max(opened, close) + spread, min(opened, close) - spread
        rows.append(Candle(start + number * MINUTE_MS, opened, high, low, close, volume))
    return Candles.of(rows)


def ask(strategy: Strategy, candles: Candles, symbol: str = "BTCUSDT") -> Proposal | None:
    """What `strategy` answers at the close of the newest of these 1m candles.

    Raises ProposalRefused with every reason when livekit would refuse the answer, and whatever the strategy raises.
    """
    if not len(candles):
        raise ValueError("a strategy is asked about at least one candle")
    if not overrides(strategy, "get_signal"):
        raise StrategyError(f"{type(strategy).__name__} has no get_signal")
    now, last = candles[-1].timestamp + MINUTE_MS, candles[-1].close
    price = vwap(candles[candles.first_at(now - VWAP_MS) :])
    assert price is not None  # the newest candle is among those of the last five minutes
    view = _View(History(candles), now)
    if iscoroutinefunction(strategy.get_signal):
        answer = _run(_awaited(strategy, Market(symbol, now, price, last, view.candles)))
    else:
        answer = strategy.get_signal(SyncMarket(symbol, now, price, last, view.candles_now))  # type: ignore[assignment]
    if answer is not None:
        accept(answer, signal_id="test", time=now, last=last, max_entry_distance_percent=MAX_ENTRY_DISTANCE_PERCENT)
    return answer


class _View:
    """What had closed at `now`."""

    def __init__(self, history: History, now: int) -> None:
        self._history = history
        self._now = now

    def candles_now(self, timeframe: str, limit: int) -> Candles:
        return self._history.window(timeframe, self._now, limit)

    async def candles(self, timeframe: str, limit: int) -> Candles:
        return self.candles_now(timeframe, limit)


async def _awaited(strategy: Strategy, market: Market) -> Proposal | None:
    answer = strategy.get_signal(market)
    return await answer if isawaitable(answer) else answer


def _run(work: Coroutine[Any, Any, Proposal | None]) -> Proposal | None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    # The test itself runs on a loop, which cannot wait for another: enough for whoever awaits candles only.
    try:
        while work.send(None) is None:
            continue
    except StopIteration as stop:
        answer: Proposal | None = stop.value
        return answer
    work.close()
    raise StrategyError("the strategy waits for more than candles; ask it in a test that is a plain `def`")


class FakeClock:
    """Minutes one after the other, without waiting: `start` first (epoch ms, a whole minute), `end` last."""

    def __init__(self, start: int, end: int | None = None) -> None:
        self._now = start
        self._end = end

    def now(self) -> int:
        return self._now

    def age(self, minute: int) -> int:  # noqa: ARG002  nothing is late where time is made up
        return 0

    async def next_minute(self, after: int | None) -> int | None:
        await asyncio.sleep(0)  # others get their turn, as they do while a real clock waits
        minute = -(-self._now // MINUTE_MS) * MINUTE_MS
        if after is not None:
            minute = max(minute, after - after % MINUTE_MS + MINUTE_MS)
        if self._end is not None and minute > self._end:
            return None
        self._now = max(self._now, minute)
        return minute

    def jump(self, milliseconds: int) -> None:
        """Move the time; forward makes a gap, and backward no minute comes twice."""
        self._now += milliseconds


class FakeFeed:
    """Recorded 1m candles by symbol. While `error` is set every question fails with it; `asked` counts them."""

    def __init__(self, recorded: Mapping[str, Candles]) -> None:
        self._histories = {symbol: History(one) for symbol, one in recorded.items()}
        self.error: Exception | None = None
        self.asked = 0

    async def candles(
        self,
        symbol: str,
        timeframe: str,
        until: int,
        limit: int,
        *,
        urgent: bool = False,  # noqa: ARG002  nobody waits here
    ) -> Candles:
        self.asked += 1
        if self.error is not None:
            raise self.error
        if symbol not in self._histories:
            raise FeedError(f"no candles of {symbol} were recorded; expected one of {', '.join(self._histories)}")
        return self._histories[symbol].window(timeframe, until, limit)


class FakeBroker:
    """Fills at the order's price, or answers as told: one of `answers` for each call, then fills again.

    The same `client_order_id` trades once: a definite answer is given again, and uses up none of `answers`.
    """

    def __init__(self, answers: Iterable[Answer] = ()) -> None:
        self._answers = deque(answers)
        self.submitted: list[Order] = []
        self.reports: dict[str, Report] = {}

    async def submit(self, order: Order) -> Report:
        self.submitted.append(order)
        known = self.reports.get(order.client_order_id)
        if known is not None and not isinstance(known, Unknown):
            return known
        answer = self._answers.popleft() if self._answers else _fill
        report = answer(order)
        self.reports[order.client_order_id] = report
        return report


def _fill(order: Order) -> Report:
    return Filled(order.client_order_id, order.price)


class MemoryJournal:
    """A journal that lives as long as this object; `reopened` is what the next process finds.

    `failures` are raised by the appends to come, one each; what failed is not part of the journal.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.failures: deque[JournalError] = deque()
        self._found = 0
        self._acked_at_opening = 0
        self._acked = 0
        self._pulse = Pulse()
        self._pulse_at_opening = self._pulse
        self._is_open = True

    @property
    def last(self) -> Step | None:
        return self.steps[-1] if self.steps else None

    @property
    def seq(self) -> int:
        return len(self.steps)

    @property
    def acked(self) -> int:
        return self._acked_at_opening

    @property
    def pulse(self) -> Pulse:
        return self._pulse_at_opening

    @property
    def unacknowledged(self) -> list[tuple[int, Event]]:
        published = [(seq, step.owed) for seq, step in enumerate(self.steps[: self._found], 1)]
        return [(seq, owed.event) for seq, owed in published if seq > self.acked and isinstance(owed, Publish)]

    async def append(self, step: Step, acked: int) -> int:
        if not self._is_open:
            raise JournalError("this journal has been closed")
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.popleft()
        self.steps.append(step)
        self._acked = max(self._acked, acked)
        return len(self.steps)

    def beat(self, pulse: Pulse) -> None:
        self._pulse = pulse

    def close(self) -> None:
        self._is_open = False

    def reopened(self, *, pulse_lost: bool = False) -> MemoryJournal:
        """The same journal as the next process opens it; a power cut may have lost the pulse."""
        self.close()
        following = MemoryJournal()
        following.steps = list(self.steps)
        following._found = len(self.steps)
        pulse = Pulse() if pulse_lost else self._pulse
        following._pulse = following._pulse_at_opening = pulse
        following._acked = following._acked_at_opening = max(self._acked, pulse.acked)
        return following
