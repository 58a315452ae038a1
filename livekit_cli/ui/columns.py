"""The rows of the table: what stands in which column, and how they give way to each other when there is little room."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import accumulate
from math import floor, isfinite, log10
from typing import Any, NamedTuple

from ..core.candle import MINUTE_MS
from ..core.health import Health
from ..core.signal import Signal
from ..core.state import Idle, Open
from .bar import bar
from .lines import duration_text, percent_text, price_text
from .look import Look
from .rows import Row, remark
from .styled import Line, Piece, aligned, joined, width_of

NAME_CELLS = 16
"""Longest name in a cell; names may have 64 letters."""

LONGEST_BAR = 35


class Form(NamedTuple):
    """How the rows are written into a width. Without `headings` no column is wider than what stands in it."""

    digits: int = 7
    gap: int = 2
    bar: int = 17
    headings: bool = True
    without: frozenset[str] = frozenset()


Cell = Callable[[Row, Look, Form], Line]


class Column(NamedTuple):
    """A heading and what stands below it."""

    name: str
    cell: Cell
    right: bool = True


def _words(get: Callable[[Row], str]) -> Cell:
    return lambda row, look, _form: [Piece(look.shown(get(row), NAME_CELLS), row.styles)]


def _symbol(row: Row, look: Look, _form: Form) -> Line:
    styles = ("bold",) if row.signal and row.health is Health.OK else row.styles
    return [Piece(look.shown(row.snapshot.identity.symbol, NAME_CELLS), styles)]


def _state(row: Row, _look: Look, _form: Form) -> Line:
    state = row.snapshot.state
    word = "idle" if isinstance(state, Idle) else str(state.signal.position.value)
    if not isinstance(state, Idle | Open):
        word = f"{type(state).__name__.lower()} {word}"
    if row.health is Health.OK:
        return [Piece("starting" if row.verdict.reason == "starting" and word == "idle" else word, row.styles)]
    verdict = Piece(row.health.name, row.styles)
    return [verdict] if word == "idle" else [Piece(f"{word} "), verdict]


def _price(row: Row, _look: Look, form: Form) -> Line:
    """After a `~` when fewer than five candles made it."""
    pulse = row.snapshot.pulse
    if pulse.price is None:
        return [Piece("-", ("dim",))]
    return [Piece("~" * pulse.degraded + even_text(pulse.price, form.digits), row.styles)]


def _pnl(row: Row, _look: Look, _form: Form) -> Line:
    earned = row.snapshot.pulse.unrealised
    if row.signal is None or earned is None:
        return []
    return [Piece(percent_text(earned), gain(earned))]


def _level(get: Callable[[Signal], float]) -> Cell:
    def cell(row: Row, _look: Look, form: Form) -> Line:
        return [Piece(even_text(get(row.signal), form.digits))] if row.signal else []

    return cell


def _bar(row: Row, look: Look, form: Form) -> Line:
    price = row.snapshot.pulse.price
    return bar(price, row.signal, form.bar, unicode=look.unicode) if row.signal else []


def _left(row: Row, _look: Look, _form: Form) -> Line:
    if row.signal is None:
        return []
    minute = row.snapshot.pulse.minute
    return [Piece(duration_text(row.signal.expires - (row.signal.timestamp if minute is None else minute)))]


def _age(row: Row, _look: Look, _form: Form) -> Line:
    age = row.candle_age_ms
    if age is None:
        return []
    # To the minute: a candle comes once a minute, and fifty rows that change each second are no calm picture.
    text = "<1m" if age < MINUTE_MS else duration_text(age)
    return [Piece(text, ("dim",) if age < 2 * MINUTE_MS else ("yellow",))]


BAR = "BAR"
COLUMNS = (
    Column("SYMBOL", _symbol, right=False),
    Column("MODE", _words(lambda row: row.snapshot.identity.mode.value.upper()), right=False),
    Column("STRATEGY", _words(lambda row: row.snapshot.identity.strategy), right=False),
    Column("EXCHANGE", _words(lambda row: row.snapshot.identity.exchange), right=False),
    Column("STATE", _state, right=False),
    Column("PRICE", _price),
    Column("PnL", _pnl),
    Column("ENTRY", _level(lambda signal: signal.price_open)),
    Column("SL", _level(lambda signal: signal.price_stop_loss)),
    Column(BAR, _bar, right=False),
    Column("TP", _level(lambda signal: signal.price_take_profit), right=False),
    Column("LEFT", _left),
    Column("CANDLE", _age),
)


def _with(**changed: Any) -> Callable[[Form], Form]:
    return lambda form: form._replace(**changed)


def _without(*names: str) -> Callable[[Form], Form]:
    return lambda form: form._replace(without=form.without.union(names))


_GIVES_WAY = (
    _with(gap=1),
    _without("ENTRY"),
    _with(digits=6),
    _with(bar=13),
    _with(digits=5),
    _with(bar=9),
    _without("CANDLE"),
    _without("SL", "TP"),
    _without("EXCHANGE"),
    _without("LEFT"),
    _without(BAR),
    _without("STRATEGY"),
    _without("PRICE"),
    _with(headings=False),
    _without("MODE"),
)
FORMS = tuple(accumulate(_GIVES_WAY, lambda form, step: step(form), initial=Form()))
"""From the fullest to the scantest: what goes when the terminal is narrow. A price is never cut in two."""


def lines_of(rows: Sequence[Row], alike: Collection[str], width: int, look: Look) -> list[Line]:
    """The headings and a line for each row, in the fullest form that fits into `width`, without the columns `alike`."""
    written: dict[tuple[str, int], list[Line]] = {}

    def cells(column: Column, form: Form) -> list[Line]:
        if (column.name, form.digits) not in written:
            written[column.name, form.digits] = [column.cell(row, look, form) for row in rows]
        return written[column.name, form.digits]

    for form in FORMS:
        columns = [column for column in COLUMNS if column.name not in form.without and column.name not in alike]
        widths = [form.bar if column.name == BAR else _width(column, cells(column, form), form) for column in columns]
        spare = width - sum(widths) - form.gap * (len(columns) - 1)
        if spare >= 0:
            break
    long = min(form.bar + max(0, spare), LONGEST_BAR)
    widths = [long if column.name == BAR else width for column, width in zip(columns, widths, strict=True)]
    form = form._replace(bar=long)
    bars: list[Line] = [_bar(row, look, form) for row in rows]
    table = [bars if column.name == BAR else cells(column, form) for column in columns]
    headings = [_heading(column, width, form, look) for column, width in zip(columns, widths, strict=True)]
    return [
        _joined(columns, headings, widths, form),
        *(
            _row_line(row, columns, line, widths, form)
            for row, line in zip(rows, zip(*table, strict=True), strict=True)
        ),
    ]


def _width(column: Column, cells: Sequence[Line], form: Form) -> int:
    return max([len(column.name) if form.headings else 0, *map(width_of, cells)])


def _heading(column: Column, width: int, form: Form, look: Look) -> Line:
    text = _legend(form, look) if column.name == BAR else look.shown(column.name, width)
    return [Piece(text, ("dim", "bold"))]


def _legend(form: Form, look: Look) -> str:
    """What the letters of the bar mean, or, where the levels have no columns, which of them is where."""
    if "SL" in form.without:
        return f"SL{'TP':>{form.bar - 2}}"
    entry, price = "┼●" if look.unicode else "|o"
    forms = (f"{entry} entry  {price} price", f"{entry}entry {price}price", "")
    return next(text.center(form.bar) for text in forms if len(text) <= form.bar)


def _row_line(row: Row, columns: Sequence[Column], cells: Sequence[Line], widths: Sequence[int], form: Form) -> Line:
    """A remark takes the place of the cells behind the price: they are those of a signal, and there is none."""
    told = remark(row)
    if told is None:
        return _joined(columns, cells, widths, form)
    end = 1 + max(number for number, column in enumerate(columns) if column.name in ("STATE", "PRICE"))
    return joined([_joined(columns[:end], cells, widths, form), [Piece(told, row.styles)]], " " * form.gap)


def _joined(columns: Sequence[Column], line: Sequence[Line], widths: Sequence[int], form: Form) -> Line:
    cells = zip(columns, line, widths, strict=False)
    return joined([aligned(cell, width, right=column.right) for column, cell, width in cells], " " * form.gap)


def even_text(price: float, digits: int) -> str:
    """The price with the decimals that make `digits` significant ones, zeros too: prices below each other line up."""
    if not price or not isfinite(price):
        return price_text(price)
    return f"{price:.{max(0, digits - 1 - floor(log10(abs(price))))}f}"


def gain(percent: float) -> tuple[str, ...]:
    """The style of a percentage that somebody has earned or lost."""
    return ("bold", "green") if percent > 0 else ("bold", "red") if percent < 0 else ()
