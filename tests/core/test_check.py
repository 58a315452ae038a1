from __future__ import annotations

import pytest

from livekit_cli.core.check import Answer, Sign, exit_code


def wrong(code: int) -> Answer:
    return Answer("it", Sign.WRONG, "is broken", "Mend it", code)


@pytest.mark.parametrize(
    ("codes", "code"),
    [([], 0), ([78], 78), ([78, 73], 73), ([73, 74, 78], 74), ([78, 65, 74, 73], 65), ([1], 1), ([1, 78], 78)],
)
def test_the_exit_code_is_that_of_the_gravest(codes: list[int], code: int) -> None:
    assert exit_code(map(wrong, codes)) == code
    assert exit_code(map(wrong, reversed(codes))) == code


def test_a_warning_is_no_failure() -> None:
    assert exit_code([Answer("it", Sign.WARNING, "is odd", "Look", 73), Answer("it", Sign.OK, "is fine")]) == 0
