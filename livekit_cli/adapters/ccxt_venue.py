"""A ccxt exchange as livekit runs on it: its clock, its candles and its fees, opened once for all symbols."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.candle import Candles
from ..core.errors import ExchangeError, ExchangeUnreachable, FeedError
from .ccxt_connection import Connection
from .ccxt_feed import CcxtFeed
from .ccxt_markets import Market, Markets, refreshed_quietly, taker_fee_percent
from .ccxt_sockets import Sockets
from .clock import WallClock, pause

START_SECONDS = 8.0
"""How long an exchange may take to be ready; a start that fails has ended ten seconds after it began."""

LOOK_SECONDS = 5.0
"""How often the clocks are looked at."""

log = logging.getLogger("livekit")


class CcxtVenue:
    """Implements `ports.Feed` for every symbol that it was opened with; `clock` counts the exchange's minutes."""

    def __init__(
        self, exchange_id: str, name: str, kind: str, options: Mapping[str, Any], cache: Path, *, once: bool = False
    ) -> None:
        """`kind` is `spot` or `swap`; `options` go to ccxt; `cache` remembers markets for the next start."""
        self._exchange_id = exchange_id
        self._name = name
        self._kind = kind
        self._options = options
        self._cache = cache
        self._once = once
        self._connection: Connection | None = None
        self._feed: CcxtFeed | None = None
        self._sockets: Sockets | None = None
        self._markets: dict[str, Market] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.clock = WallClock(waits=not once, ahead_ms=self._ahead_ms)

    async def open(self, symbols: Sequence[str]) -> None:
        """Connect, find the markets of `symbols` and compare the clocks.

        Raises UsageError for an unknown symbol, ExchangeUnreachable, ExchangeRefused and CredentialsRefused.
        """
        connection = Connection(self._exchange_id, self._name, self._settings(), websocket=not self._once)
        markets = Markets(connection, self._kind, self._cache)
        self._connection = connection
        try:
            async with asyncio.timeout(START_SECONDS):
                self._markets = await markets.open(symbols)
                await connection.measure_skew(starting=True)
        except TimeoutError:
            raise ExchangeUnreachable(f"{self._name}: no answer in {START_SECONDS:.0f} s") from None
        except FeedError as error:
            raise ExchangeUnreachable(str(error)) from error
        names = {symbol: str(market["symbol"]) for symbol, market in self._markets.items()}
        self._feed = CcxtFeed(connection, names)
        if not self._once:
            self._begin(connection, markets, self._feed, names)

    async def candles(self, symbol: str, timeframe: str, until: int, limit: int, *, urgent: bool = False) -> Candles:
        """As every Feed."""
        assert self._feed is not None, "the venue is not open"
        return await self._feed.candles(symbol, timeframe, until, limit, urgent=urgent)

    def fee_percent(self, symbol: str) -> float | None:
        """What one side of a trade costs there, in percent; None when the exchange does not say."""
        return taker_fee_percent(self._markets[symbol])

    async def close(self) -> None:
        """Let go of everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._sockets:
            await self._sockets.close()
        if self._connection:
            await self._connection.close()

    def _begin(self, connection: Connection, markets: Markets, feed: CcxtFeed, names: Mapping[str, str]) -> None:
        if connection.client.has.get("watchOHLCV"):
            self._sockets = feed.sockets = Sockets(connection, names, lambda symbol: feed.known(symbol).tape)
            self._sockets.open()
        self._tasks = [
            asyncio.create_task(refreshed_quietly(markets, list(names))),
            asyncio.create_task(_keep_clocks(connection)),
        ]

    def _settings(self) -> dict[str, Any]:
        options = dict(self._options)
        if self._kind == "swap":
            options["options"] = {"defaultType": "swap"} | dict(options.get("options", {}))
        return options

    def _ahead_ms(self) -> int:
        return self._connection.offset_ms if self._connection else 0


async def _keep_clocks(connection: Connection) -> None:
    """Measure the difference again when it may have changed."""
    while True:
        await pause(LOOK_SECONDS)
        if connection.doubts_clock:
            try:
                await connection.measure_skew()
            except ExchangeError as error:
                log.debug("%s: the clocks could not be compared: %s", connection.name, error)
