"""A journal append beside the bare write and fdatasync of the same bytes, on the same file system."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import Row, arguments, ratio, scratch, show
from samples import identity, opened, trades

from livekit_cli.adapters.journal import DISK_THREADS
from livekit_cli.adapters.lines import NO_SUM, step_line

TARGET = 2.0
GROUP = 10
"""Appends per measurement: a single fdatasync varies by half."""


def main() -> None:
    given = arguments(__doc__)
    with scratch(given) as folder:
        appends, bare, threaded = asyncio.run(_measured(folder, given.of(60, 3)))
    show(
        [
            Row("write + fdatasync, bare", 1e6 * median(bare) / GROUP, "us"),
            Row("the same in a thread, so that the loop is not held up", 1e6 * median(threaded) / GROUP, "us"),
            Row("await journal.append(step), durable", 1e6 * median(appends) / GROUP, "us"),
            Row("  times the bare write", ratio(appends, bare), "x", TARGET),
            Row("  times the bare write in a thread", ratio(appends, threaded), "x"),
        ]
    )


async def _measured(folder: Path, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Seconds for GROUP appends, for GROUP bare writes, and for GROUP bare writes in a thread, in turn."""
    steps = trades(identity())
    journal = opened(folder, identity())
    fd = os.open(folder / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    appends, bare, threaded = [], [], []
    for _ in range(rounds):
        group = [next(steps) for _ in range(GROUP)]
        lines = [step_line(one, 0, number, NO_SUM).content + b"\n" for number, one in enumerate(group, 1)]
        began = perf_counter()
        for one in group:
            await journal.append(one, 0)
        middle = perf_counter()
        for line in lines:
            _write(fd, line)
        last = perf_counter()
        for line in lines:
            await DISK_THREADS.run(partial(_write, fd, line))
        appends.append(middle - began)
        bare.append(last - middle)
        threaded.append(perf_counter() - last)
    os.close(fd)
    journal.close()
    return appends, bare, threaded


def _write(fd: int, line: bytes) -> None:
    os.write(fd, line)
    os.fdatasync(fd)


if __name__ == "__main__":
    main()
