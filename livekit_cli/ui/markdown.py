"""The report of one strategy as markdown: what it earned, what is open now, and every event in one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..core.event import Closed, Event, Opened
from ..core.pulse import Snapshot
from ..core.results import Results
from ..core.state import Idle
from ..core.statistics import Stats, duration_minutes
from . import figures
from .figures import NONE, WINDOW_LAW
from .inert import inert_markdown as safe
from .lines import minute_text, percent_text, price_text, time_text
from .status import shown_price

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
OPEN_COLUMNS = (
    "Symbol",
    "State",
    "Signal ID",
    "Position",
    "Open Price",
    "Take Profit",
    "Stop Loss",
    "Since",
    "Current Price",
    "Unrealised",
    "As of",
)
TOTAL_COLUMNS = ("Closed", "W/L", "Win rate", "Average PNL", "Total PNL", "Largest drawdown")


def report(found: Results, last: int | None = None) -> str:
    """The whole report, ending in a newline; with `last`, the table of events has only the newest so many."""
    parts = [f"# Report: {safe(found.strategy)}", *(f"> **Note:** {safe(note)}" for note in found.notes)]
    parts.append(_list({**_context(found), **_statistics(found)}) if found.events else _nothing(found))
    parts += _breakdowns(found)
    parts += ["## Open now", _open_now(found.open_now)]
    parts += _events(found.events, last) if found.events else []
    return "\n\n".join(part for part in parts if part) + "\n"


def _nothing(found: Results) -> str:
    name = safe(found.strategy)
    if found.window.is_everything:
        said = f"No events yet: {name} has neither opened nor closed a signal."
    else:
        said = f"No events in the window: {name} neither opened nor closed a signal in it."
    head = _list(_context(found))
    return f"{head}\n\n{said}" if head else said


def _context(found: Results) -> dict[str, str]:
    """Whose events these are, and which of them were looked at."""
    facts = {
        "Mode": " and ".join(mode.upper() for mode in found.modes),
        "Exchange": ", ".join(map(safe, found.exchanges)),
    }
    if found.symbol is not None:
        facts["Symbol"] = f"{safe(found.symbol)}, no other was looked at"
    if not found.window.is_everything:
        facts["Window"] = f"{figures.window_text(found.window)}; {WINDOW_LAW}"
    if found.trial:
        span = f"{time_text(found.trial.start)} to {time_text(found.trial.end)}"
        facts["Tested"] = f"{span}, {found.trial.minutes} minutes"
    return {name: fact for name, fact in facts.items() if fact}


def _statistics(found: Results) -> dict[str, str]:
    stats = found.totals
    facts = {
        "Period": figures.period(found),
        "Total events": str(stats.total_events),
        "Closed signals": str(stats.closed),
        "Win rate": f"{figures.share(stats.win_rate)} ({figures.won_lost(stats)})",
        "Average PNL": figures.percent(stats.average_pnl),
        "Total PNL": figures.total(stats),
        "Profit factor": figures.factor(stats.profit_factor),
        "Expectancy": figures.percent(stats.expectancy),
        "Largest drawdown": figures.drawdown(stats),
        "Best signal": _signal(stats.best),
        "Worst signal": _signal(stats.worst),
        "Longest streaks": figures.streaks(stats),
        "Average duration": figures.minutes(stats.average_duration_minutes),
        "Costs": figures.costs(found),
        "Total PNL before costs": figures.before_costs(stats),
    }
    if found.trial:
        facts["Market"] = figures.market(found)
    return facts


def _signal(event: Closed | None) -> str:
    if event is None:
        return NONE
    return f"{figures.earned(event)} ({safe(event.symbol)}, {safe(event.signal.id)})"


def _list(facts: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _breakdowns(found: Results) -> Iterator[str]:
    if found.by_symbol:
        yield _totals("Symbol", {safe(symbol): stats for symbol, stats in found.by_symbol.items()})
    if found.by_reason:
        yield _totals("Close reason", found.by_reason)
    if months := figures.months(found):
        yield _totals("Month", months)


def _totals(what: str, groups: Mapping[str, Stats]) -> str:
    return _table((what, *TOTAL_COLUMNS), (_total_row(name, stats) for name, stats in groups.items()))


def _total_row(name: str, stats: Stats) -> Sequence[str]:
    return (
        name,
        str(stats.closed),
        figures.won_lost(stats),
        figures.share(stats.win_rate),
        figures.percent(stats.average_pnl),
        figures.total(stats),
        figures.drawdown(stats),
    )


def _open_now(snapshots: Sequence[Snapshot]) -> str:
    rows = [row for snapshot in snapshots if (row := _open_row(snapshot))]
    return _table(OPEN_COLUMNS, rows) if rows else "Nothing is open."


def _open_row(snapshot: Snapshot) -> Sequence[str] | None:
    state, pulse = snapshot.state, snapshot.pulse
    if isinstance(state, Idle):
        return None
    signal = state.signal
    return (
        safe(snapshot.identity.symbol),
        type(state).__name__.lower(),
        safe(signal.id),
        signal.position.value,
        price_text(signal.price_open),
        price_text(signal.price_take_profit),
        price_text(signal.price_stop_loss),
        time_text(signal.timestamp),
        safe(shown_price(pulse)),
        figures.percent(pulse.unrealised),
        NONE if pulse.minute is None else minute_text(pulse.minute),
    )


def _events(events: Sequence[Event], last: int | None) -> list[str]:
    shown = events if last is None else events[-last:]
    left_out = len(events) - len(shown)
    said = [f"The last {len(shown)} of {len(events)}: {left_out} earlier left out."] if left_out else []
    return ["## Events", *said, _table(COLUMNS, map(_event_row, shown))]


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
