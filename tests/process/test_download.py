"""`livekit download` as a process: killed, interrupted, beside another one, on a terminal; its words and codes."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from emulated import Terminal

from livekit_cli.adapters.candle_store import CandleStore
from tests.exchange.client import options
from tests.exchange.clock import MINUTE_MS
from tests.exchange.market import gap
from tests.exchange.server import LocalExchange

if TYPE_CHECKING:
    from conftest import Project

DAYS = 30
DOWNLOAD = ("download", "BTCUSDT", "--exchange", "local", "--from", f"{DAYS}d")


@pytest.fixture
def exchange() -> Iterator[LocalExchange]:
    with LocalExchange() as running:
        yield running


@pytest.fixture(autouse=True)
def configured(project: Project, exchange: LocalExchange) -> None:
    given = options("binance", exchange.url, enableRateLimit=False)
    project.write("configs/local.yaml", f"exchange: binance\nccxt: {json.dumps(given)}\n")


def stored(project: Project, symbol: str = "BTCUSDT") -> int:
    return len(CandleStore(project.data, "local", symbol).everything())


def pages(exchange: LocalExchange) -> int:
    return exchange.ledger.count(endpoint="klines")


def test_symbols_are_a_line_each_and_a_backtest_finds_them(project: Project, exchange: LocalExchange) -> None:
    ended = project.run("download", "BTCUSDT", "eth/usdt", "--exchange", "local", "--from", "1d")
    assert (ended.code, ended.err) == (0, "")
    first, second = ended.out.splitlines()
    assert first.startswith("BTCUSDT  1,4")
    assert first.endswith(", in data/candles/local/BTCUSDT")
    assert second.startswith("ETHUSDT  1,4")
    asked = pages(exchange)
    assert project.run("download", "BTCUSDT", "--exchange", "local", "--from", "20h").code == 0
    assert pages(exchange) <= asked + 1  # for the minute that has closed meanwhile
    project.strategy("still", "async def get_signal(self, market):\n    return None")
    tested = project.run("backtest", "ETHUSDT", "--strategy", "still", "--exchange", "local")
    assert tested.code == 0, tested.err


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_what_had_come_when_it_was_ended_is_kept_and_not_fetched_again(
    project: Project, exchange: LocalExchange, until: Callable[..., Any], number: signal.Signals
) -> None:
    with exchange.faults.add("slow", endpoint="klines"):
        running = project.start(*DOWNLOAD)
        until(lambda: pages(exchange) >= 14, "fourteen pages")
        running.send(number)
        ended = running.ended()
    kept, asked = stored(project), pages(exchange)
    if number is signal.SIGKILL:
        assert kept >= 9_990
    else:
        assert ended.code == 128 + number
        assert ended.err.endswith(
            "livekit: stopped; what had come is kept, and the same command goes on from there\n"
        ), ended.err
        assert kept >= (asked - 1) * 999
    again = project.run(*DOWNLOAD)
    assert again.code == 0, again.err
    assert stored(project) >= DAYS * 1440 - 2
    whole = -(-DAYS * 1440 // 999)
    assert pages(exchange) - asked <= whole - kept // 999 + 2


def test_gaps_are_listed_the_longest_and_how_many_there_are(project: Project, exchange: LocalExchange) -> None:
    now = exchange.clock.minute()
    for number in range(1, 8):
        start = now - number * 100 * MINUTE_MS
        exchange.market.script("BTCUSDT", gap(start, start + number * MINUTE_MS))
    ended = project.run("download", "BTCUSDT", "--exchange", "local", "--from", "1d")
    assert ended.code == 0
    lines = ended.err.splitlines()
    assert [line.split()[4] for line in lines[:5]] == ["7", "6", "5", "4", "3"]
    assert lines[5:] == ["BTCUSDT: these are the longest of 7 gaps; together 28 minutes have no candle"]


def test_a_symbol_without_a_candle_is_1(project: Project, exchange: LocalExchange) -> None:
    exchange.market.script("BTCUSDT", gap(0, 10**14))
    ended = project.run("download", "BTCUSDT", "ETHUSDT", "--exchange", "local", "--from", "2h")
    assert ended.code == 1
    assert ended.err == "BTCUSDT: the exchange has no candle of that time\n"
    assert ended.out.startswith("ETHUSDT  ")


def test_one_that_broke_off_is_69_and_the_others_are_there(project: Project, exchange: LocalExchange) -> None:
    exchange.faults.add("not-a-number", endpoint="klines", symbol="BTCUSDT")
    ended = project.run("download", "BTCUSDT", "ETHUSDT", "--exchange", "local", "--from", "2h")
    assert ended.code == 69
    assert "BTCUSDT: not whole; what had come is kept, and the same command goes on from there" in ended.err
    assert ended.out.startswith("ETHUSDT  ")


def test_an_unknown_symbol_is_2_and_an_exchange_that_is_down_69(project: Project, exchange: LocalExchange) -> None:
    ended = project.run("download", "BTCUSTD", "--exchange", "local")
    assert (ended.code, ended.out) == (2, "")
    assert "did you mean BTCUSDT" in ended.err
    exchange.down()
    assert project.run("download", "BTCUSDT", "ADAUSDT", "--exchange", "local").code == 69
    exchange.up()


def test_a_second_one_of_the_same_symbol_is_75(
    project: Project, exchange: LocalExchange, until: Callable[..., Any]
) -> None:
    with exchange.faults.add("slow", endpoint="klines"):
        running = project.start(*DOWNLOAD)
        until(lambda: pages(exchange) >= 2, "two pages")
        second = project.run(*DOWNLOAD)
        running.send(signal.SIGKILL)
        running.ended()
    assert second.code == 75
    assert f"process {running.pid} is downloading there already" in second.err
    assert project.run("download", "BTCUSDT", "--exchange", "local", "--from", "2h").code == 0


def test_on_a_terminal_a_bar_shows_which_symbol_and_how_far(
    project: Project, exchange: LocalExchange, until: Callable[..., Any]
) -> None:
    exchange.faults.add("slow", endpoint="klines")
    terminal = Terminal(project, project.command(*DOWNLOAD))
    try:
        until(lambda: terminal.read() or (b"download BTCUSDT" in terminal.raw and b"%" in terminal.raw), "the bar")
        terminal.running.send(signal.SIGINT)
        until(lambda: terminal.read() or terminal.running.gone(), "the end")
        assert terminal.running.process.returncode == 130
        assert terminal.raw.rstrip().endswith(b"the same command goes on from there")
        assert b"Traceback" not in terminal.raw
    finally:
        terminal.close()


def test_one_symbol_typed_in_two_ways_is_refused(project: Project, exchange: LocalExchange) -> None:
    ended = project.run("download", "BTCUSDT", "BTC-USDT", "--exchange", "local", "--from", "1h")
    assert (ended.code, ended.out) == (2, "")
    assert "BTCUSDT and BTC-USDT are one symbol, which is given twice" in ended.err
    assert len(exchange.ledger) == 0


def test_one_candle_is_one(project: Project, exchange: LocalExchange) -> None:
    newest = exchange.clock.now() // MINUTE_MS * MINUTE_MS - 60 * MINUTE_MS
    ended = project.run("download", "BTCUSDT", "-e", "local", "--from", newest, "--to", newest)
    assert ended.out.startswith("BTCUSDT  1 candle, "), ended.err
