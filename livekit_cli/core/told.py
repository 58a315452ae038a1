"""What has been told of one symbol, so that what goes on from minute to minute is told once."""

from __future__ import annotations

from .candle import MINUTE_MS


class Told:
    """Says whether a report is news."""

    def __init__(self) -> None:
        self._last: tuple[str, int] | None = None

    def is_news(self, time: int, text: str) -> bool:
        """Whether `text`, met at the minute `time`, says what was not said of the minute before it."""
        before, self._last = self._last, (text, time)
        return before is None or text != before[0] or time - before[1] > MINUTE_MS


def is_doubling(count: int, first: int) -> bool:
    """Whether `count` is `first`, or twice that, or four times: what is told of ever more rarely as it goes on."""
    share, rest = divmod(count, first)
    return rest == 0 and share & (share - 1) == 0
