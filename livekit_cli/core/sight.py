"""Whether a symbol has its price, minute after minute, and what of its absence is to be told.

Laws:
- An absence is told when it begins and when it is over, and one that comes and goes ever more rarely (`Spell`).
- What is shown of it is replaced as soon as it is over, told or not: nobody is to act on a trouble that has passed.
"""

from __future__ import annotations

from .spell import Spell

BLIND_MINUTES = 3
"""How many minutes without a price an open signal may have before it is an alarm."""


class Sight:
    """Counts the minutes in which one symbol has had no price."""

    def __init__(self) -> None:
        self._spell = Spell()
        self._minutes = 0
        self._newest: int | None = None
        self.shown = ""
        """What was last said of an absence."""

    def blind_minutes(self, time: int) -> int:
        """How many minutes in a row up to `time` there was no price."""
        return self._minutes if self._newest == time else 0

    def lost(self, time: int, *, is_shared: bool = False) -> bool:
        """There is no price at the minute `time`; whether that is to be told. What is shared is told by another."""
        self._minutes += 1
        self._newest = time
        return not is_shared and self._spell.bad(time / 1000)

    def found(self, time: int) -> tuple[str, str]:
        """There is one at the minute `time`: what to show of that, and what to log; empty when it is no news."""
        minutes, self._minutes = self._minutes, 0
        is_news = self._spell.good(time / 1000) is not None
        return _again(minutes) if minutes else "", _again(self._spell.count) if is_news else ""


def _again(minutes: int) -> str:
    return f"candles come again, after {minutes} minute{'' if minutes == 1 else 's'} without a price"
