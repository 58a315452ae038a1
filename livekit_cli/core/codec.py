"""Steps, events and identities as plain dicts of JSON types, and back, strictly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from .event import Closed, CloseReason, Event, Mode, Opened
from .pnl import PnL
from .signal import OrderSide, Position, Signal
from .state import Closing, Identity, Idle, Open, Opening, Order, Owed, Publish, State, Step, Submit

FORMAT = 2
"""Version of everything written here.

1   as below, but a closed event did not have the costs that its PnL was worked out with
2   it has them
"""

_COSTS = ("slippage_percent", "fee_percent")

READABLE = (1, FORMAT)
"""Versions that are read; a journal of another one is refused, never guessed at."""

Plain = dict[str, Any]
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Undecodable(ValueError):
    """A dict that no version of this codec wrote; the text names the field."""


def event_to_dict(event: Event) -> Plain:
    """The event in the shape of `--json`, keys in that order."""
    plain: Plain = {
        "action": event.action,
        "event_id": event.event_id,
        "time": event.time,
        "strategy_name": event.strategy_name,
        "exchange_name": event.exchange_name,
        "symbol": event.symbol,
        "mode": event.mode.value,
        "signal": signal_to_dict(event.signal),
        "current_price": event.current_price,
        "replay": event.replay,
        "recovered": event.recovered,
    }
    if isinstance(event, Closed):
        pnl = event.pnl
        plain["close_reason"] = event.close_reason.value
        plain["close_timestamp"] = event.close_timestamp
        plain["pnl"] = {
            "pnl_percentage": pnl.pnl_percentage,
            "price_open": pnl.price_open,
            "price_close": pnl.price_close,
            "slippage_percent": pnl.slippage_percent,
            "fee_percent": pnl.fee_percent,
        }
    return plain


def signal_to_dict(signal: Signal) -> Plain:
    """The signal as it stands in events, journals and `--json`."""
    return {
        "id": signal.id,
        "position": signal.position.value,
        "price_open": signal.price_open,
        "price_take_profit": signal.price_take_profit,
        "price_stop_loss": signal.price_stop_loss,
        "minute_estimated_time": signal.minute_estimated_time,
        "note": signal.note,
        "timestamp": signal.timestamp,
    }


def order_to_dict(order: Order) -> Plain:
    """The order as it stands in journals."""
    return {
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "price": order.price,
        "time": order.time,
    }


def step_to_dict(step: Step) -> Plain:
    """The step as it stands in journals; `step_from_dict` is its inverse."""
    return {"time": step.time, "state": _state_to_dict(step.state), "owed": _owed_to_dict(step)}


def identity_to_dict(identity: Identity) -> Plain:
    """Whose journal it is, as its header says it."""
    return {
        "mode": identity.mode.value,
        "exchange": identity.exchange,
        "strategy": identity.strategy,
        "symbol": identity.symbol,
    }


def step_from_dict(plain: object) -> Step:
    """Raises Undecodable."""
    fields = _Fields(plain, "step")
    time, state = fields.whole("time"), _state_from(fields.get("state"))
    step = Step(time, state, _owed_from(fields.get("owed"), state))
    fields.done()
    return step


def identity_from_dict(plain: object) -> Identity:
    """Raises Undecodable."""
    fields = _Fields(plain, "identity")
    identity = Identity(
        fields.word("mode", Mode), fields.text("exchange"), fields.text("strategy"), fields.text("symbol")
    )
    fields.done()
    return identity


def event_from_dict(plain: object) -> Event:
    """Raises Undecodable."""
    fields = _Fields(plain, "event")
    action = fields.text("action")
    names = ("event_id", "strategy_name", "exchange_name", "symbol")
    common: dict[str, Any] = {name: fields.text(name) for name in names}
    common["time"] = fields.whole("time")
    common["mode"] = fields.word("mode", Mode)
    common["signal"] = signal_from_dict(fields.get("signal"))
    common["current_price"] = fields.number("current_price")
    common["replay"] = fields.flag("replay")
    common["recovered"] = fields.flag("recovered")
    if action == "opened":
        fields.done()
        return Opened(**common)
    if action != "closed":
        raise Undecodable(f"event.action is {action!r}")
    reason = fields.word("close_reason", CloseReason)
    at = fields.whole("close_timestamp")
    earned = _pnl_from(fields.get("pnl"))
    fields.done()
    return Closed(**common, close_reason=reason, close_timestamp=at, pnl=earned)


def _pnl_from(plain: object) -> PnL:
    fields = _Fields(plain, "pnl")
    prices = [fields.number(name) for name in ("pnl_percentage", "price_open", "price_close")]
    costs = [fields.number_or_none(name) for name in _COSTS] if fields.left else [None, None]  # format 1 had none
    if costs.count(None) == 1:
        raise Undecodable("pnl has one of slippage_percent and fee_percent, expected both or none")
    fields.done()
    return PnL(*prices, *costs)


def signal_from_dict(plain: object) -> Signal:
    """Raises Undecodable."""
    fields = _Fields(plain, "signal")
    signal = Signal(
        fields.text("id"),
        fields.word("position", Position),
        fields.number("price_open"),
        fields.number("price_take_profit"),
        fields.number("price_stop_loss"),
        fields.whole("minute_estimated_time"),
        fields.text("note"),
        fields.whole("timestamp"),
    )
    fields.done()
    return signal


def _state_to_dict(state: State) -> Plain:
    match state:
        case Idle():
            return {"is": "idle"}
        case Open(signal):
            return {"is": "open", "signal": signal_to_dict(signal)}
        case Opening(signal, order, price):
            return {
                "is": "opening",
                "signal": signal_to_dict(signal),
                "order": order_to_dict(order),
                "current_price": price,
            }
        case Closing(signal, order, reason, recovered):
            return {
                "is": "closing",
                "signal": signal_to_dict(signal),
                "order": order_to_dict(order),
                "close_reason": reason.value,
                "recovered": recovered,
            }


def _state_from(plain: object) -> State:
    fields = _Fields(plain, "state")
    state: State
    match fields.text("is"):
        case "idle":
            state = Idle()
        case "open":
            state = Open(signal_from_dict(fields.get("signal")))
        case "opening":
            signal, order = signal_from_dict(fields.get("signal")), _order_from(fields.get("order"))
            state = Opening(signal, order, fields.number("current_price"))
        case "closing":
            signal, order = signal_from_dict(fields.get("signal")), _order_from(fields.get("order"))
            reason = fields.word("close_reason", CloseReason)
            state = Closing(signal, order, reason, fields.flag("recovered"))
        case other:
            raise Undecodable(f"state.is is {other!r}")
    fields.done()
    return state


def _owed_to_dict(step: Step) -> Plain | str | None:
    match step:
        case Step(owed=Publish(event)):
            return {"publish": event_to_dict(event)}
        case Step(state=Opening() | Closing() as state, owed=Submit(order)) if order == state.order:
            return "submit"
        case Step(owed=None):
            return None
        case _:
            raise ValueError("a step can only owe the order that its state waits for")


def _owed_from(plain: object, state: State) -> Owed:
    if plain is None:
        return None
    if plain == "submit" and isinstance(state, Opening | Closing):
        return Submit(state.order)
    fields = _Fields(plain, "owed")
    owed = Publish(event_from_dict(fields.get("publish")))
    fields.done()
    return owed


def _order_from(plain: object) -> Order:
    fields = _Fields(plain, "order")
    order = Order(
        fields.text("client_order_id"),
        fields.text("symbol"),
        fields.word("side", OrderSide),
        fields.number("price"),
        fields.whole("time"),
    )
    fields.done()
    return order


class _Fields:
    """Takes fields out of a dict by name and type; what is missing, of another type or left over is an error."""

    def __init__(self, plain: object, where: str) -> None:
        if not isinstance(plain, Mapping):
            raise Undecodable(f"{where} is {type(plain).__name__}, expected an object")
        self.left = dict(plain)
        self.where = where

    def get(self, name: str) -> object:
        if name not in self.left:
            raise Undecodable(f"{self.where}.{name} is missing")
        return self.left.pop(name)

    def text(self, name: str) -> str:
        return self._typed(name, str)

    def flag(self, name: str) -> bool:
        return self._typed(name, bool)

    def whole(self, name: str) -> int:
        return self._typed(name, int)

    def number(self, name: str) -> float:
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Undecodable(f"{self.where}.{name} is {value!r}, expected a number")
        return float(value)

    def number_or_none(self, name: str) -> float | None:
        if name in self.left and self.left[name] is None:
            del self.left[name]
            return None
        return self.number(name)

    def word(self, name: str, words: Callable[[str], E]) -> E:
        text = self._typed(name, str)
        try:
            return words(text)
        except ValueError as error:
            raise Undecodable(f"{self.where}.{name}: {error}") from None

    def done(self) -> None:
        if self.left:
            raise Undecodable(f"{self.where} has unknown fields: {', '.join(sorted(map(repr, self.left)))}")

    def _typed(self, name: str, kind: type[T]) -> T:
        value = self.get(name)
        if type(value) is not kind:
            raise Undecodable(f"{self.where}.{name} is {value!r}, expected {kind.__name__}")
        return value
