"""What a journal file says, or that it is damaged, where, and what that means for the trader."""

from __future__ import annotations

from pathlib import Path

from ..core.codec import Undecodable
from ..core.errors import JournalDamaged
from ..core.event import Event
from ..core.state import Identity, Publish, Step
from .disk import plain_bytes
from .lines import Content, DamagedLineError, Line, verify
from .names import Places

ADVICE = (
    "This symbol is halted: livekit neither guesses nor starts afresh. `livekit repair` tells what is wrong, what can "
    "be kept and what would be lost, and changes nothing unless you say so"
)


def read_content(path: Path, content: bytes) -> Content:
    """The verified `content` of the journal file at `path`. Raises JournalDamaged."""
    try:
        return verify(content)
    except DamagedLineError as error:
        raise JournalDamaged(f"{path}:{error.number}: {error}. {ADVICE}") from None


def read_file(path: Path) -> Content:
    """The verified content of the journal file at `path`. Raises JournalDamaged, also when it cannot be read at all."""
    try:
        content = plain_bytes(path)
    except OSError as error:
        raise JournalDamaged(f"{path}: cannot be read: {error.strerror}") from error
    return read_content(path, content)


def read_before(later: Content, files: Places) -> Content:
    """The segment that `later` goes on from. Raises JournalDamaged when it is not there, or not whole."""
    path = files.segment(later.header.segment - 1)
    try:
        content = read_content(path, plain_bytes(path))
    except FileNotFoundError:
        raise JournalDamaged(f"{path}: this segment of the journal is missing. {ADVICE}") from None
    if (content.seq, content.sum) != (later.header.seq, later.header.prev):
        raise JournalDamaged(f"{path}: it does not end where the next file goes on: lines were lost. {ADVICE}")
    return content


def decoded(line: Line, path: Path) -> tuple[Step, int]:
    """The step of `line` and the newest event acknowledged then. Raises JournalDamaged."""
    try:
        return line.step()
    except (Undecodable, ValueError) as error:
        raise JournalDamaged(f"{path}: step {line.seq} cannot be read: {error}. {ADVICE}") from None


def published_after(seq: int, newest: Content, files: Places) -> list[tuple[int, Event]]:
    """The events with a number above `seq`, oldest first; older segments are read only when they hold some.

    Raises JournalDamaged.
    """
    found: list[tuple[int, Event]] = []
    path, content = files.journal, newest
    while True:
        lines = [line for line in content.lines if line.publishes and line.seq > seq]
        found = [(line.seq, _event(line, path)) for line in lines] + found
        if content.header.seq <= seq or content.header.segment <= 1:
            return found
        path, content = files.segment(content.header.segment - 1), read_before(content, files)


def _event(line: Line, path: Path) -> Event:
    owed = decoded(line, path)[0].owed
    assert isinstance(owed, Publish)  # line.publishes said so
    return owed.event


def decoded_event(line: Line, path: Path) -> Event:
    """The event that the step of `line` tells. Raises JournalDamaged."""
    try:
        return line.event()
    except (Undecodable, ValueError) as error:
        raise JournalDamaged(f"{path}: step {line.seq} cannot be read: {error}. {ADVICE}") from None


def lost_lines(seq: int, witnessed: int, files: Places) -> str | None:
    """What is wrong with a journal that ends at step `seq`, if step `witnessed` is known to have been durable."""
    if witnessed <= seq:
        return None
    state = f"ends at step {seq}" if seq or files.journal.exists() else "is gone"
    return (
        f"{files.journal}: the file {state}, but {files.pulse.name} bears witness to step {witnessed}: "
        f"lines were lost. {ADVICE}"
    )


def foreign(path: Path, found: Identity, expected: Identity) -> str:
    """What is wrong with a journal of `found` in the place of one of `expected`."""
    return f"{path}:1: this is the journal of {_said(found)}, expected {_said(expected)}. {ADVICE}"


def _said(identity: Identity) -> str:
    return f"{identity.mode}, {identity.exchange}, {identity.strategy}, {identity.symbol}"
