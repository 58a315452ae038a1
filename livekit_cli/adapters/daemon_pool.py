"""asyncio's pool of threads without the wait at its end: a name that nobody resolves must not keep the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class DaemonPool(ThreadPoolExecutor):
    """A daemon thread for each call. Nothing joins them: Python's own pool waits for its threads at exit.

    It is for what a library leaves to the loop's pool, which is now and then the name of a host to look up.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `fn` in a thread of its own."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001  whatever it is, it belongs to the caller
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=run, name="lookup", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nobody is waited for."""


def leave_lookups_behind() -> None:
    """Let the running loop, and with it the process, end although a call in its pool never does."""
    asyncio.get_running_loop().set_default_executor(DaemonPool())
