"""What `ports.Feed` promises, of every market there is."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from livekit_cli.adapters.csv_file import CsvFeed, read_candles
from livekit_cli.adapters.demo import DemoMarket
from livekit_cli.core.candle import MINUTE_MS, TIMEFRAMES, Candle, Candles
from livekit_cli.core.errors import FeedError
from livekit_cli.core.history import History
from livekit_cli.ports import Feed
from livekit_cli.testing import START, FakeFeed, candles

from .venues import feed_over

RECORDED = candles([100 + number % 7 for number in range(600)], spread=0.5)
UNTIL = START + 300 * MINUTE_MS
BEFORE = 10_000 * MINUTE_MS
"""In the first days of 1970."""


def from_csv(folder: Path) -> Feed:
    rows = "\n".join(",".join(map(repr, candle)) for candle in RECORDED)
    path = folder / "btc.csv"
    path.write_text(f"timestamp,open,high,low,close,volume\n{rows}\n")
    return CsvFeed("BTCUSDT", History(read_candles(path)))


Made = AbstractContextManager[Feed]
FEEDS: dict[str, Callable[[Path, asyncio.Runner], Made]] = {
    "fake": lambda *_: nullcontext(FakeFeed({"BTCUSDT": RECORDED})),
    "csv": lambda folder, _: nullcontext(from_csv(folder)),
    "demo": lambda *_: nullcontext(DemoMarket()),
    "binance": lambda folder, runner: feed_over(runner, folder, "binance", UNTIL),
    "bybit": lambda folder, runner: feed_over(runner, folder, "bybit", UNTIL),
    "binance, by websocket": lambda folder, runner: feed_over(runner, folder, "binance", UNTIL, once=False),
}


@dataclass(frozen=True)
class Asked:
    """A feed, and the loop that it is asked on."""

    feed: Feed
    runner: asyncio.Runner

    def __call__(self, until: int = UNTIL, limit: int = 5, timeframe: str = "1m", symbol: str = "BTCUSDT") -> Candles:
        return self.runner.run(self.feed.candles(symbol, timeframe, until, limit))


@contextmanager
def made(name: str, folder: Path) -> Iterator[Asked]:
    with asyncio.Runner() as runner, FEEDS[name](folder, runner) as feed:
        yield Asked(feed, runner)


@pytest.fixture(params=FEEDS)
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asked]:
    with made(request.param, tmp_path) as found:
        yield found


@pytest.mark.parametrize("timeframe", ["1m", "5m", "1h"])
def test_candles_are_closed_ascending_aligned_and_the_newest(asked: Asked, timeframe: str) -> None:
    length = TIMEFRAMES[timeframe]
    found = asked(UNTIL + 90_000, 4, timeframe)
    assert 0 < len(found) <= 4
    times = list(found.timestamps)
    assert times == sorted(set(times))
    assert all(time % length == 0 for time in times)
    assert times[-1] + length <= UNTIL + 90_000
    assert times[-1] + 3 * length > UNTIL


def test_a_candle_that_is_still_forming_is_never_given(asked: Asked) -> None:
    for offset in (0, 1, MINUTE_MS - 1, MINUTE_MS):
        assert all(time + MINUTE_MS <= UNTIL + offset for time in asked(UNTIL + offset).timestamps)
    assert len(asked(UNTIL + MINUTE_MS - 1, 600)) == len(asked(UNTIL, 600))


def test_candles_are_valid(asked: Asked) -> None:
    for candle in asked(limit=200):
        assert all(map(math.isfinite, candle[1:]))
        assert 0 < candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
        assert candle.volume >= 0


def test_a_smaller_limit_gives_the_newest_of_a_larger_one(asked: Asked) -> None:
    wide = asked(limit=100)
    assert list(asked(limit=7)) == list(wide)[-7:]


def test_asking_again_gives_the_same(asked: Asked) -> None:
    assert asked() == asked()
    earlier = asked(UNTIL - 50 * MINUTE_MS)
    asked(UNTIL + 200 * MINUTE_MS)
    assert asked(UNTIL - 50 * MINUTE_MS) == earlier


def test_before_the_first_candle_there_is_none(asked: Asked) -> None:
    assert tried(asked, BEFORE) == ([], "")


def tried(asked: Asked, until: int) -> tuple[list[Candle], str]:
    """What there is, and why that cannot be known where it cannot: an exchange may answer with nothing at any time."""
    try:
        return list(asked(until)), ""
    except FeedError as error:
        says = str(error)
    return [], says.removesuffix("local: the candles of BTCUSDT: an answer without candles, not one")


@pytest.mark.parametrize("name", ["fake", "csv"])
def test_a_symbol_that_was_not_recorded_cannot_be_known(name: str, tmp_path: Path) -> None:
    with made(name, tmp_path) as asked, pytest.raises(FeedError):
        asked(symbol="ETHUSDT")
