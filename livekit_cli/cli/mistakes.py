"""What is said of a command line that cannot be read: what was found, what was expected, and what to type instead."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ..adapters.strategy_files import kebab, names_in
from ..core.errors import UsageError
from ..core.words import did_you_mean, listed, near
from .examples import EXAMPLES
from .slips import check_dash, takes_value

MEANT = {
    "start": "run",
    "trade": "run",
    "live": "run",
    "paper": "run",
    "list": "strategies",
    "ls": "strategies",
    "ps": "status",
    "show": "status",
    "health": "status",
    "top": "watch",
    "history": "events",
    "log": "events",
    "logs": "events",
    "trades": "events",
    "stats": "report",
    "test": "backtest",
    "new": "init",
    "create": "init",
    "setup": "init",
    "markets": "exchanges",
    "fix": "repair",
    "validate": "check",
    "doctor": "check",
    "why": "explain",
}
"""Words that other programs have for what a command does here."""

ELSEWHERE = {
    "stop": "Ctrl-C or SIGTERM stops a run, and the next run goes on where it was",
    "quit": "Ctrl-C or SIGTERM stops a run, and the next run goes on where it was",
    "resume": "livekit run goes on where the last run was",
    "restart": "livekit run goes on where the last run was",
    "config": "livekit schema says what may stand in configs/, and livekit check what is wrong with it",
    "completion": "livekit --install-completion completes words in bash, zsh and fish",
}
"""What is done in another way than by a command, and how."""

_SYMBOL = re.compile(r"[A-Z0-9]{5,}|[A-Z0-9]{2,}([/:_-][A-Z0-9]+)+")


def command_line(program: Any, words: Sequence[str]) -> list[str]:
    """The words that are meant by those that begin with no command. Raises UsageError when nobody can tell."""
    if words[0] in ("help", "--help", "-h"):
        words = [*words[1:2], "--help"]
    if words[0] in ("version", "--version", "-V"):
        return ["--version"]
    first, *rest = words
    if first in ("--install-completion", "--show-completion") and not rest:
        return [first, _shell(first)]
    if first in program.commands:
        return list(words)
    check_dash(first)
    if not first.startswith("-") or not first.strip("-"):
        raise UsageError(_no_command(program, words))
    if first.partition("=")[0] not in _options(program):
        raise UsageError(_misplaced(program, words))
    return list(words)


def _shell(option: str) -> str:
    from ..adapters.shells import SCRIPTS, shell_in_use

    shell = shell_in_use()
    if shell is None:
        raise UsageError(f"{option} needs the name of a shell, one of {', '.join(SCRIPTS)}: {option} bash")
    return shell


def explained(program: Any, error: Any, words: Sequence[str]) -> UsageError:
    """What typer could not read, in our words."""
    name = words[0] if words[0] in program.commands else ""
    command = program.commands.get(name, program)
    kind = type(error).__name__
    if kind == "MissingParameter":
        text = _missing(name, error.param)
    elif kind == "NoSuchOption":
        text = _no_option(name, error.option_name, command)
    elif kind == "BadOptionUsage":
        text = _value(error.option_name, _options(command)[error.option_name], words)
    elif kind == "BadParameter":
        text = _bad(error)
    else:
        text = _too_many(name, error.message, command)
    return UsageError(text, f"Try '{' '.join(filter(None, ('livekit', name, '--help')))}'.")


def _options(command: Any) -> dict[str, Any]:
    """The options by their names."""
    params = [param for param in command.params if param.param_type_name == "option"]
    named = {name: param for param in params for name in (*param.opts, *param.secondary_opts)}
    return {**named, "--help": None, "-h": None}


# ---- the first word


def _no_command(program: Any, words: Sequence[str]) -> str:
    first, rest = words[0], [word for word in words[1:] if word not in ("run", "--help")]
    known = names_in(_project(rest))
    other = MEANT.get(first.lower(), "")
    if other in program.commands:
        meant = shlex.join(["livekit", other, *rest]) if rest else _example(other)
        return f"there is no command {first!r}; did you mean {other!r}, as in: {meant}"
    if first.lower() in ELSEWHERE:
        return f"there is no command {first!r}: {ELSEWHERE[first.lower()]}"
    if first.lower() not in program.commands:
        if first.endswith(".py") or ".py:" in first or kebab(first) in known:
            meant = _as_run(["SYMBOL"], [*rest, "--strategy", first])
            return f"{first} is a strategy, expected a command; did you mean: {meant}"
        if _SYMBOL.fullmatch(first):
            strategy = [] if {"-s", "--strategy"} & set(rest) else ["--strategy", next(iter(known), "NAME")]
            meant = _as_run([first], [*rest, *strategy])
            return f"{first} is a symbol, expected a command; did you mean: {meant}"
    return f"there is no command {first!r}; {_near_or_all(first, program.commands)}"


def _as_run(symbols: list[str], rest: list[str]) -> str:
    return shlex.join(["livekit", "run", *symbols, *rest])


def _misplaced(program: Any, words: Sequence[str]) -> str:
    """An option before the command: either it belongs behind it, or there is none of that name."""
    name = words[0].partition("=")[0]
    owners = {owner: _options(command) for owner, command in program.commands.items()}
    at = next((number for number, word in enumerate(words) if word in owners), None)
    if at is not None and name in owners[words[at]]:
        meant = ["livekit", words[at], *words[:at], *words[at + 1 :]]
        return f"{name} goes behind the command; did you mean: {shlex.join(meant)}"
    if any(name in options for options in owners.values()):
        return f"{name} goes behind the command: livekit COMMAND {shlex.join(words)}"
    return f"there is no option {name}; {_near_or_all(name, _long(program))}"


# ---- the words behind a command


def no_symbol(name: str) -> str:
    """What is said when the command `name` is given no symbol."""
    return f"{name} needs a SYMBOL, as in: {_example(name)}"


def no_strategy(name: str, words: Sequence[str]) -> str:
    """What is said when nobody names a strategy; `words` are those of the command line."""
    known = names_in(_project(words))
    for number, word in enumerate(words[1:], 1):
        if word in known or word.endswith(".py"):
            meant = [*words[:number], *words[number + 1 :], "--strategy", word]
            return f"{name} needs --strategy NAME; did you mean: {shlex.join(['livekit', *meant])}"
    if not known:
        return f"{name} needs --strategy NAME; {_project(words).absolute()} has none yet: livekit init makes one"
    return f"{name} needs --strategy NAME; {listed(known)}; configs/livekit.yaml can name one for good"


def _missing(name: str, param: Any) -> str:
    if param.param_type_name == "argument":
        return f"{name} needs a {param.metavar.strip('.')}, as in: {_example(name)}"
    return f"{name} needs {param.opts[0]} {param.metavar}, as in: {_example(name)}"


def _no_option(name: str, option: str, command: Any) -> str:
    return f"{name} has no option {option}; {_near_or_all(option, _long(command))}"


def _long(command: Any) -> list[str]:
    return [option for option in _options(command) if option.startswith("--")]


def _value(name: str, option: Any, words: Sequence[str]) -> str:
    if takes_value(option):
        return f"{name} needs a value: {name} {option.metavar}"
    found = next((word for word in words if word.startswith(f"{name}=")), name)
    return f"{name} takes no value, found {found}"


def _bad(error: Any) -> str:
    param = error.param
    name = param.metavar if param.param_type_name == "argument" else next(o for o in reversed(param.opts))
    found, said, _ = error.message.partition(" is not ")
    expected = _expected(param.type)
    if not said or not expected:
        return f"{name}: {error.message}"
    return f"{name} is {found}, expected {expected}{_number_in(name, found, param.type)}"


def _expected(kind: Any) -> str:
    choices = getattr(kind, "choices", None)
    if choices:
        return f"one of {', '.join(map(str, choices))}"
    least, most = getattr(kind, "min", None), getattr(kind, "max", None)
    word = _KINDS.get(kind.name.removesuffix(" range"), "")
    bounds = f"{f', {least} or more' if least is not None else ''}{f', {most} at most' if most is not None else ''}"
    return word + bounds if word else ""


_KINDS = {"float": "a number", "int": "a whole number", "integer": "a whole number"}
"""What typer's versions call the types of numbers."""


def _number_in(name: str, found: str, kind: Any) -> str:
    """A number with something around it: `10x`, `1,000`, `20candles`."""
    choices = getattr(kind, "choices", None)
    if choices:
        return did_you_mean(found.strip("'"), map(str, choices))
    digits = r"\d[\d.]*" if "float" in kind.name else r"\d[\d,_]*"
    number = re.fullmatch(rf"'\s*[x×*]?\s*({digits})\s*[A-Za-z×%*]*\s*'", found)
    return f"; did you mean {name} {re.sub('[,_]', '', number[1])}?" if number else ""


def _too_many(name: str, message: str, command: Any) -> str:
    found = re.search(r"argument\S* \((.*)\)$", message, re.DOTALL)
    takes = [param.metavar for param in command.params if param.param_type_name == "argument"]
    taken = f"takes one {takes[0].strip('[]')}" if takes else "takes no words of its own, only options"
    return f"{name} {taken}; {found[1]!r} is too much" if found else f"{name}: {message}"


# ---- what to type instead


def _project(words: Sequence[str]) -> Path:
    texts = [word.removeprefix("--project=") for word in words if word.startswith("--project=")]
    texts += [words[number + 1] for number, word in enumerate(words[:-1]) if word == "--project"]
    return Path(texts[-1]) if texts else Path()


def _example(name: str) -> str:
    return next((line for line, _ in EXAMPLES.get(name, ())), f"livekit {name}")


def _near_or_all(word: str, words: Collection[str]) -> str:
    found = near(word, words, 0.7 if len(word) > 3 else 0.6)  # one letter of three is a third
    return f"did you mean {found!r}?" if found else listed(words)
