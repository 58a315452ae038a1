"""The states of one symbol, and the messages that move it from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .event import CloseReason, Event, Mode
from .pnl import FEE_PERCENT, SLIPPAGE_PERCENT
from .signal import OrderSide, Signal

MAX_ENTRY_DISTANCE_PERCENT = 1.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose journal it is: the four words that no two journals share."""

    mode: Mode
    exchange: str
    strategy: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the rules need to know besides the minute: who trades, and at what cost. All numbers are percent."""

    identity: Identity
    slippage_percent: float = SLIPPAGE_PERCENT
    fee_percent: float = FEE_PERCENT
    max_entry_distance_percent: float = MAX_ENTRY_DISTANCE_PERCENT


class Minute(NamedTuple):
    """What was seen at one minute's close.

    `price` is the VWAP of the last five minutes, None when no candle was printed in them; `last` is the newest
    close. `degraded` says that fewer than five candles made the price, `recovered` that the minute is looked at
    after a gap. `proposal` is the strategy's answer, when it was asked.
    """

    time: int
    price: float | None
    last: float | None
    degraded: bool = False
    recovered: bool = False
    proposal: object = None


@dataclass(frozen=True, slots=True)
class Order:
    """What a broker is asked to trade; keyed by `client_order_id`, so that asking twice trades once.

    `price` is what the rules expect to trade at, `time` the minute (epoch ms) that called for it.
    """

    client_order_id: str
    symbol: str
    side: OrderSide
    price: float
    time: int


@dataclass(frozen=True, slots=True)
class Filled:
    """The order traded at `price`."""

    client_order_id: str
    price: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """The order was refused for good and will never trade."""

    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say yet whether the order traded; it must be asked about again."""

    client_order_id: str
    reason: str


Report = Filled | Rejected | Unknown


@dataclass(frozen=True, slots=True)
class Idle:
    """No signal."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A signal was accepted and its entry order is owed or under way."""

    signal: Signal
    order: Order
    current_price: float


@dataclass(frozen=True, slots=True)
class Open:
    """A signal is open and watched."""

    signal: Signal


@dataclass(frozen=True, slots=True)
class Closing:
    """A minute called for the exit and its order is owed or under way."""

    signal: Signal
    order: Order
    close_reason: CloseReason
    recovered: bool


State = Idle | Opening | Open | Closing


@dataclass(frozen=True, slots=True)
class Submit:
    """Owed: hand this order to the broker."""

    order: Order


@dataclass(frozen=True, slots=True)
class Publish:
    """Owed: tell this event to whoever listens."""

    event: Event


Owed = Submit | Publish | None


@dataclass(frozen=True, slots=True)
class Step:
    """One durable move: the minute it belongs to (epoch ms), the new state, and at most one effect that it owes."""

    time: int
    state: State
    owed: Owed = None
