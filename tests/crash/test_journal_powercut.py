"""A power cut or a kill at any disk operation of a journal, and again while it recovers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from lives import IDENTITY, lives, published
from powercut import LOSSES, Cut, Image, PowerDisk, dies_at

from livekit_cli.adapters import journal as journal_module
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import JournalFile, open_journal
from livekit_cli.adapters.names import places
from livekit_cli.adapters.records import read_events, read_record
from livekit_cli.core.errors import LivekitError

STEPS = lives(2)
PATH = places(Path(), IDENTITY).journal

Opened = Callable[[Path, Disk], JournalFile]


class Moment(NamedTuple):
    """The disk at one operation, and what the process had been told until then."""

    image: Image
    appended: int
    acked: int


def opened(root: Path, disk: Disk) -> JournalFile:
    return open_journal(root, IDENTITY, disk, "livekit run", 0)


@pytest.fixture(params=[256 * 1024, 2_000], ids=["one file", "segments"])
def segment_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", request.param)
    return int(request.param)


def moments(root: Path, image: Image | None = None, opening: Opened = opened) -> list[Moment]:
    """The disk at every operation of a run that appends what is missing of STEPS."""
    found: list[Moment] = []
    told = [0, 0]
    disk = PowerDisk(root, image, lambda _: found.append(Moment(disk.image(), *told)))

    asyncio.run(go_on(opening(root, disk), told))
    found.append(Moment(disk.image(), *told))
    return list({(moment.image.key, *moment[1:]): moment for moment in found}.values())


async def go_on(journal: JournalFile, told: list[int]) -> None:
    """Append what is missing of STEPS."""
    told[:] = journal.seq, journal.acked
    try:
        for seq in range(journal.seq, len(STEPS)):
            acked = max((number for number, _ in published(STEPS) if number < seq), default=0)
            await journal.append(STEPS[seq], acked)
            told[:] = seq + 1, acked
    finally:
        journal.close()


def check(root: Path, journal: JournalFile, least: int, acked: int) -> None:
    """The journal holds what was appended, perhaps the step in hand, and nothing else; readers see the same."""
    assert least <= journal.seq <= least + 1
    assert journal.last == (STEPS[journal.seq - 1] if journal.seq else None)
    assert journal.acked >= acked or journal.seq == least
    events = published(STEPS[: journal.seq])
    assert journal.unacknowledged == [(seq, event) for seq, event in events if seq > journal.acked]
    record = read_record(root / PATH)
    assert record.damage is None
    assert record.last == journal.last
    assert list(read_events(record)) == [event for _, event in events]


def outcomes(image: Image) -> list[tuple[str, Image]]:
    """What a kill and each kind of power cut leave; those that leave the same are tried once."""
    left = {"killed": image} | {f"lost {loss.name}": image.after(loss) for loss in LOSSES}
    return list({after.key: (how, after) for how, after in left.items()}.values())


def sweep(root: Path, opening: Opened = opened) -> int:
    """Crash at every operation, open, go on to the end; the number of crashes tried."""
    tried = 0
    for number, moment in enumerate(moments(root)):
        for how, image in outcomes(moment.image):
            tried += 1
            try:
                journal = opening(root, PowerDisk(root, image))
                check(root, journal, moment.appended, moment.acked)
                asyncio.run(go_on(journal, [0, 0]))
            except LivekitError as error:
                raise AssertionError(f"operation {number}, {how}: {error}") from error
            complete = read_record(root / PATH)
            assert [event for _, event in published(STEPS)] == list(read_events(complete)), (number, how)
    return tried


@pytest.mark.usefixtures("segment_bytes")
def test_a_crash_at_any_operation_keeps_every_step_that_was_appended(tmp_path: Path) -> None:
    assert sweep(tmp_path / "data") > 100


def while_opening(root: Path, image: Image, appended: int) -> list[tuple[Image, int, int]]:
    """The disk at every operation of an opening, with the least and the most steps that a further one may find."""
    images: list[Image] = []
    disk = PowerDisk(root, image, lambda _: images.append(disk.image()))
    journal = opened(root, disk)
    journal.close()
    before = {image.key: (image, appended, journal.seq) for image in images}
    return [*before.values(), (disk.image(), journal.seq, journal.seq)]


@pytest.mark.usefixtures("segment_bytes")
def test_a_second_crash_during_recovery_keeps_what_the_first_opening_saw(tmp_path: Path) -> None:
    root = tmp_path / "data"
    pairs = 0
    for moment in moments(root)[::3]:
        for _, image in outcomes(moment.image):
            for second, least, most in while_opening(root, image, moment.appended):
                for _, left in outcomes(second):
                    pairs += 1
                    again = opened(root, PowerDisk(root, left))
                    again.close()
                    check(root, again, least, 0)
                    assert least <= again.seq <= most
    assert pairs > 200


def test_a_process_that_dies_inside_an_operation_leaves_a_sound_journal(tmp_path: Path, segment_bytes: int) -> None:
    root = tmp_path / "data"
    count = len(moments(root))
    for number in range(count - 1):
        disk = PowerDisk(root, None, dies_at(number))
        holder: list[JournalFile] = []

        async def run(disk: PowerDisk = disk, holder: list[JournalFile] = holder) -> None:
            holder.append(opened(root, disk))
            for seq in range(len(STEPS)):
                await holder[0].append(STEPS[seq], 0)

        with pytest.raises(Cut):
            asyncio.run(run())
        if holder:
            holder[0].close()
        again = opened(root, PowerDisk(root, disk.image()))
        again.close()
        check(root, again, holder[0].seq if holder else 0, 0)
