"""Recorded 1m candles in memory: windows of any timeframe, and the VWAP of every minute at once."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from math import fsum

from .candle import MINUTE_MS, TIMEFRAMES, VWAP_MINUTES, VWAP_MS, Candles, mean_close
from .errors import StrategyError

Columns = tuple["array[int]", "array[float]", "array[float]", "array[float]", "array[float]", "array[float]"]
"""Opening times, opens, highs, lows, closes, volumes; quoted because `array` takes no parameters before Python 3.12."""

_CHUNK = 1024
"""Candles per round of `vwaps`: few enough that a round's floats stay in the processor's cache."""


def columns_of(candles: Candles) -> Columns:
    """A copy of all six columns, in the order of a `Candle`'s fields."""
    return (candles.timestamps, candles.opens, candles.highs, candles.lows, candles.closes, candles.volumes)


def no_columns() -> Columns:
    """Six empty columns to `extend`."""
    return (array("q"), array("d"), array("d"), array("d"), array("d"), array("d"))


def extend(columns: Columns, more: Columns) -> None:
    """Append `more` to `columns`, in place. Views of them (`Candles`) keep what they showed."""
    columns[0].extend(more[0])
    for column, values in zip(columns[1:], more[1:], strict=True):
        column.extend(values)


def timeframe_ms(timeframe: str) -> int:
    """Length of a candle of `timeframe` in milliseconds. Raises StrategyError for one that livekit does not know."""
    try:
        return TIMEFRAMES[timeframe]
    except (KeyError, TypeError):
        from difflib import get_close_matches  # only for those who erred

        near = get_close_matches(str(timeframe), TIMEFRAMES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise StrategyError(f"unknown timeframe {timeframe!r}; expected one of {' '.join(TIMEFRAMES)}{hint}") from None


class History:
    """Recorded 1m candles of one symbol. `candles` must be 1m candles, strictly ascending; gaps are allowed."""

    __slots__ = ("_columns", "_of_timeframe")

    def __init__(self, candles: Candles) -> None:
        self._columns = columns_of(candles)
        self._of_timeframe: dict[str, tuple[Columns, int]] = {"1m": (self._columns, MINUTE_MS)}

    def __len__(self) -> int:
        return len(self._columns[0])

    @property
    def candles(self) -> Candles:
        """All of them; a view."""
        return Candles(self._columns)

    @property
    def first(self) -> int:
        """Opening time of the oldest 1m candle. IndexError when there is none."""
        return self._columns[0][0]

    @property
    def last(self) -> int:
        """Opening time of the newest 1m candle. IndexError when there is none."""
        return self._columns[0][-1]

    def window(self, timeframe: str, until: int, limit: int) -> Candles:
        """The newest `limit` candles of `timeframe` that had closed at `until` (epoch ms), oldest first; a view.

        A candle has closed when its whole span has passed, whether or not there was a trade at its end.
        """
        known = self._of_timeframe.get(timeframe)
        columns, length = known if known is not None else self._build(timeframe)
        stop = closed(columns[0], until, length)
        return Candles(columns, max(0, stop - max(0, limit)), stop)

    def _build(self, timeframe: str) -> tuple[Columns, int]:
        built = columns_of(resample(self.candles, timeframe)), timeframe_ms(timeframe)
        self._of_timeframe[timeframe] = built
        return built


def closed(times: array[int], until: int, length: int) -> int:
    """How many candles of `length` had closed at `until`."""
    newest = until - length
    if not times or newest < times[0]:
        return 0
    # Where none is missing the place can be computed; a missing one only moves the others towards the beginning.
    most = min((newest - times[0]) // length + 1, len(times))
    return most if times[most - 1] <= newest else bisect_right(times, newest, 0, most)


def resample(candles: Candles, timeframe: str) -> Candles:
    """Candles of `timeframe`, aligned to the epoch, from ascending 1m candles.

    There is a candle for each span that holds at least one; the newest may span time that has not passed yet. Volumes
    are summed exactly and rounded once, so the result is the same in every version of Python.
    """
    length = timeframe_ms(timeframe)
    if length == MINUTE_MS:
        return candles
    times, opens, highs, lows, closes, volumes = columns_of(candles)
    starts, stops = _spans(times, length)
    pairs = list(zip(starts, stops, strict=True))
    return Candles(
        (
            array("q", [times[i] - times[i] % length for i in starts]),
            array("d", [opens[i] for i in starts]),
            array("d", [max(highs[i:j]) for i, j in pairs]),
            array("d", [min(lows[i:j]) for i, j in pairs]),
            array("d", [closes[j - 1] for j in stops]),
            array("d", [fsum(volumes[i:j]) for i, j in pairs]),
        )
    )


def _spans(times: array[int], length: int) -> tuple[list[int], list[int]]:
    """Where each candle of `length` begins and ends in `times`."""
    most = length // MINUTE_MS
    count = len(times)
    starts: list[int] = []
    start = 0
    while start < count:
        starts.append(start)
        time = times[start]
        end = time - time % length + length
        start = bisect_left(times, end, start + 1, min(start + most, count))
    return starts, [*starts[1:], count][: len(starts)]


def vwaps(candles: Candles) -> array[float]:
    """For each of these ascending 1m candles the VWAP at its close; equal to `vwap()` of its window to the last bit.

    The window of a candle are those that opened in the five minutes that end with it. A missing minute counts as one
    without weight: adding 0.0 to a sum changes no bit of it.
    """
    columns = columns_of(candles)
    times, _, highs, lows, closes, volumes = columns
    prices: list[float] = []
    quiet: list[int] = []
    result = array("d")
    for start, stop in _chunks(times):
        before = _before(columns, start)
        rows = zip(highs[start:stop], lows[start:stop], closes[start:stop], volumes[start:stop], strict=True)
        _slide(rows, before, prices, quiet)
        result.extend(array("d", prices))
        for index in quiet:
            result[start + index] = mean_close(candles[_oldest(times, start + index) : start + index + 1])
        prices.clear()
        quiet.clear()
    return result


def _chunks(times: array[int]) -> Iterator[tuple[int, int]]:
    """Cut into stretches of at most `_CHUNK` candles without a missing minute."""
    start, count = 0, len(times)
    while start < count:
        stop = min(start + _CHUNK, count)
        first = times[start]
        if times[stop - 1] - first != (stop - 1 - start) * MINUTE_MS:
            # Ascending whole minutes lie on the line through `first` up to the first gap, and above it from there on.
            stop = start + bisect_right(range(start, stop), 0, key=lambda i: times[i] - first - (i - start) * MINUTE_MS)
        yield start, stop
        start = stop


def _oldest(times: array[int], index: int) -> int:
    """The oldest candle in the window of the one at `index`."""
    return bisect_right(times, times[index] - VWAP_MS, max(0, index - VWAP_MINUTES + 1), index)


def _before(columns: Columns, start: int) -> list[float]:
    """Weighted price and volume of the four minutes before the candle at `start`, oldest first; 0.0 where missing."""
    times, _, highs, lows, closes, volumes = columns
    slots = [0.0] * (2 * (VWAP_MINUTES - 1))
    for i in range(_oldest(times, start), start):
        slot = 2 * (VWAP_MINUTES - 1 - (times[start] - times[i]) // MINUTE_MS)
        slots[slot] = (highs[i] + lows[i] + closes[i]) / 3 * volumes[i]
        slots[slot + 1] = volumes[i]
    return slots


def _slide(
    rows: Iterable[tuple[float, float, float, float]], before: list[float], prices: list[float], quiet: list[int]
) -> None:
    """Append the VWAP after each row to `prices`, and to `quiet` the places where there was no volume."""
    w1, v1, w2, v2, w3, v3, w4, v4 = before
    append = prices.append
    for high, low, close, volume in rows:
        weighted = (high + low + close) / 3.0 * volume  # an int would be converted each time
        try:
            append((w1 + w2 + w3 + w4 + weighted) / (v1 + v2 + v3 + v4 + volume))
        except ZeroDivisionError:
            quiet.append(len(prices))
            append(0.0)
        w1, w2 = w2, w3  # in pairs: four at once would build a tuple
        w3, w4 = w4, weighted
        v1, v2 = v2, v3
        v3, v4 = v4, volume
