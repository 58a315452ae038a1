"""How far something has come, in one line of a terminal."""

from __future__ import annotations

from .lines import minute_text
from .look import Look

BAR_CELLS = 30


def progress_line(what: str, start: int, end: int, now: int, look: Look) -> str:
    """`what`, a bar, the share of the way from `start` to `end`, and the minute it has come to (epoch ms)."""
    share = (now - start) / (end - start) if end > start else 1.0
    tail = f" {share:4.0%}  {minute_text(now)}"
    room = min(BAR_CELLS, look.width - len(what) - len(tail) - 3)
    if room < 4:
        return f"{what}{tail}"[: look.width - 1]
    done = round(share * room)
    full, rest = ("━", "─") if look.unicode else ("#", ".")
    return f"{what} {look.paint(full * done, 'green')}{look.paint(rest * (room - done), 'dim')}{tail}"
