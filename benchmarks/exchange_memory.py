"""The memory of `livekit run` with 50 symbols of an exchange that lists thousands, by REST and by websocket."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench import PROJECT, Row, arguments, command, scratch, show
from exchanges import REST, STREAM, exchange, names
from memory import peak_mb

TARGET_MB = 120.0

SYMBOLS = 50

LISTED = 1500
"""Symbols that the exchange lists: so many of its spot market, and as many contracts. All of them are read at the first
start and once more behind it, and what is not needed is let go."""

SECONDS = 75
"""A whole minute, and what is done behind the start."""


def main() -> None:
    given = arguments(__doc__)
    with scratch(given) as folder, exchange(given.of(LISTED, SYMBOLS)) as there:
        project = there.project(folder / "project")
        shutil.copytree(PROJECT / "strategies", project / "strategies")
        rest, stream = (_peak(project, name, given.of(SECONDS, 4)) for name in (REST, STREAM))
    show(
        [
            Row("livekit run, 50 symbols by REST: peak memory", rest, "MB", TARGET_MB),
            Row("livekit run, 50 symbols by websocket: peak memory", stream, "MB", TARGET_MB),
            Row("  symbols on the exchange's two markets", 2 * LISTED, ""),
        ]
    )


def _peak(project: Path, name: str, seconds: int) -> float:
    words = ["run", *names(SYMBOLS), "--strategy", "breakout", "--exchange", name, "--project", str(project), "--plain"]
    return peak_mb(command(*words, "--data-dir", str(project / name)), project, seconds)[0]


if __name__ == "__main__":
    main()
