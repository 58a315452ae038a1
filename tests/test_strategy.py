"""Parameters are checked by their type, and a market answers only questions that make sense."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Literal, Optional

import pytest

from livekit_cli.core.candle import EMPTY, Candles
from livekit_cli.core.errors import ConfigError, StrategyError
from livekit_cli.core.signal import Position
from livekit_cli.strategy import (
    Market,
    Strategy,
    SyncMarket,
    checked,
    interval_ms,
    overrides,
    parameters,
    parse_parameter,
)


class Base(Strategy):
    lookback: int = 30


class Rich(Base):
    interval = "5m"
    factor: float = 1.5
    eager: bool = False
    label: str = "x"
    side: Literal["long", "short"] = "long"
    limit: float | None = None
    old: Optional[int] = 3  # noqa: UP045  people write this too
    way: Literal["a", "b"] | None = None
    shared: ClassVar[int] = 5
    _private: int = 5
    untyped = 7
    nothing: int

    def on_open(self, event: Any) -> None: ...


def refusal(cls: type[Strategy], **params: object) -> str:
    with pytest.raises(ConfigError) as caught:
        cls(**params)
    return str(caught.value)


def refused_text(name: str, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_parameter(Rich, name, text)
    return str(caught.value)


# ---- parameters


def test_the_parameters_are_the_annotated_attributes_with_a_default() -> None:
    assert {p.name: (p.type_name, p.default) for p in parameters(Rich).values()} == {
        "lookback": ("int", 30),
        "factor": ("float", 1.5),
        "eager": ("bool", False),
        "label": ("str", "x"),
        "side": ("'long' | 'short'", "long"),
        "limit": ("float | None", None),
        "old": ("int | None", 3),
        "way": ("'a' | 'b' | None", None),
    }


def test_a_strategy_gets_what_it_is_given_and_keeps_the_defaults_of_the_rest() -> None:
    made = Rich(lookback=40, factor=2, limit=None, side="short", interval="1h", way="b")
    assert (made.lookback, made.factor, made.limit, made.side, made.interval, made.way) == (
        *(40, 2.0, None, "short"),
        *("1h", "b"),
    )
    assert type(made.factor) is float
    assert (made.eager, made.label, Rich.lookback) == (False, "x", 30)
    assert (interval_ms(made), interval_ms(Rich)) == (3_600_000, 300_000)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"lookback": "40"}, "Rich.lookback is '40', expected int"),
        ({"lookback": True}, "Rich.lookback is True, expected int"),
        ({"lookback": 4.0}, "Rich.lookback is 4.0, expected int"),
        ({"lookback": None}, "Rich.lookback is None, expected int"),
        ({"factor": True}, "Rich.factor is True, expected float"),
        ({"factor": float("nan")}, "Rich.factor is nan, expected float"),
        ({"eager": 1}, "Rich.eager is 1, expected bool"),
        ({"limit": "x"}, "Rich.limit is 'x', expected float | None"),
        ({"side": "shrt"}, "Rich.side is 'shrt', expected 'long' | 'short'; did you mean 'short'?"),
        ({"interval": "5min"}, "Rich.interval is '5min', expected one of 1m 3m 5m 15m 30m 1h; did you mean '5m'?"),
        (
            {"lokback": 1},
            "Rich has no parameter 'lokback'; it has interval, lookback, factor, eager, label, side, limit, old, way; "
            "did you mean 'lookback'?",
        ),
        ({"untyped": 1}, "Rich.untyped is no parameter: it has no type; write `untyped: int = ...` in the class"),
        (
            {"lookback": "a", "untyped": 1, "eager": "b"},
            "Rich.lookback is 'a', expected int\n"
            "Rich.untyped is no parameter: it has no type; write `untyped: int = ...` in the class\n"
            "Rich.eager is 'b', expected bool",
        ),
    ],
)
def test_a_wrong_parameter_is_told_with_class_name_and_what_was_expected(params: dict[str, Any], told: str) -> None:
    assert refusal(Rich, **params) == told


@pytest.mark.parametrize("name", ["_private", "shared", "get_signal", "__class__", "nothing"])
def test_what_is_no_parameter_cannot_be_set(name: str) -> None:
    with pytest.raises(ConfigError):
        checked(Rich, {name: 5})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("lookback", "40", 40),
        ("lookback", " 40 ", 40),
        ("factor", "2", 2.0),
        ("factor", "1e-3", 0.001),
        ("eager", "yes", True),
        ("eager", "ON", True),
        ("eager", "true", True),
        ("eager", "off", False),
        ("eager", "no", False),
        ("label", "40", "40"),
        ("label", "yes", "yes"),
        ("label", "none", "none"),
        ("side", "Short", "short"),
        ("limit", "none", None),
        ("limit", "3", 3.0),
        ("old", "None", None),
        ("way", "none", None),
        ("way", "b", "b"),
        ("interval", "15m", "15m"),
    ],
)
def test_a_text_is_read_by_the_declared_type(name: str, text: str, value: object) -> None:
    parsed = parse_parameter(Rich, name, text)
    assert parsed == value
    assert type(parsed) is type(value)


def test_a_text_that_is_not_of_the_type_is_told() -> None:
    assert refused_text("lookback", "4.5") == "Rich.lookback is '4.5', expected int"
    assert refused_text("lookback", "none") == "Rich.lookback is 'none', expected int"
    assert refused_text("eager", "1") == "Rich.eager is '1', expected bool"
    assert refused_text("way", "c") == "Rich.way is 'c', expected 'a' | 'b' | None"
    assert refused_text("fator", "1").endswith("did you mean 'factor'?")


@pytest.mark.parametrize("annotation", ["list[int]", "int | str", "dict", "Any", "int | Literal[1]"])
def test_a_type_that_no_parameter_can_have_is_refused(annotation: str) -> None:
    body = {"__annotations__": {"levels": annotation}, "levels": 1, "__module__": __name__}
    with pytest.raises(ConfigError, match=r"^Odd.levels has the type .*; a parameter is an int, float, bool, str"):
        parameters(type("Odd", (Strategy,), body))


# ---- callbacks


def test_it_is_known_which_callbacks_a_strategy_has() -> None:
    made = Rich()
    assert [name for name in ("on_open", "on_close", "on_active", "on_idle") if overrides(made, name)] == ["on_open"]
    made.on_idle = lambda _result: None  # type: ignore[method-assign, assignment, misc]
    assert overrides(made, "on_idle")
    assert not overrides(made, "get_signal")


def test_a_strategy_without_get_signal_says_so() -> None:
    with pytest.raises(StrategyError, match=r"^Rich has no get_signal for BTCUSDT$"):
        Rich().get_signal(market())


# ---- market


def market(answer: Candles = EMPTY) -> SyncMarket:
    return SyncMarket("BTCUSDT", 60_000, 99.0, 100.0, lambda _timeframe, _limit: answer)


def test_a_distance_is_a_percentage_of_the_entry() -> None:
    long = market().long(take_profit=2, stop_loss=1, minutes=60, note="why")
    assert (long.position, long.price_take_profit, long.price_stop_loss) == (Position.LONG, 102.0, 99.0)
    assert (long.price_open, long.minute_estimated_time, long.note) == (None, 60, "why")
    short = market().short(take_profit=2, stop_loss=1, minutes=60, price_open=200.0)
    assert (short.position, short.price_take_profit, short.price_stop_loss) == (Position.SHORT, 196.0, 202.0)
    assert short.price_open == 200.0


def test_prices_may_be_given_instead_of_distances() -> None:
    long = market().long(price_take_profit=110.0, stop_loss=1, minutes=60)
    assert (long.price_take_profit, long.price_stop_loss) == (110.0, 99.0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "give take_profit= (percent of the entry) or price_take_profit= (a price): found neither"),
        (
            {"take_profit": 1, "price_take_profit": 101},
            "give take_profit= (percent of the entry) or price_take_profit= (a price): found both",
        ),
        ({"take_profit": 1}, "give stop_loss= (percent of the entry) or price_stop_loss= (a price): found neither"),
        (
            {"take_profit": "much", "stop_loss": 1},
            "take_profit is 'much' percent of an entry of 100.0, expected two numbers",
        ),
    ],
)
def test_a_level_that_is_given_twice_or_not_at_all_is_told(arguments: dict[str, Any], told: str) -> None:
    for propose in (market().long, market().short):
        with pytest.raises(ValueError) as caught:  # noqa: PT011  the text is asserted whole
            propose(minutes=60, **arguments)
        assert str(caught.value) == told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("5min",), "timeframe is '5min', expected one of 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d; did you mean '5m'?"),
        (("1m", 0), "limit is 0, expected a whole number from 1 to 10000"),
        (("1m", 10_001), "limit is 10001, expected a whole number from 1 to 10000"),
        (("1m", 30.0), "limit is 30.0, expected a whole number from 1 to 10000"),
        (("1m", True), "limit is True, expected a whole number from 1 to 10000"),
        (("1m", "30"), "limit is '30', expected a whole number from 1 to 10000"),
    ],
)
def test_a_question_for_candles_that_makes_no_sense_is_told(arguments: tuple[Any, ...], told: str) -> None:
    async def fetch(_timeframe: str, _limit: int) -> Candles:
        return EMPTY

    with pytest.raises(ValueError) as caught:  # noqa: PT011  the text is asserted whole
        market().candles(*arguments)
    assert str(caught.value) == told
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        asyncio.run(Market("BTCUSDT", 0, 1.0, 1.0, fetch).candles(*arguments))
    assert str(caught.value) == told


def test_a_whole_number_of_another_kind_will_do_as_a_limit() -> None:
    class Whole:
        def __index__(self) -> int:
            return 7

    limits: list[int] = []

    def fetch(_timeframe: str, limit: int) -> Candles:
        limits.append(limit)
        return EMPTY

    SyncMarket("X", 0, 1.0, 1.0, fetch).candles("1m", Whole())  # type: ignore[arg-type]
    assert limits == [7]


def test_a_market_holds_nothing_but_what_it_promises() -> None:
    with pytest.raises(AttributeError):
        market().extra = 1  # type: ignore[attr-defined]
