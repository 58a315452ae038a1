"""What is said of an exchange's candles, and how often."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from livekit_cli.adapters.ccxt_news import NAMED, News, Trouble
from livekit_cli.core.candle import MINUTE_MS, Candle

T = 1_772_410_260_000
AFTER = 10_000.0
"""Seconds after which everything is forgotten."""


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[Callable[[News, Callable[[float], None]], None]], list[str]]:
    """What a script says; it is given the news, and a hand on the loop's clock."""

    def run(script: Callable[[News, Callable[[float], None]], None]) -> list[str]:
        async def scripted() -> None:
            loop, passed = asyncio.get_running_loop(), 0.0
            earnest = loop.time

            def later(seconds: float) -> None:
                nonlocal passed
                passed += seconds

            loop.time = lambda: earnest() + passed  # type: ignore[method-assign]
            script(News("local"), later)

        with caplog.at_level(logging.WARNING, logger="livekit"):
            asyncio.run(scripted())
        return [record.message for record in caplog.records]

    return run


def test_what_lasts_is_told_once_and_that_it_is_over_once(said: Callable[..., list[str]]) -> None:
    def script(news: News, later: Callable[[float], None]) -> None:
        news.over(Trouble.MISSING, "BTCUSDT")
        for minute in range(5):
            news.missing("BTCUSDT", T + minute * MINUTE_MS)
        for _ in range(3):
            news.over(Trouble.MISSING, "BTCUSDT")

    assert said(script) == [
        "local: no candle of BTCUSDT at 00:11 UTC, though it has one in every minute; its minute is counted without it",
        "local: the candles of BTCUSDT come in time again",
    ]


def test_what_comes_and_goes_is_told_ever_more_rarely(said: Callable[..., list[str]]) -> None:
    def script(news: News, later: Callable[[float], None]) -> None:
        for _ in range(600):
            news.missing("BTCUSDT", T)
            later(30)
            news.over(Trouble.MISSING, "BTCUSDT")
            later(30)

    assert len(said(script)) <= 4


def test_of_what_befalls_many_at_once_a_few_are_named(said: Callable[..., list[str]]) -> None:
    def script(news: News, later: Callable[[float], None]) -> None:
        for number in range(500):
            news.missing(f"S{number}USDT", T)
        news.refused("BTCUSDT", ["[] is no candle"])
        later(AFTER)
        for number in range(500):
            news.over(Trouble.MISSING, f"S{number}USDT")

    lines = said(script)
    assert lines[NAMED] == "local: missing candles of more symbols"
    assert lines[NAMED + 1] == "local: refused candles of BTCUSDT: [] is no candle", "another kind is told all the same"
    assert lines[-1] == "local: the candles of more symbols come in time again"
    assert len(lines) == 2 * (NAMED + 1) + 1


def test_what_befalls_one_later_on_is_told_although_many_were_before(said: Callable[..., list[str]]) -> None:
    def script(news: News, later: Callable[[float], None]) -> None:
        for number in range(9):
            news.missing(f"S{number}USDT", T)
        later(AFTER)
        news.missing("BTCUSDT", T)

    assert said(script)[-1].startswith("local: no candle of BTCUSDT at 00:11 UTC")


def test_each_kind_says_what_it_was(said: Callable[..., list[str]]) -> None:
    def script(news: News, later: Callable[[float], None]) -> None:
        news.refused("BTCUSDT", ["[1] is no candle", "[2] is no candle"])
        news.weightless("BTCUSDT", T)
        news.changed("BTCUSDT", Candle(T, 1, 1, 1, 1, 2), Candle(T, 1, 9, 1, 9, 3))

    assert said(script) == [
        "local: refused candles of BTCUSDT: [1] is no candle, and 1 more",
        "local: the candle of BTCUSDT at 00:11 UTC moves without a volume, so that it has no weight in the VWAP of its "
        "minute",
        "local: the candle of BTCUSDT at 00:11 UTC has changed after its minute was counted: close 1, volume 2 then, "
        "9 and 3 now",
    ]
