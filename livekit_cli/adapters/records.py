"""Reading journals without owning them: for reports, status and a clock that goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..core.errors import JournalDamaged
from ..core.event import Event, Mode
from ..core.pulse import Pulse, Snapshot
from ..core.state import Identity, Idle, Step
from .claim import is_held
from .lines import Content, Line
from .names import Places, file_stem, signal_folder
from .pulse_file import read_pulse
from .reading import decoded, decoded_event, foreign, lost_lines, read_file


@dataclass(frozen=True, slots=True)
class Record:
    """What one journal says right now, whether or not anybody is writing it. `damage` is None for a sound one.

    `held` says whether a process has it; None when that cannot be known.
    """

    files: Places
    identity: Identity
    last: Step | None
    pulse: Pulse
    damage: str | None = None
    held: bool | None = None

    @property
    def snapshot(self) -> Snapshot:
        pulse = self.pulse._replace(minute=self.finished)
        if self.damage:
            pulse = pulse._replace(status="halted", error=self.damage)
            return Snapshot(self.identity, Idle(), pulse, self.held, known=False)
        return Snapshot(self.identity, self.last.state if self.last else Idle(), pulse, self.held)

    @property
    def finished(self) -> int | None:
        """The minute (epoch ms) evaluated last, as far as the files know."""
        if self.last is None or self.pulse.minute is None:
            return self.pulse.minute if self.last is None else self.last.time
        return max(self.pulse.minute, self.last.time)


class Written(NamedTuple):
    """One durable step where it stands: the file, the number of its line (from 1), and the line itself."""

    path: Path
    number: int
    line: Line

    @property
    def step(self) -> Step:
        """Raises JournalDamaged when it cannot be read."""
        return decoded(self.line, self.path)[0]


def read_record(path: Path) -> Record:
    """The journal at `path`; a damaged one is told by its `damage`."""
    held, pulse = holder(Places(path))
    try:
        content = read_own(path)
    except JournalDamaged as error:
        return damaged(path, error, pulse, held)
    return recorded(path, content, pulse, held)


def recorded(path: Path, content: Content, pulse: Pulse, held: bool | None) -> Record:
    """The record of a journal with this `content`, read later than its `pulse`."""
    files = Places(path)
    try:
        last = decoded(content.lines[-1], path)[0] if content.lines else None
    except JournalDamaged as error:
        return damaged(path, error, pulse, held)
    return Record(files, content.header.identity, last, pulse, lost_lines(content.seq, pulse.seq, files), held)


def damaged(path: Path, error: JournalDamaged, pulse: Pulse, held: bool | None) -> Record:
    """The record of a journal that cannot be read."""
    files = Places(path)
    gone = None if path.exists() else lost_lines(0, pulse.seq, files)
    return Record(files, named(path), None, pulse, gone or str(error), held)


def holder(files: Places) -> tuple[bool | None, Pulse]:
    """Whether somebody has the journal, and the pulse of the same moment.

    A runner that begins or ends between two looks would seem to have died: it takes the lock before it says that it
    starts, and gives it back after it has said that it stops.
    """
    while True:
        held, pulse = is_held(files), read_pulse(files.pulse) or Pulse()
        if is_held(files) == held:
            return held, pulse


def read_records(data_folder: Path, strategy: str | None = None, symbol: str | None = None) -> list[Record]:
    """All journals below `data_folder`, or those of one strategy or symbol, in the order of their names.

    One that is gone while its pulse is still there is among them, as damaged.
    """
    folder = signal_folder(data_folder)
    paths = set(folder.glob("*/*.jsonl"))
    paths |= {path.with_suffix(".jsonl") for path in folder.glob("*/*.pulse") if (read_pulse(path) or Pulse()).seq}
    records = [read_record(path) for path in sorted(paths)]
    return [
        record
        for record in records
        if strategy in (None, record.identity.strategy) and symbol in (None, record.identity.symbol)
    ]


def read_events(record: Record) -> Iterator[Event]:
    """Every event of a journal, once, in turn. Raises JournalDamaged where it can be read no further."""
    for written in read_steps(record):
        if written.line.publishes:
            yield decoded_event(written.line, written.path)


def read_steps(record: Record) -> Iterator[Written]:
    """Every step of a journal, in turn, as it stands. Raises JournalDamaged where it can be read no further."""
    files = record.files
    # The newest file first: its header says how many segments count, and a rotation meanwhile only adds to them.
    newest = read_own(files.journal)
    seq, prev = 0, None
    for number in range(1, newest.header.segment):
        path = files.segment(number)
        content = read_file(path)
        _check_link(content, seq, prev, path)
        seq, prev = content.seq, content.sum
        yield from _written(content, path)
    _check_link(newest, seq, prev, files.journal)
    yield from _written(newest, files.journal)


def _written(content: Content, path: Path) -> Iterator[Written]:
    return (Written(path, number, line) for number, line in enumerate(content.lines, 2))  # the header is line 1


def read_own(path: Path) -> Content:
    """The file at `path`, unless it is the journal of somebody else: a copy would have each event counted twice.

    Raises JournalDamaged.
    """
    content = read_file(path)
    identity = content.header.identity
    if path.stem != file_stem(identity) or path.parent.name != identity.mode:
        raise JournalDamaged(foreign(path, identity, named(path)))
    return content


def _check_link(content: Content, seq: int, prev: str | None, path: Path) -> None:
    if content.header.seq != seq or (prev is not None and content.header.prev != prev):
        raise JournalDamaged(f"{path}:1: it does not follow the segment before it: lines are missing or misplaced")


def named(path: Path) -> Identity:
    """Whose journal it should be, by its name alone; all there is to go by when the content cannot be read."""
    exchange, _, rest = path.stem.partition("-")
    strategy, _, symbol = rest.rpartition("-")
    mode = Mode.LIVE if path.parent.name == Mode.LIVE else Mode.PAPER
    return Identity(mode, exchange, strategy, symbol)
