"""What a websocket brings, what it is not believed, and how it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters import ccxt_noise
from livekit_cli.adapters.ccxt_sockets import TELL_AFTER, TOGETHER, Sockets
from livekit_cli.adapters.ccxt_venue import CcxtVenue
from livekit_cli.core.tape import Tape
from tests.exchange.clock import MINUTE_MS
from tests.exchange.faults import FAULTS, Stream
from tests.exchange.market import symbols
from tests.exchange.server import LocalExchange

from .harness import QUICK, Minutes, running, truth, venue_of

BOTH = pytest.mark.parametrize("exchange_id", ["binance", "bybit"])
M = MINUTE_MS
THREE = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


def run(work: Coroutine[Any, Any, None]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(60):
            await work

    asyncio.run(in_time())


def sockets_of(desk: Minutes | CcxtVenue) -> Sockets:
    venue = desk.venue if isinstance(desk, Minutes) else desk
    assert venue._sockets is not None
    return venue._sockets


async def streaming(desk: Minutes) -> None:
    """Every symbol has had a frame of the connection that it has now."""
    watched = sockets_of(desk)._watched.values()
    await desk.until(lambda: all(one.forming is not None for one in watched))


def tape_of(desk: Minutes, symbol: str = "BTCUSDT") -> Tape:
    assert desk.venue._feed is not None
    return desk.venue._feed.known(symbol).tape


REST = [name for name, fault in FAULTS.items() if not isinstance(fault, Stream)]


@BOTH
def test_with_a_healthy_websocket_no_trouble_of_rest_costs_a_minute(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str
) -> None:
    """Each in a minute of its own."""

    async def minutes() -> None:
        async with running(exchange, tmp_path, exchange_id) as desk:
            await streaming(desk)
            await desk.next()
            for name in REST:
                with exchange.faults.add(name):
                    await desk.next()
                    for symbol in THREE:
                        assert desk.finished(symbol) == desk.minute, name
                        assert desk.post(symbol).snapshot.pulse.price == truth(exchange, symbol, desk.minute), name
            assert desk.heard == []

    run(minutes())


@BOTH
def test_ten_symbols_are_one_subscription(exchange: LocalExchange, tmp_path: Path, exchange_id: str) -> None:
    names = [listing.id for listing in symbols(25)]
    for listing in symbols(25):
        exchange.market.add(listing)

    async def opened() -> None:
        async with venue_of(exchange, tmp_path, exchange_id, names, once=False):
            entries = await exchange.ledger.arrived(25, endpoint="subscribe")
            assert {entry.symbol for entry in entries} == set(names)
            assert len({entry.params["text"] for entry in entries}) == 3
            assert len({entry.connection for entry in entries}) == 1

    assert TOGETHER == 10
    run(opened())


def test_subscriptions_are_not_sent_all_at_once(exchange: LocalExchange, tmp_path: Path) -> None:
    """The exchange, which counts messages, closes no connection."""
    names = [listing.id for listing in symbols(90)]
    for listing in symbols(90):
        exchange.market.add(listing)
    exchange.budgets["binance"].enforced = True

    async def opened() -> None:
        patience = replace(QUICK, subscribe=0.22)
        async with venue_of(exchange, tmp_path, "binance", names, once=False, patience=patience):
            entries = await exchange.ledger.arrived(90, endpoint="subscribe")
            assert len(entries) == 90
            assert len({entry.connection for entry in entries}) == 1

    run(opened())


@BOTH
def test_after_a_break_every_symbol_is_subscribed_again(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str
) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, exchange_id) as desk:
            await streaming(desk)
            for way in (exchange.hang_up, exchange.down):
                await asyncio.to_thread(way)
                if way == exchange.down:
                    await asyncio.to_thread(exchange.up)
                await desk.until(lambda: any(one.forming is None for one in sockets_of(desk)._watched.values()))
                await streaming(desk)
                await desk.next()
                exchange.ledger.clear()
                await desk.next()
                assert desk.requests() == 0

    run(minutes())


@BOTH
def test_what_a_broken_connection_left_of_a_candle_is_not_taken_for_the_whole(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str
) -> None:
    """The new connection begins with the next minute: of the old one it has seen the first half."""

    async def minutes() -> None:
        async with running(exchange, tmp_path, exchange_id) as desk:
            await streaming(desk)
            await desk.next()
            exchange.clock.advance(30_000)
            exchange.faults.add("ws-refused")
            await asyncio.to_thread(exchange.hang_up)
            await desk.until(lambda: all(one.forming is None for one in sockets_of(desk)._watched.values()))
            stop = tape_of(desk).stop
            exchange.clock.run(desk.minute + M + 5_000 - _wall())
            exchange.faults.clear()
            await streaming(desk)
            exchange.ledger.clear()
            await desk.to(desk.minute + M)
            assert stop == desk.minute - M
            for symbol in THREE:
                assert desk.post(symbol).snapshot.pulse.price == truth(exchange, symbol, desk.minute)

    run(minutes())


@BOTH
def test_what_a_former_connection_left_in_ccxts_cache_is_not_taken_for_the_whole(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str
) -> None:
    """Its frames came before anybody watched, and then it broke; the next connection begins in the next minute."""

    async def minutes() -> None:
        patience = replace(QUICK, subscribe=0.3, socket=1.5)
        async with running(exchange, tmp_path, exchange_id, patience=patience) as desk:
            await streaming(desk)
            await desk.next()
            exchange.clock.advance(30_000)
            exchange.ledger.clear()
            await asyncio.to_thread(exchange.hang_up)
            await exchange.ledger.arrived(3, endpoint="subscribe")
            before = _volumes(desk)
            exchange.clock.advance(10_000)
            await desk.until(lambda: all(new > old for new, old in zip(_volumes(desk), before, strict=True)))
            exchange.faults.add("ws-refused")
            await asyncio.to_thread(exchange.hang_up)
            await exchange.ledger.arrived(1, endpoint="connect", outcome="ws-refused")
            exchange.faults.clear()
            await desk.next()
            for symbol in THREE:
                assert desk.post(symbol).snapshot.pulse.price == truth(exchange, symbol, desk.minute)

    run(minutes())


def _volumes(desk: Minutes) -> list[float]:
    """Of the newest candle that ccxt has seen of each symbol."""
    return [desk.connection.client.ohlcvs[f"{name[:3]}/USDT"]["1m"][-1][5] for name in THREE]


def _wall() -> int:
    from tests.exchange.clock import wall

    return wall()


@BOTH
def test_a_candle_whose_last_frame_came_before_its_end_is_asked_for(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str
) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, exchange_id) as desk:
            await streaming(desk)
            await desk.next()
            exchange.faults.add("ws-unclosed")
            watched = sockets_of(desk)._watched.values()
            before = {one: one.last_frame for one in watched}
            exchange.clock.advance(30_000)
            await desk.until(lambda: all(one.last_frame > before[one] for one in watched))
            exchange.ledger.clear()
            await desk.next()
            assert desk.requests() == 3
            assert desk.post("BTCUSDT").snapshot.pulse.price == truth(exchange, "BTCUSDT", desk.minute)

    run(minutes())


@pytest.mark.parametrize("fault", ["ws-frozen", "ws-cut-json", "ws-binary"])
@BOTH
def test_a_connection_that_says_nothing_more_is_made_anew(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str, fault: str
) -> None:
    async def minutes() -> None:
        patience = replace(QUICK, frozen=0.5)
        async with running(exchange, tmp_path, exchange_id, patience=patience) as desk:
            await streaming(desk)
            before = {entry.connection for entry in exchange.ledger.of(endpoint="subscribe")}
            with exchange.faults.add(fault):
                await desk.next()
            exchange.ledger.clear()
            await exchange.ledger.arrived(3, endpoint="subscribe")
            assert not before & {entry.connection for entry in exchange.ledger.of(endpoint="subscribe")}
            await streaming(desk)
            await desk.next()
            exchange.ledger.clear()
            await desk.next()
            assert desk.requests() == 0

    run(minutes())


def test_that_nothing_comes_is_told_once_and_that_it_does_again_once(exchange: LocalExchange, tmp_path: Path) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance") as desk:
            await streaming(desk)
            with exchange.faults.add("ws-silent"):
                for _ in range(3 * TELL_AFTER):
                    await desk.next()
            while sockets_of(desk).silent_seconds is not None:
                await desk.next()
            await desk.next()
            assert desk.heard == [
                "WARNING: local: no candle comes by websocket in time; they are asked for by REST",
                "WARNING: local: candles come by websocket again",
            ]

    run(minutes())


@pytest.mark.parametrize("fault", ["ws-cut-json", "ws-binary", "ws-closing", "ws-refused", "ws-garbage"])
def test_nothing_that_ccxt_leaves_lying_about_is_printed(
    exchange: LocalExchange, tmp_path: Path, fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance", patience=replace(QUICK, frozen=0.2)) as desk:
            await streaming(desk)
            with exchange.faults.add(fault):
                for _ in range(TELL_AFTER - 1):
                    exchange.clock.advance(20_000)
                    await desk.next()
            assert desk.heard == []
            assert asyncio.get_running_loop().get_exception_handler() is ccxt_noise._hear
        assert asyncio.get_running_loop().get_exception_handler() is None

    run(minutes())
    assert capfd.readouterr().err == ""


def test_a_defect_of_our_own_is_still_heard(exchange: LocalExchange, tmp_path: Path) -> None:
    async def opened() -> None:
        heard: list[Any] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: heard.append(context["exception"]))
        async with venue_of(exchange, tmp_path, once=False):
            loop.call_soon(lambda: 1 / 0)
            await asyncio.sleep(0)
        assert [type(error) for error in heard] == [ZeroDivisionError]

    run(opened())


def test_what_ccxt_keeps_of_a_stream_stays_small(exchange: LocalExchange, tmp_path: Path) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance") as desk:
            await streaming(desk)
            for _ in range(10):
                await desk.next()
            kept = desk.connection.client.ohlcvs["BTC/USDT"]["1m"]
            assert len(kept) <= 4

    run(minutes())
