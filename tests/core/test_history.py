"""Windows, higher timeframes and bulk VWAPs of recorded candles."""

from __future__ import annotations

from itertools import accumulate
from math import fsum
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.core.candle import EMPTY, MINUTE_MS, TIMEFRAMES, VWAP_MS, Candle, Candles, vwap
from livekit_cli.core.errors import StrategyError
from livekit_cli.core.history import History, resample, timeframe_ms, vwaps

START = 1_772_409_600_000  # a whole UTC day


def minutes(*offsets: int) -> Candles:
    """A candle for each minute after START; prices tell them apart."""
    return Candles.of([(START + m * MINUTE_MS, m, m + 2, m - 1, m + 1, 10 + m) for m in offsets])


@st.composite
def recorded(draw: st.DrawFn, max_size: int = 60) -> Candles:
    steps = draw(st.lists(st.sampled_from([1] * 12 + [2, 3, 4, 5, 6, 7, 400]), max_size=max_size))
    times = [START + m * MINUTE_MS for m in accumulate(steps, initial=draw(st.integers(0, 3000)))]
    volume = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))
    still = draw(st.booleans())
    rows = []
    for time in times:
        price = draw(st.floats(0.01, 1e5))
        high, low = price * draw(st.floats(1, 1.1)), price * draw(st.floats(0.9, 1))
        rows.append((time, price, high, low, draw(st.floats(low, high)), 0.0 if still else draw(volume)))
    return Candles.of(rows)


def bits(values: list[float]) -> bytes:
    return pack(f"{len(values)}d", *values)


def test_a_window_holds_the_newest_closed_candles_oldest_first() -> None:
    history = History(minutes(0, 1, 2, 3, 4))
    assert history.window("1m", START + 3 * MINUTE_MS, 2) == minutes(1, 2)


def test_a_candle_is_closed_at_its_last_moment_and_not_before() -> None:
    history = History(minutes(0, 1))
    assert history.window("1m", START + 2 * MINUTE_MS, 9) == minutes(0, 1)
    assert history.window("1m", START + 2 * MINUTE_MS - 1, 9) == minutes(0)


def test_a_window_is_shorter_where_there_is_less() -> None:
    history = History(minutes(0, 7))
    assert history.window("1m", START, 5) == EMPTY
    assert history.window("1m", START + 10**9, 5) == minutes(0, 7)
    assert history.window("1m", START + 10**9, 0) == EMPTY
    assert History(EMPTY).window("1h", START, 5) == EMPTY


def test_a_higher_candle_is_never_shown_before_its_whole_span_has_passed() -> None:
    history = History(minutes(*range(12)))
    at = [len(history.window("5m", START + m * MINUTE_MS, 9)) for m in (4, 5, 9, 10, 14, 15)]
    assert at == [0, 1, 1, 2, 2, 3]


def test_a_higher_candle_takes_open_high_low_close_and_volume_from_its_minutes() -> None:
    bars = resample(minutes(3, 5, 9, 21), "5m")
    assert list(bars) == [
        Candle(START, 3, 5, 2, 4, 13),
        Candle(START + 5 * MINUTE_MS, 5, 11, 4, 10, 34),
        Candle(START + 20 * MINUTE_MS, 21, 23, 20, 22, 31),
    ]


def test_first_last_and_length_are_those_of_the_minutes() -> None:
    history = History(minutes(2, 3, 9))
    assert (history.first, history.last, len(history)) == (START + 2 * MINUTE_MS, START + 9 * MINUTE_MS, 3)
    assert history.candles == minutes(2, 3, 9)


def test_an_unknown_timeframe_is_refused_with_the_nearest_word() -> None:
    with pytest.raises(StrategyError, match=r"'60m'.*expected one of 1m 3m"):
        timeframe_ms("60m")
    with pytest.raises(StrategyError, match="did you mean '15m'"):
        History(minutes(1)).window("15min", START, 1)


def naive_resample(candles: Candles, length: int) -> list[Candle]:
    groups: dict[int, list[Candle]] = {}
    for candle in candles:
        groups.setdefault(candle.timestamp // length * length, []).append(candle)
    return [
        Candle(
            time,
            group[0].open,
            max(c.high for c in group),
            min(c.low for c in group),
            group[-1].close,
            fsum(c.volume for c in group),
        )
        for time, group in groups.items()
    ]


@given(recorded(), st.sampled_from(sorted(TIMEFRAMES)))
def test_resampling_equals_grouping_by_hand(candles: Candles, timeframe: str) -> None:
    if timeframe == "1m":
        assert resample(candles, timeframe) == candles
    else:
        assert list(resample(candles, timeframe)) == naive_resample(candles, TIMEFRAMES[timeframe])


@given(recorded(), st.sampled_from(["1m", "3m", "5m", "1h"]), st.integers(-10, 4000), st.integers(0, 20))
def test_a_window_equals_filtering_by_hand(candles: Candles, timeframe: str, minute: int, limit: int) -> None:
    until = START + minute * MINUTE_MS
    length = TIMEFRAMES[timeframe]
    closed = [bar for bar in resample(candles, timeframe) if bar.timestamp + length <= until]
    assert list(History(candles).window(timeframe, until, limit)) == closed[len(closed) - min(limit, len(closed)) :]


def one_by_one(candles: Candles) -> list[float]:
    prices = []
    for i, candle in enumerate(candles):
        price = vwap(candles[candles.first_at(candle.timestamp - VWAP_MS + 1) : i + 1])
        assert price is not None
        prices.append(price)
    return prices


@given(recorded())
def test_bulk_vwaps_equal_the_vwap_of_each_window_bit_for_bit(candles: Candles) -> None:
    assert bits(list(vwaps(candles))) == bits(one_by_one(candles))


def test_bulk_vwaps_are_the_same_across_thousands_of_candles() -> None:
    rows = [
        (START + (i + i // 700 * 3) * MINUTE_MS, 0, 100 + i % 7 / 3, 99 - i % 11 / 7, 99.5 + i % 3 / 9, i % 97 // 6)
        for i in range(5000)
    ]
    candles = Candles.of(rows)
    assert bits(list(vwaps(candles))) == bits(one_by_one(candles))
    assert bits(list(vwaps(candles[1001:4099]))) == bits(one_by_one(candles[1001:4099]))


def test_bulk_vwaps_of_nothing_are_none() -> None:
    assert len(vwaps(EMPTY)) == 0
