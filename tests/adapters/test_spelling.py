"""A symbol that is typed in another way than before means the same journal, and never makes a twin beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import open_journal
from livekit_cli.adapters.names import places
from livekit_cli.adapters.spelling import Spellings, chosen, meant
from livekit_cli.core.errors import UsageError
from livekit_cli.core.event import Mode
from livekit_cli.core.state import Identity

WAYS = ("BTCUSDT", "btcusdt", "BTC/USDT", "btc-usdt", "BTC_USDT", "BTC/USDT:USDT")


def identity(symbol: str = "", **changed: Any) -> Identity:
    return Identity(**({"mode": Mode.PAPER, "exchange": "demo", "strategy": "breakout", "symbol": symbol} | changed))


def journal(data: Path, symbol: str, **changed: Any) -> Path:
    whose = identity(symbol, **changed)
    open_journal(data, whose, Disk(), "a test", 0).close()
    return places(data, whose).journal


def known(data: Path | None, typed: str) -> str:
    return Spellings(data, identity()).known(typed)


@pytest.mark.parametrize("before", WAYS)
@pytest.mark.parametrize("now", WAYS)
def test_however_it_is_typed_its_journal_goes_on(tmp_path: Path, before: str, now: str) -> None:
    journal(tmp_path, before)
    assert known(tmp_path, now) == before


@pytest.mark.parametrize(
    ("typed", "named"), [("btcusdt", "BTCUSDT"), ("btc/usdt", "BTC/USDT"), ("BTC-USDT", "BTC-USDT")]
)
def test_a_new_one_is_written_in_capitals(tmp_path: Path, typed: str, named: str) -> None:
    assert known(tmp_path, typed) == known(None, typed) == named


def test_a_journal_of_others_is_no_spelling_of_it(tmp_path: Path) -> None:
    journal(tmp_path, "btcusdt", strategy="break")
    journal(tmp_path, "btcusdt", exchange="other")
    journal(tmp_path, "btcusdc")
    journal(tmp_path, "btcusdt", mode=Mode.LIVE)
    assert known(tmp_path, "BTCUSDT") == "BTCUSDT"


def test_twins_of_old_are_told_apart_as_they_were_typed(tmp_path: Path) -> None:
    for symbol in ("btcusdt", "BTCUSDT", "BTC/USDT"):
        journal(tmp_path, symbol)
    assert [known(tmp_path, one) for one in ("btcusdt", "BTCUSDT", "BTC/USDT")] == ["btcusdt", "BTCUSDT", "BTC/USDT"]
    with pytest.raises(UsageError, match=r"btc-usdt may be any of several symbols: .* BTC/USDT, BTCUSDT and btcusdt;"):
        known(tmp_path, "btc-usdt")


def test_what_cannot_be_a_name_is_refused_as_it_was_typed(tmp_path: Path) -> None:
    for typed in ("btc,usdt", "btc usdt", "../x", ""):
        with pytest.raises(UsageError, match="cannot be used: expected letters"):
            known(tmp_path, typed)


def test_a_folder_that_cannot_be_read_is_left_to_whoever_opens_a_journal(tmp_path: Path) -> None:
    (tmp_path / "signal").write_text("no folder")
    assert known(tmp_path, "btcusdt") == "BTCUSDT"


def test_of_the_known_ones_the_same_spelling_is_meant_before_any_other() -> None:
    assert chosen("btcusdt", ["BTCUSDT", "ETHUSDT"]) == "BTCUSDT"
    assert chosen("BTC/USDT", ["BTCUSDT", "BTC/USDT"]) == "BTC/USDT"
    assert chosen("SOLUSDT", ["BTCUSDT", "ETHUSDT"]) is None
    assert meant(None, ["a", "b"], str) == ["a", "b"]
    assert meant("B", ["a", "b", "b"], str) == ["b", "b"]
