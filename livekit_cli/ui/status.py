"""How each symbol is doing, as an aligned table for people and as JSON lines for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any, NamedTuple

from ..core.codec import signal_to_dict
from ..core.event import Mode
from ..core.health import Health, Verdict, feed_age, judge
from ..core.pnl import distances
from ..core.pulse import Pulse, Snapshot
from ..core.signal import Signal
from ..core.state import Idle, State
from .inert import cells
from .lines import SIGNIFICANT_DIGITS, duration_text, minute_text, percent_text, price_text, reason_text
from .links import exchanges_seen, link_dict, link_line
from .look import Look
from .rows import UNWELL
from .rows import Row as Judged
from .styled import plain

NOTHING = "No symbols: nothing has been run in this data folder yet."
NONE = "-"
UNKNOWN = "unknown"
GAP = "  "
SHORTEST_NAME = 6
"""Cells that a name keeps on the narrowest terminal."""

STYLES: dict[Health, tuple[str, ...]] = {
    Health.OK: ("green",),
    Health.STOPPED: ("dim",),
    Health.STALE: ("yellow",),
    Health.STUCK: ("bold", "red"),
    Health.DEAD: ("bold", "red"),
    Health.HALTED: ("bold", "red"),
}

IDENTITY = ("SYMBOL", "STRATEGY", "EXCHANGE", "MODE")
LEAST = ("STATUS", "STATE", "PNL")
"""What no reason may push off a line: where there is no room for both, reasons stand below."""

REST = ("PRICE", "TO TP", "TO SL", "LEFT", "LAST MINUTE", "BEAT")
NUMBERS = frozenset({"PNL", "PRICE", "TO TP", "TO SL", "LEFT", "BEAT"})
"""They end at the right."""


class Cell(NamedTuple):
    """Printable text, and the styles that it is painted in once it has been padded."""

    text: str
    styles: tuple[str, ...] = ()


Row = dict[str, Cell]


def state_text(state: State) -> str:
    """`idle`, `opening long`, `open long`, `closing short`, ..."""
    if isinstance(state, Idle):
        return "idle"
    return f"{type(state).__name__.lower()} {state.signal.position.value}"


def shown_price(pulse: Pulse, digits: int = SIGNIFICANT_DIGITS) -> str:
    """The price, after a `~` when fewer than five candles made it."""
    if pulse.price is None:
        return NONE
    return "~" * pulse.degraded + price_text(pulse.price, digits)


def verdict_text(verdict: Verdict) -> str:
    """The word, and behind every one but OK why and since when: `STUCK no minute finished for 7m`."""
    word = verdict.health.name
    reason = reason_text(verdict).removeprefix(f"{verdict.health.value} ")  # no STOPPED stopped 8m ago
    return word if verdict.health is Health.OK else f"{word} {reason}"


def status_lines(snapshots: Sequence[Snapshot], now_ms: int, look: Look | None = None) -> list[str]:
    """A line for each symbol in the order given, its last error below it, and a summary; fitted to a terminal's width.

    A pipe gets every column, however wide that is, and each error on one line.
    """
    if not snapshots:
        return [NOTHING]
    look = look or Look()
    judged = [(one, judge(one, now_ms)) for one in snapshots]
    rows = [_row(one, verdict, now_ms, look) for one, verdict in judged]
    names = [*_front(snapshots), *LEAST, *REST]
    names += [name for name in IDENTITY if name not in names]
    inline = not look.is_terminal or _width(rows, names[: names.index(LEAST[-1]) + 1]) <= look.width
    if not inline:
        rows = [row | {"STATUS": row["STATUS"]._replace(text=row["STATUS"].text.split()[0])} for row in rows]
    names, rows = _fitted(rows, names, look) if look.is_terminal else (names, rows)
    widths = {name: max(cells(row[name].text) for row in (_heading(names), *rows)) for name in names}
    lines = [_line(_heading(names), widths, look)]
    for (snapshot, verdict), row in zip(judged, rows, strict=True):
        lines += [_line(row, widths, look), *_below(snapshot, None if inline else verdict, look)]
    return [*lines, *_links(judged, now_ms, look), *_summary(judged, look)]


def status_json(snapshots: Sequence[Snapshot], now_ms: int) -> str:
    """One JSON object per symbol and line, ASCII only; empty text when there is no symbol. Not ended by a newline."""
    return "\n".join(json.dumps(_plain(one, now_ms), separators=(",", ":"), allow_nan=False) for one in snapshots)


# ---- rows


def _row(snapshot: Snapshot, verdict: Verdict, now_ms: int, look: Look) -> Row:
    identity, pulse, signal = snapshot.identity, snapshot.pulse, _signal(snapshot)
    profit, loss = _distances(signal, pulse.price)
    return {
        "SYMBOL": Cell(look.shown(identity.symbol), ("bold",)),
        "STRATEGY": Cell(look.shown(identity.strategy)),
        "EXCHANGE": Cell(look.shown(identity.exchange)),
        "MODE": Cell(identity.mode.value.upper(), ("bold", "yellow") if identity.mode is Mode.LIVE else ()),
        "STATUS": Cell(verdict_text(verdict), STYLES[verdict.health]),
        "STATE": Cell(state_text(snapshot.state) if snapshot.known else UNKNOWN),
        "PNL": _earned(pulse.unrealised if signal else None),
        "PRICE": Cell(shown_price(pulse)),
        "TO TP": Cell(_percent(profit)),
        "TO SL": Cell(_percent(loss)),
        "LEFT": Cell(NONE if signal is None else duration_text(signal.expires - (pulse.minute or signal.timestamp))),
        "LAST MINUTE": Cell(NONE if pulse.minute is None else minute_text(pulse.minute)),
        "BEAT": Cell(NONE if pulse.heartbeat is None else f"{duration_text(now_ms - pulse.heartbeat)} ago"),
    }


def _signal(snapshot: Snapshot) -> Signal | None:
    return None if isinstance(snapshot.state, Idle) else snapshot.state.signal


def _earned(percent: float | None) -> Cell:
    if percent is None:
        return Cell(NONE)
    return Cell(percent_text(percent), ("green",) if percent > 0 else ("red",) if percent < 0 else ())


def _distances(signal: Signal | None, price: float | None) -> tuple[float | None, float | None]:
    return distances(signal, price) if signal and price and isfinite(price) else (None, None)


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}%"


def _front(snapshots: Sequence[Snapshot]) -> list[str]:
    """What tells the rows apart stands before anything else, and so does that money is at stake."""
    identities = [snapshot.identity for snapshot in snapshots]
    differ = {
        "STRATEGY": len({one.strategy for one in identities}) > 1,
        "EXCHANGE": len({one.exchange for one in identities}) > 1,
        "MODE": any(one.mode is Mode.LIVE for one in identities),
    }
    return ["SYMBOL", *(name for name in IDENTITY if differ.get(name))]


def _heading(names: Sequence[str]) -> Row:
    return {name: Cell(name, ("dim",)) for name in names}


# ---- lines


def _width(rows: Sequence[Row], names: Sequence[str]) -> int:
    """Cells that a line of these columns takes."""
    return sum(max(cells(row[name].text) for row in (_heading(names), *rows)) + len(GAP) for name in names) - len(GAP)


def _fitted(rows: list[Row], names: list[str], look: Look) -> tuple[list[str], list[Row]]:
    """The columns that a terminal has room for, least important ones dropped; no price is cut, only names are."""
    fewest = names.index("STATUS") + 1
    while len(names) > fewest and _width(rows, names) > look.width:
        names = names[:-1] if names[-1] != "TO SL" else names[:-2]  # one level alone would mislead
    foreign = [name for name in names[:fewest] if name in IDENTITY[:3]]
    while (over := _width(rows, names) - look.width) > 0:
        widest = max(foreign, key=lambda name: _width(rows, [name]))
        room = max(SHORTEST_NAME, len(widest), _width(rows, [widest]) - over)
        if room >= _width(rows, [widest]):
            break
        rows = [row | {widest: row[widest]._replace(text=look.shown(row[widest].text, room))} for row in rows]
    return names, rows


def _line(row: Row, widths: dict[str, int], look: Look) -> str:
    padded: list[str] = []
    for name, width in widths.items():
        text = look.fitted(row[name].text, width, right=name in NUMBERS)
        padded.append(look.paint(text.rstrip() if len(padded) + 1 == len(widths) else text, *row[name].styles))
    return GAP.join(padded)


def _below(snapshot: Snapshot, verdict: Verdict | None, look: Look) -> Iterator[str]:
    """The reason, where it did not fit behind its word, and the last error."""
    if verdict and verdict.health is not Health.OK and verdict.reason != "not running":  # STOPPED says as much
        yield from _indented(reason_text(verdict), look, *STYLES[verdict.health])
    pulse = snapshot.pulse
    if pulse.error:
        what = "over" if pulse.is_over else "error"
        when = "" if pulse.error_time is None else f" at {minute_text(pulse.error_time)}"
        yield from _indented(f"{what}{when}: {pulse.error}", look)


def _indented(text: str, look: Look, *styles: str) -> Iterator[str]:
    narrow = replace(look, width=look.width - len(GAP))
    lines = narrow.wrapped(text) if look.is_terminal else [look.shown(text)]
    yield from (GAP + look.paint(line, *styles) for line in lines)


def _links(judged: Sequence[tuple[Snapshot, Verdict]], now_ms: int, look: Look) -> Iterator[str]:
    """A line for each real exchange that somebody runs on."""
    for seen in exchanges_seen(Judged(snapshot, verdict, now_ms) for snapshot, verdict in judged):
        text = plain(link_line(seen, look))
        styles = UNWELL if seen.severity else ()
        yield from (look.paint(line, *styles) for line in (look.wrapped(text) if look.is_terminal else [text]))


def _summary(judged: Sequence[tuple[Snapshot, Verdict]], look: Look) -> Iterator[str]:
    """`12 symbols: 10 ok, 1 stale, 1 stopped; 3 open`, in as many lines as it takes.

    What is counted are journals; they are called so where a symbol has several.
    """
    symbols = len({snapshot.identity.symbol for snapshot, _ in judged})
    what = "symbol" if symbols == len(judged) else "journal"
    counted = Counter(verdict.health for _, verdict in judged)
    open_now = sum(not isinstance(snapshot.state, Idle) for snapshot, _ in judged)
    unknown = sum(not snapshot.known for snapshot, _ in judged)
    *before, last = [Cell(f"{counted[one]} {one.value}", STYLES[one]) for one in Health if counted[one]]
    words = [Cell(f"{len(judged)} {what}{'s' * (len(judged) != 1)}:"), *(_ended(cell, ",") for cell in before)]
    words += [_ended(last, ";"), Cell(f"{open_now or 'none'} open" + "," * bool(unknown))]
    words += [Cell(f"{unknown} unknown")] if unknown else []
    line, room = "", look.width
    for text, styles in words:
        if line and look.is_terminal and len(text) + 1 > room:
            yield line
            line, room = GAP, look.width - len(GAP)
        blank = " " if line.strip() else ""
        line += blank + look.paint(text, *styles)
        room -= len(blank + text)
    yield line


def _ended(cell: Cell, mark: str) -> Cell:
    return cell._replace(text=cell.text + mark)


# ---- for programs


def _plain(snapshot: Snapshot, now_ms: int) -> dict[str, Any]:
    identity, state, pulse, signal = snapshot.identity, snapshot.state, snapshot.pulse, _signal(snapshot)
    verdict = judge(snapshot, now_ms)
    profit, loss = _distances(signal, pulse.price)
    return {
        "symbol": identity.symbol,
        "strategy_name": identity.strategy,
        "exchange_name": identity.exchange,
        "mode": identity.mode.value,
        "health": verdict.health.value,
        "reason": verdict.reason,
        "age_ms": verdict.age_ms,
        "state": type(state).__name__.lower() if snapshot.known else None,
        "signal": signal and signal_to_dict(signal),
        "price": _finite(pulse.price),
        "degraded": pulse.degraded,
        "unrealised": _finite(pulse.unrealised) if signal else None,
        "to_take_profit_percent": _finite(profit),
        "to_stop_loss_percent": _finite(loss),
        "expires": signal and signal.expires,
        "minute": pulse.minute,
        "newest_candle": pulse.newest_candle,
        "feed_age_ms": feed_age(pulse),
        "next_due": pulse.next_due,
        "minute_delay_ms": pulse.delay_ms,
        "connection": pulse.link and link_dict(pulse.link, now_ms),
        "heartbeat": pulse.heartbeat,
        "heartbeat_age_ms": None if pulse.heartbeat is None else now_ms - pulse.heartbeat,
        "held": snapshot.held,
        "status": pulse.status,
        "error": pulse.error,
        "error_time": pulse.error_time,
        "error_code": pulse.error_code if pulse.error else None,
        "pid": pulse.pid,
        "host": pulse.host,
        "since": pulse.since,
        "command": pulse.command,
        "seq": pulse.seq,
        "acked": pulse.acked,
    }


def _finite(number: float | None) -> float | None:
    """JSON has no NaN; a number that is none is not known."""
    return number if number is not None and isfinite(number) else None
