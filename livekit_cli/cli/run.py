"""`livekit run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from .options import (
    HERE,
    MARKET,
    OUTPUT,
    STRATEGY,
    CandlesFile,
    DataFolder,
    ExchangeName,
    Json,
    Project,
    Settings,
    StrategyName,
    check_strategy,
    settings,
)

if TYPE_CHECKING:
    from .display import Display

Symbols = Annotated[list[str] | None, typer.Argument(metavar="SYMBOL...", help="For example BTCUSDT, or BTC/USDT.")]
FleetName = Annotated[
    str | None,
    typer.Option(
        "--config",
        "-c",
        metavar="NAME",
        help="A fleet instead of symbols: the name of a file in configs/, or a path to one.",
        rich_help_panel=STRATEGY,
    ),
]
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
    symbols: Symbols = None,
    *,
    strategy: StrategyName = None,
    config: FleetName = None,
    exchange: ExchangeName = None,
    candles: CandlesFile = None,
    set_: Settings = None,
    speed: Speed = None,
    once: Once = False,
    plain: Plain = False,
    json: Json = False,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Run strategies live, on paper. Ctrl-C stops them; the next run goes on where it was."""
    import asyncio
    import shlex
    import sys
    from contextlib import redirect_stdout

    from ..core.errors import UsageError
    from ..wiring import Request, desks, fleet
    from .session import Session

    if plain and json:
        raise UsageError("--plain and --json are two forms of the same lines; say one of them")
    _check_what_runs(symbols, config, strategy, candles, set_)
    options = _Options(
        exchange=exchange,
        speed=speed,
        once=once,
        project=project,
        data_folder=data_dir,
        command=shlex.join(["livekit", *sys.argv[1:]]),
    )
    display = None if json or plain else _display()
    with redirect_stdout(sys.stderr):  # what the strategies' files print
        if config is not None:
            requests = fleet(config, **options)
        else:
            check_strategy("run", strategy, project)
            requests = [Request(symbols or (), strategy, candles=candles, settings=settings(set_), **options)]
        opened = desks(*requests)
    asyncio.run(Session(opened, once=once, json=json, display=display).run())


class _Options(TypedDict):
    """What a run of symbols and one of a fleet have in common."""

    exchange: str | None
    speed: float | None
    once: bool
    project: Path
    data_folder: Path | None
    command: str


def _check_what_runs(
    symbols: list[str] | None,
    config: str | None,
    strategy: str | None,
    candles: Path | None,
    set_: list[str] | None,
) -> None:
    """Either symbols or a fleet, which says itself what runs on which symbols. Raises UsageError."""
    from ..core.errors import UsageError

    if config is None:
        if not symbols:
            from .mistakes import no_symbol

            raise UsageError(no_symbol("run"))
        if strategy in symbols:
            raise UsageError(f"{strategy} is the strategy, expected a symbol like BTCUSDT")
        return
    typed = {"--strategy": strategy, "--candles": candles, "--set": set_}
    found = [*(symbols or ()), *(option for option, value in typed.items() if value)]
    if found:
        raise UsageError(f"--config names what runs, and on which symbols: leave {' '.join(found)} out")


def _display() -> Display | None:
    """The table, where standard output is a terminal for it; before strategies are loaded, which may keep a stream."""
    from .output import takes_a_table

    if not takes_a_table():
        return None
    from .display import Display

    return Display()
