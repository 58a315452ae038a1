"""The table on a terminal, redrawn each second, and whatever is printed meanwhile above it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
import termios
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TextIO, cast

from ..adapters.clock import wall_ms
from ..ui.look import Look, look_of
from ..ui.screen import CLEAN_LINE, Screen
from ..ui.styled import painted
from ..ui.table import View, frame
from .output import Output
from .stand_in import StandIn, Waiting

REDRAW_MS = 1_000


class Display:
    """Draws views while it is entered, on the terminal that is standard output; `draw` may hang as long as that does.

    From the beginning it stands in for the standard streams, because what a strategy's file finds there when it is
    loaded, it may keep: a logger's handler does. A standard error that is no terminal is left alone.
    """

    def __init__(self) -> None:
        self._terminal = sys.stdout
        self._output = Output()
        self._screen = Screen()
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._size = (0, 0)
        self._typed = 0
        self.was_resized = False
        self.was_stopped = False
        self._waiting = Waiting()
        sys.stdout = cast("TextIO", StandIn(sys.stdout, self._waiting))
        if sys.stderr.isatty():
            sys.stderr = cast("TextIO", StandIn(sys.stderr, self._waiting))

    def __enter__(self) -> None:
        self._waiting.is_open = True

    def __exit__(self, *_: object) -> None:
        """The last drawing stays, with what was printed above it and the cursor below."""
        self._waiting.is_open = False
        with self._lock:
            self._leave()

    def draw(self, view: View) -> None:
        """Bring the terminal up to date. Raises OSError when it is gone."""
        with self._lock:
            self._notice()
            look = _look(self._terminal)
            self._size = look.width, look.height
            inside = replace(look, width=look.width - 1, height=look.height - 1)
            self._lines = [painted(line, look) for line in frame(view, wall_ms(), inside)]
            self._place(self._waiting.taken(), look)

    def say(self, line: str) -> None:
        """Print a line above the table, with the next drawing."""
        self._waiting.add(line + "\n")

    def give_up(self) -> None:
        """Before a hard end: what has been printed last is shown, unless a drawing hangs."""
        if self._lock.acquire(blocking=False):
            self._leave()

    def _leave(self) -> None:
        try:
            self._place(self._waiting.taken(to_the_end=True), _look(self._terminal))
            self._output.put(CLEAN_LINE)
        except OSError:
            # The terminal is gone, and with it whoever could be told.
            return

    def _place(self, printed: list[str], look: Look) -> None:
        self._output.put(self._screen.change(self._lines, self._size, [look.shown(line) for line in printed]))

    def _notice(self) -> None:
        """What may have moved the lines since the last time: another size, a shell after Ctrl-Z, an Enter typed."""
        if self.was_stopped:
            self.was_stopped = False
            self._screen.start_below()
        if self.was_resized or self._typed != _typed(self._terminal):
            self.was_resized, self._typed = False, _typed(self._terminal)
            self._screen.start_afresh()


async def show(display: Display, over: asyncio.Future[Any], draw: Callable[[], Awaitable[None]]) -> None:
    """Call `draw` at each second, and when the terminal has changed, until `over` is done; and once more then."""
    woken = asyncio.Event()
    with _heeding(display, woken):
        while not over.done():
            woken.clear()
            await draw()
            waking = asyncio.create_task(woken.wait())
            left = REDRAW_MS - wall_ms() % REDRAW_MS
            await asyncio.wait([over, waking], timeout=left / 1000, return_when=asyncio.FIRST_COMPLETED)
            waking.cancel()
    await draw()


@contextmanager
def _heeding(display: Display, woken: asyncio.Event) -> Iterator[None]:
    """The signals of a terminal. `add_signal_handler` would take away the pipe that SIGTERM comes through."""
    loop = asyncio.get_running_loop()

    def resized(_number: int, _frame: object) -> None:
        display.was_resized = True
        loop.call_soon_threadsafe(woken.set)

    def resumed(_number: int, _frame: object) -> None:
        display.was_stopped = True
        loop.call_soon_threadsafe(woken.set)

    before = [signal.signal(signal.SIGWINCH, resized), signal.signal(signal.SIGCONT, resumed)]
    try:
        yield
    finally:
        for number, handler in zip((signal.SIGWINCH, signal.SIGCONT), before, strict=True):
            signal.signal(number, handler)


def _look(terminal: TextIO) -> Look:
    """COLUMNS may ask for fewer columns than the terminal has; more would wrap every line."""
    look = look_of(terminal)
    try:
        columns = os.get_terminal_size(terminal.fileno()).columns
    except OSError:
        return look
    return replace(look, width=min(look.width, columns or look.width))


def _typed(terminal: TextIO) -> int:
    """How many characters of whole lines wait to be read: it grows with each Enter. Nobody reads them here."""
    try:
        return int.from_bytes(fcntl.ioctl(terminal.fileno(), termios.FIONREAD, bytes(4)), sys.byteorder)
    except OSError:
        return 0
