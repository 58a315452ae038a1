"""The markets of an exchange that a process needs, and what is remembered of them for the next start."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from ..core.errors import ExchangeError, FeedError, UsageError
from .ccxt_connection import Connection
from .ccxt_listing import Listing, Market, is_wanted
from .clock import pause
from .names import bare_symbol

VERSION = 2

log = logging.getLogger("livekit")


class Markets:
    """The markets of one exchange that this process needs."""

    def __init__(self, connection: Connection, kind: str, cache: Path | None) -> None:
        """`kind` is `spot` or `swap`; `cache` the file that remembers the markets found before; None remembers none."""
        self._connection = connection
        self._kind = kind
        self._cache = cache

    async def has(self, name: str) -> bool:
        """Whether the exchange trades the market that ccxt calls `name`; when it does not say, it does."""
        try:
            answer = await self._connection.ask("its markets", self._connection.client.fetch_markets, urgent=True)
        except ExchangeError:
            return True
        return any(market.get("symbol") == name and is_wanted(market, self._kind) for market in answer.value or ())

    async def open(self, symbols: Sequence[str]) -> dict[str, Market]:
        """The market of each symbol, ready to be asked about; from the cache when it has them all.

        Raises UsageError for a symbol that the exchange does not have, and ExchangeError.
        """
        found = self._remembered(symbols)
        if found is None:
            return await self.refresh(symbols, starting=True)
        self._connection.client.set_markets(list(found.values()))
        return found

    async def refresh(self, symbols: Sequence[str], *, starting: bool = False) -> dict[str, Market]:
        """The same, from the exchange; and remember it."""
        listing = await self.listing(starting=starting)
        markets = {symbol: listing.find(symbol) for symbol in symbols}
        if unknown := [symbol for symbol, market in markets.items() if market is None]:
            raise UsageError(*map(listing.unknown, unknown))
        found = {symbol: market for symbol, market in markets.items() if market is not None}
        # Only these: all of a large exchange's markets are 30 MB.
        self._connection.client.set_markets(list(found.values()))
        self._remember(found)
        return found

    async def listing(self, *, starting: bool = False) -> Listing:
        """Everything that the exchange lists. Raises ExchangeError."""
        answer = await self._connection.ask("its markets", self._connection.client.fetch_markets, starting=starting)
        everything = [market for market in answer.value or () if isinstance(market, dict)]
        if not everything:
            raise FeedError(f"{self._connection.name}: its markets: an answer without one")
        return Listing(self._connection.name, self._kind, everything)

    def _remembered(self, symbols: Sequence[str]) -> dict[str, Market] | None:
        known = self._content()
        found = {symbol: known.get(bare_symbol(symbol)) for symbol in symbols}
        sound = {symbol: market for symbol, market in found.items() if self._is_sound(market)}
        return sound if sound.keys() == found.keys() else None

    def _is_sound(self, market: object) -> TypeGuard[Market]:
        """Whether something read from the cache is a market that ccxt can be given."""
        if not isinstance(market, dict) or not is_wanted(market, self._kind):
            return False
        return all(isinstance(market.get(name), str) for name in ("id", "symbol", "base", "quote"))

    def _content(self) -> dict[str, Any]:
        return {} if self._cache is None else remembered(self._cache, self._of())

    def _of(self) -> list[object]:
        return whose(self._connection.client.id, self._kind)

    def _remember(self, found: Mapping[str, Market]) -> None:
        if self._cache is None:
            return
        markets = {bare_symbol(symbol): market for symbol, market in found.items()}
        content = {"of": self._of(), "markets": self._content() | markets}
        draft = self._cache.with_suffix(".new")
        try:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(content, default=str), encoding="utf-8")
            draft.replace(self._cache)
        except OSError as error:
            log.warning("%s cannot be written (%s); the next start asks for the markets again", self._cache, error)


def cache_file(data: Path, exchange: str, kind: str) -> Path:
    """Where the markets of that kind are remembered."""
    return data / "markets" / f"{exchange}-{kind}.json"


def whose(exchange_id: str, kind: str) -> list[object]:
    """What a cache says of itself."""
    return [VERSION, exchange_id, kind]


def remembered(cache: Path, of: list[object]) -> dict[str, Any]:
    """The markets that were remembered, by their bare symbols; none where they are not there, not whole, or of others.

    `of` is what `whose` says.
    """
    try:
        content = json.loads(cache.read_text(encoding="utf-8"))
        if content["of"] == of and isinstance(content["markets"], dict):
            return dict(content["markets"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}  # a cache: what is not there or not whole is asked for
    return {}


async def refreshed_quietly(markets: Markets, symbols: Sequence[str], seconds: float) -> None:
    """Bring the cache up to date in a while, behind the first minute's work; a start must not depend on it."""
    await pause(seconds)
    try:
        await markets.refresh(symbols)
    except (ExchangeError, UsageError) as error:
        if not (isinstance(error, FeedError) and error.is_shared):  # of an outage the connection tells
            log.info("the markets that were remembered go on being used: %s", error)


def taker_fee_percent(market: Mapping[str, Any]) -> float | None:
    """What one side of a trade costs on this market, in percent; None when the exchange does not say."""
    fee = market.get("taker")
    return float(fee) * 100 if isinstance(fee, int | float) and 0 <= fee < 1 else None
