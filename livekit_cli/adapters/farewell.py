"""SIGTERM and SIGINT: the first asks for a graceful end; a second, or a loop that is deaf, brings a hard one."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable

PATIENCE_SECONDS = 1.8
"""A process that was asked to end and has not done so by then ends at once; what it did not finish, the next start
does. systemd, a terminal and a person all count on two seconds."""

ASKING = (signal.SIGTERM, signal.SIGINT)


class Farewell:
    """While it is entered, SIGTERM and SIGINT call `ask` on the running loop.

    A loop that is blocked runs no signal handler, so a thread reads the signals from the wakeup pipe that Python's C
    code writes to. `restore` is called, in that thread, before a hard end: it puts the terminal in order.
    """

    def __init__(self, ask: Callable[[], None], restore: Callable[[], None]) -> None:
        self._ask = ask
        self._restore = restore
        self._asked = threading.Event()
        self._over = threading.Event()

    def __enter__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in ASKING:
            signal.signal(number, _noted)
        threading.Thread(target=self._read, name="farewell", daemon=True).start()

    def __exit__(self, *_: object) -> None:
        """The graceful end has been reached; from here on a signal changes nothing any more."""
        self._over.set()
        signal.set_wakeup_fd(-1)
        for number in ASKING:
            signal.signal(number, signal.SIG_IGN)

    def _read(self) -> None:
        while True:
            for number in os.read(self._reader, 64):
                if number in ASKING:
                    self._heed()

    def _heed(self) -> None:
        if self._asked.is_set():
            self._end()
        self._asked.set()
        try:
            self._loop.call_soon_threadsafe(self._ask)
        except RuntimeError:
            # The loop is closed: the process is ending anyway.
            return
        threading.Thread(target=self._wait, name="farewell-patience", daemon=True).start()

    def _wait(self) -> None:
        if not self._over.wait(PATIENCE_SECONDS):
            self._end()

    def _end(self) -> None:
        self._restore()
        os._exit(0)


def _noted(number: int, frame: object) -> None:
    """Python-level handlers only have to exist; the wakeup pipe has already been written."""
