"""`livekit run`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import (
    HERE,
    MARKET,
    OUTPUT,
    CandlesFile,
    DataFolder,
    ExchangeName,
    Json,
    Project,
    Settings,
    StrategyName,
    check_market,
    settings,
)

Symbols = Annotated[list[str], typer.Argument(metavar="SYMBOL...", help="For example BTCUSDT, or BTC/USDT.")]
Once = Annotated[bool, typer.Option("--once", help="Evaluate the minutes due since the last run, then end (cron).")]
Speed = Annotated[
    float | None,
    typer.Option(
        "--speed",
        metavar="X",
        help="Times faster than real time. [default: 1 for demo, 60 for recorded candles]",
        rich_help_panel=MARKET,
    ),
]
Plain = Annotated[
    bool,
    typer.Option("--plain", help="One line per event instead of the live table.", rich_help_panel=OUTPUT),
]


def command(
    context: typer.Context,
    symbols: Symbols,
    *,
    strategy: StrategyName,
    exchange: ExchangeName = "demo",
    candles: CandlesFile = None,
    set_: Settings = None,
    speed: Speed = None,
    once: Once = False,
    plain: Plain = False,
    json: Json = False,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Run a strategy live, on paper. Ctrl-C stops it; the next run goes on where it was."""
    import asyncio
    import shlex
    import sys
    from contextlib import redirect_stdout

    from ..core.errors import UsageError
    from ..wiring import Request, desks
    from .session import Session

    if plain and json:
        raise UsageError("--plain and --json are two forms of the same lines; say one of them")
    check_market(context, candles)
    request = Request(
        symbols=symbols,
        strategy=strategy,
        exchange=exchange,
        candles=candles,
        settings=settings(set_),
        speed=speed,
        once=once,
        project=project,
        data_folder=data_dir,
        command=shlex.join(["livekit", *sys.argv[1:]]),
    )
    with redirect_stdout(sys.stderr):  # what the strategy's file prints
        opened = desks(request)
    asyncio.run(Session(opened, once=once, json=json, plain=plain).run())
