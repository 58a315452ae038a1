"""Closed candles of a ccxt exchange: what a websocket brought, and by REST whatever it did not bring in time.

Laws:
- A symbol's candles are asked for once a minute, whoever wants them, and only those that are missing.
- A candle counts as closed when a later one has been seen, or when the exchange has had a second to finish it.
- What does not come by then is asked for again until the grace of its minute is over; then the minute was a quiet one,
  and the next minute asks for it once more.
- A row that is no candle is refused and told; the others count.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.candle import MINUTE_MS, TIMEFRAMES, Candle, Candles
from ..core.history import resample
from ..core.tape import Tape, ascending
from .ccxt_connection import Connection
from .ccxt_sockets import Sockets
from .clock import pause

SETTLED_MS = 1000
"""How long after its close an exchange may still change a candle that no later one has followed."""

POLL_SECONDS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Pauses before a candle that has not come is asked for again; together they are the grace of a minute."""

QUIET_MS = 2 * MINUTE_MS
"""A symbol without a candle for so long is quiet: it is asked about once a minute, without grace."""

PAGE, LARGEST_PAGE = 500, 1000
"""Candles per request: where the exchange does not say how many it gives, and at most."""

log = logging.getLogger("livekit")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody's question: the closed candles of [since, until), epoch ms."""

    symbol: str
    timeframe: str
    since: int
    until: int
    urgent: bool


class Known:
    """What is known of one symbol in one timeframe, and who is asking for more."""

    def __init__(self, length: int) -> None:
        self.tape = Tape(length)
        self.lock = asyncio.Lock()
        self.given_up = 0
        """Up to where candles were waited for in vain."""


class CcxtFeed:
    """Implements `ports.Feed`. `markets` names each symbol as ccxt does; `sockets` may bring minutes first."""

    def __init__(self, connection: Connection, markets: Mapping[str, str]) -> None:
        self._connection = connection
        self._markets = markets
        self.sockets: Sockets | None = None
        self._known: dict[tuple[str, str], Known] = {}
        self._refused: dict[str, str] = {}

    async def candles(self, symbol: str, timeframe: str, until: int, limit: int, *, urgent: bool = False) -> Candles:
        """As every Feed. Raises FeedError, or MarketGone when the symbol is not traded any more."""
        known = self.known(symbol, timeframe)
        length = known.tape.length
        last = until - until % length
        async with known.lock:
            await self._fill(Wanted(symbol, timeframe, last - limit * length, last, urgent), known)
        return known.tape.window(until, limit)

    def known(self, symbol: str, timeframe: str = "1m") -> Known:
        """What has been seen of `symbol` in `timeframe`."""
        key = symbol, timeframe
        if key not in self._known:
            self._known[key] = Known(TIMEFRAMES[timeframe])
        return self._known[key]

    async def _fill(self, wanted: Wanted, known: Known) -> None:
        """Make everything that is wanted known, as far as the exchange has it."""
        tape, pauses = known.tape, iter(POLL_SECONDS)
        if wanted.timeframe == "1m" and self.sockets and tape.stop == wanted.until - MINUTE_MS:
            await self.sockets.brings(wanted.symbol, wanted.until)
        while span := tape.missing(wanted.since, self._until(wanted, known)):
            if tape.length > MINUTE_MS and self._built(wanted, tape, span):
                continue
            if await self._page(wanted, tape, span):
                continue
            seconds = None if self._is_quiet(tape, wanted.until) else next(pauses, None)
            if seconds is None:
                known.given_up = wanted.until
            else:
                await pause(seconds)

    def _until(self, wanted: Wanted, known: Known) -> int:
        """Where what is waited for ends: what was given up before is not waited for again."""
        return wanted.until if known.given_up < wanted.until else min(wanted.until, known.tape.stop)

    def _is_quiet(self, tape: Tape, until: int) -> bool:
        newest = tape.newest
        return newest is not None and newest.timestamp + tape.length + QUIET_MS <= until

    def _built(self, wanted: Wanted, tape: Tape, span: tuple[int, int]) -> bool:
        """Whether the bars of `span` could be made of minutes that are known."""
        minutes = self.known(wanted.symbol).tape
        if len(minutes) == 0 or minutes.start > span[0] or minutes.missing(*span):
            return False
        rows = minutes.window(span[1], (span[1] - span[0]) // MINUTE_MS)
        tape.add(resample(rows[rows.first_at(span[0]) :], wanted.timeframe), *span)
        return True

    async def _page(self, wanted: Wanted, tape: Tape, span: tuple[int, int]) -> bool:
        """Ask for the candles of `span`, as many as one answer holds; whether to go on at once."""
        since, until = span
        count = min((until - since) // tape.length + 1, self._page_size())  # and the one that is still forming
        market = self._markets[wanted.symbol]
        rows = await self._connection.ask(
            f"the candles of {wanted.symbol}",
            lambda: self._connection.client.fetch_ohlcv(market, wanted.timeframe, since, count),
            urgent=wanted.urgent,
        )
        candles, faults = ascending(rows if isinstance(rows, list) else [rows], tape.length)
        now = self._connection.exchange_ms()
        faults += [
            f"the candle at {candle.timestamp} is from the future" for candle in candles if candle.timestamp > now
        ]
        self._tell(wanted.symbol, faults)
        sound = [candle for candle in candles if since <= candle.timestamp <= now]
        stop = min(until, final_until(sound, since, until, tape.length, now))
        tape.add(sound, since, stop)
        return stop >= until or (len(sound) >= count and stop > since)

    def _page_size(self) -> int:
        client = self._connection.client
        kind = (client.features or {}).get("swap" if client.options.get("defaultType") == "swap" else "spot") or {}
        limit = (kind.get("fetchOHLCV") or {}).get("limit")
        return min(limit, LARGEST_PAGE) if isinstance(limit, int) else PAGE

    def _tell(self, symbol: str, faults: Sequence[str]) -> None:
        """Say what was refused, once as long as it is the same."""
        text = "; ".join(faults[:3])
        if text and text != self._refused.get(symbol):
            log.warning("%s: %s: refused %s", self._connection.name, symbol, text)
        self._refused[symbol] = text


def final_until(candles: Sequence[Candle], since: int, until: int, length: int, now: int) -> int:
    """Up to where an answer about [since, until) that came at `now` (the exchange's time) will not change any more."""
    if not candles:
        return since
    newest = candles[-1].timestamp
    if newest >= until:
        return until
    return newest + length if newest + length + SETTLED_MS <= now else newest
