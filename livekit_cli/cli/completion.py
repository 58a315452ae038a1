"""What the shell may offer for the word that is being typed. No strategy is imported, no journal checked or locked.

The shell's script calls `livekit` with the words up to the cursor and `_LIVEKIT_COMPLETE=SHELL` in the environment.
What is printed is a line for each word, with a tab before what it means; or `:files ENDING` or `:folders`, which shells
complete better than we do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import typer

from ..adapters import glimpse, shells
from ..adapters.strategy_files import names_in
from ..core.candle import INTERVALS
from ..core.errors import LivekitError, UsageError
from ..core.words import did_you_mean
from . import COMMANDS, COMPLETE, application
from .help import sentence
from .output import print_lines
from .slips import takes_value

DEMO_SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
"""What is offered where nothing has run."""

Offer = tuple[str, str]
"""A word, and what it means."""


def install(shell: str) -> None:
    """`--install-completion`. Raises UsageError and CannotCreate."""
    installed = shells.install(_checked("--install-completion", shell))
    lines = [f"written: {installed.script}"]
    lines += [f"read by: {installed.start}"] if installed.start else []
    print_lines([*lines, f"Open a new {shell}, and press Tab behind livekit."])


def show(shell: str) -> None:
    """`--show-completion`. Raises UsageError."""
    print_lines(shells.SCRIPTS[_checked("--show-completion", shell)].splitlines())


def _checked(option: str, shell: str) -> str:
    if shell not in shells.SCRIPTS:
        known = ", ".join(shells.SCRIPTS)
        raise UsageError(f"{option} is {shell!r}, expected one of {known}{did_you_mean(shell, shells.SCRIPTS)}")
    return shell


def complete(words: Sequence[str]) -> None:
    """Print what the last of `words` may become, for the shell that the environment names."""
    shell = os.environ[COMPLETE]
    words = _rejoined(words) if shell == "bash" else list(words)
    typed = words[-1] if words else ""
    option, equals, _ = typed.partition("=")
    kept = option + equals if equals and typed.startswith("--") else ""
    lines = []
    for word, meaning in offers(words or [""]):
        if word.startswith(":"):
            lines += [word] if shell != "bash" or ":" not in typed else []  # bash would list what is behind the mark
        elif word.startswith(typed.removeprefix(kept)):
            lines.append(_line(word, meaning, shell, kept, typed))
    print_lines(lines)


def offers(words: Sequence[str]) -> Iterable[Offer]:
    """Everything that may stand in the place of the last of `words`, whatever has been typed of it."""
    *before, typed = words
    if before[:1] == ["help"]:
        before = []
    if not before:
        return _commands() if not typed.startswith("-") else _flags(_program(()), ())
    if before[0] not in COMMANDS:
        return ()
    return _Line(_program(before[:1]).commands[before[0]], before[1:]).offers(typed)


def _program(names: Iterable[str]) -> Any:
    return typer.main.get_command(application(names))


def _commands() -> Iterator[Offer]:
    for name, command in _program(COMMANDS).commands.items():
        yield name, sentence(command.help)


class _Line:
    """The words behind a command, as far as they have been typed."""

    def __init__(self, command: Any, before: Sequence[str]) -> None:
        self._command = command
        params = [param for param in command.params if param.param_type_name == "option"]
        self._options = {name: param for param in params for name in (*param.opts, *param.secondary_opts)}
        self._values: dict[str, list[str]] = {}
        self._waiting: Any = None
        self._plain: list[str] = []
        self.typed = ""
        """What there is of the word itself."""
        for word in before:
            self._take(word)

    def _take(self, word: str) -> None:
        name, equals, value = word.partition("=")
        option = self._options.get(name)
        if self._waiting is not None:
            self._values[self._waiting.name] = [word]
            self._waiting = None
        elif option is None:
            self._plain += [] if word.startswith("-") else [word]
        elif takes_value(option) and not equals:
            self._waiting = option
        else:
            self._values[option.name] = [value]

    def offers(self, typed: str) -> Iterable[Offer]:
        name, equals, value = typed.partition("=")
        self.typed = value if equals and name in self._options else typed
        if self._waiting is not None:
            return self._of(self._waiting)
        if equals and name in self._options:
            return self._of(self._options[name])
        if typed.startswith("-"):
            return _flags(self._command, self._values)
        arguments = [param for param in self._command.params if param.param_type_name == "argument"]
        at = min(len(self._plain), len(arguments) - 1)
        if not arguments or (at < len(self._plain) and arguments[at].nargs == 1):
            return _flags(self._command, self._values)
        taken = self._plain
        return (offer for offer in self._of(arguments[at]) if offer[0] not in taken)

    def _of(self, param: Any) -> Iterable[Offer]:
        choices = getattr(param.type, "choices", None)
        if choices:
            return ((str(choice), "") for choice in choices)
        keys = (f"{self._command.name} {param.name}", f"{param.param_type_name} {param.name}", param.name)
        find = next((VALUES[key] for key in keys if key in VALUES), None)
        return find(self) if find else ()

    @cached_property
    def project(self) -> Path:
        return Path(*self._values.get("project", []))

    @cached_property
    def data(self) -> Path:
        from ..adapters.config.defaults import data_folder_of

        given = self._values.get("data_dir")
        try:
            return data_folder_of(self.project, Path(*given) if given else None)
        except LivekitError:  # whatever is wrong with the defaults, a shell is not the place to say so
            return self.project / "data"


def _flags(command: Any, given: Mapping[str, object] | Sequence[str]) -> Iterator[Offer]:
    for param in command.params:
        if param.param_type_name == "option" and (param.multiple or param.name not in given):
            yield max(param.opts, key=len), sentence(param.help)
    yield "--help", "Show what it takes, with examples."


def _symbols(line: _Line) -> Iterator[Offer]:
    names = dict.fromkeys(journal.symbol for journal in glimpse.journals(line.data))
    yield from ((name, "") for name in names or DEMO_SYMBOLS)


def _strategies(line: _Line) -> Iterator[Offer]:
    yield from ((name, "") for name in names_in(line.project) if glimpse.HARMLESS.fullmatch(name))


def _traded(line: _Line) -> Iterator[Offer]:
    yield from ((name, "") for name in dict.fromkeys(journal.strategy for journal in glimpse.journals(line.data)))


def _signals(line: _Line) -> Iterator[Offer]:
    from ..ui.lines import minute_text

    for told in glimpse.signals(line.data):
        yield told.id, f"{told.symbol} {told.action} {minute_text(told.time)}"


def _exchanges(line: _Line) -> Iterator[Offer]:
    yield "demo", "the built-in market"
    yield from ((name, "") for name in glimpse.configs(line.project, fleets=False) if name != "demo")
    if line.typed:  # a hundred names are no choice
        yield from _of_ccxt(line)


def _of_ccxt(_: _Line) -> Iterator[Offer]:
    from ..adapters.ccxt_import import ccxt_ids

    yield from ((name, "") for name in ccxt_ids())


def _fleets(line: _Line) -> Iterator[Offer]:
    yield from ((name, "") for name in glimpse.configs(line.project, fleets=True))
    yield ":files yaml", ""


def _intervals(_: _Line) -> Iterator[Offer]:
    yield from ((name, "") for name in INTERVALS)


def _kinds(_: _Line) -> Iterator[Offer]:
    from ..core.settings import TABLES

    yield from ((name, "") for name in TABLES)


def _journals(line: _Line) -> Iterator[Offer]:
    yield from _symbols(line)
    yield ":files jsonl", ""


def _folders(_: _Line) -> Iterator[Offer]:
    yield ":folders", ""


def _files(ending: str) -> Callable[[_Line], Iterable[Offer]]:
    return lambda _: [(f":files {ending}", "")]


VALUES: dict[str, Callable[[_Line], Iterable[Offer]]] = {
    "symbols": _symbols,
    "symbol": _symbols,
    "status strategy": _traded,
    "watch strategy": _traded,
    "option strategy": _strategies,
    "argument strategy": _traded,
    "signal": _signals,
    "kind": _kinds,
    "which": _journals,
    "exchange": _exchanges,
    "word": _of_ccxt,
    "interval": _intervals,
    "candles": _files("csv"),
    "config": _fleets,
    "svg": _files("svg"),
    "project": _folders,
    "data_dir": _folders,
    "path": _folders,
    "folder": _folders,
}
"""Where the values of a parameter come from, by its name in the code; that of one command's goes before."""


def _rejoined(words: Sequence[str]) -> list[str]:
    """Bash takes a word apart at each `=` and `:`; together again it is what was typed."""
    joined: list[str] = []
    glue = False
    for word in words:
        is_mark = word in ("=", ":")
        if joined and (glue or is_mark) and joined[-1]:
            joined[-1] += word
        else:
            joined.append(word)
        glue = is_mark
    return joined


def _line(word: str, meaning: str, shell: str, kept: str, typed: str) -> str:
    if shell == "bash":  # which replaces no more than what is behind the last mark
        return word[max(typed.removeprefix(kept).rfind(mark) for mark in ":=") + 1 :]
    return f"{kept if shell == 'fish' else ''}{word}\t{meaning}".rstrip("\t")
