"""A minute in which a hundred symbols open or close: when all of it is durable, and how long the loop was held up."""

from __future__ import annotations

from statistics import median

from bench import Row, arguments, scratch, show
from fleets import SYMBOLS, Minute, Trial

from livekit_cli import Market, Proposal, Strategy


class Flip(Strategy):
    """Opens a long at one minute that ends by time at the next: every symbol changes in every minute."""

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=50, stop_loss=50, minutes=1, note="every other minute")


def main() -> None:
    given = arguments(__doc__)
    with scratch(given) as folder:
        minutes = Trial(folder, Flip, stalls=True).run(given.of(20, 2))
    durable = [1000 * _durable(minute) for minute in minutes]
    stalls = [1000 * minute.stall for minute in minutes]
    show(
        [
            Row("100 symbols change in one minute: all durable, typically", median(durable), "ms", 50.0),
            Row("  in the slowest minute", max(durable), "ms"),
            Row("  in the fastest minute", min(durable), "ms"),
            Row("  the loop's longest stall, typically", median(stalls), "ms", 10.0),
            Row("  in the worst minute", max(stalls), "ms"),
            Row("  in the best minute", min(stalls), "ms"),
            Row("  lines synced in a minute", median(minute.syncs for minute in minutes), "lines"),
            Row("  CPU of a minute", 1000 * median(minute.cpu for minute in minutes), "ms"),
        ]
    )


def _durable(minute: Minute) -> float:
    """Seconds from the minute's close to the last durable event."""
    if len(minute.durable) != SYMBOLS:
        raise RuntimeError(f"{len(minute.durable)} of {SYMBOLS} symbols changed")
    return max(minute.durable) - minute.closed


if __name__ == "__main__":
    main()
