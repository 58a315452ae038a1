"""The same rules over recorded candles, at the speed of a scan.

Law: only `step` decides. The scan merely leaves out the minutes of which `step` would say that nothing happens: those
in which the strategy is not due, and those in which the price of an open signal stays between its two levels: it is an
average of prices between the lows and the highs of its candles, so most of the time those are all that is looked at.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from collections.abc import AsyncIterator

from .core.candle import MINUTE_MS, VWAP_MINUTES, VWAP_MS, vwap
from .core.errors import StrategyError
from .core.event import Event, MinuteResult
from .core.history import History, closed, vwaps
from .core.machine import settle, step
from .core.minute import quiet, seen, unrealised
from .core.schedule import Turn, bucket
from .core.signal import Signal
from .core.state import Closing, Filled, Identity, Idle, Minute, Open, Opening, Publish, State, Step, Terms
from .ports import Strategist

YIELD_EVERY = 1024
"""Rounds between two looks at the loop, so that a long backtest can be watched and cancelled."""

SCAN = 32
"""Candles looked at in one go; a signal that closes soon must not pay for a long lifetime."""

ROUNDING = 1e-9
"""An average of prices lies between the lowest and the highest of them, but for the last bits of its computation."""

log = logging.getLogger("livekit")


class Replay:
    """One strategy over the recorded candles of one symbol; orders fill at once, as on paper.

    `time` is the minute it has come to, `errors` how often the strategy failed and `first_error` how it failed first,
    `state` what is open at the end.
    """

    def __init__(self, history: History, strategist: Strategist, terms: Terms) -> None:
        self._candles = history.candles
        self._times = self._candles.timestamps
        self._closes = self._candles.closes
        self._strategist = strategist
        self._interval = strategist.interval_ms
        self._every_minute = strategist.wants("idle") or strategist.wants("active")
        self._terms = terms
        self._turn = Turn()
        self.state: State = Idle()
        self.time: int | None = None
        self.errors = 0
        self.first_error: StrategyError | None = None

    @property
    def identity(self) -> Identity:
        return self._terms.identity

    @property
    def terms(self) -> Terms:
        return self._terms

    def last(self, time: int) -> float | None:
        """The newest close at `time`, however old; None before the first candle."""
        count = closed(self._times, time, MINUTE_MS)
        return self._closes[count - 1] if count else None

    @property
    def price(self) -> float | None:
        """The VWAP at `time`."""
        return None if self.time is None else self._seen(self.time).price

    @property
    def unrealised(self) -> float | None:
        """What is open would earn at `time`, in percent."""
        price = self.price
        return unrealised(self.state, price, self._terms) if isinstance(self.state, Open) and price else None

    async def events(self, start: int, end: int) -> AsyncIterator[Event]:
        """The events of the minutes from `start` to `end` (closes, epoch ms, both included), in turn."""
        rounds = 0
        self.time = time = start
        while (moment := self._next(time, end)) is not None:
            self.time = moment
            if (event := await self._evaluate(self._seen(moment))) is not None:
                await self._tell(event)
                yield event
            time = moment + MINUTE_MS
            rounds += 1
            if rounds % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        self.time = end

    def _next(self, time: int, end: int) -> int | None:
        """The first minute from `time` to `end` in which something may happen."""
        if time > end:
            return None
        if self._every_minute:
            return time
        if isinstance(self.state, Open):
            return self._scan(self.state.signal, time, end)
        opening = bucket(time, self._interval)
        due = time if opening != self._turn.used else opening + self._interval
        return due if due <= end else None

    def _scan(self, signal: Signal, time: int, end: int) -> int | None:
        """The first minute in which `signal` may close."""
        last = min(end, signal.expires)
        first_index = bisect_left(self._times, time - MINUTE_MS)
        last_index = first_index + (last - time) // MINUTE_MS
        if last < time or not self._is_whole(first_index, time, last_index, last):
            # Across a gap the minutes are looked at one by one.
            return time
        low, high = sorted((signal.price_stop_loss, signal.price_take_profit))
        for start in range(first_index, last_index + 1, SCAN):
            oldest, stop = max(0, start - VWAP_MINUTES + 1), min(start + SCAN, last_index + 1)
            candles = self._candles.span(oldest, stop)
            if low < min(candles.lows) * (1 - ROUNDING) and max(candles.highs) * (1 + ROUNDING) < high:
                continue
            for index, price in enumerate(vwaps(candles)[start - oldest :], start - first_index):
                if not low < price < high:
                    return time + index * MINUTE_MS
        return last if last == signal.expires else None

    def _is_whole(self, first_index: int, first: int, last_index: int, last: int) -> bool:
        """Whether every minute from `first` to `last` has a candle that closes with it."""
        times = self._times
        return (
            last_index < len(times)
            and times[first_index] == first - MINUTE_MS
            and times[last_index] == last - MINUTE_MS
        )

    def _seen(self, time: int) -> Minute:
        times = self._times
        newest = closed(times, time, MINUTE_MS) - 1
        oldest = newest - VWAP_MINUTES + 1
        if oldest >= 0 and times[oldest] == time - VWAP_MS:
            return Minute(time, vwap(self._candles.span(oldest, newest + 1)), self._closes[newest])
        return seen(self._candles, time)

    async def _evaluate(self, minute: Minute) -> Event | None:
        state = self.state
        if isinstance(state, Open):
            following: Step | None = step(state, minute, self._terms)
        elif minute.price is not None and self._asks_at(minute.time):
            following = await self._ask(minute)
        else:
            following = None
        event = None if following is None else self._take(following)
        if event is None and self._every_minute:
            await self._tell(quiet(self.state, minute, self._terms))
        return event

    def _asks_at(self, time: int) -> bool:
        # A minute found by `_next` is due, unless every minute is.
        return not self._every_minute or self._turn.is_due(time, self._interval)

    async def _ask(self, minute: Minute) -> Step | None:
        assert minute.price is not None
        assert minute.last is not None
        try:
            proposal = await self._strategist.ask(minute.time, minute.price, minute.last)
            # Most answers are None, and a step that changes nothing is not worth making.
            following = None
            if proposal is not None:
                following = step(self.state, minute._replace(proposal=proposal), self._terms)
        except StrategyError as error:
            self._turn = self._turn.failed(minute.time, self._interval)
            self._failed(minute.time, error)
            return None
        self._turn = self._turn.answered(minute.time, self._interval)
        return following

    def _take(self, following: Step) -> Event | None:
        while isinstance(state := following.state, Opening | Closing):
            fill = Filled(state.order.client_order_id, state.order.price)
            following = settle(state, fill, self._terms)
        self.state = following.state
        return following.owed.event if isinstance(following.owed, Publish) else None

    async def _tell(self, result: MinuteResult) -> None:
        if not self._strategist.wants(result.action):
            return
        try:
            await self._strategist.tell(result)
        except StrategyError as error:
            self._failed(result.time, error)

    def _failed(self, time: int, error: StrategyError) -> None:
        self.errors += 1
        self.first_error = self.first_error or error
        log.debug("%s %s at %d: %s", self._strategist.name, self._terms.identity.symbol, time, error)
