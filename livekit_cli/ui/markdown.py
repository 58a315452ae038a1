"""The report of one strategy as markdown: what it earned, what is open now, and every event in one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..core.event import Closed, CloseReason, Event, Opened
from ..core.pulse import Snapshot
from ..core.state import Idle
from ..core.statistics import Stats, by_symbol, duration_minutes, statistics, unique
from .inert import inert_markdown as safe
from .lines import percent_text, price_text, time_text

COLUMNS = (
    "Timestamp",
    "Action",
    "Symbol",
    "Signal ID",
    "Position",
    "Note",
    "Current Price",
    "Open Price",
    "Take Profit",
    "Stop Loss",
    "PNL (net)",
    "Close Reason",
    "Duration (min)",
)
OPEN_COLUMNS = ("Symbol", "State", "Position", "Open Price", "Take Profit", "Stop Loss", "Since", "Unrealised")
SYMBOL_COLUMNS = ("Symbol", "Closed", "W/L", "Win rate", "Average PNL", "Total PNL", "Largest drawdown")

NONE = "-"
"""Shown in a cell or line that has nothing to say."""


def report(strategy: str, events: Sequence[Event], open_now: Sequence[Snapshot], notes: Sequence[str] = ()) -> str:
    """The whole report, ending in a newline. `events` oldest first; one that comes twice is shown and counted once.

    `open_now` may hold idle symbols, which are left out; `notes` are sentences that the reader must see first.
    """
    told = list(unique(events))
    parts = [f"# Report: {safe(strategy)}", *(f"> **Note:** {safe(note)}" for note in notes)]
    if told:
        stats = statistics(told)
        parts += [_head(told, open_now, stats), _table(SYMBOL_COLUMNS, _symbol_rows(told))]
    else:
        parts.append(f"No events yet: {safe(strategy)} has neither opened nor closed a signal.")
    parts += ["## Open now", _open_now(open_now)]
    if told:
        parts += ["## Events", _table(COLUMNS, map(_event_row, told))]
    return "\n\n".join(parts) + "\n"


def _head(events: Sequence[Event], open_now: Sequence[Snapshot], stats: Stats) -> str:
    modes = {event.mode for event in events} | {snapshot.identity.mode for snapshot in open_now}
    exchanges = {event.exchange_name for event in events}
    times = [event.time for event in events]
    facts = {
        "Mode": " and ".join(sorted(mode.value.upper() for mode in modes)),
        "Exchange": ", ".join(map(safe, sorted(exchanges))),
        "Period": f"{time_text(min(times))} to {time_text(max(times))}",
        "Total events": str(stats.total_events),
        "Closed signals": str(stats.closed),
        "Win rate": f"{_share(stats.win_rate)} ({stats.wins}W/{stats.losses}L)",
        "Average PNL": _percent(stats.average_pnl),
        "Total PNL": _percent(stats.total_pnl if stats.closed else None),
        "Profit factor": _number(stats.profit_factor),
        "Expectancy": _percent(stats.expectancy),
        "Largest drawdown": _share(stats.max_drawdown if stats.closed else None),
        "Close reasons": ", ".join(f"{reason.value} {stats.close_reasons[reason]}" for reason in CloseReason),
        "Average duration": _minutes(stats.average_duration_minutes),
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _symbol_rows(events: Iterable[Event]) -> Iterator[Sequence[str]]:
    for symbol, stats in sorted(by_symbol(events).items()):
        yield (
            safe(symbol),
            str(stats.closed),
            f"{stats.wins}W/{stats.losses}L",
            _share(stats.win_rate),
            _percent(stats.average_pnl),
            _percent(stats.total_pnl if stats.closed else None),
            _share(stats.max_drawdown if stats.closed else None),
        )


def _open_now(snapshots: Sequence[Snapshot]) -> str:
    rows = [row for snapshot in snapshots if (row := _open_row(snapshot))]
    return _table(OPEN_COLUMNS, rows) if rows else "Nothing is open."


def _open_row(snapshot: Snapshot) -> Sequence[str] | None:
    state = snapshot.state
    if isinstance(state, Idle):
        return None
    signal = state.signal
    return (
        safe(snapshot.identity.symbol),
        type(state).__name__.lower(),
        signal.position.value,
        price_text(signal.price_open),
        price_text(signal.price_take_profit),
        price_text(signal.price_stop_loss),
        time_text(signal.timestamp),
        _percent(snapshot.pulse.unrealised),
    )


def _event_row(event: Event) -> Sequence[str]:
    signal = event.signal
    return (
        time_text(event.time),
        event.action,
        safe(event.symbol),
        safe(signal.id),
        signal.position.value,
        _note(event),
        price_text(event.current_price),
        price_text(signal.price_open),
        price_text(signal.price_take_profit),
        price_text(signal.price_stop_loss),
        *_outcome(event),
    )


def _note(event: Event) -> str:
    words = [safe(event.signal.note)] if event.signal.note else []
    if event.recovered:
        words.append("(recovered)")
    return " ".join(words) or NONE


def _outcome(event: Event) -> tuple[str, str, str]:
    if isinstance(event, Opened):
        return NONE, NONE, NONE
    return percent_text(event.pnl.pnl_percentage), event.close_reason.value, _duration(event)


def _duration(event: Closed) -> str:
    return price_text(duration_minutes(event))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = (f"| {' | '.join(columns)} |", "|" + " --- |" * len(columns))
    return "\n".join((*head, *(f"| {' | '.join(row)} |" for row in rows)))


def _percent(value: float | None) -> str:
    return NONE if value is None else percent_text(value)


def _share(value: float | None) -> str:
    """A percent that cannot be negative."""
    return NONE if value is None else f"{value:.2f}%"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _minutes(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f} min"
