"""Downloaded 1m candles on disk: a CSV file for each month, replaced in one move, so that a file is never half one.

data/candles/EXCHANGE/SYMBOL/2026-01.csv has the columns that `--candles` reads, and nothing in it is livekit's own.
Law: what takes a file's place is on the disk before it does, and only who has `claimed` a store writes to it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ..core.candle import EMPTY, MINUTE_MS, Candle, Candles
from ..core.errors import Busy, CannotCreate
from ..core.history import columns_of, extend, no_columns
from .csv_file import COLUMNS, read_candles
from .disk import why_not

Span = tuple[int, int]
"""From one opening time up to, and not with, another; epoch ms."""


class CandleStore:
    """The candles of one symbol of one exchange below a data folder."""

    def __init__(self, data: Path, exchange: str, symbol: str) -> None:
        self.symbol = symbol
        self.folder = data / "candles" / exchange / symbol

    def read(self, since: int, until: int) -> Candles:
        """What is there of [since, until), oldest first. Raises ConfigError for a file that is not as it should be."""
        columns = no_columns()
        for month, _ in months(since, until):
            extend(columns, columns_of(self._month(month)))
        found = Candles(columns)
        return found[found.first_at(since) : found.first_at(until)]

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Nobody else writes here meanwhile; a kill frees it. Raises Busy and CannotCreate."""
        path = self.folder / ".lock"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = path.open("a+", encoding="ascii")
        except OSError as error:
            raise CannotCreate(f"cannot write {path}: {why_not(error, path)}") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read(20).strip() or "another one"
                raise Busy(f"{self.folder}: process {holder} is downloading there already") from None
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    def everything(self) -> Candles:
        """All that is there."""
        columns = no_columns()
        for path in sorted(self.folder.glob("*.csv")):
            extend(columns, columns_of(read_candles(path)))
        return Candles(columns)

    def add(self, candles: Candles) -> None:
        """Keep `candles` (ascending); those of a minute that is there already take its place. Raises CannotCreate."""
        if not len(candles):
            return
        first, last = candles[0].timestamp, candles[-1].timestamp
        for month, following in months(first, last + MINUTE_MS):
            fresh = candles[candles.first_at(month) : candles.first_at(following)]
            self._replace(month, _merged(self._month(month), fresh))

    def newest(self, since: int, until: int) -> int | None:
        """Opening time of the newest candle of [since, until) that is there."""
        found = self.read(since, until)
        return found[-1].timestamp if len(found) else None

    def _month(self, month: int) -> Candles:
        path = self._path(month)
        return read_candles(path) if path.exists() else EMPTY

    def _replace(self, month: int, candles: Candles) -> None:
        path = self._path(month)
        draft = path.with_suffix(".new")
        rows = (",".join(map(repr, candle)) for candle in candles)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("w", encoding="utf-8") as file:
                file.write("\n".join((",".join(COLUMNS), *rows, "")))
                file.flush()
                os.fsync(file.fileno())  # a power cut must not leave an empty file in the place of a month
            draft.replace(path)
        except OSError as error:
            raise CannotCreate(f"cannot write {path}: {why_not(error, path)}") from error

    def _path(self, month: int) -> Path:
        return self.folder / f"{datetime.fromtimestamp(month / 1000, UTC):%Y-%m}.csv"


def months(since: int, until: int) -> Iterator[Span]:
    """The months that [since, until) touches, each from its first minute to that of the next."""
    begun = datetime.fromtimestamp(since / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while (start := round(begun.timestamp()) * 1000) < until:
        year, month = divmod(begun.year * 12 + begun.month, 12)
        begun = begun.replace(year=year, month=month + 1)
        yield start, round(begun.timestamp()) * 1000


def gaps(candles: Candles, since: int, until: int) -> list[Span]:
    """The spans of [since, until) without a candle."""
    found: list[Span] = []
    expected = since
    for time in candles.timestamps:
        if time > expected:
            found.append((expected, time))
        expected = time + MINUTE_MS
    if expected < until:
        found.append((expected, until))
    return found


def _merged(before: Candles, fresh: Candles) -> Candles:
    if not len(before) or before[-1].timestamp < fresh[0].timestamp:
        columns = columns_of(before)
        extend(columns, columns_of(fresh))
        return Candles(columns)
    by_time: dict[int, Candle] = {candle.timestamp: candle for candle in (*before, *fresh)}
    return Candles.of(by_time[time] for time in sorted(by_time))
