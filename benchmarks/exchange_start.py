"""How long `livekit run --exchange X --once` takes, the first time and as cron calls it, beside a bare interpreter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from bench import PROJECT, Row, arguments, command, environment, scratch, show
from exchanges import REST, Exchange, exchange, names

TARGET = 45.0
"""Times the work of a bare interpreter."""

LISTED = 1000
"""Symbols that the exchange lists: so many of its spot market, and as many contracts."""

WHOLE = ("ccxt.async_support", "ccxt.pro")
"""All of ccxt, as everybody imports it."""


class Taken(NamedTuple):
    """What a process took: seconds of somebody's life, seconds of the processor, and its peak memory in MB."""

    seconds: float
    cpu: float
    mb: float


def main() -> None:
    given = arguments(__doc__)
    with scratch(given) as folder, exchange(given.of(LISTED, 10)) as there:
        project = there.project(folder)
        shutil.copytree(PROJECT / "strategies", project / "strategies")
        run = command("run", *names(1), "--strategy", "breakout", "--exchange", REST, "--once")
        _first(run, project)  # writes the .pyc files
        rounds = [_round(there, run, project) for _ in range(given.of(15, 1))]
    bare, first, later, *whole = zip(*(taken for taken, _ in rounds), strict=True)
    rows = [Row("python -c pass", 1000 * median(one.seconds for one in bare), "ms")]
    rows += _rows(f"livekit run --once, the first time: {LISTED:,} symbols looked through", first, bare, None)
    rows += _rows("livekit run --once, as cron calls it", later, bare, TARGET)
    rows.append(Row("  requests for the markets", max(asked for _, asked in rounds), "", 0))
    for name, taken in zip(WHOLE, whole, strict=True):
        rows += _rows(f"import {name}", taken, bare, None)
    show(rows)


def _round(there: Exchange, run: list[str], project: Path) -> tuple[list[Taken], int]:
    """Each once, one after the other; and how often the later start asked for the markets."""
    bare, first = _start([sys.executable, "-c", "pass"], project), _first(run, project)
    there.forget("ledger")
    later = _start(run, project)
    asked = len(there.ask("ledger?endpoint=markets"))
    return [bare, first, later, *(_start([sys.executable, "-c", f"import {name}"], project) for name in WHOLE)], asked


def _first(run: list[str], project: Path) -> Taken:
    """A start with nothing that an earlier one left."""
    shutil.rmtree(project / "data", ignore_errors=True)
    return _start(run, project)


def _start(words: list[str], project: Path) -> Taken:
    began = perf_counter()
    with (project / "stderr").open("w+", encoding="utf-8") as said:
        started = subprocess.Popen(words, env=environment(), cwd=project, stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        assert started.returncode == 0, said.read()
    return Taken(perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _rows(name: str, taken: tuple[Taken, ...], bare: tuple[Taken, ...], target: float | None) -> list[Row]:
    times = sorted(one.cpu / other.cpu for one, other in zip(taken, bare, strict=True))
    spread = f"  times the work of a bare interpreter, from {times[0]:.1f} to {times[-1]:.1f}"
    return [
        Row(name, 1000 * median(one.seconds for one in taken), "ms"),
        Row(spread, median(times), "x", target),
        Row("  peak memory", median(one.mb for one in taken), "MB"),
    ]


if __name__ == "__main__":
    main()
