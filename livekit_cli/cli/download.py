"""`livekit download`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import HERE, MARKET, DataFolder, Project, moment
from .output import complain, print_lines

if TYPE_CHECKING:
    from pathlib import Path

    from ..adapters.candle_store import Span
    from ..adapters.config.exchanges import ExchangeConfig
    from ..downloads import Downloaded, NotDownloaded

Symbols = Annotated[list[str], typer.Argument(metavar="SYMBOL...", help="For example BTCUSDT, or BTC/USDT.")]
OfExchange = Annotated[
    str | None,
    typer.Option(
        "--exchange",
        "-e",
        metavar="NAME",
        help="An id of ccxt, as binance, or the name of a file in configs/. [default: configs/livekit.yaml's]",
        rich_help_panel=MARKET,
    ),
]
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
    exchange: OfExchange = None,
    since: Since = "30d",
    until: Until = None,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Fetch an exchange's 1m candles into the data folder. `backtest` and `explain` find them there.

    What is there already is not fetched again; an interrupted download goes on where it was. Exits 69 when the exchange
    did not give everything, 1 when it has no candle of a symbol, 75 when another download of the symbol is running.
    """
    from ..adapters.clock import wall_ms
    from ..adapters.config.defaults import data_folder_of, defaults_of
    from ..adapters.config.exchanges import USUAL_EXCHANGE, find_exchange
    from ..core.candle import MINUTE_MS
    from ..core.errors import UsageError

    now = wall_ms()
    first, last = moment("--from", since, now), moment("--to", until, now)
    assert first is not None
    if first > (now if last is None else last):
        raise UsageError(f"--from {since} is not before {'now' if last is None else f'--to {until}'}")
    config = find_exchange(exchange or defaults_of(project).exchange or USUAL_EXCHANGE, project)
    end = None if last is None else last + MINUTE_MS
    _download(config, symbols, data_folder_of(project, data_dir), first, end)


def _download(config: ExchangeConfig, symbols: list[str], data: Path, first: int, end: int | None) -> None:
    """Raises LivekitError, and Exit with the gravest code of what did not come."""
    import asyncio

    from ..adapters.daemon_pool import leave_lookups_behind
    from ..downloads import downloads
    from .progress import Bar, Seen, stopping

    codes: list[int] = []
    seen = Seen("download: connecting", first, first + 1, first)

    def told(symbol: str, span: Span, time: int) -> None:
        nonlocal seen
        seen = Seen(f"download {symbol}", *span, time)

    async def all_of_them() -> None:
        leave_lookups_behind()
        with Bar(seen.what) as bar:
            async with stopping() as stopped, bar.watching(lambda: seen):
                async for one in downloads(config, symbols, data, (first, end), told):
                    bar.wipe()
                    codes.append(_tell(one))
        if stopped:
            raise typer.Exit(_stopped(stopped[0]))

    asyncio.run(all_of_them())
    if code := max(codes, default=0):
        raise typer.Exit(code)


def _stopped(number: int) -> int:
    complain("livekit: stopped; what had come is kept, and the same command goes on from there")
    return 128 + number


def _tell(one: Downloaded | NotDownloaded) -> int:
    """The code that a download with only this in it ends with."""
    from ..core.candle import MINUTE_MS
    from ..downloads import NotDownloaded
    from ..ui.inert import inert
    from ..ui.lines import minute_text

    symbol = inert(one.symbol)
    if isinstance(one, NotDownloaded):
        complain(*(f"livekit: {line}" for line in one.error.lines))
        complain(f"{symbol}: not whole; what had come is kept, and the same command goes on from there")
        return one.error.exit_code
    if not len(one.candles):
        complain(f"{symbol}: the exchange has no candle of that time")
        return 1
    first, last = minute_text(one.candles[0].timestamp), minute_text(one.candles[-1].timestamp)
    count = "1 candle" if len(one.candles) == 1 else f"{len(one.candles):,} candles"
    print_lines([f"{symbol}  {count}, {first} to {last}, in {inert(str(one.folder))}"])
    lengths = {gap: (gap[1] - gap[0]) // MINUTE_MS for gap in one.gaps}
    shown = sorted(sorted(lengths, key=lambda gap: -lengths[gap])[:GAPS_SHOWN])
    for gap in shown:
        minutes = "a minute" if lengths[gap] == 1 else f"{lengths[gap]:,} minutes"
        complain(f"{symbol}: no candle for {minutes} from {minute_text(gap[0])}")
    if len(one.gaps) > len(shown):
        missing = sum(lengths.values())
        complain(
            f"{symbol}: these are the longest of {len(one.gaps):,} gaps; together {missing:,} minutes have no candle"
        )
    return 0
