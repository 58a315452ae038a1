"""The demo market: an endless exchange whose every price is a pure function of symbol, seed and minute.

Nothing depends on what was asked before, so a restart, another process or another order of asking sees the same
market. It opens on 2015-01-01.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import coroutine
from typing import Generic, TypeVar

from ..core.candle import EMPTY, MINUTE_MS, Candles
from ..core.history import Columns, columns_of, extend, no_columns, resample, timeframe_ms
from .demo_pairs import BLOCK, Pair, pair_of
from .demo_prices import build_block

BEGIN = 1_420_070_400_000
"""Opening time of the first demo candle: 2015-01-01."""

_PIECE_MS = 32 * BLOCK * MINUTE_MS
"""Time built before others get their turn on the loop: 5 ms or so."""

_KEPT = 10_000
"""Candles of one series that are kept for the next request; a wider one is built anew each time."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Recent(dict[_Key, _Value], Generic[_Key, _Value]):
    """A dict that forgets its oldest entry beyond `size`."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def __setitem__(self, key: _Key, value: _Value) -> None:
        super().__setitem__(key, value)
        if len(self) > self._size:
            del self[next(iter(self))]


class DemoMarket:
    """A Feed of made-up candles for any symbol; each `seed` is another market."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._pairs: Recent[str, Pair] = Recent(1024)
        self._newest: Recent[bytes, tuple[int, Columns]] = Recent(1024)  # of each pair the block asked for last
        self._series: Recent[tuple[bytes, str], Series] = Recent(1024)

    def between(self, symbol: str, since: int, until: int) -> Candles:
        """All 1m candles that opened in [since, until), epoch milliseconds."""
        pair = self._pair(symbol)
        first = -(-max(since, BEGIN) // MINUTE_MS)
        stop = -(-until // MINUTE_MS)
        if stop <= first:
            return EMPTY
        oldest, newest = (first - pair.phase) // BLOCK, (stop - 1 - pair.phase) // BLOCK
        start = oldest * BLOCK + pair.phase
        return Candles(self._blocks(pair, oldest, newest), first - start, stop - start)

    async def candles(
        self,
        symbol: str,
        timeframe: str,
        until: int,
        limit: int,
        *,
        urgent: bool = False,  # noqa: ARG002
    ) -> Candles:
        """As every Feed. What was built is kept, so a new minute costs one candle, and a long first request lets others
        run in between."""
        length = timeframe_ms(timeframe)
        stop = until // length * length
        start = max(stop - max(0, limit) * length, BEGIN)
        if stop <= start:
            return EMPTY
        key = (self._pair(symbol).name, timeframe)
        series = self._series.get(key)
        if series is None or not series.start <= start <= series.end:
            series = self._series[key] = Series(start, length)
        while series.end < stop:
            until = min(series.end + series.piece, stop)
            series.append(resample(self.between(symbol, series.end, until), timeframe), until)
            if until < stop:
                await _others()
        self._series[key] = series.trimmed(limit)
        return series.between(start, stop)

    def _pair(self, symbol: str) -> Pair:
        pair = self._pairs.get(symbol)
        if pair is None:
            pair = self._pairs[symbol] = pair_of(symbol, self._seed)
        return pair

    def _blocks(self, pair: Pair, oldest: int, newest: int) -> Columns:
        if oldest == newest:
            return self._newest_block(pair, newest)
        columns = no_columns()
        for index in range(oldest, newest):
            extend(columns, build_block(pair, index))
        extend(columns, self._newest_block(pair, newest))
        return columns

    def _newest_block(self, pair: Pair, index: int) -> Columns:
        known = self._newest.get(pair.name)
        if known is None or known[0] != index:
            known = self._newest[pair.name] = (index, build_block(pair, index))
        return known[1]


class Series:
    """The candles of one timeframe from `start` to `end`. Grows at its end; a view of it never changes."""

    __slots__ = ("_columns", "_length", "_widest", "end", "piece", "start")

    def __init__(self, start: int, length: int) -> None:
        self.start = self.end = start
        self.piece = max(length, _PIECE_MS // length * length)
        self._length = length
        self._widest = 0
        self._columns = no_columns()

    def append(self, candles: Candles, end: int) -> None:
        extend(self._columns, columns_of(candles))
        self.end = end

    def between(self, start: int, stop: int) -> Candles:
        """The candles that opened in [start, stop)."""
        return Candles(self._columns, (start - self.start) // self._length, (stop - self.start) // self._length)

    def trimmed(self, limit: int) -> Series:
        """Itself, or a copy without what nobody asks for any more. The widest request so far is kept."""
        self._widest = max(self._widest, min(limit, _KEPT))
        surplus = (self.end - self.start) // self._length - self._widest
        if surplus <= self._widest + BLOCK:
            return self
        copy = Series(self.start + surplus * self._length, self._length)
        copy.append(self.between(copy.start, self.end), self.end)
        copy._widest = self._widest
        return copy


@coroutine
def _others() -> Iterator[None]:
    """Let the other tasks of the event loop run first."""
    yield
