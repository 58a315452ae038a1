"""What a strategy proposes, what becomes of it, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from numbers import Number
from typing import Literal

from .candle import MINUTE_MS
from .errors import ProposalRefused

LIFETIME_MINUTES = 5_256_000
"""Longest lifetime: ten years. A larger number is a mistake in units."""

NOTE_LENGTH = 1_000
"""Longest note in characters: it is kept in the journal for ever and shown in one table cell."""


class Position(StrEnum):
    """The direction of a signal."""

    LONG = "long"
    SHORT = "short"


class OrderSide(StrEnum):
    """The direction of an order."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A trade a strategy would like. It has no identity yet, and nobody has checked it.

    Prices are in the quote currency; without `price_open` the entry is the newest close. The lifetime is in
    whole minutes.
    """

    position: Position | Literal["long", "short"]
    price_take_profit: float
    price_stop_loss: float
    minute_estimated_time: int
    price_open: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """An accepted proposal, from opened to closed. `timestamp` is its birth, epoch milliseconds."""

    id: str
    position: Position
    price_open: float
    price_take_profit: float
    price_stop_loss: float
    minute_estimated_time: int
    note: str
    timestamp: int

    @property
    def expires(self) -> int:
        """The first minute (epoch ms) at which it is closed by time alone."""
        return self.timestamp + self.minute_estimated_time * MINUTE_MS

    @property
    def entry_side(self) -> OrderSide:
        return OrderSide.BUY if self.position is Position.LONG else OrderSide.SELL

    @property
    def exit_side(self) -> OrderSide:
        return OrderSide.SELL if self.position is Position.LONG else OrderSide.BUY


def accept(proposal: object, *, signal_id: str, time: int, last: float, max_entry_distance_percent: float) -> Signal:
    """The signal that `proposal` becomes at minute `time` with newest close `last`.

    Raises ProposalRefused with every reason.
    """
    if not isinstance(proposal, Proposal):
        kind = type(proposal).__name__
        raise ProposalRefused([f"a strategy returns a Proposal or None, not {kind}"])
    reasons = list(_faults(proposal, last, max_entry_distance_percent))
    if reasons:
        raise ProposalRefused(reasons)
    return Signal(
        id=signal_id,
        position=Position(proposal.position),
        price_open=last if proposal.price_open is None else float(proposal.price_open),
        price_take_profit=float(proposal.price_take_profit),
        price_stop_loss=float(proposal.price_stop_loss),
        minute_estimated_time=int(float(proposal.minute_estimated_time)),
        note=proposal.note,
        timestamp=time,
    )


def _faults(proposal: Proposal, last: float, max_distance: float) -> Iterator[str]:
    named = {
        "price_open": last if proposal.price_open is None else proposal.price_open,
        "price_take_profit": proposal.price_take_profit,
        "price_stop_loss": proposal.price_stop_loss,
    }
    prices: dict[str, float] = {}
    for name, value in named.items():
        price = _number(value)
        if isinstance(price, str):
            yield f"{name} {price}, expected a price above 0"
        elif price <= 0:
            yield f"{name} is {price}, expected a price above 0"
        else:
            prices[name] = price
    if not isinstance(proposal.position, str) or proposal.position not in tuple(Position):
        yield f"position is {_shown(proposal.position)}, expected 'long' or 'short'"
    elif "price_open" in prices:
        yield from _wrong_sides(Position(proposal.position), prices)
    yield from _too_far(prices, last, max_distance)
    yield from _lifetime_faults(proposal.minute_estimated_time)
    yield from _note_faults(proposal.note)


def _wrong_sides(position: Position, prices: dict[str, float]) -> Iterator[str]:
    entry = prices["price_open"]
    above, below = "price_take_profit", "price_stop_loss"
    if position is Position.SHORT:
        above, below = below, above
    if prices.get(above, entry + 1) <= entry:
        yield f"{above} {prices[above]} must be above price_open {entry} for a {position}"
    if prices.get(below, 0.0) >= entry:
        yield f"{below} {prices[below]} must be below price_open {entry} for a {position}"


def _too_far(prices: dict[str, float], last: float, max_distance: float) -> Iterator[str]:
    entry = prices.get("price_open", last)
    distance = abs(entry - last) / last * 100
    if distance > max_distance:
        yield f"price_open {entry} is {distance:.2f} % away from the last close {last}, at most {max_distance} %"


def _lifetime_faults(value: object) -> Iterator[str]:
    minutes = _number(value)
    if isinstance(minutes, str):
        yield f"minutes {minutes}, expected a whole number above 0"
    elif minutes <= 0 or minutes != int(minutes) or minutes > LIFETIME_MINUTES:
        yield f"minutes is {_shown(value)}, expected a whole number from 1 to {LIFETIME_MINUTES}"


def _note_faults(note: object) -> Iterator[str]:
    if not isinstance(note, str):
        yield f"note is {_shown(note)}, expected text"
    elif len(note) > NOTE_LENGTH:
        yield f"note has {len(note)} characters, at most {NOTE_LENGTH}"


def _number(value: object) -> float | str:
    """The finite number that `value` is, or what it is instead."""
    if value is None:
        return "is missing"
    # True is 1 to Python, but a strategy that returns it has a bug. numpy's scalars and Decimal are Numbers.
    if isinstance(value, bool | complex) or not isinstance(value, Number):
        return f"is {_shown(value)}"
    try:
        number = float(value)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001  a foreign object's own __float__: whatever it raises, it is not a number
        return f"is {_shown(value)}"
    return number if isfinite(number) else f"is {number}"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  a foreign object's own __repr__: what it raises must not hide the refusal
        return f"a {type(value).__name__} whose repr raises {type(error).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
