"""Asks a trader's strategy without threads and deadlines, for a backtest."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from ..core.candle import Candles
from ..core.event import MinuteResult
from ..core.history import History
from ..strategy import Market, Strategy, SyncMarket, interval_ms
from .alarm import Held
from .driven import cancelling
from .foreign import checked_answer, files_of, is_async, strategy_error, wanted_hooks


class Direct:
    """One strategy object on recorded candles of one symbol: no threads and no deadlines, for a backtest."""

    def __init__(self, strategy: Strategy, name: str, symbol: str, history: History) -> None:
        self._strategy = strategy
        self._name = name
        self._symbol = symbol
        self._window = history.window
        self._interval_ms = interval_ms(strategy)
        self._files = files_of(type(strategy))
        self._wanted = wanted_hooks(strategy)
        self._get_signal: Callable[[Any], object] = strategy.get_signal
        self._awaits = is_async(strategy.get_signal)

    @property
    def name(self) -> str:
        return self._name

    @property
    def interval_ms(self) -> int:
        return self._interval_ms

    def wants(self, action: str) -> bool:
        return action in self._wanted

    async def ask(self, now: int, price: float, last: float) -> object:
        window = self._window
        try:
            if self._awaits:

                async def candles(timeframe: str, limit: int) -> Candles:
                    return window(timeframe, now, limit)

                answer = self._get_signal(Market(self._symbol, now, price, last, candles))
            else:

                def candles_now(timeframe: str, limit: int) -> Candles:
                    return window(timeframe, now, limit)

                answer = self._get_signal(SyncMarket(self._symbol, now, price, last, candles_now))
            if answer is not None and inspect.isawaitable(answer):
                answer = await answer
        except Held:
            raise  # it ends the whole backtest, not one call
        except BaseException as error:  # everything that foreign code can raise
            raise self._failure(error) from error
        return None if answer is None else checked_answer(answer, self._files)

    async def tell(self, result: MinuteResult) -> None:
        name = self._wanted.get(result.action)
        if name is None:
            return
        try:
            answer = getattr(self._strategy, name)(result)
            if inspect.isawaitable(answer):
                await answer
        except Held:
            raise  # it ends the whole backtest, not one call
        except BaseException as error:  # everything that foreign code can raise
            raise self._failure(error) from error

    def close(self) -> None:
        """There is no thread to end."""

    def _failure(self, error: BaseException) -> BaseException:
        if isinstance(error, asyncio.CancelledError) and cancelling():
            return error
        return strategy_error(error, self._files)
