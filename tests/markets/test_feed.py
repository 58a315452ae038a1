"""What a ccxt feed asks for, how often, and what it makes of the answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livekit_cli import Market, Proposal, Strategy
from livekit_cli.adapters.ccxt_patience import Patience
from livekit_cli.adapters.ccxt_venue import CcxtVenue
from livekit_cli.core.candle import TIMEFRAMES, Candle, Candles
from livekit_cli.core.errors import FeedError, UsageError
from livekit_cli.core.history import resample
from livekit_cli.live import FEED_SECONDS
from livekit_cli.wiring import Request
from tests.exchange.clock import MINUTE_MS, Clock
from tests.exchange.faults import Rows
from tests.exchange.market import Kind, gap, quiet
from tests.exchange.server import LocalExchange

from .harness import QUICK, START, Hand, Minutes, running, truth, venue_of

BOTH = pytest.mark.parametrize("exchange_id", ["binance", "bybit"])
M = MINUTE_MS

PATIENT = replace(QUICK, attempts=(10.0,))
"""Where nothing fails, an exchange that has to make up a thousand candles may take its time."""


def run(work: Coroutine[Any, Any, None]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(60):
            await work

    asyncio.run(in_time())


def candles_of(exchange: LocalExchange, since: int, until: int, symbol: str = "BTCUSDT") -> list[Candle]:
    """The market's own, of [since, until)."""
    rows = [exchange.market.minute(Kind.SPOT, symbol, time) for time in range(since, until, M)]
    return [Candle(*row) for row in rows if row is not None]


def spans(exchange: LocalExchange) -> list[tuple[int, int]]:
    """Where each candle request began, in minutes after START, and how many candles it wanted."""
    entries = exchange.ledger.of(endpoint="klines")
    first = ["startTime" if "startTime" in entry.params else "start" for entry in entries]
    return [
        ((int(entry.params[name]) - START) // M, int(entry.params["limit"]))
        for entry, name in zip(entries, first, strict=True)
    ]


async def ask(venue: CcxtVenue, until: int, limit: int = 5, timeframe: str = "1m", **more: bool) -> list[Candle]:
    """Those of the span that `limit` candles take; a feed gives older ones where some of them are missing."""
    length = TIMEFRAMES[timeframe]
    found = await venue.candles("BTCUSDT", timeframe, until, limit, **more)
    return [row for row in found if row.timestamp >= until // length * length - limit * length]


@BOTH
@pytest.mark.parametrize("behind", [10_000, 60_000])
def test_a_candle_that_is_forming_is_not_final_because_the_exchange_s_clock_went_back(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str, behind: int
) -> None:
    """The clocks agreed when they were compared; then one of them was set."""
    machine = Clock(START)

    async def minutes() -> None:
        exchange.clock.freeze(START)
        async with venue_of(exchange, tmp_path, exchange_id, hand=Hand(machine)) as venue:
            await ask(venue, START)
            exchange.clock.freeze(START + M + 1_200 - behind)
            machine.freeze(START + M + 1_200)
            found = await ask(venue, START + M)
            assert found == candles_of(exchange, START - 4 * M, START), "and not what there is so far of the next"

    run(minutes())


# ---- how often


@BOTH
def test_one_request_for_each_symbol_and_minute_however_many_strategies(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str
) -> None:
    class Second(Strategy):
        async def get_signal(self, market: Market) -> Proposal | None:
            await market.candles("1m", 30)
            await market.candles("5m", 12)
            return None

    class Third(Second):
        pass

    async def minutes() -> None:
        exchange.faults.add("ws-silent")
        more = [Request(["BTCUSDT", "ETHUSDT"], strategy) for strategy in (Second, Third)]
        async with running(exchange, tmp_path, exchange_id, more=more) as desk:
            for _ in range(7):
                await desk.next()
            exchange.ledger.clear()
            for _ in range(10):
                await desk.next()
            asked = Counter(entry.symbol for entry in exchange.ledger.of(endpoint="klines"))
            assert asked == {"BTCUSDT": 10, "ETHUSDT": 10, "SOLUSDT": 10}
            assert {limit for _, limit in spans(exchange)} == {4}, "the one that is missing, and its neighbours"

    run(minutes())


@BOTH
def test_what_a_websocket_brings_is_not_asked_for(exchange: LocalExchange, tmp_path: Path, exchange_id: str) -> None:
    async def minutes() -> None:
        async with running(exchange, tmp_path, exchange_id) as desk:
            await _until_streams(desk)
            for _ in range(3):
                await desk.next()
            exchange.ledger.clear()
            for _ in range(10):
                await desk.next()
                for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT"):
                    assert desk.post(symbol).snapshot.pulse.price == truth(exchange, symbol, desk.minute)
            assert desk.requests() == 0

    run(minutes())


async def _until_streams(desk: Minutes) -> None:
    """Every symbol has had a frame."""
    sockets = desk.venue._sockets
    assert sockets is not None
    await desk.until(lambda: all(one.forming is not None for one in sockets._watched.values()))


def test_only_what_is_missing_is_asked_for(exchange: LocalExchange, tmp_path: Path) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            assert await ask(venue, START) == candles_of(exchange, START - 5 * M, START)
            assert await ask(venue, START, 30) == candles_of(exchange, START - 30 * M, START)
            assert spans(exchange) == [(-60, 61)], "an hour at first"
            await ask(venue, START, 100)
            assert spans(exchange)[1:] == [(-100, 41)]
            exchange.clock.advance(M)
            await ask(venue, START + M)
            assert spans(exchange)[2:] == [(-2, 4)]
            await ask(venue, START + M)
            assert len(spans(exchange)) == 3

    run(asking())


@BOTH
def test_a_gap_of_three_thousand_minutes_is_filled_page_by_page(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str
) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, exchange_id, patience=PATIENT) as venue:
            await ask(venue, START - 3000 * M)
            exchange.ledger.clear()
            assert await ask(venue, START, 3000) == candles_of(exchange, START - 3000 * M, START)
            assert len(spans(exchange)) == 4
            assert max(limit for _, limit in spans(exchange)) <= 1000

    run(asking())


def test_a_smaller_gap_is_filled_forward_from_the_last_candle(exchange: LocalExchange, tmp_path: Path) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            await ask(venue, START - 700 * M)
            exchange.ledger.clear()
            assert await ask(venue, START, 700) == candles_of(exchange, START - 700 * M, START)
            assert spans(exchange) == [(-702, 703)]

    run(asking())


@BOTH
def test_older_history_than_there_is_gives_what_there_is(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str
) -> None:
    listing = exchange.market.listings["BTCUSDT"]
    exchange.market.add(replace(listing, opened=START - 90 * M))

    async def asking() -> None:
        async with venue_of(exchange, tmp_path, exchange_id, patience=PATIENT) as venue:
            assert await ask(venue, START, 2500) == candles_of(exchange, START - 90 * M, START)
            before = len(spans(exchange))
            await ask(venue, START, 2500)
            assert len(spans(exchange)) == before, "that there are no more is known now"

    run(asking())


# ---- other timeframes


@BOTH
@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_a_timeframe_is_what_its_minutes_make(
    exchange: LocalExchange, tmp_path: Path, exchange_id: str, timeframe: str
) -> None:
    length = TIMEFRAMES[timeframe]
    until = START // length * length

    async def asking() -> None:
        async with venue_of(exchange, tmp_path, exchange_id, patience=PATIENT) as venue:
            found = await ask(venue, START, 3, timeframe)
            built = resample(Candles.of(candles_of(exchange, until - 3 * length, until)), timeframe)
            assert [row[:5] for row in found] == [row[:5] for row in built]
            assert [row[5] for row in found] == pytest.approx([row[5] for row in built])

    run(asking())


def test_a_bar_whose_minutes_are_known_is_built_and_not_asked_for(exchange: LocalExchange, tmp_path: Path) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            await ask(venue, START, 60)
            exchange.ledger.clear()
            for minute in range(1, 16):
                exchange.clock.advance(M)
                await ask(venue, START + minute * M)
                found = await ask(venue, START + minute * M, 4, "5m")
                until = (START + minute * M) // (5 * M) * 5 * M
                built = resample(Candles.of(candles_of(exchange, until - 20 * M, until)), "5m")
                assert found == list(built)
            assert exchange.ledger.count(endpoint="klines") == 15

    run(asking())


def test_a_bar_whose_minutes_are_not_known_is_asked_for_once(exchange: LocalExchange, tmp_path: Path) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            await ask(venue, START)
            for minute in range(1, 4):
                exchange.clock.advance(M)
                await ask(venue, START + minute * M)
                await ask(venue, START + minute * M, 50, "1h")
            hours = [entry for entry in exchange.ledger.of(endpoint="klines") if entry.params["interval"] == "1h"]
            assert len(hours) == 1

    run(asking())


def test_a_timeframe_that_the_exchange_does_not_have_is_made_of_one_that_it_has(
    exchange: LocalExchange, tmp_path: Path
) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, "bybit", patience=PATIENT) as venue:
            await ask(venue, START, 3, "8h")
            assert {entry.params["interval"] for entry in exchange.ledger.of(endpoint="klines")} == {"240"}

    run(asking())


# ---- late, missing and quiet


def late(rows: list[Any]) -> list[Any]:
    """The exchange is behind: neither the new candle nor the one that is forming are there."""
    return rows[:-2] if len(rows) > 3 else rows


def test_a_late_candle_is_polled_for(exchange: LocalExchange, tmp_path: Path) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            await ask(venue, START)
            exchange.clock.advance(M)
            with exchange.faults.add(Rows(late), endpoint="klines", count=3):
                assert await ask(venue, START + M) == candles_of(exchange, START - 4 * M, START + M)
            assert len(spans(exchange)) == 5

    run(asking())


def test_after_its_grace_a_minute_is_quiet_and_the_next_one_asks_again(exchange: LocalExchange, tmp_path: Path) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            await ask(venue, START)
            exchange.clock.advance(M)
            with exchange.faults.add(Rows(late), endpoint="klines"):
                assert await ask(venue, START + M) == candles_of(exchange, START - 4 * M, START)
                asked = len(spans(exchange))
                assert asked == 2 + len(QUICK.polls)
                await ask(venue, START + M)
                assert len(spans(exchange)) == asked, "who asks in the same minute does not wait again"
            exchange.clock.advance(M)
            assert await ask(venue, START + 2 * M) == candles_of(exchange, START - 3 * M, START + 2 * M)

    run(asking())


def test_a_candle_without_a_follower_is_taken_once_the_exchange_has_had_its_time(
    exchange: LocalExchange, tmp_path: Path
) -> None:
    def unfollowed(rows: list[Any]) -> list[Any]:
        return rows[:-1]

    async def asking() -> None:
        patience = replace(QUICK, settled=1.0, polls=(0.0, 0.0))
        async with venue_of(exchange, tmp_path, patience=patience) as venue:
            await ask(venue, START)
            exchange.faults.add(Rows(unfollowed), endpoint="klines")
            exchange.clock.freeze(START + M + 999)
            assert await ask(venue, START + M) == candles_of(exchange, START - 4 * M, START)
            exchange.clock.freeze(START + 2 * M + 1000)
            assert await ask(venue, START + 2 * M) == candles_of(exchange, START - 3 * M, START + 2 * M)

    run(asking())


def test_a_symbol_that_is_quiet_for_long_costs_one_request_a_minute(exchange: LocalExchange, tmp_path: Path) -> None:
    exchange.market.script("BTCUSDT", gap(START + M, START + 100 * M))

    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            requests = []
            for minute in range(90):
                before = len(spans(exchange))
                await ask(venue, START + minute * M)
                requests.append(len(spans(exchange)) - before)
                exchange.clock.advance(M)
            assert set(requests[10:]) == {1}
            assert await ask(venue, START + 90 * M) == []
            exchange.clock.freeze(START + 103 * M + 30_000)
            assert await ask(venue, START + 103 * M) == candles_of(exchange, START + 98 * M, START + 103 * M)

    run(asking())


def test_candles_without_volume_are_candles(exchange: LocalExchange, tmp_path: Path) -> None:
    exchange.market.script("BTCUSDT", quiet(START - 60 * M, START + 60 * M))

    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            found = await ask(venue, START)
            assert [row.volume for row in found] == [0.0] * 5

    run(asking())


def test_where_an_exchange_prints_no_candle_now_and_then_that_costs_no_wait(
    exchange: LocalExchange, tmp_path: Path
) -> None:
    for minute in range(-60, 60, 3):
        exchange.market.script("BTCUSDT", gap(START + minute * M, START + (minute + 1) * M))

    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            for minute in range(12):
                until = START + minute * M
                assert await ask(venue, until) == candles_of(exchange, until - 5 * M, until)
                exchange.clock.advance(M)
            assert len(spans(exchange)) == 12

    run(asking())


def test_a_bad_candle_among_good_ones_is_left_out_and_looked_for_once_more(
    exchange: LocalExchange, tmp_path: Path
) -> None:
    bad = START - 2 * M

    def spoil(rows: list[Any]) -> list[Any]:
        return [row._replace(high=row.low, low=row.high) if row.time == bad else row for row in rows]

    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            with exchange.faults.add(Rows(spoil), endpoint="klines"):
                found = await ask(venue, START)
                assert found == [row for row in candles_of(exchange, START - 5 * M, START) if row.timestamp != bad]
            exchange.clock.advance(M)
            assert await ask(venue, START + M) == candles_of(exchange, START - 4 * M, START + M)

    run(asking())


def test_one_that_moves_without_a_volume_is_asked_for_again_now_and_in_the_next_minute(
    exchange: LocalExchange, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    new = START

    def empty(rows: list[Any]) -> list[Any]:
        return [row._replace(volume=0.0) if row.time == new else row for row in rows]

    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            await ask(venue, START)
            exchange.clock.advance(M)
            with exchange.faults.add(Rows(empty), endpoint="klines", count=2):
                assert await ask(venue, START + M) == candles_of(exchange, START - 4 * M, START + M)
            exchange.clock.advance(M)
            await ask(venue, START + 2 * M)

    async def lasting() -> None:
        nonlocal new
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            await ask(venue, START + 2 * M)
            exchange.clock.advance(M)
            new = START + 2 * M
            with exchange.faults.add(Rows(empty), endpoint="klines"):
                assert (await ask(venue, START + 3 * M))[-1].volume == 0.0
            exchange.clock.advance(M)
            assert await ask(venue, START + 4 * M) == candles_of(exchange, START - M, START + 4 * M)

    run(asking())
    assert caplog.messages == []
    run(lasting())
    assert [line.partition(" moves ")[0] for line in caplog.messages] == ["local: the candle of BTCUSDT at 00:13 UTC"]


def test_that_a_candle_is_missing_is_told_of_a_symbol_that_always_has_one(
    exchange: LocalExchange, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            await ask(venue, START)
            exchange.clock.advance(M)
            with exchange.faults.add(Rows(late), endpoint="klines"):
                await ask(venue, START + M)
                await ask(venue, START + M, 12, "5m")
            exchange.clock.advance(M)
            await ask(venue, START + 2 * M)

    run(asking())
    assert caplog.messages == [
        "local: no candle of BTCUSDT at 00:11 UTC, though it has one in every minute; its minute is counted without it",
        "local: the candles of BTCUSDT come in time again",
    ]


def test_one_that_changes_after_it_was_taken_for_final_is_set_right_and_told(
    exchange: LocalExchange, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def half(rows: list[Any]) -> list[Any]:
        return [*rows[:-2], rows[-2]._replace(volume=rows[-2].volume / 2)]

    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            await ask(venue, START)
            exchange.clock.freeze(START + M + 1000)
            with exchange.faults.add(Rows(half), endpoint="klines"):
                assert (await ask(venue, START + M))[-1] != candles_of(exchange, START, START + M)[0]
            exchange.clock.freeze(START + 2 * M + 1000)
            assert await ask(venue, START + 2 * M) == candles_of(exchange, START - 3 * M, START + 2 * M)

    run(asking())
    (line,) = caplog.messages
    assert line.startswith("local: the candle of BTCUSDT at 00:11 UTC has changed after its minute was counted: close ")


def test_one_that_stays_bad_is_looked_for_once_and_then_let_be(exchange: LocalExchange, tmp_path: Path) -> None:
    bad = START - 2 * M

    def spoil(rows: list[Any]) -> list[Any]:
        return [row._replace(volume=-1.0) if row.time == bad else row for row in rows]

    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            exchange.faults.add(Rows(spoil), endpoint="klines")
            for minute in range(4):
                await ask(venue, START + minute * M)
                exchange.clock.advance(M)
            assert [first for first, _ in spans(exchange)[-2:]] == [-1, 0], "no more than is usual"

    run(asking())


# ---- failures


def test_who_waited_for_an_answer_that_failed_does_not_ask_once_more(exchange: LocalExchange, tmp_path: Path) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            await ask(venue, START)
            exchange.clock.advance(M)
            exchange.ledger.clear()
            with exchange.faults.add("status-500", endpoint="klines"):
                found = await asyncio.gather(*(ask(venue, START + M) for _ in range(5)), return_exceptions=True)
            assert [type(one) for one in found] == [FeedError] * 5
            assert len(spans(exchange)) == len(PATIENT.attempts)
            assert len(await ask(venue, START + M)) == 5, "who comes later does"

    run(asking())


def test_what_was_answered_wrongly_is_said_also_when_time_ran_out(exchange: LocalExchange, tmp_path: Path) -> None:
    """Before the loop of the symbol does, which only knows that it waited."""

    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=replace(PATIENT, answer=1.0)) as venue:
            await ask(venue, START)
            exchange.clock.advance(M)
            exchange.faults.add("never-answered", endpoint="klines")
            with pytest.raises(FeedError, match=r"the candles of BTCUSDT: not known within 1 s$"):
                await ask(venue, START + M)
            wrong = exchange.faults.add("hour-old", endpoint="klines", count=3)
            with pytest.raises(FeedError, match=r"an answer without candles, .*; not known within 1 s$"):
                await ask(venue, START + M)
            assert wrong.hits == 3
            exchange.faults.clear()
            assert len(await ask(venue, START + M)) == 5

    assert Patience().ask + Patience().socket < Patience().answer < FEED_SECONDS
    run(asking())


def test_a_symbol_with_an_open_signal_is_urgent_whoever_asks_first(exchange: LocalExchange, tmp_path: Path) -> None:
    async def asking() -> None:
        async with venue_of(exchange, tmp_path, patience=PATIENT) as venue:
            assert venue._connection is not None
            entered: list[bool] = []
            gate = venue._connection._gate
            enter = gate.pass_
            gate.pass_ = lambda urgent: entered.append(urgent) or enter(urgent)  # type: ignore[method-assign, func-returns-value]
            await ask(venue, START, urgent=True)
            exchange.clock.advance(M)
            await ask(venue, START + M)
            exchange.clock.advance(M)
            await ask(venue, START + 2 * M)
            assert entered == [True, True, False]

    run(asking())


def test_an_exchange_without_minutes_is_refused(exchange: LocalExchange, tmp_path: Path) -> None:
    async def asking() -> None:
        with pytest.raises(UsageError, match="local has no 1m candles, by which livekit watches a signal"):
            async with venue_of(exchange, tmp_path, "blockchaincom"):
                raise AssertionError("open")

    run(asking())
