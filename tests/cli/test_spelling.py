"""Every command that takes a symbol finds it however it is typed."""

from __future__ import annotations

from typing import Any

import pytest

from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import open_journal
from livekit_cli.core.event import Mode
from livekit_cli.core.state import Identity

WAVE = """from livekit_cli import Strategy

class Wave(Strategy):
    async def get_signal(self, market):
        return market.long(take_profit=50, stop_loss=50, minutes=9)
"""
LOOKS = ("status", "status --json", "report", "report wave", "events", "events wave", "watch --once")


@pytest.fixture
def ran(livekit: Any, world: Any) -> Any:
    """BTCUSDT and ETHUSDT on the demo market, one minute each."""
    world.strategy("wave", WAVE)
    assert livekit("run", "BTCUSDT", "ETHUSDT", "-s", "wave", "--once").code == 0
    return livekit


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("typed", ["btcusdt", "btc/usdt", "BTC-USDT", "BTC/USDT:USDT"])
def test_looking_at_it(ran: Any, look: str, typed: str) -> None:
    found = ran(*look.split(), "--symbol", typed)
    assert found.code == 0
    told = "\n".join(found.out)
    assert "BTCUSDT" in told
    assert "ETHUSDT" not in told.replace("livekit run BTCUSDT ETHUSDT", "")
    assert typed not in told, "it is called as its journal calls it"


@pytest.mark.parametrize("typed", ["btcusdt", "btc/usdt", "BTC-USDT"])
def test_looking_after_it(ran: Any, typed: str) -> None:
    found = ran("repair", typed)
    assert (found.code, [line.split()[0] for line in found.out]) == (0, ["BTCUSDT"])


@pytest.mark.parametrize("typed", ["btcusdt", "btc/usdt", "BTC-USDT"])
def test_running_it_again(ran: Any, world: Any, typed: str) -> None:
    """What is open is watched, and not left alone beside a twin."""
    before = sorted(world.folder.rglob("*.jsonl"))
    assert ran("run", typed, "-s", "wave", "--once").code == 0
    assert sorted(world.folder.rglob("*.jsonl")) == before
    assert len(ran("events", "--symbol", typed).out) == 1


def test_what_several_old_journals_might_mean_is_asked(ran: Any, world: Any) -> None:
    twin = Identity(Mode.PAPER, "demo", "wave", "btcusdt")
    open_journal(world.folder / "data", twin, Disk(), "an older version", 0).close()
    found = ran("status", "--symbol", "btc/usdt")
    assert found.code == 2
    assert found.err == [
        "livekit: btc/usdt may be any of several symbols: there are BTCUSDT and btcusdt; type it as it is there"
    ]
    for typed in ("btcusdt", "BTCUSDT"):
        assert [line.split()[0] for line in ran("status", "--symbol", typed).out[1:-1]] == [typed]
