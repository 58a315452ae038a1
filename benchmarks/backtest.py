"""A backtest of a year of one-minute candles: the engine alone, and the whole command."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from statistics import median
from time import perf_counter

import quarterly
from bench import Arguments, Row, arguments, command, environment, scratch, show
from samples import START, identity

from livekit_cli import Candles
from livekit_cli.adapters.demo import DemoMarket
from livekit_cli.adapters.direct import Direct
from livekit_cli.backtest import Replay
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.history import History
from livekit_cli.core.state import Terms

CANDLES = 500_000


def main() -> None:
    given = arguments(__doc__)
    count = given.of(CANDLES, 3_000)
    candles = DemoMarket().between("BTCUSDT", START - count * MINUTE_MS, START)
    rounds = [_engine(candles) for _ in range(given.of(7, 1))]
    seconds, events = [took for took, _ in rounds], rounds[0][1]
    million = [count / took / 1e6 for took in seconds]
    with scratch(given) as folder:
        whole = _command(candles, folder, given)
    show(
        [
            Row(f"backtest of {count:,} candles in memory, asked every 15m", max(million), "M/s", 1.0, True),
            Row("  typically", median(million), "M/s"),
            Row("  seconds, the fastest round", min(seconds), "s"),
            Row("  events", events, ""),
            Row("the whole command, with reading the CSV file", whole, "s"),
            Row("  candles a second", count / whole / 1e6, "M/s"),
        ]
    )


def _engine(candles: Candles) -> tuple[float, int]:
    """Seconds from the candles in memory to the last event, and how many events there were."""
    history = History(candles)
    began = perf_counter()
    events = asyncio.run(_events(history))
    return perf_counter() - began, events


async def _events(history: History) -> int:
    whose = identity()
    replay = Replay(history, Direct(quarterly.Quarterly(), whose.strategy, whose.symbol, history), Terms(whose))
    return len([event async for event in replay.events(history.first + MINUTE_MS, history.last + MINUTE_MS)])


def _command(candles: Candles, folder: Path, given: Arguments) -> float:
    file = folder / "candles.csv"
    rows = ("{},{!r},{!r},{!r},{!r},{!r}\n".format(*candle) for candle in candles)
    file.write_text("timestamp,open,high,low,close,volume\n" + "".join(rows), encoding="ascii")
    strategy = f"{Path(quarterly.__file__).resolve()}:Quarterly"
    words = command("backtest", "BTCUSDT", "--strategy", strategy, "--candles", str(file))
    seconds = []
    for _ in range(given.of(3, 1)):
        began = perf_counter()
        subprocess.run(words, env=environment(), cwd=folder, capture_output=True, check=True)
        seconds.append(perf_counter() - began)
    return min(seconds)


if __name__ == "__main__":
    main()
