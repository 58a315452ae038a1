from __future__ import annotations

from email.utils import formatdate

import pytest

from livekit_cli.adapters.ccxt_pauses import (
    LONGEST_SECONDS,
    LONGEST_TOLD_SECONDS,
    USUAL_SECONDS,
    Pauses,
    retry_after,
)

NOW_MS = 1_772_410_260_000
TOO_MANY, SHUT_OUT = ["RateLimitExceeded", "NetworkError"], ["DDoSProtection", "NetworkError"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        (" 1.5 ", 1.5),
        ("120", 120.0),
        (formatdate(NOW_MS / 1000 + 30, usegmt=True), 30.0),
        (formatdate(NOW_MS / 1000 - 30, usegmt=True), 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("1e3", None),
        ("nan", None),
        ("inf", None),
        ("1.2.3", None),
        ("Thu, 99 Foo 2026", None),
        ("9" * 400, float("inf")),
    ],
)
def test_a_retry_after_is_seconds_or_a_date_or_nothing(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, NOW_MS) == seconds


def test_a_header_is_found_in_any_case_and_missed_where_it_is_not() -> None:
    assert retry_after({"RETRY-after": "3"}, NOW_MS) == 3.0
    assert retry_after({"Date": "3"}, NOW_MS) is None


def heeded(
    pauses: Pauses, kinds: list[str], *, now: float, sent: float | None = None, after: str | None = None
) -> float:
    """How long it is to be left alone after a refusal at `now`."""
    headers = {} if after is None else {"Retry-After": after}
    pauses.heed(kinds, headers, sent=now if sent is None else sent, now=now, wall_ms=NOW_MS)
    return pauses.left(now)


def test_only_refusals_make_a_pause() -> None:
    pauses = Pauses()
    assert heeded(pauses, ["RequestTimeout", "NetworkError"], now=100, after="9") <= 0


def test_what_the_exchange_asks_for_is_what_it_gets() -> None:
    assert heeded(Pauses(), TOO_MANY, now=100, after="7") == 7
    assert heeded(Pauses(), SHUT_OUT, now=100, after="120") == 120
    assert heeded(Pauses(), SHUT_OUT, now=100, after=str(2 * 86_400)) == 2 * 86_400, "two days of a ban"
    assert heeded(Pauses(), TOO_MANY, now=100, after="0") == 0
    assert heeded(Pauses(), SHUT_OUT, now=100, after="9" * 400) == LONGEST_TOLD_SECONDS, "but not for ever"


def test_without_a_word_it_is_left_alone_for_as_long_as_is_usual_and_longer_each_time() -> None:
    pauses, now, found = Pauses(), 100.0, []
    for _ in range(14):
        found.append(heeded(pauses, TOO_MANY, now=now, after="garbage"))
        now += found[-1] + 1
    assert found[:3] == [USUAL_SECONDS["RateLimitExceeded"] * factor for factor in (1, 2, 4)]
    assert found[-1] == LONGEST_SECONDS


def test_one_that_asks_for_no_pause_and_refuses_all_the_same_gets_one() -> None:
    pauses = Pauses()
    assert heeded(pauses, TOO_MANY, now=100, after="0") == 0
    assert 0 < heeded(pauses, TOO_MANY, now=101, after="0") < heeded(pauses, TOO_MANY, now=103, after="0")


def test_fifty_requests_that_are_refused_together_are_one_refusal() -> None:
    pauses = Pauses()
    for number in range(50):
        heeded(pauses, TOO_MANY, now=100 + number / 1000, sent=99.9)
    assert pauses.left(100) < 2 * USUAL_SECONDS["RateLimitExceeded"]


def test_an_answer_to_a_later_request_ends_the_doubling_and_one_to_an_earlier_does_not() -> None:
    pauses = Pauses()
    heeded(pauses, TOO_MANY, now=100)
    pauses.over(99.0)
    assert heeded(pauses, TOO_MANY, now=106) == 10
    pauses.over(117.0)
    assert heeded(pauses, TOO_MANY, now=120) == 5


def test_a_shorter_pause_does_not_cut_a_longer_one() -> None:
    pauses = Pauses()
    heeded(pauses, SHUT_OUT, now=100, after="120")
    assert heeded(pauses, TOO_MANY, now=101, after="1") == 119
