"""Every event of the reference implementation, floats bit for bit, through the live loop and through the backtest."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from livekit_cli import Closed, Event, Market, Proposal, Strategy
from livekit_cli.adapters.csv_file import CsvFeed, read_candles
from livekit_cli.adapters.direct import Direct
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import open_journal
from livekit_cli.adapters.paper import PaperBroker
from livekit_cli.adapters.strategist import Guarded
from livekit_cli.backtest import Replay
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Mode
from livekit_cli.core.history import History
from livekit_cli.core.state import Identity, Terms
from livekit_cli.live import Runner
from livekit_cli.testing import FakeClock

HERE = Path(__file__).parent
FIRST_ROW = 10  # the reference's first minute is the close of the eleventh candle
BEYOND_MS = 30 * MINUTE_MS  # the reference stops on an event in the last half hour of the file

FLOATS = frozenset({"priceOpen", "priceTakeProfit", "priceStopLoss", "currentPrice", "pnlPercentage"})


class Scenario(Strategy):
    """A rule of the minute of the day that has just closed, and of the newest close."""

    async def get_signal(self, market: Market) -> Proposal | None:
        minute = (market.now // MINUTE_MS - 1) % 1440
        return self.rule(minute, market.last)

    def rule(self, minute: int, close: float) -> Proposal | None:
        raise NotImplementedError


def long(close: float, take_profit: float, stop_loss: float, minutes: int) -> Proposal:
    return Proposal("long", close * (1 + take_profit), close * (1 - stop_loss), minutes, close)


def short(close: float, take_profit: float, stop_loss: float, minutes: int) -> Proposal:
    return Proposal("short", close * (1 - take_profit), close * (1 + stop_loss), minutes, close)


class LongHourly(Scenario):
    def rule(self, minute: int, close: float) -> Proposal | None:
        return None if minute % 60 else long(close, 0.005, 0.005, 120)


class ShortHourly(Scenario):
    def rule(self, minute: int, close: float) -> Proposal | None:
        return None if minute % 60 else short(close, 0.004, 0.006, 90)


class Flip5m(Scenario):
    def rule(self, minute: int, close: float) -> Proposal | None:
        if minute % 5:
            return None
        odd_hour = minute // 60 % 2
        return short(close, 0.002, 0.003, 30) if odd_hour else long(close, 0.003, 0.002, 45)


class Ragged3m(Scenario):
    def rule(self, minute: int, close: float) -> Proposal | None:
        k = minute % 21
        if k % 3:
            return None
        if k == 0:
            return Proposal("long", 1.0, close * (1 - 0.002), 20, close)
        if k == 3:
            raise RuntimeError("ragged")
        return (long if k % 2 else short)(close, 0.0015, 0.0015, 15)


class Expiry1m(Scenario):
    def rule(self, minute: int, close: float) -> Proposal | None:
        return long(close, 0.05, 0.05, 7)


SCENARIOS = {
    "long_hourly": LongHourly,
    "short_hourly": ShortHourly,
    "flip_5m": Flip5m,
    "ragged_3m": Ragged3m,
    "expiry_1m": Expiry1m,
}


def expected(scenario: str) -> list[dict[str, object]]:
    lines = (HERE / f"events_{scenario}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def as_reference(event: Event) -> dict[str, object]:
    """The event in the reference's words and times."""
    signal = event.signal
    plain: dict[str, object] = {
        "t": event.time - MINUTE_MS,
        "action": event.action,
        "position": signal.position.value,
        "openedAt": signal.timestamp - MINUTE_MS,
        "priceOpen": signal.price_open,
        "priceTakeProfit": signal.price_take_profit,
        "priceStopLoss": signal.price_stop_loss,
        "minuteEstimatedTime": signal.minute_estimated_time,
    }
    if isinstance(event, Closed):
        plain |= {
            "currentPrice": event.current_price,
            "closeReason": event.close_reason.value,
            "closeTimestamp": event.close_timestamp - MINUTE_MS,
            "pnlPercentage": event.pnl.pnl_percentage,
        }
    return plain


def bits(plain: dict[str, object]) -> dict[str, object]:
    """Floats as their bits: nearly equal is not equal. JavaScript writes 50646.0 as 50646."""
    return {name: float(value).hex() if name in FLOATS else value for name, value in plain.items()}  # type: ignore[arg-type]


def check(events: list[Event], scenario: str, end: int) -> None:
    theirs = [bits(plain) for plain in expected(scenario)]
    ours = [bits(as_reference(event)) for event in events]
    assert ours[: len(theirs)] == theirs
    assert len(theirs) > 50
    assert all(event.time > end - BEYOND_MS for event in events[len(theirs) :])


@pytest.fixture(scope="module")
def history() -> History:
    return History(read_candles(HERE / "candles_1m.csv"))


def span(history: History) -> tuple[int, int]:
    return history.candles[FIRST_ROW].timestamp + MINUTE_MS, history.last + MINUTE_MS


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_backtest_yields_every_event_of_the_reference(scenario: str, history: History) -> None:
    terms = Terms(Identity(Mode.PAPER, "csv", scenario, "BTCUSDT"))
    start, end = span(history)
    replay = Replay(history, Direct(SCENARIOS[scenario](), scenario, "BTCUSDT", history), terms)

    async def events() -> list[Event]:
        return [event async for event in replay.events(start, end)]

    check(asyncio.run(events()), scenario, end)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_live_loop_yields_every_event_of_the_reference(scenario: str, history: History, tmp_path: Path) -> None:
    identity = Identity(Mode.PAPER, "csv", scenario, "BTCUSDT")
    start, end = span(history)
    delivered: list[Event] = []

    async def run() -> None:
        feed = CsvFeed("BTCUSDT", history)
        runner = Runner(
            terms=Terms(identity),
            clock=FakeClock(start, end),
            feed=feed,
            broker=PaperBroker(),
            journal=open_journal(tmp_path, identity, Disk(), "test", 0),
            strategist=Guarded(SCENARIOS[scenario](), scenario, "BTCUSDT", feed),
            deliver=lambda event, acknowledge: (delivered.append(event), acknowledge())[1],
        )
        try:
            await runner.run()
        finally:
            runner.close()

    asyncio.run(run())
    check(delivered, scenario, end)
