"""Where the price stands between stop loss and take profit, in one line: the loss is on the left, for a short too."""

from __future__ import annotations

from itertools import groupby
from math import isfinite

from ..core.signal import Signal
from .styled import Piece

Cell = tuple[str, tuple[str, ...]]


def standing(price: float | None, signal: Signal) -> float | None:
    """0 at the stop loss, 1 at the take profit, below and above beyond them; None where nobody can say."""
    span = signal.price_take_profit - signal.price_stop_loss
    if price is None or not span:
        return None
    place = (price - signal.price_stop_loss) / span
    return place if isfinite(place) else None


def bar(price: float | None, signal: Signal, width: int, *, unicode: bool = True) -> list[Piece]:
    """`width` cells: ends for the two levels, the entry, the price, and between those two what is won or lost.

    A price at a level, or beyond it, takes the place of that end: as long as it stands inside, none is reached.
    """
    track, fill, mark, dot, low, high, below, above = "─━┼●├┤◄►" if unicode else "-=|o[]<>"
    inner = width - 2
    entry, here = standing(signal.price_open, signal), standing(price, signal)
    entry_at = min(max(_cell(0.5 if entry is None else entry, inner), 0), inner - 1)
    at = entry_at if here is None else _cell(here, inner)
    colour = "green" if at > entry_at else "red"
    won_or_lost = range(min(at, entry_at), max(at, entry_at))
    cells: list[Cell] = [(fill, (colour,)) if cell in won_or_lost else (track, ("dim",)) for cell in range(inner)]
    cells[entry_at] = mark, ()
    shown: list[Cell] = [(low, ("dim",)), *cells, (high, ("dim",))]
    if here is not None:
        letter = below if at < 0 else above if at >= inner else dot
        shown[at + 1] = letter, ("bold",) if at == entry_at else ("bold", colour)
    return _runs(shown)


def _cell(place: float, inner: int) -> int:
    """The cell of a place, from 0; -1 and `inner` are the two ends, for what has reached them."""
    if place <= 0:
        return -1
    return inner if place >= 1 else min(int(place * inner), inner - 1)


def _runs(cells: list[Cell]) -> list[Piece]:
    """Neighbours of one style together."""
    return [
        Piece("".join(letter for letter, _ in run), styles) for styles, run in groupby(cells, key=lambda cell: cell[1])
    ]
