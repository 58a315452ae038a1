"""What the place where text ends up can show: a terminal or a pipe, its width, colours, and more letters than ASCII."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from .inert import ELLIPSIS, cells, cut, inert

PIPE_WIDTH = 120
"""Cells in a line where nobody says how many there are."""

_CODES = {
    "bold": "1",
    "dim": "2",
    "reverse": "7",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}


@dataclass(frozen=True, slots=True)
class Look:
    """How to write: `width` in cells; `colour` and `unicode` say whether escapes and box letters are understood."""

    is_terminal: bool = False
    width: int = PIPE_WIDTH
    height: int = 24
    colour: bool = False
    unicode: bool = True

    def paint(self, text: str, *styles: str) -> str:
        """`text` in `styles` (bold dim reverse red green yellow cyan), or as it is where colours are not wanted."""
        if not (self.colour and styles and text):
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"

    def signed(self, text: str, value: float | None) -> str:
        """`text` green where `value` is a gain, red where it is a loss."""
        return self.paint(text, "green" if value > 0 else "red") if value else text

    def shown(self, text: str, width: int | None = None) -> str:
        """Foreign `text` made inert, in the letters that this place has, cut to `width` cells."""
        text = inert(text)
        if not self.unicode and not text.isascii():
            text = text.encode("ascii", "backslashreplace").decode("ascii")
        return text if width is None else self.cut(text, width)

    def cut(self, text: str, width: int) -> str:
        """Printable `text` in at most `width` cells; in ASCII, the mark of `less -S` says that something is missing."""
        return cut(text, width, ELLIPSIS if self.unicode else ">")

    def wrapped(self, text: str) -> list[str]:
        """A sentence in lines of at most `width` cells, broken between words; foreign text in it is made inert.

        A longer word, such as a path, stays whole: it is there to be copied.
        """
        lines: list[str] = []
        room = 0
        for word in self.shown(text).split():
            wide = cells(word)
            if lines and wide < room:
                lines[-1] += f" {word}"
                room -= wide + 1
            else:
                lines.append(word)
                room = self.width - wide
        return lines

    def fitted(self, text: str, width: int, *, right: bool = False) -> str:
        """Plain `text` padded to `width` cells."""
        blank = " " * (width - cells(text))
        return blank + text if right else text + blank


def look_of(stream: TextIO, environment: Mapping[str, str] = os.environ) -> Look:
    """What `stream` can show. NO_COLOR and TERM=dumb are heeded, and a locale that is not UTF-8 gets ASCII only."""
    is_terminal = stream.isatty()
    term = environment.get("TERM", "")
    width, height = _size(stream, environment) if is_terminal else (PIPE_WIDTH, 24)
    return Look(
        is_terminal=is_terminal,
        width=width,
        height=height,
        colour=is_terminal and term not in ("", "dumb") and not environment.get("NO_COLOR"),
        unicode=not is_terminal or speaks_unicode(stream, environment),
    )


def speaks_unicode(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal is known to show more than ASCII: Python writes UTF-8 also where LANG=C promised none."""
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    is_utf = locale.lower().replace("-", "").endswith("utf8")
    return is_utf and (stream.encoding or "").lower().replace("-", "") == "utf8"


def _size(stream: TextIO, environment: Mapping[str, str]) -> tuple[int, int]:
    """COLUMNS wins, as everywhere; a terminal that does not know its size has 80 columns."""
    try:
        width, height = os.get_terminal_size(stream.fileno())
    except OSError:
        width, height = 0, 0
    columns = environment.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) else width
    return width or 80, height or 24
