"""A name goes on meaning the exchange and the market with which its journals and candles were begun."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.config.exchanges import ExchangeConfig
from livekit_cli.adapters.origin import check_origin, keep_origin, meaning
from livekit_cli.core.errors import CannotCreate, UsageError


def mine(ccxt_id: str = "binance", market: str = "swap", **ccxt: Any) -> ExchangeConfig:
    return ExchangeConfig("mine", "ccxt", ccxt_id=ccxt_id, market=market, ccxt=ccxt)


def journal(data: Path, name: str = "mine") -> Path:
    path = data / "signal" / "paper" / f"{name}-breakout-BTCUSDT.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a journal\n")
    return path


OTHERS = [
    (mine(market="spot"), "binance spot"),
    (mine("bybit"), "bybit swap"),
    (mine(sandbox=True), "binance swap sandbox"),
    (mine(testnet=True), "binance swap sandbox"),
    (mine(options={"sandbox": True}), "binance swap sandbox"),
    (ExchangeConfig("mine", "demo"), "demo"),
    (ExchangeConfig("mine", "csv"), "csv"),
]
EACH = pytest.mark.parametrize(("other", "says"), OTHERS, ids=[says for _, says in OTHERS])


@EACH
def test_a_journal_does_not_go_on_with_another_market_of_that_name(
    other: ExchangeConfig, says: str, tmp_path: Path
) -> None:
    keep_origin(mine(), tmp_path)
    journal(tmp_path)
    for refused in (check_origin, keep_origin):
        with pytest.raises(UsageError) as caught:
            refused(other, tmp_path)
        assert str(caught.value) == (
            f"mine means {says} now, but the journal mine-breakout-BTCUSDT.jsonl was begun with binance swap: these "
            f"are other candles. Give mine the meaning that it had and {says} a file of another name, or give another "
            "--data-dir"
        )
    check_origin(mine(), tmp_path)


def test_a_journal_of_the_demo_market_does_not_go_on_with_real_prices(tmp_path: Path) -> None:
    real = ExchangeConfig("demo", "ccxt", ccxt_id="binance")
    check_origin(real, tmp_path)
    journal(tmp_path, "demo")
    check_origin(ExchangeConfig("demo", "demo"), tmp_path)
    with pytest.raises(UsageError, match=r"means binance spot now, .* was begun with demo"):
        check_origin(real, tmp_path)


def test_what_changes_no_price_may_change(tmp_path: Path) -> None:
    keep_origin(mine(), tmp_path)
    journal(tmp_path)
    for same in (mine(timeout=5000), mine(sandbox=False), mine(options={"fetchMarkets": {}})):
        check_origin(same, tmp_path)
        keep_origin(same, tmp_path)


def test_a_name_without_a_journal_may_mean_something_else_and_goes_on_meaning_that(tmp_path: Path) -> None:
    keep_origin(mine(), tmp_path)
    journal(tmp_path, "mine_too")
    keep_origin(mine(market="spot"), tmp_path)
    journal(tmp_path)
    check_origin(mine(market="spot"), tmp_path)
    with pytest.raises(UsageError, match="begun with binance spot"):
        check_origin(mine(), tmp_path)


def test_downloaded_candles_are_not_mixed_with_those_of_another_market(tmp_path: Path) -> None:
    keep_origin(mine(), tmp_path)
    (tmp_path / "candles" / "mine" / "BTCUSDT").mkdir(parents=True)
    (tmp_path / "candles" / "mine" / "BTCUSDT" / "2026-01.csv").write_text("timestamp\n")
    with pytest.raises(UsageError, match=re.escape(f"the candles in {tmp_path / 'candles/mine'} are those of binance")):
        keep_origin(mine(market="spot"), tmp_path)
    check_origin(ExchangeConfig("mine", "demo"), tmp_path)


def test_a_note_that_says_something_else_is_no_note_and_is_shown_inert(tmp_path: Path) -> None:
    journal(tmp_path)
    (tmp_path / "signal" / "mine.origin").write_bytes(b"\xff\x1b[31m\n")
    with pytest.raises(UsageError) as caught:
        check_origin(mine(), tmp_path)
    assert "\x1b" not in str(caught.value)


def test_a_note_that_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "signal" / "mine.origin").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"mine\.origin cannot be read \(Is a directory\)"):
        check_origin(mine(), tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises((CannotCreate, UsageError), match="file"):
        keep_origin(mine(), tmp_path / "file")


def test_the_meaning_is_what_decides_the_prices() -> None:
    assert [meaning(one) for one, _ in OTHERS] == [says for _, says in OTHERS]
