"""The exchange's own clock: the wall's with an offset, or standing still where a test has put it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MINUTE_MS = 60_000


def wall() -> int:
    """The machine's time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Clock:
    """Tells the exchange's time. Safe to set from any thread; whoever listens is told of each change."""

    def __init__(self, frozen: int | None = None, offset: int = 0) -> None:
        self._frozen = frozen
        self._offset = offset
        self._lock = threading.Lock()
        self.listeners: list[Callable[[], None]] = []

    @property
    def frozen(self) -> bool:
        return self._frozen is not None

    def now(self) -> int:
        """Epoch milliseconds."""
        frozen = self._frozen
        return wall() + self._offset if frozen is None else frozen

    def minute(self) -> int:
        """When the minute that is forming now opened."""
        return self.now() // MINUTE_MS * MINUTE_MS

    def freeze(self, at: int | None = None) -> None:
        """Stand still at `at`, or where it is now."""
        self._change(self.now() if at is None else at, self._offset)

    def run(self, offset: int = 0) -> None:
        """Go with the wall again, `offset` milliseconds ahead of it (behind it when negative)."""
        self._change(None, offset)

    def advance(self, milliseconds: int) -> None:
        """Step on: a frozen clock stands still at the later time, a running one gets ahead by so much."""
        with self._lock:
            if self._frozen is None:
                self._offset += milliseconds
            else:
                self._frozen += milliseconds
        self._tell()

    def next_minute(self) -> int:
        """Step to the close of the forming minute, and return it."""
        self.freeze(self.minute() + MINUTE_MS)
        return self.now()

    def _change(self, frozen: int | None, offset: int) -> None:
        with self._lock:
            self._frozen, self._offset = frozen, offset
        self._tell()

    def _tell(self) -> None:
        for listener in list(self.listeners):
            listener()
