"""A hundred symbols of the demo market in one process, wired as `livekit run` wires them; only minutes are shorter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter, process_time

from samples import START

from livekit_cli import Event, Strategy, wiring
from livekit_cli.adapters.clock import ReplayClock
from livekit_cli.adapters.disk import Disk
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.supervise import Fleet
from livekit_cli.wiring import Request, desks

SYMBOLS = 100
PERIOD = 0.4
"""Seconds that a minute takes here: its work is over long before the next begins."""

WARM_UP = 3
"""Minutes before the first that counts: the first candles of each market, the first threads."""


@dataclass(slots=True)
class Minute:
    """What the minute at `time` (epoch ms) cost the process.

    `closed` and `durable` are readings of perf_counter: when the minute was over on the clock, and when each event
    that it brought was durable.
    """

    time: int
    closed: float
    cpu: float = 0.0
    stall: float = 0.0
    syncs: int = 0
    durable: list[float] = field(default_factory=list)


class CountingDisk(Disk):
    """Counts its syncs."""

    syncs = 0

    def sync(self, fd: int) -> None:
        CountingDisk.syncs += 1
        super().sync(fd)

    def sync_folder(self, folder: Path) -> None:
        CountingDisk.syncs += 1
        super().sync_folder(folder)


class Lateness:
    """The longest that a timer of a millisecond had to wait for the loop since it was last asked."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._worst = 0.0
        self._start()

    def take(self) -> float:
        worst, self._worst = self._worst, 0.0
        return worst

    def stop(self) -> None:
        self._timer.cancel()

    def _start(self) -> None:
        self._timer = self._loop.call_later(0.001, self._ring, self._loop.time() + 0.001)

    def _ring(self, due: float) -> None:
        self._worst = max(self._worst, self._loop.time() - due)
        self._start()


class Trial:
    """Runs minutes of all symbols with one strategy. `stalls` are looked for by a timer, which itself costs CPU."""

    def __init__(self, folder: Path, strategy: type[Strategy], *, stalls: bool = False) -> None:
        setattr(wiring, "Disk", CountingDisk)  # noqa: B010  all that is not as in `livekit run`, besides the clock
        symbols = [f"COIN{number}USDT" for number in range(SYMBOLS)]
        self._desks = desks(Request(symbols, strategy, project=folder, command="benchmark"))
        self._stalls = stalls
        self._minutes: dict[int, Minute] = {}

    def run(self, minutes: int) -> list[Minute]:
        return asyncio.run(self._run(minutes))

    async def _run(self, minutes: int) -> list[Minute]:
        began, clock = perf_counter(), ReplayClock(START, MINUTE_MS / 1000 / PERIOD)
        fleet = Fleet([replace(desk, clock=clock) for desk in self._desks], self._deliver, restarts=False)
        await fleet.open()
        running = asyncio.create_task(fleet.run())
        first = int((perf_counter() - began) / PERIOD) + WARM_UP
        for number in range(first, first + minutes):
            await self._watch(START + number * MINUTE_MS, began + number * PERIOD)
        await fleet.stop()
        await running
        return list(self._minutes.values())

    async def _watch(self, time: int, closed: float) -> None:
        """Wait for the middle of the quiet before the minute, and then for that of the quiet after it."""
        await asyncio.sleep(closed - PERIOD / 4 - perf_counter())
        minute = self._minutes[time] = Minute(time, closed)
        lateness = Lateness() if self._stalls else None
        cpu, syncs = process_time(), CountingDisk.syncs
        await asyncio.sleep(closed + PERIOD * 0.7 - perf_counter())
        minute.cpu, minute.syncs = process_time() - cpu, CountingDisk.syncs - syncs
        if lateness:
            lateness.stop()
            minute.stall = lateness.take()

    def _deliver(self, event: Event, acknowledge: Callable[[], None]) -> None:
        if event.time in self._minutes:
            self._minutes[event.time].durable.append(perf_counter())
        acknowledge()
