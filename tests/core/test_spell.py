from __future__ import annotations

from livekit_cli.core.spell import CALM_SECONDS, LONGEST_CALM_SECONDS, Spell
from livekit_cli.core.told import Told, is_doubling


def test_a_spell_is_told_when_it_begins_and_when_it_ends_and_not_in_between() -> None:
    spell = Spell()
    assert spell.good(0) is None
    assert spell.bad(10)
    assert [spell.bad(second) for second in (20, 30)] == [False, False]
    assert spell.count == 3
    assert spell.good(40) == 30
    assert spell.good(50) is None


def test_after_a_relapse_the_good_has_to_last_before_it_is_told() -> None:
    spell = Spell()
    spell.bad(0)
    assert spell.good(10) is not None
    assert spell.bad(20)
    assert spell.good(30) is None
    assert not spell.bad(40), "that was no end"
    assert spell.good(50) is None
    assert spell.good(50 + CALM_SECONDS) == 30, "from 20 to 50, when the good began"


def test_what_comes_and_goes_all_day_is_told_a_few_times() -> None:
    spell, told = Spell(), 0
    for minute in range(0, 1440, 2):
        told += spell.bad(minute * 60)
        told += spell.good(minute * 60 + 60) is not None
    assert told < 5


def test_after_a_good_hour_the_next_end_is_told_at_once_again() -> None:
    spell = Spell()
    for second in (0, 100):
        spell.bad(second)
        spell.good(second + 10)
    spell.good(110 + CALM_SECONDS)
    later = 110 + CALM_SECONDS + LONGEST_CALM_SECONDS
    assert spell.bad(later)
    assert spell.good(later + 1) == 1


def test_a_report_is_news_once_as_long_as_it_goes_on() -> None:
    told = Told()
    minute = 60_000
    assert told.is_news(minute, "late")
    assert not told.is_news(2 * minute, "late")
    assert told.is_news(3 * minute, "other")
    assert told.is_news(9 * minute, "other"), "after a pause"


def test_an_alarm_is_told_ever_more_rarely() -> None:
    assert [count for count in range(3, 200) if is_doubling(count, 3)] == [3, 6, 12, 24, 48, 96, 192]
