"""A fault befalls the requests that the switch says, and no others."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from .clock import MINUTE_MS
from .conftest import START
from .faults import FAULTS, Body, Stream
from .server import LocalExchange


@dataclass
class Caller:
    """One connection that is kept alive, without any client's cleverness."""

    connection: http.client.HTTPConnection

    def get(self, path: str, **params: object) -> tuple[int, str]:
        self.connection.request("GET", f"{path}?{urlencode(params)}")
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()

    def klines(self, symbol: str = "BTCUSDT", limit: int = 5) -> int:
        return self.get("/api/v3/klines", symbol=symbol, interval="1m", limit=limit)[0]


@pytest.fixture
def caller(exchange: LocalExchange) -> Iterator[Caller]:
    connection = http.client.HTTPConnection("127.0.0.1", exchange.port, timeout=10)
    yield Caller(connection)
    connection.close()


def test_without_faults_everything_is_answered(exchange: LocalExchange, caller: Caller) -> None:
    assert caller.klines() == 200
    assert caller.get("/api/v3/ping") == (200, "{}")
    assert caller.get("/nowhere")[0] == 404


def test_a_rule_is_for_its_endpoint_symbol_exchange_and_kind(exchange: LocalExchange, caller: Caller) -> None:
    exchange.faults.add("status-503", endpoint="klines", symbol="BTCUSDT", exchange="binance", kind="spot")
    assert caller.klines() == 503
    assert caller.klines("ETHUSDT") == 200
    assert caller.get("/api/v3/ticker/price", symbol="BTCUSDT")[0] == 200
    assert caller.get("/fapi/v1/klines", symbol="BTCUSDT", interval="1m")[0] == 200
    assert caller.get("/v5/market/kline", category="spot", symbol="BTCUSDT", interval="1")[0] == 200


def test_a_rule_skips_and_counts(exchange: LocalExchange, caller: Caller) -> None:
    rule = exchange.faults.add("status-500", endpoint="klines", skip=1, count=2)
    assert [caller.klines() for _ in range(5)] == [200, 500, 500, 200, 200]
    assert rule.hits == 2


def test_a_rule_has_its_time_on_the_exchanges_clock(exchange: LocalExchange, caller: Caller) -> None:
    exchange.faults.add("status-502", start=START + MINUTE_MS, stop=START + 2 * MINUTE_MS)
    statuses = []
    for _ in range(3):
        statuses.append(caller.klines())
        exchange.clock.advance(MINUTE_MS)
    assert statuses == [200, 502, 200]


def test_the_rule_added_last_wins_and_a_rule_ends_with_its_block(exchange: LocalExchange, caller: Caller) -> None:
    exchange.faults.add("status-500")
    with exchange.faults.add("status-404"):
        assert caller.klines() == 404
    assert caller.klines() == 500
    exchange.faults.clear()
    assert caller.klines() == 200


def test_an_unknown_fault_is_named_with_the_nearest_one(exchange: LocalExchange) -> None:
    with pytest.raises(LookupError, match="do you mean 'status-503'"):
        exchange.faults.add("status503")


def test_a_fault_of_ones_own(exchange: LocalExchange, caller: Caller) -> None:
    exchange.faults.add(Body(b"[[1]]"))
    assert caller.get("/api/v3/klines", symbol="BTCUSDT", interval="1m") == (200, "[[1]]")


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if not isinstance(fault, Stream)])
def test_every_fault_is_noted_in_the_ledger(exchange: LocalExchange, name: str) -> None:
    """Whatever becomes of the answer."""
    exchange.faults.add(name, endpoint="klines")
    with socket.create_connection(("127.0.0.1", exchange.port), 10) as raw:
        raw.sendall(b"GET /api/v3/klines?symbol=BTCUSDT&interval=1m&limit=5 HTTP/1.1\r\nHost: here\r\n\r\n")
        assert [entry.outcome for entry in exchange.ledger.wait(endpoint="klines", outcome=name)] == [name]


def test_a_retry_after_is_sent_as_it_is(exchange: LocalExchange, caller: Caller) -> None:
    for name, wanted in [("status-429-after-7", "7"), ("status-429-after-garbage", "soon"), ("status-429", None)]:
        with exchange.faults.add(name):
            caller.connection.request("GET", "/api/v3/ping")
            answer = caller.connection.getresponse()
            answer.read()
            assert (answer.status, answer.headers["Retry-After"]) == (429, wanted)


def test_an_exchange_that_is_down_refuses_and_comes_back_on_the_same_port(
    exchange: LocalExchange, caller: Caller
) -> None:
    assert caller.klines() == 200
    exchange.down()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        caller.klines()
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", exchange.port), 10):
        pass
    exchange.up()
    caller.connection.close()
    assert caller.klines() == 200


def test_the_exchanges_clock_may_be_off(exchange: LocalExchange, caller: Caller) -> None:
    from .clock import wall

    exchange.clock.run(offset=-3_600_000)
    behind = wall() - json.loads(caller.get("/api/v3/time")[1])["serverTime"]
    assert abs(behind - 3_600_000) < 5_000
