"""Tries out what livekit asks of a folder: writing, syncing, renaming, locking. Nothing is left behind."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .clock import stopwatch, wall_ms
from .disk import Disk

SYNCS = 3
LINE = b"x" * 700
"""As long as a step."""

INTRUDER = """
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
try:
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit(3)
"""
REFUSED = 3

ASKING = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a folder turned out to do. `locks` is None when no second process could be had to try it.

    `ahead_ms` is how far the file system's clock is ahead of ours.
    """

    sync_ms: float
    renames: bool
    locks: bool | None
    ahead_ms: int


def nearest_folder(folder: Path) -> Path:
    """`folder`, or the one above it that is there."""
    return next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))


def try_writing(folder: Path) -> None:
    """Make a folder of our own below `folder`, and remove it. Raises OSError when that cannot be done."""
    with _unwinding(), _folder_of_our_own(folder):
        return


def try_folder(folder: Path, disk: Disk | None = None) -> Tried:
    """Work in a folder of our own below `folder`, and remove it. Raises OSError for what cannot be done at all."""
    disk = disk or Disk()
    with _unwinding(), _folder_of_our_own(folder) as here:
        first, second = here / "first", here / "second"
        fd = disk.create(first)
        try:
            slowest = max(_synced(disk, fd) for _ in range(SYNCS))
            ahead = int(os.fstat(fd).st_mtime * 1000) - wall_ms()
            locks = _is_exclusive(disk, fd, first)
        finally:
            disk.close(fd)
        second.write_bytes(b"")
        disk.replace(first, second)
        disk.sync_folder(here)
        renames = not first.exists() and second.read_bytes() == LINE * SYNCS
        return Tried(slowest * 1000, renames, locks, ahead)


@contextmanager
def _folder_of_our_own(folder: Path) -> Iterator[Path]:
    here = folder / f".livekit-check-{os.getpid()}"
    here.mkdir(exist_ok=True)  # one of that name is what a kill left of a process whose number we have now
    try:
        yield here
    finally:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ASKING)  # whoever asks now waits until it is tidy
        for path in here.iterdir():
            path.unlink()
        here.rmdir()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _unwinding() -> Iterator[None]:
    """A signal that asks us to end is heeded by unwinding, which tidies up, instead of where it strikes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in ASKING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _synced(disk: Disk, fd: int) -> float:
    began = stopwatch()
    disk.append(fd, LINE)
    disk.sync(fd)
    return stopwatch() - began


def _is_exclusive(disk: Disk, fd: int, path: Path) -> bool | None:
    """Whether a second process is kept out while we have the lock."""
    if not disk.lock(fd):
        return False
    try:
        arguments = [sys.executable, "-I", "-S", "-c", INTRUDER, str(path)]
        silence = [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
        pid = os.posix_spawn(sys.executable, arguments, os.environ, file_actions=silence)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except (OSError, ValueError):
        return None
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)
    return code == REFUSED if code in (0, REFUSED) else None
