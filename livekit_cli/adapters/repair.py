"""Setting the damaged part of a journal aside, because a person said so.

Laws:
- Nothing is deleted and nothing overwritten that is not kept: what goes away goes into a new folder beside the journal.
- The journal that is left is the longest sound beginning of what was there. Nothing is mended, nothing invented.
- One move makes the difference. Cut down before it, the journal is as damaged as it was; after it, it is repaired.
  So the copies are durable first, then the pulse (which may be lost at any time), and the journal's name comes last.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import DiskFailed, DiskFull, JournalDamaged
from ..core.pulse import Pulse
from .claim import lock_own, locked, locked_error
from .disk import Disk, is_full
from .names import Places
from .pulse_file import encode
from .soundness import Ailment, Finding, acknowledged, examine

HELPLESS = (Ailment.OTHER_FORMAT, Ailment.UNREADABLE)
"""What nothing can be set aside of: the files may be sound, for another livekit or with other permissions."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was done: what was found, the folder that the rest is in now, and the names of the files in it."""

    finding: Finding
    folder: Path
    kept: tuple[str, ...]


def why_not(finding: Finding) -> str | None:
    """Why setting aside would do no good here; None when it would."""
    if finding.ailment is Ailment.NONE:
        return "it is sound"
    if finding.ailment is Ailment.OTHER_FORMAT:
        return "another livekit wrote it, and may read it: use that one, or move all its files elsewhere yourself"
    if finding.ailment is Ailment.UNREADABLE:
        return "nobody can say what it holds: see that it can be read first (permissions, the disk)"
    if finding.ailment is Ailment.HISTORY and not finding.is_blocked:
        return (
            "its newest file is sound and runs go on; setting aside would take that away, or bring nothing back. "
            "Reports lack what was before; put the file back from a backup if there is one"
        )
    return None


def set_aside(path: Path, account: str, disk: Disk | None = None) -> Repaired:
    """Keep what is sound of the journal at `path`; the rest goes into a new folder, with `account` for whoever looks.

    Raises JournalLocked while a process holds it, JournalDamaged with the reason when it would do no good, DiskFailed
    and DiskFull; then the journal is as it was.
    """
    disk = disk or Disk()
    files = Places(path)
    try:
        with _held(files, disk):
            finding = examine(path)
            if reason := why_not(finding):
                raise JournalDamaged(f"{path}: nothing was set aside: {reason}")
            return _set_aside(finding, account, disk)
    except OSError as error:
        kind = DiskFull if is_full(error) else DiskFailed
        what = f"{error.filename}: " if error.filename else ""
        raise kind(f"{path}: not set aside: {what}{error.strerror}. Nothing is lost; it can be done again") from error


@contextmanager
def _held(files: Places, disk: Disk) -> Iterator[None]:
    """Nobody runs on the journal meanwhile. Raises JournalLocked."""
    lock = locked(files)
    try:
        if not files.journal.is_file():
            yield
            return
        fd = os.open(files.journal, os.O_RDWR | os.O_CLOEXEC)
        try:
            if not lock_own(disk, fd):
                raise locked_error(files)
            yield
        finally:
            os.close(fd)
    finally:
        lock.release()


def _set_aside(finding: Finding, account: str, disk: Disk) -> Repaired:
    folder = _new_folder(finding.files, disk)
    kept = {**_copies(finding), "why.txt": account.encode("utf-8", "backslashreplace")}
    for name, content in kept.items():
        _write(disk, folder / name, content)
    disk.sync_folder(folder)
    if finding.sound is None:
        moved = _move_all(finding, folder, disk)
        return Repaired(finding, folder, tuple(sorted([*kept, *moved])))
    if finding.sound.path != finding.files.journal:
        moved = _move_newer_segments(finding, folder, disk)
        kept |= dict.fromkeys(moved, b"")
    _begin_witness_anew(finding, folder, disk)
    if finding.ailment not in (Ailment.LOST, Ailment.HISTORY):
        _keep_sound(finding, disk)
    return Repaired(finding, folder, tuple(sorted(kept)))


def _new_folder(files: Places, disk: Disk) -> Path:
    number = 1
    while files.aside(number).exists():
        number += 1
    disk.make_folder(files.aside(number))
    return files.aside(number)


def _copies(finding: Finding) -> dict[str, bytes]:
    """What will be changed in place, as it was; and by itself what of it is damaged."""
    files, found = finding.files, {}
    for path in (files.journal, files.pulse):
        if path.is_file() and finding.sound:  # without a sound part they are moved, not copied
            found[path.name] = path.read_bytes()
    if finding.sound and finding.sound.path != files.journal:
        found[f"segment-{finding.sound.path.name}"] = finding.sound.path.read_bytes()
    if finding.spot and finding.sound and finding.sound.path == files.journal:
        found["damaged-rest"] = found[files.journal.name][finding.spot.offset :]
    return found


def _write(disk: Disk, path: Path, content: bytes) -> None:
    fd = disk.create(path)
    try:
        disk.append(fd, content)
        disk.sync(fd)
    finally:
        disk.close(fd)


def _keep_sound(finding: Finding, disk: Disk) -> None:
    """Give the sound part the journal's name."""
    assert finding.sound is not None
    files, sound = finding.files, finding.sound
    _write(disk, files.fresh, sound.path.read_bytes()[: sound.content.size])
    disk.replace(files.fresh, files.journal)
    disk.sync_folder(files.journal.parent)


def _begin_witness_anew(finding: Finding, folder: Path, disk: Disk) -> None:
    """A pulse that knows of the sound part alone: what came after it is to be evaluated again, minute by minute."""
    assert finding.sound is not None
    files = finding.files
    pulse = Pulse(
        seq=finding.sound.content.seq,
        acked=acknowledged(finding),
        status="stopped",
        error=f"what was damaged was set aside in {folder.name}",
    )
    fresh = files.pulse.with_suffix(".pulse-new")
    _write(disk, fresh, encode(pulse))
    disk.replace(fresh, files.pulse)
    disk.sync_folder(files.pulse.parent)


def _move_newer_segments(finding: Finding, folder: Path, disk: Disk) -> list[str]:
    """Older files, yet newer than the one that becomes the journal: nothing in them is sound."""
    assert finding.sound is not None
    newer = [path for path in sorted(finding.files.segments.iterdir()) if path.name > finding.sound.path.name]
    return [_move(path, folder / f"segment-{path.name}", disk) for path in newer]


def _move_all(finding: Finding, folder: Path, disk: Disk) -> list[str]:
    """Nothing is sound. The file that tells of the damage goes last, so that it is told until all is done."""
    files = finding.files
    last = files.journal if files.journal.exists() else files.pulse
    paths = [path for path in (files.segments, files.pulse, files.journal) if path.exists() and path != last]
    return [_move(path, folder / path.name, disk) for path in (*paths, *([last] if last.exists() else ()))]


def _move(source: Path, target: Path, disk: Disk) -> str:
    """The new name is durable before the old one is gone for good."""
    disk.replace(source, target)
    disk.sync_folder(target.parent)
    disk.sync_folder(source.parent)
    return target.name
