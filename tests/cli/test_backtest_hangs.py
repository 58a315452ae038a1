"""A strategy that never comes back ends its backtest; each in a process of its own, lest it holds pytest too."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DRIVER = """
from livekit_cli.__main__ import main
from livekit_cli.cli import backtest

backtest.BACKTEST_SECONDS = 0.5
main()
"""

STRATEGY = """
import asyncio

from livekit_cli import Strategy

EIGHT_PAST = 1767226080000


class Stuck(Strategy):
    interval = "1m"

"""

HANGS = {
    "a busy loop": """
    def get_signal(self, market):
        while market.now >= EIGHT_PAST:
            pass
""",
    "an async busy loop": """
    async def get_signal(self, market):
        while market.now >= EIGHT_PAST:
            pass
""",
    "an endless wait": """
    async def get_signal(self, market):
        if market.now >= EIGHT_PAST:
            await asyncio.sleep(1000)
""",
    "a busy hook": """
    async def get_signal(self, market):
        return market.long(take_profit=1, stop_loss=1, minutes=3)

    def on_close(self, result):
        while True:
            pass
""",
    "a loop that catches everything": """
    def get_signal(self, market):
        while market.now >= EIGHT_PAST:
            try:
                while True:
                    pass
            except BaseException:
                pass
""",
    "a wait that refuses to be cancelled": """
    async def get_signal(self, market):
        while market.now >= EIGHT_PAST:
            try:
                await asyncio.sleep(1000)
            except BaseException:
                pass
""",
    "a busy task beside an endless wait": """
    async def get_signal(self, market):
        if market.now >= EIGHT_PAST:
            self.task = asyncio.create_task(self.spin())
            await asyncio.sleep(1000)

    async def spin(self):
        while True:
            pass
""",
}

MINUTE = {"a busy hook": "2026-01-01T00:04:00Z"}


def _command(world: Any, hang: str) -> list[str]:
    path = world.strategy("stuck", STRATEGY + HANGS[hang])
    words = ["backtest", "BTCUSDT", "--strategy", f"{path}:Stuck", "--candles", str(world.candles([100.0] * 30))]
    return [sys.executable, "-c", DRIVER, *words]


def _sentence(hang: str) -> str:
    minute = MINUTE.get(hang, "2026-01-01T00:08:00Z")
    return f"livekit: strategy stuck gave no answer within 0.5 s at {minute}: the backtest ended there"


@pytest.mark.parametrize("hang", HANGS)
def test_a_backtest_whose_strategy_never_comes_back_ends_with_one_sentence(
    world: Any, tmp_path: Path, hang: str
) -> None:
    ended = subprocess.run(_command(world, hang), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", _sentence(hang) + "\n")


@pytest.mark.parametrize("hang", ["a busy loop", "an endless wait", "a loop that catches everything"])
def test_the_progress_bar_of_a_backtest_that_hangs_makes_room_for_the_sentence(
    world: Any, tmp_path: Path, hang: str
) -> None:
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    process = subprocess.Popen(_command(world, hang), cwd=tmp_path, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    seen = _all(master)
    assert process.wait(60) == 1
    assert "backtest: reading the candles" in seen
    assert "\x1b[?25l" not in seen, "nothing is hidden that would have to be given back"
    assert seen.endswith(f"\r\x1b[K{_sentence(hang)}\r\n")
    assert "Traceback" not in seen


def _all(terminal: int) -> str:
    """What is written to `terminal` until nobody has it open any more."""
    seen = b""
    try:
        while piece := os.read(terminal, 4096):
            seen += piece
    except OSError:  # how Linux says that the other end was closed
        pass
    finally:
        os.close(terminal)
    return seen.decode()
