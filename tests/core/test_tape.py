from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as some

from livekit_cli.core.candle import MINUTE_MS, Candle
from livekit_cli.core.tape import Tape, ascending

M = MINUTE_MS


def candle(minute: int, close: float = 100.0) -> Candle:
    return Candle(minute * M, close, close + 1, close - 1, close, 1.0)


def times(tape: Tape, until: int, limit: int = 10_000) -> list[int]:
    return [time // M for time in tape.window(until * M, limit).timestamps]


def asked(tape: Tape, since: int, until: int) -> tuple[int, int] | None:
    span = tape.missing(since * M, until * M)
    return span and (span[0] // M, span[1] // M)


@pytest.fixture
def tape() -> Tape:
    tape = Tape(M)
    tape.add([candle(10), candle(12)], 10 * M, 15 * M)
    return tape


def test_only_what_is_missing_is_asked_for(tape: Tape) -> None:
    assert asked(tape, 10, 15) is None
    assert asked(tape, 12, 16) == (15, 16)
    assert asked(tape, 5, 15) == (5, 10)
    assert asked(tape, 5, 20) == (15, 20)
    assert asked(Tape(M), 5, 20) == (5, 20)
    assert asked(tape, 15, 15) is None


def test_a_span_far_from_the_known_one_takes_its_place(tape: Tape) -> None:
    assert asked(tape, 100, 105) == (100, 105)
    tape.add([candle(101)], 100 * M, 105 * M)
    assert times(tape, 105) == [101]
    assert asked(tape, 10, 15) == (10, 15)


def test_a_window_holds_only_what_had_closed(tape: Tape) -> None:
    assert times(tape, 12) == [10]
    assert times(tape, 13) == [10, 12]
    assert times(tape, 13, 1) == [12]


def test_a_quiet_minute_of_the_known_span_is_not_asked_about_again(tape: Tape) -> None:
    assert asked(tape, 11, 12) is None
    assert asked(tape, 13, 15) is None


def test_what_was_handed_out_stays_as_it_was(tape: Tape) -> None:
    seen = tape.window(15 * M, 10)
    before = list(seen)
    tape.add([candle(15)], 15 * M, 16 * M)
    tape.add([candle(12, 50.0)], 12 * M, 13 * M)
    assert list(seen) == before


def test_old_candles_are_dropped_but_never_those_asked_for() -> None:
    tape = Tape(M)
    tape.window(0, 100)
    for minute in range(1000):
        tape.add([candle(minute)], minute * M, (minute + 1) * M)
        assert len(tape) <= 400
        assert times(tape, minute + 1, 100) == list(range(max(0, minute - 99), minute + 1))
    assert asked(tape, 0, 1000) == (0, tape.start // M), "what was dropped is not known any more"


@given(
    some.lists(some.tuples(some.integers(0, 60), some.integers(1, 20)), max_size=12), some.sets(some.integers(0, 80))
)
def test_in_the_known_span_is_exactly_what_the_exchange_has(spans: list[tuple[int, int]], quiet: set[int]) -> None:
    tape = Tape(M)
    for since, length in spans:
        rows = [candle(minute) for minute in range(since, since + length) if minute not in quiet]
        tape.add(rows, since * M, (since + length) * M)
        start, stop = tape.start // M, tape.stop // M
        assert start <= since < since + length <= stop
        assert times(tape, stop) == [minute for minute in range(start, stop) if minute not in quiet]
        assert asked(tape, start, stop) is None


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([M, 1, 2, 3, 2, 1], "low 3.0 is above"),
        ([M, 3, 2, 1, 2, 1], "high 2.0 is below"),
        ([M, 1, nan, 1, 1, 1], "high is nan"),
        ([M, inf, inf, 1, 1, 1], "open is inf"),
        ([M, 1, 1, 1, 1, -1], "volume is -1.0"),
        ([M, 0, 1, 0, 1, 1], "open is 0.0"),
        ([M + 1, 1, 1, 1, 1, 1], "no multiple of"),
        ([M, 1, 1, 1, 1], "is no candle"),
        ([None, 1, 1, 1, 1, 1], "is no candle"),
        ([M, None, 1, 1, 1, 1], "is no candle"),
        ("garbage", "is no candle"),
        (7, "is no candle"),
    ],
)
def test_a_row_that_is_no_candle_is_refused_and_the_others_stay(row: object, says: str) -> None:
    good = [2 * M, 1.0, 1.0, 1.0, 1.0, 0.0]
    rows, faults = ascending([good, row], M)  # type: ignore[list-item]
    assert rows == [Candle(2 * M, 1, 1, 1, 1, 0)]
    assert len(faults) == 1
    assert says in faults[0]


def test_rows_are_sorted_and_doubles_told_apart() -> None:
    rows, faults = ascending([candle(3), candle(1), candle(3), candle(1, 7.0)], M)
    assert rows == [candle(1), candle(3)]
    assert faults == [f"two different candles at {M}"]
