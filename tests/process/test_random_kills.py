"""kill -9 at random moments of a fast run: what is in the journals is what the rules make of the candles."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from livekit_cli.adapters.demo import DemoMarket
from livekit_cli.core.candle import MINUTE_MS, Candle
from livekit_cli.core.pnl import pnl_percentage
from livekit_cli.core.signal import Position

if TYPE_CHECKING:
    from conftest import Project

SYMBOLS = ("BTCUSDT", "ETHUSDT")
KILLS = 20

MOMENTUM = """
async def get_signal(self, market):
    candles = await market.candles("1m", 3)
    if len(candles) < 3:
        return None
    rising = candles.closes[-1] > candles.closes[0]
    return (market.long if rising else market.short)(take_profit=0.12, stop_loss=0.12, minutes=7)
"""


def expected(symbol: str, first: int, last: int) -> list[tuple[Any, ...]]:
    """What happens from minute `first` to `last`, told by a loop that shares nothing with the program but its sums."""
    market = DemoMarket()
    by_close = {candle.timestamp + MINUTE_MS: candle for candle in market.between(symbol, first - 10 * MINUTE_MS, last)}
    happened: list[tuple[Any, ...]] = []
    signal: tuple[int, Position, float, float, float] | None = None
    for time in range(first, last + MINUTE_MS, MINUTE_MS):
        window = [by_close[at] for at in range(time - 4 * MINUTE_MS, time + MINUTE_MS, MINUTE_MS)]
        price, newest = _vwap(window), window[-1].close
        if signal is None:
            position = Position.LONG if newest > window[-3].close else Position.SHORT
            sign = 1 if position is Position.LONG else -1
            signal = (time, position, newest, newest * (1 + sign * 0.0012), newest * (1 - sign * 0.0012))
            happened.append(("opened", time, position.value, newest, price))
            continue
        since, position, entry, take_profit, stop_loss = signal
        sign = 1 if position is Position.LONG else -1
        if sign * price >= sign * take_profit:
            reason = "take_profit"
        elif sign * price <= sign * stop_loss:
            reason = "stop_loss"
        elif time >= since + 7 * MINUTE_MS:
            reason = "time_expired"
        else:
            continue
        happened.append(("closed", time, reason, price, pnl_percentage(position, entry, price, 0.1, 0.1)))
        signal = None
    return happened


def _vwap(window: list[Candle]) -> float:
    typical = [(candle.high + candle.low + candle.close) / 3 * candle.volume for candle in window]
    return sum(typical) / sum(candle.volume for candle in window)


def told(event: dict[str, Any]) -> tuple[Any, ...]:
    signal = event["signal"]
    if event["action"] == "opened":
        return ("opened", event["time"], signal["position"], signal["price_open"], event["current_price"])
    price, pnl = event["current_price"], event["pnl"]["pnl_percentage"]
    return ("closed", event["close_timestamp"], event["close_reason"], price, pnl)


@pytest.mark.parametrize("seed", [1, 2])
def test_runs_that_were_killed_come_to_the_same_as_one_that_was_not(
    project: Project, until: Callable[..., Any], seed: int
) -> None:
    project.strategy("momentum", MOMENTUM)
    chance = random.Random(seed)
    run = ("run", *SYMBOLS, "--exchange", "demo", "--speed", "6000", "--strategy", "momentum", "--json")
    shown: list[dict[str, Any]] = []
    for _ in range(KILLS):
        running = project.start(*run)
        wanted = chance.randrange(12)
        patience = chance.random() * (0.08 if wanted else 0.4)
        until(lambda: running.out.count("\n") >= wanted or running.gone(), f"{wanted} events")  # noqa: B023
        _spin(patience)
        running.process.kill()
        assert running.ended().code == -9
        shown += running.ended().events
    last = project.start(*run)
    last.until_out('"closed"')
    last.send()
    ended = last.ended()
    assert ended.code == 0, ended.err
    shown += ended.events

    records = project.records()
    for symbol in SYMBOLS:
        events = project.events(symbol)
        first = events[0]["time"]
        finished = records[symbol].pulse.minute
        assert finished
        assert [told(event) for event in events] == expected(symbol, first, finished)
        assert not any(event["recovered"] for event in events)
        _check_shown(events, [event for event in shown if event["symbol"] == symbol])


def _spin(seconds: float) -> None:
    """Wait without a clock of the project: a little loop of its own."""
    asyncio.run(asyncio.sleep(seconds))


def _check_shown(events: list[dict[str, Any]], shown: list[dict[str, Any]]) -> None:
    """Each event at least once, in turn, and again only as a repeat."""
    assert [one for one in shown if (one | {"replay": False}) not in events] == []
    new = [event["event_id"] for event in shown if not event["replay"]]
    assert len(new) == len(set(new))
    assert {event["event_id"] for event in shown} == {event["event_id"] for event in events}
    firsts = list(dict.fromkeys(event["event_id"] for event in shown))
    assert firsts == [event["event_id"] for event in events]
    assert all(before["time"] < after["time"] for before, after in pairwise(events))
