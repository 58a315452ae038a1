"""The journal of one symbol: one checksummed, linked, append-only file that a step is durable in.

Laws:
- A step is appended and synced before anything acts on it; the memory changes after that.
- What is read at opening is synced before anything acts on it: a step that was seen once is never lost later.
- Only a torn tail is cut off, and it is kept beside. Damage is never mended here, and nothing is ever deleted.
- The pulse bears witness to the newest step. A journal that ends before it has lost lines.
- A sync that failed is never tried again: the kernel may have dropped the pages and would say "done" the next time.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from ..core.errors import CannotCreate, DiskFailed, DiskFull, JournalDamaged, JournalError, UsageError
from ..core.event import Event
from ..core.pulse import Pulse
from ..core.state import Identity, Step
from .claim import Claim, lock_own
from .disk import Disk, is_full, why_not
from .lines import NO_SUM, Content, Line, header_line, step_line
from .names import Places, file_stem, places
from .reading import ADVICE, decoded, foreign, lost_lines, published_after, read_content
from .threads import Threads

SEGMENT_BYTES = 64 * 1024
"""A file that would grow past this is kept as a segment and a new one begun; it bounds what an opening reads."""

DISK_SECONDS = 30.0
"""How long an append may take before the disk counts as failed."""

DISK_THREADS = Threads(8, "disk")
"""Shared by all journals: eight syncs at a time make three times as many lines durable as one after the other."""


class JournalFile:
    """Implements `ports.Journal` on files. Made by `open_journal`."""

    def __init__(self, claim: Claim, identity: Identity, disk: Disk, fd: int, content: Content) -> None:
        self._files = files = claim.files
        self._identity = identity
        self._disk = disk
        self._claim = claim
        claim.began = content.seq
        self._fd = fd
        self._segment = content.header.segment
        self._size = content.size
        self._seq = content.seq
        self._sum = content.sum
        self._broken: str | None = None
        self._guard = threading.Lock()
        self._appending = False
        self._closed = False
        self._last, self._acked = _newest(content, files)
        self._acked = max(self._acked, claim.found.acked)
        self._unacknowledged = published_after(self._acked, content, files)

    @property
    def last(self) -> Step | None:
        return self._last

    @property
    def seq(self) -> int:
        return self._seq

    @property
    def acked(self) -> int:
        return self._acked

    @property
    def unacknowledged(self) -> list[tuple[int, Event]]:
        return self._unacknowledged

    @property
    def pulse(self) -> Pulse:
        return self._claim.found

    def beat(self, pulse: Pulse) -> None:
        self._claim.beat(pulse, self._seq)

    def close(self) -> None:
        with self._guard:
            self._closed = True
            if not self._appending:
                self._let_go()

    async def append(self, step: Step, acked: int) -> int:
        if self._broken:
            raise DiskFailed(f"{self._files.journal}: {self._broken}; nothing is written to it until a restart")
        line = step_line(step, acked, self._seq + 1, self._sum)
        # Stays set when the caller is cancelled or the disk hangs: a second append must not meet the first.
        self._broken = "an earlier append has not ended"
        call = DISK_THREADS.run(lambda: self._append_in_thread(line, step, acked))
        deadline = asyncio.get_running_loop().call_later(DISK_SECONDS, _give_up, call)
        try:
            seq = await call
        except TimeoutError:
            raise DiskFailed(f"{self._files.journal}: no answer from the disk in {DISK_SECONDS:.0f} s") from None
        except DiskFull:
            self._broken = None
            raise
        except JournalError as error:
            self._broken = str(error)
            raise
        finally:
            deadline.cancel()
        self._broken = None
        return seq

    def _append_in_thread(self, line: Line, step: Step, acked: int) -> int:
        # An append that nobody waits for any more still owns the file: closed under it, the descriptor could come to
        # stand for another journal. So whoever ends last, the append or `close`, lets go of it.
        with self._guard:
            if self._closed:
                raise DiskFailed(f"{self._files.journal} was closed")
            self._appending = True
        try:
            return self._append(line, step, acked)
        finally:
            self._appended()

    def _appended(self) -> None:
        with self._guard:
            self._appending = False
            if self._closed:
                self._let_go()

    def _let_go(self) -> None:
        self._disk.close(self._fd)
        self._claim.release()

    def _append(self, line: Line, step: Step, acked: int) -> int:
        self._check_place()
        try:
            if self._size + len(line.content) < SEGMENT_BYTES:
                self._add(line)
            else:
                line = self._rotate(step, acked)
        except OSError as error:
            raise self._cut_back(error) from error
        self._seq, self._sum, self._last = line.seq, line.sum, step
        # At once, not with the next beat: from here on, a journal that ends before this line has lost it.
        self._claim.witness(self._seq)
        return self._seq

    def _check_place(self) -> None:
        try:
            is_there = self._disk.is_at(self._fd, self._files.journal)
        except OSError as error:
            raise DiskFailed(f"{self._files.journal}: cannot be looked at: {error.strerror}") from error
        if not is_there:
            raise JournalDamaged(f"{self._files.journal}: the file was moved, replaced or deleted while in use")

    def _add(self, line: Line) -> None:
        self._disk.append(self._fd, line.content + b"\n")
        try:
            self._disk.sync(self._fd)
        except OSError as error:
            raise DiskFailed(f"{self._files.journal}: the disk did not confirm a write: {error.strerror}") from error
        self._size += len(line.content) + 1

    def _cut_back(self, error: OSError) -> JournalError:
        """Cut back to the last good line; the answer says what is wrong with the disk."""
        try:
            self._disk.truncate(self._fd, self._size)
            self._disk.sync(self._fd)
        except OSError as second:
            return DiskFailed(f"{self._files.journal}: cannot write: {error.strerror}, nor cut back: {second.strerror}")
        if is_full(error):
            return DiskFull(f"{self._files.journal}: cannot write: {error.strerror}")
        return DiskFailed(f"{self._files.journal}: cannot write: {error.strerror}")

    def _rotate(self, step: Step, acked: int) -> Line:
        """Keep the file as a numbered segment, and begin a new one with `step`.

        The journal's name always stands for a whole file: the old one until the replace, the new one after it. A
        crash in between leaves a copy that nobody counts and the next rotation overwrites.
        """
        files, disk = self._files, self._disk
        disk.make_folder(files.segments)
        disk.close(_write_file(disk, files.fresh, disk.read(self._fd)[: self._size]))
        disk.replace(files.fresh, files.segment(self._segment))
        disk.sync_folder(files.segments)
        header = header_line(self._identity, self._segment + 1, self._seq, self._sum)
        line = step_line(step, acked, self._seq + 1, header.sum)
        content = header.content + b"\n" + line.content + b"\n"
        fd = _write_file(disk, files.fresh, content)
        _take_name(disk, fd, files)
        disk.close(self._fd)
        self._fd, self._size, self._segment = fd, len(content), self._segment + 1
        try:
            disk.sync_folder(files.journal.parent)
        except OSError as error:
            # Too late to cut back: the new file has the name, and nobody can say whether it will keep it.
            raise DiskFailed(f"{files.journal}: the disk did not confirm a new file: {error.strerror}") from error
        return line


def _give_up(call: asyncio.Future[int]) -> None:
    if not call.done():
        call.set_exception(TimeoutError())


def open_journal(data_folder: Path, identity: Identity, disk: Disk, command: str, now: int) -> JournalFile:
    """Lock, verify and sync the journal of `identity`; create it when it never existed.

    Raises JournalLocked, JournalDamaged, CannotCreate, DiskFailed and UsageError (a name that cannot be a file's).
    """
    files = places(data_folder, identity)
    try:
        disk.make_folder(files.journal.parent)
    except OSError as error:
        raise CannotCreate(f"cannot create {files.journal.parent}: {why_not(error, files.journal)}") from error
    claim = Claim(files, command, now)
    try:
        return _opened(files, identity, disk, claim)
    except (JournalDamaged, DiskFailed) as error:
        claim.halt(str(error))
        claim.release()
        raise
    except BaseException:
        claim.release()
        raise


def _opened(files: Places, identity: Identity, disk: Disk, claim: Claim) -> JournalFile:
    fd = _open_or_create(files, identity, disk, claim)
    try:
        if not lock_own(disk, fd) or not disk.is_at(fd, files.journal):
            raise claim.refused()
        content = read_content(files.journal, disk.read(fd))
        _check_identity(content, identity, files)
        claim.announce()
        _check_witness(content.seq, claim, files)
        if content.tail:
            _cut_tail(content, files, disk, fd)
        disk.sync(fd)
        disk.sync_folder(files.journal.parent)
        return JournalFile(claim, identity, disk, fd, content)
    except OSError as error:
        disk.close(fd)
        raise DiskFailed(f"{files.journal}: cannot be read and synced: {error.strerror}") from error
    except BaseException:
        disk.close(fd)
        raise


def _open_or_create(files: Places, identity: Identity, disk: Disk, claim: Claim) -> int:
    try:
        return disk.open(files.journal)
    except FileNotFoundError:
        _check_witness(0, claim, files)
    except OSError as error:
        raise CannotCreate(f"cannot open {files.journal}: {error.strerror}") from error
    if files.segments.exists():
        raise JournalDamaged(f"{files.journal}: the file is gone, but {files.segments} has older lines. {ADVICE}")
    try:
        # A process that was killed before this one may have made the folders and not lived to make them durable.
        for folder in (files.journal.parent, *files.journal.parent.parents[:2]):
            disk.sync_folder(folder.parent)
        # Under another name first: an empty or half a journal can then only be a damaged one.
        fd = _write_file(disk, files.fresh, header_line(identity, 1, 0, NO_SUM).content + b"\n")
        _take_name(disk, fd, files)
    except OSError as error:
        raise CannotCreate(f"cannot create {files.journal}: {error.strerror}") from error
    return fd


def _write_file(disk: Disk, path: Path, content: bytes) -> int:
    """A new file with `content`, locked and synced, still open."""
    fd = disk.create(path)
    try:
        disk.lock(fd)
        disk.append(fd, content)
        disk.sync(fd)
    except BaseException:
        disk.close(fd)
        raise
    return fd


def _take_name(disk: Disk, fd: int, files: Places) -> None:
    """Make the fresh file the journal. One that fails to become it is let go of: left open, it would stay locked."""
    try:
        disk.replace(files.fresh, files.journal)
    except BaseException:
        disk.close(fd)
        raise


def _check_identity(content: Content, identity: Identity, files: Places) -> None:
    found = content.header.identity
    if found == identity:
        return
    if file_stem(found) == file_stem(identity) and found.mode is identity.mode:
        # Nothing is wrong with the journal, whose own symbol goes on with it.
        raise UsageError(f"{found.symbol} has the journal {files.journal.name}, which {identity.symbol} would share")
    raise JournalDamaged(foreign(files.journal, found, identity))


def _check_witness(seq: int, claim: Claim, files: Places) -> None:
    if damage := lost_lines(seq, claim.found.seq, files):
        raise JournalDamaged(damage)


def _cut_tail(content: Content, files: Places, disk: Disk, fd: int) -> None:
    try:
        _keep(content.tail + b"\n", files.torn, disk)
    except OSError as error:
        # On a full disk the tail is dropped: watching an open signal is worth more than a line nobody acted on.
        if not is_full(error):
            raise
    disk.truncate(fd, content.size)


def _keep(content: bytes, path: Path, disk: Disk) -> None:
    try:
        fd = disk.open(path)
    except FileNotFoundError:
        fd = disk.create(path)
    try:
        disk.append(fd, content)
        disk.sync(fd)
    finally:
        disk.close(fd)


def _newest(content: Content, files: Places) -> tuple[Step | None, int]:
    if not content.lines:
        return None, 0
    return decoded(content.lines[-1], files.journal)
