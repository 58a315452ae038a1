"""Real livekit processes on a project of their own, watched from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.records import Record, read_events, read_records
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.codec import event_to_dict

sys.path.insert(0, str(Path(__file__).parent))  # for the modules beside this one

FIRST = 1_772_410_200_000
"""When recorded candles begin: 2026-03-02 00:10 UTC."""

PATIENCE = 60.0
"""Seconds until a test gives up on what should long have happened; generous, for a loaded machine."""

ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("PYTHON") and name not in ("FORCE_COLOR", "NO_COLOR", "TERM", "COLUMNS", "LINES")
}


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What `condition` says as soon as that is true."""
    pacing = threading.Event()
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        pacing.wait(0.003)
    return found


def interpreter() -> str:
    """The interpreter itself: a shim would be what a tracer sees, and what a signal ends."""
    with Path(sys.executable).open("rb") as file:
        assert file.read(4) == b"\x7fELF", f"{sys.executable} is a script, expected the real interpreter"
    return sys.executable


@dataclass(frozen=True)
class Ended:
    """How a process ended and what it said."""

    code: int
    out: str
    err: str
    seconds: float = 0.0

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its events, when it ran with --json; a line that a kill cut short is left out."""
        return [json.loads(line) for line in self.out.splitlines(keepends=True) if line.endswith("\n")]


class Running:
    """One process, its output going to files unless the test took it elsewhere."""

    def __init__(self, command: Sequence[str], folder: Path, **options: Any) -> None:
        number = len(list(folder.glob("*.out")))
        self._out, self._err = folder / f"{number}.out", folder / f"{number}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            given: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err, "env": ENVIRONMENT}
            self.process = subprocess.Popen(command, **(given | options))
        self._asked = time.monotonic()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8", errors="replace")

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8", errors="replace")

    def until_out(self, text: str) -> None:
        until(lambda: text in self.out or self.gone(), f"{text!r} on standard output")

    def until_err(self, text: str) -> None:
        until(lambda: text in self.err or self.gone(), f"{text!r} on standard error")

    def gone(self) -> bool:
        return self.process.poll() is not None

    def send(self, number: int = signal.SIGTERM) -> None:
        self._asked = time.monotonic()
        self.process.send_signal(number)

    def ended(self, seconds: float = PATIENCE) -> Ended:
        """Wait for the end; `seconds` of the answer count from the last signal sent."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"still running after {seconds} s; standard error: {self.err!r}")
        return Ended(code, self.out, self.err, time.monotonic() - self._asked)

    def close(self) -> None:
        if not self.gone():
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


@dataclass
class Project:
    """A folder with strategies, candles and data, and the processes started on it."""

    folder: Path
    started: list[Running] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def strategy(self, name: str, body: str, *, interval: str = "1m", head: str = "") -> None:
        """`strategies/{name}.py` whose class holds the methods in `body`."""
        lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
        cls = "".join(word.capitalize() for word in name.split("_"))
        text = (
            f"from livekit_cli import Strategy\n{head}\nclass {cls}(Strategy):\n    interval = {interval!r}\n{lines}\n"
        )
        self.write(f"strategies/{name}.py", text)

    def candles(self, closes: Iterable[float], name: str = "candles.csv") -> Path:
        rows = [
            f"{FIRST + number * MINUTE_MS},{close},{close + 0.02},{close - 0.02},{close},10"
            for number, close in enumerate(closes)
        ]
        return self.write(name, "\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")

    def command(self, *arguments: object) -> list[str]:
        return [interpreter(), "-m", "livekit_cli", *map(str, arguments)]

    def start(self, *arguments: object, **options: Any) -> Running:
        return self.start_command(self.command(*arguments), **options)

    def start_command(self, command: Sequence[str], **options: Any) -> Running:
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        running = Running(command, logs, **({"cwd": self.folder} | options))
        self.started.append(running)
        return running

    def run(self, *arguments: object, **options: Any) -> Ended:
        return self.start(*arguments, **options).ended()

    def records(self) -> dict[str, Record]:
        return {record.identity.symbol: record for record in read_records(self.data)}

    def events(self, symbol: str | None = None) -> list[dict[str, Any]]:
        """What the journals say has happened; raises when one of them is not sound."""
        records = read_records(self.data, symbol=symbol)
        assert not [record.damage for record in records if record.damage]
        return [event_to_dict(event) for record in records for event in read_events(record)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    yield project
    for running in project.started:
        running.close()


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    return until
