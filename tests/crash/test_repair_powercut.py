"""A power cut or a kill at any operation of setting aside: the journal is as damaged as it was, or it is repaired."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from lives import IDENTITY, lives
from powercut import LOSSES, Image, Node, PowerDisk

from livekit_cli.adapters import journal as journal_module
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import open_journal
from livekit_cli.adapters.lines import NO_SUM, header_line, step_line
from livekit_cli.adapters.names import Places, places
from livekit_cli.adapters.repair import set_aside
from livekit_cli.adapters.soundness import Ailment, examine, journals
from livekit_cli.core.event import Mode
from livekit_cli.core.state import Identity

STEPS = lives(3)
OTHER = Identity(Mode.PAPER, "demo", "breakout", "ETHUSDT")


@dataclass(frozen=True)
class Case:
    """A way to damage a journal of STEPS in segments, what it is called, and the step that it can be kept up to."""

    name: str
    damage: Callable[[Places], None]
    ailment: Ailment
    kept: int

    def __str__(self) -> str:
        return self.name


def flip(path: Path, line: int) -> None:
    rows = path.read_bytes().split(b"\n")
    rows[line - 1] = rows[line - 1][:-9] + b"#" + rows[line - 1][-8:]
    path.write_bytes(b"\n".join(rows))


def cut_last_line(files: Places) -> None:
    content = files.journal.read_bytes()
    files.journal.write_bytes(content[: content[:-1].rfind(b"\n") + 1])


def all_headers(files: Places) -> None:
    for path in (files.journal, *files.segments.iterdir()):
        flip(path, 1)


def no_journal_and_no_sound_segment(files: Places) -> None:
    all_headers(files)
    files.journal.unlink()


def foreign(files: Places) -> None:
    """The journal of another symbol in its place."""
    step = step_line(STEPS[0], 0, 1, header_line(OTHER, 1, 0, NO_SUM).sum)
    files.journal.write_bytes(header_line(OTHER, 1, 0, NO_SUM).content + b"\n" + step.content + b"\n")


def unread_events_in_a_hole(files: Places) -> None:
    files.pulse.unlink()
    flip(files.segment(2), 2)


def newest(files: Places) -> int:
    """How many older files there are."""
    return len(list(files.segments.iterdir()))


CASES = [
    Case("a damaged line", lambda files: flip(files.journal, 3), Ailment.DAMAGED, 10),
    Case("a damaged first step", lambda files: flip(files.journal, 2), Ailment.DAMAGED, 9),
    Case("a damaged last line", lambda files: flip(files.journal, 4), Ailment.DAMAGED, 11),
    Case("a damaged header", lambda files: flip(files.journal, 1), Ailment.DAMAGED, 9),
    Case("another's journal", foreign, Ailment.FOREIGN, 9),
    Case("every header", all_headers, Ailment.DAMAGED, 0),
    Case("lines lost", cut_last_line, Ailment.LOST, 11),
    Case("the journal gone", lambda files: files.journal.unlink(), Ailment.GONE, 9),
    Case("nothing sound", no_journal_and_no_sound_segment, Ailment.GONE, 0),
    Case("unread events in a hole", unread_events_in_a_hole, Ailment.HISTORY, 12),
]


def write(root: Path, steps: int, acked: int = 0) -> Places:
    async def appended() -> None:
        for taken in STEPS[:steps]:
            await journal.append(taken, acked)

    journal = open_journal(root, IDENTITY, Disk(), "a test", 0)
    asyncio.run(appended())
    journal.close()
    return places(root, IDENTITY)


def image_of(root: Path) -> Image:
    """What is on the disk now, durable; but for pulses, which are in nobody's books."""
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix not in (".lock", ".pulse"))
    nodes = {number: Node(path.read_bytes(), path.read_bytes()) for number, path in enumerate(paths)}
    names = {path: number for number, path in enumerate(paths)}
    folders = frozenset({root, *(path for path in root.rglob("*") if path.is_dir())})
    pulses = {path: path.read_bytes() for path in root.rglob("*.pulse")}
    return Image(nodes, names, folders, dict(names), folders, pulses)


def contents(root: Path) -> list[bytes]:
    return [path.read_bytes() for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_300)
    return tmp_path / "data"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_crash_at_any_operation_leaves_it_as_damaged_as_it_was_or_repaired(case: Case, root: Path) -> None:
    files = write(root, len(STEPS))
    assert newest(files) == 3
    case.damage(files)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"}
    was = files.journal.read_bytes() if files.journal.exists() else None
    assert examine(files.journal).ailment == case.ailment

    images: list[Image] = []
    start = image_of(root)
    disk = PowerDisk(root, start, lambda _: images.append(disk.image()))
    set_aside(files.journal, "because", disk)
    images.append(disk.image())
    assert len(images) > 15
    tried = set()
    for image in images:
        for loss in (None, *LOSSES):
            after = image.after(loss)
            if after.key not in tried:
                tried.add(after.key)
                check(root, after, case, was, before)
    assert len(tried) > 10


def check(root: Path, image: Image, case: Case, was: bytes | None, before: dict[Path, bytes]) -> None:
    """Whatever the crash left can be set aside once more, opens, and has lost not a byte but those of a pulse."""
    files = places(root, IDENTITY)
    disk = PowerDisk(root, image)
    if is_ill(files):
        assert (files.journal.read_bytes() if files.journal.exists() else None) == was
        assert examine(files.journal).ailment == case.ailment
        set_aside(files.journal, "because", disk)
    assert not is_ill(files)
    left = contents(root)
    for path, content in before.items():
        assert content in left or path.suffix == ".pulse", path
    journal = open_journal(root, IDENTITY, disk, "a test", 0)
    journal.close()
    assert journal.seq == case.kept
    assert journal.last == (STEPS[journal.seq - 1] if journal.seq else None)


def is_ill(files: Places) -> bool:
    """Whether a run would be refused."""
    found = examine(files.journal)
    if found.ailment is Ailment.GONE:
        return files.journal in journals(files.journal.parents[2])
    return found.is_blocked if found.ailment is Ailment.HISTORY else found.ailment is not Ailment.NONE
