"""Websockets on the 1m candles of many symbols: what they show to have closed goes onto the tapes.

Laws:
- A candle has closed when a later one arrives on the same connection. What a broken connection left behind is never
  taken for the end of a candle.
- A candle only grows: its high, its low and its volume never go back. One that does is left to REST.
- Nothing here is needed for a minute: a socket that is silent, frozen, slow or broken costs a REST request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from random import uniform
from typing import Any

from ..core.candle import MINUTE_MS, Candle
from ..core.tape import Tape, ascending
from .ccxt_connection import Connection
from .ccxt_errors import said
from .clock import pause

PATIENCE_SECONDS = 0.5
"""How long a lively socket is waited for before REST is asked."""

LIVELY_SECONDS = 10.0
"""A socket that has brought nothing for so long is not waited for."""

FROZEN_SECONDS = 90.0
"""Without a frame for any symbol for so long, the connection is made anew."""

SHORTEST_BACKOFF, LONGEST_BACKOFF = 1.0, 60.0
"""Seconds before a broken socket is opened again; doubled with each failure in a row."""

TELL_SECONDS = 600.0
"""How often it is told at most that sockets break."""

log = logging.getLogger("livekit")


class Watched:
    """One symbol's stream: the candle that is forming, and when anything came last (seconds of the loop)."""

    def __init__(self) -> None:
        self.forming: Candle | None = None
        self.is_spoilt = False
        self.last_frame = float("-inf")
        self.advanced = asyncio.Event()


class Sockets:
    """Keeps a stream on each symbol until `close`."""

    def __init__(self, connection: Connection, markets: Mapping[str, str], tape_of: Callable[[str], Tape]) -> None:
        self._connection = connection
        self._markets = markets
        self._tape_of = tape_of
        self._watched = {symbol: Watched() for symbol in markets}
        self._tasks: list[asyncio.Task[None]] = []
        self._losses = 0
        self._told = float("-inf")
        self._last_frame = float("-inf")

    def open(self) -> None:
        """Begin to watch every symbol."""
        self._last_frame = _now()
        self._tasks = [asyncio.create_task(self._watch(symbol)) for symbol in self._watched]
        self._tasks.append(asyncio.create_task(self._thaw()))

    async def close(self) -> None:
        """Watch no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def brings(self, symbol: str, until: int) -> None:
        """Wait a moment for the candle that closes at `until`, if the socket looks as if it would bring it."""
        watched, tape = self._watched[symbol], self._tape_of(symbol)
        if tape.stop >= until or _now() - watched.last_frame > LIVELY_SECONDS:
            return
        watched.advanced.clear()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while tape.stop < until:
                    await watched.advanced.wait()
                    watched.advanced.clear()
        except TimeoutError:
            return  # REST is asked

    async def _watch(self, symbol: str) -> None:
        watched, backoff = self._watched[symbol], SHORTEST_BACKOFF
        while True:
            watched.forming = None
            try:
                while True:
                    rows = await self._connection.client.watch_ohlcv(self._markets[symbol], "1m")
                    self._take(symbol, watched, rows)
                    backoff = SHORTEST_BACKOFF
            except Exception as error:  # noqa: BLE001  ccxt's parsers raise whatever a strange frame makes them raise
                self._lost(error)
            await pause(backoff * uniform(0.5, 1.5))
            backoff = min(2 * backoff, LONGEST_BACKOFF)

    def _take(self, symbol: str, watched: Watched, rows: Any) -> None:
        candles, _ = ascending(rows if isinstance(rows, list) else [rows], MINUTE_MS)
        now = self._connection.exchange_ms()
        for candle in candles:
            before = watched.forming
            if candle.timestamp > now or (before and candle.timestamp < before.timestamp):
                continue  # from the future, or an old frame again
            if before and candle.timestamp > before.timestamp:
                self._closed(symbol, watched, before)
            elif before and not _grows(before, candle):
                watched.is_spoilt = True
            watched.forming = candle
            watched.last_frame = self._last_frame = _now()

    def _closed(self, symbol: str, watched: Watched, candle: Candle) -> None:
        tape = self._tape_of(symbol)
        # Where there is a gap before it, REST brings both.
        if tape.stop == candle.timestamp and not watched.is_spoilt:
            tape.add([candle], candle.timestamp, candle.timestamp + MINUTE_MS)
            watched.advanced.set()
        watched.is_spoilt = False

    def _lost(self, error: Exception) -> None:
        self._losses += 1
        if self._losses >= len(self._watched) and _now() - self._told >= TELL_SECONDS:
            log.warning(
                "%s: the websocket broke %d times (%s); what it does not bring comes by REST",
                self._connection.name,
                self._losses,
                said(error),
            )
            self._told, self._losses = _now(), 0

    async def _thaw(self) -> None:
        """Break connections that are open and say nothing, so that they are made anew."""
        while True:
            await pause(FROZEN_SECONDS / 3)
            if _now() - self._last_frame >= FROZEN_SECONDS:
                self._last_frame = _now()
                for client in list((self._connection.client.clients or {}).values()):
                    await client.close()


def _grows(before: Candle, after: Candle) -> bool:
    return (
        after.open == before.open
        and after.high >= before.high
        and after.low <= before.low
        and after.volume >= before.volume
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
