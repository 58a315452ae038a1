"""One `livekit run`, from the first journal opened to the last sentence."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import nullcontext, redirect_stdout
from functools import partial
from typing import TYPE_CHECKING

import typer

from ..adapters.daemon_pool import leave_lookups_behind
from ..adapters.farewell import Farewell
from ..adapters.stderr_log import StderrLog
from ..adapters.threads import Threads
from ..core.errors import DiskFailed, LivekitError, StrategyError
from ..core.event import Event
from ..core.state import Open
from ..core.tally import Tally
from ..mailbox import Mailbox
from ..supervise import Fleet
from ..ui.inert import inert
from ..ui.lines import event_json, event_line, time_text
from .output import Output, complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.pulse import Snapshot
    from ..wiring import Desk
    from .display import Display

RETRY_SECONDS = 1.0
"""Between two attempts at a standard output that takes nothing, as on a full disk."""

log = logging.getLogger("livekit")


class Session:
    """Runs the fleet, shows what happens, and ends when asked to, when its output is gone, or with its market.

    Everything is shown in a thread of its own: a reader who has stopped reading must not stop the loop.
    """

    def __init__(self, desks: Sequence[Desk], *, once: bool, json: bool, display: Display | None) -> None:
        self._once = once
        self._line = event_json if json else event_line
        self._display = display
        self._mailbox = Mailbox()
        self._output = Output()
        self._fleet = Fleet(desks, self._mailbox.put)
        self._threads = Threads(1, "output")
        self._stopping: asyncio.Task[None] | None = None
        self._unshown: str | None = None

    async def run(self) -> None:
        """Raises what keeps the fleet from running, and the gravest fault that halted a symbol."""
        # What the strategy prints is no event. A live table shows it above itself.
        prints = nullcontext() if self._display else redirect_stdout(sys.stderr)
        with prints, Farewell(self._stop, self._restore):
            leave_lookups_behind()
            with _logging():
                await self._fleet.open()
            running = asyncio.create_task(self._fleet.run(1 if self._once else None))
            running.add_done_callback(lambda _: self._mailbox.end())
            if self._display:
                await self._show_table(self._display)
            else:
                with _logging():
                    await self._show_lines(running)
            await asyncio.wait([running])
            self._say_how_it_ended()
            self._raise_fault(running)
            if self._once:
                self._tell_cron()
            if self._unshown:
                raise DiskFailed(f"standard output: {self._unshown}; what was not shown is in the journal")

    def _raise_fault(self, running: asyncio.Task[None]) -> None:
        """Raises the gravest fault that halted a symbol; only its code when the last lines tell of all there are.

        Below a table there is none of them.
        """
        fault, is_told = running.exception(), not self._display and all(post.fault for post in self._fleet.posts)
        if isinstance(fault, LivekitError) and is_told:
            raise typer.Exit(fault.exit_code)
        running.result()

    def _tell_cron(self) -> None:
        """Ends with the code of the gravest error that a symbol met: nobody looks at a table, and it has to tell."""
        met = [one for one in self._fleet.snapshots if one.pulse.has_error]
        if not met:
            return
        gravest = max(met, key=_code)  # a full disk before an exchange, and that before a strategy
        told = f"{gravest.identity.strategy} {gravest.identity.symbol}: {gravest.pulse.error}"
        more = len(met) - 1
        others = f", and {more} more symbol{'s' * (more > 1)} met errors" if more else ""
        complain(f"livekit: not all went well: {told}{others}")
        raise typer.Exit(_code(gravest))

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

    async def _show_table(self, display: Display) -> None:
        from ..ui.table import View
        from .display import show

        speeds = {post.desk.speed for post in self._fleet.posts}
        speed = speeds.pop() if len(speeds) == 1 else 1.0
        fresh: list[Event] = []
        tally = Tally()

        async def draw() -> None:
            nonlocal tally
            shown, fresh[:] = tuple(fresh), ()
            for event in shown:
                if event.replay:
                    display.say(event_line(event))  # news, but of an earlier run
            tally = tally.plus(event for event in shown if not event.replay)
            await self._threads.run(partial(display.draw, View(self._fleet.snapshots, tally, speed)))

        with display, _logging():
            try:
                await show(display, asyncio.create_task(self._collect(fresh)), draw)
            except OSError as error:
                complain(f"livekit: the terminal is gone ({error.strerror}), so the run ends")
                self._stop()

    async def _collect(self, fresh: list[Event]) -> None:
        async for event in self._mailbox:
            fresh.append(event)  # noqa: PERF401  the list is emptied meanwhile

    def _restore(self) -> None:
        if self._display:
            self._display.give_up()

    def _say_how_it_ended(self) -> None:
        snapshots = self._fleet.snapshots
        are_alike = len({(one.identity.exchange, one.identity.strategy) for one in snapshots}) == 1
        for snapshot in snapshots:
            who = snapshot.identity
            name = inert(who.symbol if are_alike else f"{who.exchange} {who.strategy} {who.symbol}")
            if snapshot.pulse.status == "ended":
                last = snapshot.pulse.minute
                complain(f"{name}: the candles end here{'' if last is None else f', at {time_text(last)}'}")
            if isinstance(snapshot.state, Open):
                signal = snapshot.state.signal
                since = time_text(signal.timestamp)
                complain(f"{name}: still open, {signal.position} since {since}; the next run goes on watching it")


def _code(snapshot: Snapshot) -> int:
    return snapshot.pulse.error_code or StrategyError.exit_code


def _logging() -> StderrLog:
    return StderrLog(logging.getLogger("livekit"), inert)
