"""Every benchmark, one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NAMES = (
    "starts",
    "append",
    "changing_minute",
    "idle_minute",
    "asking",
    "memory",
    "opening",
    "backtest",
    "reports",
    "table",
    "exchange_minute",
    "exchange_many",
    "exchange_memory",
    "exchange_start",
    "exchange_week",
    "parts",
)


def main() -> None:
    for name in NAMES:
        print(f"\n{name}", flush=True)
        subprocess.run([sys.executable, Path(__file__).with_name(f"{name}.py"), *sys.argv[1:]], check=True)


if __name__ == "__main__":
    main()
