"""Unmodified ccxt reads markets, time and candles from both wire formats, over REST and websocket."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .client import connected, run
from .clock import MINUTE_MS
from .conftest import START
from .market import Kind, gap, path
from .server import LocalExchange

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
EVERYWHERE = pytest.mark.parametrize(
    ("exchange_id", "symbol", "kind"),
    [
        ("binance", SPOT, Kind.SPOT),
        ("binance", SWAP, Kind.LINEAR),
        ("binanceusdm", SWAP, Kind.LINEAR),
        ("bybit", SPOT, Kind.SPOT),
        ("bybit", SWAP, Kind.LINEAR),
    ],
)
BOTH = pytest.mark.parametrize("exchange_id", ["binance", "bybit"])


def truth(
    exchange: LocalExchange, kind: Kind, timeframe: str, limit: int, start: int | None = None
) -> list[list[float]]:
    """The market's candles as ccxt has them."""
    now = exchange.clock.now()
    found = exchange.market.candles(kind, "BTCUSDT", timeframe, now=now, limit=limit, start=start)
    return [list(row) for row in found]


# ---- REST


@EVERYWHERE
def test_markets(exchange: LocalExchange, exchange_id: str, symbol: str, kind: Kind) -> None:
    async def load() -> dict[str, Any]:
        async with connected(exchange_id, exchange.url) as api:
            return api.markets

    markets = run(load())
    assert len(markets) == 10 * (1 if exchange_id == "binanceusdm" else 2)
    market = markets[symbol]
    assert (market["id"], market["base"], market["quote"]) == ("BTCUSDT", "BTC", "USDT")
    assert (market["spot"], market["swap"], market["active"]) == (kind is Kind.SPOT, kind is Kind.LINEAR, True)
    assert market["linear"] is (True if kind is Kind.LINEAR else None)
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.01, 0.00001)
    assert market["limits"]["cost"]["min"] == 5


@EVERYWHERE
def test_a_halted_symbol_is_inactive_and_a_delisted_one_gone(
    exchange: LocalExchange, exchange_id: str, symbol: str, kind: Kind
) -> None:
    async def both() -> tuple[bool, bool]:
        exchange.market.halt("BTCUSDT", START)
        exchange.market.delist("ETHUSDT", START)
        async with connected(exchange_id, exchange.url) as api:
            return api.market(symbol)["active"], symbol.replace("BTC", "ETH") in api.markets

    assert run(both()) == (False, False)


@EVERYWHERE
def test_time(exchange: LocalExchange, exchange_id: str, symbol: str, kind: Kind) -> None:
    async def ask() -> int:
        async with connected(exchange_id, exchange.url) as api:
            return await api.fetch_time()

    assert run(ask()) == START + 30_000


@EVERYWHERE
@pytest.mark.parametrize("timeframe", ["1m", "5m", "1h", "1d"])
def test_the_newest_candles_with_the_forming_one_last(
    exchange: LocalExchange, exchange_id: str, symbol: str, kind: Kind, timeframe: str
) -> None:
    async def ask() -> list[list[float]]:
        async with connected(exchange_id, exchange.url) as api:
            return await api.fetch_ohlcv(symbol, timeframe, limit=7)

    assert run(ask()) == truth(exchange, kind, timeframe, 7)


@EVERYWHERE
def test_candles_since_a_moment_are_the_first_after_it(
    exchange: LocalExchange, exchange_id: str, symbol: str, kind: Kind
) -> None:
    async def ask() -> list[list[list[float]]]:
        async with connected(exchange_id, exchange.url) as api:
            since = START - 90 * MINUTE_MS
            whole = await api.fetch_ohlcv(symbol, "1m", since, 5)
            return [whole, await api.fetch_ohlcv(symbol, "1m", since + 1, 5)]

    at, behind = run(ask())
    assert at == truth(exchange, kind, "1m", 5, START - 90 * MINUTE_MS)
    assert behind == truth(exchange, kind, "1m", 5, START - 89 * MINUTE_MS)


@EVERYWHERE
def test_candles_until_a_moment(exchange: LocalExchange, exchange_id: str, symbol: str, kind: Kind) -> None:
    async def ask() -> list[list[float]]:
        async with connected(exchange_id, exchange.url) as api:
            start = START - 50 * MINUTE_MS
            return await api.fetch_ohlcv(symbol, "1m", start, 500, {"until": start + 3 * MINUTE_MS})

    assert run(ask()) == truth(exchange, kind, "1m", 4, START - 50 * MINUTE_MS)


@EVERYWHERE
def test_a_long_history_is_paged(exchange: LocalExchange, exchange_id: str, symbol: str, kind: Kind) -> None:
    """As livekit pages it: each page since the end of the last."""

    async def ask() -> list[list[float]]:
        since, found = START - 2_500 * MINUTE_MS, []
        async with connected(exchange_id, exchange.url) as api:
            while page := await api.fetch_ohlcv(symbol, "1m", since, 1000):
                found += page
                since = page[-1][0] + MINUTE_MS
        return found

    assert run(ask()) == truth(exchange, kind, "1m", 3_000, START - 2_500 * MINUTE_MS)
    assert exchange.ledger.count(endpoint="klines") == 4


@BOTH
@pytest.mark.parametrize(("stale", "requests"), [("stale-keep-alive", 2), ("never-answered", 1)])
def test_one_connection_that_went_stale_is_healed_by_asking_twice(
    exchange: LocalExchange, exchange_id: str, stale: str, requests: int
) -> None:
    """By aiohttp, for a GET on a connection that was kept alive, once; one that gives no sign is not healed."""
    from ccxt import RequestTimeout

    async def ask() -> None:
        async with connected(exchange_id, exchange.url, enableRateLimit=True, timeout=400) as api:  # one after another
            exchange.faults.add(stale, endpoint="time")
            if stale == "never-answered":
                with pytest.raises(RequestTimeout):
                    await api.fetch_time()
            else:
                assert await api.fetch_time() == exchange.clock.now()

    run(ask())
    assert exchange.ledger.count(endpoint="time") == requests


@BOTH
def test_a_gap_is_a_gap_and_not_an_end(exchange: LocalExchange, exchange_id: str) -> None:
    exchange.market.script("BTCUSDT", gap(START - 8 * MINUTE_MS, START - 2 * MINUTE_MS))

    async def ask() -> list[list[float]]:
        async with connected(exchange_id, exchange.url) as api:
            return await api.fetch_ohlcv(SPOT, "1m", START - 10 * MINUTE_MS, 100)

    assert [(row[0] - START) // MINUTE_MS for row in run(ask())] == [-10, -9, -2, -1, 0]


@BOTH
def test_a_last_price(exchange: LocalExchange, exchange_id: str) -> None:
    exchange.market.script("BTCUSDT", path(START, [123.45]))

    async def ask() -> float:
        async with connected(exchange_id, exchange.url) as api:
            return (await api.fetch_ticker(SPOT))["last"]

    assert run(ask()) == 123.45


def test_bybit_gives_the_newest_candle_first_and_binance_the_oldest(exchange: LocalExchange) -> None:
    """Which ccxt hides, so it is asked without it."""
    import json
    from urllib.request import urlopen

    with urlopen(f"{exchange.url}/v5/market/kline?category=spot&symbol=BTCUSDT&interval=1&limit=2", timeout=10) as said:
        assert [int(row[0]) for row in json.load(said)["result"]["list"]] == [START, START - MINUTE_MS]
    with urlopen(f"{exchange.url}/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=2", timeout=10) as said:
        assert [row[0] for row in json.load(said)] == [START - MINUTE_MS, START]


# ---- websocket


@EVERYWHERE
def test_a_watched_minute_forms_and_closes_and_so_does_the_next(
    exchange: LocalExchange, exchange_id: str, symbol: str, kind: Kind
) -> None:
    async def watch() -> list[list[float]]:
        async with connected(exchange_id, exchange.url) as api:
            seen = [list(row) for row in await api.watch_ohlcv(symbol)]
            for passed in (20_000, 30_000, 80_000, 90_000):  # from the middle of the minute; twice to its very close
                exchange.clock.freeze(START + 30_000 + passed)
                seen += [list(row) for row in await api.watch_ohlcv(symbol)]
            return seen

    forming, later, first_closed, next_forming, next_closed = run(watch())
    whole, after = (
        list(exchange.market.minute(kind, "BTCUSDT", START + number * MINUTE_MS) or ()) for number in (0, 1)
    )
    assert forming[0] == later[0] == START
    assert forming[:2] == whole[:2]
    assert forming[5] < later[5] < whole[5]
    assert first_closed == whole
    assert next_forming[:2] == after[:2]
    assert next_closed == after


@BOTH
def test_ccxt_changes_the_rows_that_it_has_given_out(exchange: LocalExchange, exchange_id: str) -> None:
    """Who keeps one must copy it: the next frame of the same minute is written into it."""

    async def watch() -> None:
        async with connected(exchange_id, exchange.url) as api:
            row = (await api.watch_ohlcv(SPOT))[-1]
            before = list(row)
            exchange.clock.advance(20_000)
            assert (await api.watch_ohlcv(SPOT))[-1] is row
            assert row != before

    run(watch())


@BOTH
def test_many_symbols_in_one_subscription(exchange: LocalExchange, exchange_id: str) -> None:
    async def watch() -> None:
        async with connected(exchange_id, exchange.url) as api:
            wanted = [symbol for symbol in api.symbols if ":" not in symbol]
            await api.watch_ohlcv_for_symbols([[symbol, "1m"] for symbol in wanted])
            while not all(symbol in api.ohlcvs for symbol in wanted):  # noqa: ASYNC110
                await asyncio.sleep(0)

    run(watch())
    assert exchange.ledger.count(endpoint="connect") == 1
    assert exchange.ledger.count(endpoint="subscribe") == 10
    assert len({entry.params["text"] for entry in exchange.ledger.of(endpoint="subscribe")}) == 1


@BOTH
def test_who_no_longer_watches_is_told_nothing(exchange: LocalExchange, exchange_id: str) -> None:
    async def watch() -> None:
        async with connected(exchange_id, exchange.url) as api:
            await api.watch_ohlcv(SPOT)
            await api.un_watch_ohlcv(SPOT)
            await exchange.ledger.arrived(endpoint="unsubscribe", symbol="BTCUSDT")
            assert {*exchange.call(lambda: [session.talk.topics == set() for session in exchange.hub.sessions])} == {
                True
            }

    run(watch())


@BOTH
def test_after_a_hang_up_the_next_call_connects_anew(exchange: LocalExchange, exchange_id: str) -> None:
    from ccxt import NetworkError

    async def watch() -> None:
        async with connected(exchange_id, exchange.url) as api:
            await api.watch_ohlcv(SPOT)
            exchange.hang_up()
            with pytest.raises(NetworkError):
                await api.watch_ohlcv(SPOT)
            assert await api.watch_ohlcv(SPOT)

    run(watch())
    assert exchange.ledger.count(endpoint="connect") == 2


def test_bybit_takes_ten_spot_topics_at_once_and_ccxt_does_not_divide_more() -> None:
    from ccxt import ExchangeError

    from .clock import Clock
    from .market import symbols

    async def watch(exchange: LocalExchange) -> None:
        async with connected("bybit", exchange.url) as api:
            spot = [[symbol, "1m"] for symbol in api.symbols if ":" not in symbol]
            assert await api.watch_ohlcv_for_symbols(spot[:10])
            with pytest.raises(ExchangeError, match="args size >10"):
                await api.watch_ohlcv_for_symbols(spot[10:])

    with LocalExchange(symbols(21), Clock(START + 30_000)) as exchange:
        run(watch(exchange))


@BOTH
def test_what_ccxt_drops_the_wire_has_the_closed_flag(exchange: LocalExchange, exchange_id: str) -> None:
    """Spoken without ccxt: raw and combined streams of Binance, a topic of Bybit's."""
    import aiohttp

    async def listen() -> list[tuple[bool, int]]:
        path = "stream?streams=btcusdt@kline_1m/ethusdt@kline_5m" if exchange_id == "binance" else "v5/public/spot"
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{exchange.url}/{path}") as socket:
            if exchange_id == "bybit":
                await socket.send_json({"op": "ping", "req_id": "1"})
                assert (await socket.receive_json())["ret_msg"] == "pong"
                await socket.send_json({"op": "subscribe", "args": ["kline.1.BTCUSDT"]})
                assert (await socket.receive_json())["success"] is True
            seen = [flag_of(await socket.receive_json())]
            exchange.clock.advance(MINUTE_MS)
            while len(seen) < 3:
                seen.append(flag_of(await socket.receive_json()))
                seen = [one for one in seen if one]
            return seen

    def flag_of(message: dict[str, Any]) -> tuple[bool, int] | None:
        if "stream" in message:
            kline = message["data"]["k"]
            return (kline["x"], kline["t"]) if message["stream"] == "btcusdt@kline_1m" else None
        return message["data"][0]["confirm"], message["data"][0]["start"]

    assert run(listen()) == [(False, START), (True, START), (False, START + MINUTE_MS)]


def test_binance_answers_what_it_does_not_know(exchange: LocalExchange) -> None:
    import aiohttp

    async def listen() -> list[dict[str, Any]]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{exchange.url}/ws/btcusdt@kline_1m") as socket,
        ):
            answers = [await socket.receive_json()]
            for text in ('{"method": "LIST_SUBSCRIPTIONS", "id": 3}', '{"method": "DANCE", "id": 4}', "no json"):
                await socket.send_str(text)
                answers.append(await socket.receive_json())
            return answers

    event, listed, unknown, unheard = run(listen())
    assert event["e"] == "kline"
    assert listed == {"result": ["btcusdt@kline_1m"], "id": 3}
    assert (unknown["error"]["code"], unknown["id"]) == (2, 4)
    assert unheard["error"]["code"] == 2
