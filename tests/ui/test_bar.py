"""Where the price stands between its levels, in one line."""

from __future__ import annotations

from math import inf, nan

import pytest

from livekit_cli.core.signal import Position
from livekit_cli.ui.bar import bar, standing
from livekit_cli.ui.styled import plain, width_of


def shown(world, price: float | None, width: int = 12, **changed) -> str:
    return plain(bar(price, world.signal(**changed), width))


SHORT = {"position": Position.SHORT, "price_take_profit": 99.0, "price_stop_loss": 100.5}


@pytest.mark.parametrize(
    ("price", "drawn"),
    [
        (99.0, "◄━━━┼──────┤"),
        (99.5, "◄━━━┼──────┤"),
        (99.501, "├●━━┼──────┤"),
        (99.75, "├─●━┼──────┤"),
        (100.0, "├───●──────┤"),
        (100.5, "├───┼━━●───┤"),
        (100.999, "├───┼━━━━━●┤"),
        (101.0, "├───┼━━━━━━►"),
        (250.0, "├───┼━━━━━━►"),
        (None, "├───┼──────┤"),
        (nan, "├───┼──────┤"),
        (inf, "├───┼──────┤"),
    ],
)
def test_the_price_stands_inside_until_a_level_is_reached(world, price: float | None, drawn: str) -> None:
    assert shown(world, price) == drawn


def test_a_short_has_its_stop_loss_on_the_left_too(world) -> None:
    assert shown(world, 100.5, **SHORT) == "◄━━━┼──────┤"
    assert shown(world, 99.5, **SHORT) == "├───┼━━●───┤"
    assert shown(world, 99.0, **SHORT) == "├───┼━━━━━━►"


def test_in_ascii_it_says_the_same(world) -> None:
    drawn = {price: plain(bar(price, world.signal(), 12, unicode=False)) for price in (99.0, 99.75, 100.5, 101.0)}
    assert drawn == {99.0: "<===|------]", 99.75: "[-o=|------]", 100.5: "[---|==o---]", 101.0: "[---|======>"}


def test_what_is_won_is_green_and_what_is_lost_red(world) -> None:
    for price, colour in ((99.7, "red"), (100.6, "green")):
        styles = {style for piece in bar(price, world.signal(), 12) for style in piece.styles}
        assert styles == {"dim", "bold", colour}


@pytest.mark.parametrize("width", range(3, 40))
def test_it_has_its_width_and_goes_from_left_to_right_with_the_price(world, width: int) -> None:
    places = []
    for step in range(-20, 220):
        line = bar(99.5 + step * 0.0075, world.signal(), width)
        assert width_of(line) == width
        text = plain(line)
        places.append(next(text.index(letter) for letter in "●◄►" if letter in text))
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, width - 1)


def test_a_level_is_said_to_be_reached_exactly_when_it_is(world) -> None:
    below, above = 99.5, 101.0
    assert "●" in shown(world, below + 1e-9)
    assert "●" in shown(world, above - 1e-9)
    assert shown(world, below)[0] == "◄"
    assert shown(world, above)[-1] == "►"


def test_levels_without_a_distance_say_nothing_and_break_nothing(world) -> None:
    assert standing(100.0, world.signal(price_take_profit=100.0, price_stop_loss=100.0)) is None
    assert len(shown(world, 100.0, price_take_profit=100.0, price_stop_loss=100.0)) == 12
    assert len(shown(world, 1.0, price_open=500.0)) == 12
    assert len(shown(world, 1.0, price_open=-500.0)) == 12
