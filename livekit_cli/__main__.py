"""The process: deaf to no signal from its first instant, and ended by an exit code that says what happened."""

from __future__ import annotations

import signal

# A Ctrl-C during the imports below ends the process, instead of showing the trader where in them it was.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import gc
import os
import sys
import warnings
from typing import TextIO

YOUNG = 10_000
"""Objects made before Python looks for garbage: with its usual 700 it looks through what is being imported a hundred
times over."""


def main() -> None:
    """Run the command line and exit."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave_early)
    gc.set_threshold(YOUNG)
    _open_streams()
    # A strategy that forgets an `await` is told so in our words, with its line; Python would say it once more.
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    from .cli import start

    start()


def _open_streams() -> None:
    """Whoever closed a standard stream (`>&-`) gets silence; a journal must never be given its number.

    What a stream's encoding cannot say is spelled out: a note in Chinese must not end a run.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
    sys.stdout = _usable(sys.stdout, 1)
    sys.stderr = _usable(sys.stderr, 2)


def _usable(stream: TextIO | None, number: int) -> TextIO:
    if stream is None:
        return open(number, "w", encoding="utf-8", closefd=False)  # it lives as long as the process
    encoding = stream.encoding
    if stream.isatty():
        from .ui.look import speaks_unicode

        encoding = encoding if speaks_unicode(stream) else "ascii"  # Python writes UTF-8 also under LANG=C
    stream.reconfigure(encoding=encoding, errors="backslashreplace")  # type: ignore[attr-defined]
    return stream


def _leave_early(number: int, _frame: object) -> None:
    """Asked to end before anything has begun: what ends only when it is asked has ended well, the rest not."""
    os._exit(0 if sys.argv[1:2] in (["run"], ["watch"]) else 128 + number)


if __name__ == "__main__":
    main()
