from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.core.codec import event_from_dict, event_to_dict
from livekit_cli.core.event import CloseReason, Mode
from livekit_cli.core.signal import Position
from livekit_cli.ui.lines import (
    clock_text,
    duration_text,
    event_json,
    event_line,
    minute_text,
    percent_text,
    price_text,
    time_text,
)


def test_an_opened_signal_is_one_line_that_a_person_can_read(world) -> None:
    assert event_line(world.opened()) == (
        "2026-03-02T00:11:00Z PAPER demo breakout BTCUSDT opened long "
        'entry=100 tp=101 sl=99.5 minutes=60 price=100.02 id=sig1 note="30m high"'
    )


def test_a_closed_signal_tells_why_and_what_it_earned(world) -> None:
    event = world.closed(pnl=-2.3958, mode=Mode.LIVE, close_reason=CloseReason.STOP_LOSS, replay=True, recovered=True)
    assert event_line(event) == (
        "2026-03-02T00:23:00Z LIVE demo breakout BTCUSDT closed long "
        "entry=100 exit=101 tp=101 sl=99.5 minutes=60 price=101.2 "
        'reason=stop_loss pnl=-2.40% duration=12m id=sig1 recovered replay note="30m high"'
    )


def test_a_signal_without_a_note_has_no_note_on_its_line(world) -> None:
    assert "note" not in event_line(world.opened(signal=world.signal(note="")))


def test_hostile_text_never_breaks_a_line_or_moves_its_words(world, harmless) -> None:
    for text in world.hostile:
        event = world.closed(signal=world.signal(note=text, id=text or "x"), symbol=text, exchange_name=text)
        line = event_line(event)
        assert harmless(line)
        assert line.split(" ")[5:7] == ["closed", "long"]


def test_the_json_line_is_the_documented_object(world) -> None:
    signal = world.signal(position=Position.SHORT, note="é\n\u2028")
    for event in (world.opened(signal=signal), world.closed(signal=signal)):
        line = event_json(event)
        assert line.isascii()
        assert "\n" not in line
        assert json.loads(line) == event_to_dict(event)
        assert event_from_dict(json.loads(line)) == event
    assert event_json(world.opened(signal=signal)).startswith('{"action":"opened","event_id":"sig1-opened","time":17')


def test_a_number_that_is_none_never_becomes_json(world) -> None:
    with pytest.raises(ValueError, match="JSON"):
        event_json(world.opened(current_price=float("nan")))


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (100.0, "100"),
        (0.1 + 0.2, "0.3"),
        (98765.4321, "98765.432"),
        (0.0000123456, "0.0000123456"),
        (0.00001234567891, "0.000012345679"),
        (123456789.0, "123456789"),
        (123456789012.75, "123456789013"),
        (99999999.99, "100000000"),
        (1e-9, "0.000000001"),
        (0.0, "0"),
        (-0.0, "0"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_a_price_has_eight_digits_and_no_noise(price: float, text: str) -> None:
    assert price_text(price) == text


@given(st.floats(1e-12, 1e12))
def test_a_shown_price_is_the_price(price: float) -> None:
    text = price_text(price)
    assert "e" not in text
    assert float(text) == pytest.approx(price, rel=1e-7)
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("percent", "text"), [(0.5982, "+0.60%"), (-2.3958, "-2.40%"), (0.0, "0.00%"), (-0.0, "0.00%"), (-0.001, "-0.00%")]
)
def test_a_percent_has_two_decimals_and_its_sign(percent: float, text: str) -> None:
    assert percent_text(percent) == text


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_is_shown_in_utc(time: datetime) -> None:
    time = time.replace(microsecond=0)
    ms = int(time.timestamp()) * 1000
    assert time_text(ms) == time.isoformat().replace("+00:00", "Z")


def test_a_minute_and_a_clock_are_parts_of_the_time() -> None:
    assert time_text(1_772_410_260_999) == "2026-03-02T00:11:00Z"
    assert minute_text(1_772_410_260_000) == "2026-03-02T00:11Z"
    assert clock_text(1_772_410_260_000) == "00:11"


def test_a_time_outside_the_calendar_is_still_shown() -> None:
    assert time_text(10**18) == "day+11574074074T01:46:40Z"
    assert time_text(-(10**18)).startswith("day-")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (-5, "0s"),
        (59_999, "59s"),
        (60_000, "1m"),
        (12 * 60_000, "12m"),
        (65 * 60_000, "1h05m"),
        (24 * 3_600_000, "1d00h"),
        (51 * 3_600_000, "2d03h"),
    ],
)
def test_a_duration_has_its_two_largest_units(ms: int, text: str) -> None:
    assert duration_text(ms) == text
