"""The market is a pure function of symbol and minute, and does what a test scripts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from .clock import MINUTE_MS
from .conftest import START
from .market import OPENED, TIMEFRAMES, Candle, Kind, Listing, Market, exact, flat, gap, jump, path, quiet, symbols

BTC = "BTCUSDT"


@pytest.fixture
def market() -> Market:
    return Market(symbols())


def minutes(market: Market, count: int, start: int = START, symbol: str = BTC) -> list[Candle | None]:
    return [market.minute(Kind.SPOT, symbol, start + number * MINUTE_MS) for number in range(count)]


def closes(market: Market, count: int, start: int = START) -> list[float | None]:
    return [candle and candle.close for candle in minutes(market, count, start)]


def at(number: int) -> int:
    """The opening time of a minute counted from START."""
    return START + number * MINUTE_MS


# ---- prices


def test_the_order_of_asking_changes_nothing(market: Market) -> None:
    forward = minutes(market, 50)
    assert minutes(Market(symbols()), 50)[::-1] == forward[::-1]
    assert [market.minute(Kind.SPOT, BTC, at(number)) for number in reversed(range(50))] == forward[::-1]


def test_candles_are_possible_and_join_up(market: Market) -> None:
    found = [candle for candle in minutes(market, 500) if candle]
    assert all(0 < candle.low <= min(candle.open, candle.close) for candle in found)
    assert all(candle.high >= max(candle.open, candle.close) and candle.volume > 0 for candle in found)
    assert all(later.open == earlier.close for earlier, later in pairwise(found))
    assert len({candle.close for candle in found}) > 400


def test_symbols_and_kinds_have_prices_of_their_own(market: Market) -> None:
    assert market.minute(Kind.SPOT, BTC, START) != market.minute(Kind.LINEAR, BTC, START)
    assert market.minute(Kind.SPOT, BTC, START) != market.minute(Kind.SPOT, "ETHUSDT", START)


def test_every_number_has_no_more_digits_than_its_symbol(market: Market) -> None:
    for listing in symbols(40):
        market.add(listing)
        for candle in (market.minute(Kind.LINEAR, listing.id, at(number)) for number in range(5)):
            assert candle is not None
            assert candle[1:5] == tuple(float(f"{price:.{listing.digits}f}") for price in candle[1:5])


# ---- what is asked


def test_without_a_start_the_last_candles_come_and_with_one_the_first(market: Market) -> None:
    now = at(100) + 30_000
    last = market.candles(Kind.SPOT, BTC, "1m", now=now, limit=5)
    assert [candle.time for candle in last] == [at(number) for number in range(96, 101)]
    first = market.candles(Kind.SPOT, BTC, "1m", now=now, limit=3, start=at(10) + 1)
    assert [candle.time for candle in first] == [at(11), at(12), at(13)]
    bounded = market.candles(Kind.SPOT, BTC, "1m", now=now, limit=500, start=at(10), end=at(12))
    assert [candle.time for candle in bounded] == [at(10), at(11), at(12)]


def test_the_forming_candle_grows_into_the_whole_one(market: Market) -> None:
    whole = market.minute(Kind.SPOT, BTC, START)
    assert whole is not None
    parts = [market.candle(Kind.SPOT, BTC, "1m", START, START + passed) for passed in (1, 20_000, 40_000, 60_000)]
    assert parts[-1] == whole
    assert market.candle(Kind.SPOT, BTC, "1m", START, START) is None
    volumes = [part.volume for part in parts if part]
    assert volumes == sorted(volumes)
    assert len(set(volumes)) == 4


@pytest.mark.parametrize("timeframe", ["3m", "1h", "1d"])
def test_longer_candles_are_made_of_minutes(market: Market, timeframe: str) -> None:
    length = TIMEFRAMES[timeframe]
    opened = START // length * length
    candle = market.candle(Kind.SPOT, BTC, timeframe, opened, opened + 2 * length)
    parts = [part for part in minutes(market, length // MINUTE_MS, opened) if part]
    assert candle is not None
    assert (candle.open, candle.close) == (parts[0].open, parts[-1].close)
    assert (candle.high, candle.low) == (max(part.high for part in parts), min(part.low for part in parts))
    assert candle.volume == pytest.approx(sum(part.volume for part in parts))


def test_before_its_listing_and_after_its_end_a_symbol_has_no_candles(market: Market) -> None:
    assert market.candles(Kind.SPOT, BTC, "1m", now=OPENED + 30_000, limit=5, start=0)[0].time == OPENED
    market.halt(BTC, at(10))
    assert market.candles(Kind.SPOT, BTC, "1m", now=at(10_000_000), limit=2)[-1].time == at(9)
    assert market.listings[BTC].known(at(11))
    assert not market.listings[BTC].trading(at(11))
    market.delist(BTC, at(5))
    assert market.candles(Kind.SPOT, BTC, "1m", now=at(20), limit=2)[-1].time == at(4)
    assert not market.listings[BTC].known(at(5))


# ---- shapes


def test_flat_stands_still_at_its_price_or_at_the_close_before(market: Market) -> None:
    before = closes(market, 1, at(4))[0]
    market.script(BTC, flat(at(5), at(8)))
    assert closes(market, 3, at(5)) == [before] * 3
    assert all(candle and len({*candle[1:5]}) == 1 and candle.volume for candle in minutes(market, 3, at(5)))
    market.script(BTC, flat(at(6), at(7), 100.0))
    assert closes(market, 3, at(5)) == [before, 100.0, before]


def test_a_jump_moves_everything_from_its_minute_on(market: Market) -> None:
    plain = minutes(market, 10)
    market.script(BTC, jump(at(5), 10.0))
    jumped = minutes(market, 10)
    assert jumped[:5] == plain[:5]
    for was, now in zip(plain[5:], jumped[5:], strict=True):
        assert was is not None
        assert now is not None
        assert now.close == pytest.approx(was.close * 1.1, abs=0.01)
    assert jumped[5] is not None
    assert plain[5] is not None
    assert jumped[5].open == plain[5].open
    assert jumped[5].low <= jumped[5].open <= jumped[5].high


def test_a_gap_has_no_candles_and_longer_ones_bridge_it(market: Market) -> None:
    market.script(BTC, gap(at(2), at(5)))
    times = [candle.time for candle in market.candles(Kind.SPOT, BTC, "1m", now=at(8), limit=5, start=at(0))]
    assert times == [at(0), at(1), at(5), at(6), at(7)]
    assert market.candle(Kind.SPOT, BTC, "5m", at(0), at(8)) is not None
    market.script(BTC, gap(at(0), at(5)))
    assert market.candle(Kind.SPOT, BTC, "5m", at(0), at(8)) is None


def test_quiet_minutes_have_no_volume_and_the_price_of_the_last_trade(market: Market) -> None:
    last = closes(market, 1, at(1))[0]
    assert last is not None
    market.script(BTC, quiet(at(2), at(4)))
    assert minutes(market, 2, at(2)) == [Candle(at(number), last, last, last, last, 0.0) for number in (2, 3)]


def test_a_path_and_exact_candles_are_what_they_say(market: Market) -> None:
    market.script(BTC, path(at(1), [10.0, 11.0]), exact([(at(2), 1, 4, 0.5, 3, 7)]))
    assert minutes(market, 2, at(1)) == [Candle(at(1), 10, 10, 10, 10, 10), Candle(at(2), 1, 4, 0.5, 3, 7)]
    assert closes(market, 1, at(3)) == closes(Market(symbols()), 1, at(3))


def test_shapes_are_taken_off_again(market: Market) -> None:
    def seen() -> list[Candle | None]:
        return [*minutes(market, 3), market.candle(Kind.SPOT, BTC, "3m", at(0), at(9))]

    plain = seen()
    market.script(BTC, path(at(0), [1.0, 2.0, 3.0]))
    assert [candle and candle.close for candle in seen()] == [1.0, 2.0, 3.0, 3.0]
    market.unscript(BTC)
    assert seen() == plain


def test_a_shape_for_a_symbol_that_is_not_there_is_refused(market: Market) -> None:
    with pytest.raises(KeyError):
        market.script("NOBODY", flat(at(0), at(1)))


def test_there_are_as_many_symbols_as_asked_for() -> None:
    def names() -> Iterator[str]:
        for listing in symbols(500):
            assert isinstance(listing, Listing)
            yield listing.id

    assert len(set(names())) == 500
