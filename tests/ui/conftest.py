"""Events and snapshots as a run of the demo market would tell them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Closed, CloseReason, Mode, Opened
from livekit_cli.core.pnl import PnL
from livekit_cli.core.pulse import Pulse, Snapshot
from livekit_cli.core.signal import OrderSide, Position, Signal
from livekit_cli.core.state import Closing, Identity, Idle, Open, Opening, Order, State

HOSTILE = (
    "[/]",
    "[bold red]x[/bold red]",
    "a|b",
    "\\|",
    "\\",
    "line\nbreak\r\n\ttab",
    "\x1b[2J\x1b]0;title\x07\x1bP",
    "\x9b31m\x7f\x00",
    "\u202egnp.exe\u2066\u2069\u200e",
    "zero\u200bwidth\ufeff\u2060\u2028\u2029",
    "\ud800\udfff",
    "<script>alert(1)</script>&lt;",
    "![x](http://a.b) [x](javascript:x) www.a.b `code` **b** __c__ ~~d~~ $e$ # f",
    "a" + "\u0301" * 200,
    "\u3164\u115f" * 20,
    "漢字🙂" * 30,
    "x" * 1000,
    "",
)


@dataclass(frozen=True)
class World:
    """Makes what the tests show; T is the minute 2026-03-02T00:11Z."""

    T: int = 1_772_410_260_000
    hostile: tuple[str, ...] = HOSTILE

    def signal(self, number: int = 1, **changed: Any) -> Signal:
        signal = Signal(f"sig{number}", Position.LONG, 100.0, 101.0, 99.5, 60, "30m high", self.T)
        return replace(signal, **changed)

    def opened(self, number: int = 1, symbol: str = "BTCUSDT", **changed: Any) -> Opened:
        signal = changed.pop("signal", None) or self.signal(number)
        event = Opened(f"{signal.id}-opened", signal.timestamp, "breakout", "demo", symbol, Mode.PAPER, signal, 100.02)
        return replace(event, **changed)

    def closed(
        self, number: int = 1, pnl: float = 0.5982, minutes: int = 12, symbol: str = "BTCUSDT", **changed: Any
    ) -> Closed:
        signal = changed.pop("signal", None) or self.signal(number)
        time = signal.timestamp + minutes * MINUTE_MS
        event = Closed(
            event_id=f"{signal.id}-closed",
            time=time,
            strategy_name="breakout",
            exchange_name="demo",
            symbol=symbol,
            mode=Mode.PAPER,
            signal=signal,
            current_price=101.2,
            close_reason=CloseReason.TAKE_PROFIT,
            close_timestamp=time,
            pnl=PnL(pnl, 100.0, 101.0),
        )
        return replace(event, **changed)

    def snapshot(
        self, symbol: str = "BTCUSDT", state: State | None = None, mode: Mode = Mode.PAPER, **pulse: Any
    ) -> Snapshot:
        beat = {"minute": self.T, "heartbeat": self.T, "price": 100.5, "status": "running"} | pulse
        return Snapshot(Identity(mode, "demo", "breakout", symbol), state or Idle(), Pulse(**beat))

    def open(self, **changed: Any) -> Open:
        return Open(self.signal(**changed))

    def opening(self) -> Opening:
        return Opening(self.signal(), Order("sig1-open", "BTCUSDT", OrderSide.BUY, 100.0, self.T), 100.0)

    def closing(self) -> Closing:
        order = Order("sig1-close", "BTCUSDT", OrderSide.SELL, 101.0, self.T)
        return Closing(self.signal(position=Position.SHORT), order, CloseReason.STOP_LOSS, False)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def harmless() -> Callable[[str], bool]:
    """Whether a line can be written to any terminal: printable characters only, nothing invisible."""

    def check(line: str) -> bool:
        return line.isprintable() and not set(line) & set("\u3164\u115f\u034f\ufe0f")

    return check
