"""When a strategy is due to be asked: once in each bucket of its interval, and again when it failed."""

from __future__ import annotations

from typing import NamedTuple

from .event import Closed
from .state import Closing, Idle, Open, Opening, Publish, Step

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


def remembered(turn: Turn, last: Step | None, interval_ms: int) -> Turn:
    """`turn`, which may have been lost, or the one that the `last` step bears witness to if that is later."""
    match last:
        case Step(state=Opening(signal) | Open(signal) | Closing(signal)) | Step(owed=Publish(Closed(signal=signal))):
            answered = signal.timestamp
        case Step(time=time, state=Idle(), owed=None):
            answered = time  # an entry that was rejected
        case _:
            return turn
    opened = bucket(answered, interval_ms)
    return turn if turn.used is not None and turn.used >= opened else Turn(opened)
