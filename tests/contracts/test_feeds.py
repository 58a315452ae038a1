"""What `ports.Feed` promises, of every market there is."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from livekit_cli.adapters.csv_file import CsvFeed, read_candles
from livekit_cli.adapters.demo import DemoMarket
from livekit_cli.core.candle import MINUTE_MS, TIMEFRAMES, Candles
from livekit_cli.core.errors import FeedError
from livekit_cli.core.history import History
from livekit_cli.ports import Feed
from livekit_cli.testing import START, FakeFeed, candles

RECORDED = candles([100 + number % 7 for number in range(600)], spread=0.5)
UNTIL = START + 300 * MINUTE_MS


def from_csv(folder: Path) -> Feed:
    rows = "\n".join(",".join(map(repr, candle)) for candle in RECORDED)
    path = folder / "btc.csv"
    path.write_text(f"timestamp,open,high,low,close,volume\n{rows}\n")
    return CsvFeed("BTCUSDT", History(read_candles(path)))


FEEDS: dict[str, Callable[[Path], Feed]] = {
    "fake": lambda _: FakeFeed({"BTCUSDT": RECORDED}),
    "csv": from_csv,
    "demo": lambda _: DemoMarket(),
}


@pytest.fixture(params=FEEDS)
def feed(request: pytest.FixtureRequest, tmp_path: Path) -> Feed:
    return FEEDS[request.param](tmp_path)


def asked(feed: Feed, until: int = UNTIL, limit: int = 5, timeframe: str = "1m") -> Candles:
    return asyncio.run(feed.candles("BTCUSDT", timeframe, until, limit))


@pytest.mark.parametrize("timeframe", ["1m", "5m", "1h"])
def test_candles_are_closed_ascending_aligned_and_the_newest(feed: Feed, timeframe: str) -> None:
    length = TIMEFRAMES[timeframe]
    found = asked(feed, UNTIL + 90_000, 4, timeframe)
    assert 0 < len(found) <= 4
    times = list(found.timestamps)
    assert times == sorted(set(times))
    assert all(time % length == 0 for time in times)
    assert times[-1] + length <= UNTIL + 90_000
    assert times[-1] + 3 * length > UNTIL


def test_a_candle_that_is_still_forming_is_never_given(feed: Feed) -> None:
    for offset in (0, 1, MINUTE_MS - 1, MINUTE_MS):
        assert all(time + MINUTE_MS <= UNTIL + offset for time in asked(feed, UNTIL + offset).timestamps)
    assert len(asked(feed, UNTIL + MINUTE_MS - 1, 600)) == len(asked(feed, UNTIL, 600))


def test_candles_are_valid(feed: Feed) -> None:
    for candle in asked(feed, limit=200):
        assert all(map(math.isfinite, candle[1:]))
        assert 0 < candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
        assert candle.volume >= 0


def test_a_smaller_limit_gives_the_newest_of_a_larger_one(feed: Feed) -> None:
    wide = asked(feed, limit=100)
    assert list(asked(feed, limit=7)) == list(wide)[-7:]


def test_asking_again_gives_the_same(feed: Feed) -> None:
    assert asked(feed) == asked(feed)
    earlier = asked(feed, UNTIL - 50 * MINUTE_MS)
    asked(feed, UNTIL + 200 * MINUTE_MS)
    assert asked(feed, UNTIL - 50 * MINUTE_MS) == earlier


def test_before_the_first_candle_there_is_none(feed: Feed) -> None:
    assert len(asked(feed, 60_000)) == 0


@pytest.mark.parametrize("name", ["fake", "csv"])
def test_a_symbol_that_was_not_recorded_cannot_be_known(name: str, tmp_path: Path) -> None:
    with pytest.raises(FeedError):
        asyncio.run(FEEDS[name](tmp_path).candles("ETHUSDT", "1m", UNTIL, 5))
