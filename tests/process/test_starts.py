"""A start on a real exchange: ready, or over within ten seconds with one clear line and the right exit code."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ENVIRONMENT

from tests.exchange.client import options
from tests.exchange.clock import MINUTE_MS
from tests.exchange.server import LocalExchange

if TYPE_CHECKING:
    from conftest import Ended, Project

BOTH = pytest.mark.parametrize("exchange_id", ["binance", "bybit"])
HOW = pytest.mark.parametrize("how", [["--plain"], ["--once"]], ids=["run", "once"])
TEN_SECONDS = 10.0
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"

SLOW_NAMES = """
import socket
import threading

earnest = socket.getaddrinfo

def getaddrinfo(host, *rest, **more):
    if host == "slow.invalid":
        open("asked", "w").close()
        threading.Event().wait()
    return earnest(host, *rest, **more)

socket.getaddrinfo = getaddrinfo
"""
"""A `sitecustomize` under which one name is looked up for ever, in a C call that nobody can interrupt."""


@pytest.fixture
def exchange(project: Project) -> Iterator[LocalExchange]:
    project.strategy("quiet", "async def get_signal(self, market):\n    return None")
    with LocalExchange() as running:
        yield running


@pytest.fixture
def deaf() -> Iterator[str]:
    """The address of somebody who takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def take() -> None:
            try:
                while True:
                    taken.append(server.accept()[0])
            except OSError:
                return  # the test is over

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in taken:
            one.close()


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def configure(project: Project, url: str, exchange_id: str = "binance", **more: Any) -> None:
    given = options(exchange_id, url, **more)
    project.write("configs/local.yaml", f"exchange: {exchange_id}\nfee_percent: 0.1\nccxt: {json.dumps(given)}\n")


def run(*how: str, symbols: tuple[str, ...] = ("BTCUSDT",)) -> tuple[str, ...]:
    return ("run", *symbols, "--strategy", "quiet", "--exchange", "local", *how)


def check_over(ended: Ended, code: int, says: str) -> None:
    """It is over in time, with this code and this line."""
    assert (ended.code, ended.out) == (code, ""), ended.err
    assert re.fullmatch(f"livekit: {says}\n", ended.err), ended.err
    assert ended.seconds < TEN_SECONDS


# ---- an exchange that is not to be had


@HOW
@BOTH
def test_one_that_refuses_connections(
    project: Project, exchange: LocalExchange, exchange_id: str, how: list[str]
) -> None:
    configure(project, nobody(), exchange_id)
    says = r"local: its markets: not reachable: connection refused \(ExchangeNotAvailable: \w+ GET http://127.*\)"
    check_over(project.run(*run(*how)), 69, says)
    assert not project.data.exists() or project.records() == {}


@HOW
def test_one_that_takes_the_connection_and_never_answers(
    project: Project, exchange: LocalExchange, deaf: str, how: list[str]
) -> None:
    configure(project, deaf)
    check_over(project.run(*run(*how)), 69, "local: not ready within 6 s: no answer in time")


@HOW
def test_one_whose_name_nobody_looks_up_to_the_end(project: Project, exchange: LocalExchange, how: list[str]) -> None:
    """Python's own pool of threads would be waited for at the exit."""
    project.write("site/sitecustomize.py", SLOW_NAMES)
    configure(project, "http://slow.invalid:80")
    ended = project.run(*run(*how), env=ENVIRONMENT | {"PYTHONPATH": str(project.folder / "site")})
    assert (project.folder / "asked").exists()
    check_over(ended, 69, "local: not ready within 6 s: no answer in time")


def test_a_download_is_over_as_well(project: Project, exchange: LocalExchange) -> None:
    project.write("site/sitecustomize.py", SLOW_NAMES)
    configure(project, "http://slow.invalid:80")
    download = ("download", "BTCUSDT", "--exchange", "local", "--from", "1h")
    ended = project.run(*download, env=ENVIRONMENT | {"PYTHONPATH": str(project.folder / "site")})
    check_over(ended, 69, "local: not ready within 6 s: no answer in time")


def test_one_whose_name_is_not_known(project: Project, exchange: LocalExchange) -> None:
    configure(project, "http://unknown.invalid:80")
    ended = project.run(*run("--once"), env=ENVIRONMENT | {"PYTHONPATH": str(_nameless(project))})
    says = (
        r"local: its markets: not reachable: its name cannot be resolved \(ExchangeNotAvailable: .*unknown.invalid.*\)"
    )
    check_over(ended, 69, says)


def _nameless(project: Project) -> Path:
    """Nothing is asked of a real resolver."""
    unknown = SLOW_NAMES.replace("slow", "unknown").replace(
        "threading.Event().wait()", "raise socket.gaierror(socket.EAI_NONAME, 'Name or service not known')"
    )
    return project.write("site/sitecustomize.py", unknown).parent


def test_one_that_does_not_speak_tls(project: Project, exchange: LocalExchange) -> None:
    configure(project, exchange.url.replace("http:", "https:"))
    check_over(project.run(*run("--once")), 69, r"local: its markets: not reachable: it does not speak TLS \(.*\)")


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("status-451", 69, r"local: its markets: the exchange does not serve this place \(451\) \(ExchangeNotAv.*"),
        (
            "status-418-after-120",
            69,
            r"local: its markets: the exchange has shut us out .*; it is left alone for 120 s",
        ),
        ("status-429", 69, r"local: not ready within 6 s: the exchange has shut us out for a while \(429\)|.*60 s"),
        (
            "status-503",
            69,
            r"local: its markets: the exchange has trouble of its own \(503\) \(ExchangeError: .*\)",
        ),
        ("dripping", 69, r"local: not ready within 6 s.*"),
        ("html", 69, r"local: its markets: .*"),
        ("empty-list", 69, r"local: its markets: .*"),
        ("status-401", 77, r"local: it wants a key, and none is given \(AuthenticationError: binance .*\)"),
    ],
)
def test_one_that_does_not_want_us(project: Project, exchange: LocalExchange, fault: str, code: int, says: str) -> None:
    configure(project, exchange.url)
    exchange.faults.add(fault)
    check_over(project.run(*run("--once")), code, says)


# ---- a mistake of whoever starts it


@HOW
@BOTH
def test_an_unknown_symbol_is_named_with_the_nearest(
    project: Project, exchange: LocalExchange, exchange_id: str, how: list[str]
) -> None:
    configure(project, exchange.url, exchange_id)
    says = r"local has no spot market 'BTCUSTD' among its 10; did you mean BTCUSDT\b.*"
    check_over(project.run(*run(*how, symbols=("ETHUSDT", "BTCUSTD"))), 2, says)
    assert not project.data.exists() or project.records() == {}


@HOW
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"timeuot": 5}, "ccxt has no setting 'timeuot' for binance; did you mean 'timeout'?"),
        ({"timeout": "soon"}, "ccxt's setting 'timeout' is text, expected a number"),
        ({"options": 5}, "ccxt's setting 'options' is a number, expected names with values"),
        ({"rateLimit": 0}, "ccxt's setting 'rateLimit' is 0, expected milliseconds above 0, at most 60000"),
    ],
)
def test_options_that_do_not_fit(
    project: Project, exchange: LocalExchange, how: list[str], given: dict[str, Any], says: str
) -> None:
    configure(project, exchange.url, **given)
    check_over(project.run(*run(*how)), 78, rf"configs/local\.yaml:3:\d+: {re.escape(says)}")
    assert len(exchange.ledger) == 0


# ---- a change of mind


@HOW
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_while_it_waits_for_the_exchange_it_ends_at_once(
    project: Project, exchange: LocalExchange, how: list[str], number: int
) -> None:
    configure(project, exchange.url)
    exchange.faults.add("never-answered")
    running = project.start(*run(*how))
    exchange.ledger.wait(endpoint="markets")
    running.send(number)
    ended = running.ended()
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert ended.seconds < 2.0


def test_also_while_a_name_is_looked_up(project: Project, exchange: LocalExchange, until: Callable[..., Any]) -> None:
    project.write("site/sitecustomize.py", SLOW_NAMES)
    configure(project, "http://slow.invalid:80")
    running = project.start(*run("--plain"), env=ENVIRONMENT | {"PYTHONPATH": str(project.folder / "site")})
    until((project.folder / "asked").exists, "the question for the name")
    running.send()
    ended = running.ended()
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert ended.seconds < 1.0


# ---- a restart


@HOW
@BOTH
def test_a_restart_needs_no_list_of_markets(
    project: Project, exchange: LocalExchange, exchange_id: str, how: list[str]
) -> None:
    configure(project, exchange.url, exchange_id)
    first = project.run(*run("--once"))
    assert (first.code, first.err) == (0, "")
    exchange.faults.add("never-answered", endpoint="markets")
    exchange.ledger.clear()
    exchange.clock.advance(MINUTE_MS)  # the next minute is due
    running = project.start(*run(*how))
    exchange.ledger.wait(endpoint="klines")
    if how == ["--plain"]:
        running.send()
    ended = running.ended()
    assert ended.code == 0
    assert exchange.ledger.count(endpoint="markets") == 0
    (line,) = ended.err.splitlines()
    assert re.fullmatch(rf"{STAMP} WARNING the clock of this machine is 60.\d s behind that of local; .*", line)


def test_another_symbol_than_those_of_the_last_run_does(project: Project, exchange: LocalExchange) -> None:
    configure(project, exchange.url)
    project.run(*run("--once"))
    exchange.faults.add("status-404", endpoint="markets")
    check_over(project.run(*run("--once", symbols=("SOLUSDT",))), 69, "local: its markets: not reachable.*")
