"""What a type checker must understand of the library. Nothing here runs: mypy reads it together with the package."""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any, Literal, assert_never, assert_type

from livekit_cli import (
    ActiveMinute,
    Backtest,
    Candle,
    Candles,
    Closed,
    CloseReason,
    Event,
    IdleMinute,
    Live,
    Market,
    Opened,
    PnL,
    Position,
    Proposal,
    Signal,
    Strategy,
    SyncMarket,
)
from livekit_cli.testing import ask, candles


def narrows_by_action(event: Event) -> float:
    if event.action == "closed":
        assert_type(event, Closed)
        assert_type(event.pnl, PnL)
        assert_type(event.close_reason, CloseReason)
        return event.pnl.pnl_percentage
    assert_type(event, Opened)
    assert_type(event.action, Literal["opened"])
    return event.current_price


def narrows_by_class(event: Event) -> Signal:
    match event:
        case Opened(signal=signal):
            return signal
        case Closed():
            assert_type(event.close_timestamp, int)
            return event.signal
        case _:
            assert_never(event)


def narrows_by_match_on_action(event: Event) -> int:
    match event.action:
        case "opened":
            assert_type(event, Opened)
            return event.time
        case "closed":
            assert_type(event, Closed)
            return event.close_timestamp


def knows_every_reason(reason: CloseReason) -> str:
    match reason:
        case CloseReason.TAKE_PROFIT | CloseReason.STOP_LOSS:
            return "price"
        case CloseReason.TIME_EXPIRED:
            return "time"
        case _:
            assert_never(reason)


def knows_every_position(position: Position) -> int:
    match position:
        case Position.LONG:
            return 1
        case Position.SHORT:
            return -1
        case _:
            assert_never(position)


class Asynchronous(Strategy):
    interval = "5m"
    lookback: int = 30

    async def get_signal(self, market: Market) -> Proposal | None:
        assert_type(market.symbol, str)
        assert_type(market.now, int)
        assert_type(market.price, float)
        assert_type(market.last, float)
        history = await market.candles("1m", self.lookback)
        assert_type(history, Candles)
        assert_type(history[-1], Candle)
        assert_type(history[-3:], Candles)
        assert_type(history[-1].close, float)
        assert_type(history.highs, array[float])
        assert_type(history.timestamps, array[int])
        assert_type(max(history.highs[:-1]), float)
        for candle in history:
            assert_type(candle, Candle)
        return market.long(take_profit=1.0, stop_loss=0.5, minutes=60, note="a note")

    async def on_open(self, event: Opened) -> None:
        assert_type(event.signal.price_take_profit, float)

    def on_close(self, event: Closed) -> None:
        assert_type(event.pnl.pnl_percentage, float)

    def on_active(self, result: ActiveMinute) -> None:
        assert_type(result.pnl_percentage, float | None)

    def on_idle(self, result: IdleMinute) -> None:
        assert_type(result.current_price, float | None)


class Plain(Strategy):
    def get_signal(self, market: SyncMarket) -> Proposal | None:
        assert_type(market.candles("5m").closes, array[float])
        return market.short(price_take_profit=99.0, price_stop_loss=101.0, minutes=30)


async def runs_live() -> None:
    events = Live.run("BTCUSDT", strategy_name="breakout", exchange_name="demo", speed=600)
    assert_type(events, AsyncGenerator[Event, None])
    async for event in events:
        assert_type(event, Opened | Closed)
    await events.aclose()
    async for event in Live.run("BTCUSDT", strategy=Plain, candles="candles.csv", params={"lookback": 3}):
        narrows_by_action(event)

    cancel = await Live.background("BTCUSDT", strategy=Asynchronous(lookback=3), project=Path(), data_dir="data")
    assert_type(cancel, Callable[[], None])
    unsubscribe = Live.listen(print)
    Live.listen(listens)
    assert_type(unsubscribe, Callable[[], None])
    assert_type(await Live.get_report("breakout"), str)
    assert_type(await Live.dump("breakout", Path("out"), data_dir="data"), Path)


async def listens(event: Event) -> None:
    narrows_by_class(event)


async def tests_back(start: int) -> None:
    closed = Backtest.run("BTCUSDT", strategy=Plain, start=start, end=start + 60_000)
    assert_type(closed, AsyncGenerator[Closed, None])
    async for event in closed:
        assert_type(event, Closed)


def refuses_what_is_not_there(parameters: Any) -> None:
    # Each of these must be an error: mypy and pyright complain when one of the comments is not needed.
    Live.run("BTCUSDT", strategy_nam="breakout")  # type: ignore[call-arg]
    Live.run("BTCUSDT", strategy_name=3)  # type: ignore[arg-type]
    Backtest.run("BTCUSDT", strategy_name="breakout", speed=3)  # type: ignore[call-arg]


def tests_a_strategy() -> None:
    assert_type(ask(Asynchronous(lookback=3), candles([100, 101])), Proposal | None)
