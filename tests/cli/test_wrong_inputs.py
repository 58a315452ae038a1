"""Every wrong input of the table gets its exit code and exactly its text, and nothing on standard output."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from livekit_cli import Live, Market, Proposal, Strategy

sys.path.insert(0, str(Path(__file__).parent))  # for the module beside this one

from wrong_inputs import WRONG, Row, page, prepare, rows_of, steady

ROWS = [row for rows in WRONG.values() for row in rows]


class Brisk(Strategy):
    """Always in the market, three minutes at a time."""

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=1, stop_loss=1, minutes=3)


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which brisk has run on BTCUSDT and ETHUSDT."""
    folder = tmp_path_factory.mktemp("ran")
    path = folder / "candles.csv"
    path.write_text(rows_of(*["100,101,99,100,1"] * 6))

    async def run(symbol: str) -> None:
        async for _ in Live.run(symbol, strategy=Brisk, candles=path, speed=1e9, project=folder):
            continue

    for symbol in ("BTCUSDT", "ETHUSDT"):
        asyncio.run(run(symbol))
    return folder / "data"


@pytest.mark.parametrize(
    ("heading", "row"),
    [pytest.param(heading, row, id=f"{heading}: {row.what}") for heading, rows in WRONG.items() for row in rows],
)
def test_a_wrong_input_is_told_what_is_wrong(livekit: Any, tmp_path: Path, ran: Path, heading: str, row: Row) -> None:
    prepare(row, tmp_path, ran)
    words = shlex.split(row.command)
    if row.process:
        command = [sys.executable, "-m", "livekit_cli", *words]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        ended = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment, check=False
        )
        code, out, said = ended.returncode, ended.stdout, ended.stderr
    else:
        called = livekit(*words)
        code, out, said = called.code, "\n".join(called.out), "\n".join(called.err)
    assert steady(said, tmp_path).rstrip("\n") == row.expected
    assert (code, out) == (row.code, "")


def test_there_are_at_least_two_hundred_and_no_two_say_the_same() -> None:
    assert len(ROWS) >= 200
    counted = Counter((heading, row.what) for heading, rows in WRONG.items() for row in rows)
    assert max(counted.values()) == 1
    assert max(Counter((row.command, str(row.files), row.damage, row.ran) for row in ROWS).values()) == 1


def test_what_is_said_can_be_read() -> None:
    """One voice: who speaks, then one thing on each line, in printable letters, without a traceback."""
    for row in ROWS:
        lines = row.expected.splitlines()
        assert row.code in (1, 2, 65, 69, 73, 74, 75, 77, 78), row.what
        assert row.is_logged or lines[0].startswith("livekit: "), row.what
        assert all(line.isprintable() and line == line.rstrip() for line in lines), row.what
        assert not any(word in row.says for word in ("Traceback", "<class", "object at 0x", "livekit_cli/")), row.what


def test_the_page_has_every_row() -> None:
    text = "\n".join(page())
    assert text.count("\n$ livekit ") == len(ROWS)
    assert all(row.expected in text for row in ROWS)
