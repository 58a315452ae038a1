"""`livekit download`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import HERE, MARKET, DataFolder, ExchangeName, Project, moment
from .output import complain, print_lines

if TYPE_CHECKING:
    from pathlib import Path

    from ..adapters.config.exchanges import ExchangeConfig
    from ..downloads import Downloaded

Symbols = Annotated[list[str], typer.Argument(metavar="SYMBOL...", help="For example BTCUSDT, or BTC/USDT.")]
Since = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="TIME",
        help="Opening time of the first candle: ISO 8601 (UTC), epoch ms, or an age like 30d.",
        rich_help_panel=MARKET,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="TIME",
        help="Opening time of the last one. [default: the newest that has closed]",
        rich_help_panel=MARKET,
    ),
]

GAPS_SHOWN = 5


def command(
    symbols: Symbols,
    *,
    exchange: ExchangeName = None,
    since: Since = "30d",
    until: Until = None,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Fetch an exchange's 1m candles into the data folder. `backtest` finds them there.

    What is there already is not fetched again; an interrupted download goes on where it was.
    """
    from ..adapters.clock import wall_ms
    from ..adapters.config.defaults import data_folder_of, defaults_of
    from ..adapters.config.exchanges import USUAL_EXCHANGE, find_exchange
    from ..core.candle import MINUTE_MS
    from ..core.errors import UsageError

    now = wall_ms()
    first, last = moment("--from", since, now), moment("--to", until, now)
    newest = now - now % MINUTE_MS
    assert first is not None
    end = newest if last is None else min(last + MINUTE_MS, newest)
    if first >= end:
        raise UsageError(f"--from {since} is not before {'now' if last is None else f'--to {until}'}")
    config = find_exchange(exchange or defaults_of(project).exchange or USUAL_EXCHANGE, project)
    _download(config, symbols, data_folder_of(project, data_dir), (first, end))


def _download(config: ExchangeConfig, symbols: list[str], data: Path, span: tuple[int, int]) -> None:
    import asyncio

    from ..adapters.daemon_pool import leave_lookups_behind
    from ..downloads import downloads
    from .progress import Bar

    come_to = {"": span[0]}

    def told(_symbol: str, time: int) -> None:
        come_to[""] = time

    async def all_of_them() -> None:
        leave_lookups_behind()
        with Bar("download") as bar:
            async with bar.watching(*span, lambda: come_to[""]):
                async for one in downloads(config, symbols, data, span, told):
                    _tell(one)

    asyncio.run(all_of_them())


def _tell(one: Downloaded) -> None:
    from ..core.candle import MINUTE_MS
    from ..ui.inert import inert
    from ..ui.lines import minute_text

    if not len(one.candles):
        complain(f"{inert(one.symbol)}: the exchange has no candles of that time")
        return
    first, last = minute_text(one.candles[0].timestamp), minute_text(one.candles[-1].timestamp)
    print_lines([f"{inert(one.symbol)}  {len(one.candles):,} candles, {first} to {last}, in {one.folder}"])
    for start, stop in one.gaps[:GAPS_SHOWN]:
        minutes = (stop - start) // MINUTE_MS
        complain(f"{inert(one.symbol)}: no candle from {minute_text(start)} for {minutes} minutes")
    if len(one.gaps) > GAPS_SHOWN:
        complain(f"{inert(one.symbol)}: and {len(one.gaps) - GAPS_SHOWN} more gaps")
