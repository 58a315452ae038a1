from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from livekit_cli.core.candle import MINUTE_MS, Candle
from livekit_cli.core.tape import REMEMBERED, SPARE, Tape

M = MINUTE_MS


def candle(minute: int, close: float = 100.0) -> Candle:
    return Candle(minute * M, close, close + 1, close - 1, close, 1.0)


def times(tape: Tape, until: int, limit: int = 10_000) -> list[int]:
    return [time // M for time in tape.window(until * M, limit).timestamps]


def asked(tape: Tape, since: int, until: int, reach: int = 1000) -> tuple[int, int] | None:
    span = tape.missing(since * M, until * M, reach * M)
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
    assert asked(tape, 100, 105) == (15, 105), "the time in between is within reach of one question"
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


def test_a_long_span_is_asked_for_from_its_end_in_pieces_that_touch() -> None:
    tape, spans = Tape(M), []
    tape.keep(3000)
    while span := asked(tape, 0, 3000, reach=900):
        spans.append(span)
        tape.add(map(candle, range(*span)), span[0] * M, span[1] * M)
    assert spans == [(2100, 3000), (1200, 2100), (300, 1200), (0, 300)]
    assert times(tape, 3000) == list(range(3000))


def test_a_known_span_that_is_out_of_reach_is_given_up(tape: Tape) -> None:
    assert asked(tape, 12, 115, reach=100) == (15, 115)
    assert asked(tape, 12, 116, reach=100) == (16, 116)


def test_whether_a_symbol_always_has_candles(tape: Tape) -> None:
    assert not tape.is_dense(2), "minute 14 has none"
    tape.add([candle(minute) for minute in (15, 16, 17)], 15 * M, 18 * M)
    assert tape.is_dense(3)
    assert not tape.is_dense(4)
    assert not Tape(M).is_dense(3)


def test_old_candles_are_dropped_but_never_those_asked_for() -> None:
    tape = Tape(M)
    for minute in range(1000):
        tape.keep(100)
        tape.add([candle(minute)], minute * M, (minute + 1) * M)
        assert len(tape) <= 400
        assert times(tape, minute + 1, 100) == list(range(max(0, minute - 99), minute + 1))
    assert asked(tape, 0, 1000) == (0, tape.start // M), "what was dropped is not known any more"


def test_what_was_once_asked_for_is_let_go_in_time() -> None:
    tape = Tape(M)
    tape.keep(3000)
    tape.add(map(candle, range(3000)), 0, 3000 * M)
    assert len(tape) == 3000
    for minute in range(3000, 3000 + 2 * REMEMBERED + SPARE):
        tape.keep(5)
        tape.add([candle(minute)], minute * M, (minute + 1) * M)
    assert len(tape) <= 2 * (5 + SPARE)


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


def test_a_symbol_is_busy_when_there_was_trade_in_most_of_its_newest_minutes(tape: Tape) -> None:
    assert not Tape(M).is_busy(10)
    quiet = [candle(minute)._replace(volume=0.0) for minute in range(15, 25)]
    tape.add(quiet[:1], 15 * M, 16 * M)
    assert tape.is_busy(3)
    tape.add(quiet[1:], 16 * M, 25 * M)
    assert not tape.is_busy(10)
    assert not tape.is_busy(100)


def test_its_close_is_that_of_the_newest_candle(tape: Tape) -> None:
    tape.add([candle(15, 7.0)], 15 * M, 16 * M)
    assert tape.close == 7.0
