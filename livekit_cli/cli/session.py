"""One `livekit run`, from the first journal opened to the last sentence."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import nullcontext, redirect_stdout
from functools import partial
from typing import TYPE_CHECKING

from ..adapters.clock import wall_ms
from ..adapters.farewell import Farewell
from ..adapters.stderr_log import StderrLog
from ..adapters.threads import Threads
from ..core.errors import DiskFailed
from ..core.event import Event
from ..core.state import Open
from ..mailbox import Mailbox
from ..supervise import Fleet
from ..ui.inert import inert
from ..ui.lines import event_json, event_line, time_text
from .output import SHOW_CURSOR, Output, complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ui.table import LiveTable
    from ..wiring import Desk

REDRAW_SECONDS = 1.0
RETRY_SECONDS = 1.0
"""Between two attempts at a standard output that takes nothing, as on a full disk."""

log = logging.getLogger("livekit")


class Session:
    """Runs the fleet, shows what happens, and ends when asked to, when its output is gone, or with its market.

    Everything is shown in a thread of its own: a reader who has stopped reading must not stop the loop.
    """

    def __init__(self, desks: Sequence[Desk], *, once: bool, json: bool, plain: bool) -> None:
        self._once = once
        self._line = event_json if json else event_line
        self._has_table = _takes_a_table() and not (json or plain)
        self._mailbox = Mailbox()
        self._output = Output()
        self._fleet = Fleet(desks, self._mailbox.put)
        self._threads = Threads(1, "output")
        self._stopping: asyncio.Task[None] | None = None
        self._unshown: str | None = None

    async def run(self) -> None:
        """Raises what keeps the fleet from running, and the gravest fault that halted a symbol."""
        # What the strategy prints is no event. A live table shows it above itself.
        prints = nullcontext() if self._has_table else redirect_stdout(sys.stderr)
        with prints, Farewell(self._stop, self._restore):
            await self._fleet.open()
            running = asyncio.create_task(self._fleet.run(1 if self._once else None))
            running.add_done_callback(lambda _: self._mailbox.end())
            if self._has_table:
                await self._show_table(running)
            else:
                with _logging():
                    await self._show_lines(running)
            await asyncio.wait([running])
            self._say_how_it_ended()
            running.result()
            if self._unshown:
                raise DiskFailed(f"standard output: {self._unshown}; what was not shown is in the journal")

    def _stop(self) -> None:
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._fleet.stop())

    async def _show_lines(self, running: asyncio.Task[None]) -> None:
        async for event in self._mailbox:
            try:
                await self._written(self._line(event), running)
            except BrokenPipeError:
                complain("livekit: nobody reads standard output any more, so the run ends")
                self._stop()
                return

    async def _written(self, line: str, running: asyncio.Task[None]) -> None:
        """Write `line`, however long that takes while the run lasts: what was not shown must not be acknowledged.

        Raises BrokenPipeError.
        """
        self._unshown = await self._write(line)
        if self._unshown:
            log.warning("standard output: %s; it is tried again, and the events are in the journal", self._unshown)
        while self._unshown and not (running.done() or self._fleet.is_over):
            await asyncio.wait([running], timeout=RETRY_SECONDS)
            self._unshown = await self._write()
        if self._unshown:
            await self._fleet.stop()

    async def _write(self, line: str = "") -> str | None:
        """What is wrong with standard output, if anything is. Raises BrokenPipeError."""
        try:
            await self._threads.run(partial(self._output.write, line))
        except BrokenPipeError:
            raise
        except OSError as error:
            return error.strerror or str(error)
        return None

    async def _show_table(self, running: asyncio.Task[None]) -> None:
        from ..ui.table import LiveTable

        desk = self._fleet.posts[0].desk
        identity = desk.identity
        with LiveTable(identity.mode, identity.exchange, identity.strategy, desk.speed) as table, _logging():
            fresh: list[Event] = []
            collecting = asyncio.create_task(self._collect(fresh))
            while not collecting.done():
                shown, fresh[:] = tuple(fresh), ()
                await self._threads.run(partial(_draw, table, shown, self._fleet))
                await asyncio.wait([collecting], timeout=REDRAW_SECONDS)
            await self._threads.run(partial(_draw, table, tuple(fresh), self._fleet))
        await asyncio.wait([running])

    async def _collect(self, fresh: list[Event]) -> None:
        async for event in self._mailbox:
            fresh.append(event)  # noqa: PERF401  the list is emptied meanwhile

    def _restore(self) -> None:
        if self._has_table:
            os.write(sys.stdout.fileno(), SHOW_CURSOR)

    def _say_how_it_ended(self) -> None:
        for snapshot in self._fleet.snapshots:
            symbol = inert(snapshot.identity.symbol)
            if snapshot.pulse.status == "ended":
                last = snapshot.pulse.minute
                complain(f"{symbol}: the candles end here{'' if last is None else f', at {time_text(last)}'}")
            if isinstance(snapshot.state, Open):
                signal = snapshot.state.signal
                since = time_text(signal.timestamp)
                complain(f"{symbol}: still open, {signal.position} since {since}; the next run goes on watching it")


def _takes_a_table() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def _draw(table: LiveTable, events: tuple[Event, ...], fleet: Fleet) -> None:
    for event in events:
        table.add(event)
    table.update(fleet.snapshots)
    table.draw(wall_ms())


def _logging() -> StderrLog:
    return StderrLog(logging.getLogger("livekit"), inert)
