"""How long the commands take that work on the data folder, beside a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench import Row, arguments, command, environment, interleaved, ratio, scratch, show
from samples import fill, identity

TARGET = 16.0
"""Times a bare interpreter."""

LINES = 100
"""Four lines are two events: fifty events."""

HEAVY = ("livekit_cli.core.state", "livekit_cli.cli", "asyncio", "typer")


def main() -> None:
    given = arguments(__doc__)
    with scratch(given) as folder:
        fill(folder, identity(), LINES)
        where = ("--data-dir", str(folder))
        commands = {
            "livekit --version": command("--version"),
            "livekit status": command("status", *where),
            "livekit report breakout": command("report", "breakout", *where),
        }
        also = {f"import {name}": [sys.executable, "-c", f"import {name}"] for name in HEAVY}
        bare = [sys.executable, "-c", "pass"]
        words = [bare, *commands.values(), *also.values()]
        for one in words:
            _run(one)()  # writes the .pyc files
        first, *rest = interleaved(given.of(21, 2), [_run(one) for one in words])
    rows = [Row("python -c pass", 1000 * median(first), "ms")]
    for name, taken in zip([*commands, *also], rest, strict=True):
        rows.append(Row(name, 1000 * median(taken), "ms"))
        target = TARGET if name in commands else None
        rows.append(Row("  times a bare interpreter", ratio(taken, first), "x", target))
    show(rows)


def _run(words: list[str]) -> Callable[[], object]:
    return lambda: subprocess.run(words, env=environment(), cwd=Path("/"), stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main()
