"""What a feed over ccxt's websockets can rely on, and what it cannot."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .client import connected, run
from .clock import MINUTE_MS, Clock
from .conftest import START
from .market import Kind, symbols
from .server import LocalExchange
from .test_contract import BOTH, SPOT

MANY = 60


@pytest.fixture
def large() -> Any:
    with LocalExchange(symbols(MANY), Clock(START + 30_000)) as running:
        yield running


def swaps(api: Any) -> list[str]:
    """Of these both exchanges take any number in one subscription."""
    return [symbol for symbol in api.symbols if ":" in symbol]


def whole(exchange: LocalExchange, api: Any, symbol: str, time: int) -> list[float]:
    return list(exchange.market.minute(Kind.LINEAR, api.market(symbol)["id"], time) or ())


@BOTH
def test_one_subscription_and_a_watch_for_each_symbol_miss_no_close(large: LocalExchange, exchange_id: str) -> None:
    """The closing frame and the next minute's first one come in one piece; each watcher sees the closed candle."""

    async def watch() -> None:
        async with connected(exchange_id, large.url) as api:
            await api.watch_ohlcv_for_symbols([[symbol, "1m"] for symbol in swaps(api)])

            async def closed(symbol: str) -> list[float]:
                while True:
                    for row in await api.watch_ohlcv(symbol):
                        if row == whole(large, api, symbol, START):
                            return list(row)

            watching = asyncio.gather(*(closed(symbol) for symbol in swaps(api)))
            large.clock.freeze(START + MINUTE_MS + 10_000)
            assert len(await watching) == MANY

    run(watch())
    assert len({entry.params["text"] for entry in large.ledger.of(endpoint="subscribe")}) == 1


@BOTH
def test_watching_many_with_one_call_returns_one_and_has_the_others_in_its_cache(
    large: LocalExchange, exchange_id: str
) -> None:
    """Frames that come while nobody waits are returned by no later call: who loops over it misses most closes."""

    async def watch() -> None:
        async with connected(exchange_id, large.url) as api:
            pairs = [[symbol, "1m"] for symbol in swaps(api)]
            await api.watch_ohlcv_for_symbols(pairs)
            watching = asyncio.ensure_future(api.watch_ohlcv_for_symbols(pairs))
            large.clock.freeze(START + MINUTE_MS)
            assert len(await watching) == 1
            while any(api.ohlcvs[symbol]["1m"][-1] != whole(large, api, symbol, START) for symbol in swaps(api)):  # noqa: ASYNC110
                await asyncio.sleep(0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await api.watch_ohlcv_for_symbols(pairs)

    run(watch())


@BOTH
@pytest.mark.parametrize("trouble", ["ws-frozen", "ws-cut-json", "ws-binary", "ws-deaf"])
def test_a_short_keep_alive_notices_a_socket_that_is_dead_or_that_ccxt_no_longer_reads(
    exchange: LocalExchange, exchange_id: str, trouble: str
) -> None:
    """Binance's own is three minutes, and twice that must pass in silence. One frame that is no JSON ends all reading.

    A subscription that was lost is no dead socket, and is never noticed.
    """
    from ccxt import RequestTimeout

    async def watch() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        short = {"options": {"ws": {"keepAlive": 200}}}
        async with connected(exchange_id, exchange.url) as plain:
            short["options"] = {**plain.options, **short["options"]}
        async with connected(exchange_id, exchange.url, **short) as api:
            if trouble != "ws-deaf":
                await api.watch_ohlcv(SPOT)
            with exchange.faults.add(trouble):
                watching = asyncio.ensure_future(api.watch_ohlcv(SPOT))
                exchange.clock.advance(1_000)
                if trouble == "ws-deaf":
                    assert (await asyncio.wait([watching], timeout=0.6))[1] == {watching}
                    watching.cancel()
                    return
                with pytest.raises(RequestTimeout, match="ping-pong"):
                    await watching
            assert await api.watch_ohlcv(SPOT)

    run(watch())


@BOTH
def test_an_old_frame_stays_behind_as_the_newest_of_its_kind(exchange: LocalExchange, exchange_id: str) -> None:
    """ccxt appends it to its cache, and from then on returns it in place of the present minute's candle."""

    async def watch() -> list[int]:
        async with connected(exchange_id, exchange.url) as api:
            times = [(await api.watch_ohlcv(SPOT))[-1][0]]
            with exchange.faults.add("ws-old", count=1):
                exchange.clock.advance(5_000)
                times.append((await api.watch_ohlcv(SPOT))[-1][0])
            exchange.clock.advance(5_000)
            times.append((await api.watch_ohlcv(SPOT))[-1][0])
            return [(time - START) // MINUTE_MS for time in times]

    assert run(watch()) == [0, -60, -60]


def test_binance_is_silent_about_a_symbol_that_it_does_not_have_and_bybit_says_so(exchange: LocalExchange) -> None:
    from ccxt import ExchangeError

    async def watch(exchange_id: str) -> None:
        async with connected(exchange_id, exchange.url) as api:
            del exchange.market.listings["BTCUSDT"]
            async with asyncio.timeout(0.5):
                await api.watch_ohlcv(SPOT)

    listing = exchange.market.listings["BTCUSDT"]
    with pytest.raises(TimeoutError):
        run(watch("binance"))
    exchange.market.add(listing)
    with pytest.raises(ExchangeError, match="handler not found"):
        run(watch("bybit"))
