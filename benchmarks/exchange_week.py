"""A week of minutes on a local exchange, as fast as they go, with all that goes wrong in one: what the process keeps.

Half of the symbols come by websocket, half by REST; each has a signal in each hour. Websockets are hung up, dropped and
spoilt, requests fail in ten ways, and for the day after the week the exchange is not there at all.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from time import perf_counter

from bench import Row, arguments, scratch, show
from exchanges import REST, STREAM, Exchange, Run, exchange, names, running

from livekit_cli import Market, Proposal, Strategy
from livekit_cli.adapters.ccxt_patience import Patience
from livekit_cli.core.state import Open

DAYS, DAY = 7, 1440

SYMBOLS = 5
"""With websockets, and so many without. Fifty would take an hour."""

EPSILON_MS = 20
"""How long after its close a minute is let begin."""

QUICK = Patience(
    attempts=(1.0, 1.0, 1.0),
    retry=(0.001, 0.002),
    polls=(0.005, 0.01, 0.02, 0.04, 0.08),
    settled=0.05,
    look=1.0,
    socket=0.1,
    lively=10.0,
    frozen=60.0,
    subscribe=0.01,
    backoff=(0.02, 0.1),
    fresh=30.0,
)
"""What takes seconds in earnest takes a hundredth of that, as the minutes do."""

LIMITS = {"rateLimit": 1, "rollingWindowSize": 1000}
"""ccxt's limiter stays on, and counts a second where it counts a minute in earnest."""

FAULTS = (
    "status-503",
    "ws-dropped",
    "reset",
    "cut-json",
    "ws-garbage",
    "html",
    "hang-up",
    "missing",
    "cut-body",
    "ws-unclosed",
    "status-500",
    "lost-keep-alive",
    "none",
    "ws-closing",
    "high-below-low",
    "empty-object",
)
"""One of them begins every eleven minutes, and befalls so many requests or frames that most of its minutes are lost
for somebody."""

EVERY, TIMES = 11, 40

GROWN_MB, GROWN_FILES, GROWN_OBJECTS = 3.0, 6, 1000
"""What is called flat, after the first day. A leak of 100 bytes in each minute of a symbol would be 8.6 MB in the six
days that follow, and one of an object in each hour 1,440 objects. Python gets memory in pieces of a megabyte and keeps
them when they are hardly used; of the sockets some are on their way in or out at any moment."""

DOUBLINGS = 10
"""Lines of the log for a symbol in a day without the exchange, all with an open signal: of its alarm it is told after 3
minutes, 6, 12 and so on."""

SHARE = 4
"""After a quarter of that day, what an outage itself takes is there."""


class Hourly(Strategy):
    """Asked once an hour, and has a signal for half of it."""

    interval = "1h"

    async def get_signal(self, market: Market) -> Proposal | None:
        await market.candles("15m", 20)
        return market.long(take_profit=20, stop_loss=20, minutes=30)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the process has: resident memory in MB, open files, and objects that Python looks through for garbage."""

    mb: float
    files: int
    objects: int


class Lines(logging.Handler):
    """Counts the lines of the log."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._count = 0

    @classmethod
    def heard(cls) -> Lines:
        """Hears all that livekit logs, and is the only one who does."""
        lines, log = cls(), logging.getLogger("livekit")
        log.addHandler(lines)
        log.propagate = False
        return lines

    def emit(self, record: logging.LogRecord) -> None:
        del record
        self._count += 1

    def take(self) -> int:
        """How many there were since it was last asked."""
        count, self._count = self._count, 0
        return count


@dataclass(slots=True)
class Week:
    """What the process had at the start and after each day, and the lines of the log on each."""

    kept: list[Kept]
    lines: list[int]
    lost: int = 0
    """Minutes of a symbol that were not evaluated in time."""
    minutes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Outage:
    """What the process had before a day without the exchange, early in it, and at its end."""

    before: Kept
    early: Kept
    late: Kept
    lines: int
    minutes_until_well: int


def main() -> None:
    given = arguments(__doc__)
    days, minutes = given.of(DAYS, 2), given.of(DAY, 30)

    async def both() -> tuple[Week, Outage]:
        symbols, lines = names(2 * SYMBOLS), Lines.heard()
        on = {STREAM: symbols[:SYMBOLS], REST: symbols[SYMBOLS:]}
        async with running(there, folder, on, strategies=[Hourly], patience=QUICK, **LIMITS) as run:
            await run.warmed_up(1.0)
            return await _week(there, run, lines, days, minutes), await _outage(there, run, lines, minutes)

    with scratch(given) as folder, exchange(2 * SYMBOLS, limits=False) as there:
        week, outage = asyncio.run(both())
    show([*_rows_of_week(week), *_rows_of_outage(outage)])


def _rows_of_week(week: Week) -> list[Row]:
    start, first, *later = week.kept
    days = [
        Row(f"  after day {number}: {one.files} files, {one.objects:,} objects, {lines} lines of log", one.mb, "MB")
        for number, (one, lines) in enumerate(zip(week.kept[1:], week.lines, strict=True), 1)
    ]
    return [
        Row(f"memory at the start: {start.files} files, {start.objects:,} objects", start.mb, "MB"),
        *days,
        Row("memory: most that came after the first day", max(one.mb for one in later) - first.mb, "MB", GROWN_MB),
        Row("open files: the same", max(one.files for one in later) - first.files, "", GROWN_FILES),
        Row("objects: the same", max(one.objects for one in later) - first.objects, "", GROWN_OBJECTS),
        Row("minutes of a symbol that the troubles delayed to the next", 100 * week.lost / week.minutes, "%"),
        Row("a minute of ten symbols, from its close to the next", 1000 * week.seconds / week.minutes * 10, "ms"),
    ]


def _rows_of_outage(outage: Outage) -> list[Row]:
    before, early, late = outage.before, outage.early, outage.late
    return [
        Row("a day without the exchange: memory that came in a quarter of it", early.mb - before.mb, "MB"),
        Row("  and in the rest", late.mb - early.mb, "MB", GROWN_MB),
        Row("  open files that came", late.files - before.files, "", GROWN_FILES),
        Row("  objects that came in the rest", late.objects - early.objects, "", GROWN_OBJECTS),
        Row("  lines of log, ten symbols", outage.lines, "", 2 * SYMBOLS * DOUBLINGS),
        Row("  minutes after it until every symbol is evaluated", outage.minutes_until_well, "", 1),
    ]


async def _week(there: Exchange, run: Run, lines: Lines, days: int, minutes: int) -> Week:
    week, faults = Week([_kept()], []), cycle(FAULTS)
    for _ in range(days):
        began = perf_counter()
        for number in range(minutes):
            if number % EVERY == 0:
                _begin(there, next(faults))
            week.lost += await _next(run)
        week.seconds += perf_counter() - began
        week.minutes += minutes * 2 * SYMBOLS
        there.forget("faults")
        there.forget("ledger")
        week.kept.append(_kept())
        week.lines.append(lines.take())
    return week


async def _outage(there: Exchange, run: Run, lines: Lines, minutes: int) -> Outage:
    """A day without it that begins while each symbol has a signal."""
    while not all(isinstance(post.snapshot.state, Open) for post in run.fleet.posts):
        await _next(run)
    there.close()
    lines.take()
    before = _kept()
    for _ in range(minutes // SHARE):
        await _next(run, tells=False)
    early = _kept()
    for _ in range(minutes // SHARE, minutes):
        await _next(run, tells=False)
    late, count = _kept(), lines.take()
    there.open()
    until_well = 1
    while await _next(run):
        until_well += 1
    return Outage(before, early, late, count, until_well)


def _kept() -> Kept:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    files = len(list(Path("/proc/self/fd").iterdir()))
    return Kept(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, files, len(gc.get_objects()))


def _begin(there: Exchange, fault: str) -> None:
    there.forget("faults")
    if fault == "hang-up":
        there.tell("hang-up")
    else:
        there.tell("faults", fault=fault, count=TIMES, endpoint="frame" if fault.startswith("ws-") else "klines")


async def _next(run: Run, *, tells: bool = True) -> int:
    """Let the next minute close, and wait until everybody is done with it; how many could not evaluate it."""
    minute = run.coming
    run.set(minute + EPSILON_MS, tells=tells)
    async with asyncio.timeout(30):
        while run.behind(minute):  # noqa: ASYNC110  snapshots set no asyncio.Event
            await asyncio.sleep(0.002)
    return sum(post.snapshot.pulse.minute != minute for post in run.fleet.posts)


if __name__ == "__main__":
    main()
