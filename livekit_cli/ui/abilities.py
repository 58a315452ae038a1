"""What ccxt can do with its exchanges, for people: an exchange on each line, and what the columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..core.abilities import Abilities
from .inert import cells
from .look import Look

GAP = "  "

HEAD = ("CCXT ID", "MARKETS", "1M", "SOCKET", "IDS", "STOPS", "SANDBOX")

MEANING = (
    ("1M", "candles of one minute can be had; without, livekit does not run there"),
    ("SOCKET", "they come by websocket too; what it does not bring is asked for"),
    ("IDS", "an order can carry an id of ours, and is told by it again"),
    ("STOPS", "an order can wait there for a price, as a stop loss does"),
    ("SANDBOX", "there is a network for tests: `sandbox: true` in its file's `ccxt:`"),
)
"""What yes says in each column."""


def abilities_lines(exchanges: Iterable[Abilities], look: Look) -> Iterator[str]:
    """The table; on a terminal with what its columns mean below it."""
    yield from aligned([HEAD, *map(_row, exchanges)], look)
    if look.is_terminal:
        wide = max(len(name) for name, _ in MEANING)
        yield ""
        yield from (look.paint(look.shown(f"{name:{wide}}{GAP}{text}", look.width), "dim") for name, text in MEANING)


def aligned(rows: Sequence[tuple[str, ...]], look: Look) -> list[str]:
    """Rows in aligned columns, the first as their heads; on a terminal cut to its width."""
    shown = [tuple(look.shown(text) for text in row) for row in rows]
    widths = [max(map(cells, column)) for column in zip(*shown, strict=True)]
    lines = [GAP.join(map(look.fitted, row, widths)).rstrip() for row in shown]
    if look.is_terminal:
        lines = [look.shown(line, look.width) for line in lines]
    return [look.paint(lines[0], "bold"), *lines[1:]]


def _row(one: Abilities) -> tuple[str, ...]:
    markets = " ".join(one.markets) or ("?" if one.minutes is None else "-")
    return one.id, markets, _word(one.minutes), _word(one.socket), _word(one.ids), _stops(one), _word(one.sandbox)


def _stops(one: Abilities) -> str:
    if not one.stops:
        return _word(None if one.minutes is None else False)
    having = [market for market, has in one.stops.items() if has]
    return f"{having[0]} only" if 0 < len(having) < len(one.stops) else _word(bool(having))


def _word(value: bool | None) -> str:
    return "?" if value is None else "yes" if value else "-"
