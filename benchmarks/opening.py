"""Opening a journal of a year beside opening one of yesterday: seconds, and bytes read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench import Row, arguments, interleaved, ratio, scratch, show
from samples import fill, identity, opened

from livekit_cli.adapters.disk import Disk
from livekit_cli.core.state import Identity

LINES = 100_000
"""A year of a busy symbol: 68 trades a day."""


FULL_LINES = 92
"""Of these lines the newest file holds so many before it is rotated: the most that an opening ever reads."""


class MeasuringDisk(Disk):
    """Counts the bytes it reads."""

    size = 0

    def read(self, fd: int) -> bytes:
        content = super().read(fd)
        self.size += len(content)
        return content


def main() -> None:
    given = arguments(__doc__)
    lines = given.of(LINES, 1_000)
    year, full, fresh = identity("YEAR"), identity("FULL"), identity("FRESH")
    with scratch(given) as folder:
        fill(folder, year, lines)
        fill(folder, full, FULL_LINES)
        fill(folder, fresh, 4)
        calls = [_opening(folder, whose) for whose in (fresh, year, full)]
        took = interleaved(given.of(100, 3), calls)
        read = [_bytes_read(folder, whose) for whose in (fresh, year, full)]
    show(
        [
            Row("opening a journal of 4 lines", 1e3 * median(took[0]), "ms"),
            Row(f"opening a journal of {lines:,} lines", 1e3 * median(took[1]), "ms"),
            Row("  times the fresh one", ratio(took[1], took[0]), "x", 2.0),
            Row("  bytes read", read[1], "bytes"),
            Row("opening one whose newest file is all but full", 1e3 * median(took[2]), "ms"),
            Row("  times the fresh one", ratio(took[2], took[0]), "x"),
            Row("  bytes read", read[2], "bytes"),
        ]
    )


def _opening(folder: Path, whose: Identity) -> Callable[[], None]:
    return lambda: opened(folder, whose).close()


def _bytes_read(folder: Path, whose: Identity) -> int:
    disk = MeasuringDisk()
    opened(folder, whose, disk).close()
    return disk.size


if __name__ == "__main__":
    main()
