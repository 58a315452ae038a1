"""`livekit backtest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    HERE,
    CandlesFile,
    ExchangeName,
    Json,
    Project,
    Settings,
    StrategyName,
    moment,
    settings,
)
from .output import SHOW_CURSOR, complain, print_lines

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from ..backtest import Replay
    from ..core.event import Event

Symbol = Annotated[str, typer.Argument(metavar="SYMBOL", help="For example BTCUSDT.")]
Since = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Opening time of the first candle evaluated; ISO 8601 or epoch ms."),
]
Until = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Opening time of the last one.")]


def command(
    symbol: Symbol,
    *,
    strategy: StrategyName,
    exchange: ExchangeName = "demo",
    candles: CandlesFile = None,
    since: Since = None,
    until: Until = None,
    set_: Settings = None,
    json: Json = False,
    project: Project = HERE,
) -> None:
    """Test a strategy on recorded candles. Or on the demo market's last thirty days; the rules are those of `run`."""
    import asyncio

    from ..core.candle import MINUTE_MS
    from ..wiring import Request, replay

    first, last = moment("--from", since), moment("--to", until)
    request = Request(
        symbols=[symbol],
        strategy=strategy,
        exchange=exchange,
        candles=candles,
        settings=settings(set_),
        project=project,
        start=None if first is None else first + MINUTE_MS,
        end=None if last is None else last + MINUTE_MS,
    )
    replayed, start, end = replay(request)
    events = asyncio.run(_watched(replayed, start, end))
    _tell(replayed, events, json=json)


async def _watched(replayed: Replay, start: int, end: int) -> list[Event]:
    """All events, with a progress bar on standard error when that is a terminal."""
    import asyncio
    import sys

    if not sys.stderr.isatty():
        return [event async for event in replayed.events(start, end)]
    from rich.console import Console
    from rich.progress import Progress

    _show_cursor_on_signals()
    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        bar = progress.add_task("backtest", total=end - start)
        watching = asyncio.create_task(_watch(replayed, progress, bar, start))
        try:
            return [event async for event in replayed.events(start, end)]
        finally:
            watching.cancel()


async def _watch(replayed: Replay, progress: Progress, bar: TaskID, start: int) -> None:
    from ..adapters.clock import pause

    while True:
        progress.update(bar, completed=(replayed.time or start) - start, refresh=True)
        await pause(0.1)


def _show_cursor_on_signals() -> None:
    """The progress bar hides the cursor, and an interrupted command must give it back."""
    import os
    import signal
    import sys

    def leave(number: int, _frame: object) -> None:
        os.write(sys.stderr.fileno(), b"\r\x1b[K" + SHOW_CURSOR)
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)


def _tell(replayed: Replay, events: list[Event], *, json: bool) -> None:
    from ..core.errors import StrategyError
    from ..core.pulse import Pulse, Snapshot
    from ..core.state import Open
    from ..ui.lines import event_json
    from ..ui.markdown import report

    identity = replayed.identity
    if json:
        print_lines(map(event_json, events))
    else:
        pulse = Pulse(minute=replayed.time, price=replayed.price, unrealised=replayed.unrealised, status="ended")
        open_now = [Snapshot(identity, replayed.state, pulse)] if isinstance(replayed.state, Open) else []
        print_lines([report(identity.strategy, events, open_now).rstrip("\n")])
    if isinstance(replayed.state, Open):
        complain(f"{identity.symbol}: a signal is still open at the end of the candles")
    if replayed.errors:
        raise StrategyError(f"the strategy failed {replayed.errors} times; the first time: {replayed.first_error}")
