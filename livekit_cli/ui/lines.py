"""One line per event, for pipes and logs, and the words that prices, percents and times are shown in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from ..core.codec import event_to_dict
from ..core.event import Closed, Event
from ..core.health import Health, Verdict
from .inert import inert

SIGNIFICANT_DIGITS = 8
DAY_SECONDS = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


def event_line(event: Event) -> str:
    """The event as words and `name=value` pairs on one line, always in this order:

    time, mode, exchange, strategy, symbol, action, position, entry, exit, tp, sl, minutes, price, reason, pnl,
    duration, id, recovered, replay, note. What does not apply is left out.
    """
    names = (event.exchange_name, event.strategy_name, event.symbol)
    head = (time_text(event.time), event.mode.value.upper(), *map(_word, names))
    return " ".join((*head, *_told(event)))


def event_json(event: Event) -> str:
    """The event as one line of JSON in the documented shape, ASCII only. Raises ValueError of a number that is none."""
    return json.dumps(event_to_dict(event), separators=(",", ":"), allow_nan=False)


def price_text(price: float, digits: int = SIGNIFICANT_DIGITS) -> str:
    """The price with up to `digits` significant digits, never an exponent; whole units are never rounded away."""
    text = format(price, f".{digits}g")
    if "e" in text:
        exponent = int(text.partition("e")[2])
        text = format(price, f".{max(0, digits - 1 - exponent)}f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def percent_text(percent: float) -> str:
    """`+0.60%`: two decimals and the sign; only nothing at all has none."""
    return f"{percent:+.2f}%" if percent else "0.00%"


def time_text(ms: int) -> str:
    """`2026-03-01T00:11:00Z` of epoch milliseconds; what is left of a second is dropped."""
    days, second = divmod(ms // 1000, DAY_SECONDS)
    return f"{_day(days)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def minute_text(ms: int) -> str:
    """`2026-03-01T00:11Z`: a whole minute."""
    return time_text(ms)[:-4] + "Z"


def clock_text(ms: int) -> str:
    """`00:11`, UTC: where the day is understood."""
    return time_text(ms)[-9:-4]


def duration_text(ms: int) -> str:
    """`45s`, `12m`, `1h05m`, `2d03h`: the two largest units, without a space; nothing is shorter than `0s`."""
    seconds = max(0, ms) // 1000
    if seconds < 60:
        return f"{seconds}s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 24 * 60:
        return f"{minutes // 60}h{minutes % 60:02}m"
    return f"{minutes // (24 * 60)}d{minutes // 60 % 24:02}h"


def reason_text(verdict: Verdict) -> str:
    """Why a verdict is what it is, and since when: `no minute finished for 7m`, `process gone, 5s ago`."""
    if verdict.age_ms is None:
        return verdict.reason
    age = duration_text(verdict.age_ms)
    if verdict.health is Health.STOPPED and verdict.reason == "not running":  # which it still is, since then
        return f"stopped {age} ago"
    lasts = verdict.health in (Health.STALE, Health.STUCK)
    return f"{verdict.reason} for {age}" if lasts else f"{verdict.reason}, {age} ago"


def _told(event: Event) -> Iterator[str]:
    signal = event.signal
    closed = event if isinstance(event, Closed) else None
    yield event.action
    yield signal.position.value
    yield f"entry={price_text(signal.price_open)}"
    if closed:
        yield f"exit={price_text(closed.pnl.price_close)}"
    yield f"tp={price_text(signal.price_take_profit)}"
    yield f"sl={price_text(signal.price_stop_loss)}"
    yield f"minutes={signal.minute_estimated_time}"
    yield f"price={price_text(event.current_price)}"
    if closed:
        yield from _outcome(closed)
    yield f"id={_word(signal.id)}"
    yield from marks(event)
    if signal.note:
        yield f'note="{inert(signal.note)}"'


def _outcome(event: Closed) -> Iterator[str]:
    yield f"reason={event.close_reason.value}"
    yield f"pnl={percent_text(event.pnl.pnl_percentage)}"
    yield f"duration={duration_text(event.close_timestamp - event.signal.timestamp)}"


def marks(event: Event) -> Iterator[str]:
    """`recovered` when its minute was found by looking back after a gap, `replay` when it may be a repeat."""
    if event.recovered:
        yield "recovered"
    if event.replay:
        yield "replay"


def _word(text: str) -> str:
    """Foreign text that stays one word, so that the words after it keep their places."""
    return inert(text).replace(" ", "\\x20") or '""'


@lru_cache(maxsize=64)  # events come in runs of the same day
def _day(days: int) -> str:
    try:
        return date.fromordinal(_EPOCH + days).isoformat()
    except (ValueError, OverflowError):
        return f"day{days:+}"  # outside the years 1 to 9999: no calendar, but still the truth
