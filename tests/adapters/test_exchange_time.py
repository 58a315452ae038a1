from __future__ import annotations

from dataclasses import dataclass

import pytest

from livekit_cli.adapters.clock import steady_ms, wall_ms
from livekit_cli.adapters.exchange_time import ABSURD_MS, TRIFLE_MS, ExchangeTime, Machine, Sample
from livekit_cli.core.errors import FeedError

NOW = 1_772_410_260_000


@dataclass
class Watch:
    """A machine whose clocks a test moves: `steady` goes on by itself, `wall` is what people set."""

    steady: int = 5_000_000
    wall_less_steady: int = NOW - 5_000_000

    @property
    def time(self) -> ExchangeTime:
        return ExchangeTime(self.machine)

    @property
    def machine(self) -> Machine:
        return Machine(wall=lambda: self.steady + self.wall_less_steady, steady=lambda: self.steady)

    def sample(self, ahead: int, took: int = 10, lag: float = 0.5) -> Sample:
        """The exchange's clock is `ahead` of the wall; the answer took `took` ms, read after a share of them."""
        return Sample(self.steady, self.steady + took, round(self.machine.wall() + lag * took + ahead))


def test_unmeasured_it_is_the_walls_and_follows_it() -> None:
    watch = Watch()
    time = watch.time
    assert time.now_ms() == time.counted_ms() == NOW
    watch.wall_less_steady += 5_000
    assert time.now_ms() == time.counted_ms() == NOW + 5_000


@pytest.mark.parametrize("ahead", [60_000, -60_000, 1_500, TRIFLE_MS + 1])
def test_a_difference_is_corrected(ahead: int) -> None:
    watch = Watch()
    time = watch.time
    assert time.measure([watch.sample(ahead)]) == ahead
    assert time.now_ms() == time.counted_ms() == NOW + ahead
    watch.steady += 90_000
    assert time.now_ms() == NOW + ahead + 90_000


@pytest.mark.parametrize("ahead", [0, 71, -71, TRIFLE_MS, -TRIFLE_MS])
def test_a_small_one_is_taken_for_none_by_minutes_and_known_exactly_all_the_same(ahead: int) -> None:
    watch = Watch()
    time = watch.time
    assert time.measure([watch.sample(ahead)]) == 0
    assert time.counted_ms() == NOW
    assert time.now_ms() == NOW + ahead


def test_the_best_sample_counts() -> None:
    watch = Watch()
    samples = [
        watch.sample(2_000, took=900, lag=1.0),
        watch.sample(2_000, took=10),
        watch.sample(2_000, took=400, lag=0),
    ]
    assert watch.time.measure(samples) == 2_000


def test_a_difference_within_the_error_of_the_measurement_is_none() -> None:
    watch = Watch()
    assert watch.time.measure([watch.sample(0, took=3_000, lag=1.0)]) == 0
    assert watch.time.measure([watch.sample(1_000, took=3_000)]) == 0
    assert watch.time.measure([watch.sample(2_000, took=3_000)]) == 2_000


@pytest.mark.parametrize("step", [-5_000, 5_000, -3_600_000])
def test_a_wall_clock_that_is_set_changes_nothing_once_it_was_measured(step: int) -> None:
    watch = Watch()
    time = watch.time
    time.measure([watch.sample(0)])
    watch.wall_less_steady += step
    watch.steady += 1_000
    assert time.counted_ms() == NOW + 1_000
    assert time.wall_was_set
    assert time.is_doubted
    assert time.measure([watch.sample(-step)]) == -step
    assert time.counted_ms() == NOW + 1_000
    assert not time.is_doubted


def test_a_wall_clock_that_is_slewed_a_little_is_not_doubted() -> None:
    watch = Watch()
    time = watch.time
    time.measure([watch.sample(0)])
    watch.wall_less_steady += 100
    assert not time.is_doubted


def test_a_complaint_is_a_reason_to_measure_again() -> None:
    watch = Watch()
    time = watch.time
    time.measure([watch.sample(0)])
    time.doubt()
    assert time.is_doubted
    time.measure([watch.sample(0)])
    assert not time.is_doubted


@pytest.mark.parametrize("ahead", [ABSURD_MS, -ABSURD_MS, -NOW])
def test_days_of_difference_are_a_mistake_and_not_believed(ahead: int) -> None:
    watch = Watch()
    time = watch.time
    with pytest.raises(FeedError, match="days apart; one of them is wrong"):
        time.measure([watch.sample(ahead)])
    assert time.counted_ms() == NOW


def test_what_time_it_was_there_at_some_moment() -> None:
    watch = Watch()
    time = watch.time
    time.measure([watch.sample(60_000)])
    assert time.at(watch.steady - 4_000) == NOW + 60_000 - 4_000


def test_the_machines_own_clocks_agree_over_a_moment() -> None:
    machine = Machine()
    assert machine.wall is wall_ms
    assert machine.steady is steady_ms
    walls, steadies = [], []
    for _ in range(1000):
        walls.append(machine.wall())
        steadies.append(machine.steady())
    assert steadies == sorted(steadies)
    assert abs((walls[-1] - walls[0]) - (steadies[-1] - steadies[0])) <= 50
