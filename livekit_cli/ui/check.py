"""What a check has found: a sign, a subject and a sentence on each line, and how to mend what is not in order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..core.check import Answer, Sign
from .look import Look

STYLES = {Sign.OK: ("green",), Sign.WARNING: ("yellow",), Sign.WRONG: ("bold", "red")}
SIGN_CELLS, SUBJECT_CELLS, INDENT = 7, 11, 4
NARROWEST = 36
"""Cells for a sentence; with less than that it stands below its sign and subject."""


def check_lines(answers: Iterable[Answer], look: Look) -> Iterator[str]:
    """For people, as soon as each is known: a pipe gets each sentence on one line, a terminal lines that fit it."""
    counts = dict.fromkeys(Sign, 0)
    for answer in answers:
        counts[answer.sign] += 1
        yield from _lines(answer, look)
    words = [look.paint(f"{count} {sign.value}", *STYLES[sign]) for sign, count in counts.items() if count]
    yield f"{sum(counts.values())} answers: {', '.join(words)}"


def check_json(answer: Answer) -> str:
    """One object on one line, ASCII only."""
    plain = {
        "subject": answer.subject,
        "sign": answer.sign.value,
        "found": answer.found,
        "mend": answer.mend or None,
        "code": answer.code,
    }
    return json.dumps(plain, separators=(",", ":"))


def _lines(answer: Answer, look: Look) -> Iterator[str]:
    sign = look.paint(look.fitted(answer.sign.value, SIGN_CELLS), *STYLES[answer.sign])
    head = f"{sign}  {look.fitted(answer.subject, SUBJECT_CELLS)}  "
    hanging = SIGN_CELLS + SUBJECT_CELLS + 4
    is_narrow = look.is_terminal and look.width - hanging < NARROWEST
    indent = " " * (INDENT if is_narrow else hanging)
    found = _wrapped(answer.found, look, len(indent))
    yield head.rstrip() if is_narrow else head + found[0]
    yield from (indent + line for line in (found if is_narrow else found[1:]))
    if answer.mend:
        mend = _wrapped(f"-> {answer.mend}", look, len(indent))
        yield from (indent + line for line in mend)


def _wrapped(text: str, look: Look, indent: int) -> list[str]:
    if not look.is_terminal:
        return [look.shown(text)]
    return replace(look, width=max(1, look.width - indent)).wrapped(text) or [""]
