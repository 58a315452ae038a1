"""What is said of an exchange's candles: refused, missing, moved without volume or changed; once while it lasts.

When it befalls many symbols together a few are named, and then it is said that there are more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from enum import StrEnum

from ..core.candle import MINUTE_MS, Candle
from ..core.spell import Spell

NAMED = 3
"""Symbols that are named, of those which the same befalls within a minute."""

TOGETHER_SECONDS = 60.0

log = logging.getLogger("livekit")


class Trouble(StrEnum):
    """What befalls a symbol's candles; in the words for that it is over."""

    REFUSED = "are sound again"
    MISSING = "come in time again"
    WEIGHTLESS = "have a volume again"
    CHANGED = "are final when they are read"


class News:
    """Tells of the candles of `exchange`."""

    def __init__(self, exchange: str) -> None:
        self._exchange = exchange
        self._spells: dict[tuple[Trouble, str], Spell] = {}
        self._crowds: dict[str, tuple[float, int]] = {}

    def refused(self, symbol: str, faults: Sequence[str]) -> None:
        """These rows are no candles that anybody could count with."""
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        self._bad(Trouble.REFUSED, symbol, f"refused candles of {symbol}: {faults[0]}{more}")

    def missing(self, symbol: str, opened: int) -> None:
        """There is no candle where this symbol always has one, and it was waited for."""
        self._bad(
            Trouble.MISSING,
            symbol,
            f"no candle of {symbol} at {clock_time(opened)}, though it has one in every minute; its minute is counted "
            "without it",
        )

    def weightless(self, symbol: str, opened: int) -> None:
        """The price moved and nothing was traded, which cannot be where there is always a volume."""
        self._bad(
            Trouble.WEIGHTLESS,
            symbol,
            f"the candle of {symbol} at {clock_time(opened)} moves without a volume, so that it has no weight in the "
            "VWAP of its minute",
        )

    def changed(self, symbol: str, before: Candle, after: Candle) -> None:
        """A candle that was taken for final is another one now."""
        self._bad(
            Trouble.CHANGED,
            symbol,
            f"the candle of {symbol} at {clock_time(before.timestamp)} has changed after its minute was counted: close "
            f"{before.close:g}, volume {before.volume:g} then, {after.close:g} and {after.volume:g} now",
        )

    def over(self, trouble: Trouble, symbol: str) -> None:
        """It has not befallen `symbol` this time."""
        spell = self._spells.get((trouble, symbol))
        if spell is not None and spell.good(_now()) is not None:
            self._say(trouble, f"the candles of {symbol} {trouble}", f"the candles of more symbols {trouble}")

    def _bad(self, trouble: Trouble, symbol: str, text: str) -> None:
        if self._spells.setdefault((trouble, symbol), Spell()).bad(_now()):
            self._say(trouble.name, text, f"{trouble.name.lower()} candles of more symbols")

    def _say(self, what: str, text: str, more: str) -> None:
        """Say `text`, or once `more` when there was much of the kind just now."""
        since, count = self._crowds.get(what, (float("-inf"), 0))
        if _now() - since > TOGETHER_SECONDS:
            since, count = _now(), 0
        self._crowds[what] = since, count + 1
        if count <= NAMED:
            log.warning("%s: %s", self._exchange, text if count < NAMED else more)
        else:
            log.debug("%s: %s", self._exchange, text)


def clock_time(time: int) -> str:
    """The time of day, as a log has room for it."""
    minutes = time // MINUTE_MS % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d} UTC"


def _now() -> float:
    return asyncio.get_running_loop().time()
