"""Candle history from an exchange into the data folder, where `backtest` and `explain` find it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .adapters.candle_store import CandleStore, Span
from .adapters.config.exchanges import ExchangeConfig
from .adapters.names import symbol_of
from .core.candle import MINUTE_MS, Candles
from .core.errors import FeedError, LivekitError, UsageError
from .core.settings import CCXT
from .ui.lines import minute_text

if TYPE_CHECKING:
    from .adapters.ccxt_connection import Connection

ASK_SECONDS = 150.0
"""How long one page may take: an exchange that wants to be left alone for a minute costs that minute, and no more."""

LATE_MINUTES = 3
"""So many of the newest candles may not be there yet, where nobody said up to when: that is no gap."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What is there now of one symbol, in the span that was asked for, and the gaps that the exchange left in it."""

    symbol: str
    folder: Path
    candles: Candles
    gaps: list[Span]


@dataclass(frozen=True, slots=True)
class NotDownloaded:
    """A symbol whose download broke off; what had come is kept."""

    symbol: str
    error: LivekitError


async def downloads(
    config: ExchangeConfig,
    symbols: Sequence[str],
    data: Path,
    wanted: tuple[int, int | None],
    told: Callable[[str, Span, int], None],
) -> AsyncIterator[Downloaded | NotDownloaded]:
    """Fetch what is not there yet of the span that is `wanted`, symbol by symbol; one without an end goes on to the
    newest candle that has closed.

    `told` hears the symbol, the whole span, and the opening time it has come to. One symbol's trouble does not keep the
    others from being fetched. Raises UsageError for an exchange without a history to fetch or a symbol that it does not
    have, what `ccxt_venue.connected` raises, and FeedError when the exchange as a whole does not answer any more.
    """
    if config.kind != CCXT:
        raise UsageError(f"the exchange {config.name} has nothing to download; say for example --exchange binance")
    from .adapters.ccxt_patience import Patience
    from .adapters.ccxt_venue import connected
    from .adapters.origin import check_origin, keep_origin

    since, until = wanted
    names = _names(config, symbols)
    check_origin(config, data)
    patience = replace(Patience(), ask=ASK_SECONDS)
    async with connected(config, data, names, patience) as (connection, markets):
        keep_origin(config, data)
        # A candle that is forming by the exchange's clock would be kept as if it were whole.
        settled = connection.time.now_ms() - round(connection.patience.settled * 1000)
        closed = settled - settled % MINUTE_MS
        span = since, closed if until is None else min(until, closed)
        if since >= span[1]:
            raise UsageError(f"{config.name} has closed no candle yet from {minute_text(since)} on")
        for name in names:
            market, store = str(markets[name]["symbol"]), CandleStore(data, config.name, name)
            try:
                yield await _one(connection, market, store, span, partial(told, name, span), is_open=until is None)
            except LivekitError as error:
                if isinstance(error, FeedError) and error.is_shared:
                    raise
                yield NotDownloaded(name, error)


def _names(config: ExchangeConfig, symbols: Sequence[str]) -> list[str]:
    """Raises UsageError for a symbol that is given twice, however it is typed."""
    typed: dict[str, str] = {}
    for symbol in symbols:
        name = symbol_of(symbol, config.market)
        if name in typed:
            raise UsageError(f"{typed[name]} and {symbol} are one symbol, which is given twice")
        typed[name] = symbol
    return list(typed)


async def _one(
    connection: Connection, market: str, store: CandleStore, span: Span, told: Callable[[int], None], *, is_open: bool
) -> Downloaded:
    from .adapters.ccxt_download import download

    with store.claimed():
        candles, left = await download(connection, market, store, span, told)
    if is_open and left and left[-1][1] == span[1] and left[-1][1] - left[-1][0] <= LATE_MINUTES * MINUTE_MS:
        left.pop()
    return Downloaded(store.symbol, store.folder, candles, left)
