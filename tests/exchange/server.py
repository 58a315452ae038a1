"""The local exchange: Binance and Bybit on one port of 127.0.0.1, in a thread of its own.

with LocalExchange() as exchange:
    exchange.url                                    http://127.0.0.1:PORT
    exchange.market, .clock, .faults, .ledger       what a test scripts and reads, from any thread
    exchange.key                                    what the key of an account may do
    exchange.budgets["binance"].enforced = True     weight limits
    exchange.down(), exchange.up(), exchange.hang_up()
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from aiohttp import web

from .binance import Binance
from .budget import Budget
from .bybit import Bybit
from .clock import Clock
from .control import answer_control
from .faults import Body, Line, Rows, Rule, Spoilt, Status, Stream, Switch, Told
from .keys import Key
from .ledger import PATIENCE, Entry, Ledger
from .lines import carry, fail
from .market import Listing, Market, symbols
from .websocket import Hub
from .wire import Call, Refused, Reply, Reshape, Route, Venue, dumps, typical_page

if TYPE_CHECKING:
    from .names import Authority

_Result = TypeVar("_Result")


class LocalExchange:
    """A server on 127.0.0.1 that unmodified clients take for the real exchanges."""

    def __init__(
        self,
        listings: Iterable[Listing] | None = None,
        clock: Clock | None = None,
        port: int = 0,
        tls: Authority | None = None,
    ) -> None:
        self.market = Market(symbols() if listings is None else listings)
        self.clock = clock or Clock()
        self.ledger = Ledger()
        self.faults = Switch()
        self.key = Key()
        self.venues: tuple[Venue, ...] = (Binance(self.market, self.key), Bybit(self.market, self.key))
        self.budgets = {venue.name: Budget(venue) for venue in self.venues}
        self._held = _bound(port)
        self.port: int = self._held.getsockname()[1]
        self.tls = tls
        self.tls_port = 0
        self._connections: WeakKeyDictionary[Any, list[int]] = WeakKeyDictionary()
        self._connected = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # ---- life

    def start(self) -> None:
        """Serve, from a thread, until `stop`."""
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._live_in_thread, args=(started,), name="exchange", daemon=True)
        self._thread.start()
        started.result(PATIENCE)

    def stop(self) -> None:
        """Reset every connection, and let go of the port."""
        if self._loop is not None and self._thread is not None:
            self.call(self._end.set)
            self._thread.join(PATIENCE)
        self._held.close()

    def __enter__(self) -> LocalExchange:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def call(self, function: Callable[[], _Result]) -> _Result:
        """Run `function` on the server's loop."""

        async def run() -> _Result:
            return function()

        assert self._loop is not None, "the exchange is not running"
        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(PATIENCE)

    def cpu(self) -> float:
        """Seconds of processor time that the server's thread has used."""
        return self.call(time.thread_time)

    def down(self) -> None:
        """Reset every connection and refuse new ones."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(PATIENCE)

    def up(self) -> None:
        """Take connections again, on the same port."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(PATIENCE)

    def hang_up(self) -> None:
        """Close every websocket."""
        self.call(self.hub.hang_up)

    def _live_in_thread(self, started: Future[None]) -> None:
        try:
            asyncio.run(self._live(started))
        except Exception as problem:
            if started.done():
                raise
            started.set_exception(problem)

    async def _live(self, started: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self.hub = Hub(self.market, self.clock, self.ledger, self.faults, lambda name: self.budgets[name].enforced)
        self._server = web.Server(self._serve, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0)
        await self._runner.setup()
        await self._open()
        if self.tls is not None:
            secured = _bound(0)
            self.tls_port = secured.getsockname()[1]
            await web.SockSite(self._runner, secured, ssl_context=self.tls.server()).start()
        self.clock.listeners.append(self._clock_moved)
        publishing = asyncio.create_task(self.hub.run())
        started.set_result(None)
        await self._end.wait()
        self.clock.listeners.remove(self._clock_moved)
        publishing.cancel()
        await self._close()
        await self._runner.cleanup()
        self._loop = None

    def _clock_moved(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.hub.wake)

    async def _open(self) -> None:
        """Listen with another socket than the one that holds the port, which lets go of it later."""
        self._site = web.SockSite(self._runner, _bound(self.port))
        await self._site.start()

    async def outage(self, seconds: float) -> None:
        """Be down for so long; runs on the server's loop, a moment after whoever asked for it was answered."""
        await asyncio.sleep(0.05)
        await self._close()
        await asyncio.sleep(seconds)
        await self._open()

    async def _close(self) -> None:
        await self._site.stop()
        for connection in list(self._server.connections):
            if connection.transport is not None:
                connection.transport.abort()

    # ---- answers

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith("/control/"):
            return await answer_control(self, request)
        number, count = self._connection(request)
        if "Upgrade" in request.headers:
            return await self._serve_stream(request, number)
        params = dict(request.query)
        call = Call(request.path, params, self.clock.now())
        for venue in self.venues:
            route = venue.route(call.path, params)
            if route is not None:
                return await self._answer(request, venue, route, call, (number, count))
        self.ledger.write(Entry(call.now, "", "unknown", "", None, {**params, "path": call.path}, 0, number, "404"))
        return await carry(request, typical_page(404))

    def _connection(self, request: web.BaseRequest) -> tuple[int, int]:
        """Its number, and how many requests it has carried."""
        if request.transport not in self._connections:
            self._connected += 1
            self._connections[request.transport] = [self._connected, 0]
        known = self._connections[request.transport]
        known[1] += 1
        return known[0], known[1]

    async def _answer(
        self, request: web.BaseRequest, venue: Venue, route: Route, call: Call, connection: tuple[int, int]
    ) -> web.StreamResponse:
        params, weight = dict(call.params), route.weight(call.params)
        symbol, kind = venue.symbol(params), route.kind
        entry = Entry(call.now, venue.name, route.endpoint, kind or "", symbol, params, weight, connection[0])
        self.ledger.write(entry)
        budget, pool = self.budgets[venue.name], venue.pool(kind)
        refused = budget.charge(pool, weight, call.now)
        rule = None if refused else self.faults.find(entry)
        reply = refused or _reply(venue, route, call, rule)
        reply = Reply(
            reply.body, reply.status, self._date() | budget.headers(pool) | dict(reply.headers), reply.content_type
        )
        self.ledger.close(entry, rule.name if rule else str(reply.status))
        if rule is not None and isinstance(rule.fault, Line):
            return await fail(request, reply, rule.fault, connection[1])
        return await carry(request, reply, rule.fault.pad if rule and isinstance(rule.fault, Body) else 0)

    def _date(self) -> dict[str, str]:
        return {"Date": formatdate(self.clock.now() / 1000, usegmt=True)}

    async def _serve_stream(self, request: web.BaseRequest, number: int) -> web.StreamResponse:
        here = request.host.startswith("127.0.0.1")
        path = request.path if here else f"/{request.host.split('.')[0]}{request.path}"  # as `client.options` has it
        for venue in self.venues:
            talk = venue.talk(path, dict(request.query), number)
            if talk is not None:
                break
        else:
            return await carry(request, typical_page(404))
        params = {"path": request.path, **request.query}
        entry = Entry(self.clock.now(), venue.name, "connect", talk.kind, None, params, 0, number)
        rule = self.faults.find(entry)
        entry.outcome = rule.name if rule else "101"
        self.ledger.write(entry)
        if rule is None or not isinstance(rule.fault, Stream):
            return await self.hub.serve(request, venue, talk)
        if rule.fault.does == "hanging":
            return await fail(request, Reply(b""), Line("never"), 1)
        return await carry(request, venue.typical(rule.fault.number))


def _reply(venue: Venue, route: Route, call: Call, rule: Rule | None) -> Reply:
    """The answer to `call`, with the fault of `rule` in it where that is one of the answer."""
    fault = rule.fault if rule else None
    match fault:
        case Status(status, headers):
            typical = venue.typical(status)
            return Reply(typical.body, status, headers, typical.content_type)
        case Told(word):
            return venue.refusal(word)
        case Body(content, content_type, _, headers):
            return Reply(content, 200, headers, content_type)
        case Rows(change):
            return _right(route, call, change)
        case Spoilt(change):
            right = _right(route, call, list)
            return Reply(change(right.body), right.status, right.headers, right.content_type)
        case _:
            return _right(route, call, list)


def _right(route: Route, call: Call, reshape: Reshape) -> Reply:
    try:
        return Reply(dumps(route.answer(call, reshape)))
    except Refused as refusal:
        return refusal.reply


def _bound(port: int) -> socket.socket:
    """A socket on `port`, listening to nobody: while no other one listens there, who connects is refused.

    SO_REUSEPORT lets a listening one have the port at the same time, so that it is never lost to a stranger.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(("127.0.0.1", port))
    return bound
