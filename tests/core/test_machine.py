"""The laws that stand at the head of the rules, for every state and every message."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.errors import ProposalRefused
from livekit_cli.core.event import Closed, CloseReason, Mode, Opened
from livekit_cli.core.machine import close_reason, settle, signal_id, step
from livekit_cli.core.pnl import pnl_percentage
from livekit_cli.core.signal import OrderSide, Position, Proposal, Signal
from livekit_cli.core.state import (
    Closing,
    Filled,
    Identity,
    Idle,
    Minute,
    Open,
    Opening,
    Order,
    Publish,
    Rejected,
    State,
    Submit,
    Terms,
    Unknown,
)

T = 1_772_410_260_000
IDENTITY = Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT")
TERMS = Terms(IDENTITY)

PRICE = st.floats(0.01, 1e6)
TIME = st.integers(0, 100).map(lambda number: T + number * MINUTE_MS)


@st.composite
def signals(draw: st.DrawFn) -> Signal:
    low, entry, high = sorted(draw(st.tuples(PRICE, PRICE, PRICE)))
    position = draw(st.sampled_from(Position))
    profit, loss = (high, low) if position is Position.LONG else (low, high)
    return Signal("abc", position, entry, profit, loss, draw(st.integers(1, 90)), "", T)


@st.composite
def openings(draw: st.DrawFn) -> Opening:
    signal = draw(signals())
    return Opening(signal, Order("abc-open", "BTCUSDT", signal.entry_side, signal.price_open, T), draw(PRICE))


@st.composite
def closings(draw: st.DrawFn) -> Closing:
    signal, time = draw(signals()), draw(TIME)
    order = Order("abc-close", "BTCUSDT", signal.exit_side, draw(PRICE), time)
    return Closing(signal, order, draw(st.sampled_from(CloseReason)), draw(st.booleans()))


STATES = st.one_of(st.just(Idle()), openings(), signals().map(Open), closings())


@st.composite
def minutes(draw: st.DrawFn) -> Minute:
    proposal = draw(st.sampled_from([None, Proposal("long", 1e7, 0.001, 5), Proposal("short", 0.001, 1e7, 5)]))
    price = draw(PRICE)
    return Minute(draw(TIME), price, price, draw(st.booleans()), draw(st.booleans()), proposal)


@given(STATES, minutes())
def test_a_minute_moves_only_idle_and_open_and_owes_the_order_of_its_state(state: State, minute: Minute) -> None:
    following = step(state, minute, TERMS)
    assert following == step(state, minute, TERMS)
    assert following.time == minute.time
    if following.state == state:
        assert following.owed is None
        return
    assert (type(state), type(following.state)) in {(Idle, Opening), (Open, Closing)}
    assert isinstance(following.state, Opening | Closing)
    assert following.owed == Submit(following.state.order)
    assert following.state.order.time == minute.time


@given(st.one_of(openings(), closings()), PRICE)
def test_a_fill_moves_on_and_owes_its_event(state: Opening | Closing, price: float) -> None:
    following = settle(state, Filled(state.order.client_order_id, price), TERMS)
    assert isinstance(following.owed, Publish)
    event = following.owed.event
    assert event.time == following.time == state.order.time
    if isinstance(state, Opening):
        assert isinstance(event, Opened)
        assert following.state == Open(event.signal)
        assert event.signal == replace(state.signal, price_open=price)
        assert event.current_price == state.current_price
    else:
        assert isinstance(event, Closed)
        assert following.state == Idle()
        assert (event.close_reason, event.recovered) == (state.close_reason, state.recovered)
        assert event.signal == state.signal
        assert event.current_price == state.order.price
        earned = pnl_percentage(state.signal.position, state.signal.price_open, price)
        assert event.pnl.pnl_percentage == earned
        assert (event.pnl.price_open, event.pnl.price_close) == (state.signal.price_open, price)


@given(openings())
def test_a_rejected_entry_is_forgotten(state: Opening) -> None:
    following = settle(state, Rejected("abc-open", "no money"), TERMS)
    assert (following.state, following.owed) == (Idle(), None)


@given(closings())
def test_a_rejected_exit_leaves_the_signal_open(state: Closing) -> None:
    following = settle(state, Rejected("abc-close", "maintenance"), TERMS)
    assert (following.state, following.owed) == (Open(state.signal), None)


@given(st.one_of(openings(), closings()))
def test_an_unknown_fate_changes_nothing_and_the_same_order_stays_owed(state: Opening | Closing) -> None:
    following = settle(state, Unknown(state.order.client_order_id, "timeout"), TERMS)
    assert following.state is state
    assert following.owed == Submit(state.order)


@given(st.one_of(openings(), closings()))
def test_a_report_on_another_order_is_a_defect(state: Opening | Closing) -> None:
    with pytest.raises(ValueError, match="a report on other for the order abc-"):
        settle(state, Filled("other", 1.0), TERMS)


@given(signals(), TIME)
def test_equality_closes_and_take_profit_comes_before_stop_loss_before_time(signal: Signal, time: int) -> None:
    time += MINUTE_MS
    assert close_reason(signal, Minute(time, signal.price_take_profit, 1.0)) is CloseReason.TAKE_PROFIT
    if signal.price_stop_loss != signal.price_take_profit:
        assert close_reason(signal, Minute(time, signal.price_stop_loss, 1.0)) is CloseReason.STOP_LOSS
    inside = (signal.price_take_profit + signal.price_stop_loss) / 2
    low, high = sorted((signal.price_take_profit, signal.price_stop_loss))
    if low < inside < high:
        expected = CloseReason.TIME_EXPIRED if time >= signal.expires else None
        assert close_reason(signal, Minute(time, inside, 1.0)) is expected


@given(signals(), TIME, st.floats(1.0, 100.0))
def test_a_price_beyond_a_level_closes_as_at_the_level(signal: Signal, time: int, factor: float) -> None:
    up = signal.position is Position.LONG
    low, high = sorted((signal.price_take_profit, signal.price_stop_loss))
    above, below = Minute(time + MINUTE_MS, high * factor, 1.0), Minute(time + MINUTE_MS, low / factor, 1.0)
    if high != low:
        assert close_reason(signal, above) is (CloseReason.TAKE_PROFIT if up else CloseReason.STOP_LOSS)
        assert close_reason(signal, below) is (CloseReason.STOP_LOSS if up else CloseReason.TAKE_PROFIT)


@given(signals(), PRICE)
def test_the_minute_that_opens_never_closes(signal: Signal, price: float) -> None:
    assert close_reason(signal, Minute(T, price, price)) is None
    assert close_reason(signal, Minute(T - MINUTE_MS, price, price)) is None


@given(signals(), TIME)
def test_without_a_price_nothing_closes(signal: Signal, time: int) -> None:
    state = Open(signal)
    assert step(state, Minute(time, None, None), TERMS).state is state


def test_a_signal_expires_at_its_minute_and_not_before() -> None:
    signal = Signal("abc", Position.LONG, 100.0, 110.0, 90.0, 3, "", T)
    reasons = [close_reason(signal, Minute(T + number * MINUTE_MS, 100.0, 100.0)) for number in range(5)]
    assert reasons == [None, None, None, CloseReason.TIME_EXPIRED, CloseReason.TIME_EXPIRED]


def test_the_close_carries_the_minute_its_price_and_whether_it_was_recovered() -> None:
    signal = Signal("abc", Position.SHORT, 100.0, 95.0, 105.0, 30, "", T)
    following = step(Open(signal), Minute(T + MINUTE_MS, 120.0, 121.0, recovered=True), TERMS)
    order = Order("abc-close-1", "BTCUSDT", OrderSide.BUY, 120.0, T + MINUTE_MS)
    assert following.state == Closing(signal, order, CloseReason.STOP_LOSS, recovered=True)


def test_an_entry_is_ordered_at_the_proposed_price_and_tells_the_vwap() -> None:
    minute = Minute(T, 100.3, 100.0, proposal=Proposal("short", 90.0, 110.0, 5, price_open=100.5))
    state = step(Idle(), minute, TERMS).state
    assert isinstance(state, Opening)
    assert (state.order.price, state.current_price, state.order.side) == (100.5, 100.3, OrderSide.SELL)


def test_a_proposal_that_breaks_a_rule_raises() -> None:
    with pytest.raises(ProposalRefused):
        step(Idle(), Minute(T, 100.0, 100.0, proposal=Proposal("long", math.nan, 1.0, 1)), TERMS)


def test_a_proposal_in_a_minute_without_a_price_is_a_defect() -> None:
    with pytest.raises(ValueError, match="without a price"):
        step(Idle(), Minute(T, None, None, proposal=Proposal("long", 110.0, 90.0, 1)), TERMS)


@given(TIME, TIME)
def test_a_signal_is_named_by_its_identity_and_minute_alone(one: int, other: int) -> None:
    assert (signal_id(IDENTITY, one) == signal_id(IDENTITY, other)) == (one == other)
    elsewhere = {signal_id(replace(IDENTITY, symbol=symbol), one) for symbol in ("BTCUSDT", "ETHUSDT", "BTC/USDT")}
    assert len(elsewhere) == 3
    assert all(len(name) == 12 and name.isalnum() for name in elsewhere)


def test_ids_never_change_between_versions() -> None:
    assert signal_id(IDENTITY, T) == "jscla5yew6as"


def test_an_exit_that_was_refused_for_good_is_another_order_the_next_time() -> None:
    signal = Signal("abc", Position.SHORT, 100.0, 95.0, 105.0, 30, "", T)
    names = []
    for minutes in (1, 2):
        following = step(Open(signal), Minute(T + minutes * MINUTE_MS, 120.0, 121.0), TERMS)
        assert isinstance(following.owed, Submit)
        names.append(following.owed.order.client_order_id)
    assert names == ["abc-close-1", "abc-close-2"]
