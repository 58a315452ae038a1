"""What is known of one symbol's candles on an exchange that is asked for them piece by piece.

Law: inside the known span every candle that the exchange has is here, so a minute without one is a quiet minute and is
not asked about again. What lies outside is not known, whatever was seen of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from .candle import Candle, Candles, value_fault
from .history import Columns, columns_of, extend, no_columns

SPARE = 64
"""Candles kept beyond those asked for, so that the oldest are dropped in batches."""


class Tape:
    """Closed candles of one length, oldest first, and the span [start, stop) in which none is missing (epoch ms)."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.start = self.stop = 0
        self._columns = no_columns()
        self._keep = SPARE

    def __len__(self) -> int:
        return len(self._columns[0])

    @property
    def newest(self) -> Candle | None:
        """The newest candle of the known span."""
        candles = Candles(self._columns)
        return candles[-1] if len(candles) else None

    def missing(self, since: int, until: int) -> tuple[int, int] | None:
        """A span to ask for, so that everything in [since, until) is known; None when it is.

        What came after the known span is asked for first. A span that does not touch the known one takes its place:
        the time in between was not asked for by anybody.
        """
        if since >= until:
            return None
        if since > self.stop or until < self.start or self.start == self.stop:
            return since, until
        if until > self.stop:
            return self.stop, until
        return (since, self.start) if since < self.start else None

    def add(self, rows: Iterable[Candle], since: int, stop: int) -> None:
        """From now on [since, stop) is known and holds `rows` (ascending, sound); those outside it are left out."""
        if stop <= since:
            return
        fresh = columns_of(Candles.of(row for row in rows if since <= row.timestamp < stop))
        if since == self.stop:
            extend(self._columns, fresh)  # views that were handed out keep what they showed
        elif self.start == self.stop or since > self.stop or stop < self.start:
            self._columns, self.start = fresh, since
            self.stop = stop
        else:
            self._columns = self._with(fresh, since, stop)
            self.start = min(self.start, since)
        self.stop = max(self.stop, stop)
        self._trim()

    def window(self, until: int, limit: int) -> Candles:
        """The newest `limit` known candles that had closed at `until`, oldest first."""
        self._keep = max(self._keep, limit + SPARE)
        times = self._columns[0]
        stop = bisect_left(times, until - self.length + 1)
        return Candles(self._columns, max(0, stop - limit), stop)

    def _with(self, fresh: Columns, since: int, stop: int) -> Columns:
        """The candles with `fresh` in the place of those in [since, stop)."""
        known = Candles(self._columns)
        merged = columns_of(known[: known.first_at(since)])
        extend(merged, fresh)
        extend(merged, columns_of(known[known.first_at(stop) :]))
        return merged

    def _trim(self) -> None:
        if len(self) > 2 * self._keep:
            candles = Candles(self._columns)[-self._keep :]
            self._columns, self.start = columns_of(candles), candles[0].timestamp


def ascending(rows: Iterable[Sequence[float]], length: int) -> tuple[list[Candle], list[str]]:
    """The sound candles among an exchange's rows, oldest first and each once, and what is wrong with the others."""
    found: dict[int, Candle] = {}
    faults: list[str] = []
    for row in rows:
        candle = candle_of(row)
        if isinstance(candle, str):
            faults.append(candle)
        elif candle.timestamp % length:
            faults.append(f"a candle at {candle.timestamp}, which is no multiple of {length} ms")
        elif fault := value_fault(candle):
            faults.append(f"the candle at {candle.timestamp}: {fault[1]}")
        elif found.setdefault(candle.timestamp, candle) != candle:
            faults.append(f"two different candles at {candle.timestamp}")
    return [found[time] for time in sorted(found)], faults


def candle_of(row: Sequence[float]) -> Candle | str:
    """The candle in a row of ccxt's (time, open, high, low, close, volume), or what it is instead."""
    try:
        time, *values = row
        if len(values) != 5 or isinstance(time, bool) or time != int(time):
            raise ValueError
        return Candle(int(time), *map(float, values))
    except (TypeError, ValueError, OverflowError):
        return f"{str(row)[:100]} is no candle"
