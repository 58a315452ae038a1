"""Many symbols in one process, each on its own: one that fails is restarted alone, or halted, and the rest go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from .adapters.clock import pause
from .core.candle import MINUTE_MS
from .core.errors import DiskFailed, JournalDamaged, LivekitError, MarketGone
from .core.pulse import Pulse, Snapshot
from .core.state import Idle
from .live import Runner
from .ports import Deliver, Venue
from .wiring import Desk

GRACE_SECONDS = 1.5
"""How long a symbol may take to finish the step in hand when the process is asked to end."""

CLOSE_SECONDS = 0.3
"""How long an exchange may take to let go."""

SHORTEST_BACKOFF, LONGEST_BACKOFF = 1.0, 60.0
"""Seconds between a failure and the restart; doubled with each failure in a row."""

STEADY_MS = 10 * MINUTE_MS
"""A symbol that ran this long before it failed starts again with the shortest backoff."""

UNFINISHED = "ended in the midst of a step, which the next run finishes"

HALTED = (JournalDamaged, DiskFailed, MarketGone)
"""What a restart cannot mend."""

log = logging.getLogger("livekit")


class Post:
    """One symbol's place in the process: its runner while it has one, and its fate when it has none."""

    def __init__(self, desk: Desk, deliver: Deliver, *, restarts: bool) -> None:
        self.desk = desk
        self._restarts = restarts
        self.runner: Runner | None = None
        self.fault: LivekitError | None = None
        self.is_over = False
        self._deliver = deliver
        self._last = Snapshot(desk.identity, Idle(), Pulse())
        self._leaving: Callable[[Runner], None] | None = None
        self._backoff = SHORTEST_BACKOFF
        self._resting: asyncio.Future[None] | None = None

    @property
    def snapshot(self) -> Snapshot:
        return self.runner.snapshot if self.runner else self._last

    def leave(self, how: Callable[[Runner], None]) -> None:
        """Have it end by `Runner.stop` or `Runner.retire`, now or as soon as there is a runner."""
        self._leaving = how
        if self.runner:
            how(self.runner)
        if self._resting:
            self._resting.cancel()

    async def open(self) -> None:
        """Open the journal; what only this symbol is to blame for halts it.

        Raises JournalLocked, CannotCreate and ConfigError: told at the start, while the trader is there to mend it.
        """
        try:
            self.runner = await self.desk.open(self._deliver)
        except HALTED as error:
            self._halt(error)

    def close(self) -> None:
        """Give back the journal of a symbol that will not run after all."""
        if self.runner:
            self.runner.close()
            self.runner = None

    async def run(self, minutes: int | None) -> None:
        """Keep the symbol running until it ends, is stopped, or is halted."""
        while self.fault is None:
            try:
                await self._run_once(minutes)
                return
            except HALTED as error:
                self._halt(error)
            except Exception as error:  # a defect in one symbol must not end the others
                if not self._restarts:
                    raise
                log.exception("%s %s failed; it restarts in %.0f s", *self._words(), self._backoff)
                self._show(*self._fate(error))
                if self._leaving is Runner.stop:
                    return
                await self._rest()

    async def _rest(self) -> None:
        """Wait before the restart, longer after each failure in a row; whoever is asked to leave waits no longer."""
        self._resting = asyncio.ensure_future(pause(self._backoff))
        self._backoff = min(2 * self._backoff, LONGEST_BACKOFF)
        try:
            await asyncio.wait([self._resting])
        finally:
            self._resting.cancel()
            self._resting = None

    async def _run_once(self, minutes: int | None) -> None:
        if self.runner is None:
            self.runner = await self.desk.open(self._deliver)
        if self._leaving:
            self._leaving(self.runner)
        began = self.desk.clock.now()
        try:
            await self.runner.run(minutes)
            self.is_over = True
            await self.runner.acknowledged()
        except asyncio.CancelledError:
            self.runner.show("stopped", UNFINISHED)
            raise
        except Exception as error:
            self.runner.show(*self._fate(error))
            if self.desk.clock.now() - began >= STEADY_MS:
                self._backoff = SHORTEST_BACKOFF
            raise
        finally:
            self._last = self.runner.snapshot
            self.runner.close()
            self.runner = None

    def _halt(self, error: LivekitError) -> None:
        log.error("%s %s is halted: %s", *self._words(), error)
        self.fault = error
        self.is_over = True
        self._show(*self._fate(error))

    def _fate(self, error: Exception) -> tuple[str, str]:
        """The status that `error` leads to, and how to put it."""
        if isinstance(error, HALTED):
            return "halted", str(error)
        restarts = self._restarts and self._leaving is not Runner.stop
        return "restarting" if restarts else "stopped", f"{type(error).__name__}: {error}"

    def _show(self, status: str, error: str) -> None:
        self._last = replace(self._last, pulse=self._last.pulse._replace(status=status, error=error))

    def _words(self) -> tuple[str, str]:
        return self.desk.identity.strategy, self.desk.identity.symbol


class Fleet:
    """All the symbols of one process."""

    def __init__(self, desks: Sequence[Desk], deliver: Deliver, *, restarts: bool = True) -> None:
        """Without `restarts` a symbol that fails ends, and `run` raises its error."""
        self.posts = [Post(desk, deliver, restarts=restarts) for desk in desks]
        self._tasks: list[asyncio.Task[None]] = []
        self._venues: list[Venue] = []
        self._opening: list[asyncio.Task[None]] = []
        self._is_stopped = False
        self._was_abandoned = False

    @property
    def is_over(self) -> bool:
        """Whether no symbol will see another minute; they may still wait for their events to be acknowledged."""
        return all(post.is_over for post in self.posts)

    @property
    def snapshots(self) -> list[Snapshot]:
        return [post.snapshot for post in self.posts]

    async def open(self) -> None:
        """Open every exchange and every journal, or none; none either when `stop` was called meanwhile.

        Raises JournalLocked, CannotCreate or ConfigError when a journal cannot be had, UsageError or an ExchangeError
        when an exchange is not to be had.
        """
        try:
            await self._open_venues()
            if self._is_stopped:
                self._was_abandoned = True
                return
            outcomes = await asyncio.gather(*(post.open() for post in self.posts), return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    raise outcome
        except BaseException:
            for post in self.posts:
                post.close()
            await self._close_venues()
            raise

    async def run(self, minutes: int | None = None) -> None:
        """Run all symbols until each has ended. Raises the gravest fault, after the others have ended."""
        posts = () if self._was_abandoned else self.posts
        self._tasks = [asyncio.create_task(post.run(minutes)) for post in posts]
        try:
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            await self._close_venues()
        for task in self._tasks:
            if not task.cancelled():
                task.result()
        faults = [post.fault for post in self.posts if post.fault]
        if faults:
            raise max(faults, key=lambda fault: isinstance(fault, JournalDamaged))

    async def _open_venues(self) -> None:
        """All at once: each may take as long as a start may."""
        symbols: dict[Venue, list[str]] = {}
        for post in self.posts:
            if post.desk.venue is not None:
                symbols.setdefault(post.desk.venue, []).append(post.desk.identity.symbol)
        self._venues = list(symbols)
        opening = [venue.open(list(dict.fromkeys(names))) for venue, names in symbols.items()]
        self._opening = [asyncio.ensure_future(one) for one in opening]
        try:
            await asyncio.gather(*self._opening)
        except asyncio.CancelledError:
            if not self._is_stopped:
                raise
        finally:
            for task in self._opening:
                task.cancel()
            await asyncio.gather(*self._opening, return_exceptions=True)

    async def _close_venues(self) -> None:
        """Let go of the exchanges; one that hangs is left to the end of the process."""
        closing = [asyncio.create_task(venue.close()) for venue in self._venues]
        self._venues = []
        if not closing:
            return
        _, late = await asyncio.wait(closing, timeout=CLOSE_SECONDS)
        for task in late:
            task.cancel()
        for outcome in await asyncio.gather(*closing, return_exceptions=True):
            if isinstance(outcome, BaseException):  # nothing of ours is lost with it
                log.debug("an exchange did not let go: %s: %s", type(outcome).__name__, outcome)

    async def stop(self) -> None:
        """Finish the steps in hand and end; what is not done in time is left to the next start."""
        self._is_stopped = True
        for task in self._opening:
            task.cancel()
        for post in self.posts:
            post.leave(Runner.stop)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()

    def retire(self) -> None:
        """Open nothing new; each symbol ends once it has nothing open."""
        for post in self.posts:
            post.leave(Runner.retire)
