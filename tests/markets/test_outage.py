"""A day without the exchange: nothing piles up, neither in memory nor in the log, and then all goes on.

How much memory that is in bytes, `benchmarks/exchange_week.py` measures, in a process of its own: here other tests have
left theirs behind.
"""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from pathlib import Path

from livekit_cli.core.state import Open
from tests.exchange.client import run
from tests.exchange.server import LocalExchange

from .harness import QUICK, running, truth

DAY = 1440

WARM_UP = 100
"""Minutes after which what an outage itself needs is there."""

IN_A_HURRY = replace(QUICK, attempts=(1.0, 1.0), retry=(0.001, 0.001), look=10.0, backoff=(1.0, 60.0))

MOST_OBJECTS = 1000
"""That came after that: fewer than one in each minute."""


def objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def test_in_a_day_without_the_exchange_nothing_piles_up_and_a_dozen_lines_are_logged(
    exchange: LocalExchange, tmp_path: Path
) -> None:
    async def minutes() -> None:
        async with running(
            exchange, tmp_path, "binance", watch=["ETHUSDT"], patience=IN_A_HURRY, enableRateLimit=False
        ) as desk:
            for _ in range(3):
                await desk.next()
            await asyncio.to_thread(exchange.down)
            desk.heard.clear()
            for _ in range(WARM_UP):
                await desk.next()
            before = objects()
            for _ in range(DAY - WARM_UP):
                await desk.next()
            came, heard = objects() - before, list(desk.heard)
            held = desk.post("BTCUSDT").snapshot.state
            await asyncio.to_thread(exchange.up)
            await desk.next()

            alarms = [line for line in heard if "ALARM" in line]
            assert [line.split()[-2] for line in alarms] == [str(3 * 2**times) for times in range(9)]
            others = [line for line in heard if line not in alarms]
            assert len(others) == 1, "the outage is everybody's, and told once"
            assert "not reachable" in others[0]
            assert came < MOST_OBJECTS
            assert isinstance(held, Open)
            assert "answers again, after 86" in desk.heard[-1]
            for symbol in ("BTCUSDT", "ETHUSDT"):
                assert desk.finished(symbol) == desk.minute
                assert desk.post(symbol).snapshot.pulse.price == truth(exchange, symbol, desk.minute)

    run(minutes(), 120.0)
