"""Foreign words in error messages: the nearest right one, and any text in one short line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable


def did_you_mean(word: object, words: Iterable[str]) -> str:
    """`; did you mean 'breakout'?` when one of `words` is near, else nothing: made to end an error message."""
    found = near(word, words)
    return f"; did you mean {found!r}?" if found else ""


def listed(words: Collection[str], none: str = "there is none") -> str:
    """`there are breakout and wave`: what there is to choose from, or `none`."""
    *others, last = words or ("",)
    if not last:
        return none
    return f"there are {', '.join(others)} and {last}" if others else f"there is {last}"


def near(word: object, words: Iterable[str], nearness: float = 0.6) -> str | None:
    """The one of `words` that is nearest to `word`, in whatever case either is; None when none is as near as that.

    Of those that differ in nothing but case it is the one that is nearest as typed.
    """
    from difflib import SequenceMatcher, get_close_matches  # only errors need it

    folded: dict[str, list[str]] = {}
    for known in words:
        folded.setdefault(known.casefold(), []).append(known)
    spans = {_minutes(text): alike[0] for text, alike in folded.items()}
    if None not in spans:  # 60m is 1h, and 7m is neither 1m nor 5m
        return spans.get(_minutes(str(word).casefold()))
    found = get_close_matches(str(word).casefold(), folded, n=1, cutoff=nearness)
    alike = folded[found[0]] if found else ()
    return max(alike, key=lambda known: SequenceMatcher(None, str(word), known).ratio(), default=None)


_SPAN = re.compile(r"([0-9]{1,6})\s*(?:(m|min|mins|minutes?)?|(h|hours?)|(d|days?))")


def _minutes(text: str) -> int | None:
    """How long `5m`, `5 min`, `5`, `1h` and `1d` are; None of what is no span of time."""
    span = _SPAN.fullmatch(text.strip())
    return int(span[1]) * (60 if span[3] else 1440 if span[4] else 1) if span else None


_BREAKS = {ord(mark): repr(mark)[1:-1] for mark in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"}
"""Everything that ends a line for somebody."""


def one_line(text: str) -> str:
    """`text` with its line breaks spelled out: the whole of it, and nothing in it passes for another line."""
    return text.translate(_BREAKS)


def excerpt(text: str, length: int = 200) -> str:
    """The first line of `text`, made inert, in at most `length` characters."""
    from .inert import inert  # only errors need it

    shown = inert(text.strip().partition("\n")[0][: length + 1])
    return shown if len(shown) <= length else shown[: length - 3] + "..."
