"""Asks a trader's strategy in the live loop, behind deadlines and guards.

Laws:
- Whatever the strategy does, an ask returns, raises StrategyError, or passes on the cancellation of its own task.
- `async def` runs on the loop and is cut short when it keeps the loop for itself; a plain `def` runs in a thread of
  its own, which is left behind when it does not come back in time and used again once it has.
- A coroutine that was given up is never resumed.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from ..core.candle import Candles
from ..core.errors import StrategyError
from ..core.event import MinuteResult
from ..ports import Feed
from ..strategy import Market, Strategy, SyncMarket, interval_ms
from .alarm import Held, within
from .driven import Driven, Foreign
from .foreign import checked_answer, files_of, is_async, shown, strategy_error, wanted_hooks
from .thread_line import ThreadLine
from .threads import Threads


class Guarded:
    """One strategy object on one symbol, behind a deadline for each call. Used by one task at a time.

    `deadline` is the longest a call may take in seconds, `blocking` the longest it may keep the loop for itself.
    """

    def __init__(
        self,
        strategy: Strategy,
        name: str,
        symbol: str,
        feed: Feed,
        *,
        deadline: float = 10.0,
        blocking: float = 1.0,
    ) -> None:
        self._strategy = strategy
        self._name = name
        self._symbol = symbol
        self._feed = feed
        self._deadline = deadline
        self._blocking = blocking
        self._interval_ms = interval_ms(strategy)
        self._files = files_of(type(strategy))
        self._wanted = wanted_hooks(strategy)
        self._awaits = is_async(strategy.get_signal)
        self._threads = Threads(1, f"strategy-{name}")
        self._called = 0

    @property
    def name(self) -> str:
        return self._name

    @property
    def interval_ms(self) -> int:
        return self._interval_ms

    def wants(self, action: str) -> bool:
        return action in self._wanted

    async def ask(self, now: int, price: float, last: float) -> object:
        get_signal = self._strategy.get_signal
        if self._awaits:
            market = Market(self._symbol, now, price, last, partial(self._candles, now))
            return checked_answer(await self._in_time("get_signal", self._driven(get_signal, market)), self._files)
        line = ThreadLine(self._feed, self._symbol, now, self._deadline)
        sync_market = SyncMarket(self._symbol, now, price, last, line.candles)
        try:
            return checked_answer(await self._in_thread("get_signal", now, get_signal, sync_market), self._files)
        finally:
            line.cut()

    async def tell(self, result: MinuteResult) -> None:
        name = self._wanted.get(result.action)
        if name is None:
            return
        callback = getattr(self._strategy, name)
        if is_async(callback):
            await self._in_time(name, self._driven(callback, result))
        else:
            await self._in_thread(name, result.time, callback, result)

    def close(self) -> None:
        """Let the thread end once it has nothing to do."""
        self._threads.close()

    def _candles(self, now: int, timeframe: str, limit: int) -> Awaitable[Candles]:
        return self._feed.candles(self._symbol, timeframe, now, limit)

    async def _driven(self, call: Callable[[Any], object], argument: object) -> object:
        return await self._settled(within(self._blocking, call, argument))

    async def _settled(self, answer: object) -> object:
        """What `answer` comes to when it is awaited, if it can be."""
        if inspect.isawaitable(answer):
            return await Driven(answer if inspect.iscoroutine(answer) else _awaiting(answer), self._blocking)
        return answer

    async def _in_thread(self, name: str, now: int, call: Callable[[Any], object], argument: object) -> object:
        if self._threads.busy:
            raise StrategyError(f"still busy with the call of {_clock_time(self._called)}")
        self._called = now
        outcome = await self._in_time(name, self._threaded(call, argument))
        if isinstance(outcome, _Failure):
            raise outcome.error
        return outcome

    async def _threaded(self, call: Callable[[Any], object], argument: object) -> object:
        return await self._settled(await self._threads.run(partial(self._outcome, call, argument)))

    def _outcome(self, call: Callable[[Any], object], argument: object) -> object:
        """Runs in the thread. What was raised comes back as a value: a future takes some exceptions for its own."""
        try:
            return call(argument)
        except BaseException as error:  # SystemExit and the like end a call here, not the process  # noqa: BLE001
            return _Failure(strategy_error(error, self._files))

    async def _in_time(self, name: str, work: Foreign) -> object:
        task = asyncio.current_task()
        assert task is not None
        cancels = task.cancelling()
        limit = asyncio.timeout(self._deadline)
        try:
            async with limit:
                return await work
        except BaseException as error:  # everything that foreign code can raise
            if isinstance(error, asyncio.CancelledError) and task.cancelling() > cancels:
                raise
            raise self._failure(name, error, late=limit.expired()) from error

    def _failure(self, name: str, error: BaseException, *, late: bool) -> StrategyError:
        if isinstance(error, Held):
            return self._held(name, error)
        if late:
            return self._late(name)
        return strategy_error(error, self._files)

    def _late(self, name: str) -> StrategyError:
        return StrategyError(f"{name} gave no answer within {self._deadline:g} s")

    def _held(self, name: str, held: Held) -> StrategyError:
        file, line = next((place for place in held.args if place[0] in self._files), held.args[0])
        return StrategyError(
            f"{shown(file)}:{line}: {name} kept the event loop for itself for more than {self._blocking:g} s and was "
            f"cut short; what blocks belongs in a plain `def {name}`"
        )


class _Failure:
    """What a call in a thread raised."""

    __slots__ = ("error",)

    def __init__(self, error: StrategyError) -> None:
        self.error = error


async def _awaiting(awaitable: Awaitable[object]) -> object:
    return await awaitable


def _clock_time(now: int) -> str:
    minutes = now // 60_000 % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d} UTC"
