"""Ownership of one journal: the lock, and the pulse that names its holder and bears witness to its length."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import CannotCreate, JournalLocked
from ..core.pulse import Pulse
from ..core.words import excerpt
from .clock import rest
from .disk import Disk, why_not
from .names import Places
from .pulse_file import PulseFile, read_pulse

if TYPE_CHECKING:
    from filelock import BaseFileLock

PATIENCE_SECONDS = 0.2
"""How long a start waits for a lock: `is_held` takes it for an instant, and must not keep a run from starting."""

ATTEMPTS = 40
"""How often it tries meanwhile."""


class Claim:
    """Holds one journal for this process until `release`, or until the process ends, however it ends.

    The operating system's lock on the lock file is the polite one. Deleting that file would let a second process
    in; the journal takes a second lock on its own file for that.
    """

    def __init__(self, places: Places, command: str, now: int) -> None:
        """Raises JournalLocked and CannotCreate."""
        self.files = places
        self._lock = locked(places)
        self.found = read_pulse(places.pulse) or Pulse()
        self._only_announced = False
        try:
            self._file = PulseFile(places.pulse)
        except OSError as error:
            self._lock.release()
            raise CannotCreate(f"cannot create {places.pulse}: {error.strerror}") from error
        self.began = self.found.seq
        self._holder = Pulse(pid=os.getpid(), host=socket.gethostname(), since=now, command=command, heartbeat=now)

    def beat(self, pulse: Pulse, seq: int) -> None:
        """Show `pulse`, signed by this process; step `seq` is the newest durable one."""
        self._only_announced = False
        mine = self._holder
        self._file.write(
            pulse._replace(
                seq=seq, pid=mine.pid, host=mine.host, since=mine.since, command=mine.command, began=self.began
            )
        )

    def announce(self) -> None:
        """Sign the found pulse, so that whoever is refused from now on is told by whom."""
        self.beat(self.found._replace(status="starting", heartbeat=self._holder.heartbeat), self.found.seq)
        self._only_announced = True

    def witness(self, seq: int) -> None:
        """Note that step `seq` is durable."""
        self._file.witness(seq)

    def refused(self) -> JournalLocked:
        """The error for whoever finds the journal's own lock taken."""
        return locked_error(self.files)

    def halt(self, reason: str) -> None:
        """Show why nobody runs on this journal; what the found pulse bears witness to is kept."""
        halted = self.found._replace(status="halted", error=reason, heartbeat=self._holder.heartbeat)
        self.beat(halted, halted.seq)

    def release(self) -> None:
        """Let go. Of a start that came to nothing, nothing is left to see."""
        if self._only_announced:
            self._file.write(self.found)
        self._file.close()
        self._lock.release()


def is_held(places: Places) -> bool | None:
    """Whether a process holds the journal right now; None when nobody can say.

    A lock file that is free may be a new one, made after the first was deleted: then the journal's own lock knows.
    """
    lock = _is_locked(places.lock)
    if lock:
        return True
    own = _is_locked(places.journal)
    return own if lock is None else bool(own)


def lock_own(disk: Disk, fd: int) -> bool:
    """Take the journal's own lock, or say that somebody else has it, and not only for an instant."""
    for _ in range(ATTEMPTS):
        if disk.lock(fd):
            return True
        rest(PATIENCE_SECONDS / ATTEMPTS)
    return False


def _is_locked(path: Path) -> bool | None:
    """Whether somebody has the exclusive lock of `path`; None when there is no such file, or it cannot be asked."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    else:
        return False
    finally:
        os.close(fd)


def locked(places: Places) -> BaseFileLock:
    """The lock of a journal, taken; whoever has it calls `release`. Raises JournalLocked and CannotCreate."""
    from filelock import FileLock, Timeout

    # The soft fallback would take the mere existence of a file for a lock: a kill -9 would leave it there for ever.
    lock = FileLock(
        places.lock,
        timeout=PATIENCE_SECONDS,
        poll_interval=PATIENCE_SECONDS / ATTEMPTS,
        thread_local=False,
        fallback_to_soft=False,
    )
    try:
        lock.acquire()
    except Timeout:
        raise locked_error(places) from None
    except (OSError, NotImplementedError) as error:
        why = why_not(error, places.lock) if isinstance(error, OSError) else str(error)
        raise CannotCreate(f"cannot lock {places.lock}: {why}") from error
    return lock


def locked_error(places: Places) -> JournalLocked:
    """The error for whoever is refused: it names the holder."""
    holder = read_pulse(places.pulse) or Pulse()
    who = (
        f"process {holder.pid} on {excerpt(holder.host)}: {excerpt(holder.command)}"
        if holder.pid
        else "another process"
    )
    return JournalLocked(f"{places.journal} is in use by {who}")
