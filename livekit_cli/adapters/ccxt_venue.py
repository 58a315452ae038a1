"""A ccxt exchange as livekit runs on it: its clock, its candles and its fees, opened once for all symbols."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.candle import Candles
from ..core.errors import ConfigError, CredentialsRefused, ExchangeError, ExchangeUnreachable, FeedError, UsageError
from ..core.link import Link
from .ccxt_connection import Connection
from .ccxt_errors import said
from .ccxt_feed import CcxtFeed
from .ccxt_import import exchange_class, has_websocket
from .ccxt_listing import Market
from .ccxt_markets import Markets, cache_file, refreshed_quietly, taker_fee_percent
from .ccxt_patience import Patience
from .ccxt_settings import wrong_settings
from .ccxt_sockets import Sockets
from .clock import WallClock, pause
from .exchange_time import Machine
from .origin import keep_origin

if TYPE_CHECKING:
    from .config.exchanges import ExchangeConfig

log = logging.getLogger("livekit")


class CcxtVenue:
    """Implements `ports.Feed` for every symbol that it was opened with; `clock` counts the exchange's minutes."""

    def __init__(
        self,
        config: ExchangeConfig,
        data: Path,
        *,
        once: bool = False,
        patience: Patience | None = None,
        machine: Machine | None = None,
    ) -> None:
        """What is found out about the markets is remembered below `data`, for the next start."""
        self._config = config
        self._data = data
        self._once = once
        self._patience = patience or Patience()
        self._machine = machine or Machine()
        self._connection: Connection | None = None
        self._feed: CcxtFeed | None = None
        self._sockets: Sockets | None = None
        self._markets: dict[str, Market] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.clock = WallClock(waits=not once, counted=self._counted_ms)

    async def open(self, symbols: Sequence[str]) -> None:
        """Connect, find the markets of `symbols` and compare the clocks.

        Raises UsageError for an unknown symbol, ConfigError for what ccxt does not take, ExchangeUnreachable,
        ExchangeRefused and CredentialsRefused, and what `keep_origin` raises.
        """
        websocket = not self._once and has_websocket(self._config.ccxt_id)
        connection, markets = connection_to(
            self._config, self._data, websocket=websocket, patience=self._patience, machine=self._machine
        )
        self._connection = connection
        self._markets = await _ready(connection, markets, symbols)
        await asyncio.to_thread(keep_origin, self._config, self._data)
        names = {symbol: str(market["symbol"]) for symbol, market in self._markets.items()}
        self._feed = CcxtFeed(connection, self._markets, lambda symbol: markets.has(names[symbol]))
        if not self._once:
            self._begin(connection, markets, self._feed, names)

    async def candles(self, symbol: str, timeframe: str, until: int, limit: int, *, urgent: bool = False) -> Candles:
        """As every Feed."""
        assert self._feed is not None, "the venue is not open"
        return await self._feed.candles(symbol, timeframe, until, limit, urgent=urgent)

    def fee_percent(self, symbol: str) -> float | None:
        """What one side of a trade costs there, in percent; None when the exchange does not say."""
        return taker_fee_percent(self._markets[symbol])

    @property
    def link(self) -> Link | None:
        """As every Venue."""
        return None if self._connection is None else _link(self._connection, self._sockets, self.clock.now())

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
            asyncio.create_task(refreshed_quietly(markets, list(names), self._patience.fresh)),
            asyncio.create_task(self._keep_clocks(connection)),
        ]

    async def _keep_clocks(self, connection: Connection) -> None:
        """Compare the clocks again when they may differ."""
        while True:
            await pause(self._patience.look)
            before = connection.time.ahead_ms
            try:
                await connection.look_at_clocks()
            except ExchangeError as error:
                log.debug("%s: the clocks could not be compared: %s", connection.name, error)
            if connection.time.ahead_ms != before:
                self.clock.was_set()

    def _counted_ms(self) -> int:
        return self._connection.time.counted_ms() if self._connection else self._machine.wall()


def _link(connection: Connection, sockets: Sockets | None, wall_ms: int) -> Link:
    seconds = connection.time.machine.seconds()
    since, left = connection.failing_since, connection.pauses.left(seconds)
    silent = sockets.silent_seconds if sockets else None
    is_well = since is None and left <= 0
    return Link(
        by_websocket=sockets.bringing if sockets else 0,
        streams=sockets.streams if sockets else 0,
        silent_since=None if silent is None else wall_ms - round(silent * 1000),
        unavailable_since=None if since is None else wall_ms - round((seconds - since) * 1000),
        left_alone_until=wall_ms + round(left * 1000) if left > 0 else None,
        trouble=connection.trouble if not is_well else sockets.trouble if sockets and silent is not None else "",
        ahead_ms=connection.time.ahead_ms,
    )


@asynccontextmanager
async def connected(
    config: ExchangeConfig, data: Path, symbols: Sequence[str], patience: Patience | None = None
) -> AsyncIterator[tuple[Connection, dict[str, Market]]]:
    """A connection for a while, and the markets of `symbols`; for what does not run minutes.

    Raises what `CcxtVenue.open` raises.
    """
    connection, markets = connection_to(
        config, data, websocket=False, patience=patience or Patience(), machine=Machine()
    )
    try:
        yield connection, await _ready(connection, markets, symbols)
    finally:
        await connection.close()


def connection_to(
    config: ExchangeConfig, data: Path | None, *, websocket: bool, patience: Patience, machine: Machine
) -> tuple[Connection, Markets]:
    """A connection on which nothing was asked yet, and its markets, remembered below `data`. Raises ConfigError."""
    _check_settings(config, websocket=websocket)
    options = dict(config.ccxt)
    if config.market == "swap":
        options["options"] = {"defaultType": "swap"} | dict(options.get("options", {}))
    try:
        connection = Connection(
            config.ccxt_id, config.name, options, websocket=websocket, patience=patience, machine=machine
        )
    except Exception as error:  # whatever ccxt's constructor makes of options that are not for it
        where = config.path or config.name
        raise ConfigError(f"{where}: ccxt does not take its options: {type(error).__name__}: {error}") from error
    cache = None if data is None else cache_file(data, config.name, config.market)
    return connection, Markets(connection, config.market, cache)


def _check_settings(config: ExchangeConfig, *, websocket: bool) -> None:
    """Raises ConfigError for what ccxt's constructor would take and forget, or fail with later."""
    wrong = wrong_settings(exchange_class(config.ccxt_id, websocket=websocket), config.ccxt)
    if wrong:
        usual = f"{config.path or config.name}: "
        raise ConfigError(*(config.ccxt_places.get(name, usual) + text for name, text in wrong.items()))


async def _ready(connection: Connection, markets: Markets, symbols: Sequence[str]) -> dict[str, Market]:
    _check_candles(connection)
    seconds = connection.patience.start
    try:
        async with asyncio.timeout(seconds):
            found = await markets.open(symbols)
            await connection.compare_clocks(starting=True)
    except TimeoutError:
        why = f": {connection.trouble}" if connection.trouble else ""
        raise ExchangeUnreachable(f"{connection.name}: not ready within {seconds:g} s{why}") from None
    except FeedError as error:
        raise ExchangeUnreachable(str(error)) from error
    except CredentialsRefused as error:
        raise of_no_key(error, connection) from error.__cause__
    return found


def of_no_key(error: CredentialsRefused, connection: Connection) -> CredentialsRefused:
    """`error`, said of what there is: where no key was given, none was refused."""
    client = connection.client
    if error.__cause__ is None or any(getattr(client, name, None) for name in client.requiredCredentials):
        return error
    return CredentialsRefused(f"{connection.name}: it wants a key, and none is given ({said(error.__cause__)})")


def _check_candles(connection: Connection) -> None:
    """Raises UsageError for an exchange whose candles livekit cannot run on."""
    if not has_minutes(connection.client):
        raise UsageError(f"{connection.name} has no 1m candles, by which livekit watches a signal")


def has_minutes(client: Any) -> bool:
    """Whether ccxt can ask that exchange for candles of one minute."""
    return bool(client.has.get("fetchOHLCV")) and "1m" in (client.timeframes or {"1m": ""})
