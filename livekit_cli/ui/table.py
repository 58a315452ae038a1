"""The live table as lines: what runs and how it stands, the latest events, and the totals; no terminal in here.

It fits into any size. What needs eyes comes first and is the last to be left out; what is left out is counted. What
all symbols share stands in the head, what they differ in gets a column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ..core.event import Closed, Event, Mode
from ..core.health import Health
from ..core.pulse import Snapshot
from ..core.tally import Tally
from .columns import NAME_CELLS, even_text, gain, lines_of
from .inert import cells
from .lines import clock_text, duration_text, marks, minute_text, percent_text, price_text, time_text
from .links import exchanges_seen, link_line
from .look import Look
from .rows import UNWELL, Row, countdown_ms, detail, newest_minute, ranked
from .styled import Line, Piece, clipped, joined, width_of

NOTHING = Tally()
NOTHING_YET = "nothing runs here yet"
EVENT_DIGITS = 6
SHORTEST_NOTE = 16
"""Cells below which a note that does not fit is left out: three letters of it tell nobody anything."""

HEAD_CELLS = 20
"""Longest name in the head."""

ROOMY = 12
"""Lines of a terminal from which on a blank one can be spared."""

FEWEST_WITH_HEADINGS = 4
"""Lines for the symbols from which on headings are worth one of them."""

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class View:
    """What the table shows. `speed` is how many times faster than real time; `notes` are the watcher's own words."""

    snapshots: Sequence[Snapshot]
    tally: Tally = NOTHING
    speed: float = 1.0
    notes: Sequence[str] = ()


def frame(view: View, now_ms: int, look: Look) -> list[Line]:
    """Everything at wall time `now_ms`, in at most `look.height` lines of at most `look.width` cells."""
    rows = ranked(view.snapshots, now_ms)
    details = [detail(row, look) for row in rows]
    is_roomy = look.height >= ROOMY
    room = look.height - 2 - is_roomy  # the head, the foot, and a blank line before it
    notes = [[Piece(look.shown(note), ("yellow",))] for note in view.notes]
    above = [*notes, *_links(rows, look, is_roomy=is_roomy)][: max(0, room // 3)]
    symbols, events = _shares(rows, details, view, room - len(above))
    lines: list[Line] = [
        _head(view, rows, look),
        *above,
        *_symbol_lines(rows, details, symbols, look),
        *_event_lines(view, events, look),
    ]
    lines += [[]] if is_roomy else []
    lines.append(_foot(view, rows))
    return [clipped(line, look.width, look) for line in lines[: max(0, look.height)]]


# ---- head and foot


def _head(view: View, rows: Sequence[Row], look: Look) -> Line:
    modes = {row.snapshot.identity.mode for row in rows}
    words = [[Piece("livekit", ("bold",))]]
    words += [[Piece(" LIVE, REAL ORDERS ", ("bold", "reverse", "red"))]] if Mode.LIVE in modes else []
    words += [[Piece(" PAPER ", ("bold", "reverse", "green"))]] if Mode.PAPER in modes else []
    words += [[Piece(_shared({row.snapshot.identity.exchange for row in rows}, "exchanges", look))]] if rows else []
    words += [[Piece(_shared({row.snapshot.identity.strategy for row in rows}, "strategies", look))]] if rows else []
    words += [[Piece(f"x{price_text(view.speed)}", ("cyan",))]] if view.speed != 1 else []
    return joined([*words, _time(rows)], "  ")


def _shared(names: Collection[str], plural: str, look: Look) -> str:
    return look.shown(next(iter(names)), HEAD_CELLS) if len(names) == 1 else f"{len(names)} {plural}"


def _time(rows: Sequence[Row]) -> Line:
    """The market's minute, and in real time a countdown to the next, which all symbols wait for together."""
    minute = newest_minute(row.snapshot for row in rows)
    if minute is None:
        return [Piece("waiting for the first minute" if rows else NOTHING_YET)]
    due = countdown_ms(rows)
    return [Piece(minute_text(minute)), Piece("" if due is None else f"  next in {duration_text(due)}", ("dim",))]


def _links(rows: Sequence[Row], look: Look, *, is_roomy: bool) -> list[Line]:
    """A line for each real exchange; where there is little room, only for one that is not well."""
    return [link_line(one, look) for one in exchanges_seen(rows) if is_roomy or one.severity]


def _foot(view: View, rows: Sequence[Row]) -> Line:
    tally = view.tally
    told: list[Line] = [
        [Piece("this run", ("bold",))],
        [
            Piece(f"closed {tally.closed} ({tally.wins}W/{tally.losses}L) "),
            Piece(percent_text(tally.pnl), gain(tally.pnl)),
        ],
    ]
    unrealised = [row.snapshot.pulse.unrealised or 0.0 for row in rows if row.signal]
    if unrealised:
        told.append([Piece(f"open {len(unrealised)} "), Piece(percent_text(sum(unrealised)), gain(sum(unrealised)))])
    if len(rows) > 1:
        told.append([Piece(f"{len(rows)} symbols")])
    unwell = Counter(row.health for row in rows if row.is_wrong)
    told += [[Piece(f"{unwell[health]} {health.name}", UNWELL)] for health in reversed(Health) if unwell[health]]
    return joined(told, "  ")


# ---- symbols


def _shares(rows: Sequence[Row], details: Sequence[Line | None], view: View, room: int) -> tuple[int, int]:
    """Lines for the symbols and for the events: all that they want, or two thirds and a third."""
    wanted_symbols = 1 + len(rows) + sum(detail is not None for detail in details)
    wanted_events = len(view.tally.latest) + 1 if view.tally.latest else 0
    events = min(wanted_events, max(room - wanted_symbols, room // 3))
    return room - events, events


def _symbol_lines(rows: Sequence[Row], details: Sequence[Line | None], room: int, look: Look) -> Iterator[Line]:
    if not rows or room <= 0:
        return
    has_headings = room >= FEWEST_WITH_HEADINGS
    room -= has_headings
    shown = list(_fitting(rows, details, room))
    if len(shown) < len(rows):
        shown = list(_fitting(rows, details, room - 1))  # one for the line that counts the hidden ones
    headings, *lines = lines_of([row for row, _ in shown], _alike(rows), look.width, look)
    yield from [headings] if has_headings else []
    for line, (_, below) in zip(lines, shown, strict=True):
        yield line
        yield from [below] if below else []
    if len(shown) < len(rows):
        yield _more(rows[len(shown) :])


def _fitting(rows: Sequence[Row], details: Sequence[Line | None], room: int) -> Iterator[tuple[Row, Line | None]]:
    """The rows that fit into `room` lines, each with what stands below it; the last may have to go without."""
    for row, below in zip(rows, details, strict=True):
        if room <= 0:
            return
        yield row, below if room > 1 else None
        room -= 1 if below is None else 2


def _alike(rows: Sequence[Row]) -> set[str]:
    """The columns that would say the same in every row: the head says it once."""
    identities = [row.snapshot.identity for row in rows]
    values: dict[str, set[str]] = {
        "MODE": {one.mode for one in identities},
        "STRATEGY": {one.strategy for one in identities},
        "EXCHANGE": {one.exchange for one in identities},
    }
    return {name for name, different in values.items() if len(different) == 1}


def _more(hidden: Sequence[Row]) -> Line:
    active = sum(row.signal is not None for row in hidden)
    unwell = sum(row.is_wrong for row in hidden)
    failing = sum(row.snapshot.pulse.has_error for row in hidden)
    counts = ((unwell, "not well"), (active, "with an open signal"), (failing, "with an error"))
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    return [Piece(f"+{len(hidden)} more{': ' if told else ''}{told}", ("bold", "yellow") if told else ("dim",))]


# ---- events


def _event_lines(view: View, room: int, look: Look) -> Iterator[Line]:
    if room <= 1:
        return
    yield []
    events = view.tally.latest[-(room - 1) :]
    minute = newest_minute(view.snapshots)
    with_day = any(event.time // DAY_MS != (minute or event.time) // DAY_MS for event in events)
    names = [_name(event, look, with_strategy=len({one.strategy_name for one in events}) > 1) for event in events]
    width = max(map(cells, names))
    for event, name in zip(events, names, strict=True):
        when = time_text(event.time)[5:16].replace("T", " ") if with_day else clock_text(event.time)
        line = [Piece(f"{when} ", ("dim",)), Piece(f"{look.fitted(name, width)} "), *_event_words(event)]
        yield [*line, *_note(event, look, look.width - width_of(line))]


def _name(event: Event, look: Look, *, with_strategy: bool) -> str:
    symbol = look.shown(event.symbol, NAME_CELLS)
    return f"{symbol} {look.shown(event.strategy_name, NAME_CELLS)}" if with_strategy else symbol


def _note(event: Event, look: Look, room: int) -> Iterator[Piece]:
    note = look.shown(event.signal.note, max(0, room - 2))
    if cells(note) >= min(SHORTEST_NOTE, cells(event.signal.note)) > 0:
        yield Piece(f"  {note}", ("dim",))


def _event_words(event: Event) -> Iterator[Piece]:
    signal = event.signal
    yield Piece(f"{event.action} {signal.position.value:5} ")
    if isinstance(event, Closed):
        earned = event.pnl.pnl_percentage
        yield Piece(f"{event.close_reason.value:12} ")
        yield Piece(f"{percent_text(earned):>7}", gain(earned))
        yield Piece("".join(f"  {mark}" for mark in marks(event)), ("yellow",))
        yield Piece(f"  {_price(event.pnl.price_open)} -> {_price(event.pnl.price_close)}")
        yield Piece(f" in {duration_text(event.close_timestamp - signal.timestamp)}")
    else:
        levels = (signal.price_open, signal.price_stop_loss, signal.price_take_profit)
        yield Piece("{}  SL {}  TP {}".format(*map(_price, levels)))


def _price(price: float) -> str:
    return even_text(price, EVENT_DIGITS)
