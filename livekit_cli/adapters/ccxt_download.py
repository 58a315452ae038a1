"""Candle history of one symbol from a ccxt exchange into the store; what is there already is not asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.candle import MINUTE_MS, Candle, Candles
from ..core.tape import ascending
from .candle_store import CandleStore, Span, gaps
from .ccxt_connection import Connection

PAGE = 1000
"""Candles asked for at a time; an exchange that gives fewer decides."""

BUFFER = 20_000
"""Candles fetched between two writes: what an interruption costs at most."""

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
    try:
        while at < until:
            page = await _page(connection, market, at, until)
            fetched += page
            # A page without candles is a gap of the exchange's: the next one begins behind it.
            at = page[-1].timestamp + MINUTE_MS if page else at + PAGE * MINUTE_MS
            told(min(at, until))
            if len(fetched) >= BUFFER:
                store.add(Candles.of(fetched))
                fetched.clear()
    finally:
        store.add(Candles.of(fetched))


async def _page(connection: Connection, market: str, since: int, until: int) -> list[Candle]:
    count = min(PAGE, (until - since) // MINUTE_MS)
    rows: Any = await connection.ask(
        f"the candles of {market}", lambda: connection.client.fetch_ohlcv(market, "1m", since, count)
    )
    candles, _ = ascending(rows if isinstance(rows, list) else [rows], MINUTE_MS)
    return [candle for candle in candles if since <= candle.timestamp < until]
