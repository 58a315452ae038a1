"""The command line: one file for each command; each parses, calls, prints, and sets the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from ..core.errors import DiskFailed, LivekitError
from .output import complain, forget, print_lines

COMMANDS = (
    "run",
    "status",
    "events",
    "report",
    "dump",
    "strategies",
    "backtest",
)
"""In the order in which help lists them; each is the `command` of the module of its name."""

Version = Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True)]


def application(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The program with these commands. Each costs a millisecond or two, so a start loads the one that it needs."""
    app = typer.Typer(
        name="livekit",
        help="Run trading strategies live on paper: crash-safe, one journal per symbol.",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,  # Rich takes 60 ms to load; a defect's traceback is as good as Python prints it
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True)(livekit)
    for name in names:
        app.command(name)(import_module(f".{name}", __name__).command)
    return app


def livekit(*, version: Version = False) -> None:
    """What the program does when no command is named."""
    if version:
        from .. import __version__

        print_lines([f"livekit {__version__}"])
        raise typer.Exit


def start() -> None:
    """Parse the command line, run the command, and exit with its code."""
    try:
        application(_wanted())()
    except LivekitError as error:
        complain(f"livekit: {error}")
        sys.exit(error.exit_code)
    except OSError as error:
        # A file that nobody foresaw, or the help page on a full disk: the file's name says more than a traceback.
        forget(sys.stdout)
        complain(f"livekit: {error}")
        sys.exit(DiskFailed.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def _wanted() -> Iterable[str]:
    """The command that is called; all where help, a mistake or a completion needs to know the others."""
    named = sys.argv[1:2]
    return named if named and named[0] in COMMANDS and "_LIVEKIT_COMPLETE" not in os.environ else COMMANDS
