"""The memory of `livekit run` with a hundred demo symbols, without a terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from bench import PROJECT, Row, arguments, command, environment, scratch, show

SYMBOLS = 100


def main() -> None:
    given = arguments(__doc__)
    symbols = [f"COIN{number}USDT" for number in range(SYMBOLS)]
    words = ["run", *symbols, "--strategy", "breakout", "--speed", "600", "--project", str(PROJECT)]
    with scratch(given) as folder:
        run, lines = peak_mb(command(*words, "--data-dir", str(folder)), folder, given.of(15, 3))
        bare, _ = peak_mb([sys.executable, "-c", "import asyncio, time; time.sleep(60)"], folder, 0)
    show(
        [
            Row("livekit run, 100 demo symbols at --speed 600: peak memory", run, "MB", 80.0),
            Row("  a bare interpreter with asyncio", bare, "MB"),
            Row("  events shown meanwhile", lines, ""),
        ]
    )


def peak_mb(words: list[str], folder: Path, seconds: float) -> tuple[float, int]:
    """Peak resident memory of a process that is asked to end after a while, and how many lines it printed."""
    shown = folder / "stdout"
    with shown.open("w", encoding="utf-8") as output, (folder / "stderr").open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(words, env=environment(), cwd=folder, stdout=output, stderr=errors)
    with suppress(subprocess.TimeoutExpired):
        process.wait(1 + seconds)
    process.send_signal(signal.SIGTERM)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if "livekit" in " ".join(words) and process.returncode:
        raise RuntimeError((folder / "stderr").read_text(encoding="utf-8"))
    return usage.ru_maxrss / 1024, len(shown.read_text(encoding="utf-8").splitlines())


if __name__ == "__main__":
    main()
