"""The demo market is believable, endless and always the same."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from math import exp, log
from random import Random
from statistics import pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livekit_cli.adapters.demo import BEGIN, DemoMarket
from livekit_cli.adapters.demo_pairs import BLOCK, pair_of, split_symbol
from livekit_cli.adapters.demo_prices import anchor
from livekit_cli.core.candle import EMPTY, MINUTE_MS, TIMEFRAMES, Candle, Candles
from livekit_cli.core.history import resample

T = 1_772_409_600_000
DAY_MS = 1440 * MINUTE_MS


def ask(market: DemoMarket, symbol: str, timeframe: str, until: int, limit: int) -> Candles:
    return asyncio.run(market.candles(symbol, timeframe, until, limit))


@pytest.mark.parametrize(
    ("seed", "symbol", "candle"),
    [
        (0, "BTCUSDT", Candle(T, 59595.1, 59629.7, 59587.1, 59620.2, 126.61)),
        (0, "BTCUSDT", Candle(1577883420000, 68327.5, 68328.4, 68285.6, 68294.1, 98.21)),
        (0, "ETHUSDT", Candle(T, 3714.29, 3716.29, 3713.22, 3714.06, 1147.2)),
        (0, "PEPEUSDT", Candle(1577883420000, 1.163176e-05, 1.163904e-05, 1.160968e-05, 1.161488e-05, 39411100743.0)),
        (0, "ZZZUSDT", Candle(T, 0.509679, 0.509954, 0.509651, 0.509911, 338.2)),
        (7, "BTCUSDT", Candle(T, 58566.4, 58595.4, 58558.9, 58562.4, 25.63)),
    ],
)
def test_the_market_is_the_same_in_every_release(seed: int, symbol: str, candle: Candle) -> None:
    time = candle.timestamp
    assert list(DemoMarket(seed).between(symbol, time, time + MINUTE_MS)) == [candle]


def test_the_market_is_the_same_in_whatever_order_it_is_asked() -> None:
    market = DemoMarket()
    whole = DemoMarket().between("SOLUSDT", T - DAY_MS, T)
    bars = resample(whole, "5m")
    random = Random(1)
    for _ in range(300):
        until, limit = T - random.randrange(900) * MINUTE_MS + random.randrange(2), random.randrange(300)
        stop = whole.first_at(until - MINUTE_MS + 1)
        assert ask(market, "SOLUSDT", "1m", until, limit) == whole[stop - limit : stop]
        stop = bars.first_at(until - 5 * MINUTE_MS + 1)
        assert ask(market, "SOLUSDT", "5m", until, limit // 3) == bars[stop - limit // 3 : stop]


def test_minute_by_minute_is_the_same_as_all_at_once() -> None:
    market = DemoMarket()
    whole = DemoMarket().between("BTCUSDT", T, T + 700 * MINUTE_MS)
    for minute in range(50, 700):
        now = T + minute * MINUTE_MS
        assert ask(market, "BTCUSDT", "1m", now, 5) == whole[minute - 5 : minute]
        if minute % 7 == 0:
            assert ask(market, "BTCUSDT", "1m", now, 50) == whole[minute - 50 : minute]


def test_a_window_once_given_never_changes() -> None:
    market = DemoMarket()
    window = ask(market, "BTCUSDT", "1m", T, 5)
    before = list(window)
    for minute in range(500):
        ask(market, "BTCUSDT", "1m", T + minute * MINUTE_MS, 5)
    assert list(window) == before


def test_requests_that_overlap_do_not_disturb_each_other() -> None:
    async def both(market: DemoMarket) -> list[Candles]:
        wants = [(T, 100), (T, 100), (T - DAY_MS, 90), (T + 5 * DAY_MS, 150), (T, 20)]
        return await asyncio.gather(*(market.candles("XRPUSDT", "1h", until, limit) for until, limit in wants))

    alone = [ask(DemoMarket(), "XRPUSDT", "1h", until, limit) for until, limit in
             [(T, 100), (T, 100), (T - DAY_MS, 90), (T + 5 * DAY_MS, 150), (T, 20)]]  # fmt: skip
    assert asyncio.run(both(DemoMarket())) == alone


def test_a_long_request_lets_others_run_in_between() -> None:
    async def turns() -> int:
        count = 0
        task = asyncio.ensure_future(DemoMarket().candles("BTCUSDT", "1h", T, 200))
        while not task.done():
            await asyncio.sleep(0)
            count += 1
        return count

    assert asyncio.run(turns()) >= 5


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_every_timeframe_is_made_of_the_minutes(timeframe: str) -> None:
    length = TIMEFRAMES[timeframe]
    until = T + length // 2  # the bar around this moment is still forming
    stop = until // length * length
    bars = ask(DemoMarket(), "ADAUSDT", timeframe, until, 3)
    assert bars == resample(DemoMarket().between("ADAUSDT", stop - 3 * length, stop), timeframe)
    assert bars.timestamps.tolist() == [stop - 3 * length, stop - 2 * length, stop - length]


def test_there_is_nothing_before_the_market_opened() -> None:
    market = DemoMarket()
    assert ask(market, "BTCUSDT", "1h", BEGIN, 5) == EMPTY
    assert len(ask(market, "BTCUSDT", "1h", BEGIN + 2 * 60 * MINUTE_MS, 5)) == 2
    assert market.between("BTCUSDT", 0, BEGIN + 3 * MINUTE_MS)[0].timestamp == BEGIN
    assert market.between("BTCUSDT", T, T) == EMPTY
    assert ask(market, "BTCUSDT", "1m", T, 0) == EMPTY
    assert market.between("BTCUSDT", T + 1, T + MINUTE_MS + 1).timestamps.tolist() == [T + MINUTE_MS]


symbols = st.one_of(
    st.sampled_from(["BTCUSDT", "ETHBTC", "PEPE/USDT", "1000SHIBUSDT", "BTC/TRY", "EURUSD", "USDCUSDT"]),
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=8).map(lambda base: base + "USDT"),
)


@settings(max_examples=60)
@given(symbols, st.integers(0, 3), st.integers(BEGIN // MINUTE_MS, 4 * T // MINUTE_MS))
def test_every_candle_is_sound_and_begins_where_the_one_before_ended(symbol: str, seed: int, minute: int) -> None:
    candles = DemoMarket(seed).between(symbol, minute * MINUTE_MS, (minute + 200) * MINUTE_MS)
    assert candles.timestamps.tolist() == [(minute + i) * MINUTE_MS for i in range(200)]
    assert all(before.close == after.open for before, after in pairwise(candles))
    for _, first, high, low, last, volume in candles:
        assert 0 < low <= min(first, last) <= max(first, last) <= high
        assert volume > 0 or (volume == 0 and first == high == low == last)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "DOGEUSDT", "QWEUSDT"])
def test_the_price_stays_believable_for_decades(symbol: str) -> None:
    pair = pair_of(symbol, 0)
    first = BEGIN // MINUTE_MS // BLOCK
    offsets = [anchor(pair, first + n) - pair.log_level for n in range(0, 30 * 365 * 1440 // BLOCK, 97)]
    assert -log(8) < min(offsets) < -log(1.1)
    assert log(1.1) < max(offsets) < log(8)


def test_bitcoin_moves_as_much_in_a_day_and_a_minute_as_one_is_used_to() -> None:
    candles = DemoMarket().between("BTCUSDT", T - 90 * DAY_MS, T)
    closes = candles.closes
    minute = [log(after / before) for before, after in pairwise(closes)]
    daily = [log(after / before) for before, after in pairwise(closes[::1440])]
    spread = pstdev(minute)
    assert 0.0005 < spread < 0.0009
    assert 0.012 < pstdev(daily) < 0.04
    assert sum(r**4 for r in minute) / len(minute) / spread**4 > 6  # fat tails
    assert max(map(abs, minute)) > 10 * spread  # a jump now and then
    assert 40_000 < min(closes) < max(closes) < 90_000


def test_more_is_traded_where_the_price_moves_more() -> None:
    candles = DemoMarket().between("ETHUSDT", T - DAY_MS, T)
    ranked = sorted(candles, key=lambda candle: abs(candle.close - candle.open))
    calm, wild = ranked[:400], ranked[-400:]
    assert sum(candle.volume for candle in wild) > 1.5 * sum(candle.volume for candle in calm)


def test_a_small_coin_has_a_minute_without_a_trade_now_and_then_and_a_large_one_never() -> None:
    def quiet(symbol: str) -> int:
        return DemoMarket().between(symbol, T - 5 * DAY_MS, T).volumes.count(0.0)

    assert quiet("BTCUSDT") == 0
    assert 0 < quiet("FOOUSDT") < 60


def test_symbols_and_seeds_are_different_markets() -> None:
    def moves(market: DemoMarket, symbol: str) -> list[bool]:
        return [candle.close > candle.open for candle in market.between(symbol, T, T + 100 * MINUTE_MS)]

    seen = [moves(DemoMarket(seed), symbol) for seed in (0, 1) for symbol in ("BTCUSDT", "BTCUSDC", "ETHUSDT")]
    assert len({tuple(signs) for signs in seen}) == 6


@pytest.mark.parametrize(
    ("symbol", "pair"),
    [
        ("BTCUSDT", ("BTC", "USDT")),
        ("btc-usdt", ("BTC", "USDT")),
        ("BTC/USDT:USDT", ("BTC", "USDT")),
        ("BTC_USDT_USDT", ("BTC", "USDT")),
        ("ETHBTC", ("ETH", "BTC")),
        ("BNBUSD", ("BNB", "USD")),
        ("BNBFDUSD", ("BNB", "FDUSD")),
        ("XBT", ("XBT", "USD")),
        ("BTC", ("BTC", "USD")),
        ("", ("", "USD")),
    ],
)
def test_every_spelling_of_a_pair_is_the_same_series(symbol: str, pair: tuple[str, str]) -> None:
    assert split_symbol(symbol) == pair


@pytest.mark.parametrize(
    ("symbol", "level"),
    [("BTCUSDT", 60_000), ("ETH/BTC", 0.05), ("1000PEPEUSDT", 0.0095), ("DOGEEUR", 0.12), ("USDCUSDT", 1)],
)
def test_each_pair_has_its_own_price_level(symbol: str, level: float) -> None:
    pair = pair_of(symbol, 0)
    assert exp(pair.log_level) / pair.scale == pytest.approx(level, rel=0.01)
