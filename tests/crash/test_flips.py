"""Every bit of a journal flipped, and every length it can be cut to: found, or provably harmless."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from lives import IDENTITY, lives, published
from planted import damage_is_torn

from livekit_cli.adapters import journal as journal_module
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import JournalFile, open_journal
from livekit_cli.adapters.lines import Content, DamagedLineError, verify
from livekit_cli.adapters.names import Places, places
from livekit_cli.adapters.records import read_events, read_record
from livekit_cli.core.errors import JournalDamaged

STEPS = lives(2)[:7]
EVENTS = [event for _, event in published(STEPS)]


class Hasty(Disk):
    """Nothing here is about power cuts, so nothing is synced."""

    def sync(self, fd: int) -> None: ...

    def sync_folder(self, folder: Path) -> None: ...


def opened(root: Path) -> JournalFile:
    return open_journal(root, IDENTITY, Hasty(), "livekit run", 0)


def write(root: Path, acked: int) -> Places:
    """The journal of STEPS below `root`, every line saying that event `acked` was acknowledged."""

    async def run() -> None:
        journal = opened(root)
        for step in STEPS:
            await journal.append(step, acked)
        journal.close()

    asyncio.run(run())
    return places(root, IDENTITY)


def flips(content: bytes, every: int = 1) -> Iterator[bytes]:
    for position in range(0, len(content) * 8, every):
        place, bit = divmod(position, 8)
        yield content[:place] + bytes((content[place] ^ 1 << bit,)) + content[place + 1 :]


def cuts(content: bytes) -> Iterator[bytes]:
    return (content[:size] for size in range(len(content)))


def opening(files: Places, content: bytes, pulse: bytes | None) -> int:
    """Open the journal with this content; the step it ends at, or -1 if it was found damaged, and named."""
    files.journal.write_bytes(content)
    files.torn.unlink(missing_ok=True)
    files.pulse.unlink(missing_ok=True)
    if pulse is not None:
        files.pulse.write_bytes(pulse)
    try:
        journal = opened(files.journal.parents[2])
    except JournalDamaged as error:
        damage = str(error)
    else:
        damage = ""
    if damage:
        assert re.match(rf"{files.journal}(:\d+)?: |{files.segments}/\d+\.jsonl(:\d+)?: ", damage)
        assert files.journal.read_bytes() == content  # evidence is not touched
        return -1
    journal.close()
    assert journal.last == (STEPS[journal.seq - 1] if journal.seq else None)
    assert journal.unacknowledged == [(n, e) for n, e in published(STEPS[: journal.seq]) if n > journal.acked]
    kept = files.journal.read_bytes()
    assert content.startswith(kept)
    assert kept == content or files.torn.read_bytes() == content[len(kept) :] + b"\n"
    return journal.seq


def reading(files: Places) -> None:
    """What readers make of it: an error that names the file, or the beginning of the truth."""
    record = read_record(files.journal)
    found = []
    try:
        found.extend(read_events(record))
    except JournalDamaged as error:
        assert str(files.journal.with_suffix("")) in str(error)  # noqa: PT017  a sound beginning is as good
    assert found == EVENTS[: len(found)]
    assert record.damage or record.last is None or record.last in STEPS


def sound(content: bytes, judge: Callable[[bytes], Content] = verify) -> bool:
    try:
        judge(content)
    except DamagedLineError:
        return False
    return True


def test_every_flipped_bit_of_a_journal_is_found(tmp_path: Path) -> None:
    files = write(tmp_path, 0)
    content = files.journal.read_bytes()
    assert [n for n, flipped in enumerate(flips(content)) if sound(flipped)] == []


@pytest.mark.parametrize("has_pulse", [True, False])
def test_a_journal_with_a_flipped_bit_is_never_opened(tmp_path: Path, has_pulse: bool) -> None:
    files = write(tmp_path, 0)
    content, pulse = files.journal.read_bytes(), files.pulse.read_bytes() if has_pulse else None
    last_line = content[:-1].rfind(b"\n")
    tried = [*flips(content, 83), *(content[:last_line] + tail for tail in flips(content[last_line:], 11))]
    for flipped in tried:
        assert opening(files, flipped, pulse) == -1
        reading(files)


def test_a_journal_cut_anywhere_is_damaged_or_ends_with_a_whole_step(tmp_path: Path) -> None:
    files = write(tmp_path, 0)
    content = files.journal.read_bytes()
    header = content.find(b"\n") + 1
    for size in [*range(0, header + 9, 2), *range(header + 9, len(content), 7), len(content) - 1]:
        end = opening(files, content[:size], None)
        assert end == content[:size].count(b"\n") - 1
        reading(files)


def test_a_journal_that_was_cut_behind_its_pulse_is_damaged(tmp_path: Path) -> None:
    files = write(tmp_path, 0)
    content, pulse = files.journal.read_bytes(), files.pulse.read_bytes()
    for size in range(0, len(content), 13):
        assert opening(files, content[:size], pulse) == -1
        assert read_record(files.journal).damage
    assert opening(files, content, pulse) == len(STEPS)


def test_nothing_that_happens_to_the_pulse_damages_a_sound_journal(tmp_path: Path) -> None:
    files = write(tmp_path, 0)
    content, pulse = files.journal.read_bytes(), files.pulse.read_bytes()
    journal = opened(tmp_path)
    journal.beat(journal.pulse)
    journal.close()
    beaten = files.pulse.read_bytes()
    for page in (pulse, beaten):
        head = (flipped + page[700:] for flipped in flips(page[:700], 29))
        tail = (page[:-60] + flipped for flipped in flips(page[-60:], 3))
        for broken in (*head, *tail, *(page[:size] for size in range(0, len(page), 97))):
            assert opening(files, content, broken) == len(STEPS)


@pytest.mark.parametrize("acked", [0, 7])
def test_damage_in_an_older_segment_is_found_by_whoever_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, acked: int
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 3_600)
    files = write(tmp_path, acked)
    segments = sorted(files.segments.iterdir())
    assert segments
    content, oldest = files.journal.read_bytes(), segments[0].read_bytes()
    assert [n for n, flipped in enumerate(flips(content)) if sound(flipped)] == []
    for broken in (*flips(oldest, 101), *(oldest[:size] for size in range(0, len(oldest), 29))):
        segments[0].write_bytes(broken)
        assert opening(files, content, None) == (len(STEPS) if acked else -1)
        assert list_or_damage(files) == "damaged"


def test_a_journal_in_segments_cut_anywhere_never_starts_afresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 3_600)
    files = write(tmp_path, 0)
    content = files.journal.read_bytes()
    ends = [place for place, byte in enumerate(content) if byte == 0x0A]
    first = len(STEPS) - len(ends) + 2  # the step that the segment began with was durable with its name
    for size in [*range(0, ends[1] + 2), *range(ends[1] + 2, len(content), 5)]:
        end = opening(files, content[:size], None)
        assert end == -1 if size <= ends[1] else end >= first
        reading(files)


def test_a_missing_or_swapped_segment_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1_500)
    files = write(tmp_path, 0)
    content, segments = files.journal.read_bytes(), sorted(files.segments.iterdir())
    assert len(segments) > 2
    kept = {path: path.read_bytes() for path in segments}
    for one, other in pairwise(segments):
        one.write_bytes(kept[other])
        other.write_bytes(kept[one])
        assert opening(files, content, None) == -1
        assert list_or_damage(files) == "damaged"
        one.write_bytes(kept[one])
        other.unlink()
        assert opening(files, content, None) == -1
        assert list_or_damage(files) == "damaged"
        other.write_bytes(kept[other])
    assert opening(files, content, None) == len(STEPS)


def list_or_damage(files: Places) -> object:
    """All events, or "damaged" after what is at least a beginning of them."""
    found = []
    try:
        found.extend(read_events(read_record(files.journal)))
    except JournalDamaged:
        assert found == EVENTS[: len(found)]
        return "damaged"
    return found


def test_the_sweep_finds_damage_that_is_taken_for_a_torn_tail(tmp_path: Path) -> None:
    files = write(tmp_path, 0)
    content = files.journal.read_bytes()
    last_line = content[:-1].rfind(b"\n") + 1
    with damage_is_torn():
        found = [opening(files, content[:last_line] + tail, None) for tail in flips(content[last_line:], 101)]
    assert -1 not in found
