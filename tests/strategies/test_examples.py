"""Each example strategy does what its docstring promises."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.strategy_loader import load
from livekit_cli.core.signal import Position
from livekit_cli.strategy import parameters
from livekit_cli.testing import ask, candles

PROJECT = Path(__file__).parents[2]
NAMES = ["breakout", "mean-reversion", "moving-average-cross", "multi-timeframe"]


@cache
def strategy_class(name: str) -> Any:
    return load(name, PROJECT, {}).strategy_class


def wave(*legs: tuple[float, int]) -> list[float]:
    """Closes from 100 on, in legs of so many percent over so many minutes."""
    closes = [100.0]
    for percent, minutes in legs:
        closes += [closes[-1] * (1 + percent / 100 * step / minutes) for step in range(1, minutes + 1)]
    return closes[1:]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_nothing_while_there_are_too_few_candles(name: str) -> None:
    for count in (1, 2, 5, 20):
        assert ask(strategy_class(name)(), candles([100.0] * count)) is None


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_nothing_in_a_dead_market(name: str) -> None:
    assert ask(strategy_class(name)(), candles([100.0] * 1500, volume=0.0)) is None


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_parameters_and_a_docstring_to_learn_from(name: str) -> None:
    cls = strategy_class(name)
    assert len(parameters(cls)) >= 4
    assert cls.__doc__
    source = (PROJECT / "strategies" / f"{name.replace('-', '_')}.py").read_text()
    assert source.startswith('"""')
    for parameter in parameters(cls):
        assert f"    {parameter}: " in source
        assert "  # " in next(line for line in source.splitlines() if line.startswith(f"    {parameter}: "))


# ---- breakout


def test_breakout_buys_a_close_above_the_range_and_not_one_within() -> None:
    quiet = [100.0, 100.2] * 20
    breakout = strategy_class("breakout")
    assert ask(breakout(), candles([*quiet, 100.2])) is None
    proposal = ask(breakout(), candles([*quiet, 100.3]))
    assert proposal is not None
    assert proposal.position is Position.LONG
    assert proposal.price_take_profit == pytest.approx(100.3 * 1.01)
    assert proposal.price_stop_loss == pytest.approx(100.3 * 0.995)
    assert proposal.note == "above the 30-minute high of 100.2"


def test_breakout_looks_back_as_far_as_it_is_told() -> None:
    closes = [101.0, *([100.0] * 21), 100.5]  # the second candle opens at 101
    breakout = strategy_class("breakout")
    assert ask(breakout(lookback=20), candles(closes)) is not None
    assert ask(breakout(lookback=21), candles(closes)) is None


# ---- moving average cross


def test_the_cross_is_followed_in_both_directions_and_only_once() -> None:
    cross = strategy_class("moving-average-cross")()
    for percent, position in ((2.0, Position.LONG), (-2.0, Position.SHORT)):
        closes = wave((-percent, 180), (percent, 120))
        answers = [ask(cross, candles(closes[:end])) for end in range(185, 300, 5)]
        positions = [answer.position for answer in answers if answer]
        assert positions == [position]


# ---- mean reversion


def test_mean_reversion_sells_an_exaggerated_rise_and_buys_an_exaggerated_fall() -> None:
    reversion = strategy_class("mean-reversion")()
    sideways = [100.0, 100.1] * 60
    for jump, position in ((1.5, Position.SHORT), (-1.5, Position.LONG)):
        proposal = ask(reversion, candles([*sideways, *wave((jump, 5))]))
        assert proposal is not None
        assert proposal.position is position
        assert proposal.price_take_profit == pytest.approx(100.1, abs=0.2)


def test_mean_reversion_leaves_alone_what_would_not_pay_its_costs() -> None:
    reversion = strategy_class("mean-reversion")
    closes = candles([*([100.0, 100.01] * 60), *wave((-0.3, 5))])
    assert ask(reversion(), closes) is None
    assert ask(reversion(least_gain=0.1), closes) is not None


# ---- several timeframes


def test_a_pullback_is_traded_with_the_trend_of_the_hours() -> None:
    several = strategy_class("multi-timeframe")()
    for percent, position in ((6.0, Position.LONG), (-6.0, Position.SHORT)):
        trend = (percent, 900)
        pullback, turn = (-percent / 30, 10), (percent / 60, 5)
        proposal = ask(several, candles(wave(trend, pullback, turn)))
        assert proposal is not None
        assert proposal.position is position
        assert ask(several, candles(wave(trend, pullback))) is None
        assert ask(several, candles(wave(trend, turn))) is None


def test_a_turn_against_the_trend_of_the_hours_is_left_alone() -> None:
    several = strategy_class("multi-timeframe")()
    assert ask(several, candles(wave((6.0, 900), (0.2, 10), (-0.1, 5)))) is None
