"""Awaits a foreign coroutine by hand: each step under the alarm, and never again once it was given up."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Generator, Iterator
from typing import Any

from .alarm import within

Foreign = Coroutine[Any, Any, object]

_LEFT: list[Foreign] = []
"""Coroutines that refused to be closed. Kept, because forgetting one would resume it."""


class Driven:
    """Awaits a foreign coroutine by resuming it by hand: each time under the alarm, and never after it was given up.

    A cancellation reaches what the coroutine waits for, as always. A coroutine that then goes on waiting, to clean up
    or because it caught the cancellation, has as long as it may block; then it is closed.
    """

    def __init__(self, foreign: Foreign, grace: float) -> None:
        self._foreign = foreign
        self._grace = grace
        self._loop = asyncio.get_running_loop()
        self._cancels = cancelling()
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
            if cancelling() > self._cancels:
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
        if self._timer is not None and cancelling() <= self._cancels:
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


def cancelling() -> int:
    """How many cancellations of the running task are under way; none where there is no task."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # driven by hand, without a loop
        return 0
    return 0 if task is None else task.cancelling()
