"""A strategy has its say once in each interval."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.core.candle import INTERVALS, MINUTE_MS
from livekit_cli.core.schedule import ATTEMPTS, Turn, bucket

INTERVAL = st.sampled_from(sorted(INTERVALS.values()))
MINUTE = st.integers(0, 40_000_000).map(lambda number: number * MINUTE_MS)


@given(MINUTE, INTERVAL)
def test_a_bucket_is_aligned_to_the_epoch_and_holds_its_minute(time: int, interval: int) -> None:
    start = bucket(time, interval)
    assert start % interval == 0
    assert start <= time < start + interval


@given(MINUTE, INTERVAL)
def test_a_new_turn_is_due_at_once(time: int, interval: int) -> None:
    assert Turn().is_due(time, interval)


@given(MINUTE, INTERVAL)
def test_an_answer_uses_up_exactly_its_bucket(time: int, interval: int) -> None:
    turn, start = Turn().answered(time, interval), bucket(time, interval)
    assert not any(turn.is_due(minute, interval) for minute in range(start, start + interval, MINUTE_MS))
    assert turn.is_due(start + interval, interval)


@given(MINUTE, INTERVAL)
def test_the_last_of_three_failures_uses_the_bucket_up(time: int, interval: int) -> None:
    turn = Turn()
    for attempt in range(1, ATTEMPTS + 1):
        turn = turn.failed(time, interval)
        assert turn.is_due(time, interval) == (attempt < ATTEMPTS)
    assert turn.is_due(bucket(time, interval) + interval, interval)


@given(MINUTE, INTERVAL)
def test_failures_are_counted_for_each_bucket_anew(time: int, interval: int) -> None:
    turn = Turn().failed(time, interval).failed(time, interval)
    following = turn.failed(time + interval, interval)
    assert following.failures == 1
    assert following.is_due(time + interval, interval)


@given(MINUTE, INTERVAL)
def test_an_answer_forgets_the_failures_before_it(time: int, interval: int) -> None:
    assert Turn().failed(time, interval).answered(time, interval) == Turn(bucket(time, interval))
