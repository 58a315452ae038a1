"""How sound a journal is, all of its files: what is wrong and where, and the longest beginning of it that is not.

Looking changes nothing. What a person may then have done about it is in repair.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from ..core.errors import JournalDamaged
from ..core.pulse import Pulse
from ..core.state import Identity, Step
from .disk import plain_bytes
from .lines import (
    Content,
    DamagedLineError,
    OtherFormatError,
    expected_start,
    newer_format,
    offset_of,
    sound_part,
    whole_steps,
)
from .names import Places, file_stem, signal_folder
from .pulse_file import read_pulse
from .reading import decoded, foreign, published_after, read_before
from .records import holder, named


class Ailment(StrEnum):
    """What a journal suffers from."""

    NONE = "sound"
    DAMAGED = "damaged"
    LOST = "lines lost"
    GONE = "gone"
    FOREIGN = "foreign"
    OTHER_FORMAT = "other format"
    UNREADABLE = "unreadable"
    HISTORY = "history damaged"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file that is not what was written there. `line` counts from 1, `offset` is in bytes."""

    path: Path
    line: int
    offset: int
    stands: bytes
    expected: str


@dataclass(frozen=True, slots=True)
class Sound:
    """The longest beginning of a journal that checks out, and the file that it ends in."""

    path: Path
    content: Content
    last: Step | None
    acked: int


@dataclass(frozen=True, slots=True)
class Hole:
    """An older file that cannot be read: reports lack its steps, those from `first` to `last` where that is known."""

    path: Path
    wrong: str
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say of one journal.

    `behind` are the steps of whole lines behind the damage, by number. `is_blocked` says that a run would not start
    although the newest file is sound: events in a hole are still to be handed out.
    """

    files: Places
    identity: Identity
    held: bool | None
    pulse: Pulse
    ailment: Ailment = Ailment.NONE
    wrong: str = ""
    spot: Spot | None = None
    sound: Sound | None = None
    behind: tuple[tuple[int, Step], ...] = ()
    holes: tuple[Hole, ...] = ()
    is_blocked: bool = False


def journals(data_folder: Path) -> list[Path]:
    """Every journal below `data_folder`, in the order of their names, those too of which only other files are left."""
    folder = signal_folder(data_folder)
    paths = set(folder.glob("*/*.jsonl"))
    paths |= {path.with_suffix(".jsonl") for path in folder.glob("*/*.pulse") if (read_pulse(path) or Pulse()).seq}
    paths |= {path.with_suffix(".jsonl") for path in folder.glob("*/*.old") if path.is_dir()}
    return sorted(paths)


def examine(path: Path) -> Finding:
    """What there is to say of the journal at `path`, whether or not it is there."""
    files = Places(path)
    held, pulse = holder(files)
    bare = Finding(files, named(path), held, pulse)
    try:
        return _with_history(_newest_file(bare))
    except OtherFormatError as error:
        return replace(bare, ailment=Ailment.OTHER_FORMAT, wrong=str(error))
    except OSError as error:
        wrong = f"{error.filename or path}: cannot be read: {error.strerror}"
        return replace(bare, ailment=Ailment.UNREADABLE, wrong=wrong)


def _newest_file(bare: Finding) -> Finding:
    """Raises OSError, and OtherFormatError for what is whole and yet not to be understood."""
    files, path = bare.files, bare.files.journal
    if not path.exists():
        wrong = f"{path}: the file is gone"
        return replace(bare, ailment=Ailment.GONE, wrong=wrong, sound=_newest_segment(files))
    content = plain_bytes(path)
    part, error = _sound_part(content, path)
    if part is None:
        assert error is not None
        return replace(_damaged(bare, content, error, None), sound=_newest_segment(files))
    if not _is_own(part, files):
        wrong = foreign(path, part.header.identity, bare.identity)
        return replace(bare, ailment=Ailment.FOREIGN, wrong=wrong, sound=_newest_segment(files))
    found = replace(bare, identity=part.header.identity, sound=_sound(path, part))
    if error:
        return _damaged(found, content, error, part)
    if part.seq < bare.pulse.seq:
        wrong = f"{path}: it ends at step {part.seq}, but {files.pulse.name} bears witness to step {bare.pulse.seq}"
        return replace(found, ailment=Ailment.LOST, wrong=wrong)
    return found


def _damaged(found: Finding, content: bytes, error: DamagedLineError, part: Content | None) -> Finding:
    path, offset = found.files.journal, offset_of(content, error.number)
    if part:
        expected = f'step {part.seq + 1}, as {{"sum":"...",{expected_start(part.seq + 1, part.sum)}...'
    elif error.number == 1:
        expected = 'the header, as {"sum":"...","seq":...,"journal":{"mode":"...","exchange":"...",...'
    else:
        expected = "the first step of this file"
    return replace(
        found,
        ailment=Ailment.DAMAGED,
        wrong=f"{path}:{error.number}: {error}",
        spot=Spot(path, error.number, offset, content[offset:].partition(b"\n")[0], expected),
        behind=tuple(whole_steps(content[offset:])),
    )


def _newest_segment(files: Places) -> Sound | None:
    """The newest of the older files of which anything is sound, up to there."""
    for path in sorted(files.segments.glob("*.jsonl"), reverse=True):
        part, _ = _sound_part(plain_bytes(path), path)
        if part and _is_own(part, files) and path == files.segment(part.header.segment):
            return _sound(path, part)
    return None


def _sound_part(content: bytes, path: Path) -> tuple[Content | None, DamagedLineError | None]:
    part, error = sound_part(content)
    if error:
        row = content[offset_of(content, error.number) :].partition(b"\n")[0]
        newer = newer_format(row)
        if newer or isinstance(error, OtherFormatError):
            text = f"it is in format {newer}, newer than this livekit's" if newer else str(error)
            raise OtherFormatError(error.number, f"{path}:{error.number}: {text}")
    return part, error


def _sound(path: Path, content: Content) -> Sound:
    if not content.lines:
        return Sound(path, content, None, 0)
    try:
        last, acked = decoded(content.lines[-1], path)
    except JournalDamaged as error:
        # Its checksum is right, so that is what was written, by a livekit that knows more words.
        raise OtherFormatError(len(content.lines) + 1, str(error)) from None
    return Sound(path, content, last, acked)


def _is_own(content: Content, files: Places) -> bool:
    identity = content.header.identity
    return files.journal.stem == file_stem(identity) and files.journal.parent.name == identity.mode


# ---- older files


def _with_history(found: Finding) -> Finding:
    """With what is wrong with the older files that the sound part goes on from."""
    if found.sound is None:
        return found
    holes = tuple(_holes(found.sound.content, found.files))
    found = replace(found, holes=holes, is_blocked=_is_blocked(found))
    if holes and found.ailment is Ailment.NONE:
        return replace(found, ailment=Ailment.HISTORY, wrong=holes[0].wrong)
    return found


def _holes(newest: Content, files: Places) -> list[Hole]:
    """From the newest to the oldest."""
    holes: list[Hole] = []
    link: tuple[int, str] | None = (newest.header.seq, newest.header.prev)
    for number in range(newest.header.segment - 1, 0, -1):
        part, wrong = _segment(files, number, link)
        if part and holes and holes[-1].first is None and holes[-1].path == files.segment(number + 1):
            holes[-1] = replace(holes[-1], first=part.seq + 1)
        if wrong:
            path = files.segment(number)
            first = part.seq + 1 if part else None
            holes.append(Hole(path, f"{path}{wrong}", first, link[0] if link else None))
        link = (part.header.seq, part.header.prev) if part else None
    return holes


def _segment(files: Places, number: int, link: tuple[int, str] | None) -> tuple[Content | None, str]:
    """What of an older file is sound, and what is wrong with it when the next one goes on from `link`."""
    path = files.segment(number)
    if not path.exists():
        return None, ": the file is missing"
    part, error = _sound_part(plain_bytes(path), path)
    if error:
        return part, f":{error.number}: {error}"
    assert part is not None
    if not _is_own(part, files) or (link and (part.seq, part.sum) != link):
        return None, ": it does not end where the next file goes on"
    return part, ""


def _is_blocked(found: Finding) -> bool:
    assert found.sound is not None
    try:
        published_after(max(found.sound.acked, found.pulse.acked), found.sound.content, found.files)
    except JournalDamaged:
        return True
    return False


def acknowledged(found: Finding) -> int:
    """The newest event of the sound part to count as acknowledged: those in a hole can never be handed out again."""
    if found.sound is None:
        return 0
    acked = min(max(found.sound.acked, found.pulse.acked), found.sound.content.seq)
    later = found.sound.content
    while later.header.seq > acked and later.header.segment > 1:
        try:
            later = read_before(later, found.files)
        except JournalDamaged:
            return later.header.seq
    return acked
