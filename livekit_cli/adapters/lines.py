"""The lines of a journal: how one is written, and how a file of them is told sound, torn or damaged.

A line is `{"sum":S,"seq":N,"prev":P,"v":2,...}` and a newline. S is the checksum of the rest of the line; P is the S of
the line before, so lines cannot be dropped, doubled or swapped unseen. The first line of a file is its header and
says whose journal it is; every other line is one step.

Law: a torn tail is what an append leaves that was cut short: the beginning of the very line that had to come next,
without its newline. Everything else that does not check out is damage.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ..core.codec import (
    FORMAT,
    READABLE,
    Undecodable,
    event_from_dict,
    identity_from_dict,
    identity_to_dict,
    step_from_dict,
    step_to_dict,
)
from ..core.event import Event
from ..core.state import Identity, Step

NO_SUM = "0" * 16
"""What the header of a journal's first file names as the line before."""

_PUBLISHES = b'"owed":{"publish":'
"""What is owed stands last in a step, and the step last in a line."""

_SUM_START, _SUM_END, _REST = 8, 24, 26
_HEX = frozenset(b"0123456789abcdef")
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class DamagedLineError(ValueError):
    """Line `number` (from 1) of a file is not what was written there; the text says how that shows."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number


class OtherFormatError(DamagedLineError):
    """The line is as it was written, but by a livekit with another format."""


@dataclass(frozen=True, slots=True)
class Line:
    """One sound line: its number in the sequence of steps, its checksum, and its bytes without the newline."""

    seq: int
    sum: str
    content: bytes

    @property
    def publishes(self) -> bool:
        """Whether the step owes an event; cheap, so that history is read without parsing every line."""
        return _PUBLISHES in self.content

    def event(self) -> Event:
        """The event of a step that `publishes` one, at half the price of `step`. Raises Undecodable and ValueError."""
        start = self.content.index(_PUBLISHES) + len(_PUBLISHES)
        return event_from_dict(json.loads(self.content[start : -len(b"}}}")]))  # the ends of owed, step and line

    def step(self) -> tuple[Step, int]:
        """The step, and the newest event acknowledged when it was written. Raises Undecodable."""
        fields = json.loads(self.content)
        acked = fields.get("acked")
        if type(acked) is not int:
            raise Undecodable(f"acked is {acked!r}, expected a number")
        return step_from_dict(fields.get("step")), acked


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a file: whose journal, which segment of it, and where its sequence goes on."""

    identity: Identity
    segment: int
    seq: int
    prev: str
    sum: str


@dataclass(frozen=True, slots=True)
class Content:
    """A verified file: its header, its steps, the size of the sound part, and the torn tail behind it."""

    header: Header
    lines: tuple[Line, ...]
    size: int
    tail: bytes

    @property
    def seq(self) -> int:
        return self.lines[-1].seq if self.lines else self.header.seq

    @property
    def sum(self) -> str:
        return self.lines[-1].sum if self.lines else self.header.sum


def header_line(identity: Identity, segment: int, seq: int, prev: str) -> Line:
    """The first line of a journal file: whose it is, and where it follows."""
    return _line(seq, prev, {"journal": identity_to_dict(identity), "segment": segment})


def step_line(step: Step, acked: int, seq: int, prev: str) -> Line:
    """The line of one durable step, and of the newest event acknowledged then."""
    return _line(seq, prev, {"acked": acked, "step": step_to_dict(step)})


def verify(content: bytes) -> Content:
    """Check a whole file. Raises DamagedLineError at the first line that is not sound."""
    end = content.rfind(b"\n") + 1
    rows = content[:end].split(b"\n")[:-1]
    if not rows:
        raise DamagedLineError(1, "the header is missing")
    header = _header(rows[0])
    lines = tuple(_chain(rows, header))
    if not lines and header.segment > 1:
        # A rotation syncs header and first step together before the file gets its name: this one was cut later.
        raise DamagedLineError(2, "the step that this file was begun with is missing")
    seq, prev = (lines[-1].seq, lines[-1].sum) if lines else (header.seq, header.sum)
    tail = content[end:]
    if tail and not _is_torn(tail, seq + 1, prev):
        raise DamagedLineError(len(rows) + 1, "the end of the file is not the beginning of a line")
    return Content(header, lines, end, tail)


def sound_part(content: bytes) -> tuple[Content | None, DamagedLineError | None]:
    """What of a file is sound, from its beginning on, and what is wrong behind that; both None never come together."""
    try:
        return verify(content), None
    except DamagedLineError as error:
        if error.number == 1:
            return None, error
        try:
            return verify(content[: offset_of(content, error.number)]), error
        except DamagedLineError:  # of a rotated file only the header is left, which tells no state
            return None, error


def offset_of(content: bytes, number: int) -> int:
    """Where line `number` (from 1) begins."""
    return sum(len(row) + 1 for row in content.split(b"\n")[: number - 1])


def whole_steps(content: bytes) -> list[tuple[int, Step]]:
    """The steps of the lines that are whole, each for itself, whatever stands before them; with their numbers."""
    found = []
    for row in content.split(b"\n"):
        try:
            found_sum = _sound_sum(row, 1)
            line = Line(int(json.loads(row)["seq"]), found_sum, row)
            found.append((line.seq, line.step()[0]))
        except (ValueError, KeyError, TypeError):
            continue  # it is what this looks past
    return found


def newer_format(row: bytes) -> int | None:
    """The format that a line says it is in, when that is newer than ours: its checksum need not be made like ours.

    A line of ours in which nothing but this number was changed is not newer.
    """
    try:
        version = _version(row)
    except RecursionError:
        return None
    ours = (row.replace(b'"v":%d,' % version, b'"v":%d,' % known, 1) for known in READABLE)
    return version if version > FORMAT and not any(map(_is_whole, ours)) else None


def expected_start(seq: int, prev: str) -> str:
    """How the line of step `seq` begins behind its checksum, when the line before it has the checksum `prev`."""
    return (_start(seq, prev) + b'"v":%d,' % FORMAT).decode("ascii")


def _chain(rows: list[bytes], header: Header) -> Iterator[Line]:
    seq, prev = header.seq, header.sum
    for number, row in enumerate(rows[1:], 2):
        seq += 1
        found = _sound_sum(row, number)
        if not row.startswith(_start(seq, prev), _REST):
            raise DamagedLineError(number, f"it does not follow line {number - 1}: a line is missing or misplaced")
        prev = found
        yield Line(seq, found, row)


def _header(row: bytes) -> Header:
    found = _sound_sum(row, 1)
    try:
        fields = json.loads(row)
        header = Header(identity_from_dict(fields["journal"]), fields["segment"], fields["seq"], fields["prev"], found)
    except KeyError as error:
        raise DamagedLineError(1, f"this line is no header: it has no {error.args[0]!r}") from None
    except (ValueError, TypeError) as error:
        raise DamagedLineError(1, f"the header cannot be read: {error}") from None
    return header


def _sound_sum(row: bytes, number: int) -> str:
    stated = row[_SUM_START:_SUM_END].decode("ascii", "replace")
    if row[:_SUM_START] != b'{"sum":"' or row[_SUM_END:_REST] != b'",' or _sum_of(row[_REST:]) != stated:
        raise DamagedLineError(number, "its checksum does not match its content")
    version = _version(row)
    if version not in READABLE:
        raise OtherFormatError(number, f"it is written in format {version}, this livekit reads those up to {FORMAT}")
    return stated


def _version(row: bytes) -> int:
    for known in reversed(READABLE):
        if row.find(b'"v":%d,' % known, _REST, 120) > 0:
            return known
    try:
        return int(json.loads(row)["v"])
    except (ValueError, KeyError, TypeError):
        return 0


def _line(seq: int, prev: str, fields: dict[str, Any]) -> Line:
    body = _ENCODER.encode(fields).encode("ascii")
    rest = _start(seq, prev) + b'"v":%d,' % FORMAT + body[1:]
    found = _sum_of(rest)
    return Line(seq, found, b'{"sum":"%s",%s' % (found.encode("ascii"), rest))


def _start(seq: int, prev: str) -> bytes:
    return b'"seq":%d,"prev":"%s",' % (seq, prev.encode("ascii"))


def _sum_of(rest: bytes) -> str:
    return blake2b(rest, digest_size=8).hexdigest()


def _is_torn(tail: bytes, seq: int, prev: str) -> bool:
    # A power cut may leave zeros where the content had not yet arrived.
    tail = tail.rstrip(b"\0")
    starts = [b'",' + _start(seq, prev) + b'"v":%d,' % known for known in READABLE]
    looks_right = (
        b'{"sum":"'.startswith(tail[:_SUM_START])
        and all(byte in _HEX for byte in tail[_SUM_START:_SUM_END])
        and any(start.startswith(tail[_SUM_END : _SUM_END + len(start)]) for start in starts)
    )
    # A whole line and one byte more is no beginning of a line: its newline was changed.
    return looks_right and not _is_whole(tail[:-1])


def _is_whole(row: bytes) -> bool:
    return len(row) > _REST and _sum_of(row[_REST:]) == row[_SUM_START:_SUM_END].decode("ascii", "replace")
