"""One ccxt client for all symbols of an exchange: its rate limit, its pauses and its clock are shared by everybody.

Laws:
- While an exchange wants to be left alone (429, 418, Retry-After), nobody asks it for anything.
- Every call has a deadline of its own, from when it is sent; urgent ones do not queue behind the others.
- What is the same for every symbol is logged once when it begins and once when it ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from random import uniform
from typing import Any, Generic, TypeVar

from ..core.errors import ExchangeError, FeedError
from ..core.spell import Spell
from .ccxt_errors import in_short, translated
from .ccxt_import import exchange_class
from .ccxt_patience import Patience
from .ccxt_pauses import Pauses, date_of
from .clock import pause
from .exchange_time import ExchangeTime, Machine, Sample
from .gate import Gate

T = TypeVar("T")

WIDTH, RESERVE = 24, 8
"""Requests under way at a time, and how many of these places are kept for symbols with an open signal."""

SAMPLES = 3
"""How often the exchange is asked for its time, one after the other: the quickest answer is the best."""

NAP_SECONDS = 1.0
"""The longest part of a pause that is slept through: a machine that was suspended need not wait after it."""

TOLD_PAUSE_SECONDS = 1.0
"""A pause that the trader is told of: shorter ones are over before anybody has read of them."""

FAILED = 400
"""The status of an answer from which on it says itself that it is none."""

A_PAGE = "a page of HTML instead of an answer; is there a login page or a proxy in between?"

SKEW_MS = 1000
"""A difference between the clocks that the trader is told of."""

AROUND_SECONDS = 2.0
"""An answer that somebody had so shortly before counts: all symbols ask at the same moment."""

LONG_OUTAGE_SECONDS = 300.0
"""An exchange that has been down for so long is tried once a minute for those who are not urgent."""

UNKNOWN_WINDOW_MS = 60_000
"""The window that ccxt gives exchanges of whose budget it knows no window."""

BURSTS = ("binance", "binanceus", "binanceusdm", "binancecoinm", "bitvavo", "luno")
"""Those that ccxt describes with that same number, and means it."""

log = logging.getLogger("livekit")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What the exchange said, and when it was asked and answered (the machine's steady ms).

    `date` is the second that its own clock showed when it answered (epoch ms), where it said so.
    """

    value: T
    sent: int
    received: int
    date: int | None = None


class _Attempt:
    """One request under way. Its time runs from when the rate limit lets it go."""

    def __init__(self, limit: asyncio.Timeout, seconds: float, steady: Callable[[], int]) -> None:
        self._limit = limit
        self._seconds = seconds
        self._steady = steady
        self.status: int | None = None
        self.date: int | None = None
        self.is_page = False
        self.go()

    def hold(self) -> None:
        """It waits for the rate limit."""
        self._limit.reschedule(None)

    def go(self) -> None:
        """It is sent."""
        self.sent = self._steady()
        if not self._limit.expired():
            self._limit.reschedule(_now() + self._seconds)

    def heard(self, status: int, headers: Mapping[str, str], body: object) -> None:
        """It was answered, with whatever."""
        self.status, self.date = status, date_of(headers)
        self.is_page = isinstance(body, str) and body.lstrip()[:1] == "<"


_attempt: ContextVar[_Attempt | None] = ContextVar("attempt", default=None)


class Connection:
    """Asks one exchange, for all symbols of the process."""

    def __init__(
        self,
        exchange_id: str,
        name: str,
        options: Mapping[str, Any],
        *,
        websocket: bool,
        patience: Patience | None = None,
        machine: Machine | None = None,
    ) -> None:
        """`name` is what the trader calls the exchange; `options` go to ccxt's constructor as they are."""
        # At DEBUG, ccxt logs keys and signed addresses.
        logging.getLogger("ccxt").setLevel(logging.WARNING)
        self.name = name
        self.patience = patience or Patience()
        self.time = ExchangeTime(machine or Machine())
        self.client = _client(exchange_id, options, self.patience, websocket=websocket)
        self.pauses = Pauses()
        self._gate = Gate(WIDTH, RESERVE)
        self._last_success = float("-inf")
        self._outage, self._restraint = Spell(), Spell()
        self.failing_since: float | None = None
        """When (steady seconds) it was first asked for something that nobody has had an answer to since."""
        self.trouble = ""
        """What the last failure was, in a few words."""
        self._told_skew = 0
        self._comparing = False

    async def ask(
        self,
        what: str,
        question: Callable[[], Awaitable[T]],
        *,
        urgent: bool = False,
        starting: bool = False,
        counts: bool = True,
    ) -> Answer[T]:
        """The answer to `question`, tried up to three times. Raises an ExchangeError that says `what` it was about.

        That there is one is a sign that the exchange is well, unless it `counts` only once `succeeded` was called.
        """
        since, deadline = self.time.machine.seconds(), _now() + self.patience.ask
        failure: FeedError | None = None
        try:
            async with asyncio.timeout_at(deadline):
                for number, seconds in enumerate(self._attempts(urgent)):
                    if number:
                        await pause(uniform(0, self.patience.retry[min(number, len(self.patience.retry)) - 1]))
                    if left := await self._wait_out_pause(deadline):
                        failure = self._left_alone(what, failure, left)
                        break
                    try:
                        answer = await self._try(what, question, seconds, urgent=urgent, starting=starting)
                        if counts:
                            self.succeeded(answer)
                        return answer
                    except FeedError as error:
                        failure = error
                    await self._mend_clock(failure)
        except TimeoutError:
            slow = f"{self.name}: {what}: not asked within {self.patience.ask:g} s: too many requests wait before it"
            failure = failure or FeedError(slow)
        assert failure is not None
        if starting:  # whoever starts tells of it, and nobody tries again
            raise failure
        raise self.given_up(failure, since) from failure.__cause__

    def _attempts(self, urgent: bool) -> tuple[float, ...]:
        since = self._outage.since
        long = since is not None and self.time.machine.seconds() - since >= LONG_OUTAGE_SECONDS
        return self.patience.attempts if urgent or not long else self.patience.attempts[:1]

    async def _try(
        self, what: str, question: Callable[[], Awaitable[T]], seconds: float, *, urgent: bool, starting: bool
    ) -> Answer[T]:
        async with self._gate.pass_(urgent):
            attempt: _Attempt | None = None
            try:
                async with asyncio.timeout(seconds) as limit:
                    attempt = _Attempt(limit, seconds, self.time.machine.steady)
                    _attempt.set(attempt)
                    value = await question()
            except Exception as error:
                assert attempt is not None
                self.trouble = in_short(error, attempt.status)
                self._heed(error, attempt, tells=not starting)
                if attempt.is_page and attempt.status is not None and attempt.status < FAILED:
                    raise FeedError(f"{self.name}: {what}: {A_PAGE}") from error
                raise translated(error, self.name, what, starting=starting, status=attempt.status) from error
        answer = Answer(value, attempt.sent, self.time.machine.steady(), attempt.date)
        if attempt.is_page:  # ccxt makes an empty answer of it
            raise FeedError(f"{self.name}: {what}: {A_PAGE}")
        self._look_at_date(answer)
        return answer

    def _look_at_date(self, answer: Answer[Any]) -> None:
        """Mistrust the clock when the exchange's own has gone another way since they were compared."""
        if answer.date is not None and self.time.contradicts(answer.date, answer.sent, answer.received):
            self.time.doubt()

    async def compare_clocks(self, *, starting: bool = False) -> None:
        """Find out how far the exchange's clock is ahead of this machine's. Raises ExchangeError."""
        if not self.client.has.get("fetchTime"):
            return
        samples = []
        for _ in range(SAMPLES):
            answer = await self.ask("its time", self.client.fetch_time, urgent=True, starting=starting)
            if isinstance(answer.value, int | float):
                samples.append(Sample(answer.sent, answer.received, round(answer.value), answer.date))
        if not samples:
            raise FeedError(f"{self.name}: its time: an answer without one")
        try:
            ahead = self.time.measure(samples)
        except FeedError as error:
            raise FeedError(f"{self.name}: {error}") from None
        self.client.options["timeDifference"] = -ahead  # what ccxt signs its requests with
        self._tell_skew(ahead)

    def _tell_skew(self, ahead: int) -> None:
        if abs(ahead) >= SKEW_MS and abs(ahead - self._told_skew) >= SKEW_MS:
            word = "behind" if ahead > 0 else "ahead of"
            log.warning(
                "the clock of this machine is %.1f s %s that of %s; minutes are counted by the exchange's",
                abs(ahead) / 1000,
                word,
                self.name,
            )
        elif abs(ahead) < SKEW_MS <= abs(self._told_skew):
            log.warning("the clocks of this machine and of %s agree again", self.name)
        else:
            return
        self._told_skew = ahead

    async def look_at_clocks(self) -> None:
        """Compare them again when something seems wrong, or long after the last time. Raises ExchangeError."""
        if self.time.wall_was_set:
            # ccxt counts its requests by the wall clock: set back an hour, it would hold them back for one.
            self.client.init_throttler()
        due = self.client.has.get("fetchTime") and self.time.age_seconds() >= self.patience.measure
        if self.time.is_doubted or due:
            await self.compare_clocks()
        self.time.accept_wall()

    async def close(self) -> None:
        """Let go of the sockets."""
        await self.client.close()

    def page_size(self, market: Mapping[str, Any], usual: int, largest: int) -> int:
        """How many candles of `market` one answer holds at most."""
        of_kind = (self.client.features or {}).get("swap" if market.get("swap") else "spot") or {}
        if market.get("swap"):
            of_kind = of_kind.get("linear") or {}
        limit = (of_kind.get("fetchOHLCV") or {}).get("limit")
        return min(limit, largest) if isinstance(limit, int) else usual

    async def _wait_out_pause(self, deadline: float) -> float:
        """How many seconds more it is to be left alone, when that is beyond `deadline`; 0 when it may be asked."""
        while (left := self.pauses.left(self.time.machine.seconds())) > 0:
            if left > deadline - self.patience.retry[-1] - _now():
                return left
            await pause(min(left, NAP_SECONDS))
        return 0.0

    def _left_alone(self, what: str, failure: FeedError | None, left: float) -> FeedError:
        if failure is None:
            return FeedError(f"{self.name}: {what}: it wants to be left alone, for {left:.0f} s more")
        error = FeedError(f"{failure}; it is left alone for {left:.0f} s")
        error.__cause__ = failure.__cause__
        return error

    async def _mend_clock(self, failure: FeedError) -> None:
        """After a complaint about our time, compare the clocks before the next attempt."""
        if self._comparing or type(failure.__cause__).__name__ != "InvalidNonce":
            return
        self._comparing = True
        try:
            await self.compare_clocks()
        except ExchangeError as error:
            log.debug("%s: the clocks could not be compared: %s", self.name, error)
        finally:
            self._comparing = False

    def _heed(self, error: Exception, attempt: _Attempt, *, tells: bool) -> None:
        """Leave the exchange alone when it asks for that, and mistrust the clock when it does."""
        kinds = [kind.__name__ for kind in type(error).__mro__]
        if "InvalidNonce" in kinds:
            self.time.doubt()
        headers = self.client.last_response_headers or {}
        machine = self.time.machine
        sent, now = attempt.sent / 1000, machine.seconds()
        left = self.pauses.heed(kinds, headers, sent=sent, now=now, wall_ms=machine.wall())
        if tells:  # a start that fails says it itself
            self._tell_pause(left, attempt.status, now)

    def _tell_pause(self, seconds: float, status: int | None, now: float) -> None:
        """Once for all symbols, and ever more rarely when it happens again and again."""
        if seconds >= TOLD_PAUSE_SECONDS and self._restraint.bad(now):
            answer = f" ({status})" if status else ""
            log.warning("%s: too many requests%s: it is left alone for %.0f s", self.name, answer, seconds)

    def given_up(self, error: FeedError, since: float) -> FeedError:
        """`error`, of something asked for `since` then (steady seconds), as whoever asked is to raise it.

        When nobody has had an answer either, it is everybody's, and logged once for all.
        """
        if self._last_success >= since - AROUND_SECONDS and not self.pauses.left(self.time.machine.seconds()) > 0:
            return FeedError(str(error))
        if self.failing_since is None:
            self.failing_since = since
        if error.__cause__ is None and not self.pauses.left(self.time.machine.seconds()) > 0:
            self.trouble = str(error).removeprefix(f"{self.name}: ")  # an answer, but one that makes no sense
        if self._outage.bad(self.time.machine.seconds()):
            log.warning("%s; it is tried again with each minute", error)
        return FeedError(str(error), is_shared=True)

    def succeeded(self, answer: Answer[Any]) -> None:
        """The exchange is well: `answer` makes sense."""
        now = self.time.machine.seconds()
        self._last_success = now
        self.failing_since = None
        self.pauses.over(answer.sent / 1000)
        if not self.pauses.left(now) > 0:
            self._restraint.good(now)
        failures = self._outage.count
        if not self.pauses.left(now) > 0 and (lasted := self._outage.good(now)) is not None:
            log.warning("%s answers again, after %.0f s and %d failures", self.name, lasted, failures)


def _client(exchange_id: str, options: Mapping[str, Any], patience: Patience, *, websocket: bool) -> Any:
    """ccxt's client, whose rate limit says when it lets a request go."""
    defaults: dict[str, Any] = {
        "enableRateLimit": True,
        "timeout": round(patience.attempts[-1] * 1000),
        "maxRetriesOnFailure": 0,
    }
    given = dict(options)
    # ccxt keeps a thousand candles of each socket: a quarter of a megabyte for each symbol.
    given["options"] = {"OHLCVLimit": 4} | dict(given.get("options", {}))
    client = exchange_class(exchange_id, websocket=websocket)(defaults | given)
    client.timeout_on_exit = 0
    if "rateLimiterAlgorithm" not in given and _has_window(client):
        # The usual bucket hands a hundred symbols their candles over two seconds; this spends the same budget at once.
        client.rateLimiterAlgorithm, client.tokenBucket = "rollingWindow", given.get("tokenBucket")
        client.init_rest_rate_limiter()

    async def throttle(cost: float | None = None) -> None:
        attempt = _attempt.get()
        if attempt:
            attempt.hold()
        await client.throttler(cost)
        if attempt:
            attempt.go()

    usual = client.on_rest_response

    def heard(status: int, *words: Any) -> Any:
        _reason, _url, _method, headers, body, *_ = words
        if attempt := _attempt.get():
            attempt.heard(status, headers, body)
        return usual(status, *words)

    client.throttle, client.on_rest_response = throttle, heard
    return client


def _has_window(client: Any) -> bool:
    """Whether the exchange counts requests by a window, as far as ccxt knows it."""
    return client.id in BURSTS or client.rollingWindowSize not in (0, UNKNOWN_WINDOW_MS)


def _now() -> float:
    return asyncio.get_running_loop().time()
