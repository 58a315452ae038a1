"""The command line: one file for each command; each parses, calls, prints, and sets the exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..core.errors import DiskFailed, LivekitError
from . import backtest, dump, events, report, run, status, strategies
from .output import complain, forget, print_lines

app = typer.Typer(
    name="livekit",
    help="Run trading strategies live on paper: crash-safe, one journal per symbol.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # Rich takes 60 ms to load; a defect's traceback is as good as Python prints it
    rich_markup_mode=None,
)

Version = Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True)]


@app.callback(invoke_without_command=True)
def livekit(*, version: Version = False) -> None:
    """What the program does when no command is named."""
    if version:
        from .. import __version__

        print_lines([f"livekit {__version__}"])
        raise typer.Exit


for _name, _module in {
    "run": run,
    "status": status,
    "events": events,
    "report": report,
    "dump": dump,
    "strategies": strategies,
    "backtest": backtest,
}.items():
    app.command(_name)(_module.command)


def start() -> None:
    """Parse the command line, run the command, and exit with its code."""
    try:
        app()
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
