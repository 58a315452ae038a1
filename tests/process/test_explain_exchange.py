"""A signal traded on an exchange is explained by downloaded candles, bit for bit; else it says how to get them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.client import options
from tests.exchange.clock import MINUTE_MS, wall
from tests.exchange.server import LocalExchange

HOUSE = Path(__file__).parents[2]
EAGER = """from livekit_cli import Strategy


class Eager(Strategy):
    interval = "1m"

    async def get_signal(self, market):
        return market.long(take_profit=20, stop_loss=20, minutes=3, note="always")
"""

Livekit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def exchange() -> Iterator[LocalExchange]:
    with LocalExchange() as running:
        yield running


@pytest.fixture(params=["binance", "bybit"])
def project(exchange: LocalExchange, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    for folder in ("configs", "strategies"):
        (tmp_path / folder).mkdir()
    (tmp_path / "strategies" / "eager.py").write_text(EAGER)
    text = (
        f"exchange: {request.param}\nslippage_percent: 0.03\nccxt: {json.dumps(options(request.param, exchange.url))}\n"
    )
    (tmp_path / "configs" / "local.yaml").write_text(text)
    return tmp_path


@pytest.fixture
def livekit(project: Path) -> Livekit:
    def call(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "livekit_cli", *words]
        environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
        ended = subprocess.run(
            command, cwd=project, capture_output=True, text=True, timeout=60, env=environment, check=False
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended

    return call


@pytest.fixture
def traded(exchange: LocalExchange, livekit: Livekit) -> str:
    """The id of a signal that two calls by cron have opened and closed, three minutes apart, twenty minutes ago."""
    begin = wall() // MINUTE_MS * MINUTE_MS - 20 * MINUTE_MS
    events: list[dict[str, Any]] = []
    for number in (0, 3):
        exchange.clock.freeze(begin + number * MINUTE_MS + 2000)
        ended = livekit("run", "BTCUSDT", "--strategy", "eager", "--exchange", "local", "--once", "--json")
        events += [json.loads(line) for line in ended.stdout.splitlines()]
    exchange.clock.run()
    assert [event["action"] for event in events] == ["opened", "closed"]
    assert events[1]["time"] - events[0]["time"] == 3 * MINUTE_MS
    return str(events[0]["signal"]["id"])


def told(livekit: Livekit, signal: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(livekit("explain", signal, "--json").stdout)
    return found


def the_command(note: str) -> list[str]:
    """What the note says to call."""
    return shlex.split(note.partition("livekit download ")[1] + note.partition("livekit download ")[2])[1:]


def test_without_candles_the_command_that_fetches_them_is_told_and_then_everything_agrees(
    livekit: Livekit, traded: str, project: Path
) -> None:
    before = told(livekit, traded)
    (note,) = before["notes"]
    assert note.startswith("the candles of local are not at hand, so what is made of them is left out; fetch them: ")
    assert before["opening_price"] is before["last_price"] is before["way"] is None
    assert before["pnl"]["equal"] is True
    livekit(*the_command(note))
    after = told(livekit, traded)
    assert after["notes"] == []
    assert after["opening_price"]["equal"] is after["last_price"]["equal"] is after["pnl"]["equal"] is True
    assert len(after["opening_price"]["candles"]) == len(after["last_price"]["candles"]) == 5
    assert after["way"]["first_call"] == {"time": after["closed"]["time"], "close_reason": "time_expired"}
    page = livekit("explain", traded).stdout
    assert page.count("equal bit for bit") == 3
    assert len(list((project / "data" / "candles" / "local" / "BTCUSDT").glob("*.csv"))) in (1, 2)


def test_its_costs_are_those_that_it_was_booked_at_whatever_the_file_says_later(
    livekit: Livekit, traded: str, project: Path
) -> None:
    pnl = told(livekit, traded)["pnl"]
    assert (pnl["slippage_percent"], pnl["costs_recorded"], pnl["equal"]) == (0.03, True, True)
    assert 0 < pnl["fee_percent"] < 0.2
    path = project / "configs" / "local.yaml"
    path.write_text(path.read_text().replace("slippage_percent: 0.03", "slippage_percent: 5\nfee_percent: 5"))
    assert told(livekit, traded)["pnl"] == pnl
    path.unlink()
    gone = told(livekit, traded)
    assert gone["pnl"] == pnl
    assert gone["notes"][0].startswith("nothing is known of its exchange: no exchange 'local'")


def test_candles_of_half_its_time_are_said_to_be_half(livekit: Livekit, traded: str) -> None:
    command = the_command(told(livekit, traded)["notes"][0])
    start = command[command.index("--from") + 1]
    livekit(*command[: command.index("--to")], "--to", start)
    half = told(livekit, traded)
    (note,) = half["notes"]
    assert note.startswith(
        "7 minutes have no candle in what was downloaded; unless nobody traded then, fetch the rest: "
    )
    livekit(*the_command(note))
    assert told(livekit, traded)["notes"] == []


def test_the_command_finds_its_way_from_elsewhere(livekit: Livekit, traded: str, project: Path, tmp_path: Path) -> None:
    away = project / "away"
    away.mkdir()
    (project / "data").rename(project / "kept data")
    words = [sys.executable, "-m", "livekit_cli", "explain", traded, "--json"]
    words += ["--project", "..", "--data-dir", "../kept data"]
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    ended = subprocess.run(words, cwd=away, capture_output=True, text=True, env=environment, check=True)
    command = the_command(json.loads(ended.stdout)["notes"][0])
    assert command[-4:] == ["--project", "..", "--data-dir", "../kept data"]
    called = [sys.executable, "-m", "livekit_cli", *command]
    subprocess.run(called, cwd=away, capture_output=True, env=environment, check=True)
    ended = subprocess.run(words, cwd=away, capture_output=True, text=True, env=environment, check=True)
    assert json.loads(ended.stdout)["opening_price"]["equal"] is True
