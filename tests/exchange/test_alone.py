"""The exchange runs on its own, is scripted over HTTP, and costs little."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import START
from .market import symbols
from .server import LocalExchange

HOUSE = Path(__file__).parents[2]
KLINES = "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=2"
Ask = Callable[..., Any]


def asked(url: str, path: str, given: object = None, method: str | None = None) -> Any:
    body = None if given is None else json.dumps(given).encode()
    request = urllib.request.Request(url + path, body, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Speaks to an exchange in a process of its own, which must end well."""
    command = [sys.executable, "-m", "tests.exchange", "--symbols", "12", "--freeze", str(START + 30_000)]
    command += ["--fault", "status-503:klines:ETHUSDT:1", "--options", "bybit"]
    process = subprocess.Popen(command, cwd=HOUSE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["options"]["urls"]["api"]["public"] == told["url"]
        yield lambda *given, **more: asked(told["url"], *given, **more)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


def test_alone_it_serves_and_is_scripted_over_http(ask: Ask) -> None:
    """In one test, as each process costs a second."""
    assert ask("/control/")["symbols"] == 12
    assert ask("/api/v3/time") == {"serverTime": START + 30_000}
    with pytest.raises(urllib.error.HTTPError, match="503"):
        ask(KLINES.replace("BTC", "ETH"))
    assert len(ask(KLINES.replace("BTC", "ETH"))) == 2

    ask("/control/clock", {"advance": 60_000})
    ask("/control/market", {"symbol": "BTCUSDT", "path": [START, [7.5, 8.5]]})
    assert [row[4] for row in ask(KLINES)] == ["7.50", "8.50"]
    ask("/control/market", method="DELETE")
    assert [row[4] for row in ask(KLINES)] != ["7.50", "8.50"]

    ask("/control/faults", {"fault": "null", "endpoint": "klines", "count": 1})
    assert ask("/control/")["rules"] == ["null klines *"]
    assert ask(KLINES) is None
    ask("/control/faults", {"fault": "null"})
    ask("/control/faults", method="DELETE")
    assert ask("/control/")["rules"] == []
    assert "status-503" in ask("/control/faults")

    ask("/control/limits", {"exchange": "binance", "enforced": True, "limits": {"spot": 1}})
    with pytest.raises(urllib.error.HTTPError, match="429"):
        ask(KLINES)
    assert [entry["outcome"] for entry in ask("/control/ledger?symbol=BTCUSDT")] == ["200", "200", "null", "429"]
    ask("/control/ledger", method="DELETE")
    assert ask("/control/ledger") == []
    assert ask("/control/hang-up", {}) == {}

    for path, given in [("/control/faults", {"fault": "nonsense"}), ("/control/clock", {"jump": 1})]:
        with pytest.raises(urllib.error.HTTPError, match="400"):
            ask(path, given)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask("/control/nothing")


def test_an_outage_of_a_while_begins_after_the_answer_and_ends_by_itself(exchange: LocalExchange) -> None:
    assert asked(exchange.url, "/control/outage", {"seconds": 0.2}) == {}
    refused = 0
    while refused < 100_000:  # each try takes a tenth of a millisecond or more
        try:
            asked(exchange.url, "/control/")
            if refused:
                break
        except OSError:
            refused += 1
    assert 0 < refused < 100_000


def test_a_kline_request_costs_the_server_far_less_than_a_millisecond() -> None:
    """Its own processor time, with 500 symbols and candles that nobody has asked for before."""
    import http.client

    listings = symbols(500)
    with LocalExchange(listings) as exchange:
        connection = http.client.HTTPConnection("127.0.0.1", exchange.port, timeout=10)

        def ask_for_all(path: str) -> float:
            before = exchange.cpu()
            for listing in listings:
                connection.request("GET", path.format(listing.id))
                assert connection.getresponse().read().count(b"[") > 5
            return (exchange.cpu() - before) / len(listings) * 1000

        costs = [
            ask_for_all("/api/v3/klines?symbol={}&interval=1m&limit=6"),
            ask_for_all("/v5/market/kline?category=linear&symbol={}&interval=1&limit=6"),
        ]
        connection.close()
    print(f"ms of processor time per kline request: Binance {costs[0]:.3f}, Bybit {costs[1]:.3f}")
    assert max(costs) < 1.0
