"""Following journals that others write: each look reads what has changed since the last one, and nothing else.

A file that has not been touched for a second is known by its time, size and number. One that was touched later is read
again at the next look, whatever these say: they tell two writes apart only when the file system's clock does.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.errors import JournalDamaged
from ..core.pulse import Pulse
from ..core.tally import Tally, together
from .claim import is_held
from .clock import wall_ms
from .names import Places, signal_folder
from .reading import published_after
from .records import Record, damaged, holder, read_own, recorded
from .spelling import meant

SETTLED_MS = 1_000

Mark = tuple[int, ...] | None
"""What a file is known by; None when there is none."""

UNSETTLED: Mark = ()
"""Remembered in place of the mark of a file that may yet be written to unnoticed: no file has it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The journals in the order of their names, what their last runs have come to, and what could not be read."""

    records: list[Record]
    tally: Tally
    faults: list[str]


class Following:
    """The journals below a data folder, of one strategy and symbol or of all, those that are yet to come included.

    One that was there and is gone stays, as damaged: whoever watches must not take it for one that never was.
    """

    def __init__(self, data_folder: Path, strategy: str | None = None, symbol: str | None = None) -> None:
        self._folder = signal_folder(data_folder)
        self._strategy, self._symbol = strategy, symbol
        self._journals: dict[str, FollowedJournal] = {}

    def look(self) -> Seen:
        """What the files say now."""
        faults: list[str] = []
        try:
            self._add(paths_in(self._folder) - self._journals.keys())
        except FileNotFoundError:
            pass  # nothing has run here yet, or it was all moved away
        except OSError as error:
            faults.append(f"{self._folder}: cannot be read: {error.strerror}")
        there = [journal for journal in self._journals.values() if self._is_seen(journal, faults)]
        seen = meant(self._symbol, there, lambda journal: journal.record.identity.symbol)
        faults += [journal.fault for journal in seen if journal.fault]
        return Seen([journal.record for journal in seen], together(journal.tally for journal in seen), faults)

    def _add(self, paths: Collection[str]) -> None:
        if paths:
            self._journals |= {path: FollowedJournal(Path(path)) for path in paths}
            self._journals = dict(sorted(self._journals.items()))

    def _is_seen(self, journal: FollowedJournal, faults: list[str]) -> bool:
        try:
            journal.look()
        except OSError as error:
            faults.append(f"{journal.path}: cannot be looked at: {error.strerror}")
            return False
        return journal.was_there and self._strategy in (None, journal.record.identity.strategy)


class FollowedJournal:
    """One journal: its record, the events of its last run added up, and what keeps that sum from being whole."""

    record: Record

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tally = Tally()
        self.fault: str | None = None
        self.was_there = False
        self._files = Places(path)
        self._pulse_path = self._files.pulse
        self._marks = UNSETTLED, UNSETTLED
        self._held: bool | None = None
        self._pulse = Pulse()
        self._seq = 0
        self._began = -1
        self._counted = 0

    def look(self) -> None:
        """Bring `record`, `tally` and `fault` up to date."""
        now = wall_ms()
        marks = mark_of(self._pulse_path), mark_of(self.path)
        beats = marks[0] != self._marks[0] or is_held(self._files) != self._held
        if beats:
            self._held, self._pulse = holder(self._files)
        # What the pulse bears witness to was in the file before: where it was not read yet, the file is read again.
        is_behind = self._pulse.seq > self._seq or self._pulse.began != self._began
        if marks[1] != self._marks[1] or is_behind or (beats and self.record.damage):
            self._read()
        elif beats:
            self.record = replace(self.record, pulse=self._pulse, held=self._held)
        self._marks = settled(marks[0], now), settled(marks[1], now)
        self.was_there = self.was_there or marks[1] is not None or self._pulse.seq > 0

    def _read(self) -> None:
        try:
            content = read_own(self.path)
        except JournalDamaged as error:
            gone = not self.path.exists()
            told = JournalDamaged(f"{self.path}: the journal is gone: moved or deleted") if gone else error
            self.record = damaged(self.path, told, self._pulse, self._held)
            return
        self.record = recorded(self.path, content, self._pulse, self._held)
        if self._pulse.began != self._began:
            self.tally, self.fault = Tally(), None
            self._began = self._counted = self._pulse.began
        try:
            self.tally = self.tally.plus(event for _, event in published_after(self._counted, content, self._files))
        except JournalDamaged as error:
            self.fault = f"not all events of {self.path.stem} are counted: {error}"
        self._seq = self._counted = content.seq


def paths_in(folder: Path) -> set[str]:
    """The journals, by their own files and by their pulses: one may be gone while its pulse still is there.

    Raises OSError. As text: a Path for each, each second, would cost more than all the rest of a look.
    """
    with os.scandir(folder) as modes:
        return set().union(*(_stems(mode.path) for mode in modes if mode.is_dir()))


def _stems(folder: str) -> set[str]:
    with os.scandir(folder) as entries:
        names = [os.path.splitext(entry.path) for entry in entries]  # noqa: PTH122
    return {f"{stem}.jsonl" for stem, ending in names if ending in (".jsonl", ".pulse")}


def mark_of(path: Path) -> Mark:
    """What the file at `path` is known by. Raises OSError when it cannot be looked at."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def settled(mark: Mark, now_ms: int) -> Mark:
    """What to remember of a file that had this mark at `now_ms`."""
    return UNSETTLED if mark and now_ms - mark[0] // 1_000_000 < SETTLED_MS else mark
