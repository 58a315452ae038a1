"""Real processes over a real minute: an exchange that is killed and comes back, and a machine that was suspended."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest
from conftest import ENVIRONMENT, interpreter

from livekit_cli.adapters.clock import wall_ms
from livekit_cli.core.candle import VWAP_MINUTES, Candles, vwap
from tests.exchange.client import options
from tests.exchange.clock import MINUTE_MS, Clock
from tests.exchange.market import Kind, Market, jump, symbols
from tests.exchange.server import LocalExchange

if TYPE_CHECKING:
    from conftest import Project, Running

HOLDER = """
async def get_signal(self, market):
    return market.long(take_profit=50, stop_loss=0.5, minutes=10_000) if market.last > 55_000 else None
"""
"""Holds BTCUSDT as long as it is worth so much."""
RUN = ("run", "BTCUSDT", "ETHUSDT", "--strategy", "holder", "--exchange", "local", "--json")
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
SOON_MS = 14_000
"""How long after the exchange's start its next minute closes."""

MINUTES = 150.0
"""Seconds until a test gives up on the close of the next minute but one."""


def offset() -> int:
    """How far its clock is ahead, so that one of its minutes, and with it livekit's, closes soon."""
    return MINUTE_MS - SOON_MS - wall_ms() % MINUTE_MS


def falling(minute: int) -> tuple[int, float]:
    """A `jump`: the candle that opens at `minute` falls far below the stop loss."""
    return minute, -20.0


def price_at(close: int, fall: int) -> float | None:
    """What the market's candles make of the minute that closes then."""
    market = Market(symbols())
    market.script("BTCUSDT", jump(*falling(fall)))
    times = range(close - VWAP_MINUTES * MINUTE_MS, close, MINUTE_MS)
    rows = [market.minute(Kind.SPOT, "BTCUSDT", time) for time in times]
    return vwap(Candles.of(row for row in rows if row is not None))


def configure(project: Project, exchange_id: str, url: str) -> None:
    project.strategy("holder", HOLDER)
    given = json.dumps(options(exchange_id, url))
    project.write("configs/local.yaml", f"exchange: {exchange_id}\nfee_percent: 0.1\nccxt: {given}\n")


def holding(project: Project, ahead: Callable[[int], object], until: Callable[..., Any]) -> Running:
    """A run that waits for the close of a minute, which is soon, with a signal open on BTCUSDT."""
    assert project.run(*RUN, "--once").code == 0
    before = max(minutes_of(project))
    ahead(offset() + MINUTE_MS)
    running = project.start(*RUN)
    until(lambda: min(minutes_of(project)) > before, "the minute that has closed last")
    return running


def minutes_of(project: Project) -> list[int]:
    """Which minute was finished last, of each symbol."""
    return [record.pulse.minute or 0 for record in project.records().values()]


def check_closed(project: Project, running: Running, fall: int, until: Callable[..., Any], *, recovered: bool) -> None:
    """At its stop loss, at the close of the candle that fell, and at the market's price."""
    until(lambda: '"closed"' in running.out or running.gone(), "the close", MINUTES)
    close, closed = fall + MINUTE_MS, json.loads(running.out.splitlines()[0])
    assert (closed["close_reason"], closed["time"], closed["recovered"]) == ("stop_loss", close, recovered)
    assert closed["current_price"] == price_at(close, fall)
    assert [event["action"] for event in project.events()[:2]] == ["opened", "closed"]
    assert project.events()[1] == closed


# ---- an exchange that is killed


class Server:
    """The local exchange in a process of its own, on one port for all its lives."""

    def __init__(self, ahead_ms: int) -> None:
        self._ahead_ms = ahead_ms
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [interpreter(), "-m", "tests.exchange", "--port", str(self.port), "--offset", str(self._ahead_ms)]
        house = Path(__file__).parents[2]
        self._process = subprocess.Popen(command, cwd=house, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(json.loads(self._process.stdout.readline())["url"].rpartition(":")[2])

    def let_fall(self, minute: int) -> None:
        self._tell("market", {"symbol": "BTCUSDT", "jump": falling(minute)})

    def _tell(self, what: str, given: dict[str, Any]) -> None:
        with urlopen(Request(f"{self.url}/control/{what}", json.dumps(given).encode()), timeout=10) as answer:
            assert answer.status == 200

    def ahead(self, milliseconds: int) -> None:
        """Let its clock be so far ahead, also in its later lives."""
        self._ahead_ms = milliseconds
        self._tell("clock", {"run": milliseconds})

    def minute(self) -> int:
        """When the candle that is forming there opened."""
        return Clock(offset=self._ahead_ms).minute()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@contextmanager
def served(ahead_ms: int) -> Iterator[Server]:
    server = Server(ahead_ms)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.mark.real_minute
def test_an_exchange_that_is_killed_and_comes_back_is_told_of_twice_and_what_was_missed_is_caught_up_with(
    project: Project, until: Callable[..., Any]
) -> None:
    with served(offset()) as server:
        configure(project, "binance", server.url)
        running = holding(project, server.ahead, until)
        fall = server.minute()
        server.kill()
        until(lambda: [bool(one.pulse.error) for one in project.records().values()] == [True, True], "it", MINUTES)
        server.start()
        server.let_fall(fall)
        check_closed(project, running, fall, until, recovered=True)
        until(lambda: min(minutes_of(project)) > fall + MINUTE_MS, "the same minute of the other")
        running.send(signal.SIGTERM)
        ended = running.ended()
    assert ended.code == 0
    assert len(ended.err.splitlines()) == 3, ended.err
    skew, begins, ends = ended.err.splitlines()
    assert " WARNING the clock of this machine is " in skew
    says = r"local: .*: not reachable: connection refused \(.*\); it is tried again with each minute"
    assert re.fullmatch(f"{STAMP} WARNING {says}", begins)
    assert re.fullmatch(rf"{STAMP} WARNING local answers again, after \d+ s and [1-9] failures", ends)


# ---- a machine that was suspended


@pytest.fixture(params=["binance", "bybit"])
def exchange(request: pytest.FixtureRequest, project: Project) -> Iterator[LocalExchange]:
    with LocalExchange() as running:
        running.clock.run(offset())
        configure(project, request.param, running.url)
        yield running


def test_one_that_was_suspended_over_the_close_of_a_minute_looks_at_it_as_soon_as_it_goes_on(
    project: Project, exchange: LocalExchange, until: Callable[..., Any]
) -> None:
    running = holding(project, exchange.clock.run, until)
    fall = exchange.clock.minute()
    exchange.market.script("BTCUSDT", jump(*falling(fall)))
    stopped = wall_ms()
    running.send(signal.SIGSTOP)
    until(lambda: exchange.clock.now() > fall + MINUTE_MS + 2_000 and wall_ms() - stopped > 10_000, "its end", MINUTES)
    running.send(signal.SIGCONT)
    check_closed(project, running, fall, until, recovered=False)
    assert exchange.clock.now() < fall + 2 * MINUTE_MS, "it did not wait for the next one"
    running.send(signal.SIGTERM)
    ended = running.ended()
    assert ended.code == 0
    assert len(ended.err.splitlines()) == 1, "nothing is told but that the clocks differ"
