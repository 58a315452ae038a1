"""The few file operations that durability is made of, one method each, so that tests can cut the power between them."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the operating system says when there is no room for one more line."""


class Disk:
    """Plain system calls; every method raises OSError as they do."""

    def make_folder(self, folder: Path) -> None:
        """Create `folder` and what is missing above it, durably."""
        missing = [folder, *folder.parents]
        missing = [path for path in missing if not path.is_dir()]
        folder.mkdir(parents=True, exist_ok=True)
        for path in reversed(missing):
            self.sync_folder(path.parent)

    def open(self, path: Path) -> int:
        """A descriptor to read and append with; FileNotFoundError when there is no such file."""
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)

    def create(self, path: Path) -> int:
        """The same for a new, empty file; what was there before is gone."""
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)

    def lock(self, fd: int) -> bool:
        """Take the exclusive lock of an open file, or say that somebody else has it."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def read(self, fd: int) -> bytes:
        """All of the file."""
        size = os.fstat(fd).st_size
        content = b""
        while len(content) < size and (piece := os.pread(fd, size - len(content), len(content))):
            content = content + piece if content else piece
        return content

    def append(self, fd: int, content: bytes) -> None:
        """Add `content` at the end. An error may leave a part of it there."""
        written = os.write(fd, content)
        while written < len(content):
            written += os.write(fd, content[written:])

    def sync(self, fd: int) -> None:
        """Return when the file's content would survive a power cut."""
        os.fdatasync(fd)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def replace(self, source: Path, target: Path) -> None:
        """Give `source` the name `target`, in one move; durable after `sync_folder`."""
        source.replace(target)

    def sync_folder(self, folder: Path) -> None:
        """Return when the folder's names would survive a power cut."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def is_at(self, fd: int, path: Path) -> bool:
        """Whether `path` still names the open file."""
        mine = os.fstat(fd)
        try:
            there = path.stat()
        except FileNotFoundError:
            return False
        return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)

    def close(self, fd: int) -> None:
        os.close(fd)


def why_not(error: OSError, path: Path) -> str:
    """Why `path` cannot be made: the file in the place of one of its folders, or what the system says."""
    blocking = next((folder for folder in reversed(path.parents) if folder.exists() and not folder.is_dir()), None)
    if blocking is None and path.is_dir():
        return "it is a folder, expected a file"
    return f"{blocking} is a file, expected a folder" if blocking else error.strerror or str(error)


def plain_bytes(path: Path) -> bytes:
    """The content of a file; nothing of a pipe, which would keep its reader waiting. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        return file.read() or b""


def is_full(error: OSError) -> bool:
    """Whether `error` means that there is no space left, as against a disk that fails."""
    return error.errno in FULL
