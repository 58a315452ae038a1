"""A line in pieces, each in a style of its own, and what becomes of it on a terminal that may be narrow or ASCII only.

Nothing here needs Rich, which takes longer to load than the rest of a command; only a picture does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .inert import cells, cut, inert
from .look import Look

CUT_IN_ASCII = ">"
"""Stands where a line was cut, as in `less -S`."""


class Piece(NamedTuple):
    """Printable text in `styles`, which are those of `Look.paint`."""

    text: str
    styles: tuple[str, ...] = ()


Line = Sequence[Piece]


def said(text: str, look: Look, width: int | None = None) -> str:
    """Foreign `text` made inert, in letters that `look` can show, cut to `width` cells."""
    text = inert(text)
    if not (look.unicode or text.isascii()):
        text = text.encode("ascii", "backslashreplace").decode("ascii")
    return text if width is None else _cut(text, width, look)


def wrapped(text: str, look: Look) -> list[str]:
    """Foreign `text`, made inert, in lines of at most the width that there is, broken between words.

    A longer word, such as a path, stays whole: it is there to be copied.
    """
    lines: list[str] = []
    room = 0
    for word in said(text, look).split():
        wide = cells(word)
        if lines and wide < room:
            lines[-1] += f" {word}"
            room -= wide + 1
        else:
            lines.append(word)
            room = look.width - wide
    return lines


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
            kept.append(piece._replace(text=_cut(piece.text, room + 1, look)))
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


def _cut(text: str, width: int, look: Look) -> str:
    return cut(text, width) if look.unicode else cut(text, width, CUT_IN_ASCII)
