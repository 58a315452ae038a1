"""What an answer about candles is worth."""

from __future__ import annotations

from math import inf, nan

import pytest

from livekit_cli.core.candle import MINUTE_MS, Candle
from livekit_cli.core.page import FIRST_LOOK_MS, FUTURE_MS, Ask, Page, Times, ascending, plan, read_page, weightless
from livekit_cli.core.tape import Tape

M = MINUTE_MS
SETTLED = 1000
HOUR = FIRST_LOOK_MS // M


def candle(minute: int, close: float = 100.0) -> Candle:
    return Candle(minute * M, close, close + 1, close - 1, close, 1.0)


def page(rows: object, since: int, until: int, *, sent: float, proof: int | None = None, **more: bool) -> Page:
    """The answer `rows` to a question about the minutes [since, until), sent and received at the minute `sent`."""
    ask = Ask(since * M, since * M, until * M, M, None if proof is None else proof * M, **more)
    return read_page(rows, ask, Times(round(sent * M), round(sent * M), SETTLED))


def test_a_candle_that_a_later_one_follows_is_final() -> None:
    found = page([candle(9), candle(10), candle(11)], 10, 11, sent=11.0)
    assert (found.candles, found.stop, found.hole) == ([candle(10), candle(11)], 11 * M, None)


def test_a_candle_without_a_follower_is_final_once_the_exchange_has_had_its_time() -> None:
    assert page([candle(10)], 10, 11, sent=11 + 0.9 / 60).stop == 10 * M
    assert page([candle(10)], 10, 11, sent=11 + 1.0 / 60).stop == 11 * M


def test_an_answer_that_was_long_under_way_is_as_old_as_its_question() -> None:
    ask = Ask(10 * M, 10 * M, 11 * M, M)
    assert read_page([candle(10)], ask, Times(11 * M + 10, 11 * M + 9_000, SETTLED)).stop == 10 * M


def test_the_forming_candle_is_never_final() -> None:
    assert page([candle(9), candle(10)], 9, 11, sent=10.5).stop == 10 * M


def test_a_missing_candle_is_a_hole() -> None:
    assert page([candle(9), candle(12)], 9, 12, sent=12.0).hole == 10 * M
    assert page([candle(12)], 9, 12, sent=12.0).hole == 9 * M
    assert page([candle(9), candle(10), candle(11)], 9, 11, sent=11.0).hole is None


def test_an_answer_without_a_candle_is_true_only_with_one_that_was_known_before() -> None:
    assert not page([], 10, 11, sent=11.5).is_true
    assert not page([candle(5)], 10, 11, sent=11.5, proof=9).is_true
    assert not page([candle(9)], 10, 11, sent=11.5).is_true, "of one that is not known it proves nothing"
    assert page([candle(9)], 10, 11, sent=11.5, proof=9).is_true
    assert page([candle(9)], 10, 11, sent=11.5, proof=9).stop == 10 * M
    assert page([candle(10)], 10, 11, sent=11.5, proof=9).is_true


@pytest.mark.parametrize("rows", [None, "ok", {}, 7, [None], [[]], [[10 * M]], {"a": 1}])
def test_what_is_no_list_of_candles_says_nothing_and_is_refused(rows: object) -> None:
    found = page(rows, 10, 11, sent=11.5, proof=9)
    assert not found.is_true
    assert found.faults
    assert found.stop == 10 * M


def test_a_candle_from_the_future_is_refused_and_follows_nobody() -> None:
    found = page([candle(10), candle(12), candle(13)], 10, 11, sent=11.0)
    assert found.candles == [candle(10)]
    assert found.stop == 10 * M
    assert len(found.faults) == 2
    nearly = page([candle(10), candle(11)], 10, 11, sent=11 - FUTURE_MS / M)
    assert nearly.faults == [], "the clocks may differ a little"


def test_before_what_is_known_every_candle_is_final() -> None:
    assert page([candle(3), candle(6)], 2, 6, sent=9.0, proof=6, is_past=True).stop == 6 * M
    assert page([candle(6)], 2, 6, sent=9.0, proof=6, is_past=True).stop == 6 * M, "the exchange has none of them"
    assert page([], 2, 6, sent=9.0, proof=6, is_past=True).stop == 2 * M


# ---- what is asked for


def known(*minutes: int, stop: int | None = None) -> Tape:
    tape = Tape(M)
    if minutes:
        tape.add(map(candle, minutes), minutes[0] * M, (minutes[-1] + 1 if stop is None else stop) * M)
    return tape


def planned(tape: Tape, since: int, until: int, reach: int = 1000) -> tuple[int, int, int, int | None, int]:
    ask = plan(tape, (since * M, until * M), reach * M)
    proof = None if ask.proof is None else ask.proof // M
    return ask.first // M, ask.since // M, ask.until // M, proof, ask.count


def test_the_first_question_looks_back_far_enough_to_find_a_candle() -> None:
    assert planned(known(), 95, 100) == (100 - HOUR, 100 - HOUR, 100, None, HOUR + 1)
    assert planned(known(), 0, 100) == (0, 0, 100, None, 101)
    assert planned(known(), 95, 100, reach=20)[0] == 80, "but no further than a question reaches"


def test_a_question_takes_in_the_newest_known_candle_one_more_and_the_forming_one() -> None:
    assert planned(known(8, 9), 10, 11) == (8, 10, 11, 9, 4)
    assert planned(known(8, 9, stop=12), 12, 13) == (8, 12, 13, 9, 6), "after quiet minutes"


def test_a_candle_out_of_reach_is_no_proof() -> None:
    assert planned(known(8, 9, stop=60), 60, 61, reach=40) == (60, 60, 61, None, 2)


def test_what_lies_before_the_known_span_is_asked_for_up_to_its_oldest_candle() -> None:
    assert planned(known(50, 51), 40, 50) == (40, 40, 50, 50, 11)
    tape = Tape(M)
    tape.add([candle(53)], 50 * M, 54 * M)
    assert planned(tape, 40, 50) == (40, 40, 50, 53, 14)


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
    rows, faults = ascending([good, row], M)
    assert rows == [Candle(2 * M, 1, 1, 1, 1, 0)]
    assert len(faults) == 1
    assert says in faults[0]


def test_rows_are_sorted_and_doubles_told_apart() -> None:
    rows, faults = ascending([candle(3), candle(1), candle(3), candle(1, 7.0)], M)
    assert rows == [candle(3)], "of two that differ, nobody knows which one is right"
    assert faults == [f"two candles at {3 * M}", f"two different candles at {M}"]


def test_a_candle_that_moves_without_a_volume_has_no_weight() -> None:
    still = Candle(10 * M, 100.0, 100.0, 100.0, 100.0, 0.0)
    assert weightless([still], 100.0) is None, "a quiet minute"
    assert weightless([still], 99.0) == 10 * M, "the price has moved since the one before"
    assert weightless([candle(9), candle(10)._replace(volume=0.0)], 1.0) == 10 * M
    assert weightless([candle(9), still], 1.0) is None
    assert weightless([candle(9)], 1.0) is None
    assert weightless([], 1.0) is None
