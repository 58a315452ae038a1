"""A minute of 50 and of 100 symbols on a local exchange: when the last of them is done, what it costs, what it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import Row, arguments, scratch, show
from exchanges import REST, STREAM, Exchange, Minute, Watcher, exchange, names, running

from livekit_cli import Strategy

LAST_MS, CPU_MS = 300.0, 250.0
"""Of 50 symbols by REST."""

LAST_OF_HUNDRED_MS = 250.0

TO_SUBSCRIBE = 0.06
"""Seconds for each symbol until its stream flows: ten are one subscription, with a pause behind it."""


class Second(Watcher):
    """Another one on the same symbols."""


class Third(Watcher):
    """And another one."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The minutes of one fleet, and how many candle requests they had of each symbol."""

    minutes: list[Minute]
    requests: float

    @property
    def last_ms(self) -> float:
        return median(minute.last_ms for minute in self.minutes)

    @property
    def quickest_ms(self) -> float:
        return min(minute.last_ms for minute in self.minutes)

    @property
    def cpu_ms(self) -> float:
        return 1000 * median(minute.cpu for minute in self.minutes)


def main() -> None:
    given = arguments(__doc__)
    minutes = given.of(15, 1)
    fifty, hundred = given.of(50, 3), given.of(100, 3)
    with scratch(given) as folder, exchange(hundred) as there:
        rest = trial(there, folder / "rest", fifty, minutes)
        stream = trial(there, folder / "stream", fifty, minutes, on=STREAM)
        all_of_them = trial(there, folder / "hundred", hundred, minutes)
        three = trial(there, folder / "three", fifty, minutes, strategies=(Watcher, Second, Third))
    show(
        [
            Row("50 symbols by REST: the last is done after", rest.last_ms, "ms", LAST_MS),
            Row("  in the quickest minute", rest.quickest_ms, "ms"),
            Row("  CPU", rest.cpu_ms, "ms", CPU_MS),
            Row("  candle requests for each symbol and minute", rest.requests, "", 1.0),
            Row("50 symbols by websocket: the last is done after", stream.last_ms, "ms", rest.last_ms),
            Row("  in the quickest minute", stream.quickest_ms, "ms"),
            Row("  CPU", stream.cpu_ms, "ms", rest.cpu_ms),
            Row("  candle requests for each symbol and minute", stream.requests, "", 0.0),
            Row(
                "100 symbols by REST, rate limit on: the last is done after",
                all_of_them.last_ms,
                "ms",
                LAST_OF_HUNDRED_MS,
            ),
            Row("  in the quickest minute", all_of_them.quickest_ms, "ms"),
            Row("  CPU", all_of_them.cpu_ms, "ms"),
            Row("three strategies on each of 50 symbols: requests for each symbol", three.requests, "", 1.0),
            Row("  CPU", three.cpu_ms, "ms"),
        ]
    )


def trial(
    there: Exchange,
    folder: Path,
    symbols: int,
    minutes: int,
    *,
    on: str = REST,
    strategies: Sequence[type[Strategy]] = (Watcher,),
) -> Trial:
    """Minutes of so many symbols on an exchange that enforces its limits; ccxt's limiter is on, as it is in earnest."""

    async def run() -> Trial:
        async with running(there, folder, {on: names(symbols)}, strategies=strategies) as fleet:
            await fleet.warmed_up(1 + (TO_SUBSCRIBE * symbols if on == STREAM else 0))
            there.forget("ledger")
            seen = [await fleet.minute() for _ in range(minutes)]
            return Trial(seen, len(there.ask("ledger?endpoint=klines")) / symbols / minutes)

    return asyncio.run(run())


if __name__ == "__main__":
    main()
