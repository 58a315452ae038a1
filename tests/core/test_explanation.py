"""An explanation says what the rules did, to the last bit, whatever the candles."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.core.candle import MINUTE_MS, VWAP_MS, Candle, Candles, vwap
from livekit_cli.core.event import Closed, CloseReason, Mode, Opened
from livekit_cli.core.explanation import MOST_MINUTES, Ended, Explanation, Now, explain, needed, pricing, rules, way
from livekit_cli.core.machine import close_reason
from livekit_cli.core.minute import seen
from livekit_cli.core.pnl import PnL, pnl_percentage
from livekit_cli.core.signal import OrderSide, Position, Signal
from livekit_cli.core.state import Closing, Identity, Idle, Minute, Open, Opening, Order, State, Terms

T = 1_767_225_600_000
"""2026-01-01T00:00Z."""

TERMS = Terms(Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT"))


@st.composite
def markets(draw: st.DrawFn) -> Candles:
    """An hour of candles or so, some minutes missing, some without volume."""
    rows = []
    for minute in range(draw(st.integers(6, 60))):
        if minute >= 5 and draw(st.integers(0, 9)) == 0:
            continue
        low = draw(st.floats(98.0, 101.0))
        high = low + draw(st.floats(0.0, 1.5))
        close = draw(st.floats(low, high))
        volume = draw(st.sampled_from([0.0, 0.0, 1.0, 3.7, 1e-9, 12345.678]))
        rows.append(Candle(T + minute * MINUTE_MS, low, high, low, close, volume))
    return Candles.of(rows)


def signal(position: Position = Position.LONG, minutes: int = 30, **changed: Any) -> Signal:
    target, stop = (100.8, 99.2) if position is Position.LONG else (99.2, 100.8)
    fields = {"price_open": 100.0, "price_take_profit": target, "price_stop_loss": stop, **changed}
    return Signal("abcd", position, minute_estimated_time=minutes, note="", timestamp=T + VWAP_MS, **fields)


positions = st.sampled_from(Position)


@given(markets(), st.integers(0, 70))
def test_the_sums_make_exactly_the_vwap(market: Candles, minute: int) -> None:
    time = T + minute * MINUTE_MS
    window = market[market.first_at(time - VWAP_MS) : market.first_at(time)]
    told = pricing(market, time, vwap(window))
    assert [row.candle for row in told.rows] == list(window)
    assert told.price == vwap(window) == seen(market, time).price
    assert told.last == seen(market, time).last
    if told.volume:
        assert told.weighted / told.volume == told.price
    assert told.agrees == (len(window) > 0)
    assert told.is_degraded == (len(window) < 5)


def test_a_price_that_is_a_bit_off_does_not_agree() -> None:
    market = Candles.of([Candle(T, 1.0, 1.0, 1.0, 1.0, 3.0)])
    assert pricing(market, T + MINUTE_MS, 1.0).agrees
    assert not pricing(market, T + MINUTE_MS, 1.0 + 2**-52).agrees
    assert not pricing(market, T + MINUTE_MS, None).agrees


@given(positions, st.integers(1, 60), st.floats(98.0, 102.0) | st.sampled_from([100.8, 99.2]), st.integers(1, 70))
def test_the_rule_that_fires_is_the_one_that_closes(position: Position, minutes: int, price: float, after: int) -> None:
    one = signal(position, minutes)
    time = one.timestamp + after * MINUTE_MS
    checked = rules(one, time, price)
    assert [check.rule for check in checked] == list(CloseReason), "in the order in which a minute looks at them"
    fired = next((check.rule for check in checked if check.holds), None)
    assert fired == close_reason(one, Minute(time, price, price))
    for check in checked:
        compared = check.found >= check.limit if check.sign == ">=" else check.found <= check.limit
        assert compared == check.holds, "what is written down is what was looked at"


@given(markets(), positions, st.integers(1, 60), st.integers(1, 60))
def test_the_way_has_the_price_of_every_minute_and_its_nearest_approaches(
    market: Candles, position: Position, minutes: int, length: int
) -> None:
    one = signal(position, minutes)
    told = way(one, market, one.timestamp + length * MINUTE_MS)
    assert told is not None
    times = [one.timestamp + after * MINUTE_MS for after in range(1, length + 1)]
    assert told.first == times[0]
    assert list(told.prices) == [seen(market, time).price for time in times]
    called = [(time, reason) for time in times if (reason := close_reason(one, seen(market, time))) is not None]
    assert told.called == (called[0] if called else None)
    if not told.known:
        assert told.to_take_profit is told.to_stop_loss is None
        return
    assert told.to_take_profit is not None
    assert told.to_stop_loss is not None
    highest, lowest = max(told.known), min(told.known)
    best, worst = (highest, lowest) if position is Position.LONG else (lowest, highest)
    assert (told.to_take_profit.price, told.to_stop_loss.price) == (best, worst)
    assert told.prices[(told.to_take_profit.time - told.first) // MINUTE_MS] == best
    assert (told.to_take_profit.percent <= 0) == any(reason == "take_profit" for _, reason in called)


def test_no_way_is_longer_than_can_be_looked_at_and_none_is_shorter_than_a_minute() -> None:
    one = signal()
    market = Candles.of([Candle(T, 1.0, 1.0, 1.0, 1.0, 3.0)])
    assert way(one, market, one.timestamp) is None
    assert way(one, market, one.timestamp + (MOST_MINUTES + 2) * MINUTE_MS) is None
    assert way(one, market, one.timestamp + MINUTE_MS) is not None


def test_the_candles_needed_are_those_of_both_prices_and_of_the_way() -> None:
    one = signal()
    assert needed(one, T + 60 * MINUTE_MS) == (T, T + 60 * MINUTE_MS)
    assert needed(one, None) == (T, one.timestamp)


# ---- the whole


def opened(one: Signal) -> Opened:
    return Opened("abcd-opened", one.timestamp, "breakout", "demo", "BTCUSDT", Mode.PAPER, one, 100.0)


def closed(one: Signal, price: float = 101.0, percent: float | None = None) -> Closed:
    time = one.timestamp + 7 * MINUTE_MS
    earned = pnl_percentage(one.position, 100.0, price) if percent is None else percent
    names = ("breakout", "demo", "BTCUSDT")
    reason = CloseReason.TAKE_PROFIT
    pnl = PnL(earned, 100.0, price)
    return Closed("abcd-closed", time, *names, Mode.PAPER, one, price, reason, time, pnl)


def told(one: Signal, event: Closed | None = None, **changed: Any) -> Explanation:
    given: dict[str, Any] = {"state": Idle(), "now": Now(None, None), "terms": TERMS, "candles": None, **changed}
    return explain(one, opened(one), event, **given)


@given(positions, st.floats(90.0, 110.0), st.floats(0, 2), st.floats(0, 2))
def test_the_arithmetic_ends_in_the_recorded_value_bit_for_bit(
    position: Position, price: float, slippage: float, fee: float
) -> None:
    one = signal(position)
    terms = Terms(TERMS.identity, slippage, fee)
    event = closed(one, price, pnl_percentage(position, 100.0, price, slippage, fee))
    found = told(one, event, terms=terms)
    assert found.earned is not None
    assert found.earned_agrees
    assert found.earned.gross - found.earned.fees == event.pnl.pnl_percentage


def test_a_recorded_value_that_is_a_bit_off_is_not_equal() -> None:
    one = signal()
    right = pnl_percentage(Position.LONG, 100.0, 101.0)
    assert told(one, closed(one)).earned_agrees
    assert not told(one, closed(one, percent=right + 2**-52)).earned_agrees
    assert not told(one, closed(one), terms=Terms(TERMS.identity, 0.2, 0.1)).earned_agrees


def test_without_candles_the_rules_and_the_pnl_are_still_told() -> None:
    found = told(signal(), closed(signal()))
    assert found.opening is found.way is found.last is None
    assert found.fired is not None
    assert found.fired.rule == CloseReason.TAKE_PROFIT
    assert found.earned_agrees


def test_an_open_signal_is_told_as_of_now() -> None:
    one = signal()
    now = Now(one.timestamp + 3 * MINUTE_MS, 100.4)
    found = told(one, state=Open(one), now=now)
    assert (found.ended, found.fired) == (None, None)
    assert [check.found for check in found.rules] == [100.4, 100.4, now.time]
    assert found.earned is not None
    assert found.earned.net == pnl_percentage(Position.LONG, 100.0, 100.4)
    nowhere = told(one, state=Open(one))
    assert (nowhere.rules, nowhere.earned) == ((), None)


def order(one: Signal, time: int) -> Order:
    return Order("x", "BTCUSDT", OrderSide.BUY, 101.0, time)


@pytest.mark.parametrize("is_closing", [True, False])
def test_a_signal_between_two_states_is_told_by_what_it_waits_for(is_closing: bool) -> None:
    one = signal()
    time = one.timestamp + 7 * MINUTE_MS
    states: dict[bool, State] = {
        True: Closing(one, order(one, time), CloseReason.TAKE_PROFIT, True),
        False: Opening(one, order(one, one.timestamp), 100.1),
    }
    market = Candles.of([Candle(T, 100.1, 100.1, 100.1, 100.1, 3.0)])
    found = explain(one, None, None, state=states[is_closing], now=Now(None, None), terms=TERMS, candles=market)
    assert found.opening is not None
    if is_closing:
        assert found.ended == Ended(time, 101.0, CloseReason.TAKE_PROFIT, True)
        assert found.fired is not None
    else:
        assert found.ended is None
        assert found.opening.recorded == 100.1
