"""A journal of an older livekit is read, explained and gone on with; tests/adapters/format_1 was written by one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from livekit_cli import Live, Market, Proposal, Strategy
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import open_journal
from livekit_cli.adapters.lines import newer_format, verify
from livekit_cli.adapters.records import read_records
from livekit_cli.adapters.soundness import Ailment, examine
from livekit_cli.adapters.trails import find_trail
from livekit_cli.core.event import Mode
from livekit_cli.core.pnl import PnL
from livekit_cli.core.state import Identity

HOUSE = Path(__file__).parents[1]
OLDER = Path(__file__).parent / "adapters" / "format_1"
NAME = "csv-brisk-BTCUSDT.jsonl"
IDENTITY = Identity(Mode.PAPER, "csv", "brisk", "BTCUSDT")


class Brisk(Strategy):
    """Always in the market, three minutes at a time: what that journal was written with."""

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=1, stop_loss=1, minutes=3)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "signal" / "paper"
    folder.mkdir(parents=True)
    shutil.copy(OLDER / NAME, folder)
    shutil.copy(OLDER / "candles.csv", tmp_path)
    return tmp_path


def journal(project: Path) -> Path:
    return project / "data" / "signal" / "paper" / NAME


def test_it_is_sound(project: Path) -> None:
    assert examine(journal(project)).ailment is Ailment.NONE
    (record,) = read_records(project / "data")
    assert record.damage is None


def test_its_signals_are_read_without_costs(project: Path) -> None:
    trail, damages = find_trail(project / "data", "n7thwlq3lbz6")
    assert damages == []
    assert trail.closed is not None
    assert trail.closed.pnl == PnL(-0.07544955044953992, 100.0, 100.325)
    assert trail.closed.pnl.costs is None


def test_it_goes_on_in_the_same_file_with_costs(project: Path) -> None:
    before = journal(project).read_bytes()
    candles = project / "candles.csv"
    last = candles.read_text().splitlines()[-1].split(",")
    more = [",".join((str(int(last[0]) + n * 60_000), *["100.3"] * 4, "1.0")) for n in range(1, 6)]
    candles.write_text(candles.read_text() + "\n".join(more) + "\n")

    async def run() -> None:
        async for _ in Live.run("BTCUSDT", strategy=Brisk, candles=candles, speed=1e9, project=project):
            continue

    asyncio.run(run())
    content = journal(project).read_bytes()
    assert content.startswith(before)
    assert {json.loads(row)["v"] for row in content.splitlines()[: len(before.splitlines())]} == {1}
    assert {json.loads(row)["v"] for row in content.splitlines()[len(before.splitlines()) :]} == {2}
    assert verify(content).tail == b""
    trail, _ = find_trail(project / "data", "owmvqnipauek")
    assert trail.closed is not None
    assert trail.closed.pnl.costs == (0.1, 0.1)


@pytest.mark.parametrize("cut", [1, 9, 30, 60, 70, 200])
def test_its_torn_tail_is_one(project: Path, cut: int) -> None:
    content = journal(project).read_bytes()
    whole = content.rstrip(b"\n").rpartition(b"\n")[0] + b"\n"
    journal(project).write_bytes(content[: len(whole) + cut])
    opened = open_journal(project / "data", IDENTITY, Disk(), "a test", 0)
    opened.close()
    assert journal(project).read_bytes() == whole
    assert journal(project).with_suffix(".torn").read_bytes() == content[len(whole) : len(whole) + cut] + b"\n"


@pytest.mark.parametrize("number", [b"2", b"3", b"7"])
def test_a_number_of_its_format_that_was_changed_is_damage(project: Path, number: bytes) -> None:
    rows = journal(project).read_bytes().splitlines(keepends=True)
    rows[3] = rows[3].replace(b'"v":1,', b'"v":%s,' % number)
    assert newer_format(rows[3].rstrip()) is None
    journal(project).write_bytes(b"".join(rows))
    assert examine(journal(project)).ailment is Ailment.DAMAGED


def test_it_is_explained_at_the_costs_of_now_and_says_so(project: Path) -> None:
    words = [sys.executable, "-m", "livekit_cli", "explain", "n7thwlq3lbz6", "--candles", "candles.csv"]
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    page = subprocess.run(words, cwd=project, capture_output=True, text=True, check=True, env=environment).stdout
    assert "slippage and fee are those of now: an older livekit wrote this down without them" in page
    assert page.count("equal bit for bit") == 3
    words.append("--json")
    plain = json.loads(subprocess.run(words, cwd=project, capture_output=True, check=True, env=environment).stdout)
    assert plain["pnl"]["costs_recorded"] is False
    assert plain["closed"]["pnl"]["fee_percent"] is None
