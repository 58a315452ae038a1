"""Which of an exchange's markets a symbol means, and what is remembered of it for the next start.

What the trader types is compared without its separators: `BTCUSDT`, `BTC/USDT` and `btc-usdt` are one symbol. Of the
markets that it fits, the one of the wanted kind counts (spot, or the swap that is settled in its quote currency).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..core.errors import ExchangeError, UsageError
from .ccxt_connection import Connection
from .names import bare_symbol

Market = dict[str, Any]

VERSION = 1

log = logging.getLogger("livekit")


class Markets:
    """The markets of one exchange that this process needs."""

    def __init__(self, connection: Connection, kind: str, cache: Path) -> None:
        """`kind` is `spot` or `swap`; `cache` the file that remembers the markets found before."""
        self._connection = connection
        self._kind = kind
        self._cache = cache

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
        client = self._connection.client
        everything = await self._connection.ask("its markets", client.fetch_markets, starting=starting)
        markets = [market for market in everything or () if self._is_wanted(market)]
        by_name = _by_name(markets)
        if unknown := [symbol for symbol in symbols if bare_symbol(symbol) not in by_name]:
            raise UsageError("\n".join(self._unknown(symbol, by_name) for symbol in unknown))
        found = {symbol: by_name[bare_symbol(symbol)] for symbol in symbols}
        # Only these: all of a large exchange's markets are 30 MB.
        client.set_markets(list(found.values()))
        self._remember(found)
        return found

    def _is_wanted(self, market: Market) -> bool:
        if market.get("active") is False or market.get("option") or market.get("future"):
            return False
        if self._kind == "spot":
            return bool(market.get("spot"))
        return bool(market.get("swap")) and bool(market.get("linear"))

    def _unknown(self, symbol: str, names: Iterable[str]) -> str:
        known = sorted(names)
        near = get_close_matches(bare_symbol(symbol), known, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        return f"{self._connection.name} has no {self._kind} market {symbol!r} among its {len(known)}{hint}"

    def _remembered(self, symbols: Sequence[str]) -> dict[str, Market] | None:
        try:
            content = json.loads(self._cache.read_text(encoding="utf-8"))
            if (content["version"], content["kind"]) != (VERSION, self._kind):
                return None
            known = content["markets"]
            return {symbol: known[bare_symbol(symbol)] for symbol in symbols}
        except (OSError, ValueError, KeyError, TypeError):
            return None  # a cache: what is not there or not whole is asked for

    def _remember(self, found: Mapping[str, Market]) -> None:
        markets = {bare_symbol(symbol): market for symbol, market in found.items()}
        content = {"version": VERSION, "kind": self._kind, "markets": self._others() | markets}
        draft = self._cache.with_suffix(".new")
        try:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(content, default=str), encoding="utf-8")
            draft.replace(self._cache)
        except OSError as error:
            log.warning("%s cannot be written (%s); the next start asks for the markets again", self._cache, error)

    def _others(self) -> dict[str, Market]:
        try:
            content = json.loads(self._cache.read_text(encoding="utf-8"))
            return dict(content["markets"]) if content["kind"] == self._kind else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def _by_name(markets: Iterable[Market]) -> dict[str, Market]:
    """Markets by the names that a trader may give them; the exchange's own id, and base with quote."""
    found: dict[str, Market] = {}
    for market in markets:
        found.setdefault(bare_symbol(f"{market.get('base')}{market.get('quote')}"), market)
    for market in markets:
        found.setdefault(bare_symbol(str(market.get("id"))), market)
    return found


async def refreshed_quietly(markets: Markets, symbols: Sequence[str]) -> None:
    """Bring the cache up to date; a start must not depend on it."""
    try:
        await markets.refresh(symbols)
    except (ExchangeError, UsageError) as error:
        log.info("the markets that were remembered go on being used: %s", error)


def taker_fee_percent(market: Mapping[str, Any]) -> float | None:
    """What one side of a trade costs on this market, in percent; None when the exchange does not say."""
    fee = market.get("taker")
    return float(fee) * 100 if isinstance(fee, int | float) and 0 <= fee < 1 else None
