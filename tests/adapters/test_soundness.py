"""How sound a journal is, where it is not, and what is left of it when that is set aside."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from livekit_cli.adapters import journal as journal_module
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import JournalFile, open_journal
from livekit_cli.adapters.lines import _sum_of
from livekit_cli.adapters.names import Places, places
from livekit_cli.adapters.pulse_file import PulseFile, read_pulse
from livekit_cli.adapters.repair import set_aside
from livekit_cli.adapters.soundness import Ailment, examine, journals
from livekit_cli.core.errors import DiskFull, JournalDamaged, JournalLocked
from livekit_cli.core.event import Mode, Opened
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.signal import Position, Signal
from livekit_cli.core.state import Identity, Open, Publish, Step

IDENTITY = Identity(Mode.PAPER, "demo", "breakout", "BTC/USDT")
MINUTE = 60_000


def opening(number: int) -> Step:
    signal = Signal(f"id{number}", Position.LONG, 100.0, 101.0, 99.0, 60, "", number * MINUTE)
    event = Opened(f"id{number}-opened", number * MINUTE, "breakout", "demo", "BTC/USDT", Mode.PAPER, signal, 100.0)
    return Step(number * MINUTE, Open(signal), Publish(event))


def opened(root: Path) -> JournalFile:
    return open_journal(root, IDENTITY, Disk(), "livekit run", 0)


def written(root: Path, steps: int, acked: int = 0) -> Places:
    async def append() -> None:
        for number in range(1, steps + 1):
            await journal.append(opening(number), min(acked, number - 1))

    journal = opened(root)
    asyncio.run(append())
    journal.beat(Pulse(minute=99 * MINUTE, acked=acked, heartbeat=1, status="stopped"))
    journal.close()
    return places(root, IDENTITY)


@pytest.fixture
def files(tmp_path: Path) -> Places:
    """A journal of six steps in one file."""
    return written(tmp_path, 6)


@pytest.fixture
def segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A journal of twelve steps in four files, all acknowledged."""
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_600)
    files = written(tmp_path, 12, acked=12)
    assert len(list(files.segments.iterdir())) == 3
    return files


def rows(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def spoil(path: Path, line: int) -> bytes:
    """Change one letter of a line; the line as it then stands."""
    lines = rows(path)
    lines[line - 1] = lines[line - 1].replace(b'"long"', b'"lonG"').replace(b'"journal"', b'"jOurnal"')
    path.write_bytes(b"".join(lines))
    return lines[line - 1].rstrip(b"\n")


def resigned(row: bytes, old: bytes, new: bytes) -> bytes:
    """A line with other content whose checksum is right."""
    rest = row[26:].replace(old, new)
    assert rest != row[26:]
    return b'{"sum":"%s",%s' % (_sum_of(rest.rstrip(b"\n")).encode(), rest)


def state_of(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


# ---- what is found


def test_a_sound_journal_is_said_to_be_and_by_whom_it_is_held(files: Places, tmp_path: Path) -> None:
    found = examine(files.journal)
    assert (found.ailment, found.held, found.identity) == (Ailment.NONE, False, IDENTITY)
    assert found.sound is not None
    assert (found.sound.content.seq, found.sound.last) == (6, opening(6))
    journal = opened(tmp_path)
    assert examine(files.journal).held is True
    journal.close()


def test_a_torn_tail_is_no_damage(files: Places) -> None:
    content = files.journal.read_bytes()
    files.pulse.unlink()
    files.journal.write_bytes(content[:-30])
    found = examine(files.journal)
    assert found.ailment is Ailment.NONE
    assert found.sound is not None
    assert found.sound.content.seq == 5


def test_a_damaged_line_is_told_by_its_number_offset_and_what_should_stand_there(files: Places) -> None:
    before = rows(files.journal)
    stands = spoil(files.journal, 4)
    found = examine(files.journal)
    assert found.ailment is Ailment.DAMAGED
    assert found.wrong == f"{files.journal}:4: its checksum does not match its content"
    assert found.spot is not None
    assert (found.spot.line, found.spot.offset, found.spot.stands) == (4, sum(map(len, before[:3])), stands)
    assert files.journal.read_bytes()[found.spot.offset :].startswith(stands)
    assert found.spot.expected.startswith('step 3, as {"sum":"...","seq":3,"prev":"')
    assert json.loads(before[2])["sum"] in found.spot.expected
    assert found.sound is not None
    assert (found.sound.content.seq, found.sound.last) == (2, opening(2))
    assert found.behind == tuple((number, opening(number)) for number in (4, 5, 6))


def test_a_line_that_is_missing_is_told_where_the_next_one_stands(files: Places) -> None:
    lines = rows(files.journal)
    files.journal.write_bytes(b"".join(lines[:3] + lines[4:]))
    found = examine(files.journal)
    assert found.wrong.endswith(":4: it does not follow line 3: a line is missing or misplaced")
    assert [number for number, _ in found.behind] == [4, 5, 6]


def test_an_end_that_is_no_torn_line_is_damage_behind_the_last_step(files: Places) -> None:
    with files.journal.open("ab") as file:
        file.write(b"scribble")
    found = examine(files.journal)
    assert found.spot is not None
    assert (found.spot.line, found.spot.stands) == (8, b"scribble")
    assert found.sound is not None
    assert found.sound.content.seq == 6


def test_a_damaged_header_of_the_first_file_leaves_nothing_sound(files: Places) -> None:
    spoil(files.journal, 1)
    found = examine(files.journal)
    assert (found.ailment, found.sound) == (Ailment.DAMAGED, None)
    assert found.identity.symbol == "BTC_USDT"  # all there is to go by is the file's name
    assert len(found.behind) == 6


@pytest.mark.parametrize("line", [1, 2])
def test_of_a_rotated_file_without_a_step_the_newest_segment_is_what_is_sound(segments: Places, line: int) -> None:
    spoil(segments.journal, line)
    found = examine(segments.journal)
    assert found.ailment is Ailment.DAMAGED
    assert found.sound is not None
    assert (found.sound.path, found.sound.content.seq) == (segments.segment(3), 9)
    spoil(segments.segment(3), 1)
    assert examine(segments.journal).sound.path == segments.segment(2)  # type: ignore[union-attr]


def test_lines_that_are_lost_are_told_by_the_witness(files: Places) -> None:
    files.journal.write_bytes(b"".join(rows(files.journal)[:4]))
    found = examine(files.journal)
    assert found.ailment is Ailment.LOST
    assert "ends at step 3" in found.wrong
    assert "step 6" in found.wrong


def test_a_journal_that_is_gone_is_known_by_its_pulse_or_its_segments(segments: Places, tmp_path: Path) -> None:
    segments.journal.unlink()
    found = examine(segments.journal)
    assert found.ailment is Ailment.GONE
    assert found.sound is not None
    assert found.sound.content.seq == 9
    segments.pulse.unlink()
    assert journals(tmp_path) == [segments.journal]
    assert examine(segments.journal).sound == found.sound


def test_a_copy_under_another_name_is_foreign(files: Places) -> None:
    copy = files.journal.with_name("demo-breakout-ETHUSDT.jsonl")
    copy.write_bytes(files.journal.read_bytes())
    found = examine(copy)
    assert (found.ailment, found.sound) == (Ailment.FOREIGN, None)
    assert "the journal of paper, demo, breakout, BTC/USDT, expected paper, demo, breakout, ETHUSDT" in found.wrong
    assert examine(files.journal).ailment is Ailment.NONE


@pytest.mark.parametrize("line", [1, 4, 7])
def test_a_whole_line_in_another_format_is_not_damage(files: Places, line: int) -> None:
    lines = rows(files.journal)
    lines[line - 1] = resigned(lines[line - 1], b'"v":2', b'"v":3')
    files.journal.write_bytes(b"".join(lines))
    found = examine(files.journal)
    assert found.ailment is Ailment.OTHER_FORMAT
    assert f"{files.journal}:{line}: " in found.wrong
    assert "format 3" in found.wrong


@pytest.mark.parametrize("line", [1, 4])
def test_a_newer_format_need_not_make_its_checksums_like_ours(files: Places, line: int) -> None:
    lines = rows(files.journal)
    lines[line - 1] = lines[line - 1].replace(b'"v":2', b'"v":3').replace(b'"seq"', b'"number"')
    files.journal.write_bytes(b"".join(lines))
    assert examine(files.journal).ailment is Ailment.OTHER_FORMAT


def test_a_format_number_that_was_damaged_is_damage(files: Places) -> None:
    lines = rows(files.journal)
    lines[3] = lines[3].replace(b'"v":2', b'"v":4')
    files.journal.write_bytes(b"".join(lines))
    assert examine(files.journal).ailment is Ailment.DAMAGED


def test_a_whole_step_that_this_livekit_cannot_read_is_not_damage(files: Places) -> None:
    lines = rows(files.journal)
    lines[-1] = resigned(lines[-1], b'"is":"open"', b'"is":"frozen"')
    files.journal.write_bytes(b"".join(lines))
    found = examine(files.journal)
    assert found.ailment is Ailment.OTHER_FORMAT
    assert "state.is is 'frozen'" in found.wrong


def test_a_file_that_cannot_be_read_is_not_damage(files: Places) -> None:
    files.journal.unlink()
    files.journal.mkdir()
    found = examine(files.journal)
    assert found.ailment is Ailment.UNREADABLE
    assert "Is a directory" in found.wrong


def test_damage_in_an_older_file_is_a_hole_with_its_steps(segments: Places) -> None:
    spoil(segments.segment(2), 3)
    found = examine(segments.journal)
    assert (found.ailment, found.is_blocked) == (Ailment.HISTORY, False)
    (hole,) = found.holes
    assert (hole.path, hole.first, hole.last) == (segments.segment(2), 5, 6)
    assert found.sound is not None
    assert found.sound.content.seq == 12
    segments.segment(1).unlink()
    assert [hole.path for hole in examine(segments.journal).holes] == [segments.segment(2), segments.segment(1)]
    segments.segment(3).write_bytes(segments.segment(2).read_bytes())
    assert len(examine(segments.journal).holes) == 3


def test_events_in_a_hole_hinder_nobody_who_has_had_them(segments: Places) -> None:
    spoil(segments.segment(2), 3)
    assert not examine(segments.journal).is_blocked
    segments.pulse.unlink()  # which knew that they had been acknowledged; so do the lines
    assert not examine(segments.journal).is_blocked


def test_looking_changes_nothing(segments: Places, tmp_path: Path) -> None:
    spoil(segments.journal, 2)
    before = state_of(tmp_path)
    for path in journals(tmp_path):
        examine(path)
    assert state_of(tmp_path) == before


# ---- what setting aside leaves


def found_after(root: Path) -> tuple[int, Step | None]:
    """What the next run finds."""
    journal = opened(root)
    journal.close()
    return journal.seq, journal.last


def test_the_sound_part_stays_and_everything_that_was_there_is_kept(files: Places, tmp_path: Path) -> None:
    spoil(files.journal, 4)
    damaged, pulse = files.journal.read_bytes(), files.pulse.read_bytes()
    done = set_aside(files.journal, "because")
    assert done.folder == files.aside(1)
    assert {path.name: path.read_bytes() for path in done.folder.iterdir()} == {
        files.journal.name: damaged,
        files.pulse.name: pulse,
        "damaged-rest": b"".join(damaged.splitlines(keepends=True)[3:]),
        "why.txt": b"because",
    }
    assert sorted(done.kept) == sorted(path.name for path in done.folder.iterdir())
    assert examine(files.journal).ailment is Ailment.NONE
    assert damaged.startswith(files.journal.read_bytes())
    assert found_after(tmp_path) == (2, opening(2))


def test_the_minutes_since_the_last_sound_step_are_to_be_evaluated_again(files: Places) -> None:
    spoil(files.journal, 4)
    set_aside(files.journal, "")
    pulse = read_pulse(files.pulse)
    assert pulse is not None
    assert (pulse.seq, pulse.minute, pulse.status) == (2, None, "stopped")
    assert "aside-1" in (pulse.error or "")


@pytest.mark.parametrize(("acked", "left"), [(1, 1), (2, 2), (6, 2)])
def test_what_was_acknowledged_stays_so_as_far_as_it_is_kept(tmp_path: Path, acked: int, left: int) -> None:
    files = written(tmp_path, 6, acked)
    spoil(files.journal, 4)
    set_aside(files.journal, "")
    journal = opened(tmp_path)
    journal.close()
    assert journal.acked == left
    assert [seq for seq, _ in journal.unacknowledged] == list(range(left + 1, 3))


def test_no_folder_is_written_to_twice(files: Places) -> None:
    for number in (1, 2, 3):
        spoil(files.journal, 5 - number)
        assert set_aside(files.journal, "").folder == files.aside(number)
    assert examine(files.journal).ailment is Ailment.NONE


def test_a_copy_is_moved_away_whole(files: Places, tmp_path: Path) -> None:
    copy = Places(files.journal.with_name("demo-breakout-ETHUSDT.jsonl"))
    copy.journal.write_bytes(files.journal.read_bytes())
    before = files.journal.read_bytes()
    done = set_aside(copy.journal, "")
    assert (done.folder / copy.journal.name).read_bytes() == before
    assert not copy.journal.exists()
    assert journals(tmp_path) == [files.journal]


def test_without_anything_sound_all_is_moved_and_the_next_run_begins_anew(segments: Places, tmp_path: Path) -> None:
    paths = [segments.journal, *sorted(segments.segments.iterdir())]
    for path in paths:
        spoil(path, 1)
    before = sorted([*(path.read_bytes() for path in paths), segments.pulse.read_bytes()])
    done = set_aside(segments.journal, "because")
    assert sorted(path.read_bytes() for path in done.folder.rglob("*") if path.is_file()) == sorted(
        [*before, b"because"]
    )
    assert journals(tmp_path) == []
    assert found_after(tmp_path) == (0, None)


def test_damaged_files_newer_than_the_sound_one_are_moved_with_it(segments: Places, tmp_path: Path) -> None:
    for path in (segments.journal, segments.segment(3)):
        spoil(path, 1)
    spoil(segments.segment(2), 3)
    set_aside(segments.journal, "")
    assert examine(segments.journal).ailment is Ailment.NONE
    assert found_after(tmp_path) == (4, opening(4))
    assert sorted(path.name for path in segments.segments.iterdir()) == ["000001.jsonl", "000002.jsonl"]


def test_a_hole_that_keeps_a_run_from_starting_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_600)
    files = written(tmp_path, 12, acked=2)
    spoil(files.segment(2), 3)
    found = examine(files.journal)
    assert (found.ailment, found.is_blocked) == (Ailment.HISTORY, True)
    with pytest.raises(JournalDamaged):
        opened(tmp_path)
    content = files.journal.read_bytes()
    set_aside(files.journal, "")
    assert files.journal.read_bytes() == content
    assert not examine(files.journal).is_blocked
    journal = opened(tmp_path)
    journal.close()
    assert [seq for seq, _ in journal.unacknowledged] == list(range(7, 13))


# ---- what is refused


@pytest.fixture(params=["sound", "other format", "unreadable", "history"])
def refused(request: pytest.FixtureRequest, segments: Places) -> Places:
    match request.param:
        case "other format":
            lines = rows(segments.journal)
            segments.journal.write_bytes(b"".join([resigned(lines[0], b'"v":2', b'"v":3'), *lines[1:]]))
        case "unreadable":
            segments.journal.unlink()
            segments.journal.mkdir()
        case "history":
            spoil(segments.segment(2), 3)
    return segments


def test_what_can_only_be_made_worse_is_refused_with_the_reason_and_left_alone(refused: Places, tmp_path: Path) -> None:
    before = state_of(tmp_path)
    with pytest.raises(JournalDamaged, match="nothing was set aside: ") as error:
        set_aside(refused.journal, "")
    assert error.value.exit_code == 65
    assert state_of(tmp_path) == before
    assert not refused.aside(1).exists()


@pytest.mark.parametrize("lock_deleted", [False, True])
def test_a_journal_in_use_is_refused(files: Places, tmp_path: Path, lock_deleted: bool) -> None:
    journal = opened(tmp_path)
    if lock_deleted:
        files.lock.unlink()
    spoil(files.journal, 4)
    before = files.journal.read_bytes()
    with pytest.raises(JournalLocked, match=f"in use by process {os.getpid()} "):
        set_aside(files.journal, "")
    journal.close()
    assert files.journal.read_bytes() == before
    assert not files.aside(1).exists()


def test_a_full_disk_changes_nothing_and_is_said(files: Places) -> None:
    class Full(Disk):
        def append(self, fd: int, content: bytes) -> None:
            raise OSError(28, "No space left on device")

    spoil(files.journal, 4)
    before = files.journal.read_bytes(), files.pulse.read_bytes()
    with pytest.raises(DiskFull, match=r"No space left on device\. Nothing is lost"):
        set_aside(files.journal, "", Full())
    assert (files.journal.read_bytes(), files.pulse.read_bytes()) == before
    assert set_aside(files.journal, "").folder == files.aside(2)


# ---- whatever happens to a file


def flips(content: bytes, every: int) -> Iterator[bytes]:
    for place in range(0, len(content), every):
        yield content[:place] + bytes((content[place] ^ 1 << place % 8,)) + content[place + 1 :]


def test_whatever_bit_is_flipped_a_sound_beginning_is_left(files: Places, tmp_path: Path) -> None:
    content, pulse = files.journal.read_bytes(), files.pulse.read_bytes()
    tried = 0
    for number, damaged in enumerate((*flips(content, 37), *(content[:size] for size in range(0, len(content), 97)))):
        files.journal.write_bytes(damaged)
        files.pulse.write_bytes(pulse)
        found = examine(files.journal)
        assert found.ailment in (Ailment.DAMAGED, Ailment.LOST), number
        set_aside(files.journal, "")
        if found.sound:
            assert content.startswith(files.journal.read_bytes())
        seq, last = found_after(tmp_path)
        assert last == (opening(seq) if seq else None)
        tried += 1
    assert tried > 80


def test_a_pulse_of_any_kind_is_no_hindrance(files: Places, tmp_path: Path) -> None:
    for content in (b"", b"\0" * 8192, b"x" * 5000):
        files.pulse.write_bytes(content)
        assert examine(files.journal).ailment is Ailment.NONE
    files.pulse.unlink()
    file = PulseFile(files.pulse)
    file.witness(999)
    file.close()
    assert examine(files.journal).ailment is Ailment.LOST
    set_aside(files.journal, "")
    assert found_after(tmp_path) == (6, opening(6))


def test_an_idle_journal_without_steps_is_sound(tmp_path: Path) -> None:
    opened(tmp_path).close()
    found = examine(places(tmp_path, IDENTITY).journal)
    assert found.ailment is Ailment.NONE
    assert found.sound is not None
    assert (found.sound.last, found.sound.acked) == (None, 0)
