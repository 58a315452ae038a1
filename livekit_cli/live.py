"""The live loop of one symbol: look at the minute, ask the core, write it down, pay what is owed.

Laws:
- A step is appended before what it owes is paid, and the memory changes in between. Recovery is the same path: the
  last step is loaded and paid again, which costs nothing.
- A minute is finished when everything it called for is durable. One that is not finished is caught up with the next.
- Whatever a strategy, a feed or a consumer does, it does not keep an open signal from being watched.
"""

from __future__ import annotations

import asyncio
import logging

from .core.candle import MINUTE_MS, VWAP_MINUTES, Candles
from .core.errors import DiskFull, FeedError, StrategyError
from .core.event import ActiveMinute, Closed, Event, MinuteResult, Opened, replayed
from .core.machine import settle, step
from .core.minute import quiet, seen
from .core.pulse import OVER, Snapshot
from .core.schedule import remembered
from .core.sight import BLIND_MINUTES, Sight
from .core.state import (
    Closing,
    Filled,
    Idle,
    Minute,
    Open,
    Opening,
    Order,
    Publish,
    Rejected,
    Report,
    State,
    Step,
    Submit,
    Terms,
    Unknown,
)
from .core.told import Told, is_doubling
from .ports import Broker, Clock, Deliver, Feed, Journal, Strategist, Venue

FEED_SECONDS = 20.0
"""Deadline of one look at the exchange."""

BROKER_SECONDS = 20.0
"""Deadline of one order; past it, the order's fate is unknown."""

LATE_MS = 30_000
"""A strategy is not asked about a minute that closed longer ago than this: its price would be history, and the next
minute comes soon. A run that is called from minute to minute (`run(1)`) has no next one, and asks in any case."""

YIELD_EVERY = 256
"""Missed minutes evaluated before the other symbols get their turn."""

log = logging.getLogger("livekit")


class Acknowledged:
    """Which events have been had by everyone who is to have them."""

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self.all_had = asyncio.Event()
        self.all_had.set()
        self._missing: dict[int, int] = {}

    def expect(self, seq: int, receivers: int) -> None:
        """Event `seq` goes to so many receivers."""
        self._missing[seq] = receivers
        self.all_had.clear()

    def had(self, seq: int) -> None:
        """One of them has had it. `newest` moves past it once it and all before it have been had by all."""
        self._missing[seq] -= 1
        while self._missing and self._missing[first := next(iter(self._missing))] <= 0:
            del self._missing[first]
            self.newest = first
        if not self._missing:
            self.all_had.set()


class Runner:
    """Runs one strategy on one symbol. `run` returns when it is stopped or time ends."""

    def __init__(
        self,
        *,
        terms: Terms,
        clock: Clock,
        feed: Feed,
        broker: Broker,
        journal: Journal,
        strategist: Strategist,
        deliver: Deliver,
        venue: Venue | None = None,
    ) -> None:
        self._terms = terms
        self._symbol = terms.identity.symbol
        self._clock = clock
        self._feed = feed
        self._broker = broker
        self._journal = journal
        self._strategist = strategist
        self._deliver = deliver
        self._venue = venue
        self._state: State = journal.last.state if journal.last else Idle()
        self._acknowledged = Acknowledged(journal.acked)
        # What an earlier run saw is no news of the feed that this one has.
        self._pulse = journal.pulse._replace(
            error=None, error_time=None, error_code=None, first=None, newest_candle=None, delay_ms=None, link=None
        )
        self._finished = self._looked_at = _finished(journal)
        self._turn = remembered(journal.pulse.turn, journal.last, strategist.interval_ms)
        self._sight = Sight()
        self._told = Told()
        self._latest_ask = LATE_MS
        self._entries = True
        self._stopped = False
        self._asleep: asyncio.Task[object] | None = None

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(self._terms.identity, self._state, self._pulse)

    def stop(self) -> None:
        """Finish the minute in hand and return from `run`; what is open stays open."""
        self._stopped = True
        self._acknowledged.all_had.set()
        if self._asleep:
            self._asleep.cancel()

    def retire(self) -> None:
        """Open nothing new; `run` returns once nothing is open."""
        self._entries = False
        if isinstance(self._state, Idle):
            self.stop()

    def show(self, status: str, error: str) -> None:
        """Tell whoever looks at the data folder what became of this symbol."""
        self._pulse = self._pulse._replace(error=error, error_time=self._finished, error_code=None)
        self._beat(status)

    def close(self) -> None:
        """Give the journal back; after `run` has ended, however it ended."""
        self._strategist.close()
        self._journal.close()

    async def run(self, minutes: int | None = None) -> None:
        """Evaluate minute after minute, at most so many.

        Raises DiskFailed, JournalDamaged, and whatever is a defect; the journal is sound in every case.
        """
        self._latest_ask = LATE_MS if minutes is None else MINUTE_MS
        await self._resume()
        left = minutes
        while left != 0 and (time := await self._next_minute()) is not None:
            await self._minute(time)
            left = None if left is None else left - 1
        self._beat("ended" if minutes is None and not self._stopped else "stopped")

    async def acknowledged(self) -> None:
        """After `run`: wait until every event has been had, or for `stop`; what was not had comes again next time."""
        if not self._stopped:
            await self._acknowledged.all_had.wait()
        self._beat(self._pulse.status)

    async def _next_minute(self) -> int | None:
        self._asleep = task = asyncio.current_task()
        try:
            return None if self._stopped else await self._clock.next_minute(self._looked_at)
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            # It was `stop` that cancelled the sleep, and only the sleep.
            if task is not None:
                task.uncancel()
            return None
        finally:
            self._asleep = None

    async def _resume(self) -> None:
        """Hand out again what nobody is known to have had, and pay what the last step owes."""
        for seq, event in self._journal.unacknowledged:
            await self._publish(seq, replayed(event))
        last = self._journal.last
        if last is not None and isinstance(last.owed, Submit):
            try:
                await self._trade(last.owed.order)
            except DiskFull as error:
                self._report(last.time, str(error), error.exit_code)  # the next minute tries again
        self._beat("running")

    async def _minute(self, time: int) -> None:
        # Finished or not: what failed is tried again with the next minute, not at once and without end.
        self._looked_at = time
        if self._pulse.first is None:
            self._pulse = self._pulse._replace(first=time)
        result = None
        try:
            result = await self._evaluate(time)
        except FeedError as error:
            # What every symbol of the exchange meets is logged by their connection to it.
            self._report_blind(time, str(error), tells=self._sight.lost(time, is_shared=error.is_shared))
        except DiskFull as error:
            self._report(time, str(error), error.exit_code)
        self._alarm(time)
        if result is not None:
            self._finished = time
            if time != self._pulse.first:  # which may have closed before anybody was there
                self._pulse = self._pulse._replace(delay_ms=self._clock.age(time))
            if not isinstance(result, Opened | Closed):
                await self._tell(time, result)
        self._beat("running")
        if not self._entries and isinstance(self._state, Idle):
            self._stopped = True

    async def _evaluate(self, time: int) -> MinuteResult | None:
        """What the minute came to; None when it cannot be finished yet."""
        if isinstance(self._state, Opening | Closing):
            await self._trade(self._state.order)
            if isinstance(self._state, Opening | Closing):
                return None
        first = time
        if isinstance(self._state, Open):
            # Its own minute may never have been finished: the disk was full, and it was the first one.
            first = min(time, max(self._finished or 0, self._state.signal.timestamp) + MINUTE_MS)
        candles = await self._look(time, (time - first) // MINUTE_MS + VWAP_MINUTES)
        if len(candles):  # noted before anything is written down: on a full disk it is not the feed that is late
            self._pulse = self._pulse._replace(newest_candle=candles[-1].timestamp + MINUTE_MS)
        await self._catch_up(candles, first, time)
        return await self._present(seen(candles, time))

    async def _catch_up(self, candles: Candles, first: int, time: int) -> None:
        """Evaluate the minutes from `first` that were missed before `time`, one by one, while a signal is open."""
        for number, missed in enumerate(range(first, time, MINUTE_MS), 1):
            if not isinstance(self._state, Open):
                return
            await self._take(step(self._state, seen(candles, missed, recovered=True), self._terms))
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)  # after a month away the others still have their minutes

    async def _present(self, minute: Minute) -> MinuteResult:
        """The minute that has just closed: the only one a strategy is asked about."""
        self._note_sight(minute)
        self._pulse = self._pulse._replace(price=minute.price, degraded=minute.degraded)
        if isinstance(self._state, Idle):
            if self._is_due(minute):
                return await self._ask(minute)
            return self._quiet(minute)
        happened = await self._take(step(self._state, minute, self._terms))
        return happened or self._quiet(minute)

    def _is_due(self, minute: Minute) -> bool:
        return (
            self._entries
            and minute.price is not None
            and self._turn.is_due(minute.time, self._strategist.interval_ms)
            and self._clock.age(minute.time) <= self._latest_ask
        )

    async def _ask(self, minute: Minute) -> MinuteResult:
        assert minute.price is not None
        assert minute.last is not None
        interval = self._strategist.interval_ms
        try:
            proposal = await self._strategist.ask(minute.time, minute.price, minute.last)
            following = step(self._state, minute._replace(proposal=proposal), self._terms)
        except StrategyError as error:
            self._turn = self._turn.failed(minute.time, interval)
            self._report(minute.time, str(error))
            return self._quiet(minute)
        before, self._turn = self._turn, self._turn.answered(minute.time, interval)
        try:
            happened = await self._take(following)
        except DiskFull:
            if isinstance(self._state, Idle):
                self._turn = before  # the answer was not written down: it is asked for again
            raise
        return happened or self._quiet(minute)

    async def _look(self, time: int, limit: int) -> Candles:
        try:
            async with asyncio.timeout(FEED_SECONDS):
                urgent = not isinstance(self._state, Idle)
                return await self._feed.candles(self._symbol, "1m", time, limit, urgent=urgent)
        except TimeoutError:
            raise FeedError(f"no answer about the candles of {self._symbol} in {FEED_SECONDS:.0f} s") from None

    async def _take(self, following: Step) -> Event | None:
        """Write the step down, then pay what it owes; the event that came of it, if one did."""
        if following.state is self._state and following.owed is None:
            return None
        seq = await self._journal.append(following, self._acknowledged.newest)
        self._state = following.state
        match following.owed:
            case Publish(event):
                await self._publish(seq, event)
                return event
            case Submit(order):
                return await self._trade(order)
            case None:
                return None

    async def _trade(self, order: Order) -> Event | None:
        """Submit the order that the state waits for, and settle what the broker says of it."""
        assert isinstance(self._state, Opening | Closing)
        report = await self._submit(order)
        if not isinstance(report, Filled):
            self._report(order.time, f"order {order.client_order_id} is {_word(report)}: {report.reason}")
        following = settle(self._state, report, self._terms)
        # Unknown: the same order stays owed, and is asked about again next minute.
        return None if following.state is self._state else await self._take(following)

    async def _submit(self, order: Order) -> Report:
        try:
            async with asyncio.timeout(BROKER_SECONDS):
                return await self._broker.submit(order)
        except TimeoutError:
            return Unknown(order.client_order_id, f"no answer in {BROKER_SECONDS:.0f} s")

    async def _publish(self, seq: int, event: Event) -> None:
        tells = self._strategist.wants(event.action)
        self._acknowledged.expect(seq, 2 if tells else 1)
        self._deliver(event, lambda: self._acknowledged.had(seq))
        if tells:
            await self._tell(event.time, event)
            self._acknowledged.had(seq)

    async def _tell(self, time: int, result: MinuteResult) -> None:
        if not self._strategist.wants(result.action):
            return
        try:
            await self._strategist.tell(result)
        except StrategyError as error:
            self._report(time, str(error))

    def _quiet(self, minute: Minute) -> MinuteResult:
        result = quiet(self._state, minute, self._terms)
        if isinstance(result, ActiveMinute):
            self._pulse = self._pulse._replace(unrealised=result.pnl_percentage)
        return result

    def _note_sight(self, minute: Minute) -> None:
        if minute.price is None:
            is_new, tells = self._pulse.price is not None, self._sight.lost(minute.time)
            if is_new:
                text = "no price: no candle in the last five minutes"
                self._report_blind(minute.time, text, StrategyError.exit_code, tells=tells)
            return
        shown, logged = self._sight.found(minute.time)
        if shown and self._pulse.error == self._sight.shown:
            self._pulse = self._pulse._replace(error=shown, error_time=minute.time, error_code=OVER)
        if logged:
            self._log(logged)

    def _alarm(self, time: int) -> None:
        blind = self._sight.blind_minutes(time)
        if blind >= BLIND_MINUTES and isinstance(self._state, Open):
            text = f"ALARM: a signal is open and there has been no price for {blind} minutes"
            self._report_blind(time, text, tells=is_doubling(blind, BLIND_MINUTES))

    def _report_blind(self, time: int, text: str, code: int = FeedError.exit_code, *, tells: bool) -> None:
        self._sight.shown = text
        self._report(time, text, code, tells=tells)

    def _report(self, time: int, text: str, code: int = StrategyError.exit_code, *, tells: bool | None = None) -> None:
        """Show `text` in the pulse, and log it when it is news, unless `tells` says whether to."""
        if self._told.is_news(time, text) if tells is None else tells:
            self._log(text)
        self._pulse = self._pulse._replace(error=text, error_time=time, error_code=code)

    def _log(self, text: str) -> None:
        log.warning("%s %s: %s", self._terms.identity.strategy, self._symbol, text)

    def _beat(self, status: str) -> None:
        self._pulse = self._pulse._replace(
            status=status,
            heartbeat=self._clock.now(),
            acked=self._acknowledged.newest,
            minute=self._finished,
            turn=self._turn,
            next_due=None if self._looked_at is None else self._looked_at + MINUTE_MS,
            unrealised=self._pulse.unrealised if isinstance(self._state, Open) else None,
            link=self._venue.link if self._venue else None,
        )
        self._journal.beat(self._pulse)


def _finished(journal: Journal) -> int | None:
    """The minute evaluated last, as far as anything durable or not knows."""
    minute, last = journal.pulse.minute, journal.last
    if last is None:
        return minute
    return last.time if minute is None else max(minute, last.time)


def _word(report: Report) -> str:
    return "rejected" if isinstance(report, Rejected) else "of unknown fate"
