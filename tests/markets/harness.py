"""Runs livekit on the local exchange through the real wiring, minute by minute, without waiting for minutes.

Both the exchange and livekit go by clocks that the test sets: `Minutes.to` lets the next minute close at once. What
takes seconds in earnest (attempts, pauses, patience with a socket) is shortened by `QUICK`; nothing else differs from
`livekit run`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from livekit_cli import Market, Proposal, Strategy
from livekit_cli.adapters import ccxt_venue
from livekit_cli.adapters.ccxt_connection import Connection
from livekit_cli.adapters.ccxt_patience import Patience
from livekit_cli.adapters.ccxt_venue import CcxtVenue
from livekit_cli.adapters.config.exchanges import ExchangeConfig
from livekit_cli.adapters.exchange_time import Machine
from livekit_cli.core.candle import VWAP_MINUTES, Candles, vwap
from livekit_cli.core.event import Event
from livekit_cli.supervise import Fleet, Post
from livekit_cli.wiring import Request, desks
from tests.exchange.client import options
from tests.exchange.clock import MINUTE_MS, Clock
from tests.exchange.market import Kind
from tests.exchange.server import LocalExchange

START = 1_772_410_260_000
"""2026-03-02 00:11 UTC: the first minute that is evaluated."""

QUICK = Patience(
    attempts=(0.25, 0.25, 0.25),
    retry=(0.01, 0.02),
    polls=(0.01, 0.02, 0.04, 0.08, 0.1),
    settled=0.08,
    start=5.0,
    look=0.05,
    socket=0.15,
    lively=10.0,
    frozen=60.0,
    subscribe=0.01,
    backoff=(0.02, 0.2),
    fresh=600.0,
)
"""A twentieth of what it takes in earnest, or less."""

SECONDS = 30.0
"""A deadline for what should end by itself."""

EPSILON_MS = 20
"""How long after its close a minute is let begin."""


class Holder(Strategy):
    """Opens one long position in the first minute, with a stop loss half a percent below."""

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=50, stop_loss=0.5, minutes=10_000) if market.now == START else None


class Watcher(Strategy):
    """Is asked each minute, and never trades."""

    asked: dict[str, list[int]]

    def __init__(self) -> None:
        self.asked = {}

    async def get_signal(self, market: Market) -> Proposal | None:
        self.asked.setdefault(market.symbol, []).append(market.now)
        return None


@dataclass
class Hand:
    """The clocks of livekit's machine, as a hand sets them: its wall clock is `wall_off` ms off the exchange's."""

    clock: Clock
    wall_off: int = 0

    def machine(self) -> Machine:
        return Machine(wall=lambda: self.clock.now() + self.wall_off, steady=self.clock.now)


@dataclass
class Minutes:
    """A fleet that runs, and what became of it."""

    exchange: LocalExchange
    fleet: Fleet
    hand: Hand
    watcher: Watcher
    minute: int = START
    events: list[Event] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """Each line of the log, with its level."""

    @property
    def venue(self) -> CcxtVenue:
        venue = self.fleet.posts[0].desk.venue
        assert isinstance(venue, CcxtVenue)
        return venue

    @property
    def connection(self) -> Connection:
        connection = self.venue._connection
        assert connection is not None
        return connection

    def post(self, symbol: str, strategy: str | None = None) -> Post:
        return next(
            post
            for post in self.fleet.posts
            if post.desk.identity.symbol == symbol and strategy in (None, post.desk.identity.strategy)
        )

    def error(self, symbol: str, strategy: str | None = None) -> str | None:
        return self.post(symbol, strategy).snapshot.pulse.error

    def finished(self, symbol: str, strategy: str | None = None) -> int | None:
        """The minute that was evaluated last."""
        return self.post(symbol, strategy).snapshot.pulse.minute

    async def to(self, minute: int) -> None:
        """Let `minute` close, and wait until every symbol that is not halted has looked at it."""
        self.minute = minute
        self.exchange.clock.run(minute + EPSILON_MS - wall_now())
        await self.until(lambda: all(_has_looked(post, minute) for post in self.fleet.posts), passing=True)

    async def next(self) -> None:
        await self.to(self.minute + MINUTE_MS)

    async def until(self, condition: Callable[[], bool], *, passing: bool = False) -> None:
        """With `passing`, a pause that somebody waits out passes at once, as far as it lies in the minute."""
        await until(condition, self._let_pause_pass if passing else None)

    def _let_pause_pass(self) -> None:
        left = self.connection.pauses.left(self.connection.time.machine.seconds())
        if 0 < left < self.connection.patience.ask:
            self.exchange.clock.advance(round(left * 1000) + 1)

    def requests(self, symbol: str | None = None, **wanted: object) -> int:
        """How many candle requests the ledger has."""
        more = {} if symbol is None else {"symbol": symbol}
        return self.exchange.ledger.count(endpoint="klines", **more, **wanted)


async def until(condition: Callable[[], bool], meanwhile: Callable[[], None] | None = None) -> None:
    """Wait for a condition of what sets no asyncio.Event: snapshots, ledgers, files."""
    async with asyncio.timeout(SECONDS):
        while not condition():
            if meanwhile:
                meanwhile()
            await asyncio.sleep(0.002)


def wall_now() -> int:
    from tests.exchange.clock import wall

    return wall()


def _has_looked(post: Post, minute: int) -> bool:
    due = post.snapshot.pulse.next_due
    return post.is_over or (due is not None and due > minute)


def truth(exchange: LocalExchange, symbol: str, minute: int, kind: Kind = Kind.SPOT) -> float | None:
    """The price that the market's own candles make at `minute`."""
    times = range(minute - VWAP_MINUTES * MINUTE_MS, minute, MINUTE_MS)
    rows = [exchange.market.minute(kind, symbol, time) for time in times]
    return vwap(Candles.of(row for row in rows if row is not None))


def project(folder: Path, exchange_id: str, url: str, *, market: str = "spot", **more: Any) -> Path:
    """A project whose exchange `local` is the local one."""
    (folder / "configs").mkdir(parents=True, exist_ok=True)
    given = options(exchange_id, url, **more)
    text = f"exchange: {exchange_id}\nmarket: {market}\nfee_percent: 0.1\nccxt: {json.dumps(given)}\n"
    (folder / "configs" / "local.yaml").write_text(text)
    return folder


@contextmanager
def quick(hand: Hand, patience: Patience = QUICK) -> Iterator[None]:
    """Venues that are made meanwhile are quick, and go by `hand`."""
    earnest = ccxt_venue.CcxtVenue
    made = partial(earnest, patience=patience, machine=hand.machine())
    setattr(ccxt_venue, "CcxtVenue", made)  # noqa: B010  the only thing that is not as in `livekit run`
    try:
        yield
    finally:
        setattr(ccxt_venue, "CcxtVenue", earnest)  # noqa: B010


class Heard(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "livekit" or record.levelno >= logging.WARNING:
            self._lines.append(f"{record.levelname}: {record.getMessage()}")


@asynccontextmanager
async def running(
    exchange: LocalExchange,
    folder: Path,
    exchange_id: str,
    *,
    hold: Sequence[str] = ("BTCUSDT",),
    watch: Sequence[str] = ("ETHUSDT", "SOLUSDT"),
    patience: Patience = QUICK,
    hand: Hand | None = None,
    begin: int = START,
    market: str = "spot",
    more: Sequence[Request] = (),
    **given: Any,
) -> AsyncIterator[Minutes]:
    """A fleet of `hold` and `watch` on the local exchange, from the evaluation of the minute `begin` on."""
    hand = hand or Hand(exchange.clock)
    exchange.clock.run(begin + EPSILON_MS - wall_now())
    where = project(folder, exchange_id, exchange.url, market=market, **given)
    watcher = Watcher()
    asked = [
        Request(list(hold), Holder, exchange="local", project=where, command="a test"),
        Request(list(watch), watcher, exchange="local", project=where, command="a test"),
        *(replace(request, exchange="local", project=where) for request in more),
    ]
    loop = asyncio.get_running_loop()
    handler = Heard([])
    logging.getLogger().addHandler(handler)
    with quick(hand, patience):
        wired = desks(*(request for request in asked if request.symbols))
    minutes = Minutes(exchange, Fleet(wired, lambda event, had: _deliver(minutes, event, had)), hand, watcher, begin)
    handler._lines = minutes.heard

    def clock_was_set() -> None:
        loop.call_soon_threadsafe(minutes.venue.clock.was_set)

    running: asyncio.Task[None] | None = None
    try:
        await minutes.fleet.open()
        exchange.clock.listeners.append(clock_was_set)
        running = asyncio.create_task(minutes.fleet.run())
        await minutes.to(begin)
        yield minutes
    finally:
        if clock_was_set in exchange.clock.listeners:
            exchange.clock.listeners.remove(clock_was_set)
        if running:
            await minutes.fleet.stop()
            await asyncio.wait([running])
            running.exception()
        logging.getLogger().removeHandler(handler)


def _deliver(minutes: Minutes, event: Event, had: Callable[[], None]) -> None:
    minutes.events.append(event)
    had()


@asynccontextmanager
async def venue_of(
    exchange: LocalExchange,
    folder: Path,
    exchange_id: str = "binance",
    symbols: Sequence[str] = ("BTCUSDT",),
    *,
    market: str = "spot",
    once: bool = True,
    patience: Patience = QUICK,
    hand: Hand | None = None,
    **given: Any,
) -> AsyncIterator[CcxtVenue]:
    """A venue alone, without anybody who runs on it; without websockets unless not `once`."""
    config = ExchangeConfig(
        "local",
        "ccxt",
        ccxt_id=exchange_id,
        market=market,
        ccxt=options(exchange_id, exchange.url, **({"enableRateLimit": False} | given)),
    )
    machine = (hand or Hand(exchange.clock)).machine()
    venue = CcxtVenue(config, folder, once=once, patience=patience, machine=machine)
    try:
        await venue.open(symbols)
        yield venue
    finally:
        await venue.close()
