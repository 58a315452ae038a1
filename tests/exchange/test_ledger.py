"""The ledger knows who asked for what and when; weight is counted and, when a test wants it, limited."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request

import pytest

from .client import connected, run
from .clock import MINUTE_MS
from .conftest import START
from .server import LocalExchange

KLINES = "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=5"
FUTURES = "/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit="
BYBIT = "/v5/market/kline?category=spot&symbol=BTCUSDT&interval=1"


def get(exchange: LocalExchange, path: str) -> tuple[int, dict[str, str], str]:
    try:
        with urllib.request.urlopen(exchange.url + path, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, dict(problem.headers), problem.read().decode()


def test_requests_are_counted_by_symbol_and_minute(exchange: LocalExchange) -> None:
    async def ask() -> None:
        async with connected("binance", exchange.url) as api:
            for symbol in ("BTC/USDT", "ETH/USDT", "BTC/USDT"):
                await api.fetch_ohlcv(symbol, limit=5)
            exchange.clock.advance(MINUTE_MS)
            await api.fetch_ohlcv("BTC/USDT", limit=5)

    run(ask())
    assert exchange.ledger.per_minute(endpoint="klines") == {
        ("BTCUSDT", START): 2,
        ("ETHUSDT", START): 1,
        ("BTCUSDT", START + MINUTE_MS): 1,
    }
    assert exchange.ledger.of(symbol="ETHUSDT")[0].params["limit"] == "5"
    assert {entry.outcome for entry in exchange.ledger} == {"200"}


def test_waiting_for_a_request_ends_when_it_comes_and_says_what_came_instead(exchange: LocalExchange) -> None:
    asking = threading.Thread(target=get, args=(exchange, KLINES))
    asking.start()
    assert exchange.ledger.wait(endpoint="klines")[0].symbol == "BTCUSDT"
    asking.join(10)
    with pytest.raises(AssertionError, match=r"the ledger has .*klines"):
        exchange.ledger.wait(endpoint="ticker", seconds=0.01)


def test_weights_are_the_exchanges_own_and_told_in_its_headers(exchange: LocalExchange) -> None:
    assert get(exchange, KLINES)[1]["X-MBX-USED-WEIGHT-1M"] == "2"
    assert get(exchange, "/api/v3/exchangeInfo")[1]["X-MBX-USED-WEIGHT-1M"] == "22"
    assert get(exchange, FUTURES + "99")[1]["X-MBX-USED-WEIGHT-1M"] == "1"
    for limit, weight in (("499", 2), ("1000", 5), ("1500", 10)):
        get(exchange, FUTURES + limit)
        assert exchange.ledger.of(kind="linear")[-1].weight == weight
    exchange.clock.advance(MINUTE_MS)
    assert get(exchange, KLINES)[1]["X-MBX-USED-WEIGHT-1M"] == "2"
    assert exchange.ledger.weight(kind="spot") == 24


def test_beyond_the_limit_binance_warns_until_the_minute_ends(exchange: LocalExchange) -> None:
    budget = exchange.budgets["binance"]
    budget.enforced, budget.limits["spot"] = True, 4
    assert [get(exchange, KLINES)[0] for _ in range(3)] == [200, 200, 429]
    status, headers, body = get(exchange, KLINES)
    assert (status, headers["Retry-After"], json.loads(body)["code"]) == (429, "30", -1003)
    assert get(exchange, FUTURES + "5")[0] == 200
    exchange.clock.advance(30_000)
    assert get(exchange, KLINES)[0] == 200


def test_who_does_not_heed_the_warnings_is_banned_for_minutes(exchange: LocalExchange) -> None:
    budget = exchange.budgets["binance"]
    budget.enforced, budget.limits["spot"] = True, 2
    statuses = [get(exchange, KLINES)[0] for _ in range(13)]
    assert statuses == [200, *[429] * 10, 418, 418]
    exchange.clock.advance(MINUTE_MS)
    assert get(exchange, KLINES)[0] == 418
    exchange.clock.advance(2 * MINUTE_MS)
    assert get(exchange, KLINES)[0] == 200


def test_bybit_counts_by_address_in_five_seconds(exchange: LocalExchange) -> None:
    budget = exchange.budgets["bybit"]
    budget.enforced, budget.limits["ip"] = True, 2
    assert [get(exchange, BYBIT)[0] for _ in range(3)] == [200, 200, 403]
    exchange.clock.advance(5_000)
    assert get(exchange, BYBIT)[0] == 200


def test_a_websocket_that_says_too_much_is_closed(exchange: LocalExchange) -> None:
    import aiohttp

    exchange.budgets["binance"].enforced = True

    async def say(count: int) -> aiohttp.WSMsgType:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{exchange.url}/ws") as socket:
            for number in range(count):
                await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": number})
            received = [(await socket.receive()).type for _ in range(count)]
            return received[-1]

    assert run(say(5)) is aiohttp.WSMsgType.TEXT
    assert run(say(6)) is aiohttp.WSMsgType.CLOSE


def test_subscriptions_stand_in_the_ledger_by_symbol(exchange: LocalExchange) -> None:
    async def watch() -> None:
        async with connected("bybit", exchange.url) as api:
            watching = asyncio.gather(api.watch_ohlcv("BTC/USDT"), api.watch_ohlcv("ETH/USDT"))
            await exchange.ledger.arrived(2, endpoint="subscribe")
            await watching

    run(watch())
    assert exchange.ledger.per_minute(endpoint="subscribe") == {("BTCUSDT", START): 1, ("ETHUSDT", START): 1}
    assert exchange.ledger.count(endpoint="connect", kind="spot") == 1
