"""Standard output is data, standard error is everything else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable


def print_lines(lines: Iterable[str]) -> None:
    """Print to standard output; a reader who has seen enough ends the command quietly."""
    try:
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        forget_stdout()
        raise SystemExit(0) from None


def complain(text: str) -> None:
    """Tell the trader on standard error."""
    try:
        sys.stderr.write(text + "\n")
    except BrokenPipeError:
        # Nobody reads the errors either; the exit code still tells.
        return


def forget_stdout() -> None:
    """Send what Python still wants to flush at exit to nowhere, instead of into a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
