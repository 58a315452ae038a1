"""A ccxt exchange as livekit runs on it: its clock, its candles and its fees, opened once for all symbols."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.candle import Candles
from ..core.errors import ExchangeError, ExchangeUnreachable, FeedError
from .ccxt_connection import Connection
from .ccxt_feed import CcxtFeed
from .ccxt_markets import Market, Markets, refreshed_quietly, taker_fee_percent
from .ccxt_sockets import Sockets
from .clock import WallClock, pause

if TYPE_CHECKING:
    from .config.exchanges import ExchangeConfig

START_SECONDS = 8.0
"""How long an exchange may take to be ready; a start that fails has ended ten seconds after it began."""

LOOK_SECONDS = 5.0
"""How often the clocks are looked at."""

log = logging.getLogger("livekit")


class CcxtVenue:
    """Implements `ports.Feed` for every symbol that it was opened with; `clock` counts the exchange's minutes."""

    def __init__(self, config: ExchangeConfig, data: Path, *, once: bool = False) -> None:
        """What is found out about the markets is remembered below `data`, for the next start."""
        self._config = config
        self._data = data
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
        connection, markets = _connection(self._config, self._data, websocket=not self._once)
        self._connection = connection
        self._markets = await _ready(connection, markets, symbols)
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

    def _ahead_ms(self) -> int:
        return self._connection.offset_ms if self._connection else 0


@asynccontextmanager
async def connected(
    config: ExchangeConfig, data: Path, symbols: Sequence[str]
) -> AsyncIterator[tuple[Connection, dict[str, Market]]]:
    """A connection for a while, and the markets of `symbols`; for what does not run minutes.

    Raises what `CcxtVenue.open` raises.
    """
    connection, markets = _connection(config, data, websocket=False)
    try:
        yield connection, await _ready(connection, markets, symbols)
    finally:
        await connection.close()


def _connection(config: ExchangeConfig, data: Path, *, websocket: bool) -> tuple[Connection, Markets]:
    options = dict(config.ccxt)
    if config.market == "swap":
        options["options"] = {"defaultType": "swap"} | dict(options.get("options", {}))
    connection = Connection(config.ccxt_id, config.name, options, websocket=websocket)
    return connection, Markets(connection, config.market, data / "markets" / f"{config.name}-{config.market}.json")


async def _ready(connection: Connection, markets: Markets, symbols: Sequence[str]) -> dict[str, Market]:
    try:
        async with asyncio.timeout(START_SECONDS):
            found = await markets.open(symbols)
            await connection.measure_skew(starting=True)
    except TimeoutError:
        raise ExchangeUnreachable(f"{connection.name}: no answer in {START_SECONDS:.0f} s") from None
    except FeedError as error:
        raise ExchangeUnreachable(str(error)) from error
    return found


async def _keep_clocks(connection: Connection) -> None:
    """Measure the difference again when it may have changed."""
    while True:
        await pause(LOOK_SECONDS)
        if connection.doubts_clock:
            try:
                await connection.measure_skew()
            except ExchangeError as error:
                log.debug("%s: the clocks could not be compared: %s", connection.name, error)
