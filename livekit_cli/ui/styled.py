"""A line in pieces, each in a style of its own, and what becomes of it on a terminal that may be narrow or ASCII only.

Nothing here needs Rich, which takes longer to load than the rest of a command; only a picture does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .inert import cells
from .look import Look


class Piece(NamedTuple):
    """Printable text in `styles`, which are those of `Look.paint`."""

    text: str
    styles: tuple[str, ...] = ()


Line = Sequence[Piece]


def plain(line: Line) -> str:
    """The text alone."""
    return "".join(piece.text for piece in line)


def painted(line: Line, look: Look) -> str:
    """What is written to a terminal."""
    if not look.colour:
        return plain(line)
    return "".join(look.paint(text, *styles) if styles else text for text, styles in line)


def width_of(line: Line) -> int:
    """How many cells it takes."""
    return sum(cells(piece.text) for piece in line)


def clipped(line: Line, width: int, look: Look) -> Line:
    """`line` in at most `width` cells: one that wraps would push everything below it out of its place."""
    line = _without_blank_end(line)
    if width_of(line) <= width:
        return line
    room = width - 1  # for the letter that says that something is missing
    kept: list[Piece] = []
    for piece in line:
        if cells(piece.text) > room:
            kept.append(piece._replace(text=look.cut(piece.text, room + 1)))
            break
        kept.append(piece)
        room -= cells(piece.text)
    return kept


def aligned(line: Line, width: int, *, right: bool) -> list[Piece]:
    """`line` with the blanks that it lacks of `width` cells, after it, or before it when it ends at the `right`."""
    blank = Piece(" " * (width - width_of(line)))
    return [blank, *line] if right else [*line, blank]


def joined(lines: Iterable[Line], gap: str) -> list[Piece]:
    """One line out of several, with `gap` between them."""
    pieces: list[Piece] = []
    for line in lines:
        pieces += [Piece(gap), *line] if pieces else line
    return pieces


def _without_blank_end(line: Line) -> Line:
    kept = list(line)
    while kept and kept[-1].text.endswith(" "):
        last = kept.pop()
        text = last.text.rstrip(" ")
        kept += [last._replace(text=text)] if text else []
    return kept
