"""When a strategy is due to be asked: once in each bucket of its interval, and again when it failed."""

from __future__ import annotations

from typing import NamedTuple

ATTEMPTS = 3
"""How often a strategy that fails is asked in one bucket."""


def bucket(time: int, interval_ms: int) -> int:
    """The opening time (epoch ms) of the interval that minute `time` lies in."""
    return time - time % interval_ms


class Turn(NamedTuple):
    """In which bucket a strategy had its say last, and how often it failed in the one it was asked in last."""

    used: int | None = None
    tried: int | None = None
    failures: int = 0

    def is_due(self, time: int, interval_ms: int) -> bool:
        return bucket(time, interval_ms) != self.used

    def answered(self, time: int, interval_ms: int) -> Turn:
        """An answer, whatever it was, uses the bucket up."""
        return Turn(bucket(time, interval_ms))

    def failed(self, time: int, interval_ms: int) -> Turn:
        """A failure does not, until it was the last attempt."""
        tried = bucket(time, interval_ms)
        failures = self.failures + 1 if tried == self.tried else 1
        return Turn(tried if failures >= ATTEMPTS else self.used, tried, failures)
