"""What happened: the two events that leave the loop, and the two quiet results that do not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from .pnl import PnL
from .signal import Signal


class CloseReason(StrEnum):
    """Why a signal was closed."""

    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"
    TIME_EXPIRED = "time_expired"


class Mode(StrEnum):
    """Simulated orders or real ones; the two never share a file."""

    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Opened:
    """A signal was opened at minute `time` (epoch ms). `current_price` is the VWAP seen then.

    `event_id` is the same however often the event is delivered; `replay` says that this delivery may be a repeat.
    """

    event_id: str
    time: int
    strategy_name: str
    exchange_name: str
    symbol: str
    mode: Mode
    signal: Signal
    current_price: float
    replay: bool = False
    recovered: bool = False
    action: Literal["opened"] = field(default="opened", init=False)


@dataclass(frozen=True, slots=True)
class Closed:
    """A signal was closed at minute `time` = `close_timestamp` (epoch ms), at the VWAP `current_price`.

    `recovered` says that the minute was found by looking back after a gap.
    """

    event_id: str
    time: int
    strategy_name: str
    exchange_name: str
    symbol: str
    mode: Mode
    signal: Signal
    current_price: float
    close_reason: CloseReason
    close_timestamp: int
    pnl: PnL
    replay: bool = False
    recovered: bool = False
    action: Literal["closed"] = field(default="closed", init=False)


Event = Opened | Closed


@dataclass(frozen=True, slots=True)
class IdleMinute:
    """A minute that ended with no signal open; only the strategy's `on_idle` sees it."""

    time: int
    symbol: str
    current_price: float | None
    action: Literal["idle"] = field(default="idle", init=False)


@dataclass(frozen=True, slots=True)
class ActiveMinute:
    """A minute that ended with a signal open; only the strategy's `on_active` sees it."""

    time: int
    symbol: str
    current_price: float | None
    signal: Signal
    pnl_percentage: float | None
    action: Literal["active"] = field(default="active", init=False)


MinuteResult = Opened | Closed | IdleMinute | ActiveMinute


def replayed(event: Event) -> Event:
    """The same event, marked as a possible repeat."""
    return replace(event, replay=True)
