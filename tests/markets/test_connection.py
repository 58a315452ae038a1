"""One client for all symbols: its deadlines, its pauses, and what it tells."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from livekit_cli.adapters import ccxt_connection
from livekit_cli.adapters.ccxt_connection import BURSTS, RESERVE, WIDTH, Connection
from livekit_cli.adapters.ccxt_errors import said
from livekit_cli.adapters.ccxt_import import ccxt_ids
from livekit_cli.adapters.ccxt_patience import Patience
from livekit_cli.core.errors import CredentialsRefused, ExchangeError, ExchangeRefused, FeedError, MarketGone
from tests.exchange.client import options
from tests.exchange.clock import MINUTE_MS, Clock
from tests.exchange.server import LocalExchange

from .harness import QUICK, START, Hand, until

BOTH = pytest.mark.parametrize("exchange_id", ["binance", "bybit"])


def connected(
    exchange: LocalExchange, work: Callable[[Connection], Awaitable[None]], exchange_id: str = "binance",
    patience: Patience = QUICK, hand: Hand | None = None, **more: object,
) -> None:  # fmt: skip
    async def run() -> None:
        machine = (hand or Hand(exchange.clock)).machine()
        given = options(exchange_id, exchange.url, **more)
        connection = Connection(exchange_id, "local", given, websocket=False, patience=patience, machine=machine)
        try:
            async with asyncio.timeout(60):
                await work(connection)
        finally:
            await connection.close()

    asyncio.run(run())


async def time_of(connection: Connection, **more: bool) -> None:
    await connection.ask("its time", connection.client.fetch_time, **more)


# ---- attempts


def test_what_fails_is_tried_again_and_then_given_up(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        with exchange.faults.add("status-503", endpoint="time", count=2):
            await time_of(connection)
        assert exchange.ledger.count(endpoint="time") == 3
        exchange.faults.add("status-503", endpoint="time")
        with pytest.raises(FeedError, match=r"^local: its time: the exchange has trouble of its own \(503\) \("):
            await time_of(connection)
        assert exchange.ledger.count(endpoint="time") == 6

    connected(exchange, work)


def test_a_request_that_is_not_answered_is_given_up_in_time(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        exchange.faults.add("never-answered")
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(FeedError, match="no answer in time"):
            await time_of(connection)
        assert sum(QUICK.attempts) <= loop.time() - began < sum(QUICK.attempts) + sum(QUICK.retry) + 2

    connected(exchange, work)


def test_all_attempts_together_have_a_deadline(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        exchange.faults.add("never-answered")
        with pytest.raises(FeedError, match="no answer in time"):
            await time_of(connection)
        assert 1 < exchange.ledger.count(endpoint="time") < 5, "of nine"

    connected(exchange, work, patience=replace(QUICK, attempts=(0.2,) * 9, ask=0.5, retry=(0.0, 0.0)))


def test_waiting_for_the_rate_limit_is_not_waiting_for_an_answer(exchange: LocalExchange) -> None:
    """A request of this kind costs a fifth: the last waits for a second, and an attempt may take a quarter."""

    async def work(connection: Connection) -> None:
        await asyncio.gather(*(time_of(connection) for _ in range(6)))
        assert exchange.ledger.count(endpoint="time") == 6

    connected(exchange, work, rateLimit=1000, rateLimiterAlgorithm="leakyBucket")


def test_a_rate_limit_that_takes_longer_than_a_question_may_is_said(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        found = await asyncio.gather(*(time_of(connection) for _ in range(4)), return_exceptions=True)
        late = [str(one) for one in found if one is not None]
        assert late
        assert set(late) == {"local: its time: not asked within 0.6 s: too many requests wait before it"}

    connected(exchange, work, patience=replace(QUICK, ask=0.6), rateLimit=5000, rateLimiterAlgorithm="leakyBucket")


def test_no_more_than_so_many_requests_are_under_way(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        await time_of(connection)
        exchange.faults.add("never-answered")
        asking = [asyncio.create_task(time_of(connection)) for _ in range(2 * WIDTH)]
        await exchange.ledger.arrived(1, outcome="never-answered")
        await asyncio.gather(*asking, return_exceptions=True)
        assert exchange.ledger.count(outcome="never-answered") == WIDTH - RESERVE, "the rest is kept for urgent ones"

    connected(exchange, work, patience=replace(QUICK, attempts=(5.0,), ask=0.6))


# ---- pauses


@BOTH
def test_while_an_exchange_wants_to_be_left_alone_nobody_asks_it(exchange: LocalExchange, exchange_id: str) -> None:
    async def work(connection: Connection) -> None:
        with exchange.faults.add("status-418-after-120"), pytest.raises(FeedError, match="is left alone for 120 s"):
            await time_of(connection)
        before = len(exchange.ledger)
        for _ in range(5):
            with pytest.raises(FeedError, match=r"wants to be left alone, for \d+ s more") as refused:
                await time_of(connection, urgent=True)
            assert refused.value.is_shared
        assert len(exchange.ledger) == before
        exchange.clock.advance(121_000)
        await time_of(connection)

    connected(exchange, work, exchange_id)


def test_a_short_pause_is_waited_out(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        with exchange.faults.add("status-429-after-7", count=1):
            asking = asyncio.create_task(time_of(connection))
            await exchange.ledger.arrived(1, endpoint="time", outcome="status-429-after-7")
            await until(lambda: connection.pauses.left(connection.time.machine.seconds()) > 0)
            assert exchange.ledger.count(endpoint="time") == 1
            exchange.clock.advance(7_000)
            await asking

    connected(exchange, work)


def test_a_hundred_refusals_at_once_are_one(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        exchange.faults.add("status-429")
        await asyncio.gather(*(time_of(connection) for _ in range(WIDTH)), return_exceptions=True)
        assert connection.pauses.left(connection.time.machine.seconds()) <= 60

    connected(exchange, work)


def test_the_rate_limit_of_the_exchange_is_kept(exchange: LocalExchange) -> None:
    """A minute's budget is spent at once, and not more: the exchange, which counts, refuses nobody."""
    exchange.budgets["binance"].enforced = True

    async def work(connection: Connection) -> None:
        await connection.client.load_markets()
        asked = (connection.ask("candles", lambda: connection.client.fetch_ohlcv("BTC/USDT")) for _ in range(200))
        await asyncio.gather(*asked)
        assert {entry.outcome for entry in exchange.ledger} == {"200"}

    connected(exchange, work, patience=replace(QUICK, attempts=(5.0,)))


def test_the_exchanges_that_spend_their_budget_at_once_are_those_that_ccxt_describes_so() -> None:
    import ccxt
    from ccxt.base.exchange import BaseExchange

    folder = Path(ccxt.__file__).parent / "async_support"
    described = {name for name in ccxt_ids() if "'rollingWindowSize'" in (folder / f"{name}.py").read_text()}
    usual = BaseExchange.describe(BaseExchange)["rollingWindowSize"]
    assert usual == ccxt_connection.UNKNOWN_WINDOW_MS
    alike = {name for name in described if getattr(ccxt, name)().rollingWindowSize == usual}
    assert alike <= set(BURSTS)
    assert {name for name in BURSTS if not issubclass(getattr(ccxt, name), ccxt.binance)} <= alike


def test_a_wall_clock_set_back_does_not_hold_requests_back(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        await connection.compare_clocks()
        before = connection.client.throttler
        await connection.look_at_clocks()
        assert connection.client.throttler is before
        hand.wall_off -= 3_600_000
        await connection.look_at_clocks()
        assert connection.client.throttler is not before

    hand = Hand(exchange.clock)
    connected(exchange, work, hand=hand)


# ---- what is told


def test_an_outage_is_logged_once_and_its_end_once(exchange: LocalExchange, caplog: pytest.LogCaptureFixture) -> None:
    async def work(connection: Connection) -> None:
        await time_of(connection)
        await asyncio.to_thread(exchange.down)
        for _ in range(5):
            exchange.clock.advance(MINUTE_MS)
            found = await asyncio.gather(*(time_of(connection) for _ in range(10)), return_exceptions=True)
            assert all(isinstance(one, FeedError) and one.is_shared for one in found)
        await asyncio.to_thread(exchange.up)
        await time_of(connection)

    with caplog.at_level(logging.WARNING):
        connected(exchange, work)
    first, second = (record.message for record in caplog.records)
    assert first.startswith("local: its time: not reachable: connection refused (ExchangeNotAvailable")
    assert first.endswith("; it is tried again with each minute")
    assert second == "local answers again, after 240 s and 50 failures"


def test_what_only_one_meets_is_not_everybodys(exchange: LocalExchange, caplog: pytest.LogCaptureFixture) -> None:
    async def work(connection: Connection) -> None:
        with exchange.faults.add("status-500", endpoint="ticker"):
            await time_of(connection)
            with pytest.raises(FeedError) as failed:
                await connection.ask("a price", connection.client.fetch_tickers)
            assert not failed.value.is_shared

    with caplog.at_level(logging.WARNING):
        connected(exchange, work)
    assert caplog.records == []


def test_after_a_long_outage_only_the_urgent_ones_insist(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        exchange.faults.add("status-500")
        counts = []
        for _ in range(2):
            for urgent in (False, True):
                exchange.ledger.clear()
                with pytest.raises(FeedError):
                    await time_of(connection, urgent=urgent)
                counts.append(len(exchange.ledger))
            exchange.clock.advance(6 * MINUTE_MS)
        assert counts == [3, 3, 1, 3]

    connected(exchange, work, patience=replace(QUICK, attempts=(5.0, 5.0, 5.0)))


@pytest.mark.parametrize(
    ("exchange_id", "fault", "starting", "becomes"),
    [
        ("binance", "status-451", True, ExchangeRefused),
        ("binance", "status-403", True, ExchangeRefused),
        ("binance", "status-401", True, CredentialsRefused),
        ("bybit", "status-451", True, ExchangeRefused),
        ("bybit", "status-401", True, CredentialsRefused),
        ("bybit", "status-403", True, FeedError),
        ("binance", "status-451", False, FeedError),
        ("binance", "status-401", False, FeedError),
        ("binance", "told-bad-symbol", False, MarketGone),
        ("bybit", "told-bad-symbol", True, MarketGone),
    ],
)
def test_what_a_failure_becomes(
    exchange: LocalExchange, exchange_id: str, fault: str, starting: bool, becomes: type[ExchangeError]
) -> None:
    async def work(connection: Connection) -> None:
        exchange.faults.add(fault)
        with pytest.raises(ExchangeError) as failed:
            await time_of(connection, starting=starting)
        assert type(failed.value) is becomes

    connected(exchange, work, exchange_id, patience=replace(QUICK, ask=1.0))


def test_a_key_or_a_page_of_html_is_never_shown() -> None:
    error = RuntimeError("binance GET https://api.binance.com/api/v3/order?apiKey=SECRET&signature=ABC 403 Forbidden")
    assert said(error) == "RuntimeError: binance GET https://api.binance.com/... 403 Forbidden"
    page = RuntimeError("binance GET http://x/y 502 Bad Gateway <html>\r\n<head><title>\x1b[31m</title>")
    assert said(page) == "RuntimeError: binance GET http://x/... 502 Bad Gateway a page of HTML"
    assert said(TimeoutError()) == "TimeoutError"
    assert len(said(RuntimeError("x" * 10_000))) <= 160


# ---- clocks


@BOTH
@pytest.mark.parametrize("wall_off", [60_000, -60_000])
def test_a_clock_that_is_off_is_measured_told_and_corrected(
    exchange: LocalExchange, caplog: pytest.LogCaptureFixture, exchange_id: str, wall_off: int
) -> None:
    async def work(connection: Connection) -> None:
        await connection.compare_clocks()
        assert abs(connection.time.counted_ms() - exchange.clock.now()) <= 5
        assert abs(connection.client.nonce() - connection.client.milliseconds() + wall_off) <= 5

    with caplog.at_level(logging.WARNING):
        connected(exchange, work, exchange_id, hand=Hand(exchange.clock, wall_off))
    (record,) = caplog.records
    word = "ahead of" if wall_off > 0 else "behind"
    assert record.message == (
        f"the clock of this machine is 60.0 s {word} that of local; minutes are counted by the exchange's"
    )


def test_a_complaint_about_the_time_has_the_clocks_compared_before_the_next_attempt(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        await connection.compare_clocks()
        exchange.ledger.clear()
        with exchange.faults.add("told-clock-off", endpoint="ticker", count=1):
            await connection.ask("a price", connection.client.fetch_tickers)
        assert exchange.ledger.count(endpoint="time") == 3
        assert not connection.time.is_doubted

    connected(exchange, work)


def test_an_exchange_that_goes_on_complaining_does_not_loop(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        exchange.faults.add("told-clock-off")
        with pytest.raises(FeedError, match="the clocks of this machine and of the exchange differ"):
            await time_of(connection)
        assert exchange.ledger.count(endpoint="time") < 30
        assert connection.time.is_doubted

    connected(exchange, work)


@pytest.mark.parametrize("body", [b'{"serverTime": "soon"}', b"{}", b'{"serverTime": 12}', b'{"serverTime": 1e300}'])
def test_a_time_that_cannot_be_is_not_believed(exchange: LocalExchange, body: bytes) -> None:
    from tests.exchange.faults import Body

    async def work(connection: Connection) -> None:
        exchange.faults.add(Body(body))
        with pytest.raises(FeedError):
            await connection.compare_clocks()
        assert connection.time.counted_ms() == exchange.clock.now()

    connected(exchange, work)


@BOTH
@pytest.mark.parametrize("off", [-60_000, -10_000, 10_000, 60_000])
def test_an_answer_whose_date_contradicts_the_clock_has_the_clocks_compared(
    exchange: LocalExchange, caplog: pytest.LogCaptureFixture, exchange_id: str, off: int
) -> None:
    hand = Hand(Clock(exchange.clock.now()))

    async def work(connection: Connection) -> None:
        await connection.compare_clocks()
        await connection.ask("a price", connection.client.fetch_tickers)
        assert not connection.time.is_doubted
        exchange.clock.advance(off)
        await connection.ask("a price", connection.client.fetch_tickers)
        assert connection.time.is_doubted
        await connection.look_at_clocks()
        assert connection.time.now_ms() == exchange.clock.now()
        await connection.ask("a price", connection.client.fetch_tickers)
        assert not connection.time.is_doubted

    with caplog.at_level(logging.WARNING):
        connected(exchange, work, exchange_id, hand=hand)
    word = "behind" if off > 0 else "ahead of"
    assert [record.message.partition(";")[0] for record in caplog.records] == [
        f"the clock of this machine is {abs(off) / 1000:.1f} s {word} that of local"
    ]


def test_a_page_of_html_is_called_one(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        exchange.faults.add("html")
        for what in (connection.client.fetch_time, connection.client.fetch_markets, connection.client.fetch_tickers):
            with pytest.raises(FeedError, match="a page of HTML instead of an answer; is there a login page"):
                await connection.ask("something", what)

    connected(exchange, work)


@pytest.mark.parametrize("fault", ["status-500", "status-502", "status-503", "status-504"])
@BOTH
def test_what_fails_over_there_is_not_said_to_be_refused(exchange: LocalExchange, exchange_id: str, fault: str) -> None:
    async def work(connection: Connection) -> None:
        exchange.faults.add(fault)
        with pytest.raises(FeedError, match=rf"the exchange has trouble of its own \({fault[7:]}\)"):
            await time_of(connection)

    connected(exchange, work, exchange_id)


def test_a_pause_that_the_exchange_asks_for_is_told_once_for_all(
    exchange: LocalExchange, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(connection: Connection) -> None:
        exchange.faults.add("status-429-after-7", count=3)
        asking = [connection.ask("a price", connection.client.fetch_tickers) for _ in range(3)]
        await asyncio.gather(*asking, return_exceptions=True)

    with caplog.at_level(logging.WARNING):
        connected(exchange, work)
    told = [record.message for record in caplog.records if "left alone" in record.message]
    assert told[0] == "local: too many requests (429): it is left alone for 7 s"
    assert len([text for text in told if text.startswith("local: too many requests (429): it is left")]) == 1


def test_clocks_are_compared_again_after_a_while(exchange: LocalExchange) -> None:
    async def work(connection: Connection) -> None:
        await connection.compare_clocks()
        exchange.ledger.clear()
        await connection.look_at_clocks()
        assert len(exchange.ledger) == 0
        exchange.clock.advance(round(QUICK.measure * 1000) + 1)
        await connection.look_at_clocks()
        assert exchange.ledger.count(endpoint="time") == 3

    connected(exchange, work)


def test_the_start_of_these_tests_is_a_whole_minute() -> None:
    assert START % MINUTE_MS == 0
