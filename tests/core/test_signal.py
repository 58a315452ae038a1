"""What a strategy may propose: every fault is named at once, and nothing it returns can break the check."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.core.errors import ProposalRefused
from livekit_cli.core.signal import LIFETIME_MINUTES, NOTE_LENGTH, OrderSide, Position, Proposal, Signal, accept

LONG = Proposal("long", 110.0, 90.0, 60)
SHORT = Proposal("short", 90.0, 110.0, 60)


def accepted(proposal: object, last: float = 100.0) -> Signal:
    return accept(proposal, signal_id="id", time=60_000, last=last, max_entry_distance_percent=1.0)


def refused(proposal: object, last: float = 100.0) -> tuple[str, ...]:
    with pytest.raises(ProposalRefused) as error:
        accepted(proposal, last)
    assert str(error.value) == "proposal refused: " + "; ".join(error.value.reasons)
    return error.value.reasons


@Real.register
class Scalar:
    """A number of somebody else's making, as numpy's are."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value


class Evil:
    """Fails at whatever it is asked."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    __hash__ = None  # type: ignore[assignment]


@Real.register
class EvilNumber(Evil):
    def __float__(self) -> float:
        raise RuntimeError("no")


def test_a_valid_proposal_becomes_a_signal_with_plain_values() -> None:
    signal = accepted(replace(LONG, note="why"))
    assert signal == Signal("id", Position.LONG, 100.0, 110.0, 90.0, 60, "why", 60_000)
    assert signal.expires == 61 * 60_000
    assert (signal.entry_side, signal.exit_side) == (OrderSide.BUY, OrderSide.SELL)
    assert (accepted(SHORT).entry_side, accepted(SHORT).exit_side) == (OrderSide.SELL, OrderSide.BUY)


@pytest.mark.parametrize("number", [Decimal(110), Fraction(110), Scalar(110.0), 110])
def test_any_kind_of_number_is_a_price_and_kept_as_a_float(number: Any) -> None:
    price = accepted(replace(LONG, price_take_profit=number)).price_take_profit
    assert (price, type(price)) == (110.0, float)


@pytest.mark.parametrize("minutes", [60, 60.0, Decimal(60), Scalar(60.0)])
def test_a_whole_lifetime_is_kept_as_an_int(minutes: Any) -> None:
    kept = accepted(replace(LONG, minute_estimated_time=minutes)).minute_estimated_time
    assert (kept, type(kept)) == (60, int)


def test_without_an_entry_it_is_the_newest_close() -> None:
    assert accepted(LONG, last=100.5).price_open == 100.5
    assert accepted(replace(LONG, price_open=100.2), last=100.5).price_open == 100.2


GARBAGE = [
    "110",
    math.nan,
    math.inf,
    -math.inf,
    True,
    False,
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    10**400,
    -(10**400),
    1j,
    [],
    object(),
    Evil(),
    EvilNumber(),
    type,
    b"1",
    0,
    -1.0,
    "x" * 10_000,
]


@pytest.mark.parametrize("field", ["price_open", "price_take_profit", "price_stop_loss", "minute_estimated_time"])
@pytest.mark.parametrize("value", [*GARBAGE, None], ids=lambda value: type(value).__name__)
def test_what_is_not_a_number_above_zero_is_refused_by_name(field: str, value: object) -> None:
    if field == "price_open" and value is None:
        return
    reasons = refused(replace(LONG, **{field: value}))
    named = "minutes" if field == "minute_estimated_time" else field
    assert any(reason.startswith(named) for reason in reasons)
    assert all(len(reason) < 250 for reason in reasons)


@pytest.mark.parametrize("position", [None, "LONG", "buy", 1, Evil(), [], math.nan], ids=lambda v: type(v).__name__)
def test_what_is_not_a_position_is_refused(position: Any) -> None:
    assert any("expected 'long' or 'short'" in reason for reason in refused(replace(LONG, position=position)))


@pytest.mark.parametrize("answer", [0, "long", (), {}, True, Evil(), Proposal, [LONG]])
def test_only_a_proposal_is_a_proposal(answer: object) -> None:
    (reason,) = refused(answer)
    assert reason == f"a strategy returns a Proposal or None, not {type(answer).__name__}"


def test_every_reason_is_given_at_once() -> None:
    reasons = refused(Proposal("up", math.nan, "1", 0, price_open=-1.0, note=5))  # type: ignore[arg-type]
    assert [reason.split()[0] for reason in reasons] == [
        "price_open",
        "price_take_profit",
        "price_stop_loss",
        "position",
        "minutes",
        "note",
    ]


@pytest.mark.parametrize("position", ["long", "short"])
@pytest.mark.parametrize(("profit", "loss", "faults"), [(90.0, 110.0, 2), (100.0, 100.0, 2), (100.0, None, 1)])
def test_levels_on_the_wrong_side_or_at_the_entry_are_refused(
    position: Any, profit: float, loss: float | None, faults: int
) -> None:
    mirrored = 1 if position == "long" else -1
    levels = [100 + mirrored * (level - 100) for level in (profit, 90.0 if loss is None else loss)]
    reasons = refused(Proposal(position, levels[0], levels[1], 60))
    assert len(reasons) == faults
    assert all("price_open 100.0" in reason for reason in reasons)


def test_an_entry_too_far_from_the_market_is_refused() -> None:
    assert accepted(replace(LONG, price_open=101.0)).price_open == 101.0
    (reason,) = refused(replace(LONG, price_open=101.1))
    assert reason == "price_open 101.1 is 1.10 % away from the last close 100.0, at most 1.0 %"


@pytest.mark.parametrize("minutes", [0.5, 1.5, LIFETIME_MINUTES + 1, 1e300])
def test_a_lifetime_is_whole_minutes_within_reason(minutes: Any) -> None:
    (reason,) = refused(replace(LONG, minute_estimated_time=minutes))
    assert reason.startswith("minutes is ")


def test_a_note_is_text_of_bounded_length() -> None:
    assert accepted(replace(LONG, note="x" * NOTE_LENGTH)).note == "x" * NOTE_LENGTH
    assert refused(replace(LONG, note="x" * (NOTE_LENGTH + 1))) == ("note has 1001 characters, at most 1000",)


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.decimals(), st.sampled_from(GARBAGE)
)


PROPOSALS = st.builds(Proposal, ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING)


@given(PROPOSALS, st.floats(1e-6, 1e6))
def test_whatever_is_proposed_is_either_sound_or_refused(proposal: Proposal, last: float) -> None:
    try:
        signal = accepted(proposal, last)
    except ProposalRefused as error:
        assert error.reasons  # noqa: PT017  either outcome is right
        return
    assert 0 < signal.minute_estimated_time <= LIFETIME_MINUTES
    low, high = sorted((signal.price_take_profit, signal.price_stop_loss))
    assert 0 < low < signal.price_open < high < math.inf
