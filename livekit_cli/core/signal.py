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


def accept(
    proposal: object, *, signal_id: str, time: int, last: float, max_entry_distance_percent: float
) -> Signal:
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
        minute_estimated_time=int(proposal.minute_estimated_time),
        note=proposal.note,
        timestamp=time,
    )


def _faults(proposal: Proposal, last: float, max_distance: float) -> Iterator[str]:
    entry = last if proposal.price_open is None else proposal.price_open
    prices = {
        "price_open": entry,
        "price_take_profit": proposal.price_take_profit,
        "price_stop_loss": proposal.price_stop_loss,
    }
    wrong = {name: fault for name, value in prices.items() if (fault := _price_fault(value))}
    yield from (f"{name} {fault}" for name, fault in wrong.items())
    if proposal.position not in tuple(Position):
        yield f"position is {_shown(proposal.position)}, expected 'long' or 'short'"
    else:
        yield from _wrong_sides(Position(proposal.position), prices, wrong)
    yield from _lifetime_faults(proposal.minute_estimated_time)
    if "price_open" not in wrong and (distance := abs(entry - last) / last * 100) > max_distance:
        yield f"price_open {entry} is {distance:.2f} % away from the last close {last}, at most {max_distance} %"
    if not isinstance(proposal.note, str):
        yield f"note is {_shown(proposal.note)}, expected text"
    elif len(proposal.note) > NOTE_LENGTH:
        yield f"note has {len(proposal.note)} characters, at most {NOTE_LENGTH}"


def _wrong_sides(position: Position, prices: dict[str, float], wrong: dict[str, str]) -> Iterator[str]:
    if "price_open" in wrong:
        return
    entry = prices["price_open"]
    above, below = ("price_take_profit", "price_stop_loss")
    if position is Position.SHORT:
        above, below = below, above
    if above not in wrong and prices[above] <= entry:
        yield f"{above} {prices[above]} must be above price_open {entry} for a {position}"
    if below not in wrong and prices[below] >= entry:
        yield f"{below} {prices[below]} must be below price_open {entry} for a {position}"


def _lifetime_faults(minutes: object) -> Iterator[str]:
    if not _is_number(minutes):
        yield f"minutes is {_shown(minutes)}, expected a whole number above 0"
    elif not isfinite(minutes) or minutes <= 0 or minutes != int(minutes):  # type: ignore[arg-type, operator, call-overload]
        yield f"minutes is {minutes}, expected a whole number above 0"


def _price_fault(value: object) -> str | None:
    if value is None:
        return "is missing"
    if not _is_number(value):
        return f"is {_shown(value)}, expected a number"
    if not isfinite(value):  # type: ignore[arg-type]
        return f"is {value}, expected a finite number"
    if value <= 0:  # type: ignore[operator]
        return f"is {value}, expected a price above 0"
    return None


def _is_number(value: object) -> bool:
    # True is 1 to Python, but a strategy that returns it has a bug; numpy's scalars are registered as Numbers.
    return isinstance(value, Number) and not isinstance(value, bool | complex)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
