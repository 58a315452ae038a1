"""How a minute is seen before the rules, and what a quiet one is called after them."""

from __future__ import annotations

from .candle import VWAP_MINUTES, VWAP_MS, Candles, vwap
from .event import ActiveMinute, IdleMinute
from .pnl import pnl_percentage
from .state import Minute, Open, State, Terms


def seen(candles: Candles, time: int, *, recovered: bool = False) -> Minute:
    """The minute at `time` (epoch ms) as the candles show it; only those of its last five minutes count."""
    window = candles[candles.first_at(time - VWAP_MS) : candles.first_at(time)]
    last = window[-1].close if len(window) else None
    return Minute(time, vwap(window), last, degraded=len(window) < VWAP_MINUTES, recovered=recovered)


def quiet(state: State, minute: Minute, terms: Terms) -> IdleMinute | ActiveMinute:
    """The result of a minute without an event."""
    symbol = terms.identity.symbol
    if not isinstance(state, Open):
        return IdleMinute(minute.time, symbol, minute.price)
    percent = None if minute.price is None else unrealised(state, minute.price, terms)
    return ActiveMinute(minute.time, symbol, minute.price, state.signal, percent)


def unrealised(state: Open, price: float, terms: Terms) -> float:
    """What the open signal would earn, in percent, if it were closed at `price`."""
    signal = state.signal
    return pnl_percentage(signal.position, signal.price_open, price, terms.slippage_percent, terms.fee_percent)
