"""The figures of a report in words: what there is nothing to say of is a dash."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.event import Closed
from ..core.results import Results, Window
from ..core.statistics import Stats
from .lines import percent_text, price_text, time_text

NONE = "-"

WINDOW_LAW = "a signal opened before it and closed in it counts as closed"


def percent(value: float | None) -> str:
    """`+0.60%`."""
    return NONE if value is None else percent_text(value)


def share(value: float | None) -> str:
    """`58.33%`: a percent that has no sign."""
    return NONE if value is None else f"{value:.2f}%"


def factor(value: float | None) -> str:
    """`1.83`."""
    return NONE if value is None else f"{value:.2f}"


def minutes(value: float | None) -> str:
    """`12.0 min`."""
    return NONE if value is None else f"{value:.1f} min"


def won_lost(stats: Stats) -> str:
    """`7W/5L`."""
    return f"{stats.wins}W/{stats.losses}L"


def streaks(stats: Stats) -> str:
    """`4 wins, 1 loss`: the most of each in a row."""
    wins, losses = stats.winning_streak, stats.losing_streak
    return f"{wins} win{'' if wins == 1 else 's'}, {losses} loss{'' if losses == 1 else 'es'}"


def total(stats: Stats) -> str:
    """The total PnL."""
    return percent(stats.total_pnl if stats.closed else None)


def drawdown(stats: Stats) -> str:
    """The largest drawdown."""
    return share(stats.max_drawdown if stats.closed else None)


def costs(found: Results) -> str:
    """What slippage and fees took together; a backtest knows each."""
    stats, trial = found.totals, found.trial
    if not stats.closed:
        return NONE
    if trial is None:
        return share(stats.costs)
    fees = trial.fees(stats.closed)
    return f"{share(stats.costs)}: slippage {share(stats.costs - fees)}, fees {share(fees)}"


def before_costs(stats: Stats) -> str:
    """The total PnL as it would be without them."""
    return percent(stats.total_pnl + stats.costs if stats.closed else None)


def earned(event: Closed | None) -> str:
    """What one signal earned."""
    return percent(None if event is None else event.pnl.pnl_percentage)


def months(found: Results) -> Mapping[str, Stats]:
    """By month, where that says more than the totals; a backtest always says it."""
    return found.by_month if found.trial or len(found.by_month) > 1 else {}


def period(found: Results) -> str:
    """From the first event to the last."""
    times = [event.time for event in found.events]
    return f"{time_text(min(times))} to {time_text(max(times))}"


def window_text(window: Window) -> str:
    """`since A, before B`."""
    since = [] if window.since is None else [f"since {time_text(window.since)}"]
    until = [] if window.until is None else [f"before {time_text(window.until)}"]
    return ", ".join(since + until)


def market(found: Results) -> str:
    """What the market did over the span of a backtest: `+3.20% (60000 to 61920), +2.80% after costs`."""
    trial = found.trial
    if trial is None or trial.price_start is None or trial.price_end is None:
        return NONE
    prices = f"{price_text(trial.price_start)} to {price_text(trial.price_end)}"
    return f"{percent(trial.market_change)} ({prices}), {percent(trial.holding)} after costs"
