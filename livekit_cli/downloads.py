"""Candle history from an exchange into the data folder, where `backtest` finds it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .adapters.candle_store import CandleStore, Span
from .adapters.config.exchanges import ExchangeConfig
from .adapters.names import symbol_of
from .core.candle import Candles
from .core.errors import UsageError
from .core.settings import CCXT


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What is there now of one symbol, in the span that was asked for, and the gaps that the exchange left in it."""

    symbol: str
    folder: Path
    candles: Candles
    gaps: list[Span]


async def downloads(
    config: ExchangeConfig, symbols: Sequence[str], data: Path, span: Span, told: Callable[[str, int], None]
) -> AsyncIterator[Downloaded]:
    """Fetch what is not there yet, symbol by symbol; `told` hears the symbol and the opening time it has come to.

    Raises UsageError for an exchange without a history to fetch or a symbol that it does not have, and what
    `ccxt_venue.connected` raises. What had been fetched before stays.
    """
    if config.kind != CCXT:
        raise UsageError(f"the exchange {config.name} has nothing to download; say for example --exchange binance")
    from .adapters.ccxt_download import download
    from .adapters.ccxt_venue import connected

    names = list(dict.fromkeys(symbol_of(symbol, config.market) for symbol in symbols))
    async with connected(config, data, names) as (connection, markets):
        for name in names:
            store = CandleStore(data, config.name, name)

            def come_to(time: int, name: str = name) -> None:
                told(name, time)

            candles, left = await download(connection, str(markets[name]["symbol"]), store, span, come_to)
            yield Downloaded(name, store.folder, candles, left)
