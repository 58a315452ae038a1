"""What the benchmarks share: the table, the arguments, a folder on a real disk, and the statistics of noisy numbers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Without a target it is there to be read, and is no claim."""

    claim: str
    measured: float
    unit: str
    target: float | None = None
    more_is_better: bool = False

    @property
    def holds(self) -> bool:
        if self.target is None:
            return True
        return self.measured >= self.target if self.more_is_better else self.measured <= self.target


@dataclass(frozen=True, slots=True)
class Arguments:
    """`quick`: fewer rounds and smaller inputs, to see that a benchmark still runs. `folder`: where journals are."""

    quick: bool
    folder: Path

    def of(self, usual: int, quick: int) -> int:
        return quick if self.quick else usual


def arguments(about: str | None) -> Arguments:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="see that it runs; the numbers mean nothing")
    parser.add_argument("--folder", type=Path, default=PROJECT, help="where journals are made: a real disk, no tmpfs")
    found = parser.parse_args()
    return Arguments(found.quick, found.folder)


@contextmanager
def scratch(given: Arguments) -> Iterator[Path]:
    """A folder for this run, gone afterwards."""
    with TemporaryDirectory(prefix=".benchmark-", dir=given.folder) as name:
        yield Path(name)


def show(rows: Iterable[Row]) -> None:
    print(f"{'claim':<66}{'measured':>14}{'target':>14}{'ratio':>7}")
    for row in rows:
        target, ratio = ("", "") if row.target is None else (_shown(row.target, row.unit), _ratio(row))
        missed = "" if row.holds else "  MISSED"
        print(f"{row.claim:<66}{_shown(row.measured, row.unit):>14}{target:>14}{ratio:>7}{missed}", flush=True)


def interleaved(rounds: int, calls: Sequence[Callable[[], object]]) -> list[list[float]]:
    """The seconds that each of `calls` took in each round: A B A B, so that a slow spell of the machine hits all."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for seconds, call in zip(taken, calls, strict=True):
            began = perf_counter()
            call()
            seconds.append(perf_counter() - began)
    return taken


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """How many times longer `above` took, round by round; the middle of it."""
    return median(one / other for one, other in zip(above, below, strict=True))


def environment() -> dict[str, str]:
    """This process's, but with bytecode kept: without .pyc files every start is five times slower."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def command(*words: str) -> list[str]:
    """The installed `livekit` with these words; the module where there is no script."""
    script = Path(sys.executable).with_name("livekit")
    return [str(script), *words] if script.exists() else [sys.executable, "-m", "livekit_cli", *words]


def _ratio(row: Row) -> str:
    return f"{row.measured / row.target:.2f}" if row.target else ""


def _shown(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.2f}"
    return f"{digits} {unit}".rstrip()
