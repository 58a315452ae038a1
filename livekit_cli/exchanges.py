"""From what describes an exchange to its clock and candles: the only place that knows each kind of exchange.

An exchange is opened once for a run, and shared by all who name it. A kind is added in `open_exchange`, in `history_of`
and, for what may stand in its file, in core/settings.py.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .adapters.candle_store import CandleStore
from .adapters.clock import ReplayClock, WallClock, wall_ms
from .adapters.config.exchanges import ExchangeConfig
from .adapters.csv_file import CsvFeed, read_candles
from .adapters.demo import BEGIN as DEMO_BEGIN
from .adapters.demo import DemoMarket
from .adapters.names import bare_symbol, places
from .adapters.origin import check_origin
from .adapters.records import Record, read_record
from .core.candle import MINUTE_MS, VWAP_MINUTES, Candles
from .core.errors import ConfigError, UsageError
from .core.history import History
from .core.minute import seen
from .core.settings import CCXT
from .core.state import Identity, Publish, Terms
from .ports import Clock, Feed, Venue
from .ui.lines import minute_text, time_text

log = logging.getLogger("livekit")

DEMO_WARM_UP_MINUTES = 10_080
"""A week of candles before a backtest on the demo market, for strategies to look back on."""

DEMO_SPAN_MINUTES = 30 * 1440
"""How much of the demo market is tested when nobody says."""


@dataclass(frozen=True, slots=True)
class OpenExchange:
    """One clock and one feed for all of an exchange's symbols; `speed` is how many times faster than real time.

    `venue` has to be opened first, where there is one.
    """

    clock: Clock
    feed: Feed
    speed: float
    venue: Venue | None = None


def open_exchange(
    config: ExchangeConfig, identities: Sequence[Identity], data: Path, *, speed: float, once: bool
) -> OpenExchange:
    """The exchange for those who are to run on it, whose journals in `data` say where time goes on.

    Raises UsageError when a journal goes on with other candles, ConfigError for the file of candles.
    """
    check_origin(config, data)
    if config.kind == "csv":
        return _recorded(config, identities, data, speed)
    if config.kind == CCXT:
        return _ccxt(config, data, speed, once=once)
    return _demo(config, identities, data, speed, once=once)


def history_of(
    config: ExchangeConfig, symbol: str, data: Path, start: int | None, end: int | None
) -> tuple[History, int, int]:
    """Candles for a backtest from the minute `start` to `end`, and both as they come out; None is as far as it goes.

    Raises UsageError when no candle is left, ConfigError for a file of candles.
    """
    if config.kind == "demo":
        history, start, end, there_are = _demo_history(config, symbol, start, end)
    else:
        history, whose = _read(config) if config.kind == "csv" else _downloaded(config, symbol, data)
        first, last = history.first + MINUTE_MS, history.last + MINUTE_MS
        start = first if start is None else max(first, start)
        end = last if end is None else min(last, end)
        there_are = f"{whose} has those from {minute_text(history.first)} to {minute_text(history.last)}"
    if start > end:
        raise UsageError(f"there is no candle between --from and --to; {there_are}")
    return history, start, end


def candles_of(config: ExchangeConfig, symbol: str, data: Path, since: int, until: int) -> Candles | None:
    """The 1m candles that opened in [since, until), epoch ms, once more; None where they are nowhere at hand.

    Raises ConfigError for a file of candles.
    """
    if config.kind == "demo":
        return DemoMarket(config.seed).between(symbol, since, until)
    if config.kind == CCXT:
        return CandleStore(data, config.name, symbol).read(since, until) or None
    if config.candles is None:
        return None
    candles = _read(config)[0].candles
    return candles[candles.first_at(since) : candles.first_at(until)]


def terms_of(config: ExchangeConfig, identity: Identity, data: Path) -> Terms:
    """What a signal of `identity` costs: as its exchange's file says, or as its market was last said to take."""
    terms = config.terms(identity)
    fee = _remembered_fee_percent(config, identity.symbol, data) if config.has_its_own_fee else None
    return terms if fee is None else replace(terms, fee_percent=fee)


def _remembered_fee_percent(config: ExchangeConfig, symbol: str, data: Path) -> float | None:
    from .adapters.ccxt_markets import cache_file, remembered, taker_fee_percent, whose

    cache = cache_file(data, config.name, config.market)
    market = remembered(cache, whose(config.ccxt_id, config.market)).get(bare_symbol(symbol))
    return taker_fee_percent(market) if isinstance(market, dict) else None


def _demo_history(
    config: ExchangeConfig, symbol: str, start: int | None, end: int | None
) -> tuple[History, int, int, str]:
    end = _wall_minute() if end is None else end
    start = end - DEMO_SPAN_MINUTES * MINUTE_MS if start is None else start
    warm_up = DEMO_WARM_UP_MINUTES * MINUTE_MS
    history = History(DemoMarket(config.seed).between(symbol, start - warm_up, end))
    span = f"from {minute_text(DEMO_BEGIN)} to {minute_text(_wall_minute() - MINUTE_MS)}"
    return history, max(start, DEMO_BEGIN + MINUTE_MS), end, f"the demo market has those {span}"


def _downloaded(config: ExchangeConfig, symbol: str, data: Path) -> tuple[History, str]:
    store = CandleStore(data, config.name, symbol)
    candles = store.everything()
    if not len(candles):
        fetch = f"livekit download {symbol} --exchange {config.name} --from 30d"
        raise UsageError(f"there are no candles of {symbol} in {store.folder}; fetch some: {fetch}")
    history = History(candles)
    _warn_of_gaps(history, str(store.folder))
    return history, str(store.folder)


def _recorded(config: ExchangeConfig, identities: Sequence[Identity], data: Path, speed: float) -> OpenExchange:
    symbols = dict.fromkeys(identity.symbol for identity in identities)
    if len(symbols) > 1:
        raise UsageError(f"{config.candles_written} has the candles of one symbol, {len(symbols)} were given")
    history, _ = _read(config)
    first, end = history.first + MINUTE_MS, history.last + MINUTE_MS
    records = _records(identities, data)
    for record in records:
        _check_reach(config, history, record)
        _check_price(record, history.candles, config.candles_written)
    # A strategy that is new beside others begins with the file, and catches up without waiting.
    clock = ReplayClock(_goes_on(records, first), speed, end, fresh=first)
    return OpenExchange(clock, CsvFeed(identities[0].symbol, history), speed)


def _demo(
    config: ExchangeConfig, identities: Sequence[Identity], data: Path, speed: float, *, once: bool
) -> OpenExchange:
    market, wall = DemoMarket(config.seed), _wall_minute()
    records = _records(identities, data)
    for record in records:
        _check_demo(config, market, record)
    start = _goes_on(records, wall)
    # In real time the demo market is like any other, and the time a run was down is a gap. Only what ran ahead of the
    # wall clock has to go on where it was.
    if speed == 1.0 and start <= wall + MINUTE_MS:
        return OpenExchange(WallClock(waits=not once), market, speed)
    return OpenExchange(ReplayClock(start, speed), market, speed)


def _ccxt(config: ExchangeConfig, data: Path, speed: float, *, once: bool) -> OpenExchange:
    if speed != 1.0:
        raise UsageError(f"{config.name} is a real exchange, whose time nobody can make go {speed:g} times faster")
    from .adapters.ccxt_venue import CcxtVenue

    venue = CcxtVenue(config, data, once=once)
    return OpenExchange(venue.clock, venue, 1.0, venue)


def _wall_minute() -> int:
    wall = wall_ms()
    return wall - wall % MINUTE_MS


def _records(identities: Sequence[Identity], data: Path) -> list[Record]:
    """The journals that there are."""
    found = [read_record(places(data, identity).journal) for identity in identities]
    return [record for record in found if record.finished is not None]


def _goes_on(records: Sequence[Record], otherwise: int) -> int:
    """The minute after the newest one that any of the journals has seen."""
    known = [record.finished for record in records if record.finished is not None]
    return max(known) + MINUTE_MS if known else otherwise


def _read(config: ExchangeConfig) -> tuple[History, str]:
    assert config.candles is not None
    try:
        history = History(read_candles(config.candles))
    except ConfigError as error:
        raise ConfigError(str(error).replace(str(config.candles), config.candles_written)) from None
    _warn_of_gaps(history, config.candles_written)
    return history, config.candles_written


def _warn_of_gaps(history: History, whose: str) -> None:
    minutes = (history.last - history.first) // MINUTE_MS + 1
    if len(history) < minutes:
        log.warning("%s: %d of its %d minutes have no candle", whose, minutes - len(history), minutes)


def _check_reach(config: ExchangeConfig, history: History, record: Record) -> None:
    assert record.finished is not None
    if not history.first <= record.finished <= history.last + MINUTE_MS:
        raise UsageError(
            f"{config.candles_written} has the minutes from {time_text(history.first + MINUTE_MS)} to "
            f"{time_text(history.last + MINUTE_MS)}, but the journal {record.files.journal.name} has come to "
            f"{time_text(record.finished)}. Give the file that it was begun with, or another --data-dir"
        )


def _check_demo(config: ExchangeConfig, market: DemoMarket, record: Record) -> None:
    told = record.last.owed if record.last else None
    if isinstance(told, Publish):
        time = told.event.time
        candles = market.between(told.event.symbol, time - VWAP_MINUTES * MINUTE_MS, time)
        _check_price(record, candles, f"the demo market with seed {config.seed}")


def _check_price(record: Record, candles: Candles, whose: str) -> None:
    """A journal goes on with the candles it was begun with; with others its signals would be closed at their prices."""
    told = record.last.owed if record.last else None
    if not isinstance(told, Publish):
        return
    event = told.event
    price = seen(candles, event.time).price
    if price != event.current_price:
        begun = "seed" if whose.startswith("the demo") else "file"
        raise UsageError(
            f"{whose} has the price {price} at {time_text(event.time)}, but the journal {record.files.journal.name} "
            f"has {event.current_price}: these are other candles. Give the {begun} that it was begun with, or another "
            "--data-dir"
        )
