"""A market whose prices are a pure function of symbol and minute, and the shapes that a test scripts over it.

    prices     two slow waves and a little noise around the symbol's level; nothing depends on what was asked before
    shapes     functions laid over the prices of a symbol, the last one on top: flat, path, jump, gap, quiet, exact
    forming    the candle of the present minute moves from its open to its close as the minute passes

Every number is rounded to the symbol's own digits, so that what a client reads from the wire equals it exactly.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from itertools import islice
from math import pi, sin
from typing import NamedTuple

from .clock import MINUTE_MS

OPENED = 1_567_900_800_000
"""When every symbol was listed unless it says otherwise: 2019-09-08."""

TIMEFRAMES = {"1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "12h": 720}
TIMEFRAMES |= {"8h": 480, "1d": 1440}
TIMEFRAMES = {name: minutes * MINUTE_MS for name, minutes in TIMEFRAMES.items()}
"""Length in milliseconds of the candles that can be asked for."""


class Kind(StrEnum):
    """What is traded: the coin, or a perpetual contract settled in its quote."""

    SPOT = "spot"
    LINEAR = "linear"


class Candle(NamedTuple):
    """One candle, stamped with its opening time in epoch milliseconds."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


Before = Callable[[int], Candle | None]
"""The candle of a minute as it was without this shape and those above it."""

Shape = Callable[[int, Before], Candle | None]
"""The candle of a minute as it shall be; None for a minute without one."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol as the exchange knows it. `halted` and `delisted` say from when on (epoch ms)."""

    id: str
    base: str
    quote: str
    level: float
    digits: int
    lot_digits: int = 5
    volume: float = 20.0
    opened: int = OPENED
    halted: int | None = None
    delisted: int | None = None

    def ended(self) -> int | None:
        """From when on it has no candles."""
        ends = [end for end in (self.halted, self.delisted) if end is not None]
        return min(ends) if ends else None

    def known(self, now: int) -> bool:
        return self.opened <= now and (self.delisted is None or now < self.delisted)

    def trading(self, now: int) -> bool:
        return self.known(now) and (self.halted is None or now < self.halted)


class _Wave(NamedTuple):
    """What makes one series differ from the next."""

    seed: int
    slow: float
    fast: float
    level: float
    step: float
    digits: int
    volume: float
    lot_digits: int


_MASK = 2**64 - 1
_KEPT = 50_000
"""Closed candles that are kept for the next request."""


_WIDEST_GAP = 10_000
"""Candles that may be missing in a row before an answer ends at the gap."""


class Market:
    """All symbols, spot and perpetual, with their candles."""

    def __init__(self, listings: Iterable[Listing]) -> None:
        self.listings = {listing.id: listing for listing in listings}
        self._shapes: dict[str, list[Shape]] = {}
        self._waves: dict[tuple[Kind, str], _Wave] = {}
        self._known: dict[tuple[Kind, str, str, int], Candle | None] = {}

    # ---- scripting

    def script(self, symbol: str, *shapes: Shape) -> None:
        """Lay `shapes` over what `symbol` has."""
        self._shapes.setdefault(self.listings[symbol].id, []).extend(shapes)
        self._known.clear()

    def unscript(self, symbol: str | None = None) -> None:
        """Take all shapes off `symbol`, or off every one."""
        self._shapes.clear() if symbol is None else self._shapes.pop(symbol, None)
        self._known.clear()

    def halt(self, symbol: str, at: int) -> None:
        """No trading from `at` on; the symbol stays known."""
        self._relist(symbol, halted=at)

    def delist(self, symbol: str, at: int) -> None:
        """From `at` on the exchange has never heard of it."""
        self._relist(symbol, delisted=at)

    def add(self, listing: Listing) -> None:
        """A new symbol, or another version of one."""
        self.listings[listing.id] = listing
        self._known.clear()

    def _relist(self, symbol: str, halted: int | None = None, delisted: int | None = None) -> None:
        listing = self.listings[symbol]
        self.add(replace(listing, halted=halted or listing.halted, delisted=delisted or listing.delisted))

    # ---- candles

    def minute(self, kind: Kind, symbol: str, time: int) -> Candle | None:
        """The whole 1m candle that opened at `time`; None when it has none."""
        listing = self.listings[symbol]
        ended = listing.ended()
        if time < listing.opened or (ended is not None and time >= ended):
            return None
        return self._layered(kind, symbol, time, len(self._shapes.get(symbol, ())))

    def candle(self, kind: Kind, symbol: str, timeframe: str, time: int, now: int) -> Candle | None:
        """The candle that opened at `time`, as far as it has come by `now`."""
        length = TIMEFRAMES[timeframe]
        if time + length > now:
            return _merged(time, self._minutes(kind, symbol, time, now))
        key = (kind, symbol, timeframe, time)
        if key not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            minutes = self._minutes(kind, symbol, time, time + length)
            self._known[key] = next(iter(minutes), None) if length == MINUTE_MS else _merged(time, minutes)
        return self._known[key]

    def candles(
        self,
        kind: Kind,
        symbol: str,
        timeframe: str,
        *,
        now: int,
        limit: int,
        start: int | None = None,
        end: int | None = None,
    ) -> list[Candle]:
        """At most `limit` candles that opened in [start, end], oldest first: the first ones after `start`, when it is
        given, and otherwise the last ones; the forming one among them."""
        length = TIMEFRAMES[timeframe]
        listing = self.listings[symbol]
        ended = listing.ended()
        bounds = [bound for bound in (now, end, ended and ended - 1) if bound is not None]
        last = min(bounds) // length * length
        first = listing.opened // length * length
        if start is None:
            times = range(last, first - 1, -length)
        else:
            times = range(max(first, -(-start // length) * length), last + 1, length)
        searched = times[: limit + _WIDEST_GAP]
        candles = (self.candle(kind, symbol, timeframe, time, now) for time in searched)
        found = list(islice((candle for candle in candles if candle is not None), limit))
        return found[::-1] if start is None else found

    def last(self, kind: Kind, symbol: str, now: int) -> float:
        """The newest price."""
        found = self.candles(kind, symbol, "1m", now=now, limit=1)
        return found[0].close if found else self.listings[symbol].level

    def _minutes(self, kind: Kind, symbol: str, start: int, stop: int) -> Iterable[Candle]:
        for time in range(start, stop, MINUTE_MS):
            candle = self.minute(kind, symbol, time)
            if candle is not None:
                part = (stop - time) / MINUTE_MS
                listing = self.listings[symbol]
                yield candle if part >= 1 else _forming(candle, part, listing.digits, listing.lot_digits)

    def _layered(self, kind: Kind, symbol: str, time: int, layers: int) -> Candle | None:
        if layers == 0:
            return self._plain(kind, symbol, time)
        return self._shapes[symbol][layers - 1](time, lambda at: self._layered(kind, symbol, at, layers - 1))

    def _plain(self, kind: Kind, symbol: str, time: int) -> Candle:
        wave = self._waves.get((kind, symbol)) or self._wave_of(kind, symbol)
        number = time // MINUTE_MS
        opens, closes = _price(wave, number - 1), _price(wave, number)
        noise = _noise(wave.seed, ~number & _MASK)
        high = round(max(opens, closes) + (noise & 7) * wave.step, wave.digits)
        low = round(min(opens, closes) - (noise >> 3 & 7) * wave.step, wave.digits)
        volume = round(wave.volume * (0.5 + (noise >> 32) / 2**32), wave.lot_digits)
        return Candle(time, opens, high, low, closes, volume)

    def _wave_of(self, kind: Kind, symbol: str) -> _Wave:
        listing = self.listings[symbol]
        seed = int.from_bytes(blake2b(symbol.encode(), digest_size=8).digest(), "big")
        basis = 1.0 if kind is Kind.SPOT else 1.0005  # so that nobody takes one for the other
        step = 10.0**-listing.digits
        phases = seed % 997, seed % 89
        wave = _Wave(
            seed, *phases, listing.level * basis, step, listing.digits, listing.volume, listing.lot_digits
        )  # fmt: skip
        return self._waves.setdefault((kind, symbol), wave)


def _price(wave: _Wave, number: int) -> float:
    noise = _noise(wave.seed, number) / 2**64 - 0.5
    moved = 0.02 * sin(2 * pi * (number + wave.slow) / 997) + 0.004 * sin(2 * pi * (number + wave.fast) / 89)
    return round(wave.level * (1 + moved + 0.001 * noise), wave.digits)


def _noise(seed: int, number: int) -> int:
    """64 bits that look random and depend on nothing else."""
    mixed = (seed + number * 0x9E3779B97F4A7C15) & _MASK
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    return mixed ^ mixed >> 27


def _forming(whole: Candle, part: float, digits: int, lot_digits: int) -> Candle:
    def on_the_way(end: float) -> float:
        return round(whole.open + (end - whole.open) * part, digits)

    volume = round(whole.volume * part, lot_digits)
    return Candle(
        whole.time, whole.open, on_the_way(whole.high), on_the_way(whole.low), on_the_way(whole.close), volume
    )


def _merged(time: int, minutes: Iterable[Candle]) -> Candle | None:
    found = list(minutes)
    if not found:
        return None
    return Candle(
        time,
        found[0].open,
        max(candle.high for candle in found),
        min(candle.low for candle in found),
        found[-1].close,
        round(sum(candle.volume for candle in found), 8),
    )


# ---- shapes


def flat(start: int, stop: int, price: float | None = None) -> Shape:
    """Stand still at `price`, or at the close before `start`, while trade goes on."""

    def shape(time: int, before: Before) -> Candle | None:
        candle = before(time)
        if candle is None or not start <= time < stop:
            return candle
        at = _close_before(start, before) if price is None else price
        return Candle(time, at, at, at, at, candle.volume)

    return shape


def quiet(start: int, stop: int) -> Shape:
    """Nobody trades: candles of zero volume at the close before `start`."""

    def shape(time: int, before: Before) -> Candle | None:
        if not start <= time < stop:
            return before(time)
        at = _close_before(start, before)
        return Candle(time, at, at, at, at, 0.0)

    return shape


def gap(start: int, stop: int) -> Shape:
    """The exchange prints no candles."""
    return lambda time, before: None if start <= time < stop else before(time)


def jump(at: int, percent: float, digits: int = 2) -> Shape:
    """The minute that opens `at` moves by `percent` on its way to its close, and there the price stays."""
    factor = 1 + percent / 100

    def shape(time: int, before: Before) -> Candle | None:
        candle = before(time)
        if candle is None or time < at:
            return candle
        opens = candle.open if time == at else round(candle.open * factor, digits)
        high, low, close = (round(price * factor, digits) for price in candle[2:5])
        return Candle(time, opens, max(high, opens), min(low, opens), close, candle.volume)

    return shape


def path(start: int, closes: Sequence[float], volume: float = 10.0) -> Shape:
    """One price a minute from `start` on: open, high, low and close are the same."""

    def shape(time: int, before: Before) -> Candle | None:
        number = (time - start) // MINUTE_MS
        if not 0 <= number < len(closes):
            return before(time)
        at = closes[number]
        return Candle(time, at, at, at, at, volume)

    return shape


def exact(candles: Iterable[Sequence[float]]) -> Shape:
    """These candles (time, open, high, low, close, volume), and what was there before between and around them."""
    rows = sorted(Candle(int(row[0]), *row[1:6]) for row in candles)
    times = [row.time for row in rows]

    def shape(time: int, before: Before) -> Candle | None:
        found = bisect_left(times, time)
        return rows[found] if found < len(rows) and times[found] == time else before(time)

    return shape


def _close_before(start: int, before: Before) -> float:
    """The last close before `start`, at most a day back."""
    for time in range(start - MINUTE_MS, start - 1441 * MINUTE_MS, -MINUTE_MS):
        candle = before(time)
        if candle is not None:
            return candle.close
    raise LookupError(f"no candle in the day before {start}: give the price yourself")


# ---- symbols

_COINS = {
    # level in USDT, digits of the price
    "BTC": (60_000.0, 2),
    "ETH": (3_000.0, 2),
    "BNB": (580.0, 2),
    "SOL": (150.0, 2),
    "XRP": (0.55, 4),
    "DOGE": (0.13, 5),
    "ADA": (0.42, 4),
    "LINK": (14.0, 3),
    "LTC": (72.0, 2),
    "SHIB": (0.000019, 8),
}


def symbols(count: int = len(_COINS)) -> list[Listing]:
    """`count` symbols against USDT: ten known coins, then C010USDT, C011USDT, ..."""
    known = [Listing(f"{coin}USDT", coin, "USDT", level, digits) for coin, (level, digits) in _COINS.items()]
    made = [Listing(f"C{number:03}USDT", f"C{number:03}", "USDT", 1.0 + number, 3) for number in range(10, count)]
    return (known + made)[:count]
