"""Help pages: what a command does, what it takes, and examples that work as they stand, on any width of terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from ..ui.look import Look, look_of
from . import GROUPS
from .examples import BEGIN, EXAMPLES

WIDEST = 100
"""Cells in a line; longer ones are hard to read."""

NARROWEST = 24
"""Cells for a column of prose; with less than that, names and their explanations stand on lines of their own."""

MANY = 8
"""More options than these are shown in groups."""

HELP = "Show this page."
OTHERS = "Options"

_BOUNDS = re.compile(r"\[required\]|\[x[<>]=[^\]]*\]")
"""What typer adds that usage and the words themselves say better."""


def width_of(look: Look) -> int:
    """Cells in a line of help: those of the terminal, or what COLUMNS says, or eighty."""
    columns = os.environ.get("COLUMNS", "")
    said = int(columns) if columns.isdecimal() and int(columns) else 80
    return max(20, min(look.width if look.is_terminal else said, WIDEST))


def command_page(command: Any, context: Any) -> str:
    """The help of one command."""
    name = context.info_name
    look = look_of(sys.stdout)
    width = width_of(look)
    arguments = [record for param in command.params if _is_argument(param) for record in _record(param, context)]
    lines = [*_filled(f"Usage: {usage(command, context)}", width, 11), ""]
    for paragraph in (command.help or "").split("\n\n"):
        lines += [*_filled(" ".join(paragraph.split()), width), ""]
    if arguments:
        lines += [*_section("Arguments", _rows(arguments, width), look), ""]
    for title, options in _grouped(command, context).items():
        lines += [*_section(title, _rows(options, width), look), ""]
    lines += _section("Examples", _examples(EXAMPLES.get(name, ()), width), look)
    return "\n".join(lines).rstrip()


def program_page(program: Any, context: Any) -> str:
    """The help of the program: its commands in the order in which they are met."""
    look = look_of(sys.stdout)
    width = width_of(look)
    lines = [*_filled("Usage: livekit COMMAND [OPTIONS]", width, 7), "", *_filled(program.help, width), ""]
    lines += [*_section("Begin here", _examples(BEGIN, width), look), ""]
    widest = max(map(len, program.commands))
    for title, names in GROUPS.items():
        rows = [(name.ljust(widest), sentence(program.commands[name].help)) for name in names]
        lines += [*_section(title, _rows(rows, width), look), ""]
    options = [record for param in program.get_params(context) for record in _record(param, context)]
    lines += [*_section("Options", _rows(options, width), look), ""]
    return "\n".join([*lines, *_filled("livekit COMMAND --help says what a command takes, with examples.", width)])


def usage(command: Any, context: Any) -> str:
    """`livekit run SYMBOL... --strategy NAME [OPTIONS]`: what must be there, in the order in which it is typed."""
    words = ["livekit", context.info_name]
    words += [_needed(param) for param in command.params if _is_argument(param)]
    words += [
        f"{param.opts[0]} {param.metavar}" for param in command.params if param.required and param.opts[0][0] == "-"
    ]
    return " ".join([*words, "[OPTIONS]"])


def sentence(text: str | None) -> str:
    """The first sentence of a command's help."""
    first, dot, _ = " ".join((text or "").split()).partition(". ")
    return first + "." * bool(dot)


def _needed(param: Any) -> str:
    name: str = param.metavar or param.name.upper()
    return name if param.required or name.startswith("[") else f"[{name}]"


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")


def _record(param: Any, context: Any) -> Iterator[tuple[str, str]]:
    if param.name == "help":
        yield "-h, --help", HELP
    elif record := param.get_help_record(context):
        names, text = record
        yield names, " ".join(_BOUNDS.sub("", text).split())


def _grouped(command: Any, context: Any) -> dict[str, list[tuple[str, str]]]:
    """The options under their titles; all under one where there are few."""
    options = [param for param in command.get_params(context) if not _is_argument(param)]
    found: dict[str, list[tuple[str, str]]] = {}
    for param in options:
        title = (getattr(param, "rich_help_panel", None) or OTHERS) if len(options) > MANY else OTHERS
        found.setdefault(title, []).extend(_record(param, context))
    found[OTHERS] = found.pop(OTHERS)  # the last, with --help
    return found


def _section(title: str, lines: Iterable[str], look: Look) -> Iterator[str]:
    yield look.paint(f"{title}:", "bold")
    yield from lines


def _rows(records: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    """Names at the left, explanations at the right; below each other on a narrow terminal."""
    records = list(records)
    indent = min(max(len(name) for name, _ in records), 28) + 4
    for name, text in records:
        if width - indent < NARROWEST:
            yield from (f"  {name}".rstrip(), *_filled(text, width, 6, 6))
        elif len(name) + 4 > indent:
            yield from (f"  {name}", *_filled(text, width, indent, indent))
        else:
            first, *rest = _filled(text, width, indent, indent) or [""]
            yield from (f"  {name:<{indent - 2}}{first[indent:]}".rstrip(), *rest)


def _examples(examples: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    for line, what in examples:
        yield from (f"  # {part}" for part in wrap(what, width - 4))
        yield from _command(line, width)


def _command(line: str, width: int) -> Iterator[str]:
    """A command line that can be copied as it stands, also where it takes several lines."""
    parts = [line]
    if len(line) + 2 > width:
        glued = re.sub(r"(?<= )(--?[a-z-]+) (?!-)", "\\1\0", line)  # an option stays with its value
        parts = [part.replace("\0", " ") for part in wrap(glued, width - 8, **_WHOLE_WORDS)]
    for number, part in enumerate(parts):
        yield ("      " if number else "  ") + part + (" \\" if number < len(parts) - 1 else "")


_WHOLE_WORDS: Any = {"break_long_words": False, "break_on_hyphens": False}


def _filled(text: str, width: int, indent: int = 0, first: int = 0) -> list[str]:
    return wrap(text, width, initial_indent=" " * first, subsequent_indent=" " * indent, **_WHOLE_WORDS)
