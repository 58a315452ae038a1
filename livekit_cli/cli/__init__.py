"""The command line: one file for each command; each parses, calls, prints, and sets the exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from itertools import chain
from typing import Annotated, Any

import typer

from ..core.errors import DiskFailed, LivekitError, UsageError
from .commands import Command, Group
from .output import complain, forget, print_lines

GROUPS = {
    "Set up": ("init", "check", "strategies", "exchanges", "schema"),
    "Run": ("download", "backtest", "run"),
    "Look": ("status", "watch", "events"),
    "Understand": ("report", "explain", "dump"),
    "Mend": ("repair",),
}
"""In the order in which help lists them, which is that in which a newcomer meets them."""

COMMANDS = tuple(chain.from_iterable(GROUPS.values()))
"""Each is the `command` of the module of its name; its examples are in examples.py."""

COMPLETE = "_LIVEKIT_COMPLETE"
"""Set by a shell that asks what the word being typed may become; it names the shell."""

Version = Annotated[bool, typer.Option("-V", "--version", help="Print the version and end.", is_eager=True)]

InstallCompletion = Annotated[
    str | None, typer.Option("--install-completion", metavar="SHELL", help="Complete words in bash, zsh or fish.")
]
ShowCompletion = Annotated[
    str | None, typer.Option("--show-completion", metavar="SHELL", help="Print the script that does so.")
]

Misused: type[Exception] = typer.BadParameter.__mro__[2]
"""What typer raises for a command line that it cannot read; older versions have it from a package, newer ones not."""


def application(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The program with these commands. Each costs a millisecond or two, so a start loads the one that it needs."""
    app = typer.Typer(
        name="livekit",
        cls=Group,
        help="Run trading strategies live on paper: crash-safe, one journal per symbol.",
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,  # Rich takes 60 ms to load; a defect's traceback is as good as Python prints it
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True)(livekit)
    for name in names:
        app.command(name, cls=Command)(import_module(f".{name}", __name__).command)
    return app


def livekit(
    *, version: Version = False, install_completion: InstallCompletion = None, show_completion: ShowCompletion = None
) -> None:
    """What the program does when no command is named."""
    if version:
        from .. import __version__

        print_lines([f"livekit {__version__}"])
    elif install_completion is not None or show_completion is not None:
        from .completion import install, show

        install(install_completion) if install_completion is not None else show(show_completion or "")


def start() -> None:
    """Parse the command line, run the command, and exit with its code."""
    try:
        code = _run(sys.argv[1:])
    except LivekitError as error:
        first, *rest = error.lines or ("",)
        complain(f"livekit: {first}", *rest)
        code = error.exit_code
    except BrokenPipeError:  # of the help page: who reads it has seen enough
        forget(sys.stdout)
        code = 0
    except OSError as error:
        code = _failed(error)
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    # What is left is not looked through for garbage once more: with ccxt, a sixth of what `run --once` takes.
    gc.freeze()
    sys.exit(code)


def _failed(error: OSError) -> int:
    """Of a file that nobody foresaw, or the help page on a full disk, the name says more than a traceback."""
    if error.errno == errno.ENAMETOOLONG:  # which only a person can have typed
        complain(f"livekit: {str(error.filename)[:60]!r}... is too long for the name of a file")
        return UsageError.exit_code
    forget(sys.stdout)
    complain(f"livekit: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}")
    return DiskFailed.exit_code


def _run(words: list[str]) -> int:
    """Raises UsageError for words that are no command line."""
    if COMPLETE in os.environ:
        from .completion import complete

        complete(words)
        return 0
    program: Any = typer.main.get_command(application(_needed(words)))
    if not words:
        return _begin(program)
    if words[0] not in COMMANDS:
        from .mistakes import command_line

        words = command_line(program, words)
    try:
        with program.make_context("livekit", list(words)) as context:
            program.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    except Misused as error:
        from .mistakes import explained

        raise explained(program, error, words) from None
    return 0


def _needed(words: list[str]) -> Iterable[str]:
    """The command that is called; all where help or a mistake needs to know the others."""
    if words[:1] in (["--version"], ["-V"]):
        return ()
    return words[:1] if words and words[0] in COMMANDS else COMMANDS


def _begin(program: Any) -> int:
    """Without a command there is nothing to do but to show which there are, and to say that none was done."""
    with program.make_context("livekit", ["status"]) as context:
        sys.stderr.write(program.get_help(context) + "\n")
    return UsageError.exit_code
