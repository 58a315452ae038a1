"""Standard output is data, standard error is everything else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from ..core.errors import DiskFailed


class Output:
    """Standard output of a run, written past Python's buffers.

    A thread that hangs in a buffered write keeps the buffer's lock, and Python aborts when it cannot have it at exit.
    """

    def __init__(self) -> None:
        self._fd = sys.stdout.fileno()
        self._encoding = sys.stdout.encoding
        self._rest = b""

    def write(self, line: str = "") -> None:
        """Write `line` and what an earlier call that raised OSError left unwritten. May hang as long as the reader."""
        self.put(f"{line}\n" if line else "")

    def put(self, text: str) -> None:
        """The same for text that is not one line."""
        self._rest += text.encode(self._encoding, "backslashreplace")
        while self._rest:
            self._rest = self._rest[os.write(self._fd, self._rest) :]


def takes_a_table() -> bool:
    """Whether standard output is a terminal that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def print_lines(lines: Iterable[str]) -> bool:
    """Print to standard output; whether anybody reads it. Raises DiskFailed.

    A reader who has seen enough ends the printing, not the command: its exit code says what it would have said.
    """
    return _print(line + "\n" for line in lines)


def print_text(text: str) -> bool:
    """The same of a text that has its own ends of lines."""
    return _print([text])


def _print(pieces: Iterable[str]) -> bool:
    try:
        for piece in pieces:
            sys.stdout.write(piece)
            sys.stdout.flush()  # whoever reads the other end of a pipe gets whole lines, and each at once
    except BrokenPipeError:
        forget(sys.stdout)
        return False
    except OSError as error:
        forget(sys.stdout)
        raise DiskFailed(f"cannot write to standard output: {error.strerror}") from None
    return True


def complain(*lines: str) -> None:
    """Tell the trader on standard error, foreign text made inert."""
    from ..ui.inert import inert

    try:
        for line in lines:
            sys.stderr.write(inert(line) + "\n")
    except OSError:
        # Nobody can read the errors either; the exit code still tells.
        forget(sys.stderr)


def forget(stream: TextIO) -> None:
    """Send what Python still wants to flush at exit to nowhere, instead of into a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
