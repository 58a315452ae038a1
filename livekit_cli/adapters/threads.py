"""Daemon threads that run blocking calls for an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
Call = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class Threads:
    """At most `count` threads, started when first needed, that never keep the process from exiting.

    The pool of asyncio and of concurrent.futures joins its threads at exit: one call that hangs, in a strategy or
    on a dying disk, would then hang the exit too.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0
        self._waiting = 0

    def run(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """Run `call` in a thread; the future belongs to the running loop. Cancelling it does not stop the call."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:
            self._waiting += 1
            if self._waiting > self._started and self._started < self._count:
                self._started += 1
                name = f"{self._name}-{self._started}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
        self._calls.put((loop, future, call))
        return future

    @property
    def busy(self) -> int:
        """How many calls are running or waiting for a thread."""
        return self._waiting

    def close(self) -> None:
        """Let the idle threads end, and each busy one after its call."""
        for _ in range(self._started):
            self._calls.put(None)

    def _work(self) -> None:
        while (job := self._calls.get()) is not None:
            loop, future, call = job
            result, error = None, None
            try:
                result = call()
            except BaseException as raised:  # noqa: BLE001  whatever it is, it belongs to the caller
                error = raised
            with self._lock:
                self._waiting -= 1
            try:
                loop.call_soon_threadsafe(_answer, future, result, error)
            except RuntimeError:
                # The loop was closed and nobody waits for the answer; the next loop of this process needs the thread.
                continue
            finally:
                del job, loop, future, call, result, error


def _answer(future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, StopIteration):
        # A future refuses StopIteration: it would end the coroutine that awaits it.
        future.set_exception(RuntimeError(f"raised {error!r}"))
    else:
        future.set_exception(error)
