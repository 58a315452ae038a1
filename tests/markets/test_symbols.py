"""Which market a symbol means, and what is remembered of it for the next start."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.ccxt_venue import CcxtVenue
from livekit_cli.adapters.names import symbol_of
from livekit_cli.core.errors import ExchangeUnreachable, MarketGone, UsageError
from tests.exchange.market import Listing
from tests.exchange.server import LocalExchange

from .harness import QUICK, START, until, venue_of

BOTH = pytest.mark.parametrize("exchange_id", ["binance", "bybit"])


def opened(
    exchange: LocalExchange, folder: Path, *symbols: str, exchange_id: str = "binance", **more: Any
) -> dict[str, Any]:
    """ccxt's market of each symbol."""

    async def run() -> dict[str, Any]:
        async with venue_of(exchange, folder, exchange_id, symbols, **more) as venue:
            for symbol in symbols:
                assert len(await venue.candles(symbol, "1m", START, 5)) == 5
            return venue._markets

    return asyncio.run(run())


# ---- names


@BOTH
@pytest.mark.parametrize("market", ["spot", "swap"])
@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC/USDT", "btc-usdt", "btc_usdt", "BTC/USDT:USDT"])
def test_a_symbol_finds_its_market_however_it_is_written(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str, market: str, symbol: str
) -> None:
    if market == "spot" and ":" in symbol:
        with pytest.raises(UsageError, match="is a perpetual contract; its exchange's file needs `market: swap`"):
            symbol_of(symbol, market)
        return
    name = symbol_of(symbol, market)
    assert name == "BTCUSDT"
    (found,) = opened(exchange, tmp_path, name, exchange_id=exchange_id, market=market).values()
    assert found["symbol"] == ("BTC/USDT" if market == "spot" else "BTC/USDT:USDT")
    kinds = {entry.kind for entry in exchange.ledger.of(endpoint="klines")}
    assert kinds == {"spot" if market == "spot" else "linear"}


def test_a_contract_that_is_settled_in_another_coin_is_refused() -> None:
    with pytest.raises(UsageError, match=r"BTC/USD:BTC is settled in BTC, expected .* its quote currency"):
        symbol_of("BTC/USD:BTC", "swap")


@pytest.mark.parametrize(
    ("symbols", "says"),
    [
        (["BTCUSD"], "local has no spot market 'BTCUSD' among its 10; did you mean BTCUSDT"),
        (["ETHUSDT", "BTCUST"], "did you mean BTCUSDT"),
        (["XYZABC"], "local has no spot market 'XYZABC' among its 10"),
        (["HALTED"], "has no spot market 'HALTED' now: it is listed, and not traded"),
    ],
)
def test_a_wrong_one_is_named_with_the_nearest(
    exchange: LocalExchange, tmp_path: Path, symbols: list[str], says: str
) -> None:
    exchange.market.add(Listing("HALTED", "HAL", "TED", 1.0, 2))
    exchange.market.halt("HALTED", START)
    with pytest.raises(UsageError) as refused:
        opened(exchange, tmp_path, *symbols)
    assert says in str(refused.value)
    assert "XYZABC" not in says or "mean" not in str(refused.value)


def test_all_that_are_wrong_are_named_at_once(exchange: LocalExchange, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        opened(exchange, tmp_path, "BTCUSDT", "BTCUSD", "ETHUSD")
    assert [line.split("'")[1] for line in refused.value.lines] == ["BTCUSD", "ETHUSD"]


def test_one_that_is_there_as_another_kind_is_said_so(exchange: LocalExchange, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it has a swap of that name, for which its file needs `market: swap`"):
        opened(exchange, tmp_path, "BTCUSDT", options={"fetchMarkets": {"types": ["linear"]}})


# ---- what is remembered


def cache(folder: Path) -> Path:
    return folder / "markets" / "local-spot.json"


@BOTH
def test_a_restart_asks_for_no_markets(exchange: LocalExchange, tmp_path: Path, exchange_id: str) -> None:
    before = opened(exchange, tmp_path, "BTCUSDT", exchange_id=exchange_id)
    exchange.ledger.clear()
    exchange.faults.add("status-503", endpoint="markets")
    assert opened(exchange, tmp_path, "BTCUSDT", exchange_id=exchange_id).keys() == before.keys()
    assert exchange.ledger.count(endpoint="markets") == 0


def test_another_symbol_is_asked_for_and_remembered_beside_the_first(exchange: LocalExchange, tmp_path: Path) -> None:
    for symbols in (["BTCUSDT"], ["ETHUSDT"]):
        opened(exchange, tmp_path, *symbols)
    exchange.faults.add("status-503", endpoint="markets")
    opened(exchange, tmp_path, "BTCUSDT", "ETHUSDT")
    with pytest.raises(ExchangeUnreachable, match="its markets"):
        opened(exchange, tmp_path, "SOLUSDT")


def spoilt(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def spoil(path: Path) -> object:
        content = json.loads(path.read_text())
        change(content)
        return path.write_text(json.dumps(content))

    return spoil


def no_market(content: dict[str, Any]) -> None:
    content["markets"]["BTCUSDT"] = 5


def no_symbol(content: dict[str, Any]) -> None:
    del content["markets"]["BTCUSDT"]["symbol"]


def a_list(content: dict[str, Any]) -> None:
    content["markets"] = [content["markets"]]


def a_swap(content: dict[str, Any]) -> None:
    content["markets"]["BTCUSDT"] |= {"spot": False, "swap": True}


def older(content: dict[str, Any]) -> None:
    content["of"][0] -= 1


def of_another(content: dict[str, Any]) -> None:
    content["of"][1] = "bybit"


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "a number": lambda path: path.write_text("7"),
    "deep": lambda path: path.write_text("[" * 100_000),
    "gone": lambda path: path.unlink(),
    **{change.__name__: spoilt(change) for change in (no_market, no_symbol, a_list, a_swap, older, of_another)},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_cache_that_is_not_whole_or_of_something_else_is_asked_for_anew(
    exchange: LocalExchange, tmp_path: Path, damage: str
) -> None:
    opened(exchange, tmp_path, "BTCUSDT")
    whole = json.loads(cache(tmp_path).read_text())
    DAMAGES[damage](cache(tmp_path))
    exchange.ledger.clear()
    opened(exchange, tmp_path, "BTCUSDT")
    assert exchange.ledger.count(endpoint="markets") > 0
    assert json.loads(cache(tmp_path).read_text())["markets"].keys() == whole["markets"].keys()


def test_a_cache_that_cannot_be_written_is_said_and_does_no_harm(
    exchange: LocalExchange, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "markets").write_text("a file in its place")
    with caplog.at_level(logging.WARNING):
        opened(exchange, tmp_path, "BTCUSDT")
    (record,) = caplog.records
    assert "the next start asks for the markets again" in record.message


def test_the_same_name_for_another_exchange_does_not_get_its_markets(exchange: LocalExchange, tmp_path: Path) -> None:
    opened(exchange, tmp_path, "BTCUSDT")
    exchange.ledger.clear()
    opened(exchange, tmp_path, "BTCUSDT", exchange_id="bybit")
    assert exchange.ledger.count(endpoint="markets", exchange="bybit") > 0


def test_behind_a_start_the_markets_are_brought_up_to_date(exchange: LocalExchange, tmp_path: Path) -> None:
    from dataclasses import replace

    async def run() -> None:
        async with venue_of(exchange, tmp_path, once=False, patience=replace(QUICK, fresh=0.0)):
            await exchange.ledger.arrived(1, endpoint="markets")
            before = cache(tmp_path).stat().st_mtime_ns
            await until(lambda: cache(tmp_path).stat().st_mtime_ns != before)

    opened(exchange, tmp_path, "BTCUSDT")
    exchange.ledger.clear()
    asyncio.run(run())


def test_that_this_fails_is_no_trouble(
    exchange: LocalExchange, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from dataclasses import replace

    async def run() -> None:
        async with venue_of(exchange, tmp_path, once=False, patience=replace(QUICK, fresh=0.0)) as venue:
            await exchange.ledger.arrived(3, endpoint="markets", outcome="status-404")
            assert len(await venue.candles("BTCUSDT", "1m", START, 5)) == 5

    opened(exchange, tmp_path, "BTCUSDT")
    exchange.ledger.clear()
    exchange.faults.add("status-404", endpoint="markets")
    asyncio.run(run())


# ---- fees, and markets that go


@BOTH
def test_the_fee_is_the_exchanges(exchange: LocalExchange, tmp_path: Path, exchange_id: str) -> None:
    async def run() -> float | None:
        async with venue_of(exchange, tmp_path, exchange_id) as venue:
            return venue.fee_percent("BTCUSDT")

    assert asyncio.run(run()) == pytest.approx(0.1)


@BOTH
def test_a_symbol_that_is_gone_is_gone_and_one_that_is_not_is_asked_for_again(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str
) -> None:
    async def candles(venue: CcxtVenue) -> int:
        return len(await venue.candles("BTCUSDT", "1m", START, 5))

    async def run() -> None:
        async with venue_of(exchange, tmp_path, exchange_id) as venue:
            with exchange.faults.add("told-bad-symbol", endpoint="klines", count=1):
                assert await candles(venue) == 5
        exchange.market.delist("BTCUSDT", START)
        async with venue_of(exchange, tmp_path, exchange_id) as venue:
            with pytest.raises(MarketGone):
                await candles(venue)

    asyncio.run(run())
