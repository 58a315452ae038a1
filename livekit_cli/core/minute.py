"""How a minute is seen: from closed candles to the one price that the rules go by."""

from __future__ import annotations

from .candle import VWAP_MINUTES, VWAP_MS, Candles, vwap
from .state import Minute


def seen(candles: Candles, time: int, *, recovered: bool = False) -> Minute:
    """The minute at `time` (epoch ms) as the candles show it; only those of its last five minutes count."""
    window = candles[candles.first_at(time - VWAP_MS) : candles.first_at(time)]
    last = window[-1].close if len(window) else None
    return Minute(time, vwap(window), last, degraded=len(window) < VWAP_MINUTES, recovered=recovered)
