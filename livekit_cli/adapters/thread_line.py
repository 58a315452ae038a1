"""How a strategy's thread asks for candles that only the event loop can fetch."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading

from ..core.candle import Candles
from ..core.errors import StrategyError
from ..ports import Feed


class GivenUp(BaseException):
    """Raised by `market.candles` in a thread whose call nobody waits for any more. Not an Exception: it must end."""


class ThreadLine:
    """A thread's line to the feed, which lives on the loop. Once cut, it fails at once instead of waiting."""

    def __init__(self, feed: Feed, symbol: str, now: int, deadline: float) -> None:
        self._feed = feed
        self._symbol = symbol
        self._now = now
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._lock = threading.Lock()
        self._waiting: set[concurrent.futures.Future[Candles]] = set()
        self._is_cut = False

    def candles(self, timeframe: str, limit: int) -> Candles:
        if threading.get_ident() == self._loop_thread:
            raise StrategyError("candles were asked for in a coroutine that a plain `def` made; write `async def`")
        future = self._start(timeframe, limit)
        try:
            return future.result(self._deadline)
        except TimeoutError as late:
            if not future.done():
                raise StrategyError(f"no candles within {self._deadline:g} s") from late
            raise
        except concurrent.futures.CancelledError:
            raise GivenUp("this call took too long and nobody waits for it any more") from None
        finally:
            future.cancel()
            self._waiting.discard(future)

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
        for future in list(self._waiting):
            future.cancel()

    def _start(self, timeframe: str, limit: int) -> concurrent.futures.Future[Candles]:
        with self._lock:
            if self._is_cut:
                raise GivenUp("this call took too long and nobody waits for it any more")
            work = self._fetched(timeframe, limit)
            try:
                future = asyncio.run_coroutine_threadsafe(work, self._loop)
            except RuntimeError:
                work.close()
                raise GivenUp("the event loop has been closed") from None
            self._waiting.add(future)
            return future

    async def _fetched(self, timeframe: str, limit: int) -> Candles:
        return await self._feed.candles(self._symbol, timeframe, self._now, limit)
