"""A line of numbers drawn in one line of text."""

from __future__ import annotations

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "_.-=^"


def sparkline(
    values: Sequence[float],
    width: int,
    *,
    unicode: bool = True,
    low: float | None = None,
    high: float | None = None,
) -> str:
    """`values` from left to right in at most `width` letters, low to high; each letter is the last of its share.

    The letters reach from the lowest to the highest value shown, or further to `low` and `high`. Nothing for no
    values; a flat line where all are equal.
    """
    letters = _BLOCKS if unicode else _ASCII
    count = min(len(values), width)
    if count <= 0:
        return ""
    shown = [values[(i + 1) * len(values) // count - 1] for i in range(count)]
    low = min(shown) if low is None else min(low, *shown)
    high = max(shown) if high is None else max(high, *shown)
    if low == high:
        return letters[0] * count
    top = len(letters) - 1
    return "".join(letters[round((value - low) / (high - low) * top)] for value in shown)
