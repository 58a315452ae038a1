"""The log on standard error, written by a thread: a reader of the log who has stopped reading must not stop a loop."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TextIO

FLUSH_SECONDS = 0.3
"""How long the end of a run waits for the last lines to be written."""


class StderrLog(logging.Handler):
    """While it is entered, the records of `logger` go to standard error, a line each, foreign text made inert."""

    def __init__(self, logger: logging.Logger, inert: Callable[[str], str]) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
        self._logger = logger
        self._inert = inert
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._written = threading.Event()

    def __enter__(self) -> None:
        # Looked up here and not before: a live table has put its own stream in place.
        threading.Thread(target=self._write, args=(sys.stderr,), name="log", daemon=True).start()
        self._logger.addHandler(self)
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._lines.put(None)
        self._written.wait(FLUSH_SECONDS)

    def emit(self, record: logging.LogRecord) -> None:
        for line in self.format(record).splitlines():
            self._lines.put(self._inert(line))

    def _write(self, stream: TextIO) -> None:
        while (line := self._lines.get()) is not None:
            try:
                _put(line + "\n", stream)
            except OSError:
                # Nobody reads the log any more; `status` still shows the last error of each symbol.
                continue
        self._written.set()


def _put(line: str, stream: TextIO) -> None:
    if stream is not sys.__stderr__:
        stream.write(line)
        stream.flush()
        return
    # Past Python's buffer: a thread that hangs in there keeps its lock, and Python aborts without it at exit.
    rest = line.encode(stream.encoding, "backslashreplace")
    while rest:
        rest = rest[os.write(stream.fileno(), rest) :]
