"""What stands in for the standard streams while a table is on: a printed line waits to be shown above it."""

from __future__ import annotations

import io
import threading
from collections import deque
from typing import Any, TextIO

MOST = 1_000
"""Lines that wait for the next drawing, when a strategy prints a flood or the terminal takes nothing; then the oldest
are left out."""

LONGEST = 10_000
"""Characters printed without a line's end until they count as a line."""


class Waiting:
    """Lines from any thread, until the next drawing. Nobody who prints ever waits for the terminal."""

    def __init__(self) -> None:
        self.is_open = False
        self._lock = threading.Lock()
        self._lines: deque[str] = deque(maxlen=MOST)
        self._left_out = 0
        self._rest = ""

    def add(self, text: str) -> None:
        with self._lock:
            *lines, self._rest = (self._rest + text).split("\n")
            if len(self._rest) > LONGEST:
                lines, self._rest = [*lines, self._rest], ""
            self._left_out += max(0, len(self._lines) + len(lines) - MOST)
            self._lines.extend(lines)

    def taken(self, *, to_the_end: bool = False) -> list[str]:
        """The whole lines, which then wait no longer; `to_the_end` with what has no line's end yet."""
        with self._lock:
            lines = [f"({self._left_out} lines left out)"] if self._left_out else []
            lines += self._lines
            self._lines.clear()
            self._left_out = 0
            if to_the_end and self._rest:
                lines.append(self._rest)
                self._rest = ""
            return lines


class StandIn(io.TextIOBase):
    """`stream`, except that what is printed to it waits in `waiting` as long as that is open. It is no terminal."""

    def __init__(self, stream: TextIO, waiting: Waiting) -> None:
        self._stream = stream
        self._waiting = waiting

    def write(self, text: str) -> int:
        if not self._waiting.is_open:
            return self._stream.write(text)
        self._waiting.add(text)
        return len(text)

    def flush(self) -> None:
        if not self._waiting.is_open:
            self._stream.flush()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # as TextIO has it; the base class only has None
        return self._stream.encoding

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
