"""Every row of the fault matrix, on both wire formats, and what has to hold of all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .matrix import EXCHANGES, ROWS, outcome, recorded

RECORDED = recorded()

EXACT = ("its minute", "its minute, caught up")
"""The stop loss at the minute that the market called for, and at the price of the market's own candles."""

OPEN = ("symbol delisted", "symbol not traded any more")
"""Without a candle there is nothing to close by."""


@pytest.mark.parametrize("exchange_id", EXCHANGES)
@pytest.mark.parametrize("name", ROWS)
def test_a_trouble_comes_to_what_the_table_says(tmp_path: Path, name: str, exchange_id: str) -> None:
    assert outcome(name, exchange_id, tmp_path) == RECORDED[name, exchange_id]


def test_the_table_has_every_trouble_and_no_other() -> None:
    assert set(RECORDED) == {(name, exchange_id) for name in ROWS for exchange_id in EXCHANGES}


def test_whatever_happens_the_stop_loss_is_at_its_minute_and_at_the_markets_price() -> None:
    late = {name for (name, _), found in RECORDED.items() if found.stop not in EXACT}
    assert late == {*OPEN, *(name for name, trouble in ROWS.items() if trouble.lies)}


def test_what_the_exchange_said_wrongly_is_set_right_with_the_next_minute() -> None:
    """But for candles without their volume, which the exchange goes on believing in."""
    found = {name: RECORDED[name, "binance"].stop for name, trouble in ROWS.items() if trouble.lies}
    assert found.pop("zero volume") == "the minute after, at another price"
    assert set(found.values()) == {"the minute after"}


def test_the_trouble_of_one_symbol_costs_the_others_no_minute() -> None:
    """Beside what befalls the whole exchange, and what makes it shut us out."""
    shared = {name for (name, _), found in RECORDED.items() if found.others != "at once" and not ROWS[name].everybody}
    shut_out = {"status 418, Retry-After 120"}
    assert shared == shut_out | {
        name for name in ROWS if name.startswith(("connection refused", "name", "TLS", "down"))
    }


def test_a_trouble_that_comes_for_one_request_costs_no_minute() -> None:
    once = {name for (name, _), found in RECORDED.items() if found.once and not found.once.startswith("at once")}
    shut_out = ("status 418", "status 418, Retry-After 120", "status 429", "status 429, Retry-After garbage")
    assert once == {*shut_out, "told: too many requests"}


def test_whoever_waits_for_a_minute_is_told_why() -> None:
    """In `status` and in the log; of what only a later answer shows to have been wrong, in the log."""
    waits = {name: found for (name, _), found in RECORDED.items() if found.stop != "its minute"}
    assert [name for name, found in waits.items() if not found.log] == []
    lies = {name for name, found in waits.items() if not found.pulse}
    assert lies == {"zero volume", "still forming"}


def test_a_websocket_in_trouble_costs_no_minute_and_is_told_in_one_line() -> None:
    found = {name: found for (name, _), found in RECORDED.items() if name.startswith("websocket")}
    assert {one.stop for one in found.values()} == {"its minute"}
    assert {one.log.count(" / ") for one in found.values()} == {0}
