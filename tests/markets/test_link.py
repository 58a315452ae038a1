"""What a trader is shown of the exchange while it comes and goes, minute by minute."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.ccxt_sockets import TELL_AFTER
from livekit_cli.core.health import Health, judge
from livekit_cli.core.link import Contact, Link, Way
from livekit_cli.core.pulse import Snapshot
from tests.exchange.clock import MINUTE_MS
from tests.exchange.server import LocalExchange

from .harness import Hand, Minutes, running, venue_of

BOTH = pytest.mark.parametrize("exchange_id", ["binance", "bybit"])
THREE = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


def run(work: Coroutine[Any, Any, None]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(60):
            await work

    asyncio.run(in_time())


def link_of(desk: Minutes, symbol: str = "BTCUSDT") -> Link:
    """As the symbol's last heartbeat showed it."""
    link = desk.post(symbol).snapshot.pulse.link
    assert link is not None
    return link


def contact(desk: Minutes) -> Contact:
    """At the last heartbeat, whose time is the wall's while minutes are the test's."""
    heartbeat = desk.post("BTCUSDT").snapshot.pulse.heartbeat
    assert heartbeat is not None
    return link_of(desk).contact(heartbeat)


def unavailable_for(snapshot: Snapshot) -> int:
    link, heartbeat = snapshot.pulse.link, snapshot.pulse.heartbeat
    assert link is not None
    assert link.unavailable_since is not None
    assert heartbeat is not None
    return heartbeat - link.unavailable_since


async def streaming(desk: Minutes) -> None:
    """Every symbol has had a frame of the minute that is running."""
    sockets = desk.venue._sockets
    assert sockets is not None
    await desk.until(lambda: all(one.forming is not None for one in sockets._watched.values()))


@BOTH
def test_candles_come_by_rest_until_the_websocket_brings_them(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str
) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, exchange_id) as desk:
            assert link_of(desk) == Link(0, 3)
            await streaming(desk)
            for _ in range(3):
                await desk.next()
            assert {link_of(desk, symbol) for symbol in THREE} == {Link(3, 3)}
            assert link_of(desk).way is Way.WEBSOCKET

    run(minutes())


def test_a_websocket_that_brings_nothing_any_more_is_said_with_since_when(
    exchange: LocalExchange, tmp_path: Path
) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance") as desk:
            await streaming(desk)
            await desk.next()
            exchange.faults.add("ws-silent")
            exchange.hang_up()
            await desk.next()
            assert link_of(desk).silent_since is None, "a minute may be chance"
            for _ in range(TELL_AFTER):
                await desk.next()
            assert (link_of(desk).way, contact(desk)) == (Way.REST, Contact.CONNECTED)
            assert link_of(desk).silent_since is not None
            assert link_of(desk).trouble

    run(minutes())


def test_without_a_websocket_nothing_is_missed(exchange: LocalExchange, tmp_path: Path) -> None:
    async def opened() -> None:
        async with venue_of(exchange, tmp_path, once=True) as venue:
            assert venue.link == Link()
        assert venue.link is not None, "and the last words of a run may still be written"

    run(opened())


def test_a_venue_that_was_never_opened_has_no_connection(exchange: LocalExchange, tmp_path: Path) -> None:
    from livekit_cli.adapters.ccxt_venue import CcxtVenue
    from livekit_cli.adapters.config.exchanges import ExchangeConfig

    assert CcxtVenue(ExchangeConfig("local", "ccxt", ccxt_id="binance"), tmp_path).link is None


@BOTH
def test_the_plug_is_pulled_and_plugged_in_again(exchange: LocalExchange, tmp_path: Path, exchange_id: str) -> None:
    """Seven minutes: at once the connection says so, after three every symbol is STALE with the reason."""

    async def minutes() -> None:
        async with running(exchange, tmp_path, exchange_id) as desk:
            await desk.next()
            assert contact(desk) is Contact.CONNECTED
            exchange.down()
            for missed in range(1, 8):
                await desk.next()
                assert contact(desk) is Contact.UNAVAILABLE
                for symbol in THREE:
                    snapshot = desk.post(symbol).snapshot
                    assert round(unavailable_for(snapshot) / MINUTE_MS) == missed - 1
                    verdict = judge(snapshot, snapshot.pulse.heartbeat or 0)
                    stale = (Health.STALE, "exchange unavailable")
                    assert (verdict.health, verdict.reason) == (stale if missed >= 3 else (Health.OK, "running"))
                    assert snapshot.pulse.error_code == 69
            assert link_of(desk).trouble == "not reachable: connection refused"
            exchange.up()
            await desk.next()
            assert contact(desk) is Contact.CONNECTED
            assert {judge(one, one.pulse.heartbeat or 0).health for one in desk.fleet.snapshots} == {Health.OK}
            assert link_of(desk).unavailable_since is None

    run(minutes())


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        ("status-503", "the exchange has trouble of its own (503)"),
        ("never-answered", "no answer in time"),
        ("html", "the candles of BTCUSDT: a page of HTML instead of an answer"),
        ("empty-list", "the candles of BTCUSDT: an answer without candles"),
    ],
)
def test_the_trouble_is_named_in_a_few_words(exchange: LocalExchange, tmp_path: Path, fault: str, trouble: str) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance", watch=()) as desk:
            exchange.faults.add("ws-refused")
            exchange.hang_up()
            await desk.next()
            exchange.faults.add(fault)
            await desk.next()
            assert contact(desk) is Contact.UNAVAILABLE
            assert link_of(desk).trouble.startswith(trouble)

    run(minutes())


def test_one_symbol_without_candles_is_not_the_exchange(exchange: LocalExchange, tmp_path: Path) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance") as desk:
            exchange.faults.add("ws-refused")
            exchange.hang_up()
            exchange.faults.add("status-503", symbol="ETHUSDT")
            for _ in range(3):
                await desk.next()
            snapshot = desk.post("ETHUSDT").snapshot
            verdict = judge(snapshot, snapshot.pulse.heartbeat or 0)
            assert (verdict.health, verdict.reason) == (Health.STALE, "no new candle")
            assert {link_of(desk, symbol).unavailable_since for symbol in ("BTCUSDT", "SOLUSDT")} == {None}

    run(minutes())


def test_an_exchange_that_wants_to_be_left_alone_is_shown_so_with_how_long(
    exchange: LocalExchange, tmp_path: Path
) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance") as desk:
            exchange.faults.add("ws-refused")
            exchange.hang_up()
            with exchange.faults.add("status-418-after-120"):
                await desk.next()
            link, heartbeat = link_of(desk), desk.post("BTCUSDT").snapshot.pulse.heartbeat or 0
            assert link.left_alone_until is not None
            assert 110_000 < link.left_alone_until - heartbeat <= 120_000
            assert (contact(desk), link.trouble) == (Contact.LEFT_ALONE, "the exchange has shut us out for a while")
            assert link.contact(link.left_alone_until) is Contact.UNAVAILABLE, "until somebody has asked again"
            for _ in range(3):
                await desk.next()
            assert contact(desk) is Contact.CONNECTED

    run(minutes())


def test_how_far_the_clocks_differ_is_known(exchange: LocalExchange, tmp_path: Path) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance", hand=Hand(exchange.clock, wall_off=-61_000)) as desk:
            assert abs(link_of(desk).ahead_ms - 61_000) < 500

    run(minutes())


def test_what_was_seen_is_in_the_files_for_whoever_looks(exchange: LocalExchange, tmp_path: Path) -> None:
    from livekit_cli.adapters.records import read_records

    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance", watch=()) as desk:
            exchange.down()
            await desk.next()
            (record,) = read_records(tmp_path / "data")
            assert record.snapshot.pulse.link == link_of(desk)
            assert record.pulse.link is not None
            assert record.pulse.link.unavailable_since is not None
            exchange.up()

    run(minutes())


def test_a_minute_says_how_long_after_its_close_it_was_finished(exchange: LocalExchange, tmp_path: Path) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, "binance") as desk:
            assert desk.post("BTCUSDT").snapshot.pulse.delay_ms is None, "the first one may have closed long before"
            await desk.next()
            delay = desk.post("BTCUSDT").snapshot.pulse.delay_ms
            assert delay is not None
            assert 0 <= delay < 30_000

    run(minutes())
