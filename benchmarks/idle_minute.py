"""What an idle minute of a hundred symbols costs: CPU, and no sync at all."""

from __future__ import annotations

from statistics import median

from bench import Row, arguments, scratch, show
from fleets import Minute, Trial

from livekit_cli import Market, Proposal, Strategy


class Quiet(Strategy):
    """Is asked at full hours only, and looks."""

    interval = "1h"

    async def get_signal(self, market: Market) -> Proposal | None:
        await market.candles("1m", 30)
        return None


class Asked(Strategy):
    """Is asked every minute, looks at half an hour, and sees nothing."""

    async def get_signal(self, market: Market) -> Proposal | None:
        await market.candles("1m", 30)
        return None


class Holder(Strategy):
    """Opens once; the signal is watched from then on."""

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=90, stop_loss=90, minutes=1_000_000)


def main() -> None:
    given = arguments(__doc__)
    rows: list[Row] = []
    for words, strategy in (("not asked", Quiet), ("asked, no", Asked), ("one signal open each", Holder)):
        with scratch(given) as folder:
            rows += _rows(words, Trial(folder, strategy).run(given.of(20, 2)))
    show(rows)


def _rows(words: str, minutes: list[Minute]) -> list[Row]:
    cpu = [1000 * minute.cpu for minute in minutes]
    return [
        Row(f"a quiet minute of 100 symbols, {words}: CPU, typically", median(cpu), "ms", 20.0),
        Row("  in the costliest minute", max(cpu), "ms"),
        Row("  in the cheapest minute", min(cpu), "ms"),
        Row("  syncs in all minutes", sum(minute.syncs for minute in minutes), "", 0.0),
    ]


if __name__ == "__main__":
    main()
