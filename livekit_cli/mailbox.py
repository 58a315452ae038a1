"""Between the loops and whoever consumes their events: a queue that never makes a loop wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from .core.event import Event


class Mailbox:
    """Hand `put` to the runners as their `Deliver`; iterate to consume.

    Asking for the next event acknowledges the one before. The queue is not bounded: a symbol has at most one event a
    minute, and what was not consumed is in the journal.
    """

    def __init__(self) -> None:
        self._events: deque[tuple[Event, Callable[[], None]]] = deque()
        self._changed = asyncio.Event()
        self._ended = False
        self._acknowledge: Callable[[], None] | None = None

    def put(self, event: Event, acknowledge: Callable[[], None]) -> None:
        self._events.append((event, acknowledge))
        self._changed.set()

    def end(self) -> None:
        """Nothing more will come; the iteration ends with what is there."""
        self._ended = True
        self._changed.set()

    def __aiter__(self) -> Mailbox:
        return self

    async def __anext__(self) -> Event:
        if self._acknowledge:
            self._acknowledge()
            self._acknowledge = None
        while not self._events:
            if self._ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        event, self._acknowledge = self._events.popleft()
        return event
