"""`livekit backtest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    HERE,
    MARKET,
    OUTPUT,
    CandlesFile,
    ExchangeName,
    Project,
    ReportFormat,
    Settings,
    StrategyName,
    check_strategy,
    moment,
    settings,
)
from .output import complain, print_lines, print_text

if TYPE_CHECKING:
    from ..backtest import Replay
    from ..core.event import Event
    from ..core.results import Results
    from ..wiring import Request
    from .progress import Bar

Symbol = Annotated[str, typer.Argument(metavar="SYMBOL", help="For example BTCUSDT.")]
Since = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TIME",
        help="Opening time of the first candle evaluated: ISO 8601 (UTC), epoch ms, or an age like 30d.",
        rich_help_panel=MARKET,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="TIME",
        help="Opening time of the last one; a date is its first minute.",
        rich_help_panel=MARKET,
    ),
]
Events = Annotated[
    bool, typer.Option("--json", help="Only the events, one JSON object per line.", rich_help_panel=OUTPUT)
]

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
    format_: ReportFormat = None,
    json: Events = False,
    project: Project = HERE,
) -> None:
    """Test a strategy on recorded candles. Or on the demo market's last thirty days; the rules are those of `run`.

    It ends with the report: what the strategy earned, what slippage and fees took, and what holding would have earned.
    """
    from ..core.candle import MINUTE_MS
    from ..core.errors import UsageError
    from ..wiring import Request

    check_strategy("backtest", strategy, project)
    if json and format_:
        raise UsageError(f"--json prints events and --format {format_} a report; leave one out")
    first, last = _span(since, until)
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
    replayed, found, timing = _replayed(request)
    if json:
        from ..ui.lines import event_json

        print_lines(map(event_json, found.events))
    else:
        from .report import shown

        print_text(shown([found], format_, foot=[timing]))
    _end(replayed)


def _span(since: str | None, until: str | None) -> tuple[int | None, int | None]:
    from ..adapters.clock import wall_ms
    from ..core.errors import UsageError

    now = wall_ms()
    first, last = moment("--from", since, now), moment("--to", until, now)
    if first is not None and last is not None and first > last:
        raise UsageError(f"--from {since} is after --to {until}")
    if first is not None and first == last:
        from ..ui.lines import time_text

        day_end = f"{time_text(first)[:10]}T23:59"
        complain(f"--from and --to name the same minute, the only one tested; the end of that day is --to {day_end}")
    return first, last


def _replayed(request: Request) -> tuple[Replay, Results, str]:
    """What became of the backtest, and how long it took."""
    import sys
    from contextlib import redirect_stdout

    from ..adapters.clock import stopwatch
    from ..core.candle import MINUTE_MS
    from ..wiring import replay
    from .progress import Bar

    began = stopwatch()
    with Bar("backtest: reading the candles") as bar, redirect_stdout(sys.stderr):  # what the strategy prints
        replayed, start, end = replay(request)
        read = stopwatch()
        events = _events(replayed, start, end, bar)
        taken = stopwatch() - read
    _say_what_is_missing(request, start, end)
    found = _results(replayed, events, start, end)
    return replayed, found, _timing((end - start) // MINUTE_MS + 1, read - began, taken)


def _timing(minutes: int, reading: float, taken: float) -> str:
    speed = f"{minutes / max(taken, 1e-9):,.0f} a second"
    return f"{minutes:,} minutes in {taken:.2f} s, {speed}; the candles were ready after {reading:.2f} s"


def _events(replayed: Replay, start: int, end: int, bar: Bar) -> list[Event]:
    """All events. Raises StrategyError when the strategy does not come back."""
    import asyncio

    from ..adapters.alarm import Held, watched
    from ..core.errors import StrategyError
    from .progress import Seen, leave

    def come_to() -> int:
        return replayed.time or start

    async def collected() -> list[Event]:
        async with bar.watching(lambda: Seen("backtest", start, end, come_to())):
            return [event async for event in replayed.events(start, end)]

    try:
        with watched(come_to, BACKTEST_SECONDS, lambda: leave(StrategyError.exit_code, f"livekit: {_held(replayed)}")):
            return asyncio.run(collected())
    except Held:
        raise StrategyError(_held(replayed)) from None


def _held(replayed: Replay) -> str:
    from ..ui.lines import time_text

    name, when = replayed.identity.strategy, time_text(replayed.time or 0)
    return f"strategy {name} gave no answer within {BACKTEST_SECONDS:g} s at {when}: the backtest ended there"


def _say_what_is_missing(request: Request, start: int, end: int) -> None:
    """A span that reaches beyond the candles is tested as far as they go, and that is said."""
    from ..core.candle import MINUTE_MS
    from ..ui.lines import minute_text

    if request.start is not None and request.start < start:
        opening = minute_text(start - MINUTE_MS)
        complain(f"the first candle is that of {opening}: nothing before it is tested, though --from asks for it")
    if request.end is not None and request.end > end:
        opening = minute_text(end - MINUTE_MS)
        complain(f"the last candle is that of {opening}: nothing after it is tested, though --to asks for it")


def _results(replayed: Replay, events: list[Event], start: int, end: int) -> Results:
    from ..core.pulse import Pulse, Snapshot
    from ..core.results import Trial, results

    identity, terms = replayed.identity, replayed.terms
    pulse = Pulse(minute=end, price=replayed.price, unrealised=replayed.unrealised, status="ended")
    costs = (terms.slippage_percent, terms.fee_percent)
    trial = Trial(start, end, replayed.last(start), replayed.last(end), *costs)
    return results(identity.strategy, events, [Snapshot(identity, replayed.state, pulse)], trial=trial)


def _end(replayed: Replay) -> None:
    from ..core.errors import StrategyError
    from ..core.state import Open

    if isinstance(replayed.state, Open):
        complain(f"{replayed.identity.symbol}: a signal is still open at the end of the candles")
    if replayed.errors:
        often = "once" if replayed.errors == 1 else f"{replayed.errors} times; the first time"
        raise StrategyError(f"the strategy failed {often}: {replayed.first_error}")
