"""The fakes that ship keep the promises of the ports, and the docstring's example works as printed."""

from __future__ import annotations

import asyncio
import doctest

import pytest

from livekit_cli import testing
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.errors import DiskFull, FeedError, JournalError, ProposalRefused, StrategyError
from livekit_cli.core.event import Mode, Opened
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.signal import OrderSide, Position, Proposal, Signal
from livekit_cli.core.state import Filled, Idle, Order, Publish, Rejected, Step, Unknown
from livekit_cli.ports import Broker, Clock, Feed, Journal
from livekit_cli.strategy import Market, Strategy, SyncMarket
from livekit_cli.testing import START, FakeBroker, FakeClock, FakeFeed, MemoryJournal, ask, candles

PORTS: tuple[Clock, Feed, Broker, Journal] = (FakeClock(0), FakeFeed({}), FakeBroker(), MemoryJournal())
ORDER = Order("abc-open", "BTCUSDT", OrderSide.BUY, 100.0, START)


def test_the_example_in_the_docstring_works() -> None:
    result = doctest.testmod(testing)
    assert result.attempted >= 5
    assert result.failed == 0


# ---- candles and ask


def test_candles_are_one_a_minute_and_each_opens_where_the_last_closed() -> None:
    made = candles([100, 102, 101], spread=0.5, volume=3)
    assert list(made.timestamps) == [START, START + MINUTE_MS, START + 2 * MINUTE_MS]
    assert made[1] == (START + MINUTE_MS, 100, 102.5, 99.5, 102, 3)


class Long(Strategy):
    async def get_signal(self, market: Market) -> Proposal | None:
        await asyncio.sleep(0)
        return market.long(take_profit=1, stop_loss=1, minutes=len(await market.candles()))


class PlainShort(Strategy):
    def get_signal(self, market: SyncMarket) -> Proposal | None:
        assert (market.symbol, market.now, market.last) == ("X", START + 2 * MINUTE_MS, 101)
        return market.short(take_profit=1, stop_loss=1, minutes=len(market.candles()))


def test_ask_works_for_both_kinds_of_strategy() -> None:
    proposal = ask(Long(), candles([100, 101]))
    assert proposal is not None
    assert (proposal.position, proposal.minute_estimated_time) == ("long", 2)
    short = ask(PlainShort(), candles([100, 101]), "X")
    assert short is not None
    assert short.position == "short"


def test_ask_works_in_a_test_that_runs_on_a_loop() -> None:
    async def main() -> Proposal | None:
        return ask(Long(), candles([100, 101]))

    assert asyncio.run(main()) is not None


def test_ask_on_a_loop_says_so_when_the_strategy_waits_for_more_than_candles() -> None:
    class Slow(Strategy):
        async def get_signal(self, market: Market) -> Proposal | None:
            await asyncio.sleep(0.001)
            return None

    async def main() -> Proposal | None:
        return ask(Slow(), candles([100, 101]))

    assert ask(Slow(), candles([100, 101])) is None
    with pytest.raises(StrategyError, match=r"^the strategy waits for more than candles; ask it in a test that is"):
        asyncio.run(main())


def test_ask_refuses_what_livekit_would_refuse() -> None:
    class Wrong(Strategy):
        async def get_signal(self, market: Market) -> Proposal | None:
            return market.long(price_take_profit=1.0, stop_loss=1, minutes=0)

    with pytest.raises(ProposalRefused) as caught:
        ask(Wrong(), candles([100, 101]))
    assert len(caught.value.reasons) == 2


def test_ask_needs_a_get_signal_and_a_candle() -> None:
    with pytest.raises(StrategyError, match=r"^Strategy has no get_signal$"):
        ask(Strategy(), candles([1]))
    with pytest.raises(ValueError, match=r"^a strategy is asked about at least one candle$"):
        ask(Long(), candles([]))


# ---- clock


def minutes(clock: FakeClock, count: int) -> list[int | None]:
    async def main() -> list[int | None]:
        found: list[int | None] = []
        for _ in range(count):
            found.append(await clock.next_minute(found[-1] if found else None))
        return found

    return asyncio.run(main())


def test_the_clock_goes_minute_by_minute_until_its_end() -> None:
    clock = FakeClock(START, START + 2 * MINUTE_MS)
    assert minutes(clock, 4) == [START, START + MINUTE_MS, START + 2 * MINUTE_MS, None]
    assert clock.now() == START + 2 * MINUTE_MS


def test_a_clock_that_jumped_forward_leaves_minutes_out_and_one_that_jumped_back_repeats_none() -> None:
    async def main() -> None:
        clock = FakeClock(START)
        assert await clock.next_minute(None) == START
        clock.jump(10 * MINUTE_MS)
        assert await clock.next_minute(START) == START + 10 * MINUTE_MS
        clock.jump(-5 * MINUTE_MS)
        assert await clock.next_minute(START + 10 * MINUTE_MS) == START + 11 * MINUTE_MS

    asyncio.run(main())


# ---- feed


def test_the_feed_gives_closed_candles_only_and_fails_when_told() -> None:
    async def main() -> None:
        feed = FakeFeed({"BTCUSDT": candles(range(1, 21))})
        seen = await feed.candles("BTCUSDT", "1m", START + 5 * MINUTE_MS + 1, 3)
        assert list(seen.closes) == [3, 4, 5]
        assert len(await feed.candles("BTCUSDT", "15m", START + 29 * MINUTE_MS, 3)) == 1
        with pytest.raises(FeedError, match=r"^no candles of ETHUSDT were recorded; expected one of BTCUSDT$"):
            await feed.candles("ETHUSDT", "1m", START, 3)
        feed.error = FeedError("down")
        with pytest.raises(FeedError, match=r"^down$"):
            await feed.candles("BTCUSDT", "1m", START, 3)
        assert feed.asked == 4

    asyncio.run(main())


# ---- broker


def test_the_broker_fills_an_order_once_however_often_it_is_submitted() -> None:
    async def main() -> None:
        broker = FakeBroker()
        assert await broker.submit(ORDER) == Filled("abc-open", 100.0)
        assert await broker.submit(ORDER) == Filled("abc-open", 100.0)
        assert (len(broker.submitted), list(broker.reports)) == (2, ["abc-open"])

    asyncio.run(main())


def test_the_broker_answers_as_told_and_only_unknown_can_change() -> None:
    async def main() -> None:
        broker = FakeBroker(
            [lambda o: Unknown(o.client_order_id, "timeout"), lambda o: Rejected(o.client_order_id, "no")]
        )
        assert await broker.submit(ORDER) == Unknown("abc-open", "timeout")
        assert await broker.submit(ORDER) == Rejected("abc-open", "no")
        assert await broker.submit(ORDER) == Rejected("abc-open", "no")

    asyncio.run(main())


# ---- journal


SIGNAL = Signal("abc", Position.LONG, 100.0, 101.0, 99.0, 60, "", START)
EVENT = Opened("abc-opened", START, "s", "demo", "BTCUSDT", Mode.PAPER, SIGNAL, 100.0)
QUIET, TOLD = Step(START, Idle()), Step(START, Idle(), Publish(EVENT))


def test_a_journal_numbers_its_steps_and_finds_them_again() -> None:
    async def main() -> None:
        journal = MemoryJournal()
        assert (journal.last, journal.seq, journal.acked, journal.pulse) == (None, 0, 0, Pulse())
        assert [await journal.append(step, 0) for step in (QUIET, TOLD, TOLD)] == [1, 2, 3]
        assert journal.unacknowledged == []  # what is found at opening, and nothing was
        assert await journal.append(QUIET, 2) == 4
        assert journal.acked == 0
        following = journal.reopened()
        assert (following.last, following.seq, following.acked) == (QUIET, 4, 2)
        assert following.unacknowledged == [(3, EVENT)]
        with pytest.raises(JournalError, match="closed"):
            await journal.append(QUIET, 0)

    asyncio.run(main())


def test_a_step_that_failed_is_not_in_the_journal() -> None:
    async def main() -> None:
        journal = MemoryJournal()
        journal.failures.append(DiskFull("no space"))
        with pytest.raises(DiskFull):
            await journal.append(QUIET, 0)
        assert (journal.seq, journal.last) == (0, None)
        assert await journal.append(QUIET, 0) == 1

    asyncio.run(main())


def test_the_pulse_is_found_at_the_next_opening_unless_it_was_lost() -> None:
    journal = MemoryJournal()
    journal.beat(Pulse(acked=7, minute=START))
    assert journal.pulse == Pulse()
    assert journal.reopened(pulse_lost=True).acked == 0
    following = journal.reopened()
    assert (following.pulse.minute, following.acked) == (START, 7)
