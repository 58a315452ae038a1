"""When an exchange wants to be left alone, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

USUAL_SECONDS = {"RateLimitExceeded": 5.0, "DDoSProtection": 60.0}
"""By ccxt's class: how long it is left alone when it does not say; doubled while it goes on refusing."""

LONGEST_SECONDS = 3600.0
"""Of a pause that it did not ask for itself."""

LONGEST_TOLD_SECONDS = 3 * 86_400.0
"""Of one that it did: Binance shuts an address out for three days at most."""

AGAIN_SECONDS = 0.5
"""A pause that it asked for and then refuses all the same grows from this."""


class Pauses:
    """Times are seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._until = 0.0
        self._begun = float("-inf")
        self._refusals = 0

    def left(self, now: float) -> float:
        """For how many seconds more it is to be left alone; 0 or less when it is not."""
        return self._until - now

    def heed(self, kinds: Iterable[str], headers: Mapping[str, str], *, sent: float, now: float, wall_ms: int) -> float:
        """It answered a request that was `sent` then with an error of these classes, and these headers.

        For how many seconds it is to be left alone for that; 0 when it did not ask to be.
        """
        usual = next((seconds for name, seconds in USUAL_SECONDS.items() if name in kinds), None)
        if usual is None:
            return 0.0
        wanted = retry_after(headers, wall_ms)
        # Fifty requests that were under way are refused together: that is one refusal, not fifty.
        if sent > self._begun:
            self._refusals += 1
            self._begun = now
        self._until = max(self._until, now + self._seconds(wanted, usual))
        return self.left(now)

    def _seconds(self, wanted: float | None, usual: float) -> float:
        doubled = 2.0 ** min(self._refusals - 1, 20)
        if wanted is None:
            return min(usual * doubled, LONGEST_SECONDS)
        stubborn = min(AGAIN_SECONDS * doubled, LONGEST_SECONDS) if self._refusals > 1 else 0.0
        return min(max(wanted, stubborn), LONGEST_TOLD_SECONDS)

    def over(self, sent: float) -> None:
        """It answered a request that was `sent` then."""
        if sent > self._begun:
            self._refusals = 0


def retry_after(headers: Mapping[str, str], now_ms: int) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or as a date; None when there is no sense in it."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdecimal() else _until(text, now_ms)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, seconds)


def date_of(headers: Mapping[str, str]) -> int | None:
    """The time of an answer by its Date header, epoch ms of a whole second; None when there is no sense in it."""
    text = next((value for name, value in headers.items() if name.lower() == "date"), "")
    try:
        return round(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None


def _until(date: str, now_ms: int) -> float:
    return parsedate_to_datetime(date).timestamp() - now_ms / 1000
