"""What the live table costs: a draw a second of what `run` shows, and `watch` on journals that nobody writes."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, thread_time

from bench import Arguments, Row, arguments, command, environment, scratch, show
from samples import START, fill, identity

from livekit_cli.adapters.clock import rest
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.pulse import Pulse, Snapshot
from livekit_cli.core.signal import Position, Signal
from livekit_cli.core.state import Idle, Open, State
from livekit_cli.ui.look import Look
from livekit_cli.ui.screen import Screen
from livekit_cli.ui.styled import painted
from livekit_cli.ui.table import View, frame

SYMBOLS = (1, 8, 50, 500)
COLUMNS, LINES = 120, 70
"""A terminal in which fifty symbols are shown, each with all its columns."""

MINUTE_SECONDS = 60
PERCENT = 1.0
"""Of a core."""


def main() -> None:
    given = arguments(__doc__)
    rows = [row for count in SYMBOLS for row in _draws(count, given.of(5, 1))]
    with scratch(given) as folder:
        rows += _watching(folder, given)
    show(rows)


def _draws(count: int, minutes: int) -> list[Row]:
    """A draw a second: prices, results and what is left change once a minute, the countdown each second."""
    with terminal() as fd:
        taken = list(_seconds_of(count, minutes, fd))
    share = 100 * sum(taken) / (minutes * MINUTE_SECONDS)
    target = PERCENT if count <= 50 else None
    many = f"{count} symbols" if count > 1 else "one symbol"
    return [
        Row(f"the table of {many}, drawn each second: CPU of a core", share, "%", target),
        Row("  the costliest draw", 1000 * max(taken), "ms"),
    ]


def _seconds_of(count: int, minutes: int, fd: int) -> Iterator[float]:
    screen, look = Screen(), Look(is_terminal=True, width=COLUMNS - 1, height=LINES - 1, colour=True)
    for minute in range(minutes):
        time = START + minute * MINUTE_MS
        snapshots = [_snapshot(number, time) for number in range(count)]
        for second in range(MINUTE_SECONDS):
            began = thread_time()
            lines = [painted(line, look) for line in frame(View(snapshots), time + 1000 * second + 50, look)]
            os.write(fd, screen.change(lines, (COLUMNS, LINES)).encode())
            yield thread_time() - began


def _snapshot(number: int, time: int) -> Snapshot:
    """Every third symbol has a signal open; every tenth has had an error."""
    price = 100.0 * (1 + number) + time // MINUTE_MS % 7 / 10
    signal = Signal("a", Position.LONG, price - 0.2, price * 1.01, price * 0.995, 600, "30m high", START)
    state: State = Idle() if number % 3 else Open(signal)
    pulse = Pulse(
        minute=time,
        heartbeat=time + 20,
        newest_candle=time,
        next_due=time + MINUTE_MS,
        first=START - MINUTE_MS,
        price=price,
        unrealised=None if number % 3 else 0.1,
        error=None if number % 10 else "no answer from the exchange",
        error_time=time,
        status="running",
    )
    return Snapshot(identity(f"COIN{number}USDT"), state, pulse)


def _watching(folder: Path, given: Arguments) -> list[Row]:
    for number in range(given.of(50, 5)):
        fill(folder, identity(f"COIN{number}USDT"), 40)
    with terminal() as fd:
        used = _of_process(command("watch", "--data-dir", str(folder)), fd, given.of(30, 2))
    return [
        Row("livekit watch on 50 idle journals: CPU of a core", 100 * used.seconds / used.elapsed, "%", PERCENT),
        Row("  until its first table: CPU", 1000 * used.start, "ms"),
    ]


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds of a process: to its start, and afterwards in `elapsed` seconds."""

    start: float
    seconds: float
    elapsed: float


def _of_process(words: list[str], fd: int, seconds: float) -> Used:
    with subprocess.Popen(words, stdin=fd, stdout=fd, stderr=fd, env=environment() | {"TERM": "xterm"}) as process:
        rest(2)
        start, began = _cpu(process.pid), monotonic()
        rest(seconds)
        used = Used(start, _cpu(process.pid) - start, monotonic() - began)
        process.terminate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}")
    return used


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def terminal() -> Iterator[int]:
    """A terminal that somebody looks at: a thread reads what is written to it."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    threading.Thread(target=_read, args=(master,), daemon=True).start()
    yield slave
    os.close(slave)


def _read(master: int) -> None:
    try:
        while os.read(master, 65536):
            continue
    except OSError:
        os.close(master)  # its other end was closed


if __name__ == "__main__":
    main()
