"""The events of journals that others write, each given out once, as soon as it is there.

Law: what a journal holds is known by its own numbers. A look gives out every event whose number is above the newest
that an earlier look has seen, and no other; across rotations too, and for journals that appear later.
"""

from __future__ import annotations

from pathlib import Path

from ..core.errors import JournalDamaged
from ..core.event import Event
from .clock import wall_ms
from .following import UNSETTLED, mark_of, paths_in, settled
from .lines import Content
from .names import Places, file_part, signal_folder
from .reading import published_after
from .records import named, read_own
from .spelling import meant


class EventStream:
    """The journals below a data folder, of one strategy and symbol or of all, those that are yet to come included."""

    def __init__(self, data_folder: Path, strategy: str | None = None, symbol: str | None = None) -> None:
        self._folder = signal_folder(data_folder)
        self._strategy, self._symbol = strategy, symbol
        self._trails: dict[Path, _Trail] = {}

    def fresh(self) -> tuple[list[Event], list[str]]:
        """The events that are new since the last call, in the order of their time, and what went wrong newly."""
        events: list[Event] = []
        faults: list[str] = []
        try:
            for path in map(Path, paths_in(self._folder)):
                self._trails.setdefault(path, _Trail(path))
        except FileNotFoundError:
            pass  # nothing has run here yet
        except OSError as error:
            faults.append(f"{self._folder}: cannot be read: {error.strerror}")
        for path in self._wanted():
            new, fault = self._trails[path].look(self._strategy, self._symbol)
            events += new
            faults += [fault] if fault else []
        events.sort(key=lambda event: event.time)
        return events, faults

    def _wanted(self) -> list[Path]:
        """Those whose names allow for it: what belongs to others is not read, nor its damage told."""
        paths = [path for path in sorted(self._trails) if self._strategy in (None, named(path).strategy)]
        return meant(self._symbol and file_part(self._symbol), paths, lambda path: named(path).symbol)


class _Trail:
    """How far one journal has been given out."""

    def __init__(self, path: Path) -> None:
        self._files = Places(path)
        self._mark = UNSETTLED
        self._seq = 0
        self._sum: str | None = None
        self._fault = ""

    def look(self, strategy: str | None, symbol: str | None) -> tuple[list[Event], str]:
        """The new events, and what is wrong if that was not said before."""
        path, now = self._files.journal, wall_ms()
        try:
            mark = mark_of(path)
        except OSError as error:
            return [], self._told(f"{path}: cannot be looked at: {error.strerror}")
        if mark == self._mark or (mark is None and not self._seq):
            return [], ""
        self._mark = settled(mark, now)
        try:
            content = read_own(path)
        except JournalDamaged as error:
            return [], self._told(str(error))
        whose = content.header.identity
        if strategy not in (None, whose.strategy) or not meant(symbol, [whose.symbol], str):
            return [], ""
        return self._new(content)

    def _new(self, content: Content) -> tuple[list[Event], str]:
        seq, path = self._seq, self._files.journal
        was_replaced = content.seq < seq or _sum_at(content, seq) not in (None, self._sum)
        self._seq, self._sum = content.seq, content.sum
        if was_replaced:
            # Set aside, or put back from a backup: nobody can say which of the events before are still true.
            return [], self._told(f"{path}: it was replaced by another one; only what comes from now on is shown")
        try:
            new, self._fault = published_after(seq, content, self._files), ""
        except JournalDamaged as error:
            fault = self._told(f"{error}. The events before are not shown")
            return [event for _, event in _in_newest_file(seq, content, self._files)], fault
        return [event for _, event in new], ""

    def _told(self, fault: str) -> str:
        """What is wrong is said once, until it is something else."""
        before, self._fault = self._fault, fault
        return "" if fault == before else fault


def _in_newest_file(seq: int, content: Content, files: Places) -> list[tuple[int, Event]]:
    try:
        return published_after(max(seq, content.header.seq), content, files)
    except JournalDamaged:
        return []  # a line that nobody can read, which has been told


def _sum_at(content: Content, seq: int) -> str | None:
    """The checksum of step `seq`, if it is in this file."""
    return next((line.sum for line in reversed(content.lines) if line.seq == seq), None)
