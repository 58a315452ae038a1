"""An exchange's rate limit, counted as the exchange counts it, and enforced only when a test wants it."""

from __future__ import annotations

from .wire import Reply, Venue

_WARNED = 10
"""Requests beyond the limit that are answered with a warning before the address is banned."""
_BAN_MS = 120_000


class Budget:
    """The weight that callers have used, by pool and window of the exchange's clock. Used on the server's loop only."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self.enforced = False
        self.limits = {pool: limit for pool, (limit, _) in venue.budgets.items()}
        self._windows = {pool: window for pool, (_, window) in venue.budgets.items()}
        self._used: dict[str, tuple[int, int]] = {}  # of each pool the window's number and the weight used in it
        self._warned = 0
        self._banned_until = 0

    def used(self, pool: str) -> int:
        """Weight used in the newest window."""
        return self._used.get(pool, (0, 0))[1]

    def charge(self, pool: str, weight: int, now: int) -> Reply | None:
        """Count a request; the answer to give instead of its own when it is beyond the limit."""
        window = self._windows[pool]
        number, before = now // window, 0
        if self._used.get(pool, (None, 0))[0] == number:
            before = self._used[pool][1]
        else:
            self._warned = 0
        self._used[pool] = (number, before + weight)
        if not self.enforced:
            return None
        if now < self._banned_until:
            return self._venue.over(self._banned_until - now, banned=True)
        if before + weight <= self.limits[pool]:
            return None
        self._warned += 1
        if self._warned > _WARNED:
            self._banned_until = now + _BAN_MS
            return self._venue.over(_BAN_MS, banned=True)
        return self._venue.over((number + 1) * window - now, banned=False)

    def headers(self, pool: str) -> dict[str, str]:
        return dict(self._venue.used(self.used(pool), self._windows[pool]))
