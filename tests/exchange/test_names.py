"""Asked by their real names, the exchanges here answer as well; and some errors are of another class then."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .client import connected, run
from .clock import Clock
from .conftest import START
from .faults import Told
from .names import Authority, by_name
from .server import LocalExchange
from .test_contract import BOTH

SYMBOLS = ("BTC/USDT", "BTC/USDT:USDT")


@pytest.fixture
def named(tmp_path: Path) -> Iterator[LocalExchange]:
    with LocalExchange(clock=Clock(START + 30_000), tls=Authority(tmp_path)) as exchange:
        yield exchange


@BOTH
def test_a_client_with_its_own_addresses_reads_candles_over_both(named: LocalExchange, exchange_id: str) -> None:
    async def read() -> list[int]:
        async with by_name(exchange_id, named) as api:
            assert "127.0.0.1" not in api.urls["api"]["public"]
            found = [await api.fetch_time()]
            for symbol in SYMBOLS:
                found += [(await api.fetch_ohlcv(symbol, limit=1))[0][0], (await api.watch_ohlcv(symbol))[0][0]]
            return found

    assert run(read()) == [START + 30_000, *[START] * 4]
    assert {entry.kind for entry in named.ledger.of(endpoint="connect")} == {"spot", "linear"}


def test_an_overload_of_binance_is_another_error_at_its_own_address(named: LocalExchange) -> None:
    """ccxt looks for codes of spot and futures only below https://api.binance.com and https://fapi.binance.com."""
    from ccxt import ExchangeError, NetworkError, OperationFailed

    async def raised(meeting: Any) -> type[BaseException]:
        async with meeting as api:
            with named.faults.add(Told("busy"), endpoint="klines"), pytest.raises(Exception) as caught:  # noqa: PT011
                await api.fetch_ohlcv("BTC/USDT")
            return caught.type

    assert run(raised(connected("binance", named.url))) is ExchangeError
    assert run(raised(by_name("binance", named))) is OperationFailed
    assert not issubclass(OperationFailed, NetworkError)


@BOTH
def test_a_certificate_that_nobody_vouches_for_is_an_exchange_not_available(
    named: LocalExchange, exchange_id: str
) -> None:
    import aiohttp
    from ccxt import ExchangeNotAvailable

    async def read() -> None:
        with pytest.raises(ExchangeNotAvailable) as caught:
            async with by_name(exchange_id, named, trust=ssl.create_default_context()):
                pass
        assert isinstance(caught.value.__cause__, aiohttp.ClientConnectorCertificateError)

    run(read())
    assert len(named.ledger) == 0
