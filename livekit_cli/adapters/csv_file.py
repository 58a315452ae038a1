"""Recorded 1m candles from a CSV file: read fast, checked strictly, and offered as a Feed.

A file is read in bulk. Only when something in it is not as it should be is it read once more, row by row, to say where.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterator, Sequence
from io import BytesIO, TextIOWrapper
from itertools import islice, repeat
from math import inf, isfinite
from operator import ge, le, lt, mod, sub
from pathlib import Path
from typing import NamedTuple

from ..core.candle import MINUTE_MS, Candle, Candles, Fault, value_fault
from ..core.errors import ConfigError, FeedError
from ..core.history import Columns, History, extend, no_columns

COLUMNS = Candle._fields
"""What the header must name, in any order and case; further columns are ignored."""

_CHUNK = 512
"""Rows looked at together: enough for speed, few enough to stay in the processor's cache."""

_LATEST = 100_000_000_000_000
"""The year 5138; a larger number of milliseconds is a time in a smaller unit."""

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_WHOLE = re.compile(r"\s*[+-]?\d{1,20}\s*", re.ASCII)


class CsvFeed:
    """A Feed of the recorded candles of one symbol."""

    def __init__(self, symbol: str, history: History) -> None:
        self.history = history
        self._symbol = symbol

    async def candles(
        self,
        symbol: str,
        timeframe: str,
        until: int,
        limit: int,
        *,
        urgent: bool = False,  # noqa: ARG002  nobody waits here
    ) -> Candles:
        """The newest `limit` candles of `timeframe` that had closed at `until`, as every Feed gives them."""
        if symbol != self._symbol:
            raise FeedError(f"the recorded candles are those of {self._symbol}; there are none of {symbol}")
        return self.history.window(timeframe, until, limit)


class _File(NamedTuple):
    path: Path
    raw: bytes
    width: int  # fields in the header
    places: tuple[int, ...]  # of COLUMNS in a row

    def rows(self) -> Iterator[list[str]]:
        """The rows below the header; blank lines are left out."""
        rows = _reader(self.raw)
        next(rows)
        return filter(None, rows)


def read_candles(path: Path) -> Candles:
    """The candles of the file at `path`. Raises ConfigError that says where the file is wrong, and how."""
    raw = _bytes_of(path)
    width, places = _header(path, raw)
    file = _File(path, raw, width, places)
    columns = _in_bulk(file)
    candles = _row_by_row(file) if columns is None else Candles(columns)
    _check_timeframe(path, candles.timestamps)
    return candles


def _check_timeframe(path: Path, times: array[int]) -> None:
    """Whole minutes that never follow each other are candles of something longer."""
    if len(times) < 3 or times[-1] - times[0] < 2 * (len(times) - 1) * MINUTE_MS:
        return
    shortest = min(map(sub, times[1:], times)) // MINUTE_MS
    if shortest > 1:
        raise ConfigError(f"{path}: the candles are {shortest} minutes apart or more; expected 1m candles")


def _bytes_of(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; expected a CSV file of 1m candles{_near(path)}") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a directory; expected a CSV file of 1m candles") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a zero byte in the name
        raise ConfigError(f"{str(path)!r} is no file name: {error}") from None
    _check_text(path, raw)
    return raw


def _near(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:  # the folder is missing too: then nothing is near
        return ""
    from difflib import get_close_matches  # only for those who erred

    near = get_close_matches(path.name, names, n=1)
    return f"; did you mean {path.parent / near[0]}?" if near else ""


def _check_text(path: Path, raw: bytes) -> None:
    if not raw.removeprefix(b"\xef\xbb\xbf").strip():
        raise ConfigError(f"{path}: is empty; expected a header and 1m candles")
    zero = raw.find(b"\0")
    if zero >= 0:
        raise ConfigError(f"{_position(path, raw, zero)}: a zero byte; expected CSV text in UTF-8, not a binary file")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        where = _position(path, raw, error.start)
        raise ConfigError(f"{where}: byte {raw[error.start]:#04x} is not UTF-8; expected CSV text in UTF-8") from None


def _position(path: Path, raw: bytes, index: int) -> str:
    line = raw.count(b"\n", 0, index) + 1
    return f"{path}:{line}:{index - raw.rfind(bytes([10]), 0, index)}"


def _reader(raw: bytes) -> Iterator[list[str]]:
    return csv.reader(TextIOWrapper(BytesIO(raw), encoding="utf-8-sig", newline=""), strict=True)


def _header(path: Path, raw: bytes) -> tuple[int, tuple[int, ...]]:
    """Number of fields, and the places of COLUMNS among them."""
    try:
        header = next(_reader(raw))
    except csv.Error as error:
        raise ConfigError(f"{path}:1: {error}; expected a header naming {', '.join(COLUMNS)}") from None
    names = [name.strip().lower() for name in header]
    for name in COLUMNS:
        if names.count(name) != 1:
            raise ConfigError(f"{path}:1: {_header_fault(name, names)}")
    return len(names), tuple(names.index(name) for name in COLUMNS)


def _header_fault(name: str, names: list[str]) -> str:
    expected = f"expected a header naming {', '.join(COLUMNS)}"
    if name in names:
        return f"the header names {name} {names.count(name)} times; {expected}"
    if all(_NUMBER.fullmatch(text) for text in names):
        return f"there is no header, the file begins with numbers; {expected}"
    if len(names) == 1:
        apart = next((mark for mark in (";", "\t", "|") if mark in names[0]), None)
        expected += f"; the columns look separated by {apart!r}, expected ','" if apart else ""
    from difflib import get_close_matches  # only for those who erred

    near = get_close_matches(name, [other for other in names if other not in COLUMNS], n=1, cutoff=0.5)
    hint = f"; is it {near[0]!r}?" if near else ""
    return f"no column {name} among {', '.join(names)[:200]!r}; {expected}{hint}"


def _in_bulk(file: _File) -> Columns | None:
    """All rows as columns; None when anything in them needs a closer look."""
    if not _plain(file.raw):
        return None
    columns = no_columns()
    rows = file.rows()
    newest = -1
    try:
        while chunk := list(islice(rows, _CHUNK)):
            parsed = _parsed(file, chunk)
            if parsed[0][0] <= newest or not _sound(parsed):
                return None
            extend(columns, parsed)
            newest = columns[0][-1]
    except (ValueError, OverflowError, csv.Error):
        return None
    return columns if columns[0] else None


def _plain(raw: bytes) -> bool:
    """Whether Python's int() and float() read nothing here that other programs would not."""
    body = raw[raw.find(b"\n") + 1 :]
    return body.isascii() and b"_" not in body


def _parsed(file: _File, chunk: list[list[str]]) -> Columns:
    fields = list(zip(*chunk, strict=True))
    if len(fields) != file.width:
        raise ValueError("not as wide as the header")
    times, opens, highs, lows, closes, volumes = (fields[place] for place in file.places)
    return (
        array("q", map(int, times)),
        array("d", map(float, opens)),
        array("d", map(float, highs)),
        array("d", map(float, lows)),
        array("d", map(float, closes)),
        array("d", map(float, volumes)),
    )


def _sound(columns: Columns) -> bool:
    """Whether every row keeps the rules. Nothing compares with a NaN, so one fails whatever it meets."""
    times, opens, highs, lows, closes, volumes = columns
    return (
        0 <= times[0] <= times[-1] <= _LATEST
        and _ascending_minutes(times)
        and all(map(ge, highs, opens))
        and all(map(ge, highs, closes))
        and all(map(le, lows, opens))
        and all(map(le, lows, closes))
        and min(lows) > 0
        and max(highs) < inf
        and all(map(isfinite, volumes))
        and min(volumes) >= 0
    )


def _ascending_minutes(times: array[int]) -> bool:
    first, last = times[0], times[-1]
    if last - first == (len(times) - 1) * MINUTE_MS:  # no gap, so it can only be this sequence
        return first % MINUTE_MS == 0 and times == array("q", range(first, last + 1, MINUTE_MS))
    return all(map(lt, times, times[1:])) and not any(map(mod, times, repeat(MINUTE_MS)))


def _row_by_row(file: _File) -> Candles:
    """The same as `_in_bulk`, several times slower; raises ConfigError at the first fault."""
    candles: list[Candle] = []
    line = 1
    reader = _reader(file.raw)
    try:
        next(reader)
        for fields in reader:
            line = reader.line_num  # type: ignore[attr-defined]
            if fields:
                candles.append(_candle(file, line, fields, candles[-1] if candles else None))
    except csv.Error as error:
        raise ConfigError(f"{file.path}:{line + 1}: {error}; expected a row of CSV") from None
    if not candles:
        raise ConfigError(f"{file.path}: a header and no candles; expected at least one row")
    return Candles.of(candles)


def _candle(file: _File, line: int, fields: list[str], before: Candle | None) -> Candle:
    if len(fields) != file.width:
        raise ConfigError(f"{file.path}:{line}: {len(fields)} fields; expected {file.width}, as in the header")
    texts = [fields[place] for place in file.places]
    fault = _text_fault(texts)
    if fault is None:
        candle = Candle(int(texts[0]), *map(float, texts[1:]))
        fault = _time_fault(candle.timestamp, before) or value_fault(candle)
    if fault is not None:
        name, reason = fault
        place = file.places[COLUMNS.index(name)]
        raise ConfigError(f"{file.path}:{line}:{_character(file.raw, line, place)}: {reason}")
    return candle


def _text_fault(texts: Sequence[str]) -> Fault | None:
    for name, text in zip(COLUMNS, texts, strict=True):
        if name == "timestamp" and not _WHOLE.fullmatch(text):
            return name, f"timestamp is {text[:40]!r}; expected whole epoch milliseconds{_time_hint(text)}"
        if not _NUMBER.fullmatch(text):
            return name, f"{name} is {text[:40]!r}; expected a finite number"
    return None


def _time_hint(text: str) -> str:
    if _NUMBER.fullmatch(text):
        return "; looks rounded by a spreadsheet" if "e" in text.lower() else "; looks like seconds with decimals"
    return "; looks like a date" if re.search(r"\d[-/:.]\d", text) else ""


def _time_fault(time: int, before: Candle | None) -> Fault | None:
    if time > _LATEST:
        unit = "nanoseconds" if time > _LATEST * 1000 else "microseconds"
        return "timestamp", f"timestamp is {time}; looks like {unit}; expected milliseconds"
    if time < 0:
        return "timestamp", f"timestamp is {time}; expected epoch milliseconds, not negative"
    if time % MINUTE_MS:
        hint = "; looks like seconds; expected milliseconds" if 10**8 <= time < 10**11 else ""
        return "timestamp", f"timestamp {time} is not a whole minute{hint or '; expected the opening of a 1m candle'}"
    if before is not None and time == before.timestamp:
        return "timestamp", f"timestamp {time} is there twice; expected one row for each minute"
    if before is not None and time < before.timestamp:
        return "timestamp", f"timestamp {time} comes after {before.timestamp}; expected rows sorted, the oldest first"
    return None


def _character(raw: bytes, line: int, place: int) -> int:
    """Where the field at `place` begins in a line, counted in characters from 1."""
    text = re.split("\r\n|\r|\n", raw.decode("utf-8-sig"))[line - 1]
    quoted, fields = False, 0
    for index, mark in enumerate(text):
        if fields == place:
            return index + 1
        quoted ^= mark == '"'
        fields += mark == "," and not quoted
    return len(text) + 1
