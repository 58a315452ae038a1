"""A project whose YAML files are tried, with strategies, candles and an environment for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livekit_cli.testing import candles

sys.path.insert(0, str(Path(__file__).parent))

BREAKOUT = '''
from typing import Literal

from livekit_cli import Market, Proposal, Strategy


class Breakout(Strategy):
    """Always in the market, three minutes at a time."""

    interval = "1m"
    lookback: int = 3
    factor: float = 1.5
    side: Literal["long", "short"] = "long"
    label: str = "plain"
    limit: float | None = None
    loud: bool = False
    step: Literal[1, 5] = 1

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=1, stop_loss=1, minutes=self.lookback)
'''

CROSSES = """
from livekit_cli import Strategy


class FastCross(Strategy):
    async def get_signal(self, market): return None


class SlowCross(Strategy):
    def __init__(self):
        self.length = 3

    length: int = 3

    async def get_signal(self, market): return None
"""

ENVIRONMENT = {
    "WORD": "breakout",
    "FORTY": "40",
    "HALF": "0.5",
    "SECRET": "hunter2",
    "EMPTY": "",
    "YES": "yes",
    "SORT": "demo",
    "CLASS": "Breakout",
}


def furnish(folder: Path) -> Path:
    """Make `folder` the project."""
    (folder / "configs" / "strategies").mkdir(parents=True)
    (folder / "strategies").mkdir()
    (folder / "strategies" / "breakout.py").write_text(BREAKOUT)
    (folder / "strategies" / "crosses.py").write_text(CROSSES)
    (folder / "configs" / "strategies" / "quick.yaml").write_text("strategy: breakout\nparams: {lookback: 2}\n")
    rows = [",".join(map(repr, candle)) for candle in candles([100.0] * 12)]
    (folder / "candles.csv").write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    (folder / "keys.yaml").write_text("apiKey: a key\nsecret: a secret\n")
    (folder / "configs" / "recorded.yaml").write_text("exchange: csv\ncandles: candles.csv\nspeed: 1000000\n")
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh one."""
    for name, text in ENVIRONMENT.items():
        monkeypatch.setenv(name, text)
    return furnish(tmp_path)


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One for all tests of a module, which write only the file that they try."""
    with pytest.MonkeyPatch.context() as environment:
        for name, text in ENVIRONMENT.items():
            environment.setenv(name, text)
        yield furnish(tmp_path_factory.mktemp("project"))
