from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Closed, CloseReason, Event, Mode, Opened, replayed
from livekit_cli.core.pnl import PnL
from livekit_cli.core.signal import Position, Signal
from livekit_cli.core.statistics import Stats, statistics, statistics_by, unique


def by_symbol(events: Iterable[Event]) -> dict[str, Stats]:
    return statistics_by(lambda event: event.symbol, events)


T = 1_772_410_260_000
percents = st.floats(-100, 1000, allow_nan=False).filter(lambda pnl: pnl == 0 or abs(pnl) > 1e-9)


def opened(number: int, symbol: str = "BTCUSDT") -> Opened:
    signal = Signal(f"{symbol}{number}", Position.LONG, 100.0, 101.0, 99.0, 60, "", T)
    return Opened(f"{signal.id}-opened", T, "breakout", "demo", symbol, Mode.PAPER, signal, 100.0)


def closed(
    number: int, pnl: float, reason: CloseReason = CloseReason.TAKE_PROFIT, minutes: int = 10, symbol: str = "BTCUSDT"
) -> Closed:
    told, time = opened(number, symbol), T + minutes * MINUTE_MS
    return Closed(
        event_id=f"{told.signal.id}-closed",
        time=time,
        strategy_name="breakout",
        exchange_name="demo",
        symbol=symbol,
        mode=Mode.PAPER,
        signal=told.signal,
        current_price=100.0,
        close_reason=reason,
        close_timestamp=time,
        pnl=PnL(pnl, 100.0, 100.0),
    )


def run(*earned: float) -> list[Event]:
    return [event for i, pnl in enumerate(earned) for event in (opened(i), closed(i, pnl))]


def test_nothing_happened_is_not_a_result_of_zero_percent() -> None:
    stats = statistics([])
    assert (stats.total_events, stats.opened, stats.closed, stats.total_pnl, stats.max_drawdown) == (0, 0, 0, 0.0, 0.0)
    assert stats.win_rate is stats.average_pnl is stats.profit_factor is stats.expectancy is None
    assert stats.average_duration_minutes is None


def test_an_open_signal_counts_as_an_event_and_earns_nothing_yet() -> None:
    stats = statistics([opened(1)])
    assert (stats.total_events, stats.opened, stats.closed, stats.win_rate) == (1, 1, 0, None)


def test_the_totals_of_a_small_run_are_those_of_a_pocket_calculator() -> None:
    stats = statistics(run(2.0, -1.0, 3.0, -2.0, 0.0))
    assert (stats.total_events, stats.opened, stats.closed, stats.wins, stats.losses) == (10, 5, 5, 2, 2)
    assert stats.win_rate == 40.0
    assert stats.total_pnl == 2.0
    assert stats.average_pnl == pytest.approx(0.4)
    assert stats.profit_factor == pytest.approx(5 / 3)
    assert stats.expectancy == pytest.approx(0.4 * 2.5 - 0.4 * 1.5)
    assert stats.max_drawdown == 2.0


def test_a_profit_factor_needs_a_loss() -> None:
    assert statistics(run(1.0)).profit_factor is None
    assert statistics(run(-1.0)).profit_factor == 0.0


def test_a_run_that_only_loses_falls_from_zero() -> None:
    assert statistics(run(-1.0, -0.5)).max_drawdown == 1.5


def test_the_drawdown_is_the_deepest_fall_and_not_the_last_one() -> None:
    assert statistics(run(5.0, -4.0, 6.0, -1.0)).max_drawdown == 4.0


def test_every_close_reason_is_counted_also_when_there_was_none() -> None:
    events = [closed(1, 1.0), closed(2, -1.0, CloseReason.STOP_LOSS), closed(3, -1.0, CloseReason.STOP_LOSS)]
    assert statistics(events).close_reasons == {
        CloseReason.TAKE_PROFIT: 1,
        CloseReason.STOP_LOSS: 2,
        CloseReason.TIME_EXPIRED: 0,
    }


def test_the_average_duration_is_in_minutes() -> None:
    assert statistics([closed(1, 1.0, minutes=10), closed(2, 1.0, minutes=25)]).average_duration_minutes == 17.5


def test_an_event_that_comes_twice_counts_once() -> None:
    events = run(1.0, -2.0)
    again = [replayed(event) for event in events]
    assert statistics(events + again) == statistics(events)
    assert list(unique(events + again)) == events


def test_a_close_whose_opening_is_out_of_sight_counts() -> None:
    stats = statistics([closed(1, 1.0)])
    assert (stats.opened, stats.closed, stats.wins) == (0, 1, 1)


def test_each_symbol_has_its_own_totals_in_order_of_appearance() -> None:
    events = [closed(1, 1.0, symbol="ETHUSDT"), closed(1, -3.0, symbol="BTCUSDT"), closed(2, 2.0, symbol="ETHUSDT")]
    totals = by_symbol(events)
    assert list(totals) == ["ETHUSDT", "BTCUSDT"]
    assert (totals["ETHUSDT"].total_pnl, totals["BTCUSDT"].total_pnl) == (3.0, -3.0)


def test_events_may_come_from_a_generator() -> None:
    assert statistics(event for event in run(1.0)).closed == 1
    assert by_symbol(event for event in run(1.0))["BTCUSDT"].closed == 1


@given(st.lists(percents, min_size=1, max_size=40))
def test_the_totals_agree_with_each_other(earned: list[float]) -> None:
    stats = statistics(run(*earned))
    assert stats.average_pnl is not None
    assert stats.expectancy == pytest.approx(stats.average_pnl, abs=1e-6)
    assert stats.total_pnl == pytest.approx(stats.average_pnl * stats.closed, abs=1e-6)
    assert stats.wins + stats.losses + earned.count(0) == stats.closed == sum(stats.close_reasons.values())
    totals = [0.0, *accumulate(earned)]
    falls = [high - low for i, high in enumerate(totals) for low in totals[i:]]
    assert stats.max_drawdown == pytest.approx(max(falls), abs=1e-6)


def test_totals_are_values_that_compare() -> None:
    assert statistics(run(1.0)) == statistics(run(1.0))
    assert statistics(run(1.0)) != replace(statistics(run(1.0)), closed=2)
