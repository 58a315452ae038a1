"""What a run of events comes to: how many signals closed, how many won, and what they earned together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import TypeVar

from .candle import MINUTE_MS
from .event import Closed, CloseReason, Event
from .pnl import pnl_percentage

K = TypeVar("K", bound=Hashable)
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Stats:
    """Totals over events. PnL is net percent of the entry; None means that there is nothing to divide by.

    `win_rate` is in percent. `expectancy` is what one more closed signal is worth, by the wins and losses so far.
    `profit_factor` is what the wins earned for each percent that the losses cost. `max_drawdown` is the largest
    fall of the running sum from its highest point (at least 0), in percent points. `best` and `worst` are the signals
    that earned most and least, the earlier one of equals; `winning_streak` and `losing_streak` the most wins and losses
    in a row. A signal that closed at exactly 0 is neither win nor loss, and ends a streak of either. `costs` is what
    slippage and fees took, in percent points: without them `total_pnl` would have been higher by so much.
    """

    total_events: int
    opened: int
    closed: int
    wins: int
    losses: int
    win_rate: float | None
    average_pnl: float | None
    total_pnl: float
    profit_factor: float | None
    expectancy: float | None
    max_drawdown: float
    best: Closed | None
    worst: Closed | None
    winning_streak: int
    losing_streak: int
    costs: float
    close_reasons: Mapping[CloseReason, int]
    average_duration_minutes: float | None


def statistics(events: Iterable[Event]) -> Stats:
    """Totals over `events`, oldest first; an event that comes twice counts once."""
    told = list(unique(events))
    closed = [event for event in told if isinstance(event, Closed)]
    earned = [event.pnl.pnl_percentage for event in closed]
    wins = [pnl for pnl in earned if pnl > 0]
    losses = [pnl for pnl in earned if pnl < 0]
    reasons = Counter(event.close_reason for event in closed)
    return Stats(
        total_events=len(told),
        opened=len(told) - len(closed),
        closed=len(closed),
        wins=len(wins),
        losses=len(losses),
        win_rate=_per(len(wins) * 100, len(closed)),
        average_pnl=_per(sum(earned), len(closed)),
        total_pnl=float(sum(earned)),
        profit_factor=_per(sum(wins), -sum(losses)),
        expectancy=_expectancy(wins, losses, len(closed)),
        max_drawdown=_drawdown(earned),
        best=max(closed, key=_earned, default=None),
        worst=min(closed, key=_earned, default=None),
        winning_streak=_streak(pnl > 0 for pnl in earned),
        losing_streak=_streak(pnl < 0 for pnl in earned),
        costs=float(sum(map(costs, closed))),
        close_reasons={reason: reasons[reason] for reason in CloseReason},
        average_duration_minutes=_per(sum(map(duration_minutes, closed)), len(closed)),
    )


def statistics_by(key: Callable[[E], K], events: Iterable[E]) -> dict[K, Stats]:
    """The totals of the events that have the same `key`, in the order in which the keys first appear."""
    groups: dict[K, list[E]] = {}
    for event in events:
        groups.setdefault(key(event), []).append(event)
    return {name: statistics(group) for name, group in groups.items()}


def unique(events: Iterable[Event]) -> Iterator[Event]:
    """Each event once, the first time that it comes."""
    seen: set[str] = set()
    for event in events:
        if event.event_id not in seen:
            seen.add(event.event_id)
            yield event


def running_pnl(events: Iterable[Event]) -> list[float]:
    """The sum of what was earned so far, in percent points: 0 before the first close, then after each one."""
    return list(accumulate((_earned(event) for event in events if isinstance(event, Closed)), initial=0.0))


def duration_minutes(event: Closed) -> float:
    """How long the signal was open, in minutes."""
    return (event.close_timestamp - event.signal.timestamp) / MINUTE_MS


def costs(event: Closed) -> float:
    """What slippage and fees took of what the two prices alone would have earned, in percent points."""
    pnl = event.pnl
    return pnl_percentage(event.signal.position, pnl.price_open, pnl.price_close, 0.0, 0.0) - pnl.pnl_percentage


def _earned(event: Closed) -> float:
    return event.pnl.pnl_percentage


def _streak(outcomes: Iterable[bool]) -> int:
    return max((len(list(run)) for holds, run in groupby(outcomes) if holds), default=0)


def _expectancy(wins: Sequence[float], losses: Sequence[float], closed: int) -> float | None:
    if not closed:
        return None
    average_win = sum(wins) / len(wins) if wins else 0.0
    average_loss = -sum(losses) / len(losses) if losses else 0.0
    return len(wins) / closed * average_win - len(losses) / closed * average_loss


def _drawdown(earned: Iterable[float]) -> float:
    peak = fall = 0.0
    for total in accumulate(earned):
        peak = max(peak, total)
        fall = max(fall, peak - total)
    return fall


def _per(amount: float, count: float) -> float | None:
    return amount / count if count else None
