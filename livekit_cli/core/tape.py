"""What is known of one symbol's candles on an exchange that is asked for them piece by piece.

Law: inside the known span every candle that the exchange has is here, so a minute without one is a quiet minute and is
not asked about again. What lies outside is not known, whatever was seen of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from .candle import Candle, Candles
from .history import Columns, columns_of, extend, no_columns

SPARE = 64
"""Candles kept beyond those asked for, so that the oldest are dropped in batches."""

REMEMBERED = 128
"""So many times the largest number asked for is remembered: more than a strategy asks within the longest interval, and
the thousands that were once caught up with are let go."""


class Tape:
    """Closed candles of one length, oldest first, and the span [start, stop) in which none is missing (epoch ms)."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.start = self.stop = 0
        self._columns = no_columns()
        self._keep = self._lately = SPARE
        self._asked = 0

    def __len__(self) -> int:
        return len(self._columns[0])

    @property
    def oldest(self) -> int:
        """Opening time of the oldest known candle. IndexError when there is none."""
        return self._columns[0][0]

    @property
    def newest(self) -> int:
        """Opening time of the newest one. IndexError when there is none."""
        return self._columns[0][-1]

    @property
    def close(self) -> float:
        """The newest one's close. IndexError when there is none."""
        return self._columns[4][-1]

    def keep(self, limit: int) -> None:
        """Do not drop the newest `limit` candles: they are about to be asked for."""
        self._asked += 1
        if self._asked % REMEMBERED == 0:
            self._keep, self._lately = self._lately, SPARE
        self._lately = max(self._lately, limit + SPARE)
        self._keep = max(self._keep, self._lately)

    def covers(self, since: int, until: int) -> bool:
        """Whether everything in [since, until) is known."""
        return since >= until or self.start <= since < until <= self.stop

    def missing(self, since: int, until: int, reach: int) -> tuple[int, int] | None:
        """The span to ask for next, at most `reach` long, so that all of [since, until) becomes known; None when it is.

        The newest come first, and then what lies before the known span, from there backwards: each answer touches
        candles that are known, which says that it is one. A known span that is further than `reach` behind is given up:
        the time in between would be asked for page by page, and `until` last.
        """
        if self.covers(since, until):
            return None
        if self.start == self.stop or self.stop < until - reach or until < self.start:
            return max(since, until - reach), until
        if self.stop < until:
            return self.stop, until
        return max(since, self.start - reach), self.start

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

    def is_dense(self, count: int) -> bool:
        """Whether none of the newest `count` known candles, if there are so many, is missing."""
        times = self._columns[0][-count:]
        return len(times) > 0 and self.stop - times[0] == len(times) * self.length

    def is_busy(self, count: int) -> bool:
        """Whether there was trade in most of the newest `count` known candles."""
        volumes = self._columns[5][-count:]
        return 2 * sum(volume > 0 for volume in volumes) > len(volumes)

    def forget(self, since: int) -> None:
        """What opened at `since` or later is not known any more. Views that were handed out keep what they showed."""
        if self.start < since < self.stop:
            known = Candles(self._columns)
            self._columns, self.stop = columns_of(known[: known.first_at(since)]), since

    def window(self, until: int, limit: int) -> Candles:
        """The newest `limit` known candles that had closed at `until`, oldest first."""
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
