"""livekit: run trading strategies live on paper, crash-safe, one journal per symbol.

The names below are the library; everything else may change without notice. They are loaded when they are first used,
so that a command pays only for what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .api import Backtest, Live
    from .core.candle import Candle, Candles
    from .core.errors import (
        CannotCreate,
        ConfigError,
        DiskFailed,
        JournalDamaged,
        JournalLocked,
        LivekitError,
        StrategyError,
        UsageError,
    )
    from .core.event import ActiveMinute, Closed, CloseReason, Event, IdleMinute, Opened
    from .core.pnl import PnL
    from .core.signal import Position, Proposal, Signal
    from .strategy import Market, Strategy, SyncMarket

_HOMES = {
    ".api": ("Backtest", "Live"),
    ".core.candle": ("Candle", "Candles"),
    ".core.errors": (
        "CannotCreate",
        "ConfigError",
        "DiskFailed",
        "JournalDamaged",
        "JournalLocked",
        "LivekitError",
        "StrategyError",
        "UsageError",
    ),
    ".core.event": ("ActiveMinute", "CloseReason", "Closed", "Event", "IdleMinute", "Opened"),
    ".core.pnl": ("PnL",),
    ".core.signal": ("Position", "Proposal", "Signal"),
    ".strategy": ("Market", "Strategy", "SyncMarket"),
}

__all__ = [
    "ActiveMinute",
    "Backtest",
    "Candle",
    "Candles",
    "CannotCreate",
    "CloseReason",
    "Closed",
    "ConfigError",
    "DiskFailed",
    "Event",
    "IdleMinute",
    "JournalDamaged",
    "JournalLocked",
    "Live",
    "LivekitError",
    "Market",
    "Opened",
    "PnL",
    "Position",
    "Proposal",
    "Signal",
    "Strategy",
    "StrategyError",
    "SyncMarket",
    "UsageError",
]


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home, __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
