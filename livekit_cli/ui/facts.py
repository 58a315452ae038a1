"""Facts about one thing, a name and a sentence each, below each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .look import Look

INDENT = "  "
NARROWEST = 30
"""Cells for a sentence; with less than that it stands below its name."""

Fact = tuple[str, str]


def fact_lines(facts: Iterable[Fact], look: Look, indent: str = INDENT) -> Iterator[str]:
    """Each fact on a line, sentences below each other; wrapped to the width of a terminal, and only there."""
    listed = list(facts)
    names = max((len(name) for name, _ in listed), default=0)
    hanging = " " * (len(indent) + names + len(INDENT))
    for name, text in listed:
        head = indent + look.paint(look.fitted(name, names), "dim") + INDENT
        if not look.is_terminal:
            yield (head + look.shown(text)).rstrip()
        elif look.width - len(hanging) >= NARROWEST:
            first, *others = replace(look, width=look.width - len(hanging)).wrapped(text) or [""]
            yield (head + first).rstrip()
            yield from (hanging + line for line in others)
        else:
            yield indent + look.paint(name, "dim")
            yield from (2 * indent + line for line in replace(look, width=look.width - 2 * len(indent)).wrapped(text))
