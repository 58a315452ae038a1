"""The process: deaf to no signal from its first instant, and ended by an exit code that says what happened."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line and exit."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave_early)
    from .cli import start

    start()


def _leave_early(number: int, _frame: object) -> None:
    """Asked to end before anything has begun: for a runner that is a graceful stop, for the rest an interruption."""
    os._exit(0 if "run" in sys.argv[1:2] else 128 + number)


if __name__ == "__main__":
    main()
