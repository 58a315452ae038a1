"""How the texts of shared options are read."""

from __future__ import annotations

import pytest

from livekit_cli.cli.options import since
from livekit_cli.core.errors import UsageError

NOW = 1_772_410_245_123
"""2026-03-02T00:10:45.123Z"""

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-02", 1_772_409_600_000),
        ("2026-03-02T00:10:05", 1_772_410_205_000),
        ("2026-03-02T00:10Z", 1_772_410_200_000),
        ("2026-03-02T01:10+01:00", 1_772_410_200_000),
        ("1772410200001", 1_772_410_200_001),
        ("45s", NOW - 45_000),
        ("90m", NOW - 90 * MINUTE),
        ("2h", NOW - 2 * HOUR),
        ("3d", NOW - 3 * DAY),
        ("1w", NOW - 7 * DAY),
        ("1d12h", NOW - 36 * HOUR),
        ("1h05m", NOW - 65 * MINUTE),
        (" 2h ", NOW - 2 * HOUR),
        ("0s", NOW),
        (None, None),
    ],
)
def test_since_is_a_time_or_an_age(text: str | None, time: int | None) -> None:
    assert since(text, NOW) == time


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2", "2 h", "h", "2x", "-3d", "3h2d", "2026-13-01", "\u0663h", "9" * 5000]
)
def test_what_is_neither_is_refused_and_says_what_is_expected(text: str) -> None:
    with pytest.raises(UsageError, match=r"--since is .* expected .*2026-03-01"):
        since(text, NOW)


@pytest.mark.parametrize("text", ["2026", "20260302", "1772410200", "0", "9" * 4000])
def test_a_year_a_bare_date_and_seconds_are_no_milliseconds(text: str) -> None:
    with pytest.raises(UsageError, match="expected milliseconds since 1970"):
        since(text, NOW)
