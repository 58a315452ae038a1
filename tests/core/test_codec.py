"""What is written is read back the same, and what nobody wrote is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.core.codec import (
    Undecodable,
    event_from_dict,
    event_to_dict,
    identity_from_dict,
    identity_to_dict,
    step_from_dict,
    step_to_dict,
)
from livekit_cli.core.event import Closed, CloseReason, Mode, Opened
from livekit_cli.core.pnl import PnL
from livekit_cli.core.signal import OrderSide, Position, Signal
from livekit_cli.core.state import Closing, Identity, Idle, Open, Opening, Order, Publish, Step, Submit

TEXT, WHOLE = st.text(max_size=20), st.integers(-(2**62), 2**62)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
SIGNALS = st.builds(Signal, TEXT, st.sampled_from(Position), NUMBER, NUMBER, NUMBER, WHOLE, TEXT, WHOLE)
ORDERS = st.builds(Order, TEXT, TEXT, st.sampled_from(OrderSide), NUMBER, WHOLE)
COMMON: dict[str, Any] = {
    "event_id": TEXT,
    "time": WHOLE,
    "strategy_name": TEXT,
    "exchange_name": TEXT,
    "symbol": TEXT,
    "mode": st.sampled_from(Mode),
    "signal": SIGNALS,
    "current_price": NUMBER,
    "replay": st.booleans(),
    "recovered": st.booleans(),
}
EVENTS = st.one_of(
    st.builds(Opened, **COMMON),
    st.builds(
        Closed,
        **COMMON,
        close_reason=st.sampled_from(CloseReason),
        close_timestamp=WHOLE,
        pnl=st.builds(PnL, NUMBER, NUMBER, NUMBER) | st.builds(PnL, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER),
    ),
)
OPENINGS = st.builds(Opening, SIGNALS, ORDERS, NUMBER)
CLOSINGS = st.builds(Closing, SIGNALS, ORDERS, st.sampled_from(CloseReason), st.booleans())
STATES = st.one_of(st.just(Idle()), OPENINGS, st.builds(Open, SIGNALS), CLOSINGS)
STEPS = st.one_of(
    st.builds(Step, WHOLE, STATES),
    st.builds(Step, WHOLE, STATES, st.builds(Publish, EVENTS)),
    st.tuples(WHOLE, st.one_of(OPENINGS, CLOSINGS)).map(lambda pair: Step(*pair, Submit(pair[1].order))),
)


def through_json(plain: object) -> object:
    return json.loads(json.dumps(plain, allow_nan=False))


@given(STEPS)
def test_a_step_comes_back_the_same(step: Step) -> None:
    assert step_from_dict(through_json(step_to_dict(step))) == step


@given(EVENTS)
def test_an_event_comes_back_the_same(event: Opened | Closed) -> None:
    back = event_from_dict(through_json(event_to_dict(event)))
    assert back == event
    assert repr(back) == repr(event)  # -0.0 and 0.0 are equal and not the same


@given(st.builds(Identity, st.sampled_from(Mode), TEXT, TEXT, TEXT))
def test_an_identity_comes_back_the_same(identity: Identity) -> None:
    assert identity_from_dict(through_json(identity_to_dict(identity))) == identity


SIGNAL = Signal("abc", Position.LONG, 100.0, 101.0, 99.0, 60, "note", 60_000)
OPENED = Opened("abc-opened", 60_000, "breakout", "demo", "BTCUSDT", Mode.PAPER, SIGNAL, 100.2)
CLOSED = Closed(
    "abc-closed", 120_000, "breakout", "demo", "BTCUSDT", Mode.PAPER, SIGNAL, 101.5, CloseReason.TAKE_PROFIT, 120_000,
    PnL(0.5, 100.0, 101.5, 0.1, 0.04),
)  # fmt: skip
ORDER = Order("abc-close", "BTCUSDT", OrderSide.SELL, 101.5, 120_000)
EXAMPLES = [
    Step(60_000, Open(SIGNAL), Publish(OPENED)),
    Step(120_000, Closing(SIGNAL, ORDER, CloseReason.TAKE_PROFIT, recovered=False), Submit(ORDER)),
    Step(60_000, Opening(SIGNAL, ORDER, 100.2), Submit(ORDER)),
    Step(120_000, Idle(), Publish(CLOSED)),
]


def places_in(plain: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, value in plain.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from places_in(value, (*path, key))


def with_change(plain: dict[str, Any], path: tuple[Any, ...], change: Any) -> dict[str, Any]:
    changed = deepcopy(plain)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    change(inner, path[-1])
    return changed


@pytest.mark.parametrize("step", EXAMPLES, ids=lambda step: type(step.state).__name__)
def test_a_field_that_is_missing_added_or_of_another_type_is_refused(step: Step) -> None:
    plain = step_to_dict(step)
    for path in places_in(plain):
        with pytest.raises(Undecodable):
            step_from_dict(with_change(plain, path, lambda inner, key: inner.pop(key)))
        with pytest.raises(Undecodable):
            step_from_dict(with_change(plain, path, lambda inner, key: inner.update({key + "x": 1})))
        for wrong in ([], {}, True, 1, 1.5, "word", None):
            changed = with_change(plain, path, lambda inner, key, wrong=wrong: inner.update({key: wrong}))
            try:
                back = step_from_dict(changed)
            except Undecodable:
                continue
            assert through_json(step_to_dict(back)) == changed  # a word for a word, a number for a number


def test_a_closed_event_of_format_1_has_no_costs_and_stays_so() -> None:
    plain = event_to_dict(CLOSED)
    older = {**plain, "pnl": {name: plain["pnl"][name] for name in ("pnl_percentage", "price_open", "price_close")}}
    event = event_from_dict(older)
    assert isinstance(event, Closed)
    assert event.pnl.costs is None
    assert event_to_dict(event)["pnl"] == {**older["pnl"], "slippage_percent": None, "fee_percent": None}
    assert event_from_dict(event_to_dict(event)) == event


def test_one_cost_without_the_other_was_never_written() -> None:
    plain = event_to_dict(CLOSED)
    for name in ("slippage_percent", "fee_percent"):
        with pytest.raises(Undecodable, match="expected both or none"):
            event_from_dict({**plain, "pnl": {**plain["pnl"], name: None}})


@pytest.mark.parametrize(
    "plain", [None, [], "step", 1, {}, {"time": 1}, {"time": True, "state": {"is": "idle"}, "owed": None}]
)
def test_what_is_no_step_is_refused(plain: object) -> None:
    with pytest.raises(Undecodable):
        step_from_dict(plain)


def test_the_error_names_the_field() -> None:
    plain = step_to_dict(EXAMPLES[0])
    plain["state"]["signal"]["position"] = "up"
    with pytest.raises(Undecodable, match=r"signal.position: 'up' is not a valid Position"):
        step_from_dict(plain)


def test_an_order_that_nobody_waits_for_cannot_be_owed() -> None:
    with pytest.raises(ValueError, match="its state waits for"):
        step_to_dict(Step(0, Idle(), Submit(ORDER)))
    with pytest.raises(Undecodable):
        step_from_dict({"time": 0, "state": {"is": "idle"}, "owed": "submit"})


def test_an_event_has_the_fields_of_the_contract_in_order() -> None:
    assert list(event_to_dict(OPENED)) == [
        "action", "event_id", "time", "strategy_name", "exchange_name", "symbol", "mode", "signal", "current_price",
        "replay", "recovered",
    ]  # fmt: skip
    assert list(event_to_dict(CLOSED))[11:] == ["close_reason", "close_timestamp", "pnl"]
    assert list(event_to_dict(CLOSED)["pnl"]) == [
        "pnl_percentage", "price_open", "price_close", "slippage_percent", "fee_percent",
    ]  # fmt: skip
    assert list(event_to_dict(CLOSED)["signal"]) == [
        "id", "position", "price_open", "price_take_profit", "price_stop_loss", "minute_estimated_time", "note",
        "timestamp",
    ]  # fmt: skip
