"""What is said of an error in a strategy, in words that the trader has for what he called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from livekit_cli.adapters.foreign import strategy_error
from livekit_cli.strategy import Market, SyncMarket


def told(call: Callable[[], object]) -> str:
    """What is told of a `call` that does not fit, without the place."""
    with pytest.raises(TypeError) as caught:
        call()
    return str(strategy_error(caught.value, frozenset())).split(": ", 1)[1]


@pytest.mark.parametrize("kind", [Market, SyncMarket])
@pytest.mark.parametrize(
    ("method", "arguments", "says"),
    [
        ("long", {"takeprofit": 1}, "market.long() has no takeprofit=; did you mean take_profit=?"),
        (
            "short",
            {"minutes": 1, "qty": 1},
            "market.short() has no qty=; it has minutes=, take_profit=, stop_loss=, price_open=, price_take_profit=, "
            "price_stop_loss=, note=",
        ),
        ("candles", {"timefram": "1m"}, "market.candles() has no timefram=; did you mean timeframe=?"),
        ("long", {}, "market.long() missing 1 required keyword-only argument: 'minutes'"),
    ],
)
def test_a_call_of_the_market_that_does_not_fit_is_told_with_what_would(
    kind: Any, method: str, arguments: dict[str, Any], says: str
) -> None:
    market = kind("BTCUSDT", 0, 100.0, 100.0, lambda *_: None)
    assert told(lambda: getattr(market, method)(**arguments)) == f"TypeError: {says}"


def test_a_call_of_another_function_that_does_not_fit_is_told_as_python_does() -> None:
    def long(*, minutes: int) -> int:
        return minutes

    arguments: dict[str, Any] = {"takeprofit": 1}
    assert "long() got an unexpected keyword argument 'takeprofit'" in told(lambda: long(**arguments))
