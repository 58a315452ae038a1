"""The table as a picture: an SVG that needs no font and no address from anywhere, for a README or a mail.

Every word is placed by itself and has its length said, so that it stands in its column in whatever font a reader has.
Blanks are not drawn: programs that show SVG do not agree on what becomes of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from .inert import cells
from .styled import Line, Piece

CELL_WIDTH, LINE_HEIGHT, MARGIN = 8.4, 20, 16
BASELINE = 15
"""From the top of a line."""

GROUND = "#16181d"
COLOURS = {"red": "#e06c75", "green": "#7eba77", "yellow": "#d8b26a", "cyan": "#60b2bb", "dim": "#85898f"}
USUAL = "#d6d9de"
FONT = "ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', Consolas, 'Liberation Mono', monospace"

_WORDS = re.compile(r"\S+(?: \S+)*")


def svg(lines: Sequence[Line], width: int, title: str) -> str:
    """The picture of `lines`, `width` cells wide; `title` is for whoever cannot see it."""
    wide, high = width * CELL_WIDTH + 2 * MARGIN, len(lines) * LINE_HEIGHT + 2 * MARGIN
    drawn = "\n".join(element for number, line in enumerate(lines) for element in _line(line, number))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high}" width="{wide:g}" role="img" \
aria-label={quoteattr(title)}>
<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>
<g font-family="{FONT}" font-size="14" fill="{USUAL}">
{drawn}
</g>
</svg>
"""


def _line(line: Line, number: int) -> Iterator[str]:
    at = 0
    for piece in line:
        if "reverse" in piece.styles:
            yield _ground(piece, at, number)
        for found in _WORDS.finditer(piece.text):
            yield _word(found[0], piece.styles, at + cells(piece.text[: found.start()]), number)
        at += cells(piece.text)


def _ground(piece: Piece, at: int, number: int) -> str:
    x, y = MARGIN + at * CELL_WIDTH, MARGIN + number * LINE_HEIGHT
    return (
        f'<rect x="{x:g}" y="{y}" width="{cells(piece.text) * CELL_WIDTH:g}" height="{LINE_HEIGHT}" '
        f'fill="{_colour(piece.styles)}"/>'
    )


def _word(text: str, styles: Sequence[str], at: int, number: int) -> str:
    x, y = MARGIN + at * CELL_WIDTH, MARGIN + number * LINE_HEIGHT + BASELINE
    colour = GROUND if "reverse" in styles else _colour(styles)
    fill = "" if colour == USUAL else f' fill="{colour}"'
    weight = ' font-weight="bold"' if "bold" in styles else ""
    length = f'textLength="{cells(text) * CELL_WIDTH:g}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{x:g}" y="{y}" {length}{fill}{weight}>{escape(text)}</text>'


def _colour(styles: Sequence[str]) -> str:
    return next((COLOURS[style] for style in styles if style in COLOURS), USUAL)
