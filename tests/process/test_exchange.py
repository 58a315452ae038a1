"""Real processes on a real exchange, the local one: what a trader sees of it while it is well, and while it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.exchange.client import options
from tests.exchange.server import LocalExchange

if TYPE_CHECKING:
    from conftest import Project

QUIET = """
async def get_signal(self, market):
    return None
"""
FAILING = """
async def get_signal(self, market):
    raise ValueError(market.symbol)
"""
ONCE = ("run", "BTCUSDT", "--exchange", "local", "--once", "--strategy")


@pytest.fixture
def exchange(project: Project) -> Iterator[LocalExchange]:
    """The exchange `local` of the project, whose minutes are the wall's."""
    project.strategy("quiet", QUIET)
    project.strategy("failing", FAILING)
    with LocalExchange() as running:
        project.write(
            "configs/local.yaml",
            f"exchange: binance\nfee_percent: 0.1\nccxt: {json.dumps(options('binance', running.url))}\n",
        )
        yield running


def test_a_call_by_cron_ends_with_the_code_of_what_failed(project: Project, exchange: LocalExchange) -> None:
    assert project.run(*ONCE, "quiet").code == 0
    ended = project.run(*ONCE, "failing")
    assert (ended.code, ended.err.count("ValueError: BTCUSDT")) == (1, 2), "told in its minute, and at the end"
    with exchange.faults.add("status-503", endpoint="klines"):
        for name in ("quiet", "failing"):
            ended = project.run(*ONCE, name, "--data-dir", project.write("other/x", "").parent)
            assert ended.code == 69, ended.err
            last = ended.err.splitlines()[-1]
            assert last.startswith(f"livekit: not all went well: {name} BTCUSDT: local: the candles of BTCUSDT: ")
