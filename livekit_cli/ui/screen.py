"""Placing lines on a terminal: only what changed is written, and whatever was written leaves a usable terminal behind.

Laws:
- Between two writes the cursor stands, visible, at the beginning of the line below the last one: a program that is
  killed there leaves the shell its own line. No mode of the terminal is ever changed, so there is none to restore.
- No line reaches the last column, where terminals differ in what comes next.
- What is known of the screen is forgotten when something else may have moved it: then all of it is written afresh.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

UP, ERASE_LINE, ERASE_BELOW, CLEAR = "\x1b[{}A", "\x1b[K", "\x1b[J", "\x1b[H\x1b[2J"
CLEAN_LINE = "\r" + ERASE_BELOW
"""What makes the cursor's line empty: a `^C` may have been shown there."""


class Screen:
    """Knows which lines stand on the terminal, and says what to write to change them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._size = (0, 0)

    def change(self, lines: Sequence[str], size: tuple[int, int], above: Sequence[str] = ()) -> str:
        """What to write so that `lines`, each shorter than the terminal is wide, stand where the last ones stood.

        `above` are printed before them and stay: they scroll away like any output. When `size` is another one than
        the last time, nobody knows what the terminal made of the old lines, and the visible part is cleared.
        """
        was_resized = self._size not in (size, (0, 0))
        self._size = size
        if was_resized:
            self._lines = []
        written = CLEAR if was_resized else ""
        if above:
            written += _up(len(self._lines)) + "\r" + ERASE_BELOW + "".join(f"{line}\r\n" for line in above)
            self._lines = []
        written += "".join(_changes(self._lines, lines))
        self._lines = list(lines)
        return written

    def start_below(self) -> None:
        """Somebody else has written meanwhile, as a shell does after Ctrl-Z: the next lines begin at the cursor."""
        self._lines = []

    def start_afresh(self) -> None:
        """The lines may have been moved, as by a terminal that was resized there and back: clear what is visible."""
        self._size = (-1, -1)


def _changes(before: Sequence[str], lines: Sequence[str]) -> Iterator[str]:
    at = len(before)
    for number, line in enumerate(lines):
        if number < len(before) and before[number] == line:
            continue
        yield _move(at, number) + line + ERASE_LINE
        at = number
    if at != len(lines):
        yield _move(at, len(lines)) + ERASE_BELOW  # and what was typed there


def _move(at: int, to: int) -> str:
    """To the beginning of another line; one that is not there yet comes by the line feed, which scrolls if it must."""
    return "\r" + _up(at - to) if to < at else "\r" + "\n" * (to - at)


def _up(lines: int) -> str:
    return UP.format(lines) if lines else ""
