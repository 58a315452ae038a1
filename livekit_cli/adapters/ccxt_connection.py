"""One ccxt client for all symbols of an exchange: its rate limit, its pauses and its clock are shared by everybody.

Laws:
- While an exchange wants to be left alone (429, 418, Retry-After), nobody asks it for anything.
- Every call has a deadline of its own; urgent ones do not queue behind the others.
- What is the same for every symbol is logged once when it begins and once when it ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from random import uniform
from typing import Any, TypeVar

from ..core.errors import ExchangeError, FeedError
from .ccxt_errors import meaning_of, translated
from .ccxt_import import exchange_class
from .clock import pause, wall_ms
from .gate import Gate

T = TypeVar("T")

WIDTH, RESERVE = 24, 8
"""Requests under way at a time, and how many of these places are kept for symbols with an open signal."""

ATTEMPT_SECONDS = (4.0, 6.0, 8.0)
"""How long each attempt may take: most that have not been answered in four seconds never are."""

SHORT_PAUSE_SECONDS = 2.5
"""A pause that is waited out within a minute; a longer one ends the minute at once."""

PAUSE_SECONDS = {"RateLimitExceeded": 5.0, "DDoSProtection": 60.0}
"""How long the exchange is left alone when it does not say; doubled while it goes on refusing."""

LONGEST_PAUSE_SECONDS = 3600.0

SKEW_MS = 1000
"""A difference between the clocks that the trader is told of."""

JUMP_MS = 500
"""A step of the wall clock against the monotonic one, after which the difference is measured again."""

log = logging.getLogger("livekit")


class Connection:
    """Asks one exchange, for all symbols of the process."""

    def __init__(self, exchange_id: str, name: str, options: Mapping[str, Any], *, websocket: bool) -> None:
        """`name` is what the trader calls the exchange; `options` go to ccxt's constructor as they are."""
        # At DEBUG, ccxt logs keys and signed addresses.
        logging.getLogger("ccxt").setLevel(logging.WARNING)
        self.name = name
        self.client = exchange_class(exchange_id, websocket=websocket)(_defaults() | dict(options))
        self.client.timeout_on_exit = 0
        self.offset_ms = 0
        self.last_success = -1.0
        self._gate = Gate(WIDTH, RESERVE)
        self._paused_until = 0.0
        self._refusals = 0
        self._down_since: float | None = None
        self._failures = 0
        self._measured: int | None = None
        self._doubts_clock = False

    async def ask(
        self, what: str, question: Callable[[], Awaitable[T]], *, urgent: bool = False, starting: bool = False
    ) -> T:
        """The answer to `question`, tried up to three times. Raises an ExchangeError that says `what` it was about."""
        began = _now()
        last = len(ATTEMPT_SECONDS) - 1
        for attempt, seconds in enumerate(ATTEMPT_SECONDS):
            try:
                return await self._attempt(what, question, seconds, urgent=urgent, starting=starting)
            except FeedError as error:
                if attempt == last or self._pause_left() > SHORT_PAUSE_SECONDS:
                    raise self._given_up(error, began) from error.__cause__
            await pause(uniform(0, 0.2 * 3**attempt))
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(
        self, what: str, question: Callable[[], Awaitable[T]], seconds: float, *, urgent: bool, starting: bool
    ) -> T:
        await self._wait_out_pause(what)
        async with self._gate.pass_(urgent):
            try:
                async with asyncio.timeout(seconds):
                    answer = await question()
            except ExchangeError:
                raise
            except Exception as error:
                self._heed(error)
                raise translated(error, self.name, what, starting=starting) from error
        self._succeeded()
        return answer

    async def measure_skew(self, *, starting: bool = False) -> None:
        """Find out how far the exchange's clock is ahead of this machine's. Raises ExchangeError."""
        if not self.client.has.get("fetchTime"):
            return
        before = wall_ms()
        theirs = await self.ask("its time", self.client.fetch_time, urgent=True, starting=starting)
        offset = round(theirs - (before + wall_ms()) / 2)
        if abs(offset) >= SKEW_MS and abs(offset - self.offset_ms) >= SKEW_MS:
            ahead = "behind" if offset > 0 else "ahead of"
            log.warning(
                "the clock of this machine is %.1f s %s that of %s; minutes are counted by the exchange's",
                abs(offset) / 1000,
                ahead,
                self.name,
            )
        self.offset_ms = offset
        self._measured, self._doubts_clock = _steps_ms(), False

    @property
    def doubts_clock(self) -> bool:
        """Whether the difference has to be measured again: the wall clock was set, or the exchange complained of it."""
        jumped = self._measured is not None and abs(_steps_ms() - self._measured) >= JUMP_MS
        return jumped or self._doubts_clock

    def exchange_ms(self) -> int:
        """The present moment by the exchange's clock, epoch milliseconds."""
        return wall_ms() + self.offset_ms

    @property
    def is_down(self) -> bool:
        return self._down_since is not None

    async def close(self) -> None:
        """Let go of the sockets."""
        await self.client.close()

    async def _wait_out_pause(self, what: str) -> None:
        left = self._pause_left()
        if left > SHORT_PAUSE_SECONDS:
            raise FeedError(f"{self.name}: {what}: it asked to be left alone for {left:.0f} s more", is_shared=True)
        if left > 0:
            await pause(left)

    def _pause_left(self) -> float:
        return self._paused_until - _now()

    def _heed(self, error: Exception) -> None:
        """Leave the exchange alone when it asks for that, and mistrust the clock when it does."""
        names = [kind.__name__ for kind in type(error).__mro__]
        self._doubts_clock |= "InvalidNonce" in names
        for name, usual in PAUSE_SECONDS.items():
            if name in names:
                wanted = retry_after(self.client.last_response_headers or {}, wall_ms())
                seconds = usual * 2**self._refusals if wanted is None else wanted
                self._refusals += 1
                self._paused_until = max(self._paused_until, _now() + min(seconds, LONGEST_PAUSE_SECONDS))
                return

    def _given_up(self, error: FeedError, began: float) -> FeedError:
        """`error`, shared when nobody has had an answer since `began`; then it is logged once for all."""
        cause = error.__cause__
        is_shared = self.last_success < began and (error.is_shared or (cause and meaning_of(cause).is_shared) or False)
        if not is_shared:
            return FeedError(str(error))
        self._failures += 1
        if self._down_since is None:
            self._down_since = _now()
            log.warning("%s; it is tried again with each minute", error)
        return FeedError(str(error), is_shared=True)

    def _succeeded(self) -> None:
        self.last_success = _now()
        self._refusals = 0
        if self._down_since is not None:
            lasted = _now() - self._down_since
            log.warning("%s answers again, after %.0f s and %d failures", self.name, lasted, self._failures)
            self._down_since, self._failures = None, 0


def retry_after(headers: Mapping[str, str], now_ms: int) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or as a date; None when there is no sense in it."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else _until(text, now_ms)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, seconds)


def _until(date: str, now_ms: int) -> float:
    return parsedate_to_datetime(date).timestamp() - now_ms / 1000


def _defaults() -> dict[str, Any]:
    return {
        "enableRateLimit": True,
        # The leaky bucket hands a hundred symbols their candles over two seconds; this spends the same budget at once.
        "rateLimiterAlgorithm": "rollingWindow",
        "timeout": round(ATTEMPT_SECONDS[-1] * 1000),
        "maxRetriesOnFailure": 0,
    }


def _steps_ms() -> int:
    """Changes only when somebody sets the wall clock."""
    return wall_ms() - round(_now() * 1000)


def _now() -> float:
    return asyncio.get_running_loop().time()
