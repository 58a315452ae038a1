"""Who has a journal: asked without being in anybody's way, and nothing left of a start that came to nothing."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livekit_cli.adapters import records
from livekit_cli.adapters.claim import is_held, locked
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import JournalFile, open_journal
from livekit_cli.adapters.names import Places, places
from livekit_cli.adapters.pulse_file import read_pulse
from livekit_cli.adapters.records import read_record
from livekit_cli.core.errors import CannotCreate, DiskFailed, JournalLocked
from livekit_cli.core.event import Mode
from livekit_cli.core.health import Health, judge
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.state import Identity, Idle, Step

IDENTITY = Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT")
NOW = 1_772_410_205_000


def files(root: Path) -> Places:
    return places(root, IDENTITY)


def opened(root: Path, disk: Disk | None = None) -> JournalFile:
    return open_journal(root, IDENTITY, disk or Disk(), "livekit run BTCUSDT", NOW)


def word(root: Path) -> Health:
    return judge(read_record(files(root).journal).snapshot, NOW).health


def test_a_journal_is_held_from_its_opening_to_its_close(tmp_path: Path) -> None:
    assert is_held(files(tmp_path)) is None
    journal = opened(tmp_path)
    assert is_held(files(tmp_path)) is True
    journal.close()
    assert is_held(files(tmp_path)) is False


def test_a_lock_that_cannot_be_made_is_told_once_and_in_words(tmp_path: Path) -> None:
    lock = files(tmp_path).lock
    lock.mkdir(parents=True)
    with pytest.raises(CannotCreate) as refused:
        locked(files(tmp_path))
    assert str(refused.value) == f"cannot lock {lock}: it is a folder, expected a file"


def test_a_deleted_lock_file_hides_no_holder(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    files(tmp_path).lock.unlink()
    assert is_held(files(tmp_path)) is True
    with pytest.raises(JournalLocked):
        opened(tmp_path)  # leaves a lock file of its own, which nobody holds
    assert files(tmp_path).lock.exists()
    assert is_held(files(tmp_path)) is True
    journal.close()
    files(tmp_path).lock.unlink()
    assert is_held(files(tmp_path)) is False


def test_a_journal_that_was_taken_away_from_its_holder_is_held(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    files(tmp_path).journal.unlink()
    assert is_held(files(tmp_path)) is True
    journal.close()
    assert is_held(files(tmp_path)) is False


def test_asking_makes_no_file(tmp_path: Path) -> None:
    files(tmp_path).lock.parent.mkdir(parents=True)
    assert is_held(files(tmp_path)) is None
    assert list(files(tmp_path).lock.parent.iterdir()) == []


# ---- starts that come to nothing


def test_a_start_that_comes_to_nothing_leaves_the_pulse_as_it_was(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    for before in (Pulse(), Pulse(heartbeat=NOW, status="stopped", minute=60_000), Pulse(heartbeat=NOW, minute=60_000)):
        if before.heartbeat:
            journal.beat(before)
        journal.close()
        left = read_pulse(files(tmp_path).pulse)
        opened(tmp_path).close()
        assert read_pulse(files(tmp_path).pulse) == left
        journal = opened(tmp_path)
    journal.close()


def test_a_start_is_announced_to_whoever_looks_meanwhile(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    pulse = read_record(files(tmp_path).journal).pulse
    assert (pulse.status, pulse.heartbeat, pulse.command) == ("starting", NOW, "livekit run BTCUSDT")
    assert word(tmp_path) == Health.OK
    journal.close()


def test_who_is_refused_leaves_the_holders_pulse_alone(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.beat(Pulse(heartbeat=NOW, status="running", minute=60_000))
    shown = files(tmp_path).pulse.read_bytes()
    for deleted in (False, True):
        if deleted:
            files(tmp_path).lock.unlink()
        with pytest.raises(JournalLocked):
            opened(tmp_path)
        assert files(tmp_path).pulse.read_bytes() == shown
    journal.close()


def test_a_disk_that_fails_at_a_start_halts_the_symbol_for_all_to_see(tmp_path: Path) -> None:
    class Failing(Disk):
        def sync(self, fd: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

    opened(tmp_path).close()
    with pytest.raises(DiskFailed):
        opened(tmp_path, Failing())
    snapshot = read_record(files(tmp_path).journal).snapshot
    assert judge(snapshot, NOW).health == Health.HALTED
    assert "Input/output error" in (snapshot.pulse.error or "")


# ---- looking at what begins and ends


PROBES = """
import sys
from pathlib import Path
from livekit_cli.adapters.claim import is_held
from livekit_cli.adapters.names import Places
places = Places(Path(sys.argv[1]))
print("probing", flush=True)
while True:
    is_held(places)
"""


@pytest.fixture
def probed(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose journal three processes ask about as fast as they can, with and without a lock file."""
    opened(tmp_path).close()
    command = [sys.executable, "-c", PROBES, str(files(tmp_path).journal)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"probing\n"
    yield tmp_path
    for process in processes:
        process.kill()
        process.communicate()


def test_whoever_asks_keeps_nobody_from_starting(probed: Path) -> None:
    for number in range(100):
        if number % 2:
            files(probed).lock.unlink()
        opened(probed).close()


def test_one_that_starts_or_stops_between_two_looks_has_not_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(tmp_path).close()
    running: list[JournalFile] = []

    def starts(path: Path) -> Pulse | None:
        if not running:
            running.append(opened(tmp_path))
            running[0].beat(Pulse(heartbeat=NOW, minute=60_000, status="running"))
        return read_pulse(path)

    def stops(path: Path) -> Pulse | None:
        before = read_pulse(path)
        if running:
            running[0].beat(Pulse(heartbeat=NOW, minute=60_000, status="stopped"))
            running.pop().close()
        return before

    monkeypatch.setattr(records, "read_pulse", starts)
    assert word(tmp_path) == Health.OK
    monkeypatch.setattr(records, "read_pulse", stops)
    assert word(tmp_path) == Health.STOPPED


def test_a_journal_in_use_is_refused_whatever_asks_about_it(probed: Path) -> None:
    journal = opened(probed)
    for _ in range(3):
        with pytest.raises(JournalLocked):
            opened(probed)
    asyncio.run(journal.append(Step(60_000, Idle()), 0))
    journal.close()
