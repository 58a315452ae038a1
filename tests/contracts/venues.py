"""A real exchange's clock and candles as what the contracts are tried on: the local exchange, asked through ccxt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livekit_cli.adapters.ccxt_venue import CcxtVenue
from livekit_cli.core.candle import Candles
from livekit_cli.ports import Clock
from tests.exchange.client import wall
from tests.exchange.clock import MINUTE_MS
from tests.exchange.clock import Clock as ExchangeClock
from tests.exchange.server import LocalExchange
from tests.markets.harness import QUICK, venue_of

PATIENT = replace(QUICK, attempts=(10.0,))
"""Where nothing fails, an exchange that has to make up a thousand candles may take its time."""


@dataclass(frozen=True)
class VenueFeed:
    """A Feed on an exchange where it is never earlier than the moment that was asked for."""

    venue: CcxtVenue
    exchange: LocalExchange

    async def candles(self, symbol: str, timeframe: str, until: int, limit: int, *, urgent: bool = False) -> Candles:
        if until > self.exchange.clock.now():
            self.exchange.clock.freeze(until)
        return await self.venue.candles(symbol, timeframe, until, limit, urgent=urgent)


@dataclass(frozen=True)
class VenueClock:
    """A Clock of an exchange whose time goes on when somebody waits for it, and stops at `end`."""

    venue: CcxtVenue
    exchange: LocalExchange
    end: int

    def now(self) -> int:
        return self.venue.clock.now()

    def age(self, minute: int) -> int:
        return self.venue.clock.age(minute)

    async def next_minute(self, after: int | None) -> int | None:
        while (found := await self.venue.clock.next_minute(after)) is None and self.exchange.clock.now() < self.end:
            self.exchange.clock.advance(MINUTE_MS)
        return found


@contextmanager
def feed_over(runner: asyncio.Runner, folder: Path, exchange_id: str, start: int, **more: Any) -> Iterator[VenueFeed]:
    """The candles of an exchange where it is `start`; `runner` has the loop that they are asked for on."""
    with _opened(runner, folder, exchange_id, start, **more) as (venue, exchange):
        yield VenueFeed(venue, exchange)


@contextmanager
def clock_over(runner: asyncio.Runner, folder: Path, exchange_id: str, start: int, end: int) -> Iterator[Clock]:
    """The clock of an exchange where it is `start`."""
    with _opened(runner, folder, exchange_id, start) as (venue, exchange):
        yield VenueClock(venue, exchange, end)


@contextmanager
def _opened(
    runner: asyncio.Runner, folder: Path, exchange_id: str, start: int, **more: Any
) -> Iterator[tuple[CcxtVenue, LocalExchange]]:
    with wall(), LocalExchange(clock=ExchangeClock(start)) as exchange:
        opening = venue_of(exchange, folder, exchange_id, patience=PATIENT, **more)
        venue = runner.run(opening.__aenter__())
        try:
            yield venue, exchange
        finally:
            runner.run(opening.__aexit__(None, None, None))
