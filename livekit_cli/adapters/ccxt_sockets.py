"""Websockets on the 1m candles of many symbols: what they show to have closed goes onto the tapes.

Laws:
- A candle has closed when a frame of it came after its end, by the exchange's clock, and then one of the next candle.
  ccxt drops the flag that says so, and what came before the end, from a connection that then broke or skipped the last
  frame, may not be all of it.
- A candle only grows: its high, its low and its volume never go back. One that does is left to REST.
- Nothing here is needed for a minute: a socket that is silent, frozen, slow or broken costs a REST request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from random import uniform
from typing import Any

from ..core.candle import MINUTE_MS, Candle
from ..core.page import ascending
from ..core.spell import Spell
from ..core.tape import Tape
from .ccxt_connection import Connection
from .ccxt_errors import in_short, said
from .ccxt_noise import Noise
from .clock import pause

TOGETHER = 10
"""Symbols of one subscription: Bybit takes no more."""

TELL_AFTER = 3
"""Minutes in a row that bring nothing by websocket before that is told."""

log = logging.getLogger("livekit")


class Watched:
    """One symbol's stream: the candle that is forming, and when anything came last (seconds of the loop)."""

    def __init__(self) -> None:
        self.forming: Candle | None = None
        self.is_whole = False
        """Whether a frame of the forming candle came after its end."""
        self.is_spoilt = False
        self.last_frame = float("-inf")
        self.advanced = asyncio.Event()

    def may_bring(self, until: int, since: float) -> bool:
        """Whether the candle that closes at `until` is the one that is forming, and anything came after `since`."""
        return self.forming is not None and self.forming.timestamp + MINUTE_MS == until and self.last_frame > since

    def forget(self) -> None:
        """What comes next comes from another connection."""
        self.forming, self.is_whole, self.is_spoilt = None, False, False


class Sockets:
    """Keeps a stream on each symbol until `close`. `markets` names each symbol as ccxt does."""

    def __init__(self, connection: Connection, markets: Mapping[str, str], tape_of: Callable[[str], Tape]) -> None:
        self._connection = connection
        self._patience = connection.patience
        self._markets = markets
        self._tape_of = tape_of
        self._watched = {symbol: Watched() for symbol in markets}
        self._tasks: list[asyncio.Task[None]] = []
        self._turn = asyncio.Lock()
        self._noise = Noise(self._lost)
        self.trouble = self._why = ""
        """What broke a stream last, in a few words and in its own."""
        self._silence = Spell()
        self._minute = 0
        self._brought: dict[int, int] = {}
        """For this minute and the one before, how many candles that closed then were there before REST was asked."""
        self._silent_minutes = 0
        self._last_frame = self._last_brought = float("-inf")

    def open(self) -> None:
        """Begin to watch every symbol."""
        self._last_frame = self._last_brought = _now()
        self._noise.begin()
        symbols = list(self._watched)
        together = TOGETHER if self._connection.client.has.get("watchOHLCVForSymbols") else 1
        groups = [symbols[start : start + together] for start in range(0, len(symbols), together)]
        self._tasks = [asyncio.create_task(self._keep(group)) for group in groups]
        self._tasks.append(asyncio.create_task(self._thaw()))

    async def close(self) -> None:
        """Watch no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._noise.end()

    # ---- for the feed

    async def brings(self, symbol: str, until: int) -> None:
        """Wait a moment for the candle that closes at `until`, if the socket looks as if it would bring it."""
        watched, tape = self._watched[symbol], self._tape_of(symbol)
        if tape.stop >= until or not watched.may_bring(until, _now() - self._patience.lively):
            return
        watched.advanced.clear()
        try:
            async with asyncio.timeout(self._patience.socket):
                while tape.stop < until:
                    await watched.advanced.wait()
                    watched.advanced.clear()
        except TimeoutError:
            return  # REST is asked

    def due(self, minute: int) -> None:
        """Candles that close at `minute` are wanted. It is told when none came in time, and when one does again."""
        if minute > self._minute:
            if self._minute and self._connection.failing_since is None:  # of an outage the connection tells
                self._count(self._minute in self._brought)
            self._minute = minute
            self._brought = {time: count for time, count in self._brought.items() if time >= minute - MINUTE_MS}

    @property
    def streams(self) -> int:
        """How many symbols are watched."""
        return len(self._watched)

    @property
    def bringing(self) -> int:
        """Of how many symbols candles come in time. Those of this minute may be about to: then the last one counts."""
        return max(self._brought.values(), default=0)

    @property
    def silent_seconds(self) -> float | None:
        """For how long none has come, once that lasts."""
        return None if self.bringing or self._silence.since is None else _now() - self._last_brought

    def _count(self, is_good: bool) -> None:
        name = self._connection.name
        if is_good:
            self.trouble, self._why, self._silent_minutes = "", "", 0
            if self._silence.good(_now()) is not None:
                log.warning("%s: candles come by websocket again", name)
            return
        self._silent_minutes += 1
        if self._silent_minutes >= TELL_AFTER and self._silence.bad(_now()):
            why = f" ({self._why})" if self._why else ""
            log.warning("%s: no candle comes by websocket in time%s; they are asked for by REST", name, why)

    # ---- streams

    async def _keep(self, group: Sequence[str]) -> None:
        """Watch `group` for ever."""
        shortest, longest = self._patience.backoff
        backoff = shortest
        while True:
            began = _now()
            try:
                await self._follow(group)
            except Exception as error:  # noqa: BLE001  ccxt's parsers raise whatever a strange frame makes them raise
                self._lost(error)
            for symbol in group:
                self._watched[symbol].forget()
            if any(self._watched[symbol].last_frame > began for symbol in group):
                backoff = shortest
            await pause(backoff * uniform(0.5, 1.5))
            backoff = min(2 * backoff, longest)

    async def _follow(self, group: Sequence[str]) -> None:
        """Subscribe, and take what comes until anything fails; always raises."""
        tasks: list[asyncio.Task[None]] = []
        try:
            async with self._turn:
                if len(group) > 1:
                    tasks.append(asyncio.create_task(self._subscribed(group)))
                    await pause(self._patience.subscribe)
                tasks += [asyncio.create_task(self._watch(symbol)) for symbol in group]
                if len(group) == 1:
                    await pause(self._patience.subscribe)
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _subscribed(self, group: Sequence[str]) -> None:
        """One subscription for all of them; those who watch a symbol then find it made."""
        pairs = [[self._markets[symbol], "1m"] for symbol in group]
        await _not_cancelled(self._connection.client.watch_ohlcv_for_symbols(pairs))

    async def _watch(self, symbol: str) -> None:
        client, name, watched = self._connection.client, self._markets[symbol], self._watched[symbol]
        while True:
            self._hear(symbol, watched, await _not_cancelled(client.watch_ohlcv(name, "1m")))

    def _hear(self, symbol: str, watched: Watched, rows: object) -> None:
        candles, _ = ascending(rows if isinstance(rows, list) else [rows], MINUTE_MS)
        now = self._connection.time.now_ms()
        if watched.forming is None:
            # The others may be what ccxt's cache has from the connection before, and nobody was told of.
            candles = candles[-1:]
        for candle in candles:
            before = watched.forming
            if candle.timestamp > now + MINUTE_MS or (before and candle.timestamp < before.timestamp):
                continue  # from the future, or an old frame again
            if before and candle.timestamp > before.timestamp:
                self._closed(symbol, watched, before)
                watched.forget()
            elif before and not _grows(before, candle):
                watched.is_spoilt = True
            watched.forming = candle
            watched.is_whole |= candle.timestamp + MINUTE_MS <= now
            watched.last_frame = self._last_frame = _now()

    def _closed(self, symbol: str, watched: Watched, candle: Candle) -> None:
        tape = self._tape_of(symbol)
        # Where there is a gap before it, REST brings both.
        if tape.stop == candle.timestamp and watched.is_whole and not watched.is_spoilt:
            tape.add([candle], candle.timestamp, candle.timestamp + MINUTE_MS)
            minute = candle.timestamp + MINUTE_MS
            self._brought[minute] = self._brought.get(minute, 0) + 1
            self._last_brought = _now()
            watched.advanced.set()

    def _lost(self, error: BaseException) -> None:
        self.trouble, self._why = in_short(error), said(error)
        log.debug("%s: websocket: %s", self._connection.name, self._why)

    async def _thaw(self) -> None:
        """Break connections that are open and say nothing, so that they are made anew."""
        frozen = self._patience.frozen
        while True:
            await pause(frozen / 3)
            silent = _now() - self._last_frame
            if silent < frozen / 3:
                frozen = self._patience.frozen
            elif silent >= frozen:
                frozen = min(2 * frozen, self._patience.longest_frozen)
                self._last_frame = _now()
                error = TimeoutError(f"nothing came for {silent:.0f} s")
                self._lost(error)
                for client in list((self._connection.client.clients or {}).values()):
                    client.on_error(error)


async def _not_cancelled(waiting: Coroutine[Any, Any, Any]) -> Any:
    """ccxt cancels those who wait on a connection that it closes; for us that is a failure like any other."""
    try:
        return await waiting
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the connection was closed") from None


def _grows(before: Candle, after: Candle) -> bool:
    return (
        after.open == before.open
        and after.high >= before.high
        and after.low <= before.low
        and after.volume >= before.volume
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
