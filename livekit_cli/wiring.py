"""From what was asked for to objects that run: the only module that knows all the classes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .adapters.config.defaults import data_folder_of, defaults_of
from .adapters.config.exchanges import USUAL_EXCHANGE, ExchangeConfig, find_exchange
from .adapters.direct import Direct
from .adapters.disk import Disk
from .adapters.journal import DISK_THREADS, JournalFile, open_journal
from .adapters.names import bare_symbol, places, symbol_of
from .adapters.paper import PaperBroker
from .adapters.spelling import Spellings
from .adapters.strategist import Guarded
from .adapters.strategy_files import kebab
from .adapters.strategy_loader import Loaded, load, with_settings
from .backtest import Replay
from .core.errors import ConfigError, UsageError
from .core.event import Mode
from .core.settings import CCXT
from .core.state import Identity, Terms
from .exchanges import history_of, open_exchange, terms_of
from .live import Runner
from .ports import Clock, Deliver, Feed, Venue
from .strategy import Strategy, parse_parameter


@dataclass(frozen=True, slots=True)
class Request:
    """One strategy on some symbols of one exchange: what somebody wants to run. A fleet is several of them.

    `strategy` is a name, `file.py:Class`, a Strategy class or object, or one that is loaded already; None is the
    project's default, as it is for `exchange`, `speed` and `data_folder`. `speed` is how many times faster than real
    time a demo or recorded market goes. `start` and `end` are the first and last minute of a backtest (their closes,
    epoch ms). `command` is shown to whoever finds the journal in use.
    """

    symbols: Sequence[str]
    strategy: str | type[Strategy] | Strategy | Loaded | None
    exchange: str | ExchangeConfig | None = None
    candles: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    speed: float | None = None
    once: bool = False
    project: Path = Path()
    data_folder: Path | None = None
    start: int | None = None
    end: int | None = None
    command: str = ""


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
    venue: Venue | None = None
    takes_its_fee: bool = False

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
            terms=self._terms_there(),
            clock=self.clock,
            feed=self.feed,
            broker=PaperBroker(),
            journal=journal,
            strategist=strategy,
            deliver=deliver,
            venue=self.venue,
        )

    def _terms_there(self) -> Terms:
        """The terms with the fee of the exchange, where that is what counts and the exchange says what it is."""
        fee = self.venue.fee_percent(self.identity.symbol) if self.venue and self.takes_its_fee else None
        return self.terms if fee is None else replace(self.terms, fee_percent=fee)


def _close_again(opening: asyncio.Future[JournalFile]) -> None:
    """Nobody waits for this journal any more, and it must not stay locked."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


@dataclass(frozen=True, slots=True)
class _Booking:
    """A request whose exchange and strategy have been found."""

    exchange: ExchangeConfig
    make: Callable[[], Strategy]
    identities: Sequence[Identity]


def desks(*requests: Request) -> list[Desk]:
    """A desk for each symbol and strategy. All requests are of one run: the first says what is said once.

    Raises UsageError and ConfigError; nothing has been written yet.
    """
    asked = requests[0]
    data = data_folder_of(asked.project, asked.data_folder)
    bookings = [_booked(request, data) for request in requests]
    for booking in bookings:
        booking.make()  # so that a strategy that cannot even be made is an error of the start
    identities = [identity for booking in bookings for identity in booking.identities]
    _check_journals(data, identities)
    configs = {booking.exchange.name: booking.exchange for booking in bookings}
    exchanges = {
        name: open_exchange(
            config,
            [identity for identity in identities if identity.exchange == name],
            data,
            speed=_speed(asked, config),
            once=asked.once,
        )
        for name, config in configs.items()
    }
    return [
        Desk(
            booking.exchange.terms(identity),
            one.clock,
            one.feed,
            booking.make,
            data,
            asked.command,
            one.speed,
            one.venue,
            takes_its_fee=booking.exchange.has_its_own_fee,
        )
        for booking in bookings
        for one in [exchanges[booking.exchange.name]]
        for identity in booking.identities
    ]


def fleet(
    spec: str,
    *,
    project: Path,
    exchange: str | None = None,
    speed: float | None = None,
    once: bool = False,
    data_folder: Path | None = None,
    command: str = "",
) -> list[Request]:
    """The requests of a fleet's file; what is given here goes over what stands there.

    Raises UsageError, and ConfigError with everything that is wrong with the file.
    """
    from .adapters.config.fleets import find_fleet, read_fleet

    found = read_fleet(find_fleet(spec, project), project, exchange)
    return [
        Request(
            symbols=line.symbols,
            strategy=line.strategy,
            exchange=line.exchange,
            speed=speed,
            once=once,
            project=project,
            data_folder=data_folder or found.data_dir,
            command=command,
        )
        for line in found.lines
    ]


def replay(request: Request) -> tuple[Replay, int, int]:
    """A backtest of the only symbol of `request`, with its first and last minute (closes, epoch ms)."""
    booking = _booked(request, None)
    (identity,) = booking.identities
    _check_journals(Path(), booking.identities)
    data = data_folder_of(request.project, request.data_folder)
    history, start, end = history_of(booking.exchange, identity.symbol, data, request.start, request.end)
    direct = Direct(booking.make(), identity.strategy, identity.symbol, history)
    return Replay(history, direct, terms_of(booking.exchange, identity, data)), start, end


def _booked(request: Request, data: Path | None) -> _Booking:
    """With the symbols as the journals in `data` have them; None where no journal is meant."""
    exchange = _exchange(request)
    name, make = strategy_of(request)
    if not request.symbols:
        raise UsageError("no symbol given, expected for example BTCUSDT")
    whose = Identity(Mode.PAPER, exchange.name, name, "")
    if exchange.kind == CCXT:
        symbols = [symbol_of(symbol, exchange.market) for symbol in request.symbols]
    else:
        spellings = Spellings(data, whose)
        symbols = [spellings.known(symbol) for symbol in request.symbols]
    return _Booking(exchange, make, [replace(whose, symbol=symbol) for symbol in symbols])


def strategy_of(request: Request) -> tuple[str, Callable[[], Strategy]]:
    """The strategy's name, and how to make a fresh object of it."""
    wanted = request.strategy
    if isinstance(wanted, str | Loaded | None):
        loaded = _loaded(request, wanted)
        return loaded.name, loaded.create
    _check_written(wanted)
    if isinstance(wanted, Strategy):
        if request.settings:
            raise UsageError("params= goes with a strategy class or name; an object has its parameters already")
        return kebab(type(wanted).__name__), lambda: wanted
    params = {name: parse_parameter(wanted, name, text) for name, text in request.settings.items()}
    return kebab(wanted.__name__), lambda: wanted(**params)


def _loaded(request: Request, wanted: str | Loaded | None) -> Loaded:
    if isinstance(wanted, Loaded):
        return wanted
    if wanted is not None:
        return load(wanted, request.project, request.settings)
    found = defaults_of(request.project, "strategy").loaded_strategy
    if found is None:
        raise UsageError("no strategy given, and configs/livekit.yaml names none")
    return with_settings(found, request.settings)


def _check_written(wanted: object) -> None:
    """A class or object of the caller's own; one that was found by name has been checked by the loader."""
    cls = wanted if isinstance(wanted, type) else type(wanted)
    if not issubclass(cls, Strategy):
        raise UsageError(f"strategy= is {wanted!r}, expected a class like `class Mine(Strategy):`, or an object of one")
    if cls.get_signal is Strategy.get_signal:
        raise ConfigError(f"{cls.__name__} has no get_signal; expected `async def get_signal(self, market):`")


def _exchange(request: Request) -> ExchangeConfig:
    wanted = request.exchange
    if isinstance(wanted, ExchangeConfig):
        return wanted
    if request.candles is not None:
        if wanted not in (None, "csv"):
            raise UsageError(f"--candles is an exchange of its own: leave --exchange {wanted} out")
        config = find_exchange("csv", request.project)
        return replace(config, kind="csv", candles=request.candles, candles_written=str(request.candles))
    if wanted is None:
        wanted = defaults_of(request.project, "exchange").exchange or USUAL_EXCHANGE
    config = find_exchange(wanted, request.project)
    if config.kind == "csv" and config.candles is None:
        raise UsageError("the exchange csv needs a file of candles: --candles FILE")
    return config


def _check_journals(data: Path, identities: Sequence[Identity]) -> None:
    """Raises UsageError when two symbols would share a journal, or the names of one cannot be part of a path."""
    claimed: dict[Path | Identity, tuple[str, str]] = {}
    for identity in identities:
        path = places(data, identity).journal
        bare = replace(identity, symbol=bare_symbol(identity.symbol))
        first, journal = claimed.get(path) or claimed.get(bare) or ("", "")
        if first == identity.symbol:
            raise UsageError(f"the symbol {first} is given twice")
        if first:
            raise UsageError(f"{first} and {identity.symbol} would share the journal {journal}")
        claimed[path] = claimed[bare] = identity.symbol, path.name


def _speed(request: Request, config: ExchangeConfig) -> float:
    if request.speed is None:
        return config.speed_unless(defaults_of(request.project).speed)
    if not 0 < request.speed < float("inf"):
        raise UsageError(f"--speed is {request.speed:g}, expected a number above 0")
    return request.speed
