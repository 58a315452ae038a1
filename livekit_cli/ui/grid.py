"""Rows of cells in aligned columns that fit a width: what matters least gives way first, and no number is cut."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from .inert import cells
from .look import Look
from .styled import Piece

GAP = 2
LEAST = 8
"""A column whose text may be cut keeps so many cells, or gives way."""


Row = Sequence[Piece]
"""A cell each."""


def grid(
    rows: Sequence[Row], look: Look, *, left: Collection[int], cut: int, gives_way: Sequence[int], shrinks: int = 0
) -> list[str]:
    """`rows`, all equally long, as lines. Columns in `left` are aligned left, the others right.

    Where the width is too small, column `cut` is shortened first, then those in `gives_way` are left out one after the
    other; where even that is not enough, `shrinks` is shortened too.
    """
    if not rows:
        return []
    rows = [[Piece(look.shown(cell.text), cell.styles) for cell in row] for row in rows]
    widths = [max(cells(cell.text) for cell in column) for column in zip(*rows, strict=True)]
    kept = _kept(widths, look.width, cut, gives_way)
    for column in (cut, shrinks):
        if column in kept:
            widths[column] = max(1, min(widths[column], _room(widths, kept, look.width, column)))
    return [_line(row, kept, widths, look, left) for row in rows]


def _kept(widths: Sequence[int], width: int, cut: int, gives_way: Sequence[int]) -> list[int]:
    kept = list(range(len(widths)))
    for column in (*gives_way, None):
        room = _room(widths, kept, width, cut)
        if room >= (min(LEAST, widths[cut]) if cut in kept else 0) or column is None:
            break
        kept.remove(column)
    return kept


def _room(widths: Sequence[int], kept: Sequence[int], width: int, cut: int) -> int:
    """Cells left for column `cut` when all the others have what they want."""
    return width - sum(widths[column] for column in kept if column != cut) - GAP * (len(kept) - 1)


def _line(row: Row, kept: Sequence[int], widths: Sequence[int], look: Look, left: Collection[int]) -> str:
    return (" " * GAP).join(_padded(row, kept, widths, look, left)).rstrip()


def _padded(row: Row, kept: Sequence[int], widths: Sequence[int], look: Look, left: Collection[int]) -> Iterator[str]:
    for column in kept:
        text, styles = row[column]
        text = look.shown(text, widths[column])
        blank = " " * (widths[column] - cells(text))
        painted = look.paint(text, *styles)
        yield painted + blank if column in left else blank + painted
