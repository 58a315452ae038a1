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
    check_strategy,
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

BACKTEST_SECONDS = 10.0
"""How long one minute may take: without it a strategy that never comes back would hold the command for ever."""


def command(
    symbol: Symbol,
    *,
    strategy: StrategyName = None,
    exchange: ExchangeName = None,
    candles: CandlesFile = None,
    since: Since = None,
    until: Until = None,
    set_: Settings = None,
    json: Json = False,
    project: Project = HERE,
) -> None:
    """Test a strategy on recorded candles. Or on the demo market's last thirty days; the rules are those of `run`."""
    import sys
    from contextlib import redirect_stdout

    from ..core.candle import MINUTE_MS
    from ..core.errors import UsageError
    from ..wiring import Request, replay

    check_strategy("backtest", strategy, project)
    first, last = moment("--from", since), moment("--to", until)
    if first is not None and last is not None and first > last:
        raise UsageError(f"--from {since} is after --to {until}")
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
    with redirect_stdout(sys.stderr):  # what the strategy prints
        replayed, start, end = replay(request)
        events = _events(replayed, start, end)
    _tell(replayed, events, json=json)


def _events(replayed: Replay, start: int, end: int) -> list[Event]:
    """All events. Raises StrategyError when the strategy does not come back."""
    import asyncio

    from ..adapters.alarm import Held, watched
    from ..core.errors import StrategyError

    def come_to() -> int:
        return replayed.time or 0

    def leave() -> None:
        _leave(StrategyError.exit_code, f"livekit: {_held(replayed)}")

    try:
        with watched(come_to, BACKTEST_SECONDS, leave):
            return asyncio.run(_watched(replayed, start, end))
    except Held:
        raise StrategyError(_held(replayed)) from None


def _held(replayed: Replay) -> str:
    from ..ui.lines import time_text

    name, when = replayed.identity.strategy, time_text(replayed.time or 0)
    return f"strategy {name} gave no answer within {BACKTEST_SECONDS:g} s at {when}: the backtest ended there"


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
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: _leave(128 + number))


def _leave(code: int, text: str = "") -> None:
    """End the process from a signal's handler: whatever was interrupted may be in the middle of a buffered write."""
    import os
    import sys

    from ..ui.inert import inert

    fd = sys.stderr.fileno()  # and no more of it: under a progress bar it is Rich's, which is no terminal
    line = f"{inert(text)}\n" if text else ""
    try:
        os.write(fd, (b"\r\x1b[K" + SHOW_CURSOR if os.isatty(fd) else b"") + line.encode())
    finally:
        os._exit(code)


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
