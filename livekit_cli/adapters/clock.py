"""Time: the only place that reads a clock or sleeps.

asyncio is imported by what sleeps, when it does: `status` asks for the time and needs no event loop, which takes as
long to load as everything else in it.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..core.candle import MINUTE_MS

if TYPE_CHECKING:
    import asyncio

NAP_SECONDS = 1.0
"""Longest sleep. The loop's timers stand still while the machine is suspended; a nap later the wall clock is asked."""

LAST_NAP_SECONDS = 0.05
"""The kernel wakes long sleepers late by a share of their sleep, so the last one before a minute is short."""

WOKEN_AT_ONCE = 4
"""Waiters released in one turn of the loop: hundreds at once would stall it for tens of milliseconds."""


def wall_ms() -> int:
    """The wall clock, epoch milliseconds."""
    return time.time_ns() // 1_000_000


def rest(seconds: float) -> None:
    """Do nothing for a while, where no event loop runs: in a thread, or in a command without one."""
    time.sleep(seconds)  # noqa: TID251  this is the place


def stopwatch() -> float:
    """Seconds since some moment; only differences mean something, and no one who sets the clock changes them."""
    return time.perf_counter()


def rest_while_read(seconds: float, reader: int) -> bool:
    """Do nothing for a while, but no longer than somebody is at the other end of `reader`; whether somebody is."""
    poll = select.poll()
    poll.register(reader, 0)  # asks for nothing, and is told when it is gone
    return not poll.poll(seconds * 1000)


def steady_ms() -> int:
    """Milliseconds of a clock that nobody sets and that goes on in a suspended machine; only differences count."""
    return time.clock_gettime_ns(_STEADY) // 1_000_000


_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


async def pause(seconds: float) -> None:
    """Do nothing for a while."""
    import asyncio

    await asyncio.sleep(seconds)


def _loop() -> asyncio.AbstractEventLoop:
    import asyncio

    return asyncio.get_running_loop()


class MinuteTimer:
    """One timer for all who wait for the same moments of the clock `now` (epoch ms)."""

    def __init__(self, now: Callable[[], int] = wall_ms) -> None:
        self._now = now
        self._waiters: dict[int, list[asyncio.Future[None]]] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def wait_until(self, moment: int) -> None:
        """Return at `moment` (epoch ms), or at once when it has passed."""
        if self._now() >= moment:
            return
        earliest = min(self._waiters, default=None)
        future = _loop().create_future()
        self._waiters.setdefault(moment, []).append(future)
        if earliest is None or moment < earliest:
            self.ring()
        await future

    def ring(self) -> None:
        """Release those whose moment has come; called at once where the clock has been set."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._now()
        for moment in sorted(moment for moment in self._waiters if moment <= now):
            _release(self._waiters.pop(moment))
        if self._waiters:
            left = (min(self._waiters) - now) / 1000
            nap = left - LAST_NAP_SECONDS if left > LAST_NAP_SECONDS else left
            self._timer = _loop().call_later(min(nap, NAP_SECONDS), self.ring)


def _release(waiters: list[asyncio.Future[None]]) -> None:
    for future in waiters[:WOKEN_AT_ONCE]:
        if not future.done():
            future.set_result(None)
    if len(waiters) > WOKEN_AT_ONCE:
        _loop().call_soon(_release, waiters[WOKEN_AT_ONCE:])


class WallClock:
    """Real minutes. `settle_ms` is how long after its close a minute is looked at; `waits=False` ends time instead
    of waiting for a minute that has not closed yet. Minutes are counted by `counted` (epoch ms): the wall clock, or
    that of an exchange."""

    def __init__(self, settle_ms: int = 0, *, waits: bool = True, counted: Callable[[], int] = wall_ms) -> None:
        self._settle_ms = settle_ms
        self._waits = waits
        self._counted = counted
        self._timer = MinuteTimer(counted)

    def now(self) -> int:
        return wall_ms()

    def age(self, minute: int) -> int:
        return max(0, self._counted() - minute)

    def was_set(self) -> None:
        """What minutes are counted by has been set: look at it at once."""
        self._timer.ring()

    async def next_minute(self, after: int | None) -> int | None:
        newest = self._newest()
        if after is None or newest > after:
            return newest
        if not self._waits:
            return None
        # Also right when the clock was set back: no minute is evaluated twice, however long that takes.
        await self._timer.wait_until(after + MINUTE_MS + self._settle_ms)
        return max(self._newest(), after + MINUTE_MS)

    def _newest(self) -> int:
        moment = self._counted() - self._settle_ms
        return moment - moment % MINUTE_MS


class ReplayClock:
    """Minutes that pass at `speed` times the real pace, from `start` to `end`, none skipped, each symbol at its own.

    A symbol that was evaluated up to `after` goes on with the minute behind it, wherever the others are; a new one
    begins at `start`, or earlier at `fresh`. A minute before `start` is not waited for, nor one that should have come
    long ago.
    """

    def __init__(self, start: int, speed: float, end: int | None = None, *, fresh: int | None = None) -> None:
        self._start = start
        self._fresh = start if fresh is None else fresh
        self._speed = speed
        self._end = end
        self._timer = MinuteTimer()
        self._began = wall_ms()

    def now(self) -> int:
        return wall_ms()

    def age(self, minute: int) -> int:  # noqa: ARG002  nothing is late here
        return 0

    async def next_minute(self, after: int | None) -> int | None:
        minute = self._fresh if after is None else after + MINUTE_MS
        if self._end is not None and minute > self._end:
            return None
        moment = self._began + (minute - self._start) / self._speed
        if moment > wall_ms() + 1:
            await self._timer.wait_until(int(moment))
        else:
            # Behind its schedule, a replay would never let another task run.
            await pause(0)
        return minute
