"""From what was asked for to objects that run: the only module that knows all the classes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .adapters.clock import ReplayClock, WallClock, wall_ms
from .adapters.csv_file import CsvFeed, read_candles
from .adapters.demo import DemoMarket
from .adapters.direct import Direct
from .adapters.disk import Disk
from .adapters.journal import DISK_THREADS, JournalFile, open_journal
from .adapters.names import places
from .adapters.paper import PaperBroker
from .adapters.records import Record, read_record
from .adapters.strategist import Guarded
from .adapters.strategy_files import kebab
from .adapters.strategy_loader import load
from .backtest import Replay
from .core.candle import MINUTE_MS, VWAP_MINUTES
from .core.errors import ConfigError, UsageError
from .core.event import Mode
from .core.history import History
from .core.minute import seen
from .core.state import Identity, Publish, Terms
from .core.words import did_you_mean
from .live import Runner
from .ports import Clock, Deliver, Feed
from .strategy import Strategy, parse_parameter
from .ui.lines import minute_text, time_text

EXCHANGES = ("csv", "demo")

log = logging.getLogger("livekit")

CSV_SPEED = 60.0
"""A recorded minute a second, when nobody says how fast."""


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants to run.

    `strategy` is a name, `file.py:Class`, or a Strategy class or object. `speed` is how many times faster than real
    time a demo or recorded market goes. `start` and `end` are the first and last minute of a backtest (their closes,
    epoch ms). `command` is shown to whoever finds the journal in use.
    """

    symbols: Sequence[str]
    strategy: str | type[Strategy] | Strategy
    exchange: str = "demo"
    candles: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    speed: float | None = None
    once: bool = False
    project: Path = Path()
    data_folder: Path | None = None
    start: int | None = None
    end: int | None = None
    command: str = ""

    @property
    def data(self) -> Path:
        return self.project / "data" if self.data_folder is None else self.data_folder


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything one symbol runs with; opened for a run, and again after a failure."""

    terms: Terms
    clock: Clock
    feed: Feed
    make: Callable[[], Strategy]
    data: Path
    command: str
    speed: float

    @property
    def identity(self) -> Identity:
        return self.terms.identity

    async def open(self, deliver: Deliver) -> Runner:
        """A runner on the opened journal. Raises what `open_journal` raises, and ConfigError for the strategy."""
        identity = self.identity
        strategy = Guarded(self.make(), identity.strategy, identity.symbol, self.feed)
        disk, now = Disk(), self.clock.now()
        opening = DISK_THREADS.run(lambda: open_journal(self.data, identity, disk, self.command, now))
        try:
            journal = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_again)
            raise
        return Runner(
            terms=self.terms,
            clock=self.clock,
            feed=self.feed,
            broker=PaperBroker(),
            journal=journal,
            strategist=strategy,
            deliver=deliver,
        )


def _close_again(opening: asyncio.Future[JournalFile]) -> None:
    """Nobody waits for this journal any more, and it must not stay locked."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def desks(request: Request) -> list[Desk]:
    """One desk for each symbol. Raises UsageError and ConfigError; nothing has been written yet."""
    exchange = _exchange(request)
    name, make = strategy_of(request)
    make()  # so that a strategy that cannot even be made is an error of the start
    identities = [Identity(Mode.PAPER, exchange, name, symbol) for symbol in request.symbols]
    _check_symbols(request, identities)
    speed = _speed(request, CSV_SPEED if exchange == "csv" else 1.0)
    clock, feed = (_recorded if exchange == "csv" else _demo)(request, identities, speed)
    return [Desk(Terms(identity), clock, feed, make, request.data, request.command, speed) for identity in identities]


def replay(request: Request) -> tuple[Replay, int, int]:
    """A backtest of the only symbol of `request`, with its first and last minute (closes, epoch ms)."""
    exchange = _exchange(request)
    name, make = strategy_of(request)
    (symbol,) = request.symbols
    identity = Identity(Mode.PAPER, exchange, name, symbol)
    _check_symbols(request, [identity])
    history, start, end = _history(request, exchange)
    direct = Direct(make(), name, symbol, history)
    return Replay(history, direct, Terms(identity)), start, end


def strategy_of(request: Request) -> tuple[str, Callable[[], Strategy]]:
    """The strategy's name, and how to make a fresh object of it."""
    wanted = request.strategy
    if not isinstance(wanted, str):
        _check_written(wanted)
    if isinstance(wanted, Strategy):
        if request.settings:
            raise UsageError("params= goes with a strategy class or name; an object has its parameters already")
        return kebab(type(wanted).__name__), lambda: wanted
    if isinstance(wanted, type):
        params = {name: parse_parameter(wanted, name, text) for name, text in request.settings.items()}
        return kebab(wanted.__name__), lambda: wanted(**params)
    loaded = load(wanted, request.project, dict(request.settings))
    return loaded.name, loaded.create


def _check_written(wanted: object) -> None:
    """A class or object of the caller's own; one that was found by name has been checked by the loader."""
    cls = wanted if isinstance(wanted, type) else type(wanted)
    if not issubclass(cls, Strategy):
        raise UsageError(f"strategy= is {wanted!r}, expected a class like `class Mine(Strategy):`, or an object of one")
    if cls.get_signal is Strategy.get_signal:
        raise ConfigError(f"{cls.__name__} has no get_signal; expected `async def get_signal(self, market):`")


def _exchange(request: Request) -> str:
    if request.candles is not None and request.exchange not in ("csv", "demo"):
        raise UsageError(f"--candles is an exchange of its own: leave --exchange {request.exchange} out")
    exchange = "csv" if request.candles is not None else request.exchange
    if exchange not in EXCHANGES:
        known = " and ".join(EXCHANGES)
        raise UsageError(f"no exchange {exchange!r}; there are {known}{did_you_mean(exchange, EXCHANGES)}")
    if exchange == "csv" and request.candles is None:
        raise UsageError("the exchange csv needs a file of candles: --candles FILE")
    return exchange


def _check_symbols(request: Request, identities: Sequence[Identity]) -> None:
    if not identities:
        raise UsageError("no symbol given, expected for example BTCUSDT")
    if request.candles is not None and len(identities) > 1:
        raise UsageError(f"{request.candles} has the candles of one symbol, {len(identities)} were given")
    seen: dict[Path, str] = {}
    for identity in identities:
        path = places(request.data, identity).journal
        if seen.get(path) == identity.symbol:
            raise UsageError(f"the symbol {identity.symbol} is given twice")
        if path in seen:
            raise UsageError(f"{seen[path]} and {identity.symbol} would share the journal {path.name}")
        seen[path] = identity.symbol


def _recorded(request: Request, identities: Sequence[Identity], speed: float) -> tuple[Clock, Feed]:
    assert request.candles is not None
    history = _read(request.candles)
    end = history.last + MINUTE_MS
    start = _goes_on(request, identities, history.first + MINUTE_MS)
    _check_same_candles(request.candles, history, read_record(places(request.data, identities[0]).journal))
    return ReplayClock(start, speed, end), CsvFeed(identities[0].symbol, history)


def _read(path: Path) -> History:
    history = History(read_candles(path))
    minutes = (history.last - history.first) // MINUTE_MS + 1
    if len(history) < minutes:
        log.warning("%s: %d of its %d minutes have no candle", path, minutes - len(history), minutes)
    return history


def _check_same_candles(path: Path, history: History, record: Record) -> None:
    """A journal goes on with the candles it was begun with; with others its signals would be closed at their prices."""
    if record.finished is None:
        return
    whose = f"the journal {record.files.journal.name}"
    remedy = "Give the file that it was begun with, or another --data-dir"
    if not history.first <= record.finished <= history.last + MINUTE_MS:
        raise UsageError(
            f"{path} has the minutes from {time_text(history.first + MINUTE_MS)} to "
            f"{time_text(history.last + MINUTE_MS)}, but {whose} has come to {time_text(record.finished)}. {remedy}"
        )
    told = record.last.owed if record.last else None
    if isinstance(told, Publish):
        event = told.event
        price = seen(history.window("1m", event.time, VWAP_MINUTES), event.time).price
        if price != event.current_price:
            raise UsageError(
                f"{path} has the price {price} at {time_text(event.time)}, but {whose} has {event.current_price}: "
                f"these are other candles. {remedy}"
            )


def _demo(request: Request, identities: Sequence[Identity], speed: float) -> tuple[Clock, Feed]:
    wall = wall_ms()
    wall -= wall % MINUTE_MS
    start = _goes_on(request, identities, wall)
    # In real time the demo market is like any other, and the time a run was down is a gap. Only what ran ahead of the
    # wall clock has to go on where it was.
    if speed == 1.0 and start <= wall + MINUTE_MS:
        return WallClock(waits=not request.once), DemoMarket()
    return ReplayClock(start, speed), DemoMarket()


def _speed(request: Request, usual: float) -> float:
    speed = usual if request.speed is None else request.speed
    if not 0 < speed < float("inf"):
        raise UsageError(f"--speed is {speed}, expected a number above 0")
    return speed


def _goes_on(request: Request, identities: Sequence[Identity], otherwise: int) -> int:
    """The minute after the newest one that any of the journals has seen."""
    paths = [places(request.data, identity).journal for identity in identities]
    known = [record.finished for record in map(read_record, paths) if record.finished is not None]
    return max(known) + MINUTE_MS if known else otherwise


def _history(request: Request, exchange: str) -> tuple[History, int, int]:
    if exchange == "csv":
        assert request.candles is not None
        history = _read(request.candles)
        first, last = history.first + MINUTE_MS, history.last + MINUTE_MS
        start = first if request.start is None else max(first, request.start)
        end = last if request.end is None else min(last, request.end)
    else:
        start, end = _demo_span(request)
        warm_up = DEMO_WARM_UP_MINUTES * MINUTE_MS
        history = History(DemoMarket().between(request.symbols[0], start - warm_up, end))
    if start > end:
        raise UsageError(f"there is no candle between --from and --to{_there_are(request, history)}")
    return history, start, end


def _there_are(request: Request, history: History) -> str:
    if request.candles is None:
        return ""
    return f"; {request.candles} has those from {minute_text(history.first)} to {minute_text(history.last)}"


DEMO_WARM_UP_MINUTES = 10_080
"""A week of candles before a backtest on the demo market, for strategies to look back on."""

DEMO_SPAN_MINUTES = 30 * 1440
"""How much of the demo market is tested when nobody says."""


def _demo_span(request: Request) -> tuple[int, int]:
    wall = wall_ms()
    end = wall - wall % MINUTE_MS if request.end is None else request.end
    start = end - DEMO_SPAN_MINUTES * MINUTE_MS if request.start is None else request.start
    return start, end
