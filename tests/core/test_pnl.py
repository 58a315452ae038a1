"""Profit and loss, to the last bit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.core.pnl import pnl_percentage
from livekit_cli.core.signal import Position

PRICES = st.floats(1e-6, 1e6)


@pytest.mark.parametrize(
    ("position", "opened", "closed", "expected"),
    [
        ("long", 100, 101, 0.5982017982018049),
        ("short", 100, 99, 0.6018018018018179),
        ("long", 50000, 49000, -2.395804195804182),
    ],
)
def test_the_vectors_of_the_reference_hold_bit_for_bit(
    position: str, opened: float, closed: float, expected: float
) -> None:
    assert pnl_percentage(Position(position), opened, closed) == expected


@given(PRICES, st.sampled_from(Position))
def test_an_exit_at_the_entry_costs_slippage_and_fees(price: float, position: Position) -> None:
    assert pnl_percentage(position, price, price) == pytest.approx(-0.4, abs=0.001)


@given(PRICES, PRICES)
def test_without_costs_a_long_and_a_short_earn_opposite_amounts(opened: float, closed: float) -> None:
    both = [pnl_percentage(position, opened, closed, 0.0, 0.0) for position in Position]
    assert both[0] == pytest.approx(-both[1])


@given(PRICES, PRICES, st.sampled_from(Position), st.floats(0, 5), st.floats(0, 5))
def test_costs_never_help(opened: float, closed: float, position: Position, slippage: float, fee: float) -> None:
    free = pnl_percentage(position, opened, closed, 0.0, 0.0)
    assert pnl_percentage(position, opened, closed, slippage, fee) <= free + 1e-6 * (1 + abs(free))
