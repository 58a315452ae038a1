"""So many calls at a time, the urgent ones first: the minute of an open signal does not wait behind idle symbols."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType


class Gate:
    """`async with gate.pass_(urgent)`: at most `width` at once inside, `reserve` of these places for urgent ones."""

    def __init__(self, width: int, reserve: int) -> None:
        self._free = width
        self._reserve = reserve
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._patient: deque[asyncio.Future[None]] = deque()

    def pass_(self, urgent: bool) -> _Pass:
        return _Pass(self, urgent)

    async def enter(self, urgent: bool) -> None:
        """Wait for a place."""
        queue = self._urgent if urgent else self._patient
        if not queue and self._free > (0 if urgent else self._reserve):
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # it was let in, and will not go
            elif turn in queue:
                queue.remove(turn)
            raise

    def leave(self) -> None:
        """Give the place to whoever waits."""
        self._free += 1
        for queue, least in ((self._urgent, 0), (self._patient, self._reserve)):
            while queue and self._free > least:
                turn = queue.popleft()
                if not turn.done():
                    self._free -= 1
                    turn.set_result(None)


class _Pass:
    def __init__(self, gate: Gate, urgent: bool) -> None:
        self._gate = gate
        self._urgent = urgent

    async def __aenter__(self) -> None:
        await self._gate.enter(self._urgent)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gate.leave()
