"""How long every command takes on a small project, beside a bare interpreter: what a person waits for it to start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from bench import Row, arguments, command, environment, ratio, scratch, show
from samples import START, fill, identity

from livekit_cli.cli import COMMANDS
from livekit_cli.core.candle import MINUTE_MS

TARGET = 16.0
"""Times a bare interpreter."""

TARGET_OF = {"run": 20.0, "backtest": 20.0, "check": 20.0}
"""Of those that load all that runs: the event loop, the lock, the strategy."""

TARGET_MS = 250.0

LINES = 100
"""Four lines are two events: fifty events."""

CANDLES = 120
"""Two hours of them."""

WORDS = {
    "init": "init new",
    "schema": "schema fleet",
    "backtest": "backtest BTCUSDT --strategy my-strategy --candles candles.csv",
    "run": "run BTCUSDT --strategy my-strategy --candles candles.csv --speed 1e9 --once",
    "watch": "watch --once",
    "report": "report breakout",
}
"""What a command is given here, if anything."""

ELSEWHERE = ("download",)
"""It needs an exchange, whose start `exchange_start.py` measures."""

HEAVY = ("livekit_cli.core.state", "livekit_cli.cli", "asyncio", "typer")


def main() -> None:
    given = arguments(__doc__)
    with scratch(given) as folder:
        project = _project(folder)
        lines = ["--version", "--help", *(WORDS.get(name, name) for name in COMMANDS if name not in ELSEWHERE)]
        also = {f"import {name}": [sys.executable, "-c", f"import {name}"] for name in HEAVY}
        bare = [sys.executable, "-c", "pass"]
        words = [bare, *(command(*line.split()) for line in lines), *also.values()]
        for one in words:
            _start(one, project)  # writes the .pyc files
        rounds = [[_start(one, project) for one in words] for _ in range(given.of(11, 1))]
    first, *rest = zip(*rounds, strict=True)
    rows = [Row("python -c pass", 1000 * median(one.seconds for one in first), "ms")]
    for name, taken in zip([*(f"livekit {line.split()[0]}" for line in lines), *also], rest, strict=True):
        is_claim = name not in also
        target = TARGET_OF.get(name.removeprefix("livekit "), TARGET)
        rows.append(Row(name, 1000 * median(one.seconds for one in taken), "ms", TARGET_MS if is_claim else None))
        times = ratio([one.cpu for one in taken], [one.cpu for one in first])
        rows.append(Row("  times a bare interpreter's work", times, "x", target if is_claim else None))
    show(rows)


class Taken(NamedTuple):
    """What a start took: seconds of somebody's life, and of the processor, which a busy machine changes less."""

    seconds: float
    cpu: float


def _start(words: list[str], project: Path) -> Taken:
    began = perf_counter()
    started = subprocess.Popen(
        words, env=environment(), cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    assert started.returncode == 0, words
    return Taken(perf_counter() - began, used.ru_utime + used.ru_stime)


def _project(folder: Path) -> Path:
    """What `livekit init` makes, with candles and a journal."""
    project = folder / "project"
    subprocess.run(command("init", str(project)), env=environment(), stdout=subprocess.DEVNULL, check=True)
    rows = [f"{START + number * MINUTE_MS},100,101,99,100,1" for number in range(CANDLES)]
    (project / "candles.csv").write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    fill(project / "data", identity(), LINES)
    return project


if __name__ == "__main__":
    main()
