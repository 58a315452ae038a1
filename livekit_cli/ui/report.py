"""The report of one strategy for a terminal: as much as a screen holds, in the width and the letters that it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from ..core.event import Closed, Event
from ..core.pulse import Snapshot
from ..core.results import Results
from ..core.state import Idle
from ..core.statistics import Stats
from . import figures
from .figures import NONE, WINDOW_LAW
from .grid import GAP, Row, grid
from .inert import cells
from .lines import duration_text, marks, minute_text, percent_text, price_text
from .look import Look
from .spark import sparkline
from .status import shown_price, state_text
from .styled import Piece

ENOUGH = 5
"""Events: where fewer than these fit, blank lines give way to more of them."""

SPARK_CELLS = 100
"""The longest line of the running PnL: a longer one has too many letters to be looked at."""

BETWEEN = 3
"""Cells between two facts on one line."""

ID_CELLS = 12

ROOMY = 60
"""Cells of a line in which a time is written in full."""

TOTAL_COLUMNS = ("CLOSED", "W/L", "WIN RATE", "AVERAGE", "TOTAL", "DRAWDOWN")
OPEN_COLUMNS = ("OPEN NOW", "STATE", "ENTRY", "TP", "SL", "PRICE", "UNREALISED", "SINCE", "AS OF", "SIGNAL")
EVENT_COLUMNS = ("TIME", "EVENT", "SYMBOL", "PRICE", "PnL", "LASTED", "SIGNAL", "NOTE")
_GIVES_WAY = (7, 5, 3, 6, 2)
"""Of the events' columns the note, how long it lasted, the price, the id, the symbol."""


class Fact(NamedTuple):
    """A statistic, and the number that says whether it is a gain or a loss."""

    name: str
    text: str
    gain: float | None = None


Lines = list[str]


def report_lines(found: Results, look: Look, last: int | None = None, foot: Sequence[str] = ()) -> Lines:
    """The whole report, `foot` below it; of the events the newest `last`, or as many as fit the screen."""
    parts = [_head(found, look), _running(found, look), _statistics(found, look), _totals(found, look)]
    parts = [part for part in (*parts, _open_now(found.open_now, look)) if part]
    ended = list(chain.from_iterable(look.wrapped(sentence) for sentence in foot))
    # The next prompt takes a line, the names of the events' columns one, and what is said of those left out another. A
    # page that is too long without any event scrolls in any case, and its end is what is seen.
    room = look.height - 3 - sum(map(len, parts)) - len(ended)
    blank = [""] if room - len(parts) - bool(ended) >= ENOUGH else []
    fitting = max(0, room - len(blank) * (len(parts) + bool(ended))) if room >= -1 else ENOUGH
    events = _events(found, look, fitting if last is None else last)
    return _joined([*parts, events, ended], blank)


def _joined(parts: Sequence[Lines], between: Lines) -> Lines:
    lines: Lines = []
    for part in parts:
        lines += [*between, *part] if lines and part else part
    return lines


def _head(found: Results, look: Look) -> Lines:
    sentences = [] if found.symbol is None else [f"only {found.symbol}"]
    if not found.window.is_everything:
        sentences.append(f"{figures.window_text(found.window)}; {WINDOW_LAW}")
    if found.trial:
        span = f"{minute_text(found.trial.start)} to {minute_text(found.trial.end)}"
        sentences.append(f"tested {span}, {found.trial.minutes:,} minutes")
    if found.events:
        first, newest = min(event.time for event in found.events), max(event.time for event in found.events)
        sentences.append(f"{len(found.events):,} events, {minute_text(first)} to {minute_text(newest)}")
    else:
        sentences.append("no events yet" if found.window.is_everything else "no events in the window")
    notes = [look.paint(line, "yellow") for note in found.notes for line in look.wrapped(f"Note: {note}")]
    return [*_whose(found, look), *notes, *chain.from_iterable(look.wrapped(sentence) for sentence in sentences)]


def _whose(found: Results, look: Look) -> Lines:
    """Strategy, mode and exchange, on one line where they fit."""
    name = look.shown(found.strategy, look.width)
    exchanges = look.shown(", ".join(found.exchanges), look.width - sum(len(mode) + 4 for mode in found.modes))
    modes = [look.paint(f" {mode.upper()} ", "reverse", "red" if mode == "live" else "green") for mode in found.modes]
    where = "  ".join([*modes, *filter(None, [exchanges])])
    taken = cells(f"{name}  {exchanges}") + sum(len(mode) + 4 for mode in found.modes)
    if taken <= look.width:
        return [f"{look.paint(name, 'bold')}  {where}".rstrip()]
    return [look.paint(name, "bold"), where]


def _running(found: Results, look: Look) -> Lines:
    if not found.totals.closed:
        return []
    values = found.running
    low, high, end = min(values), max(values), values[-1]
    numbers = f"low {percent_text(low)}  high {percent_text(high)}  end {look.signed(percent_text(end), end)}"
    plain = f"low {percent_text(low)}  high {percent_text(high)}  end {percent_text(end)}"
    name = "Running PnL"
    beside = look.width - cells(f"{name}    {plain}")
    if beside >= min(20, len(values)):
        return [f"{name}  {sparkline(values, min(beside, SPARK_CELLS), unicode=look.unicode)}  {numbers}"]
    drawn = sparkline(values, min(look.width, SPARK_CELLS), unicode=look.unicode)
    return [*([name, numbers] if look.width < cells(f"{name}  {plain}") else [f"{name}  {numbers}"]), drawn]


def _statistics(found: Results, look: Look) -> Lines:
    """Two facts to a line where the width allows it."""
    facts = list(_facts(found, look)) if found.events else []
    names = max((cells(fact.name) for fact in facts), default=0)
    values = max((cells(fact.text) for fact in facts[::2]), default=0)
    lines = [_fact(fact, names, look) for fact in facts]
    widest = max((cells(fact.text) for fact in facts[1::2]), default=0)
    if 2 * (names + GAP) + values + BETWEEN + widest > look.width:
        return lines
    blanks = [" " * (values - cells(fact.text) + BETWEEN) for fact in facts[::2]]
    rights = [*lines[1::2], ""]  # an odd one out stands alone
    return [f"{left}{blank}{right}".rstrip() for left, blank, right in zip(lines[::2], blanks, rights, strict=False)]


def _fact(fact: Fact, names: int, look: Look) -> str:
    return f"{look.fitted(fact.name, names)}{' ' * GAP}{look.signed(fact.text, fact.gain)}"


def _facts(found: Results, look: Look) -> Iterator[Fact]:
    """Two and two belong side by side."""
    stats = found.totals
    total = stats.total_pnl if stats.closed else None
    yield Fact("Closed signals", f"{stats.closed:,}")
    yield Fact("Total PnL", figures.percent(total), total)
    yield Fact("Win rate", f"{figures.share(stats.win_rate)} ({figures.won_lost(stats)})")
    yield Fact("Average PnL", figures.percent(stats.average_pnl), stats.average_pnl)
    yield Fact("Profit factor", figures.factor(stats.profit_factor))
    yield Fact("Expectancy", figures.percent(stats.expectancy), stats.expectancy)
    yield _signal("Best signal", stats.best, look)
    yield _signal("Worst signal", stats.worst, look)
    yield Fact("Longest streaks", figures.streaks(stats))
    yield Fact("Largest drawdown", figures.drawdown(stats))
    yield Fact("Average duration", figures.minutes(stats.average_duration_minutes))
    yield Fact("PnL before costs", figures.before_costs(stats), None if total is None else total + stats.costs)
    yield from _costs(found)


def _signal(name: str, event: Closed | None, look: Look) -> Fact:
    if event is None:
        return Fact(name, NONE)
    earned = event.pnl.pnl_percentage
    return Fact(name, f"{percent_text(earned)} {look.shown(event.signal.id, ID_CELLS)}", earned)


def _costs(found: Results) -> Iterator[Fact]:
    stats, trial = found.totals, found.trial
    if trial is None:
        yield Fact("Costs", figures.share(stats.costs if stats.closed else None))
        return
    fees = trial.fees(stats.closed)
    yield Fact("Slippage took", figures.share(stats.costs - fees))
    yield Fact("Fees took", figures.share(fees))
    yield Fact("Market", figures.percent(trial.market_change), trial.market_change)
    yield Fact("Holding, net", figures.percent(trial.holding), trial.holding)


def _totals(found: Results, look: Look) -> Lines:
    """By symbol, by reason and by month, one below the other in the same columns."""
    groups = {"SYMBOL": found.by_symbol, "REASON": found.by_reason, "MONTH": figures.months(found)}
    rows: list[Row] = []
    for name, group in groups.items():
        if group:
            rows.append(_names((name, *(TOTAL_COLUMNS if not rows else [""] * len(TOTAL_COLUMNS)))))
            rows += [_total_row(what, stats) for what, stats in group.items()]
    return grid(rows, look, left={0}, cut=0, gives_way=(6, 4, 2, 3))


def _total_row(name: str, stats: Stats) -> Row:
    return (
        Piece(name),
        Piece(f"{stats.closed:,}"),
        Piece(figures.won_lost(stats)),
        Piece(figures.share(stats.win_rate)),
        _gain(stats.average_pnl),
        _gain(stats.total_pnl if stats.closed else None),
        Piece(figures.drawdown(stats)),
    )


def _open_now(snapshots: Sequence[Snapshot], look: Look) -> Lines:
    if not snapshots:
        return ["Nothing is open."]
    rows = [_names(OPEN_COLUMNS), *(row for snapshot in snapshots if (row := _open_row(snapshot, look)))]
    return grid(rows, look, left={0, 1, 9}, cut=0, gives_way=(8, 7, 2, 9, 3, 4, 1))


def _open_row(snapshot: Snapshot, look: Look) -> Row | None:
    state, pulse = snapshot.state, snapshot.pulse
    if isinstance(state, Idle):
        return None
    signal = state.signal
    return (
        Piece(snapshot.identity.symbol),
        Piece(state_text(state)),
        *(Piece(price_text(level)) for level in (signal.price_open, signal.price_take_profit, signal.price_stop_loss)),
        Piece(shown_price(pulse)),
        _gain(pulse.unrealised),
        Piece(minute_text(signal.timestamp)),
        Piece(NONE if pulse.minute is None else minute_text(pulse.minute)),
        Piece(look.shown(signal.id, ID_CELLS)),
    )


def _events(found: Results, look: Look, count: int) -> Lines:
    shown = found.events[-count:] if count else ()
    rows = [_names(EVENT_COLUMNS), *(_event_row(event, look) for event in shown)] if shown else []
    lines = grid(rows, look, left={0, 1, 2, 6, 7}, cut=7, gives_way=_GIVES_WAY, shrinks=1)
    left_out = len(found.events) - len(shown)
    if not left_out:
        return lines
    what = "earlier left out" if shown else "events left out"
    where = "--json prints all" if found.trial else f"--last {len(found.events)} shows all, livekit events prints them"
    return [*lines, *(look.paint(line, "dim") for line in look.wrapped(f"{left_out:,} {what}: {where}"))]


def _event_row(event: Event, look: Look) -> Row:
    signal = event.signal
    marked = ", ".join((_happened(event), *marks(event)))
    closed = event if isinstance(event, Closed) else None
    lasted = duration_text(closed.close_timestamp - signal.timestamp) if closed else NONE
    return (
        Piece(_moment(event.time, look)),
        Piece(marked),
        Piece(event.symbol),
        Piece(price_text(closed.pnl.price_close if closed else signal.price_open)),
        _gain(closed.pnl.pnl_percentage if closed else None),
        Piece(lasted),
        Piece(look.shown(signal.id, ID_CELLS)),
        Piece(signal.note),
    )


def _moment(ms: int, look: Look) -> str:
    """`03-02 00:11` where there is little room: the head has the year."""
    text = minute_text(ms)
    return text if look.width >= ROOMY else text[:-1].replace("T", " ")[-11:]


def _happened(event: Event) -> str:
    """`long opened`, `long take_profit`."""
    return f"{event.signal.position.value} {event.close_reason.value if isinstance(event, Closed) else event.action}"


def _names(names: Sequence[str]) -> Row:
    return [Piece(name, ("bold",)) for name in names]


def _gain(value: float | None) -> Piece:
    styles = () if not value else ("green",) if value > 0 else ("red",)
    return Piece(figures.percent(value), styles)
