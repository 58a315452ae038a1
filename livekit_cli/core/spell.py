"""A condition that comes and goes, told when it changes and not each time it is met.

Law: one that comes and goes quickly is told of ever more rarely: the good news has to last, twice as long each time.
"""

from __future__ import annotations

CALM_SECONDS, LONGEST_CALM_SECONDS = 60.0, 3600.0
"""How long things must go well before that is told, after a first relapse and at most."""


class Spell:
    """Says which of its `bad` and `good` are news. Times are seconds that never go back."""

    def __init__(self) -> None:
        self.since: float | None = None
        """When the bad spell that was told of began; None in good times."""
        self.count = 0
        """How often it was met since then."""
        self._good_since: float | None = None
        self._told_good = float("-inf")
        self._calm = 0.0

    def bad(self, now: float) -> bool:
        """Met again at `now`; True when that is to be told."""
        self.count += 1
        self._good_since = None
        if self.since is not None:
            return False
        self.since, self.count = now, 1
        is_relapse = now - self._told_good < LONGEST_CALM_SECONDS
        self._calm = min(max(2 * self._calm, CALM_SECONDS), LONGEST_CALM_SECONDS) if is_relapse else 0.0
        return True

    def good(self, now: float) -> float | None:
        """All is well at `now`; how long the bad spell lasted, when its end is to be told."""
        if self.since is None:
            return None
        if self._good_since is None:
            self._good_since = now
        if now - self._good_since < self._calm:
            return None
        lasted = self._good_since - self.since
        self.since, self._told_good = None, now
        return lasted
