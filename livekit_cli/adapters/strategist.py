"""Asks a trader's strategy: behind deadlines and guards in the live loop, directly in a backtest.

Laws:
- Whatever the strategy does, an ask returns, raises StrategyError, or passes on the cancellation of its own task.
- `async def` runs on the loop and is cut short when it keeps the loop for itself; a plain `def` runs in a thread of
  its own, which is left behind when it does not come back in time and used again once it has.
- A coroutine that was given up is never resumed.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from functools import partial
from typing import Any

from ..core.candle import Candles
from ..core.errors import StrategyError
from ..core.event import MinuteResult
from ..core.history import History
from ..ports import Feed
from ..strategy import HOOKS, Market, Strategy, SyncMarket, interval_ms, overrides
from .alarm import Held, within
from .foreign import files_of, shown, strategy_error
from .threads import Threads

Foreign = Coroutine[Any, Any, object]

_LEFT: list[Foreign] = []
"""Coroutines that refused to be closed. Kept, because forgetting one would resume it."""


class GivenUp(BaseException):
    """Raised by `market.candles` in a thread whose call nobody waits for any more. Not an Exception: it must end."""


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
        self._wanted = _wanted(strategy)
        self._awaits = _is_async(strategy.get_signal)
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
            return _answer(await self._in_time("get_signal", self._driven(get_signal, market)), self._files)
        line = _Line(self._feed, self._symbol, now, self._deadline)
        sync_market = SyncMarket(self._symbol, now, price, last, line.candles)
        try:
            return _answer(await self._in_thread("get_signal", now, get_signal, sync_market), self._files)
        finally:
            line.cut()

    async def tell(self, result: MinuteResult) -> None:
        name = self._wanted.get(result.action)
        if name is None:
            return
        callback = getattr(self._strategy, name)
        if _is_async(callback):
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
            return await _Driven(answer if inspect.iscoroutine(answer) else _awaiting(answer), self._blocking)
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


class Direct:
    """One strategy object on recorded candles of one symbol: no threads and no deadlines, for a backtest."""

    def __init__(self, strategy: Strategy, name: str, symbol: str, history: History) -> None:
        self._strategy = strategy
        self._name = name
        self._symbol = symbol
        self._window = history.window
        self._interval_ms = interval_ms(strategy)
        self._files = files_of(type(strategy))
        self._wanted = _wanted(strategy)
        self._get_signal: Callable[[Any], object] = strategy.get_signal
        self._awaits = _is_async(strategy.get_signal)

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
        except BaseException as error:  # everything that foreign code can raise
            raise self._failure(error) from error
        return None if answer is None else _answer(answer, self._files)

    async def tell(self, result: MinuteResult) -> None:
        name = self._wanted.get(result.action)
        if name is None:
            return
        try:
            answer = getattr(self._strategy, name)(result)
            if inspect.isawaitable(answer):
                await answer
        except BaseException as error:  # everything that foreign code can raise
            raise self._failure(error) from error

    def close(self) -> None:
        """There is no thread to end."""

    def _failure(self, error: BaseException) -> BaseException:
        if isinstance(error, asyncio.CancelledError) and _cancelling():
            return error
        return strategy_error(error, self._files)


class _Failure:
    """What a call in a thread raised."""

    __slots__ = ("error",)

    def __init__(self, error: StrategyError) -> None:
        self.error = error


class _Line:
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


class _Driven:
    """Awaits a foreign coroutine by resuming it by hand: each time under the alarm, and never after it was given up.

    A cancellation reaches what the coroutine waits for, as always. A coroutine that then goes on waiting, to clean up
    or because it caught the cancellation, has as long as it may block; then it is closed.
    """

    def __init__(self, foreign: Foreign, grace: float) -> None:
        self._foreign = foreign
        self._grace = grace
        self._loop = asyncio.get_running_loop()
        self._cancels = _cancelling()
        self._timer: asyncio.TimerHandle | None = None
        self._gate: asyncio.Future[None] | None = None
        self._over = False

    def __await__(self) -> Generator[Any, None, object]:
        resume: Callable[..., object] = self._foreign.send
        value: object = None
        try:
            while True:
                waited = within(self._grace, resume, value)
                self._watch()
                thrown = yield from self._wait(waited)
                if self._over:
                    raise asyncio.CancelledError
                resume, value = (self._foreign.send, None) if thrown is None else (self._foreign.throw, thrown)
        except StopIteration as stop:
            if _cancelling() > self._cancels:
                raise asyncio.CancelledError from None  # it caught the cancellation, but it was not meant for it
            return stop.value
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._close()

    def _wait(self, waited: Any) -> Generator[Any, None, BaseException | None]:
        """Yield until `waited` is done; returns the cancellation that `waited` did not take."""
        if not asyncio.isfuture(waited):
            try:
                yield waited
            except asyncio.CancelledError as cancelled:
                self._begin_grace()
                return cancelled
            return None
        waited._asyncio_future_blocking = False  # what a task does with a future that it waits for  # noqa: SLF001
        refused: BaseException | None = None
        while not waited.done() and not self._over:
            self._gate = self._loop.create_future()
            waited.add_done_callback(self._open)
            try:
                yield from self._gate
            except asyncio.CancelledError as cancelled:
                refused = None if waited.cancel() else cancelled
                self._begin_grace()
            finally:
                waited.remove_done_callback(self._open)
        return refused

    def _open(self, _waited: object = None) -> None:
        if self._gate is not None and not self._gate.done():
            self._gate.set_result(None)

    def _begin_grace(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._grace, self._end)

    def _watch(self) -> None:
        """A cancellation that the coroutine took back was its own, such as a timeout inside it."""
        if self._timer is not None and _cancelling() <= self._cancels:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._over = True
        self._open()

    def _close(self) -> None:
        if _is_finished(self._foreign):
            return
        nested = list(_nested(self._foreign))
        try:
            within(self._grace, self._foreign.close)
        except BaseException:  # the call has failed already, and says why; its `finally` adds nothing  # noqa: BLE001
            _LEFT.extend(coroutine for coroutine in nested if not _is_finished(coroutine))


def _is_finished(coroutine: Foreign) -> bool:
    return getattr(coroutine, "cr_frame", None) is None


def _nested(coroutine: object) -> Iterator[Foreign]:
    """`coroutine`, the one it awaits, the one that awaits, and so on."""
    while inspect.iscoroutine(coroutine):
        yield coroutine
        coroutine = coroutine.cr_await


def _cancelling() -> int:
    """How many cancellations of the running task are under way; none where there is no task."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # driven by hand, without a loop
        return 0
    return 0 if task is None else task.cancelling()


async def _awaiting(awaitable: Awaitable[object]) -> object:
    return await awaitable


def _wanted(strategy: Strategy) -> dict[str, str]:
    return {action: hook for action, hook in HOOKS.items() if overrides(strategy, hook)}


def _is_async(method: Callable[..., object]) -> bool:
    """Whether `method` was written as `async def`, also under a decorator that says what it wraps."""
    written = inspect.unwrap(method)
    return inspect.iscoroutinefunction(written) or inspect.isasyncgenfunction(written)


def _answer(answer: object, files: frozenset[str]) -> object:
    """`answer`, unless it is what a mistake in an `async def` leaves: those the core could not explain."""
    if inspect.iscoroutine(answer):
        answer.close()
        what = f"returned the coroutine `{answer.__qualname__}` that nobody awaited; write `return await ...`"
    elif inspect.isasyncgen(answer) or inspect.isgenerator(answer):
        what = "is a generator, because it holds a `yield`; write `return`"
    else:
        return answer
    raise StrategyError(f"{shown(min(files))}: get_signal {what}" if files else f"get_signal {what}")


def _clock_time(now: int) -> str:
    minutes = now // 60_000 % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d} UTC"
