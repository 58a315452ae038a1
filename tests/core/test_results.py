"""The results of a strategy, computed again here in the plainest way: loops over the events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Closed, CloseReason, Event, Mode, Opened, replayed
from livekit_cli.core.pnl import PnL, pnl_percentage
from livekit_cli.core.pulse import Pulse, Snapshot
from livekit_cli.core.results import EVERYTHING, Trial, Window, month_of, results
from livekit_cli.core.signal import Position, Signal
from livekit_cli.core.state import Identity, Idle, Open

T = 1_767_225_600_000
"""2026-01-01T00:00Z."""

DAY = 1440
SYMBOLS = ("BTCUSDT", "ETHUSDT", "ADAUSDT")


def pair(
    number: int, opened: int, lasted: int, position: Position, exit_price: float, *, reason: CloseReason
) -> list[Any]:
    """A signal's two events, times in minutes after T; the fill is that of the paper broker."""
    symbol = SYMBOLS[number % len(SYMBOLS)]
    signal = Signal(f"s{number}", position, 100.0, 101.0, 99.0, 60, "", T + opened * MINUTE_MS)
    common = ("breakout", "demo", symbol, Mode.PAPER)
    earned = PnL(pnl_percentage(position, 100.0, exit_price), 100.0, exit_price)
    time = T + (opened + lasted) * MINUTE_MS
    return [
        Opened(f"s{number}-opened", signal.timestamp, *common, signal, 100.0),
        Closed(f"s{number}-closed", time, *common, signal, exit_price, reason, time, earned),
    ]


def closed_at(number: int, earned: float) -> Closed:
    """A close that earned exactly that."""
    event = pair(number, number, 1, Position.LONG, 100.0, reason=CloseReason.TIME_EXPIRED)[1]
    assert isinstance(event, Closed)
    return replace(event, pnl=PnL(earned, 100.0, 100.0))


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """What up to thirty signals told, in the order of time; some of it twice, and not every one has closed."""
    events: list[Event] = []
    for number in range(draw(st.integers(0, 30))):
        opened = draw(st.integers(0, 70 * DAY))
        told = pair(
            number,
            opened,
            draw(st.integers(1, 3 * DAY)),
            draw(st.sampled_from(Position)),
            draw(st.sampled_from([98.0, 99.5, 100.0, 100.2, 100.4, 103.0])),
            reason=draw(st.sampled_from(CloseReason)),
        )
        events += told[: draw(st.integers(1, 2))]
    events += [replayed(event) for event in events[: draw(st.integers(0, 5))]]
    return sorted(events, key=lambda event: event.time)


windows = st.builds(
    Window,
    st.none() | st.integers(0, 80 * DAY).map(lambda minute: T + minute * MINUTE_MS),
    st.none() | st.integers(0, 80 * DAY).map(lambda minute: T + minute * MINUTE_MS),
)


def plainly(events: list[Event]) -> dict[str, Any]:
    """The statistics by a loop that keeps a tally; nothing of the program is used."""
    told: dict[str, Any] = dict.fromkeys(
        ("events", "opened", "closed", "wins", "losses", "total", "won", "lost", "costs", "minutes", "drawdown"), 0
    )
    told |= {"best": None, "worst": None, "winning": 0, "losing": 0, "running": [0.0]}
    reasons = {"take_profit": 0, "stop_loss": 0, "time_expired": 0}
    total = peak = 0.0
    winning = losing = 0
    for event in events:
        told["events"] += 1
        if event.action == "opened":
            told["opened"] += 1
            continue
        assert isinstance(event, Closed)
        earned = event.pnl.pnl_percentage
        told["closed"] += 1
        reasons[event.close_reason.value] += 1
        total = total + earned
        told["running"].append(total)
        peak = max(peak, total)
        told["drawdown"] = max(told["drawdown"], peak - total)
        winning = winning + 1 if earned > 0 else 0
        losing = losing + 1 if earned < 0 else 0
        told["winning"], told["losing"] = max(told["winning"], winning), max(told["losing"], losing)
        if earned > 0:
            told["wins"] += 1
            told["won"] += earned
        if earned < 0:
            told["losses"] += 1
            told["lost"] -= earned
        told["best"] = earned if told["best"] is None else max(told["best"], earned)
        told["worst"] = earned if told["worst"] is None else min(told["worst"], earned)
        told["minutes"] += (event.close_timestamp - event.signal.timestamp) / 60_000
        move = (event.pnl.price_close - event.pnl.price_open) / event.pnl.price_open * 100
        told["costs"] += (move if event.signal.position == "long" else -move) - earned
    return {**told, "total": total, "reasons": reasons}


def agree(stats: Any, told: dict[str, Any]) -> None:
    closed = told["closed"]
    assert (stats.total_events, stats.opened, stats.closed) == (told["events"], told["opened"], closed)
    assert (stats.wins, stats.losses) == (told["wins"], told["losses"])
    assert (stats.winning_streak, stats.losing_streak) == (told["winning"], told["losing"])
    assert {reason.value: count for reason, count in stats.close_reasons.items()} == told["reasons"]
    assert stats.total_pnl == pytest.approx(told["total"], abs=1e-9)
    assert stats.max_drawdown == pytest.approx(told["drawdown"], abs=1e-9)
    assert stats.costs == pytest.approx(told["costs"], abs=1e-9)
    assert stats.profit_factor == (pytest.approx(told["won"] / told["lost"]) if told["losses"] else None)
    if not closed:
        assert stats.best is stats.worst is stats.win_rate is stats.average_pnl is stats.expectancy is None
        return
    assert (stats.best.pnl.pnl_percentage, stats.worst.pnl.pnl_percentage) == (told["best"], told["worst"])
    assert stats.win_rate == pytest.approx(told["wins"] / closed * 100)
    assert stats.average_pnl == pytest.approx(told["total"] / closed, abs=1e-9)
    assert stats.expectancy == pytest.approx(told["total"] / closed, abs=1e-9)
    assert stats.average_duration_minutes == pytest.approx(told["minutes"] / closed)


def once(events: list[Event]) -> list[Event]:
    kept: list[Event] = []
    for event in events:
        if all(event.event_id != other.event_id for other in kept):
            kept.append(event)
    return kept


def in_window(events: list[Event], window: Window) -> list[Event]:
    since = window.since if window.since is not None else -(10**18)
    until = window.until if window.until is not None else 10**18
    return [event for event in once(events) if since <= event.time < until]


@given(histories(), windows)
def test_all_totals_are_those_of_a_plain_loop_over_the_events_in_the_window(
    events: list[Event], window: Window
) -> None:
    found = results("breakout", events, window=window)
    told = in_window(events, window)
    assert list(found.events) == told
    agree(found.totals, plainly(told))
    assert found.running == pytest.approx(plainly(told)["running"])
    for symbol in SYMBOLS:
        of_symbol = [event for event in told if event.symbol == symbol]
        assert (symbol in found.by_symbol) == bool(of_symbol)
        if of_symbol:
            agree(found.by_symbol[symbol], plainly(of_symbol))
    closed = [event for event in told if isinstance(event, Closed)]
    assert set(found.by_reason) == {event.close_reason.value for event in closed}
    for reason, stats in found.by_reason.items():
        agree(stats, plainly([event for event in closed if event.close_reason == reason]))
    starts = {"2026-01": 0, "2026-02": 31, "2026-03": 59, "2026-04": 90}
    assert list(found.by_month) == sorted(found.by_month)
    assert sum(stats.closed for stats in found.by_month.values()) == len(closed)
    for month, after in (("2026-01", "2026-02"), ("2026-02", "2026-03"), ("2026-03", "2026-04")):
        first, stop = (T + starts[name] * DAY * MINUTE_MS for name in (month, after))
        of_month = [event for event in closed if first <= event.time < stop]
        assert (month in found.by_month) == bool(of_month)
        if of_month:
            agree(found.by_month[month], plainly(of_month))


@given(histories(), st.integers(0, 80 * DAY))
def test_two_windows_that_follow_each_other_have_each_event_once(events: list[Event], cut: int) -> None:
    moment = T + cut * MINUTE_MS
    before, after = (results("x", events, window=window) for window in (Window(None, moment), Window(moment, None)))
    assert [*before.events, *after.events] == once(events)
    assert before.totals.total_pnl + after.totals.total_pnl == pytest.approx(
        results("x", events).totals.total_pnl, abs=1e-9
    )


def test_a_signal_opened_before_the_window_and_closed_in_it_counts_as_closed() -> None:
    told = pair(0, 10, 20, Position.LONG, 103.0, reason=CloseReason.TAKE_PROFIT)
    found = results("x", told, window=Window(T + 15 * MINUTE_MS, None))
    assert (found.totals.opened, found.totals.closed, found.totals.wins) == (0, 1, 1)


def test_what_is_open_is_of_now_and_what_is_idle_is_left_out() -> None:
    signal = Signal("s1", Position.LONG, 100.0, 101.0, 99.0, 60, "", T)
    whose = Identity(Mode.PAPER, "demo", "x", "BTCUSDT")
    snapshots = [Snapshot(whose, Open(signal), Pulse()), Snapshot(whose, Idle(), Pulse())]
    found = results("x", [], snapshots, window=Window(T + DAY * MINUTE_MS, None))
    assert found.open_now == (snapshots[0],)
    assert (found.modes, found.exchanges) == (["paper"], ["demo"])


def test_a_signal_that_earned_nothing_ends_a_streak_of_either() -> None:
    told = [closed_at(number, earned) for number, earned in enumerate([1.0, 0.0, 1.0, -1.0, -1.0, 0.0, -1.0])]
    stats = results("x", told).totals
    assert (stats.winning_streak, stats.losing_streak) == (1, 2)


def test_a_window_says_whether_it_leaves_anything_out() -> None:
    assert EVERYTHING.is_everything
    assert not Window(0, None).is_everything
    assert not Window(None, 0).is_everything


@pytest.mark.parametrize(
    ("ms", "month"),
    [
        (T - 1, "2025-12"),
        (T, "2026-01"),
        (T + 31 * DAY * MINUTE_MS - 1, "2026-01"),
        (T + 31 * DAY * MINUTE_MS, "2026-02"),
        (-1, "1969-12"),
        (10**20, "-"),
        (-(10**20), "-"),
    ],
)
def test_a_month_begins_with_its_first_millisecond(ms: int, month: str) -> None:
    assert month_of(ms) == month


def test_the_market_and_holding_are_those_of_a_pocket_calculator() -> None:
    trial = Trial(T, T + 9 * MINUTE_MS, 100.0, 101.0, 0.1, 0.1)
    assert trial.minutes == 10
    assert trial.market_change == pytest.approx(1.0)
    assert trial.holding == 0.5982017982018049  # the reference's own vector for this trade
    assert trial.fees(3) == pytest.approx(0.6)


def test_without_a_price_at_both_ends_nothing_is_said_of_the_market() -> None:
    assert Trial(T, T, None, 101.0, 0.1, 0.1).market_change is None
    assert Trial(T, T, 100.0, None, 0.1, 0.1).holding is None


def test_the_costs_of_a_backtest_are_its_slippage_and_its_fees() -> None:
    told = pair(0, 0, 5, Position.LONG, 101.0, reason=CloseReason.TAKE_PROFIT)
    stats = results("x", told).totals
    slippage_only = pnl_percentage(Position.LONG, 100.0, 101.0, 0.1, 0.0)
    assert stats.costs == pytest.approx(1.0 - 0.5982017982018049)
    assert stats.costs - Trial(T, T, None, None, 0.1, 0.1).fees(1) == pytest.approx(1.0 - slippage_only)
