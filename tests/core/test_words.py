"""The nearest right word for a wrong one."""

from __future__ import annotations

import pytest

from livekit_cli.core.words import near


@pytest.mark.parametrize("words", [("BTCUSDT", "btcusdt"), ("btcusdt", "BTCUSDT")])
def test_of_words_that_differ_only_in_case_the_one_nearest_as_typed_is_meant(words: tuple[str, ...]) -> None:
    assert near("BTCUSD", words) == "BTCUSDT"
    assert near("btcusd", words) == "btcusdt"


def test_a_word_in_another_case_is_near() -> None:
    assert near("BREAKOUT", ("breakout", "wave")) == "breakout"
    assert near("WAVE", ()) is None
    assert near("XYZ", ("breakout", "wave")) is None
