"""Candles, timeframes and the volume weighted average price."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import NamedTuple, overload

MINUTE_MS = 60_000

TIMEFRAMES: dict[str, int] = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "2h": 120 * MINUTE_MS,
    "4h": 240 * MINUTE_MS,
    "6h": 360 * MINUTE_MS,
    "8h": 480 * MINUTE_MS,
    "12h": 720 * MINUTE_MS,
    "1d": 1440 * MINUTE_MS,
}
"""Length in milliseconds of every candle a strategy may ask for; all are whole multiples of 1m."""

INTERVALS: dict[str, int] = {name: TIMEFRAMES[name] for name in ("1m", "3m", "5m", "15m", "30m", "1h")}
"""How often a strategy may be asked."""

VWAP_MINUTES = 5
VWAP_MS = VWAP_MINUTES * MINUTE_MS


class Candle(NamedTuple):
    """One candle, stamped with its opening time in epoch milliseconds."""

    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float


Fault = tuple[str, str]
"""The column at fault, and what is wrong with it."""


def value_fault(candle: Candle) -> Fault | None:
    """What is wrong with the prices and the volume of a candle, whoever it came from."""
    _, first, high, low, last, volume = candle
    for name, price in zip(Candle._fields[1:5], candle[1:5], strict=True):
        if not 0 < price < inf:
            return name, f"{name} is {price!r}; expected a finite price above 0"
    if high < max(first, last):
        return "high", f"high {high!r} is below open {first!r} or close {last!r}; expected the highest price"
    if low > min(first, last):
        return "low", f"low {low!r} is above open {first!r} or close {last!r}; expected the lowest price"
    if not 0 <= volume < inf:
        return "volume", f"volume is {volume!r}; expected a finite number, 0 or more"
    return None


class Candles(Sequence[Candle]):
    """Closed candles, oldest first, kept as columns.

    `candles[-1]` is the newest `Candle`, `candles[-10:]` the ten newest as `Candles`. The columns are `array`
    objects, contiguous buffers that numpy and TA-Lib take without a copy.
    """

    __slots__ = ("_columns", "_start", "_stop")

    def __init__(
        self,
        columns: tuple[array[int], array[float], array[float], array[float], array[float], array[float]],
        start: int = 0,
        stop: int | None = None,
    ) -> None:
        self._columns = columns
        self._start = start
        self._stop = len(columns[0]) if stop is None else stop

    @classmethod
    def of(cls, rows: Iterable[Sequence[float]]) -> Candles:
        """Candles from rows of timestamp, open, high, low, close, volume (a `Candle`, or ccxt's lists)."""
        timestamps = array("q")
        prices = tuple(array("d") for _ in range(5))
        for row in rows:
            timestamps.append(int(row[0]))
            for column, value in zip(prices, row[1:6], strict=True):
                column.append(value)
        opens, highs, lows, closes, volumes = prices
        return cls((timestamps, opens, highs, lows, closes, volumes))

    @property
    def timestamps(self) -> array[int]:
        """Opening times, epoch milliseconds."""
        return self._columns[0][self._start : self._stop]

    @property
    def opens(self) -> array[float]:
        return self._columns[1][self._start : self._stop]

    @property
    def highs(self) -> array[float]:
        return self._columns[2][self._start : self._stop]

    @property
    def lows(self) -> array[float]:
        return self._columns[3][self._start : self._stop]

    @property
    def closes(self) -> array[float]:
        return self._columns[4][self._start : self._stop]

    @property
    def volumes(self) -> array[float]:
        return self._columns[5][self._start : self._stop]

    def __len__(self) -> int:
        return self._stop - self._start

    @overload
    def __getitem__(self, index: int) -> Candle: ...
    @overload
    def __getitem__(self, index: slice) -> Candles: ...
    def __getitem__(self, index: int | slice) -> Candle | Candles:
        if isinstance(index, slice):
            start, stop, stride = index.indices(len(self))
            if stride != 1:
                return Candles.of([self[i] for i in range(start, stop, stride)])
            return Candles(self._columns, self._start + start, self._start + max(start, stop))
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(f"candle {index} of {len(self)}")
        times, opens, highs, lows, closes, volumes = self._columns
        i = self._start + index
        return Candle(times[i], opens[i], highs[i], lows[i], closes[i], volumes[i])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candles) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # equal by content, and the content may be large

    def __repr__(self) -> str:
        span = f" {self[0].timestamp}..{self[-1].timestamp}" if len(self) else ""
        return f"<Candles {len(self)}{span}>"

    def span(self, start: int, stop: int) -> Candles:
        """The view `self[start:stop]` for indexes known to be in range, in half the time."""
        return Candles(self._columns, self._start + start, self._start + stop)

    def priced(self) -> Iterator[tuple[float, float, float, float]]:
        """High, low, close and volume of each: what makes a price."""
        _, _, highs, lows, closes, volumes = self._columns
        start, stop = self._start, self._stop
        return zip(highs[start:stop], lows[start:stop], closes[start:stop], volumes[start:stop], strict=True)

    def first_at(self, time: int) -> int:
        """Index of the first candle that opened at `time` (epoch ms) or later; `len` when there is none."""
        return bisect_left(self._columns[0], time, self._start, self._stop) - self._start


EMPTY = Candles.of(())


def vwap(candles: Candles) -> float | None:
    """Volume weighted average of the typical price (H+L+C)/3; the mean close at zero volume; None of no candles.

    The order of the additions is the reference's, so the result is the same to the last bit.
    """
    weighted = 0.0
    total = 0.0
    for high, low, close, volume in candles.priced():
        weighted += (high + low + close) / 3 * volume
        total += volume
    if total == 0.0:
        return mean_close(candles) if len(candles) else None
    return weighted / total


def mean_close(candles: Candles) -> float:
    """The mean of the closes, in price units."""
    total = 0.0
    for close in candles.closes:
        total += close
    return total / len(candles)
