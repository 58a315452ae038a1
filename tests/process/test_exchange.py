"""Real processes on a real exchange, the local one: what a trader sees of it while it is well, and while it is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from emulated import CTRL_C, Terminal

from livekit_cli.adapters.clock import wall_ms
from tests.exchange.client import options
from tests.exchange.clock import MINUTE_MS
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


def test_of_several_failures_the_gravest_gives_its_code(project: Project, exchange: LocalExchange) -> None:
    with exchange.faults.add("status-503", endpoint="klines", symbol="ETHUSDT"):
        ended = project.run("run", "BTCUSDT", "ETHUSDT", "-e", "local", "-s", "failing", "--once")
    assert ended.code == 69
    last = ended.err.splitlines()[-1]
    assert last.startswith("livekit: not all went well: failing ETHUSDT: local: the candles of ETHUSDT: ")
    assert last.endswith(", and 1 more symbol met errors")


@pytest.mark.parametrize(
    ("changed", "now"),
    [
        ("exchange: binance\nmarket: swap\n", "binance swap"),
        ("exchange: bybit\n", "bybit spot"),
        ("exchange: binance\nccxt: {sandbox: true}\n", "binance spot sandbox"),
    ],
    ids=["market", "exchange", "sandbox"],
)
def test_a_journal_does_not_go_on_where_its_exchanges_file_means_another(
    project: Project, exchange: LocalExchange, changed: str, now: str
) -> None:
    assert project.run(*ONCE, "quiet").code == 0
    (journal,) = (project.data / "signal" / "paper").glob("*.jsonl")
    before, asked = journal.read_bytes(), len(exchange.ledger)
    path = project.write("configs/local.yaml", changed)
    says = f"{path.relative_to(project.folder)} means {now} now, but the journal {journal.name} was begun with binance"
    for how in ((*ONCE, "quiet"), ("run", *ONCE[1:4], "--plain", "--strategy", "quiet")):
        ended = project.run(*how)
        assert (ended.code, ended.out) == (2, "")
        assert f"{says} spot: these are other candles." in ended.err
    ended = project.run("download", "BTCUSDT", "--exchange", "local", "--from", "1h")
    assert (ended.code, says in ended.err) == (2, True)
    assert (journal.read_bytes(), len(exchange.ledger)) == (before, asked)
    for command in (("status",), ("repair",), ("events",), ("report", "quiet")):
        assert project.run(*command).code == 0, command


# ---- what stands in the table, in `watch` and in `status`


@pytest.fixture
def soon(exchange: LocalExchange) -> LocalExchange:
    """One of its minutes, and with it livekit's, closes twelve seconds from now."""
    exchange.clock.run(MINUTE_MS - 12_000 - wall_ms() % MINUTE_MS)
    return exchange


def links(terminal: Terminal) -> list[str]:
    return [line for line in terminal.table if line.startswith("local: ")]


def shows(terminal: Terminal, words: str) -> bool:
    return [line.startswith(words) for line in links(terminal)] == [True]


def test_a_plug_that_is_pulled_is_seen_in_the_next_minute_everywhere(
    project: Project, soon: LocalExchange, until: Callable[..., Any]
) -> None:
    run = Terminal(project, project.command("run", "BTCUSDT", "ETHUSDT", "-e", "local", "-s", "quiet"))
    watch = Terminal(project, project.command("watch"))
    try:
        until(partial(shows, run, "local: candles by "), "the exchange in the table")
        until(partial(shows, watch, "local: candles by "), "the same in watch")
        assert "\nlocal: candles by " in project.run("status").out

        soon.down()
        for terminal in (run, watch):
            until(partial(shows, terminal, "local: UNAVAILABLE for "), "what has happened")
            assert "(not reachable: connection refused), newest candle " in links(terminal)[0]
        ended = project.run("status")
        assert ended.out.count("\nlocal: UNAVAILABLE for ") == 1
        assert ended.code == 0, "one minute without candles is no alarm"
        found = [json.loads(line)["connection"] for line in project.run("status", "--json").out.splitlines()]
        assert [one["state"] for one in found] == ["unavailable", "unavailable"]
        run.press(CTRL_C)
        assert run.running.ended().code == 0
    finally:
        soon.up()
        run.close()
        watch.close()
    assert not [line for line in project.run("status").out.splitlines() if line.startswith("local: ")]
