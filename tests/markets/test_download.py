"""What a download fetches and what it does not: what is missing, in few requests, and nothing that is not final."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.candle_store import CandleStore, gaps
from livekit_cli.adapters.config.exchanges import ExchangeConfig
from livekit_cli.core.candle import Candle
from livekit_cli.core.errors import Busy, ConfigError, ExchangeUnreachable, UsageError
from livekit_cli.core.event import Mode
from livekit_cli.core.state import Identity
from livekit_cli.downloads import Downloaded, NotDownloaded, downloads
from livekit_cli.exchanges import terms_of
from tests.exchange.client import options
from tests.exchange.clock import MINUTE_MS, wall
from tests.exchange.market import Candle as Theirs
from tests.exchange.market import Kind, gap
from tests.exchange.server import LocalExchange

DAY = 1440 * MINUTE_MS
BOTH = pytest.mark.parametrize("exchange_id", ["binance", "bybit"])


@pytest.fixture
def now(exchange: LocalExchange) -> int:
    """The minute that is forming, where the exchange's clock goes with this machine's."""
    exchange.clock.run()
    return exchange.clock.minute()


def fetched(
    exchange: LocalExchange,
    folder: Path,
    since: int,
    until: int | None = None,
    symbols: Sequence[str] = ("BTCUSDT",),
    *,
    exchange_id: str = "binance",
    told: Callable[[str, tuple[int, int], int], None] = lambda *_: None,
) -> list[Any]:
    """What comes of a download; the ledger has its requests, and no earlier ones."""
    exchange.ledger.clear()
    given = options(exchange_id, exchange.url, enableRateLimit=False)
    config = ExchangeConfig("local", "ccxt", ccxt_id=exchange_id, ccxt=given)

    async def run() -> list[Any]:
        return [one async for one in downloads(config, symbols, folder, (since, until), told)]

    return asyncio.run(run())


def requests(exchange: LocalExchange, symbol: str = "BTCUSDT") -> int:
    return exchange.ledger.count(endpoint="klines", symbol=symbol)


def truth(exchange: LocalExchange, since: int, until: int, symbol: str = "BTCUSDT") -> list[Theirs]:
    times = range(since, until, MINUTE_MS)
    rows = (exchange.market.minute(Kind.SPOT, symbol, time) for time in times)
    return [row for row in rows if row is not None]


@BOTH
def test_every_candle_comes_bit_for_bit_in_as_few_requests_as_can_be(
    exchange: LocalExchange, tmp_path: Path, now: int, exchange_id: str
) -> None:
    since, until = now - 2 * DAY, now - DAY
    (one,) = fetched(exchange, tmp_path, since, until, exchange_id=exchange_id)
    assert isinstance(one, Downloaded)
    assert [tuple(candle) for candle in one.candles] == [tuple(row) for row in truth(exchange, since, until)]
    assert (len(one.candles), one.gaps, requests(exchange)) == (1440, [], 2)


def test_what_is_there_is_not_asked_for_again_and_what_is_not_is(
    exchange: LocalExchange, tmp_path: Path, now: int
) -> None:
    fetched(exchange, tmp_path, now - 2 * DAY, now - DAY)
    fetched(exchange, tmp_path, now - 2 * DAY, now - DAY)
    assert requests(exchange) == 0
    (one,) = fetched(exchange, tmp_path, now - 3 * DAY, now)
    assert (len(one.candles), one.gaps) == (3 * 1440, [])
    assert requests(exchange) == 4


def test_without_an_end_it_goes_to_the_newest_that_has_closed(
    exchange: LocalExchange, tmp_path: Path, now: int
) -> None:
    (one,) = fetched(exchange, tmp_path, now - 60 * MINUTE_MS)
    assert one.candles[-1].timestamp >= now - 2 * MINUTE_MS
    assert one.candles[-1].timestamp + MINUTE_MS <= exchange.clock.now()
    assert one.gaps == []


@pytest.mark.parametrize("behind", [90_000, 3_600_000])
def test_a_candle_that_is_forming_by_the_exchanges_clock_is_not_kept(
    exchange: LocalExchange, tmp_path: Path, behind: int
) -> None:
    exchange.clock.run(-behind)
    (one,) = fetched(exchange, tmp_path, wall() // MINUTE_MS * MINUTE_MS - 2 * DAY, wall() // MINUTE_MS * MINUTE_MS)
    assert one.candles[-1].timestamp + MINUTE_MS <= exchange.clock.now()
    assert [tuple(one) for one in one.candles[-5:]] == [
        tuple(row) for row in truth(exchange, one.candles[-5].timestamp, one.candles[-1].timestamp + 1)
    ]


def test_a_time_that_the_exchange_has_not_come_to_is_an_error(exchange: LocalExchange, tmp_path: Path) -> None:
    exchange.clock.run(-3_600_000)
    with pytest.raises(UsageError, match="local has closed no candle yet from "):
        fetched(exchange, tmp_path, wall() - 10 * MINUTE_MS)


def test_a_symbol_with_many_quiet_minutes_costs_few_requests_each_time(
    exchange: LocalExchange, tmp_path: Path, now: int
) -> None:
    since = now - 2 * DAY
    exchange.market.script("BTCUSDT", lambda time, before: before(time) if (time - since) % (7 * MINUTE_MS) else None)
    for _ in range(2):
        (one,) = fetched(exchange, tmp_path, since, now - DAY)
        assert requests(exchange) <= 4
        assert len(one.gaps) == 1440 // 7 + 1
        assert len(one.candles) == 1440 - len(one.gaps)


@BOTH
def test_a_symbol_that_was_listed_later_is_not_asked_about_day_by_day(
    exchange: LocalExchange, tmp_path: Path, now: int, exchange_id: str
) -> None:
    listing = exchange.market.listings["BTCUSDT"]
    exchange.market.add(replace(listing, opened=now - DAY))
    (one,) = fetched(exchange, tmp_path, now - 60 * DAY, now - DAY + 600 * MINUTE_MS, exchange_id=exchange_id)
    assert len(one.candles) == 600
    assert one.gaps == [(now - 60 * DAY, now - DAY)]
    assert requests(exchange) <= 3


def test_a_gap_of_the_exchange_is_told_and_asked_about_once(exchange: LocalExchange, tmp_path: Path, now: int) -> None:
    start, stop = now - DAY, now - DAY + 90 * MINUTE_MS
    exchange.market.script("BTCUSDT", gap(start, stop))
    (one,) = fetched(exchange, tmp_path, now - 2 * DAY, now - MINUTE_MS)
    assert one.gaps == [(start, stop)]
    fetched(exchange, tmp_path, now - 2 * DAY, now - MINUTE_MS)
    assert requests(exchange) == 1


def test_a_gap_that_the_exchange_has_filled_since_then_is_filled(
    exchange: LocalExchange, tmp_path: Path, now: int
) -> None:
    exchange.market.script("BTCUSDT", gap(now - DAY, now - DAY + 90 * MINUTE_MS))
    fetched(exchange, tmp_path, now - 2 * DAY, now - MINUTE_MS)
    exchange.market.unscript()
    (one,) = fetched(exchange, tmp_path, now - 2 * DAY, now - MINUTE_MS)
    assert one.gaps == []
    assert requests(exchange) == 1


def test_one_symbols_trouble_is_told_and_the_others_come(exchange: LocalExchange, tmp_path: Path, now: int) -> None:
    with exchange.faults.add("not-a-number", endpoint="klines", symbol="BTCUSDT"):
        found = fetched(exchange, tmp_path, now - DAY, now - MINUTE_MS, ("BTCUSDT", "ETHUSDT"))
    broken, whole = found
    assert isinstance(broken, NotDownloaded)
    assert "the candles of BTC/USDT: refused " in str(broken.error)
    assert isinstance(whole, Downloaded)
    assert len(whole.candles) == 1439


def test_what_came_before_a_failure_is_kept(exchange: LocalExchange, tmp_path: Path, now: int) -> None:
    come_to: list[int] = []

    def told(symbol: str, span: tuple[int, int], time: int) -> None:
        come_to.append(time)
        if len(come_to) == 3:
            exchange.faults.add("empty-object", endpoint="klines")

    (broken,) = fetched(exchange, tmp_path, now - 5 * DAY, now - MINUTE_MS, told=told)
    assert isinstance(broken, NotDownloaded)
    kept = CandleStore(tmp_path, "local", "BTCUSDT").everything()
    assert len(kept) == 3 * 999
    assert come_to == [now - 5 * DAY + page * 999 * MINUTE_MS for page in (1, 2, 3)]
    assert "an answer without a single one, where there had been some" in str(broken.error)
    exchange.faults.clear()
    (one,) = fetched(exchange, tmp_path, now - 5 * DAY, now - MINUTE_MS)
    assert (len(one.candles), one.gaps, requests(exchange)) == (5 * 1440 - 1, [], 5)


def test_an_answer_that_lost_everything_is_asked_for_again(exchange: LocalExchange, tmp_path: Path, now: int) -> None:
    def told(symbol: str, span: tuple[int, int], time: int) -> None:
        if time == now - 3 * DAY + 999 * MINUTE_MS:
            exchange.faults.add("empty-list", endpoint="klines", count=1)

    (one,) = fetched(exchange, tmp_path, now - 3 * DAY, now - MINUTE_MS, told=told)
    assert isinstance(one, Downloaded)
    assert (len(one.candles), one.gaps, requests(exchange)) == (3 * 1440 - 1, [], 6)


def test_an_unknown_symbol_keeps_everything_from_being_fetched(
    exchange: LocalExchange, tmp_path: Path, now: int
) -> None:
    with pytest.raises(UsageError, match="'BTCUSTD' among its 10; did you mean BTCUSDT"):
        fetched(exchange, tmp_path, now - DAY, None, ("ETHUSDT", "BTCUSTD"))
    assert requests(exchange, "ETHUSDT") == 0


def test_an_exchange_that_is_down_is_unreachable(exchange: LocalExchange, tmp_path: Path, now: int) -> None:
    with exchange.faults.add("status-503"), pytest.raises(ExchangeUnreachable):
        fetched(exchange, tmp_path, now - DAY)


def test_a_backtest_counts_the_fee_that_the_market_was_last_said_to_take(
    exchange: LocalExchange, tmp_path: Path, now: int
) -> None:
    fetched(exchange, tmp_path, now - 60 * MINUTE_MS)
    cache = tmp_path / "markets" / "local-spot.json"
    cache.write_text(cache.read_text().replace('"taker": 0.001', '"taker": 0.0004'))
    config = ExchangeConfig("local", "ccxt", ccxt_id="binance")
    identity = Identity(Mode.PAPER, "local", "x", "BTCUSDT")
    assert terms_of(config, identity, tmp_path).fee_percent == 0.04
    assert terms_of(replace(config, fee_percent=0.2), identity, tmp_path).fee_percent == 0.2
    assert terms_of(replace(config, market="swap"), identity, tmp_path).fee_percent == 0.1
    assert terms_of(config, replace(identity, symbol="ETHUSDT"), tmp_path).fee_percent == 0.1


# ---- on the disk


def candles(start: int, count: int) -> Any:
    from livekit_cli.core.candle import Candles

    return Candles.of(Candle(start + n * MINUTE_MS, 1.0, 2.0, 0.5, 1.5, 3.0) for n in range(count))


def test_two_downloads_of_one_symbol_do_not_write_at_once(tmp_path: Path) -> None:
    first, second = (CandleStore(tmp_path, "local", "BTCUSDT") for _ in range(2))
    with first.claimed():
        with pytest.raises(Busy, match=r"process \d+ is downloading there already"), second.claimed():
            pass
        with CandleStore(tmp_path, "local", "ETHUSDT").claimed():
            pass
    with second.claimed():
        pass


def test_a_file_that_somebody_broke_is_named_and_nothing_is_fetched(
    exchange: LocalExchange, tmp_path: Path, now: int
) -> None:
    fetched(exchange, tmp_path, now - 60 * MINUTE_MS)
    path = sorted((tmp_path / "candles" / "local" / "BTCUSDT").glob("*.csv"))[-1]
    path.write_text(path.read_text().replace("1.", "x.", 1).replace(",", ";", 30))
    (broken,) = fetched(exchange, tmp_path, now - 90 * MINUTE_MS)
    assert isinstance(broken, NotDownloaded)
    assert isinstance(broken.error, ConfigError)
    assert str(path) in str(broken.error)
    assert requests(exchange) == 0


def test_months_are_files_of_their_own(tmp_path: Path) -> None:
    store = CandleStore(tmp_path, "local", "BTCUSDT")
    start = 1_772_323_200_000 - 5 * MINUTE_MS  # 2026-03-01, less five minutes
    store.add(candles(start, 10))
    assert [path.name for path in sorted(store.folder.glob("*"))] == ["2026-02.csv", "2026-03.csv"]
    assert len(store.read(start, start + DAY)) == len(store.everything()) == 10
    assert gaps(store.read(start - 60_000, start + 11 * 60_000), start - 60_000, start + 11 * 60_000) == [
        (start - 60_000, start), (start + 10 * 60_000, start + 11 * 60_000),
    ]  # fmt: skip
