"""Candle history of one symbol from a ccxt exchange into the store; what is there already is not asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..core.candle import MINUTE_MS, Candle, Candles
from ..core.errors import FeedError
from ..core.page import ascending
from .candle_store import CandleStore, Span, gaps
from .ccxt_connection import Connection

SMALL_PAGE, PAGE = 200, 1000
"""Candles asked for at a time: of an exchange that does not say how many it gives, and at most."""

BUFFER = 20_000
"""Candles fetched between two writes: what an interruption costs at most."""

log = logging.getLogger("livekit")

Told = Callable[[int], None]
"""Hears up to which opening time (epoch ms) the download has come."""


async def download(
    connection: Connection, market: str, store: CandleStore, span: Span, told: Told
) -> tuple[Candles, list[Span]]:
    """Fetch what `store` lacks of `span`; all that it has of it then, and the gaps that the exchange left.

    Raises an ExchangeError; what came before it is kept.
    """
    since, until = span
    for gap in gaps(store.read(since, until), since, until):
        await _fill(connection, market, store, gap, told)
        told(gap[1])
    found = store.read(since, until)
    return found, gaps(found, since, until)


async def _fill(connection: Connection, market: str, store: CandleStore, gap: Span, told: Told) -> None:
    fetched: list[Candle] = []
    at, until = gap
    size = connection.page_size(connection.client.market(market), SMALL_PAGE, PAGE)
    try:
        while at < until:
            page = await _page(connection, market, at, min(until, at + size * MINUTE_MS))
            fetched += page
            # A page without candles is a gap of the exchange's: the next one begins behind it.
            at = page[-1].timestamp + MINUTE_MS if page else at + size * MINUTE_MS
            told(min(at, until))
            if len(fetched) >= BUFFER:
                store.add(Candles.of(fetched))
                fetched.clear()
    finally:
        store.add(Candles.of(fetched))


async def _page(connection: Connection, market: str, since: int, until: int) -> list[Candle]:
    count = (until - since) // MINUTE_MS
    answer = await connection.ask(
        f"the candles of {market}", lambda: connection.client.fetch_ohlcv(market, "1m", since, count)
    )
    rows: Any = answer.value
    candles, faults = ascending(rows if isinstance(rows, list) else [rows], MINUTE_MS)
    page = [candle for candle in candles if since <= candle.timestamp < until]
    if faults and not page:
        raise FeedError(f"{connection.name}: the candles of {market}: refused {faults[0]}")
    if faults:
        log.warning("%s: refused candles of %s: %s", connection.name, market, "; ".join(faults[:3]))
    return page
