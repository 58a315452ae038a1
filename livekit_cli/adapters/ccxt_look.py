"""One look at an exchange: everything that a run depends on there, asked for once, each thing for itself.

Laws:
- Nothing is written, and nothing traded.
- No key is told, nor what an exchange says of it.
- Each question has its time; one that is not answered keeps no other from being asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from traceback import walk_tb
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..core import outlook
from ..core.candle import MINUTE_MS
from ..core.check import Answer
from ..core.errors import CredentialsRefused, ExchangeError, ExchangeUnreachable, FeedError, LivekitError, UsageError
from ..core.key_rights import SOURCES, Rights, rights_in
from ..core.page import ascending
from .ccxt_connection import Answer as Told
from .ccxt_connection import Connection
from .ccxt_errors import said
from .ccxt_import import has_websocket
from .ccxt_listing import Listing, Market
from .ccxt_markets import Markets, taker_fee_percent
from .ccxt_patience import Patience
from .ccxt_venue import connection_to, has_minutes, of_no_key
from .exchange_time import Machine

if TYPE_CHECKING:
    from .config.exchanges import ExchangeConfig

LOOKS = Patience(attempts=(3.0, 2.5), retry=(0.2,), ask=6.0)
"""A person waits."""

SECONDS = 8.0
"""For everything."""

SOCKET_SECONDS = 4.0
"""How long the first frame of a websocket is waited for."""

USUAL_SYMBOLS = ("BTCUSDT", "BTCUSD", "BTCUSDC", "BTCEUR", "ETHUSDT")
"""What is looked at where nobody names a symbol."""

CANDLES = 60
"""How many of the newest are asked for: an hour."""


SHORTEST_SECRET = 6
"""A user's number of five digits is none, and may stand anywhere."""

DECIMAL_PLACES, STEP_ITSELF = 2, 4
"""How ccxt writes a precision: as a number of digits, or as the step itself."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be looked at, and how patiently."""

    config: ExchangeConfig
    symbols: Sequence[str]
    seconds: float = SECONDS
    socket_seconds: float = SOCKET_SECONDS
    patience: Patience = LOOKS
    machine: Machine | None = None


async def look_at(look: Look, tell: Callable[[Answer], None]) -> None:
    """`tell` each thing that is found, in the same order each time. Raises ConfigError for what ccxt does not take."""
    hide = _hiding(look.config.ccxt)
    try:
        async with asyncio.timeout(look.seconds), _opened(look) as eye:
            async for answer in eye.answers():
                tell(replace(answer, found=hide(answer.found)))
    except TimeoutError:
        tell(outlook.silence("exchange", f"{look.config.name}: the rest", look.seconds))


@asynccontextmanager
async def _opened(look: Look) -> AsyncIterator[_Eye]:
    connection, markets = connection_to(
        look.config,
        None,
        websocket=has_websocket(look.config.ccxt_id),
        patience=look.patience,
        machine=look.machine or Machine(),
    )
    try:
        yield _Eye(look, connection, markets)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await connection.close()


class _Eye:
    def __init__(self, look: Look, connection: Connection, markets: Markets) -> None:
        self._look = look
        self._connection = connection
        self._markets = markets
        self._name = look.config.name
        self._tasks: list[asyncio.Task[Any]] = []

    async def answers(self) -> AsyncIterator[Answer]:
        """All of it; what can be asked at the same time is."""
        try:
            clock, listing = self._begin(self._clock()), self._begin(self._markets.listing(starting=True))
            key = self._begin(self._key())
            reached = await clock
            try:
                listed = await listing
            except LivekitError as error:
                yield self._unlisted(error)
                yield await key
                return
            for answer in reached:
                yield answer
            yield self._rate()
            async for answer in self._of_symbols(listed):
                yield answer
            yield await key
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        self._tasks.append(asyncio.create_task(work))
        return self._tasks[-1]

    def _unlisted(self, error: LivekitError) -> Answer:
        if not isinstance(error, CredentialsRefused):
            return outlook.failure("exchange", _unreachable(error))
        told = of_no_key(error, self._connection)
        return outlook.failure("exchange", told, "" if told is error else outlook.GIVE_KEY)

    def _host(self) -> str:
        return next(_hosts(self._connection.client.urls.get("api"), self._connection.client), "it")

    # ---- the exchange itself

    async def _clock(self) -> list[Answer]:
        connection = self._connection
        if not connection.client.has.get("fetchTime"):
            return [outlook.ok("exchange", f"{self._name}: {self._host()} answers"), outlook.clock(self._name, None)]
        try:
            answer = await connection.ask("its time", connection.client.fetch_time, urgent=True, starting=True)
            await connection.compare_clocks(starting=True)
        except ExchangeError as error:
            return [outlook.failure("clock", _unreachable(error))]
        ms = float(answer.received - answer.sent)
        return [
            outlook.reachable(self._name, self._host(), ms),
            outlook.clock(self._name, float(connection.time.ahead_exactly_ms)),
        ]

    def _rate(self) -> Answer:
        client = self._connection.client
        window = client.rollingWindowSize if client.rateLimiterAlgorithm == "rollingWindow" else None
        return outlook.rate(self._name, float(client.rateLimit), window)

    # ---- symbols

    async def _of_symbols(self, listing: Listing) -> AsyncIterator[Answer]:
        wanted = {symbol: listing.find(symbol) for symbol in self._look.symbols or self._usual(listing)}
        found = {symbol: market for symbol, market in wanted.items() if market is not None}
        self._connection.client.set_markets(list(found.values()))
        socket = self._begin(self._socket(found))
        ages = self._begin(self._ages(found))
        for symbol, market in wanted.items():
            yield self._symbol(symbol, market, listing)
        if not found:
            return
        if not has_minutes(self._connection.client):
            yield outlook.failure("candles", UsageError(f"{self._name} has no 1m candles"), "Choose another exchange")
            return
        theirs = {symbol: taker_fee_percent(market) for symbol, market in found.items()}
        config = self._look.config
        yield outlook.fees(self._name, config.fee_percent, theirs, config.usual_fee_percent)
        for answer in await ages:
            yield answer
        yield await socket

    def _usual(self, listing: Listing) -> Sequence[str]:
        usual = next((symbol for symbol in USUAL_SYMBOLS if listing.find(symbol)), None)
        one = listing.any
        return [usual] if usual else [str(one["symbol"])] if one else []

    def _symbol(self, symbol: str, market: Market | None, listing: Listing) -> Answer:
        if market is None:
            return outlook.failure("symbol", UsageError(listing.unknown(symbol)), "Name one that it has")
        return outlook.symbol(symbol, _limits(market, self._connection.client.precisionMode))

    async def _ages(self, markets: Mapping[str, Market]) -> list[Answer]:
        answers = await asyncio.gather(*map(self._age, markets.values()), return_exceptions=True)
        ages: dict[str, float | None] = {}
        failures = []
        for symbol, age in zip(markets, answers, strict=True):
            if isinstance(age, LivekitError):
                failures.append(outlook.failure("candles", _unreachable(age)))
            elif isinstance(age, BaseException):
                raise age
            else:
                ages[symbol] = age
        return [*outlook.candles(self._name, ages), *failures]

    async def _age(self, market: Market) -> float | None:
        connection, symbol = self._connection, str(market["symbol"])
        since = connection.time.now_ms() // MINUTE_MS * MINUTE_MS - CANDLES * MINUTE_MS
        answer = await connection.ask(
            f"the candles of {symbol}",
            lambda: connection.client.fetch_ohlcv(symbol, "1m", since, CANDLES + 1),
            starting=True,
        )
        now = connection.time.at(answer.received)
        rows, faults = ascending(answer.value if isinstance(answer.value, list) else [answer.value], MINUTE_MS)
        closed = [row for row in rows if row.timestamp + MINUTE_MS <= now]
        if faults and not closed:
            raise FeedError(f"{self._name}: the candles of {symbol}: refused {faults[0]}")
        return float(now - closed[-1].timestamp - MINUTE_MS) if closed else None

    async def _socket(self, markets: Mapping[str, Market]) -> Answer:
        client = self._connection.client
        if not client.has.get("watchOHLCV"):
            return outlook.no_socket(self._name)
        symbol, market = next(iter(markets.items()))
        machine = self._connection.time.machine
        began, seconds = machine.seconds(), self._look.socket_seconds
        try:
            async with asyncio.timeout(seconds):
                await client.watch_ohlcv(str(market["symbol"]), "1m")
            return outlook.socket(self._name, symbol, machine.seconds() - began, "")
        except TimeoutError:
            trouble = f"no candle of {symbol} in {seconds:g} s"
        except Exception as error:  # noqa: BLE001  ccxt's parsers raise whatever a strange frame makes them raise
            trouble = said(error)
        return outlook.socket(self._name, symbol, None, trouble)

    # ---- the key

    async def _key(self) -> Answer:
        client = self._connection.client
        needed = [name for name, is_needed in client.requiredCredentials.items() if is_needed]
        missing = [name for name in needed if not getattr(client, name, None)]
        if missing:
            given = [name for name in self._look.config.ccxt if name in client.requiredCredentials]
            return outlook.no_key(self._name, missing, given)
        try:
            return outlook.key(self._name, await self._rights())
        except FeedError as error:
            return outlook.unusable_key(self._name) if _is_of_signing(error) else outlook.unknown_key(str(error))
        except ExchangeError as error:
            return outlook.failure("key", error)

    async def _rights(self) -> Rights:
        client = self._connection.client
        source = SOURCES.get(client.id)
        if source is not None:
            answer = await self._ask_of_key(getattr(client, source[0]))
            try:
                return rights_in(client.id, answer.value)
            except ValueError as error:
                raise FeedError(f"{self._name}: the key: an answer that cannot be read ({error})") from error
        if not client.has.get("fetchBalance"):
            return Rights()
        await self._ask_of_key(client.fetch_balance)
        return Rights(reads=True)

    async def _ask_of_key(self, question: Callable[[], Any]) -> Told[Any]:
        return await self._connection.ask("the key", question, starting=True)


def _is_of_signing(error: FeedError) -> bool:
    """Whether it was this machine that could not do with the key, before anything was sent."""
    trace = error.__cause__.__traceback__ if error.__cause__ else None
    return any(frame.f_code.co_name == "sign" for frame, _ in walk_tb(trace))


def _unreachable(error: LivekitError) -> LivekitError:
    """What a run would end with at its start."""
    return ExchangeUnreachable(str(error)) if isinstance(error, FeedError) else error


def _hiding(settings: Mapping[str, Any]) -> Callable[[str], str]:
    """What takes the keys among `settings` out of a text, whoever put them there."""
    from .config.exchanges import CREDENTIALS

    secrets = [str(settings[name]) for name in CREDENTIALS if len(str(settings.get(name) or "")) >= SHORTEST_SECRET]

    def hide(text: str) -> str:
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    return hide


def _hosts(described: Any, client: Any) -> Any:
    """The hosts of ccxt's addresses, in their order."""
    if isinstance(described, str):
        yield urlsplit(client.implode_hostname(described)).netloc.rpartition("@")[2]
    elif isinstance(described, dict):
        for value in described.values():
            yield from _hosts(value, client)


def _limits(market: Market, precision_mode: int) -> outlook.Limits:
    def least(what: str) -> float | None:
        value = ((market.get("limits") or {}).get(what) or {}).get("min")
        return float(value) if isinstance(value, int | float) and value > 0 else None

    return outlook.Limits(
        str(market["symbol"]),
        str(market.get("base")),
        str(market.get("quote")),
        least("amount"),
        least("cost"),
        _step((market.get("precision") or {}).get("price"), precision_mode),
    )


def _step(precision: Any, mode: int) -> float | None:
    """The step of prices, whichever way ccxt writes it for this exchange."""
    if not isinstance(precision, int | float) or isinstance(precision, bool):
        return None
    if mode == DECIMAL_PLACES:
        return float(10.0 ** -int(precision))
    return float(precision) if mode == STEP_ITSELF and precision > 0 else None
