"""Every benchmark still runs; and what livekit must not do at all, whatever the time it takes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from livekit_cli import wiring
from livekit_cli.adapters.csv_file import CsvFeed
from livekit_cli.adapters.demo import DemoMarket
from livekit_cli.adapters.direct import Direct
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import SEGMENT_BYTES, open_journal
from livekit_cli.adapters.paper import PaperBroker
from livekit_cli.adapters.strategist import Guarded
from livekit_cli.backtest import Replay
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Event, Mode
from livekit_cli.core.history import History
from livekit_cli.core.signal import Proposal
from livekit_cli.core.state import Identity, Idle, Step, Terms
from livekit_cli.live import Runner
from livekit_cli.strategy import Market, Strategy
from livekit_cli.supervise import Fleet
from livekit_cli.testing import FakeClock, MemoryJournal
from livekit_cli.wiring import Request

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
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
START = 1_767_225_600_000

HEAVY = ("ccxt", "pydantic", "numpy", "asyncio", "rich", "aiohttp", "yaml", "filelock")
"""What takes longer to import than everything that these commands need."""


def identity() -> Identity:
    return Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT")


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_and_prints_its_lines(name: str, tmp_path: Path) -> None:
    words = [sys.executable, str(BENCHMARKS / f"{name}.py"), "--quick", "--folder", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    assert header.split() == ["claim", "measured", "target", "ratio"]
    assert len(rows) >= 3
    assert list(tmp_path.iterdir()) == []


def test_all_of_them_are_in_the_readme_and_in_the_command_that_runs_them_all() -> None:
    readme = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    everything = (BENCHMARKS / "all.py").read_text(encoding="utf-8")
    for name in NAMES:
        assert f"`python benchmarks/{name}.py`" in readme
        assert f'"{name}"' in everything


@pytest.mark.parametrize("words", [["--version"], ["status"], ["watch"], ["report", "breakout"]], ids=" ".join)
def test_a_command_on_the_data_folder_imports_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    open_journal(tmp_path / "data", identity(), Disk(), "a test", START).close()
    loaded = f"print(*sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    say = f"import atexit, sys\natexit.register(lambda: {loaded})"
    run = f"{say}\nsys.argv = ['livekit', *{words!r}]\nfrom livekit_cli.__main__ import main\nmain()"
    done = subprocess.run([sys.executable, "-c", run], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert done.stdout


class Never(Strategy):
    """Looks, and never trades."""

    async def get_signal(self, market: Market) -> Proposal | None:
        await market.candles("1m", 30)
        return None


class CountingDisk(Disk):
    """Counts what reaches the platter."""

    syncs = 0

    def sync(self, fd: int) -> None:
        CountingDisk.syncs += 1
        super().sync(fd)

    def sync_folder(self, folder: Path) -> None:
        CountingDisk.syncs += 1
        super().sync_folder(folder)


def test_idle_minutes_sync_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "Disk", CountingDisk)
    wired = wiring.desks(Request(["BTCUSDT", "ETHUSDT"], Never, speed=1e9, project=tmp_path))

    async def run() -> int:
        fleet = Fleet(wired, lambda _event, _acknowledge: None)
        await fleet.open()
        opened = CountingDisk.syncs
        await fleet.run(30)
        return CountingDisk.syncs - opened

    assert asyncio.run(run()) == 0
    assert CountingDisk.syncs > 0


class ReadingDisk(Disk):
    """Notes how many bytes it read."""

    size = 0

    def read(self, fd: int) -> bytes:
        content = super().read(fd)
        self.size += len(content)
        return content

    def sync(self, fd: int) -> None:
        """Thousands of lines in a second."""


def test_opening_reads_no_more_than_one_segment_however_long_the_journal_is(tmp_path: Path) -> None:
    async def fill() -> None:
        journal = open_journal(tmp_path, identity(), ReadingDisk(), "a test", START)
        for minute in range(2_000):
            await journal.append(Step(START + minute * MINUTE_MS, Idle()), 0)
        journal.close()

    asyncio.run(fill())
    disk = ReadingDisk()
    journal = open_journal(tmp_path, identity(), disk, "a test", START)
    journal.close()
    written = sum(path.stat().st_size for path in tmp_path.rglob("*.jsonl"))
    assert journal.seq == 2_000
    assert written > 3 * SEGMENT_BYTES
    assert 0 < disk.size <= SEGMENT_BYTES


class Quarterly(Strategy):
    """Asked every 15 minutes; long and short by turns, with levels that are reached now and then."""

    interval = "15m"

    async def get_signal(self, market: Market) -> Proposal | None:
        candles = await market.candles("1m", 30)
        if market.now // MINUTE_MS % 45 == 0:
            return None
        trade = market.long if candles[-1].close > candles[0].close else market.short
        return trade(take_profit=0.3, stop_loss=0.2, minutes=90)


def test_a_backtest_has_the_events_of_the_live_loop_on_the_same_candles() -> None:
    history = History(DemoMarket().between("BTCUSDT", START, START + 3 * 1440 * MINUTE_MS))
    terms = Terms(identity())
    first, last = history.first + MINUTE_MS, history.last + MINUTE_MS

    async def replayed() -> list[Event]:
        strategist = Direct(Quarterly(), "breakout", "BTCUSDT", history)
        return [event async for event in Replay(history, strategist, terms).events(first, last)]

    async def lived() -> list[Event]:
        events: list[Event] = []

        def deliver(event: Event, acknowledge: Any) -> None:
            events.append(event)
            acknowledge()

        feed = CsvFeed("BTCUSDT", history)
        runner = Runner(
            terms=terms,
            clock=FakeClock(first, last),
            feed=feed,
            broker=PaperBroker(),
            journal=MemoryJournal(),
            strategist=Guarded(Quarterly(), "breakout", "BTCUSDT", feed),
            deliver=deliver,
        )
        await runner.run()
        runner.close()
        return events

    events = asyncio.run(replayed())
    assert len(events) > 50
    assert {getattr(event, "close_reason", None) for event in events} >= {"take_profit", "stop_loss", "time_expired"}
    assert asyncio.run(lived()) == events


def test_a_project_whose_defaults_are_all_comments_reads_no_yaml(tmp_path: Path) -> None:
    """As `livekit init` makes it: a start would take a fifth longer."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "livekit.yaml").write_text("# a comment\n\n   # and another\n")
    run = "import sys\nsys.argv = ['livekit', 'status']\nfrom livekit_cli.cli import start\n"
    say = "try:\n    start()\nfinally:\n    print('yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", run + say], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
