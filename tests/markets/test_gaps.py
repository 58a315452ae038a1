"""What was missed, however long and however: a machine that was suspended, an exchange that was down for a day."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.core.event import Closed
from tests.exchange.clock import MINUTE_MS
from tests.exchange.market import jump
from tests.exchange.server import LocalExchange

from .harness import QUICK, Minutes, running, truth

BOTH = pytest.mark.parametrize("exchange_id", ["binance", "bybit"])
WEBSOCKET = pytest.mark.parametrize("websocket", [True, False], ids=["websocket", "rest"])
M = MINUTE_MS

PATIENT = replace(QUICK, attempts=(10.0,))


def run(work: Coroutine[Any, Any, None]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(120):
            await work

    asyncio.run(in_time())


def check_closed(desk: Minutes, minute: int, *, recovered: bool = True) -> None:
    """At the stop loss, in that minute and at its price."""
    (closed,) = (event for event in desk.events if isinstance(event, Closed))
    assert (closed.close_reason, closed.time, closed.recovered) == ("stop_loss", minute, recovered)
    assert closed.current_price == truth(desk.exchange, "BTCUSDT", minute)


def objects() -> int:
    """How many the process has."""
    gc.collect()
    return len(gc.get_objects())


@BOTH
@WEBSOCKET
@pytest.mark.parametrize("missed", [2, 7, 90])
def test_after_a_suspend_every_missed_minute_is_looked_at_and_the_others_go_on_with_the_newest(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str, websocket: bool, missed: int
) -> None:
    """The exchange tells at most an hour of closes after it; the price falls in the first of them, and comes back."""

    async def minutes() -> None:
        if not websocket:
            exchange.faults.add("ws-silent")
        async with running(exchange, tmp_path, exchange_id, patience=PATIENT, enableRateLimit=False) as desk:
            await desk.next()
            await desk.next()
            falls = desk.minute
            exchange.market.script("BTCUSDT", jump(falls, -20.0))
            exchange.market.script("BTCUSDT", jump(falls + M, 25.0))
            await desk.to(desk.minute + missed * M)
            check_closed(desk, falls + M)
            for symbol in ("ETHUSDT", "SOLUSDT"):
                assert desk.post(symbol).snapshot.pulse.price == truth(exchange, symbol, desk.minute)
                assert desk.finished(symbol) == desk.minute
            asked = desk.watcher.asked["ETHUSDT"]
            assert asked[-2:] == [falls, desk.minute], "strategies are not asked about what was missed"
            assert [line for line in desk.heard if "by websocket in time" not in line] == []
            await desk.next()
            for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT"):
                assert desk.post(symbol).snapshot.pulse.price == truth(exchange, symbol, desk.minute)

    run(minutes())


def test_a_day_without_the_exchange_costs_neither_memory_nor_the_readers_patience(
    exchange: LocalExchange, tmp_path: Path
) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance", watch=(), patience=PATIENT, enableRateLimit=False) as desk:
            await desk.next()
            await desk.next()
            falls = desk.minute
            exchange.market.script("BTCUSDT", jump(falls, -20.0))
            await asyncio.to_thread(exchange.down)
            kept = []
            for minute in range(24 * 60):
                await desk.next()
                if minute % 120 == 119:
                    kept.append(objects())
            assert max(kept[1:]) - kept[0] < 1000, "the first ones are what the first failures need"
            outage, *alarms = desk.heard
            assert outage.endswith("it is tried again with each minute")
            assert len(alarms) == 9, "of three minutes, six, twelve and so on"
            await asyncio.to_thread(exchange.up)
            await desk.next()
            check_closed(desk, falls + M)
            assert desk.heard[-1].startswith("WARNING: local answers again, after 86")

    run(minutes())
