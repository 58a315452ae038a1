"""How each symbol is doing, as an aligned table for people and as JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from ..core.codec import signal_to_dict
from ..core.health import judge
from ..core.pulse import Pulse, Snapshot
from ..core.state import Idle, State
from .inert import cells, inert
from .lines import SIGNIFICANT_DIGITS, duration_text, minute_text, percent_text, price_text

COLUMNS = (
    "SYMBOL",
    "STRATEGY",
    "EXCHANGE",
    "MODE",
    "STATE",
    "PRICE",
    "UNREALISED",
    "LAST MINUTE",
    "HEARTBEAT",
    "STATUS",
)
NOTHING = "No symbols: nothing has been run in this data folder yet."
NONE = "-"


def state_text(state: State) -> str:
    """`idle`, `opening long`, `open long`, `closing short`, ..."""
    if isinstance(state, Idle):
        return "idle"
    return f"{type(state).__name__.lower()} {state.signal.position.value}"


def status_lines(snapshots: Sequence[Snapshot], now_ms: int) -> list[str]:
    """A table with one line per symbol, in the order given, and its last error on a line of its own below."""
    if not snapshots:
        return [NOTHING]
    rows = [COLUMNS, *(_row(snapshot, now_ms) for snapshot in snapshots)]
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    lines = [_aligned(COLUMNS, widths)]
    for snapshot, row in zip(snapshots, rows[1:], strict=True):
        lines += [_aligned(row, widths), *_error_lines(snapshot)]
    return lines


def status_json(snapshots: Sequence[Snapshot], now_ms: int) -> str:
    """One JSON object per symbol and line, ASCII only; empty text when there is no symbol. Not ended by a newline."""
    return "\n".join(json.dumps(_plain(one, now_ms), separators=(",", ":"), allow_nan=False) for one in snapshots)


def _row(snapshot: Snapshot, now_ms: int) -> tuple[str, ...]:
    identity, pulse = snapshot.identity, snapshot.pulse
    return (
        inert(identity.symbol),
        inert(identity.strategy),
        inert(identity.exchange),
        identity.mode.value.upper(),
        state_text(snapshot.state),
        shown_price(pulse),
        NONE if pulse.unrealised is None else percent_text(pulse.unrealised),
        NONE if pulse.minute is None else minute_text(pulse.minute),
        NONE if pulse.heartbeat is None else duration_text(now_ms - pulse.heartbeat) + " ago",
        judge(snapshot, now_ms).health.name,
    )


def shown_price(pulse: Pulse, digits: int = SIGNIFICANT_DIGITS) -> str:
    """The price, after a `~` when fewer than five candles made it."""
    if pulse.price is None:
        return NONE
    return "~" * pulse.degraded + price_text(pulse.price, digits)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width - cells(text)) for text, width in zip(row, widths, strict=True))
    return "  ".join(padded).rstrip()


def _error_lines(snapshot: Snapshot) -> Iterator[str]:
    pulse = snapshot.pulse
    if pulse.error:
        when = "" if pulse.error_time is None else f" at {minute_text(pulse.error_time)}"
        yield f"  error{when}: {inert(pulse.error)}"


def _plain(snapshot: Snapshot, now_ms: int) -> dict[str, Any]:
    identity, state, pulse = snapshot.identity, snapshot.state, snapshot.pulse
    return {
        "symbol": identity.symbol,
        "strategy_name": identity.strategy,
        "exchange_name": identity.exchange,
        "mode": identity.mode.value,
        "status": judge(snapshot, now_ms).health.value,
        "state": type(state).__name__.lower(),
        "signal": None if isinstance(state, Idle) else signal_to_dict(state.signal),
        "price": _finite(pulse.price),
        "degraded": pulse.degraded,
        "unrealised": _finite(pulse.unrealised),
        "minute": pulse.minute,
        "newest_candle": pulse.newest_candle,
        "next_due": pulse.next_due,
        "heartbeat": pulse.heartbeat,
        "heartbeat_age_ms": None if pulse.heartbeat is None else now_ms - pulse.heartbeat,
        "error": pulse.error,
        "error_time": pulse.error_time,
        "pid": pulse.pid,
        "host": pulse.host,
        "since": pulse.since,
        "command": pulse.command,
    }


def _finite(number: float | None) -> float | None:
    """JSON has no NaN; a number that is none is not known."""
    return number if number is not None and isfinite(number) else None
