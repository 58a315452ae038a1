"""The report of one strategy as one JSON object on one line: ASCII, no number rounded, events as `--json` has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

from ..core.codec import event_to_dict, signal_to_dict
from ..core.event import Closed
from ..core.pulse import Snapshot
from ..core.results import Results, Trial
from ..core.state import Idle
from ..core.statistics import Stats

Plain = dict[str, Any]


def report_json(found: Results, last: int | None = None) -> str:
    """The whole report; with `last`, only the newest so many events. Not ended by a newline."""
    events = found.events if last is None else found.events[-last:]
    plain: Plain = {
        "strategy_name": found.strategy,
        "symbol": found.symbol,
        "modes": found.modes,
        "exchanges": found.exchanges,
        "window": {"since": found.window.since, "until": found.window.until},
        "backtest": None if found.trial is None else _trial(found.trial, found.totals),
        "statistics": _stats(found.totals),
        "symbols": _groups(found.by_symbol),
        "close_reasons": _groups(found.by_reason),
        "months": _groups(found.by_month),
        "open": [_open(snapshot) for snapshot in found.open_now],
        "events": [event_to_dict(event) for event in events],
        "events_left_out": len(found.events) - len(events),
        "notes": list(found.notes),
    }
    return json.dumps(plain, separators=(",", ":"), allow_nan=False)


def _groups(groups: Mapping[str, Stats]) -> Plain:
    return {name: _stats(stats) for name, stats in groups.items()}


def _stats(stats: Stats) -> Plain:
    return {
        "total_events": stats.total_events,
        "opened": stats.opened,
        "closed": stats.closed,
        "wins": stats.wins,
        "losses": stats.losses,
        "win_rate": stats.win_rate,
        "average_pnl": stats.average_pnl,
        "total_pnl": stats.total_pnl,
        "profit_factor": stats.profit_factor,
        "expectancy": stats.expectancy,
        "max_drawdown": stats.max_drawdown,
        "best": _signal(stats.best),
        "worst": _signal(stats.worst),
        "winning_streak": stats.winning_streak,
        "losing_streak": stats.losing_streak,
        "costs": stats.costs,
        "close_reasons": {reason.value: count for reason, count in stats.close_reasons.items()},
        "average_duration_minutes": stats.average_duration_minutes,
    }


def _signal(event: Closed | None) -> Plain | None:
    if event is None:
        return None
    return {"id": event.signal.id, "symbol": event.symbol, "pnl_percentage": event.pnl.pnl_percentage}


def _trial(trial: Trial, stats: Stats) -> Plain:
    fees = trial.fees(stats.closed)
    return {
        "start": trial.start,
        "end": trial.end,
        "minutes": trial.minutes,
        "price_start": trial.price_start,
        "price_end": trial.price_end,
        "market_change": trial.market_change,
        "holding": trial.holding,
        "slippage_percent": trial.slippage_percent,
        "fee_percent": trial.fee_percent,
        "slippage_costs": stats.costs - fees,
        "fee_costs": fees,
    }


def _open(snapshot: Snapshot) -> Plain:
    identity, state, pulse = snapshot.identity, snapshot.state, snapshot.pulse
    return {
        "symbol": identity.symbol,
        "exchange_name": identity.exchange,
        "mode": identity.mode.value,
        "state": type(state).__name__.lower(),
        "signal": None if isinstance(state, Idle) else signal_to_dict(state.signal),
        "price": _finite(pulse.price),
        "degraded": pulse.degraded,
        "unrealised": _finite(pulse.unrealised),
        "minute": pulse.minute,
    }


def _finite(number: float | None) -> float | None:
    """JSON has no NaN, and a pulse is no durable record: a number that is none is not known."""
    return number if number is not None and isfinite(number) else None
