"""The word for a symbol's health: what each is said of, and the laws that hold between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import CloseReason, Mode
from livekit_cli.core.health import BEAT_MS, LATE_MS, Health, Verdict, feed_age, judge
from livekit_cli.core.link import Link
from livekit_cli.core.pulse import Pulse, Snapshot
from livekit_cli.core.signal import OrderSide, Position, Signal
from livekit_cli.core.state import Closing, Identity, Idle, Open, Opening, Order, State

WALL = 1_772_410_205_000
MARKET = 1_900_000_020_000
"""A market that ran ahead of the wall, as the demo does; a whole minute."""

WORST_LAST = list(Health)
IDENTITY = Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT")
SIGNAL = Signal("sig", Position.LONG, 100.0, 101.0, 99.0, 60, "", MARKET)
ORDER = Order("sig-open", "BTCUSDT", OrderSide.BUY, 100.0, MARKET)
STATES: tuple[State, ...] = (
    Idle(),
    Open(SIGNAL),
    Opening(SIGNAL, ORDER, 100.0),
    Closing(SIGNAL, ORDER, CloseReason.STOP_LOSS, False),
)
WELL = Pulse(
    seq=7,
    minute=MARKET,
    heartbeat=WALL,
    newest_candle=MARKET,
    next_due=MARKET + MINUTE_MS,
    status="running",
    pid=4711,
    host="here",
    since=WALL - 3_600_000,
    first=MARKET - 60 * MINUTE_MS,
)


def seen(held: bool | None = True, state: State = STATES[0], **pulse: Any) -> Snapshot:
    """A symbol that is well, but for this."""
    return Snapshot(IDENTITY, state, WELL._replace(**pulse), held)


DOWN = Link(unavailable_since=WALL - 7 * MINUTE_MS)


def blind(link: Link) -> Snapshot:
    """One that has had no candle for so long that it is STALE."""
    return seen(newest_candle=MARKET - LATE_MS, link=link)


def word(snapshot: Snapshot, later: int = 0) -> Health:
    return judge(snapshot, WALL + later).health


# ---- each word


@pytest.mark.parametrize(
    ("snapshot", "later", "verdict"),
    [
        (seen(), 0, Verdict(Health.OK, "running")),
        (seen(), BEAT_MS - 1, Verdict(Health.OK, "running")),
        (seen(None), BEAT_MS - 1, Verdict(Health.OK, "running")),
        (seen(), BEAT_MS, Verdict(Health.STUCK, "no heartbeat", BEAT_MS)),
        (seen(None), BEAT_MS, Verdict(Health.STUCK, "no heartbeat", BEAT_MS)),
        (seen(), -BEAT_MS, Verdict(Health.STUCK, "heartbeat ahead of the clock")),
        (seen(), 1 - BEAT_MS, Verdict(Health.OK, "running")),
        (seen(False), 0, Verdict(Health.DEAD, "process gone", 0)),
        (seen(False), 7 * BEAT_MS, Verdict(Health.DEAD, "process gone", 7 * BEAT_MS)),
        (seen(False), -5, Verdict(Health.DEAD, "process gone")),
        (seen(status="stopped"), 9, Verdict(Health.STOPPED, "not running", 9)),
        (seen(status="ended"), 9, Verdict(Health.STOPPED, "at the end of its candles", 9)),
        (seen(status="halted"), 9, Verdict(Health.HALTED, "needs a person", 9)),
        (seen(status="starting", first=None), 0, Verdict(Health.OK, "starting")),
        (seen(status="starting", first=None), BEAT_MS, Verdict(Health.STUCK, "no heartbeat", BEAT_MS)),
        (seen(next_due=None), 0, Verdict(Health.OK, "starting")),
        # A failed symbol gives its journal back until it restarts; from its process there is no more to hear than that.
        (seen(False, status="restarting"), 9, Verdict(Health.STUCK, "failed, restarting", 9)),
        (seen(True, status="restarting"), 9, Verdict(Health.STUCK, "failed, restarting", 9)),
        (seen(False, status="restarting"), BEAT_MS, Verdict(Health.DEAD, "process gone", BEAT_MS)),
        # No pulse at all.
        (seen(True, heartbeat=None), 0, Verdict(Health.STUCK, "no pulse")),
        (seen(None, heartbeat=None), 0, Verdict(Health.STUCK, "no pulse")),
        (seen(False, heartbeat=None), 0, Verdict(Health.DEAD, "process gone, and no pulse")),
        (seen(True, heartbeat=None, minute=None), 0, Verdict(Health.OK, "starting")),
        (seen(False, heartbeat=None, minute=None), 0, Verdict(Health.STOPPED, "has not run yet")),
        (seen(None, heartbeat=None, minute=None), 0, Verdict(Health.STOPPED, "has not run yet")),
        # The feed.
        (seen(newest_candle=MARKET - LATE_MS), 0, Verdict(Health.STALE, "no new candle", LATE_MS)),
        (seen(newest_candle=MARKET - LATE_MS + MINUTE_MS), 0, Verdict(Health.OK, "running")),
        (seen(newest_candle=None), 0, Verdict(Health.STALE, "no new candle", 60 * MINUTE_MS)),
        (seen(newest_candle=None, first=MARKET), 0, Verdict(Health.OK, "running")),
        # A feed that fails finishes no minute either, and it is the feed that is to blame.
        (
            seen(newest_candle=MARKET - LATE_MS, minute=MARKET - LATE_MS),
            0,
            Verdict(Health.STALE, "no new candle", LATE_MS),
        ),
        # The exchange behind the feed.
        (blind(Link()), 0, Verdict(Health.STALE, "no new candle", LATE_MS)),
        (blind(DOWN), 0, Verdict(Health.STALE, "exchange unavailable", 7 * MINUTE_MS)),
        (blind(DOWN), 5, Verdict(Health.STALE, "exchange unavailable", 7 * MINUTE_MS + 5)),
        (blind(DOWN._replace(unavailable_since=WALL + 9)), 0, Verdict(Health.STALE, "exchange unavailable")),
        (blind(Link(unavailable_since=WALL)), MINUTE_MS, Verdict(Health.STALE, "exchange unavailable", MINUTE_MS)),
        # What has only begun does not explain what has lasted.
        (blind(Link(unavailable_since=WALL)), MINUTE_MS - 1, Verdict(Health.STALE, "no new candle", LATE_MS)),
        (
            blind(DOWN._replace(left_alone_until=WALL + 9)),
            0,
            Verdict(Health.STALE, "exchange shuts us out", 7 * MINUTE_MS),
        ),
        (
            blind(DOWN._replace(left_alone_until=WALL + 9)),
            9,
            Verdict(Health.STALE, "exchange unavailable", 7 * MINUTE_MS + 9),
        ),
        (
            blind(Link(left_alone_until=WALL + 9)),
            0,
            Verdict(Health.STALE, "exchange shuts us out", LATE_MS),
        ),
        (seen(link=DOWN), 0, Verdict(Health.OK, "running")),
        # The minutes.
        (seen(minute=MARKET - LATE_MS), 0, Verdict(Health.STUCK, "no minute finished", LATE_MS)),
        (seen(minute=MARKET - LATE_MS + MINUTE_MS), 0, Verdict(Health.OK, "running")),
        (seen(minute=None, first=MARKET - LATE_MS), 0, Verdict(Health.STUCK, "no minute finished", LATE_MS)),
        # A run that goes on after two days has not been stuck for two days.
        (seen(minute=MARKET - 2880 * MINUTE_MS, first=MARKET), 0, Verdict(Health.OK, "running")),
        # An order that nobody answers keeps the symbol from looking at candles.
        *(
            (
                seen(state=state, newest_candle=MARKET - 9 * MINUTE_MS, minute=MARKET - 9 * MINUTE_MS),
                0,
                Verdict(Health.STUCK, "order not settled", 9 * MINUTE_MS),
            )
            for state in STATES[2:]
        ),
    ],
)
def test_what_each_word_is_said_of(snapshot: Snapshot, later: int, verdict: Verdict) -> None:
    assert judge(snapshot, WALL + later) == verdict


def test_the_age_of_the_feed_is_what_the_newest_candle_lies_behind_the_minute_looked_at() -> None:
    assert feed_age(WELL) == 0
    assert feed_age(WELL._replace(newest_candle=MARKET - 5 * MINUTE_MS)) == 5 * MINUTE_MS
    assert feed_age(WELL._replace(newest_candle=None)) is None
    assert feed_age(WELL._replace(next_due=None)) is None


# ---- laws

FAREWELLS = {"stopped": Health.STOPPED, "ended": Health.STOPPED, "halted": Health.HALTED}
AGES = st.integers(0, 20).map(lambda minutes: MARKET - minutes * MINUTE_MS)
PULSES = st.builds(
    Pulse,
    minute=st.none() | AGES,
    heartbeat=st.none() | st.integers(WALL - 3 * BEAT_MS, WALL + 3 * BEAT_MS),
    newest_candle=st.none() | AGES,
    next_due=st.none() | AGES.map(lambda time: time + MINUTE_MS),
    first=st.none() | AGES,
    link=st.none()
    | st.builds(
        Link,
        unavailable_since=st.none() | st.integers(WALL - BEAT_MS, WALL + BEAT_MS),
        left_alone_until=st.none() | st.integers(WALL - BEAT_MS, WALL + BEAT_MS),
    ),
    status=st.sampled_from(("starting", "running", "restarting", *FAREWELLS)),
    pid=st.integers(0, 2**22),
    host=st.sampled_from(("", "here", "there")),
    since=st.none() | st.integers(WALL - 10**9, WALL + 10**9),
    error=st.none() | st.just("x"),
    seq=st.integers(0, 99),
    began=st.integers(0, 99),
)
SNAPSHOTS = st.builds(
    Snapshot, st.just(IDENTITY), st.sampled_from(STATES), PULSES, st.sampled_from((True, False, None))
)


@given(SNAPSHOTS, st.integers(0, 2**22), st.integers(0, 10**13))
def test_a_pid_proves_nothing_nor_does_since(snapshot: Snapshot, pid: int, since: int) -> None:
    other = snapshot.pulse._replace(pid=pid, host="elsewhere", since=since, command="x", error=None, seq=0, began=0)
    assert judge(replace(snapshot, pulse=other), WALL) == judge(snapshot, WALL)


@given(SNAPSHOTS)
def test_a_farewell_is_believed_whatever_else_there_is(snapshot: Snapshot) -> None:
    if snapshot.pulse.status in FAREWELLS:
        assert word(snapshot) == FAREWELLS[snapshot.pulse.status]
    else:
        assert word(snapshot) != Health.HALTED


@given(SNAPSHOTS)
def test_nobody_is_well_whose_lock_is_free_or_whose_heart_does_not_beat(snapshot: Snapshot) -> None:
    verdict = judge(snapshot, WALL)
    if verdict.health in (Health.OK, Health.STALE):
        assert snapshot.held is not False
        assert snapshot.pulse.heartbeat is None or abs(WALL - snapshot.pulse.heartbeat) < BEAT_MS
    if verdict.health == Health.DEAD:
        assert snapshot.held is False


@given(SNAPSHOTS)
def test_who_lost_the_lock_without_a_farewell_is_dead_at_once(snapshot: Snapshot) -> None:
    pulse = snapshot.pulse._replace(minute=MARKET)
    assume(pulse.status not in (*FAREWELLS, "restarting"))
    assert word(replace(snapshot, pulse=pulse, held=False)) == Health.DEAD


@given(SNAPSHOTS, st.integers(-(10**12), 10**12))
def test_wall_and_market_may_be_any_distance_apart(snapshot: Snapshot, shift: int) -> None:
    shift -= shift % MINUTE_MS
    moved = {
        name: None if time is None else max(time + shift, MINUTE_MS)
        for name in ("minute", "newest_candle", "next_due", "first")
        for time in [getattr(snapshot.pulse, name)]
    }
    assert judge(replace(snapshot, pulse=snapshot.pulse._replace(**moved)), WALL) == judge(snapshot, WALL)


@given(SNAPSHOTS, st.integers(0, 9 * BEAT_MS), st.integers(0, 9 * BEAT_MS))
def test_while_nothing_is_heard_it_only_gets_worse(snapshot: Snapshot, sooner: int, longer: int) -> None:
    assume(snapshot.pulse.heartbeat is None or snapshot.pulse.heartbeat <= WALL)
    sooner, longer = sorted((sooner, longer))
    assert WORST_LAST.index(word(snapshot, longer)) >= WORST_LAST.index(word(snapshot, sooner))


@given(SNAPSHOTS)
def test_an_age_is_never_negative(snapshot: Snapshot) -> None:
    assert (judge(snapshot, WALL).age_ms or 0) >= 0


@given(SNAPSHOTS)
def test_every_word_but_ok_has_a_reason(snapshot: Snapshot) -> None:
    assert judge(snapshot, WALL).reason
