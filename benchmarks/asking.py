"""How soon after a minute's close the strategies of a hundred symbols have been called."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from bench import Row, arguments, scratch, show
from fleets import SYMBOLS, Minute, Trial

from livekit_cli import Market, Proposal, Strategy, SyncMarket

CALLS: dict[int, list[float]] = {}
"""When get_signal was entered, by minute."""


class Async(Strategy):
    """Notes when it was asked."""

    async def get_signal(self, market: Market) -> Proposal | None:
        CALLS.setdefault(market.now, []).append(perf_counter())
        return None


class Plain(Strategy):
    """The same, in a thread."""

    def get_signal(self, market: SyncMarket) -> Proposal | None:
        CALLS.setdefault(market.now, []).append(perf_counter())
        return None


def main() -> None:
    given = arguments(__doc__)
    rows: list[Row] = []
    for words, strategy, target in (("async def", Async, 25.0), ("plain def, a thread each", Plain, None)):
        CALLS.clear()
        with scratch(given) as folder:
            minutes = Trial(folder, strategy).run(given.of(20, 2))
        late = [1000 * _late(minute) for minute in minutes]
        rows.append(Row(f"100 strategies called, {words}: after the close, typically", median(late), "ms", target))
        rows.append(Row("  in the slowest minute", max(late), "ms"))
        rows.append(Row("  in the fastest minute", min(late), "ms"))
    show(rows)


def _late(minute: Minute) -> float:
    """Seconds from the minute's close to the last of its calls."""
    calls = CALLS[minute.time]
    if len(calls) != SYMBOLS:
        raise RuntimeError(f"{len(calls)} of {SYMBOLS} strategies were asked")
    return max(calls) - minute.closed


if __name__ == "__main__":
    main()
