"""Foreign text made harmless: nothing in it can move a cursor, hide, reorder, or break a line or a table.

Everything that livekit did not write itself goes through here before a person sees it: notes, names, symbols, and
the words of exchanges and strategies. `str.isprintable` is the border: it refuses control characters, escapes,
bidirectional marks, zero-width characters, every separator but the space, surrogates and unassigned code points.
"""

from __future__ import annotations

from unicodedata import category, east_asian_width

ELLIPSIS = "…"

MARKS_IN_A_ROW = 3
"""Accents kept on one letter; a longer pile paints over the neighbouring lines."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""Printable by name, yet nothing to see."""

_VARIATION = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Selectors that choose a glyph and show nothing of their own: dropped."""


def inert(text: str, width: int | None = None) -> str:
    """`text` on one line, every unprintable character spelled out, cut to `width` terminal cells."""
    if not (text.isascii() and text.isprintable()):
        text = _spelled_out(text)
    return text if width is None else cut(text, width)


def cut(text: str, width: int, ellipsis: str = ELLIPSIS) -> str:
    """`text` in at most `width` cells; an ellipsis of one cell takes the place of what was cut off."""
    if cells(text) <= width:
        return text
    kept, room = [], width - 1
    for char in text:
        room -= _cells_of(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept) + ellipsis if width > 0 else ""


def cells(text: str) -> int:
    """How many terminal cells the printable `text` takes."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _spelled_out(text: str) -> str:
    shown: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if _is_mark(char) else 0
        shown.append(_escape(char) if marks > MARKS_IN_A_ROW else _visible(char))
    return "".join(shown)


def _visible(char: str) -> str:
    if char in "\t\n\r" or category(char) == "Zs":
        return " "
    if char in _VARIATION:
        return ""
    return char if char.isprintable() and char not in _BLANK else _escape(char)


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _cells_of(char: str) -> int:
    if _is_mark(char):
        return 0
    return 2 if east_asian_width(char) in ("W", "F") else 1


def _is_mark(char: str) -> bool:
    return category(char) in ("Mn", "Me")
