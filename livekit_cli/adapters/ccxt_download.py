"""Candle history of one symbol from a ccxt exchange into the store; what is there already is not asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from ..core.candle import MINUTE_MS, Candle, Candles
from ..core.errors import FeedError
from ..core.page import ascending
from .candle_store import CandleStore, Span, gaps
from .ccxt_connection import Connection
from .clock import pause

SMALL_PAGE, PAGE = 200, 1000
"""Candles asked for at a time: of an exchange that does not say how many it gives, and at most."""

BUFFER = 10_000
"""Candles fetched between two writes: what a kill costs at most."""

AGAIN = (0.5, 2.0, 0.0)
"""Pauses after an answer that cannot be true, before it is given up."""

log = logging.getLogger("livekit")

Told = Callable[[int], None]
"""Hears up to which opening time (epoch ms) the download has come."""


async def download(
    connection: Connection, market: str, store: CandleStore, span: Span, told: Told
) -> tuple[Candles, list[Span]]:
    """Fetch what `store` lacks of `span`; all that it has of it then, and the gaps that the exchange left.

    Raises an ExchangeError, or CancelledError; what came before it is kept.
    """
    since, until = span
    there = store.read(since, until)
    lacking = gaps(there, since, until)
    pages = _Pages(connection, market)
    fetched: list[Candle] = []
    at = since
    try:
        for start, stop in lacking:
            at = max(at, start)
            while at < stop:
                before = fetched[-1].timestamp if fetched else _newest_before(there, at)
                page, at = await pages.page(before, at, _end(lacking, at, at + pages.length))
                fetched += page
                told(min(at, until))
                if len(fetched) >= BUFFER:
                    store.add(Candles.of(fetched))
                    del fetched[:-1]  # the last one is what the next page has to know
    finally:
        store.add(Candles.of(fetched))
    found = store.read(since, until)
    return found, gaps(found, since, until)


def _newest_before(candles: Candles, time: int) -> int | None:
    first = candles.first_at(time)
    return candles[first - 1].timestamp if first else None


def _end(lacking: Sequence[Span], at: int, limit: int) -> int:
    """Where a page that begins `at` ends: with the last gap that it reaches. One request closes many short ones."""
    return max(min(stop, limit) for start, stop in lacking if start < limit and stop > at)


class _Pages:
    """One market's candles, page by page."""

    def __init__(self, connection: Connection, market: str) -> None:
        self._connection = connection
        self._market = market
        self._what = f"the candles of {market}"
        self._size = connection.page_size(connection.client.market(market), SMALL_PAGE, PAGE)
        self.length = (self._size - 1) * MINUTE_MS
        """One is the candle before: an answer that does not even have that one says nothing of those behind it."""

    async def page(self, before: int | None, since: int, until: int) -> tuple[list[Candle], int]:
        """The candles of [since, until), and where the next page begins. `before` opened a candle that is known.

        An exchange whose history begins later, or that keeps only the newest candles, answers with those that it has.
        """
        is_near = before is not None and since - before <= MINUTE_MS * (self._size - (until - since) // MINUTE_MS)
        first = before if is_near and before is not None else since
        for seconds in AGAIN:
            candles = await self._candles(first, until)
            if candles or not is_near:
                break
            await pause(seconds)
        else:
            raise FeedError(
                f"{self._connection.name}: {self._what}: an answer without a single one, where there had been some"
            )
        page = [candle for candle in candles if since <= candle.timestamp < until]
        later = next((candle.timestamp for candle in candles if candle.timestamp >= until), until)
        return page, page[-1].timestamp + MINUTE_MS if page else later

    async def _candles(self, since: int, until: int) -> list[Candle]:
        connection, count = self._connection, (until - since) // MINUTE_MS
        answer = await connection.ask(
            self._what, lambda: connection.client.fetch_ohlcv(self._market, "1m", since, count)
        )
        rows: Any = answer.value
        candles, faults = ascending(rows if isinstance(rows, list) else [rows], MINUTE_MS)
        if faults and not candles:
            raise FeedError(f"{connection.name}: {self._what}: refused {faults[0]}")
        if faults:
            log.warning("%s: refused candles of %s: %s", connection.name, self._market, "; ".join(faults[:3]))
        return candles
