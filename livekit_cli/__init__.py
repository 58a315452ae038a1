"""livekit: a crash-safe runner for trading strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core.candle import Candle as Candle
    from .core.candle import Candles as Candles
    from .core.errors import LivekitError as LivekitError
    from .core.errors import ProposalRefused as ProposalRefused
    from .core.errors import StrategyError as StrategyError
    from .core.event import ActiveMinute as ActiveMinute
    from .core.event import Closed as Closed
    from .core.event import CloseReason as CloseReason
    from .core.event import Event as Event
    from .core.event import IdleMinute as IdleMinute
    from .core.event import Opened as Opened
    from .core.pnl import PnL as PnL
    from .core.signal import Position as Position
    from .core.signal import Proposal as Proposal
    from .core.signal import Signal as Signal
    from .strategy import Market as Market
    from .strategy import Strategy as Strategy
    from .strategy import SyncMarket as SyncMarket

_HOME = {
    "ActiveMinute": ".core.event",
    "Candle": ".core.candle",
    "Candles": ".core.candle",
    "CloseReason": ".core.event",
    "Closed": ".core.event",
    "Event": ".core.event",
    "IdleMinute": ".core.event",
    "LivekitError": ".core.errors",
    "Market": ".strategy",
    "Opened": ".core.event",
    "PnL": ".core.pnl",
    "Position": ".core.signal",
    "Proposal": ".core.signal",
    "ProposalRefused": ".core.errors",
    "Signal": ".core.signal",
    "Strategy": ".strategy",
    "StrategyError": ".core.errors",
    "SyncMarket": ".strategy",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `livekit --version` needs none of them."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOME[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
