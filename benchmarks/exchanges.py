"""A local exchange in a process of its own, and a fleet that runs on it, wired as `livekit run` wires it.

Nothing of the exchange's work is counted here. Minutes come when they are let: both clocks are set shortly before the
close of the next one, everything else is as in earnest.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time, time_ns
from typing import Any
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from bench import PROJECT, environment

from livekit_cli import Event, Market, Proposal, Strategy
from livekit_cli.adapters import ccxt_venue
from livekit_cli.adapters.ccxt_patience import Patience
from livekit_cli.adapters.clock import WallClock
from livekit_cli.adapters.exchange_time import Machine
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.supervise import Fleet, Post
from livekit_cli.wiring import Request, desks

EXCHANGE = "binance"

STREAM, REST = "stream", "rest"
"""What a project calls its exchange, with websockets and where they cannot be reached."""

NOWHERE = "ws://127.0.0.1:9/stream"

KNOWN = 10
"""Symbols that a local exchange has under names of their own; all others are numbered."""

BEFORE_MS, AFTER_MS = 200, 600
"""What is measured of a minute: from before its close until all the work that it brings is over."""

WARM_UP = 3
"""Minutes before the first that counts: the first page of candles, the first candle of each stream."""

LATEST_MS = 20_000

LOOKBACK = 30


class Watcher(Strategy):
    """Is asked each minute, looks at half an hour, and never trades."""

    interval = "1m"

    async def get_signal(self, market: Market) -> Proposal | None:
        await market.candles("1m", LOOKBACK)
        return None


class Exchange:
    """The exchange's process; `options` is what ccxt's constructor takes to reach it."""

    def __init__(self, symbols: int, *, limits: bool = True) -> None:
        words = ["--options", EXCHANGE, "--symbols", str(symbols), *(["--limits"] if limits else [])]
        self._command = [sys.executable, "-m", "tests.exchange", *words]
        self._port = 0
        self.open()

    def open(self) -> None:
        """Begin, or be there again at the same address."""
        command = [*self._command, "--port", str(self._port)]
        self._process = subprocess.Popen(command, cwd=PROJECT, env=environment(), stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.url: str = told["url"]
        self.options: dict[str, Any] = told["options"]
        self._port = int(self.url.rpartition(":")[2])

    def tell(self, path: str, **what: object) -> Any:
        """POST below /control/."""
        return self._said(HttpRequest(f"{self.url}/control/{path}", data=json.dumps(what).encode()))

    def ask(self, path: str) -> Any:
        """GET below /control/."""
        return self._said(HttpRequest(f"{self.url}/control/{path}"))

    def forget(self, path: str) -> None:
        """DELETE below /control/."""
        self._said(HttpRequest(f"{self.url}/control/{path}", method="DELETE"))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def project(self, folder: Path, **more: Any) -> Path:
        """A project that knows this exchange as STREAM and as REST; `more` is for ccxt's constructor."""
        (folder / "configs").mkdir(parents=True, exist_ok=True)
        reached = self.options["urls"]
        refused = reached | {"api": reached["api"] | {"ws": reached["api"]["ws"] | {"spot": NOWHERE}}}
        for name, urls in ((STREAM, reached), (REST, refused)):
            given = json.dumps(self.options | {"urls": urls} | more)
            (folder / "configs" / f"{name}.yaml").write_text(f"exchange: {EXCHANGE}\nccxt: {given}\n")
        return folder

    def _said(self, request: HttpRequest) -> Any:
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def exchange(symbols: int, *, limits: bool = True) -> Iterator[Exchange]:
    """One that runs meanwhile, with `names(symbols)`; with `limits` it refuses who asks too often."""
    there = Exchange(symbols + KNOWN, limits=limits)
    try:
        yield there
    finally:
        there.close()


def names(count: int) -> list[str]:
    """Symbols of a local exchange."""
    return [f"C{number:03}USDT" for number in range(KNOWN, KNOWN + count)]


@dataclass(frozen=True, slots=True)
class Minute:
    """What a minute cost: CPU seconds of this process, and when the last symbol was done, in ms after the close."""

    cpu: float
    last_ms: int


class Clocks:
    """This process's clock and the exchange's, `offset` ms ahead of the wall."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.offset = 0
        self.machine = Machine(wall=self.now, steady=self.now)

    def now(self) -> int:
        return _wall() + self.offset

    def set(self, moment: int, *, tells: bool = True) -> None:
        """Let it be `moment` (epoch ms) now; an exchange that is not there is not told."""
        self.offset = moment - _wall()
        if tells:
            self._exchange.tell("clock", run=self.offset)


class Run:
    """A fleet that runs on `clocks`."""

    def __init__(self, fleet: Fleet, clocks: Clocks) -> None:
        self.fleet = fleet
        self._clocks = clocks
        self._venues = {post.desk.venue: post.desk.clock for post in fleet.posts}

    @property
    def coming(self) -> int:
        """The next minute."""
        return self._clocks.now() // MINUTE_MS * MINUTE_MS + MINUTE_MS

    def set(self, moment: int, *, tells: bool = True) -> None:
        """Let it be `moment` for everybody."""
        self._clocks.set(moment, tells=tells)
        for clock in self._venues.values():
            assert isinstance(clock, WallClock)
            clock.was_set()

    def behind(self, minute: int) -> list[Post]:
        """Who is not done with `minute`."""
        return [post for post in self.fleet.posts if not _has_looked(post, minute)]

    async def warmed_up(self, seconds: float) -> None:
        """Give the streams so many seconds to begin, and everything the minutes that are unlike the later ones."""
        await asyncio.sleep(seconds)
        for _ in range(WARM_UP):
            await self.minute()

    async def minute(self) -> Minute:
        """Let the next minute close, and say what it cost."""
        close = self.coming
        self.set(close - 2 * BEFORE_MS)
        await self.until(close - BEFORE_MS)
        cpu = process_time()
        await self.until(close + AFTER_MS)
        while late := self.behind(close):
            assert self._clocks.now() < close + LATEST_MS, f"{len(late)} symbols are not done: {late[0].snapshot}"
            await asyncio.sleep(AFTER_MS / 1000)
        return Minute(process_time() - cpu, self.last_ms(close))

    def last_ms(self, close: int) -> int:
        """When the last symbol was done with the minute that everybody is done with, in ms after its close."""
        return max(post.snapshot.pulse.heartbeat or 0 for post in self.fleet.posts) + self._clocks.offset - close

    async def until(self, moment: int) -> None:
        """Wait for `moment`."""
        await asyncio.sleep((moment - self._clocks.now()) / 1000)


@asynccontextmanager
async def running(
    exchange: Exchange,
    folder: Path,
    symbols: Mapping[str, Sequence[str]],
    *,
    strategies: Sequence[type[Strategy]] = (Watcher,),
    patience: Patience | None = None,
    **more: Any,
) -> AsyncIterator[Run]:
    """A fleet on `exchange`: the symbols of STREAM and those of REST, each with every strategy."""
    clocks = Clocks(exchange)
    clocks.set(_wall())
    project = exchange.project(folder, **more)
    requests = [
        Request(some, strategy, exchange=name, project=project, command="a benchmark")
        for name, some in symbols.items()
        for strategy in strategies
    ]
    with _going_by(clocks, patience or Patience()):
        fleet = Fleet(desks(*requests), _had)
    await fleet.open()
    task = asyncio.create_task(fleet.run())
    try:
        yield Run(fleet, clocks)
    finally:
        await fleet.stop()
        await asyncio.wait([task])
        task.result()


@contextmanager
def _going_by(clocks: Clocks, patience: Patience) -> Iterator[None]:
    """Venues that are made meanwhile go by `clocks`."""
    earnest = ccxt_venue.CcxtVenue
    made = partial(earnest, patience=patience, machine=clocks.machine)
    setattr(ccxt_venue, "CcxtVenue", made)  # noqa: B010  all that is not as in `livekit run`
    try:
        yield
    finally:
        setattr(ccxt_venue, "CcxtVenue", earnest)  # noqa: B010


def _has_looked(post: Post, minute: int) -> bool:
    due = post.snapshot.pulse.next_due
    return post.is_over or (due is not None and due > minute)


def _had(_event: Event, acknowledge: Callable[[], None]) -> None:
    acknowledge()


def _wall() -> int:
    return time_ns() // 1_000_000
