"""Closed candles of a ccxt exchange: what a websocket brought, and by REST whatever it did not bring in time.

Laws:
- A symbol's candles are asked for once a minute, whoever wants them, and only those that are missing.
- What is not final by then is asked for again until the grace of its minute is over; then the minute was a quiet one,
  and the next minute asks for it once more.
- A minute is never taken for a quiet one on the word of an answer that does not even have the candle before it, nor
  because its candle was refused: then it cannot be known, and is caught up with later.
- What is refused, or not as this symbol's candles always are, is told, once while it lasts. What is only strange
  (missing, or moving without volume) is asked for once more in the next minute, and then believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.candle import MINUTE_MS, TIMEFRAMES, Candles
from ..core.errors import FeedError, MarketGone
from ..core.history import resample
from ..core.page import Ask, Page, Times, plan, read_page, weightless
from ..core.tape import Tape
from .ccxt_connection import Answer, Connection
from .ccxt_news import News, Trouble, clock_time
from .ccxt_sockets import Sockets
from .clock import pause

Market = Mapping[str, Any]

USUAL_PAGE, LARGEST_PAGE = 500, 1000
"""Candles per request: where the exchange does not say how many it gives, and at most."""

DENSE = 10
"""A symbol with so many candles in a row is one that always has them."""

SPARSE_POLLS = 3
"""How often the candle of another is asked for again: it may well have none."""

QUIET_MINUTES = 3
"""A symbol whose candle was waited for in vain so often in a row is asked about once a minute, without grace."""

LATE = 10
"""A candle that has not come when so many later ones should have come does not come any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody's question at `minute`: the closed candles of [since, until), epoch ms."""

    symbol: str
    timeframe: str
    since: int
    until: int
    minute: int


@dataclass(slots=True)
class Last:
    """What was wrong with the last answer to somebody's question; None when nothing was."""

    fault: str | None = None


class Known:
    """What is known of one symbol in one timeframe, and who is asking for more."""

    def __init__(self, length: int) -> None:
        self.tape = Tape(length)
        self.lock = asyncio.Lock()
        self.urgent_at = 0
        """The newest minute at which somebody with an open signal asked."""
        self.given_up = 0
        """The newest minute at which candles were waited for in vain."""
        self.vain = 0
        """At how many minutes in a row they were."""
        self.doubtful: int | None = None
        """A strange candle that was believed for one minute, and is asked for again in the next."""
        self.believed: int | None = None
        """One that was asked for again in vain."""
        self.unproven: int | None = None
        """The newest candle, where none had followed it: it is looked at again with the next question."""
        self.failed_at = float("-inf")
        self.failure: FeedError | None = None

    def reconsider(self, minute: int) -> None:
        """At a new minute, look again at what was strange among the others at the last one."""
        if self.doubtful is not None and minute > self.given_up:
            self.tape.forget(self.doubtful)
            self.believed, self.doubtful = self.doubtful, None

    def share_failure(self, asked: float) -> None:
        """Who `asked` before the last one failed has waited for that answer, and does not ask once more."""
        if self.failure is not None and asked <= self.failed_at:
            raise FeedError(str(self.failure), is_shared=self.failure.is_shared)


class CcxtFeed:
    """Implements `ports.Feed`. `markets` are ccxt's, by symbol; `sockets` may bring minutes first.

    `is_listed` says of a symbol that the exchange claims not to know whether that is so.
    """

    def __init__(
        self, connection: Connection, markets: Mapping[str, Market], is_listed: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._connection = connection
        self._markets = markets
        self._is_listed = is_listed
        self.sockets: Sockets | None = None
        self._news = News(connection.name)
        self._known: dict[tuple[str, str], Known] = {}

    async def candles(self, symbol: str, timeframe: str, until: int, limit: int, *, urgent: bool = False) -> Candles:
        """As every Feed. Raises FeedError, or MarketGone when the symbol is not traded any more."""
        length, source = TIMEFRAMES[timeframe], self._source(timeframe)
        last = until - until % length
        if source != timeframe:
            ratio = length // TIMEFRAMES[source]
            parts = await self.candles(symbol, source, last, limit * ratio, urgent=urgent)
            return resample(parts[parts.first_at(last - limit * length) :], timeframe)[-limit:]
        known = self.known(symbol, timeframe)
        wanted = Wanted(symbol, timeframe, last - limit * length, last, until - until % MINUTE_MS)
        if urgent:
            self.known(symbol).urgent_at = wanted.minute
        asked = _now()
        async with known.lock:
            known.share_failure(asked)
            known.reconsider(wanted.minute)
            known.tape.keep(limit)
            try:
                await self._fill(wanted, known)
            except FeedError as error:
                known.failed_at, known.failure = _now(), error
                raise
        return known.tape.window(until, limit)

    def known(self, symbol: str, timeframe: str = "1m") -> Known:
        """What has been seen of `symbol` in `timeframe`."""
        key = symbol, timeframe
        if key not in self._known:
            self._known[key] = Known(TIMEFRAMES[timeframe])
        return self._known[key]

    def _source(self, timeframe: str) -> str:
        """The longest timeframe that the exchange has and that `timeframe` can be made of."""
        offered, length = self._connection.client.timeframes or {}, TIMEFRAMES[timeframe]
        parts = [name for name, part in TIMEFRAMES.items() if part <= length and length % part == 0 and name in offered]
        return parts[-1] if parts else "1m"

    async def _fill(self, wanted: Wanted, known: Known) -> None:
        """Make everything that is wanted known, as far as the exchange has it."""
        began, answered = self._connection.time.machine.seconds(), Last()
        try:
            async with asyncio.timeout(self._connection.patience.answer):
                await self._fill_in_time(wanted, known, began, answered)
        except TimeoutError:
            late = f"not known within {self._connection.patience.answer:g} s"
            text = f"{self._what(wanted)}: {late}" if answered.fault is None else f"{answered.fault}; {late}"
            raise self._connection.given_up(FeedError(text), began) from None
        if known.given_up < wanted.minute and wanted.timeframe == "1m":
            self._news.over(Trouble.MISSING, wanted.symbol)

    async def _fill_in_time(self, wanted: Wanted, known: Known, began: float, last: Last) -> None:
        tape, polls = known.tape, 0
        await self._hear_sockets(wanted, tape)
        while span := tape.missing(wanted.since, self._end(wanted, known), self._reach(wanted)):
            if tape.length > MINUTE_MS and self._built(wanted, tape, span):
                continue
            before = tape.start, tape.stop
            ask, page = await self._page(wanted, known, span)
            self._compare(wanted.symbol, known, ask, page)
            is_doubted = self._take(known, ask, page, before[1])
            last.fault = self._fault(wanted, known, ask, page)
            if (tape.start, tape.stop) != before and not is_doubted:
                known.vain = 0
            elif polls < self._grace(known, page):
                await pause(self._connection.patience.polls[polls])
                polls += 1
            elif last.fault is not None:
                raise self._connection.given_up(FeedError(last.fault), began)
            else:
                self._give_up(wanted, known, ask, page, before[1])

    async def _hear_sockets(self, wanted: Wanted, tape: Tape) -> None:
        if not self.sockets or wanted.timeframe != "1m":
            return
        self.sockets.due(wanted.until)
        if tape.stop == wanted.until - MINUTE_MS:
            await self.sockets.brings(wanted.symbol, wanted.until)

    def _end(self, wanted: Wanted, known: Known) -> int:
        """Where what is waited for ends: what was given up at this minute is not waited for again."""
        return wanted.until if known.given_up < wanted.minute else min(wanted.until, known.tape.stop)

    def _built(self, wanted: Wanted, tape: Tape, span: tuple[int, int]) -> bool:
        """Whether the bars of `span` could be made of minutes that are known."""
        known = self.known(wanted.symbol)
        minutes = known.tape
        if known.doubtful is not None or not minutes.covers(*span):
            return False
        rows = minutes.window(span[1], (span[1] - span[0]) // MINUTE_MS)
        tape.add(resample(rows[rows.first_at(span[0]) :], wanted.timeframe), *span)
        return True

    async def _page(self, wanted: Wanted, known: Known, span: tuple[int, int]) -> tuple[Ask, Page]:
        """Ask for the candles of `span`."""
        patience, at = self._connection.patience, self._connection.time.at
        ask = plan(known.tape, span, self._reach(wanted), known.unproven)
        answer = await self._rows(wanted, ask)
        sent, received = at(answer.sent), at(answer.received)
        if answer.date is not None:  # whatever we take its time for, an answer is no later than it says itself
            sent, received = (min(moment, self._connection.time.latest(answer.date)) for moment in (sent, received))
        times = Times(sent, received, round(patience.settled * 1000))
        page = read_page(answer.value, ask, times)
        if page.is_true:
            self._connection.succeeded(answer)
        if page.faults:
            self._news.refused(wanted.symbol, page.faults)
        else:
            self._news.over(Trouble.REFUSED, wanted.symbol)
        return ask, page

    async def _rows(self, wanted: Wanted, ask: Ask) -> Answer[Any]:
        client, market = self._connection.client, self._markets[wanted.symbol]
        count = min(ask.count, self._page_size(wanted))
        is_urgent = self.known(wanted.symbol).urgent_at >= wanted.minute - MINUTE_MS
        what = f"the candles of {wanted.symbol}"
        for is_last in (False, True):
            try:
                return await self._connection.ask(
                    what,
                    lambda: client.fetch_ohlcv(market["symbol"], wanted.timeframe, ask.first, count),
                    urgent=is_urgent,
                    counts=False,
                )
            except MarketGone as gone:
                if not await self._is_listed(wanted.symbol):
                    raise
                if is_last:
                    raise FeedError(str(gone)) from gone
        raise AssertionError("the second time is the last")

    def _take(self, known: Known, ask: Ask, page: Page, stop: int) -> bool:
        """Put what is beyond doubt onto the tape, which went up to `stop` when it was asked for; whether something is
        not."""
        doubt = None if ask.is_past else _doubt(known, page)
        self._keep(known, ask, page, stop, page.stop if doubt is None else doubt)
        return doubt is not None

    def _keep(self, known: Known, ask: Ask, page: Page, stop: int, until: int) -> None:
        tape = known.tape
        if ask.is_past:
            tape.add(page.candles, ask.since, until)
            return
        # A socket may have been quicker while the answer was under way.
        since = ask.since if tape.stop == stop else max(ask.since, tape.stop)
        tape.add(page.candles, since, until)
        if until == page.stop:
            known.unproven = page.unproven

    def _grace(self, known: Known, page: Page) -> int:
        """How often what is not final is asked for again."""
        everything = len(self._connection.patience.polls)
        if page.faults or not page.is_true or page.hole is not None:
            return everything
        if known.vain >= QUIET_MINUTES:
            return 0
        return everything if known.tape.is_dense(DENSE) else min(SPARSE_POLLS, everything)

    def _what(self, wanted: Wanted) -> str:
        return f"{self._connection.name}: the candles of {wanted.symbol}"

    def _fault(self, wanted: Wanted, known: Known, ask: Ask, page: Page) -> str | None:
        """What is wrong with an answer by which it cannot be known what the exchange has."""
        what = self._what(wanted)
        is_inside = page.hole is not None and any(page.hole < one.timestamp < ask.until for one in page.candles)
        if page.faults and not is_inside:
            return f"{what}: refused {page.faults[0]}"
        if not page.is_true and not self._is_long_quiet(known.tape, ask):
            before = f"not even the one of {clock_time(ask.proof)}, which it had" if ask.proof else "not one"
            return f"{what}: an answer without candles, {before}"
        return None

    def _give_up(self, wanted: Wanted, known: Known, ask: Ask, page: Page, stop: int) -> None:
        """The grace is over, and what there is counts."""
        tape = known.tape
        doubt = _doubt(known, page)
        self._tell_of_doubt(wanted, known, page, doubt)
        if doubt is not None:  # for now this is how it is: one that is missing or bad among good ones may still come
            self._keep(known, ask, page, stop, page.stop)
            known.doubtful = doubt
        known.given_up = wanted.minute
        known.vain += 1
        if len(tape) and tape.stop < wanted.until - LATE * tape.length:
            tape.add((), tape.stop, wanted.until - LATE * tape.length)

    def _is_long_quiet(self, tape: Tape, ask: Ask) -> bool:
        """Whether the last candle is out of reach of a question, and the minutes since then were asked about."""
        is_known = len(tape) > 0 and tape.stop >= ask.until - 2 * LATE * tape.length
        return is_known and ask.proof is None and not ask.is_past

    def _reach(self, wanted: Wanted) -> int:
        """How long a question may be, in ms, with a candle more on each side."""
        return (self._page_size(wanted) - 3) * TIMEFRAMES[wanted.timeframe]

    def _page_size(self, wanted: Wanted) -> int:
        return self._connection.page_size(self._markets[wanted.symbol], USUAL_PAGE, LARGEST_PAGE)

    def _compare(self, symbol: str, known: Known, ask: Ask, page: Page) -> None:
        """Whether the newest candle, which was taken for final although none had followed it, was so."""
        if known.unproven is None or ask.since != known.unproven or not page.candles:
            return
        before, after = known.tape.window(ask.since + known.tape.length, 1)[-1], page.candles[0]
        if before.timestamp == after.timestamp and before != after:
            self._news.changed(symbol, before, after)
        else:
            self._news.over(Trouble.CHANGED, symbol)

    def _tell_of_doubt(self, wanted: Wanted, known: Known, page: Page, doubt: int | None) -> None:
        """Say that a minute goes without a candle that should have been there, or with one that has no weight."""
        if page.faults or wanted.timeframe != "1m" or not known.tape.is_dense(DENSE):
            return
        if doubt is None or doubt == page.hole:
            self._news.missing(wanted.symbol, known.tape.stop)
        else:
            self._news.weightless(wanted.symbol, doubt)


def _doubt(known: Known, page: Page) -> int | None:
    """When the first candle opened that is not as this symbol's always are: it is missing, or moved without volume."""
    strange = set()
    if page.faults or known.tape.is_dense(DENSE):
        strange.add(page.hole)
    if known.tape.is_busy(DENSE):
        final = (one for one in page.candles if one.timestamp < page.stop)
        strange.add(weightless(final, known.tape.close))
    return min((one for one in strange if one not in (None, known.believed)), default=None)


def _now() -> float:
    return asyncio.get_running_loop().time()
