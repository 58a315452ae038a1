"""Each fault shows in an unmodified ccxt client as the table says."""

from __future__ import annotations

import pytest

from .observe import REST, STREAMS
from .table import RECORDED, observed


def test_the_table_has_every_fault() -> None:
    assert set(RECORDED) == {*REST, *STREAMS}


@pytest.mark.parametrize("trouble", RECORDED)
@pytest.mark.parametrize(("exchange_id", "column"), [("binance", 0), ("bybit", 1)])
def test_a_fault_comes_to_what_the_table_says(trouble: str, exchange_id: str, column: int, walled: list[str]) -> None:
    assert observed(trouble, exchange_id) == RECORDED[trouble][column]
    if trouble == "name-unknown":
        assert set(walled) == {"name-unknown.invalid"}
        walled.clear()
