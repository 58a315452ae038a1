"""The command line, called in this process as the program calls it, and a data folder to call it on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from livekit_cli import Live, Market, Proposal, Strategy
from livekit_cli.cli import start
from livekit_cli.testing import candles

HOSTILE_NOTE = "a | note\x1b]0;title\x07 \x1b[31m[/] <b> \u202e ` \n# head"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, and the lines of both streams."""

    code: int
    out: list[str]
    err: list[str]


Livekit = Callable[..., Ended]


@pytest.fixture
def livekit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Livekit:
    """Calls the command line with these words, in `tmp_path`."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["livekit", *words])
        capfd.readouterr()
        code: Any = 0
        try:
            start()
        except SystemExit as ended:
            code = ended.code
        out, err = capfd.readouterr()
        return Ended(code or 0, out.splitlines(), err.splitlines())

    return call


class Brisk(Strategy):
    """Always in the market, three minutes at a time."""

    note: str = ""

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=1, stop_loss=1, minutes=3, note=self.note)


class World:
    """A project folder in which something has been run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def candles(self, closes: Iterable[float], name: str = "candles.csv") -> Path:
        path = self.folder / name
        rows = [",".join(map(repr, candle)) for candle in candles(closes)]
        path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
        return path

    def strategy(self, name: str, text: str) -> Path:
        path = self.folder / "strategies" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def run(self, symbol: str = "BTCUSDT", minutes: int = 6, strategy: type[Strategy] = Brisk, **params: Any) -> Path:
        """Run a strategy on flat candles; the path of the journal that it leaves."""
        asyncio.run(self._run(symbol, minutes, strategy, params))
        (path,) = self.folder.glob(f"data/signal/paper/*-{symbol.translate(str.maketrans('/:', '__'))}.jsonl")
        return path

    async def _run(self, symbol: str, minutes: int, strategy: type[Strategy], params: dict[str, Any]) -> None:
        path = self.candles([100.0] * minutes)
        async for _ in Live.run(symbol, strategy=strategy, params=params, candles=path, speed=1e9, project=self.folder):
            continue


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def hostile_note() -> str:
    return HOSTILE_NOTE
