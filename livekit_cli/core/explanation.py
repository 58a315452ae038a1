"""Why a signal opened, why it closed, and why it earned what it earned: the same arithmetic again, step by step.

Law: nothing here decides. Prices are those of `vwap`, rules those of `close_reason`, earnings those of `worked_out`;
what is shown beside them is compared with what was recorded, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from .candle import MINUTE_MS, VWAP_MINUTES, VWAP_MS, Candle, Candles, vwap
from .event import Closed, CloseReason, Opened
from .history import vwaps
from .machine import close_reason
from .minute import seen
from .pnl import Working, worked_out
from .signal import Position, Signal
from .state import Closing, Minute, Opening, State, Terms

MOST_MINUTES = 366 * 1440
"""The longest way that is looked at minute by minute."""


class Weighed(NamedTuple):
    """One candle of a price: (high + low + close) / 3, and that times the volume."""

    candle: Candle
    typical: float
    weighted: float


@dataclass(frozen=True, slots=True)
class Pricing:
    """How the VWAP of the minute at `time` comes about; `recorded` is what the journal says it was.

    `weighted` and `volume` are the sums over `rows`, added in the order of the rule.
    """

    time: int
    rows: tuple[Weighed, ...]
    weighted: float
    volume: float
    price: float | None
    last: float | None
    recorded: float | None

    @property
    def agrees(self) -> bool:
        """Whether the candles make exactly the price that was recorded."""
        return self.price is not None and self.price == self.recorded

    @property
    def is_degraded(self) -> bool:
        return len(self.rows) < VWAP_MINUTES


class Check(NamedTuple):
    """One rule of a minute: whether `found` stands in the relation `sign` to `limit`, and so ends the signal."""

    rule: CloseReason
    found: float
    sign: str
    limit: float
    holds: bool


class Approach(NamedTuple):
    """How near the price came to a level: `percent` of that price were missing, or were too much where negative."""

    time: int
    price: float
    percent: float


@dataclass(frozen=True, slots=True)
class Way:
    """The price from minute to minute after the opening; None where no candle made one.

    `called` is the first minute in which a rule ends the signal by these prices, and that rule.
    """

    first: int
    prices: tuple[float | None, ...]
    to_take_profit: Approach | None
    to_stop_loss: Approach | None
    called: tuple[int, CloseReason] | None

    @property
    def known(self) -> list[float]:
        """The prices that there are."""
        return [price for price in self.prices if price is not None]


@dataclass(frozen=True, slots=True)
class Now:
    """Where an open signal stood in the minute that was finished last; None where no file says it."""

    time: int | None
    price: float | None


class Ended(NamedTuple):
    """The minute that called for the end, the price that it saw, and the rule that it named."""

    time: int
    price: float
    reason: CloseReason
    recovered: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of it. `ended` is None while the signal is open; `last`, `rules` and `earned` are then those of now.

    What needs candles is None without them. `terms` have the costs that were recorded, where they were.
    """

    signal: Signal
    opened: Opened | None
    closed: Closed | None
    ended: Ended | None
    now: Now
    terms: Terms
    opening: Pricing | None
    way: Way | None
    last: Pricing | None
    rules: tuple[Check, ...]
    earned: Working | None

    @property
    def fired(self) -> Check | None:
        """The rule that ends the signal by the recorded price: the first that holds."""
        return next((rule for rule in self.rules if rule.holds), None)

    @property
    def costs_are_recorded(self) -> bool:
        """Whether the journal says what was taken off; the terms of now are shown otherwise."""
        return self.closed is not None and self.closed.pnl.costs is not None

    @property
    def earned_agrees(self) -> bool:
        """Whether the arithmetic ends in exactly what was recorded."""
        return self.earned is not None and self.closed is not None and self.earned.net == self.closed.pnl.pnl_percentage


def explain(
    signal: Signal,
    opened: Opened | None,
    closed: Closed | None,
    *,
    state: State,
    now: Now,
    terms: Terms,
    candles: Candles | None,
) -> Explanation:
    """What became of `signal`, which has come to `state`.

    `candles` are those that `needed` names, or more; None where nobody has them.
    """
    ended = _ended(closed, state)
    terms = _at_recorded_costs(terms, closed)
    end, price = (now.time, now.price) if ended is None else (ended.time, ended.price)
    proposed = state.current_price if isinstance(state, Opening) else None
    return Explanation(
        signal=signal,
        opened=opened,
        closed=closed,
        ended=ended,
        now=now,
        terms=terms,
        opening=None
        if candles is None
        else pricing(candles, signal.timestamp, opened.current_price if opened else proposed),
        way=None if candles is None or end is None else way(signal, candles, end),
        last=None if candles is None or end is None else pricing(candles, end, price),
        rules=() if end is None or price is None else rules(signal, end, price),
        earned=_earned(signal, closed, terms, price),
    )


def _ended(closed: Closed | None, state: State) -> Ended | None:
    if closed is not None:
        return Ended(closed.time, closed.current_price, closed.close_reason, closed.recovered)
    if isinstance(state, Closing):
        return Ended(state.order.time, state.order.price, state.close_reason, state.recovered)
    return None


def _at_recorded_costs(terms: Terms, closed: Closed | None) -> Terms:
    costs = closed.pnl.costs if closed else None
    return terms if costs is None else replace(terms, slippage_percent=costs[0], fee_percent=costs[1])


def _earned(signal: Signal, closed: Closed | None, terms: Terms, price: float | None) -> Working | None:
    """What was earned, or would be at `price`."""
    costs = (terms.slippage_percent, terms.fee_percent)
    if closed is not None:
        return worked_out(signal.position, closed.pnl.price_open, closed.pnl.price_close, *costs)
    return None if price is None else worked_out(signal.position, signal.price_open, price, *costs)


def needed(signal: Signal, end: int | None) -> tuple[int, int]:
    """The opening times, from and before, of the candles that an explanation up to the minute `end` asks for."""
    return signal.timestamp - VWAP_MS, signal.timestamp if end is None else max(end, signal.timestamp)


def pricing(candles: Candles, time: int, recorded: float | None) -> Pricing:
    """How the price of the minute at `time` comes about."""
    window = candles[candles.first_at(time - VWAP_MS) : candles.first_at(time)]
    rows = tuple(map(_weighed, window))
    weighted = volume = 0.0
    for row in rows:
        weighted += row.weighted
        volume += row.candle.volume
    last = window[-1].close if len(window) else None
    return Pricing(time, rows, weighted, volume, vwap(window), last, recorded)


def rules(signal: Signal, time: int, price: float) -> tuple[Check, Check, Check]:
    """The rules in the order in which a minute looks at them; the first that holds ends the signal."""
    is_long = signal.position is Position.LONG
    target, stop = signal.price_take_profit, signal.price_stop_loss
    reached = price >= target if is_long else price <= target
    stopped = price <= stop if is_long else price >= stop
    up, down = (">=", "<=") if is_long else ("<=", ">=")
    return (
        Check(CloseReason.TAKE_PROFIT, price, up, target, reached),
        Check(CloseReason.STOP_LOSS, price, down, stop, stopped),
        Check(CloseReason.TIME_EXPIRED, time, ">=", signal.expires, time >= signal.expires),
    )


def way(signal: Signal, candles: Candles, end: int) -> Way | None:
    """The minutes after the opening up to `end`; None when there are none, or too many to be looked at."""
    first = signal.timestamp + MINUTE_MS
    if not 0 <= end - first <= MOST_MINUTES * MINUTE_MS:
        return None
    prices = _prices(candles, first, end)
    times = range(first, end + 1, MINUTE_MS)
    seen_prices = [(time, price) for time, price in zip(times, prices, strict=True) if price is not None]
    called = next(
        ((time, reason) for time, price in seen_prices if (reason := close_reason(signal, Minute(time, price, price)))),
        None,
    )
    direction = 1 if signal.position is Position.LONG else -1
    return Way(
        first,
        tuple(prices),
        _nearest(seen_prices, signal.price_take_profit, direction),
        _nearest(seen_prices, signal.price_stop_loss, -direction),
        called,
    )


def _weighed(candle: Candle) -> Weighed:
    typical = (candle.high + candle.low + candle.close) / 3
    return Weighed(candle, typical, typical * candle.volume)


def _prices(candles: Candles, first: int, end: int) -> Sequence[float | None]:
    """The VWAP of each minute. Most end with a candle; across a gap they are looked at one by one."""
    part = candles[candles.first_at(first - VWAP_MS) : candles.first_at(end)]
    known = dict(zip(part.timestamps, vwaps(part), strict=True))
    return [
        known[time - MINUTE_MS] if time - MINUTE_MS in known else seen(part, time).price
        for time in range(first, end + 1, MINUTE_MS)
    ]


def _nearest(prices: Iterable[tuple[int, float]], level: float, direction: int) -> Approach | None:
    """The minute in which least was missing to `level`, the earliest of equals; 1 is a level above, -1 one below."""
    best = min(prices, key=lambda seen: direction * (level - seen[1]), default=None)
    return None if best is None else Approach(*best, direction * (level - best[1]) / best[1] * 100)
