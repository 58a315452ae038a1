"""The report of ten thousand signals, in each of its forms, as a command."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from threading import Thread

from bench import Row, arguments, command, environment, interleaved, scratch, show
from samples import fill, identity

SIGNALS = 10_000
TARGET = 2.0
"""Seconds."""


def main() -> None:
    given = arguments(__doc__)
    signals = given.of(SIGNALS, 50)
    with scratch(given) as folder:
        fill(folder, identity(), 4 * signals)
        words = command("report", "breakout", "--data-dir", str(folder))
        calls = {f"--format {form}": _piped([*words, "--format", form]) for form in ("md", "json", "csv")}
        calls["a page on a terminal"] = _on_a_terminal(words)
        taken = interleaved(given.of(5, 1), list(calls.values()))
    show(
        Row(f"report of {signals:,} signals, {name}", median(seconds), "s", TARGET)
        for name, seconds in zip(calls, taken, strict=True)
    )


def _piped(words: list[str]) -> Callable[[], object]:
    return lambda: subprocess.run(words, env=environment(), cwd=Path("/"), stdout=subprocess.PIPE, check=True)


def _on_a_terminal(words: list[str]) -> Callable[[], object]:
    def call() -> None:
        master, slave = pty.openpty()
        reader = Thread(target=_drain, args=(master,))
        reader.start()
        try:
            subprocess.run(words, env={**environment(), "TERM": "xterm"}, cwd=Path("/"), stdout=slave, check=True)
        finally:
            os.close(slave)
            reader.join()
            os.close(master)

    return call


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:  # how Linux says that the other end was closed
        return


if __name__ == "__main__":
    main()
