"""SIGTERM and SIGINT: the first asks for a graceful end; a second, or a loop that is deaf, brings a hard one."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

PATIENCE_SECONDS = 1.7
"""A process that was asked to end and has not done so by then ends at once; what it did not finish, the next start
does. systemd, a terminal and a person all count on two seconds."""

RESTORE_SECONDS = 0.1
"""How long the terminal may take: one that was stopped by Ctrl-S takes nothing."""

ASKING = (signal.SIGTERM, signal.SIGINT)


class Farewell:
    """From its entry to the end of the process, SIGTERM and SIGINT are heeded; while it is entered, they call `ask`.

    A loop that is blocked runs no signal handler, so a thread reads the signals from the wakeup pipe that Python's C
    code writes to. `restore` is called before a hard end: it puts the terminal in order.
    """

    def __init__(self, ask: Callable[[], None], restore: Callable[[], None]) -> None:
        self._ask = ask
        self._restore = restore
        self._asked = False
        self._over = False
        self._code = 0

    def __enter__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in ASKING:
            signal.signal(number, _noted)
        threading.Thread(target=self._read, name="farewell", daemon=True).start()

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Nobody is asked any more. The last words may still hang on a reader who is gone, so patience goes on."""
        self._over = True
        self._code = 0 if error is None else getattr(error, "exit_code", 1)

    def _read(self) -> None:
        while True:
            for number in os.read(self._reader, 64):
                if number in ASKING:
                    self._heed()

    def _heed(self) -> None:
        if self._asked:
            self._end()
        self._asked = True
        threading.Thread(target=self._wait, name="farewell-patience", daemon=True).start()
        try:
            self._loop.call_soon_threadsafe(self._pass_on)
        except RuntimeError:
            # The loop is closed: the process is ending anyway.
            return

    def _pass_on(self) -> None:
        if not self._over:
            self._ask()

    def _wait(self) -> None:
        threading.Event().wait(PATIENCE_SECONDS)
        self._end()

    def _end(self) -> None:
        restoring = threading.Thread(target=self._restore, name="farewell-restore", daemon=True)
        restoring.start()
        restoring.join(RESTORE_SECONDS)
        os._exit(self._code)


def leave(code: int) -> NoReturn:
    """End the process where a thread would not let it; what has been printed is out."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _noted(number: int, frame: object) -> None:
    """Python-level handlers only have to exist; the wakeup pipe has already been written."""
