"""The events of a report as CSV (RFC 4180): one row each, no number rounded, text that no spreadsheet executes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import StringIO

from ..core.event import Closed, Event
from ..core.results import Results
from ..core.statistics import duration_minutes
from .inert import inert
from .lines import time_text

COLUMNS = (
    "timestamp",
    "time",
    "action",
    "event_id",
    "strategy_name",
    "exchange_name",
    "symbol",
    "mode",
    "signal_id",
    "position",
    "price_open",
    "price_take_profit",
    "price_stop_loss",
    "minute_estimated_time",
    "signal_timestamp",
    "note",
    "current_price",
    "close_reason",
    "close_timestamp",
    "pnl_percentage",
    "pnl_price_open",
    "pnl_price_close",
    "duration_minutes",
    "recovered",
    "slippage_percent",
    "fee_percent",
)
"""Programs rely on names and order: a new one goes to the end. Times are ISO 8601 in `time`, else epoch ms."""

_FORMULA = re.compile(r" *[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What spreadsheets take for the beginning of a formula, in the wide letters of East Asia too. A tab, another such
beginning, has become a blank before this is asked."""

Field = str | float | None


def report_csv(found: Results, last: int | None = None) -> str:
    """A header and a row for each event, or for the newest `last`; every line ends in CR LF."""
    events = found.events if last is None else found.events[-last:]
    return _written([COLUMNS, *map(_row, events)])


@lru_cache(maxsize=512)  # the same few names again and again, and each id and note when opened and when closed
def harmless(text: str) -> str:
    """Foreign `text` on one line, behind an apostrophe where a spreadsheet would take it for a formula."""
    shown = inert(text)
    return f"'{shown}" if _FORMULA.match(shown) else shown


def _written(rows: Iterable[Iterable[Field]]) -> str:
    text = StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return text.getvalue()


def _row(event: Event) -> Iterator[Field]:
    signal = event.signal
    yield from (event.time, time_text(event.time), event.action, harmless(event.event_id))
    yield from map(harmless, (event.strategy_name, event.exchange_name, event.symbol))
    yield from (event.mode.value, harmless(signal.id), signal.position.value)
    yield from (signal.price_open, signal.price_take_profit, signal.price_stop_loss)
    yield from (signal.minute_estimated_time, signal.timestamp, harmless(signal.note), event.current_price)
    yield from _outcome(event)
    yield "true" if event.recovered else "false"
    yield from event.pnl.costs or (None, None) if isinstance(event, Closed) else (None, None)


def _outcome(event: Event) -> tuple[Field, ...]:
    if not isinstance(event, Closed):
        return "", None, None, None, None, None
    pnl = event.pnl
    earned = (pnl.pnl_percentage, pnl.price_open, pnl.price_close)
    return event.close_reason.value, event.close_timestamp, *earned, duration_minutes(event)
