"""A progress bar on standard error where that is a terminal; it hides nothing and is gone when the work is done."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import NamedTuple, Self

from ..ui.look import look_of

REDRAW_SECONDS = 0.1
_WIPE = "\r\x1b[K"


class Seen(NamedTuple):
    """How far `what` has come on its way from `start` to `end` (epoch ms)."""

    what: str
    start: int
    end: int
    now: int


class Bar:
    """Shows how far something has come while it is entered, and `what` before anything of that is known.

    An interruption wipes it and ends the process at once.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._look = look_of(sys.stderr)
        self._shows = self._look.is_terminal and os.environ.get("TERM", "") not in ("", "dumb")

    def __enter__(self) -> Self:
        if self._shows:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda number, _frame: leave(128 + number))
            self._draw(self._what)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draw("")

    @asynccontextmanager
    async def watching(self, seen: Callable[[], Seen]) -> AsyncIterator[None]:
        """Redraw now and then what is `seen`, as long as the work inside lets others run."""
        if not self._shows:
            yield
            return
        import asyncio

        task = asyncio.create_task(self._watch(seen))
        try:
            yield
        finally:
            task.cancel()

    def wipe(self) -> None:
        """Make room for a line."""
        self._draw("")

    async def _watch(self, seen: Callable[[], Seen]) -> None:
        from ..adapters.clock import pause
        from ..ui.progress import progress_line

        while True:
            self._draw(progress_line(*seen(), self._look))
            await pause(REDRAW_SECONDS)

    def _draw(self, line: str) -> None:
        if self._shows:
            sys.stderr.write(_WIPE + line)
            sys.stderr.flush()


@asynccontextmanager
async def stopping() -> AsyncIterator[list[int]]:
    """The first SIGINT or SIGTERM cancels what is inside; its number is then in the list. A second ends at once."""
    import asyncio

    loop, task, told = asyncio.get_running_loop(), asyncio.current_task(), list[int]()
    assert task is not None

    def stop(number: int) -> None:
        if told:
            leave(128 + number)
        told.append(number)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        yield told
    except asyncio.CancelledError:
        if not told:
            raise
        task.uncancel()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def leave(code: int, text: str = "") -> None:
    """End the process from a signal's handler: whatever was interrupted may be in the middle of a buffered write."""
    from ..ui.inert import inert

    fd = sys.stderr.fileno()
    line = f"{inert(text)}\n" if text else ""
    try:
        os.write(fd, ((_WIPE if os.isatty(fd) else "") + line).encode())
    finally:
        os._exit(code)
