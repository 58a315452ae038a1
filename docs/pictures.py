"""Draws the pictures of the live table: a real run of the demo market, stopped in the middle of a minute.

    python docs/pictures.py [FOLDER]

The demo market is the same on every machine, and so is the time here: the pictures change when the program does.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from livekit_cli import Event
from livekit_cli.core.candle import MINUTE_MS, Candles
from livekit_cli.core.errors import FeedError
from livekit_cli.core.tally import Tally
from livekit_cli.ports import Feed
from livekit_cli.supervise import Fleet
from livekit_cli.ui.look import Look
from livekit_cli.ui.picture import svg
from livekit_cli.ui.styled import Line
from livekit_cli.ui.table import View, frame
from livekit_cli.wiring import Desk, Request, desks

HOUSE = Path(__file__).resolve().parent.parent

END = 1_772_700_420_000
"""The last minute of the run: 2026-03-05 08:47 UTC."""

MINUTES = 240
SECONDS_LATER = 18
"""How long after it the picture is taken."""

COINS = (
    "BTC ETH SOL XRP BNB DOGE ADA LINK AVAX DOT LTC BCH UNI NEAR APT ATOM ETC FIL ARB OP INJ SUI SEI TIA RUNE AAVE "
    "MKR LDO CRV SNX GRT STX IMX HBAR VET ALGO ICP SAND MANA AXS EGLD THETA FTM FLOW KAVA ZEC DASH COMP ENJ CHZ"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A table of so many symbols in a terminal of so many columns and lines; `strategies` share the symbols."""

    name: str
    symbols: int
    columns: int
    lines: int
    strategies: tuple[str, ...] = ("breakout",)
    silent: str = ""


PICTURES = (
    Picture("table-1", 1, 80, 24),
    Picture("table-8", 8, 100, 30),
    Picture("table-50", 50, 110, 34, ("breakout", "mean-reversion"), silent="LINKUSDT"),
)


class Until:
    """Minutes to `END` as fast as they can be had; then time stands still, and `is_reached` once all symbols wait."""

    def __init__(self, symbols: int) -> None:
        self._running = symbols
        self._now = END - MINUTES * MINUTE_MS
        self.is_reached = asyncio.Event()

    def now(self) -> int:
        return self._now

    def age(self, minute: int) -> int:  # noqa: ARG002  nothing is late here
        return 0

    async def next_minute(self, after: int | None) -> int | None:
        await asyncio.sleep(0)
        minute = END - MINUTES * MINUTE_MS if after is None else after + MINUTE_MS
        if minute > END:
            self._running -= 1
            if not self._running:
                self.is_reached.set()
            await asyncio.Event().wait()
        self._now = max(self._now, minute)
        return minute


@dataclass(frozen=True, slots=True)
class Silent:
    """A feed that answers no more from `since` on."""

    feed: Feed
    since: int

    async def candles(self, symbol: str, timeframe: str, until: int, limit: int, *, urgent: bool = False) -> Candles:
        if until > self.since:
            raise FeedError("no answer from the exchange")
        return await self.feed.candles(symbol, timeframe, until, limit, urgent=urgent)


def main(folder: Path) -> None:
    """Writes the pictures to `folder`."""
    logging.disable()  # one symbol fails, as it is meant to
    for picture in PICTURES:
        lines = drawn(picture)
        path = folder / f"{picture.name}.svg"
        path.write_text(svg(lines, picture.columns, f"livekit run, {picture.symbols} symbols"), encoding="utf-8")
        print(path)


def drawn(picture: Picture) -> list[Line]:
    """The lines of the table after its run."""
    with TemporaryDirectory() as data:
        view = asyncio.run(_run(picture, Path(data)))
    look = Look(width=picture.columns, height=picture.lines)
    return frame(view, END + SECONDS_LATER * 1000, look)


def _desks(picture: Picture, data: Path, clock: Until) -> list[Desk]:
    symbols = [f"{coin}USDT" for coin in COINS.split()[: picture.symbols]]
    count = len(picture.strategies)
    requests = [
        Request(symbols[number::count], strategy, project=HOUSE, data_folder=data)
        for number, strategy in enumerate(picture.strategies)
    ]
    return [
        replace(desk, clock=clock, feed=Silent(desk.feed, END - 7 * MINUTE_MS))
        if desk.identity.symbol == picture.silent
        else replace(desk, clock=clock)
        for desk in desks(*requests)
    ]


async def _run(picture: Picture, data: Path) -> View:
    clock = Until(picture.symbols)
    events: list[Event] = []

    def deliver(event: Event, acknowledge: Callable[[], None]) -> None:
        events.append(event)
        acknowledge()

    fleet = Fleet(_desks(picture, data, clock), deliver, restarts=False)
    await fleet.open()
    running = asyncio.create_task(fleet.run())
    await clock.is_reached.wait()
    view = View(fleet.snapshots, Tally().plus(events))
    await fleet.stop()
    await running
    return view


if __name__ == "__main__":
    main(Path(*sys.argv[1:2]) if sys.argv[1:] else Path(__file__).parent)
