"""An unmodified client with these options can reach the local exchange, and nothing else in the world."""

from __future__ import annotations

import socket
import urllib.request
from urllib.parse import urlsplit

import pytest

from .client import EXCHANGES, addresses, client, connected, options, run
from .server import LocalExchange


@pytest.mark.parametrize("exchange_id", EXCHANGES)
def test_no_address_in_the_client_is_anybody_elses(exchange: LocalExchange, exchange_id: str) -> None:
    import ccxt.pro

    described = list(addresses(getattr(ccxt.pro, exchange_id)().urls))
    api = client(exchange_id, exchange.url)
    ours = list(addresses(api.urls))
    assert len(ours) == len(described) > 20
    assert {urlsplit(address).netloc for address in ours} == {f"127.0.0.1:{exchange.port}"}
    assert api.hostname == f"127.0.0.1:{exchange.port}"


@pytest.mark.parametrize("exchange_id", EXCHANGES)
def test_switched_to_a_testnet_it_still_reaches_nobody_else(exchange: LocalExchange, exchange_id: str) -> None:
    api = client(exchange_id, exchange.url)
    api.set_sandbox_mode(True)
    assert {urlsplit(address).netloc for address in addresses(api.urls)} == {f"127.0.0.1:{exchange.port}"}


@pytest.mark.parametrize("exchange_id", EXCHANGES)
def test_the_options_are_plain_data(exchange: LocalExchange, exchange_id: str) -> None:
    import json

    plain = options(exchange_id, exchange.url)
    assert json.loads(json.dumps(plain)) == plain


@pytest.mark.parametrize("exchange_id", EXCHANGES)
def test_a_client_at_work_tries_nobody_else(exchange: LocalExchange, exchange_id: str, walled: list[str]) -> None:
    async def work() -> None:
        async with connected(exchange_id, exchange.url) as api:
            symbol = api.symbols[0]
            await api.fetch_time()
            await api.fetch_ohlcv(symbol)
            await api.watch_ohlcv(symbol)

    run(work())
    assert walled == []


def test_the_wall_refuses_names_and_addresses_and_notes_them(walled: list[str]) -> None:
    with pytest.raises(OSError, match="Name or service not known"):
        urllib.request.urlopen("http://api.binance.com/api/v3/ping", timeout=1)
    with socket.socket() as plug, pytest.raises(OSError, match="unreachable"):
        plug.connect(("192.0.2.1", 80))
    assert walled == ["api.binance.com", "192.0.2.1"]
    walled.clear()


def test_a_client_without_these_options_stands_before_the_wall(walled: list[str]) -> None:
    import ccxt.pro

    async def ask() -> None:
        api = ccxt.pro.binance({"timeout_on_exit": 0})
        try:
            with pytest.raises(ccxt.ExchangeNotAvailable):
                await api.fetch_time()
        finally:
            await api.close()

    run(ask())
    assert set(walled) == {"api.binance.com"}
    walled.clear()
