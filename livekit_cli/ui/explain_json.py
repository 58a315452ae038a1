"""Why one signal opened, closed and earned what it did, as one JSON object on one line: ASCII, no number rounded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..core.candle import Candle
from ..core.codec import event_to_dict, identity_to_dict, signal_to_dict
from ..core.event import CloseReason
from ..core.explanation import Approach, Check, Explanation, Pricing, Way
from .story import JournalLine, Story

Plain = dict[str, Any]


def explain_json(story: Story) -> str:
    """The whole explanation; what is not known, or needs candles that nobody has, is null. Not ended by a newline."""
    told = story.explanation
    plain: Plain = {
        **identity_to_dict(story.identity),
        "state": type(story.state).__name__.lower(),
        "rejected": story.rejected,
        "signal": signal_to_dict(told.signal),
        "opened": None if told.opened is None else event_to_dict(told.opened),
        "closed": None if told.closed is None else event_to_dict(told.closed),
        "health": None if story.verdict is None else {"health": story.verdict.health, "reason": story.verdict.reason},
        "opening_price": _pricing(told.opening),
        "way": _way(told.way),
        "ended": None if told.ended is None else told.ended._asdict(),
        "now": None if told.ended is not None else {"time": told.now.time, "price": told.now.price},
        "last_price": _pricing(told.last),
        "rules": _rules(told.rules),
        "fired": None if told.fired is None else told.fired.rule,
        "pnl": _earned(told),
        "journal": [_line(line) for line in story.journal],
        "notes": list(story.notes),
    }
    return json.dumps(plain, separators=(",", ":"), allow_nan=False)


def _pricing(pricing: Pricing | None) -> Plain | None:
    if pricing is None:
        return None
    return {
        "time": pricing.time,
        "candles": [
            {**dict(zip(Candle._fields, candle, strict=True)), "typical": typical, "weighted": weighted}
            for candle, typical, weighted in pricing.rows
        ],
        "weighted": pricing.weighted,
        "volume": pricing.volume,
        "vwap": pricing.price,
        "last": pricing.last,
        "recorded": pricing.recorded,
        "equal": pricing.agrees,
    }


def _way(way: Way | None) -> Plain | None:
    if way is None:
        return None
    return {
        "first": way.first,
        "vwap": list(way.prices),
        "nearest_take_profit": _approach(way.to_take_profit),
        "nearest_stop_loss": _approach(way.to_stop_loss),
        "first_call": None if way.called is None else _call(*way.called),
    }


def _approach(approach: Approach | None) -> Plain | None:
    return None if approach is None else approach._asdict()


def _call(time: int, reason: CloseReason) -> Plain:
    return {"time": time, "close_reason": reason}


def _rules(rules: Sequence[Check]) -> list[Plain]:
    return [rule._asdict() for rule in rules]


def _earned(told: Explanation) -> Plain | None:
    if told.earned is None:
        return None
    return {
        "slippage_percent": told.terms.slippage_percent,
        "fee_percent": told.terms.fee_percent,
        "costs_recorded": told.costs_are_recorded,
        **told.earned._asdict(),
        "recorded": None if told.closed is None else told.closed.pnl.pnl_percentage,
        "equal": None if told.closed is None else told.earned_agrees,
    }


def _line(line: JournalLine) -> Plain:
    return {"file": line.path, "line": line.number, "seq": line.seq, "sum": line.sum, "raw": line.raw}
