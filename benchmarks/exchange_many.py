"""Five hundred symbols of an exchange in one process, in whole minutes as long as they are: on time, and at what cost.

The local exchange sends a frame of each candle each second; Binance sends one every two seconds at most.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

from bench import Row, arguments, scratch, show
from exchanges import REST, STREAM, Run, exchange, names, running

SYMBOLS = 500

TARGET_PERCENT = 15.0
"""Of one core."""

LAST_MS = 5000.0
"""What is called on time: a strategy is asked about a minute up to half a minute after its close."""

TO_SUBSCRIBE = 0.06
"""Seconds for each symbol until its stream flows."""


@dataclass(frozen=True, slots=True)
class Span:
    """How much of a minute lies before the close and behind it, in ms."""

    before: int
    after: int

    @property
    def seconds(self) -> float:
        return (self.before + self.after) / 1000


@dataclass(frozen=True, slots=True)
class Minute:
    """What a minute cost, in seconds of CPU; when the last symbol was done, in ms after the close; who was not."""

    cpu: float
    last_ms: int
    missed: int


def main() -> None:
    given = arguments(__doc__)
    span = Span(500, 1000) if given.quick else Span(15_000, 45_000)
    rows = []
    with scratch(given) as folder:
        for name, how in ((REST, "REST"), (STREAM, "websocket")):
            minutes = _minutes(folder, name, given.of(SYMBOLS, 10), given.of(4, 1), span)
            cpu = [100 * minute.cpu / span.seconds for minute in minutes]
            rows += [
                Row(f"{SYMBOLS} symbols by {how}: CPU, of one core", median(cpu), "%", TARGET_PERCENT),
                Row("  in the busiest minute", max(cpu), "%", TARGET_PERCENT),
                Row("  the last is done after", median(minute.last_ms for minute in minutes), "ms", LAST_MS),
                Row("  in the slowest minute", max(minute.last_ms for minute in minutes), "ms", LAST_MS),
                Row("  minutes that a symbol missed", sum(minute.missed for minute in minutes), "", 0),
            ]
    show(rows)


def _minutes(folder: Path, name: str, symbols: int, minutes: int, span: Span) -> list[Minute]:
    async def run() -> list[Minute]:
        async with running(there, folder / name, {name: names(symbols)}) as fleet:
            await asyncio.sleep(1 + TO_SUBSCRIBE * symbols)  # and a first page for each takes no longer
            seen = []
            for _ in range(minutes):
                fleet.set(fleet.coming - span.before)  # after the first one, where the clock is already
                seen.append(await _minute(fleet, span))
            return seen

    with exchange(symbols) as there:
        return asyncio.run(run())


async def _minute(fleet: Run, span: Span) -> Minute:
    close, cpu = fleet.coming, process_time()
    await fleet.until(close + span.after)
    cpu = process_time() - cpu
    missed = sum(post.snapshot.pulse.minute != close for post in fleet.fleet.posts)
    return Minute(cpu, fleet.last_ms(close), missed)


if __name__ == "__main__":
    main()
