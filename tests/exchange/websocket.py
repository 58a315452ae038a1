"""The websockets: who listens to which candles, and what is said to them when the exchange's time moves on.

A minute's close is told as soon as the clock has passed it, however it got there; the forming candle is told when it is
subscribed to, when a test moves the clock, and every `cadence` milliseconds while the clock runs by itself.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from struct import pack

from aiohttp import WSCloseCode, WSMsgType, web

from .clock import MINUTE_MS, Clock
from .faults import Stream, Switch
from .ledger import Entry, Ledger
from .market import TIMEFRAMES, Market
from .wire import Frame, Talk, Topic, Venue

_AT_ONCE = 60
"""Closed candles of one topic that are told after a long step of the clock: the newest ones."""


class Session:
    """One websocket. What it is told goes through a queue, so that a slow reader holds up nobody else."""

    def __init__(self, request: web.BaseRequest, answer: web.WebSocketResponse, venue: Venue, talk: Talk) -> None:
        self._request = request
        self._answer = answer
        self.venue = venue
        self.talk = talk
        self.frames = 0
        self.frozen = False
        self.heard: deque[float] = deque(maxlen=64)
        self._late: deque[tuple[int, str]] = deque()
        self._queue: asyncio.Queue[str | bytes | None] = asyncio.Queue()

    def tell(self, text: str | bytes | None) -> None:
        """Send it when its turn comes; None closes the connection."""
        if not self.frozen:
            self._queue.put_nowait(text)

    def tell_later(self, text: str, moment: int) -> None:
        """Send it when the exchange's clock has come to `moment` (epoch ms)."""
        self._late.append((moment, text))

    def tell_due(self, now: int | None = None) -> None:
        """Send what was to be sent by `now`, or all of it."""
        while self._late and (now is None or self._late[0][0] <= now):
            self.tell(self._late.popleft()[1])

    def drop(self) -> None:
        """Reset the connection."""
        if self._request.transport is not None:
            reset(self._request.transport)

    async def write(self) -> None:
        """Send what it is told, until the connection ends."""
        with suppress(ConnectionError):
            while (said := await self._queue.get()) is not None:
                if isinstance(said, bytes):
                    await self._answer.send_bytes(said)
                else:
                    await self._answer.send_str(said)
            await self._answer.close(code=WSCloseCode.GOING_AWAY)


class Hub:
    """All websockets of the exchange. Lives on the server's loop."""

    def __init__(
        self, market: Market, clock: Clock, ledger: Ledger, faults: Switch, enforced: Callable[[str], bool]
    ) -> None:
        self._market, self._clock, self._ledger, self._faults = market, clock, ledger, faults
        self._enforced = enforced
        self._moved = asyncio.Event()
        self.sessions: set[Session] = set()
        self.cadence = 1000

    def wake(self) -> None:
        """The clock was set."""
        self._moved.set()

    async def run(self) -> None:
        """Tell what there is to tell, for ever."""
        told = self._clock.now()
        while True:
            pause = None
            if not self._clock.frozen:
                now = self._clock.now()
                pause = min(self.cadence, MINUTE_MS - now % MINUTE_MS) / 1000
            with suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), pause)
            self._moved.clear()
            now = self._clock.now()
            self._publish(told, now)
            told = now

    async def serve(self, request: web.BaseRequest, venue: Venue, talk: Talk) -> web.WebSocketResponse:
        """One websocket from its handshake to its end."""
        ws = web.WebSocketResponse(autoping=False, compress=False)
        await ws.prepare(request)
        session = Session(request, ws, venue, talk)
        self.sessions.add(session)
        writer = asyncio.create_task(session.write())
        try:
            for topic in talk.topics:
                self._greet(session, topic)
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._hear(session, message.data)
                elif message.type is WSMsgType.PING and not session.frozen:
                    await ws.pong(message.data)
        finally:
            self.sessions.discard(session)
            writer.cancel()
        return ws

    def hang_up(self) -> None:
        """Close every websocket, as exchanges do when they are restarted."""
        for session in self.sessions:
            session.tell(None)

    # ---- what they say

    def _hear(self, session: Session, text: str) -> None:
        venue, talk, now = session.venue, session.talk, self._clock.now()
        said = venue.hear(text, talk, now)
        topics = said.subscribe or said.unsubscribe or (None,)
        entries = [self._entry(session, said.endpoint, topic and topic.symbol, now) for topic in topics]
        for entry in entries:
            entry.params = {"text": text}
        rule = None if said.endpoint == "ping" else self._faults.find(self._entry(session, "message", None, now))
        if self._too_many(session):
            session.tell(None)
        elif rule is None and not session.frozen:
            if said.answer:
                session.tell(said.answer)
            talk.topics -= set(said.unsubscribe)
            talk.topics |= set(said.subscribe)
            for topic in said.subscribe:
                self._greet(session, topic)
        for entry in entries:  # last, so that a test which has seen the entry finds the subscription in force
            entry.outcome = rule.name if rule else "heard"
            self._ledger.write(entry)

    def _too_many(self, session: Session) -> bool:
        limit = session.venue.messages.get(session.talk.kind)
        session.heard.append(asyncio.get_running_loop().time())
        if limit is None or len(session.heard) <= limit or not self._enforced(session.venue.name):
            return False
        return session.heard[-1] - session.heard[-1 - limit] < 1.0

    def _entry(self, session: Session, endpoint: str, symbol: str | None, now: int) -> Entry:
        return Entry(now, session.venue.name, endpoint, session.talk.kind, symbol, connection=session.talk.connection)

    # ---- what they are told

    def _greet(self, session: Session, topic: Topic) -> None:
        for frame in self._forming(topic, self._clock.now()):
            self._tell(session, frame)

    def _publish(self, told: int, now: int) -> None:
        news: dict[Topic, list[Frame]] = {}
        for session in list(self.sessions):
            session.tell_due(now)
            for topic in list(session.talk.topics):
                if topic not in news:
                    news[topic] = [*self._closed(topic, told, now), *self._forming(topic, now)]
                for frame in news[topic]:
                    self._tell(session, frame)

    def _closed(self, topic: Topic, told: int, now: int) -> Iterator[Frame]:
        length = TIMEFRAMES[topic.timeframe]
        closes = range((told // length + 1) * length, now + 1, length)
        for close in closes[-_AT_ONCE:]:
            candle = self._market.candle(*topic, close - length, now)
            if candle is not None:
                yield Frame(topic, candle, True, now)

    def _forming(self, topic: Topic, now: int) -> Iterator[Frame]:
        length = TIMEFRAMES[topic.timeframe]
        candle = self._market.candle(*topic, now // length * length, now)
        if candle is not None:
            yield Frame(topic, candle, False, now)

    def _tell(self, session: Session, frame: Frame) -> None:
        rule = self._faults.find(self._entry(session, "frame", frame.topic.symbol, frame.now))
        if rule is None or not isinstance(rule.fault, Stream):
            session.tell_due()
            session.tell(session.venue.frame(frame, session.talk))
        elif rule.fault.does == "lagging":
            session.tell_later(session.venue.frame(frame, session.talk), frame.now + rule.fault.number)
        else:
            self._mistell(session, frame, rule.fault)
        session.frames += 1

    def _mistell(self, session: Session, frame: Frame, fault: Stream) -> None:
        right = session.venue.frame(frame, session.talk)
        match fault.does:
            case "text":
                session.tell(fault.text)
            case "binary":
                session.tell(b"\xff\xfe\x00" + right.encode())
            case "old":
                session.tell(session.venue.frame(_an_hour_before(frame), session.talk))
            case "doubled":
                session.tell(right)
                session.tell(right)
            case "unclosed" if not frame.closed:
                session.tell(right)
            case "frozen":
                session.frozen = True
            case "closing" | "dropped" if session.frames < fault.number:
                session.tell(right)
            case "closing":
                session.tell(None)
            case "dropped":
                session.drop()


def _an_hour_before(frame: Frame) -> Frame:
    candle = frame.candle._replace(time=frame.candle.time - 60 * MINUTE_MS)
    return frame._replace(candle=candle, now=frame.now - 60 * MINUTE_MS)


def reset(transport: asyncio.BaseTransport) -> None:
    """End a connection without a word of goodbye."""
    plug = transport.get_extra_info("socket")
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
    transport.abort()  # type: ignore[attr-defined]
