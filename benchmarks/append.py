"""A journal append beside the bare write and fdatasync of the same bytes, on the same file system."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import Row, arguments, ratio, scratch, show
from samples import identity, opened, trades

from livekit_cli.adapters.lines import NO_SUM, step_line

TARGET = 2.0
GROUP = 10
"""Appends per measurement: a single fdatasync varies by half."""


def main() -> None:
    given = arguments(__doc__)
    with scratch(given) as folder:
        appends, bare = asyncio.run(_measured(folder, given.of(60, 3)))
    show(
        [
            Row("write + fdatasync, bare", 1e6 * median(bare) / GROUP, "us"),
            Row("await journal.append(step), durable", 1e6 * median(appends) / GROUP, "us"),
            Row("  times the bare write", ratio(appends, bare), "x", TARGET),
        ]
    )


async def _measured(folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds for GROUP appends, and for GROUP bare writes, in turn."""
    steps = trades(identity())
    journal = opened(folder, identity())
    fd = os.open(folder / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    appends, bare = [], []
    for _ in range(rounds):
        group = [next(steps) for _ in range(GROUP)]
        lines = [step_line(one, 0, number, NO_SUM).content + b"\n" for number, one in enumerate(group, 1)]
        began = perf_counter()
        for one in group:
            await journal.append(one, 0)
        middle = perf_counter()
        for line in lines:
            os.write(fd, line)
            os.fdatasync(fd)
        appends.append(middle - began)
        bare.append(perf_counter() - middle)
    os.close(fd)
    journal.close()
    return appends, bare


if __name__ == "__main__":
    main()
