"""`livekit exchanges`: the project's own, and those of ccxt with what each can do, without importing any of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters import ccxt_abilities
from livekit_cli.adapters.ccxt_import import ccxt_ids

HOUSE = Path(__file__).parents[2]


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    folder = tmp_path / "configs"
    folder.mkdir()
    (folder / "mine.yaml").write_text("exchange: binanceusdm\nmarket: swap\nfee_percent: 0.04\n")
    (folder / "kraken.yaml").write_text("exchange: kraken\n")
    return folder


def rows(lines: list[str], head: str) -> dict[str, list[str]]:
    """The table that begins with `head`, by its first column."""
    start = next(number for number, line in enumerate(lines) if line.startswith(head))
    table = lines[start + 1 :]
    end = table.index("") if "" in table else len(table)
    return {line.split()[0]: line.split()[1:] for line in table[:end]}


@pytest.mark.usefixtures("configs")
def test_the_projects_own_come_first_and_alone(livekit: Any) -> None:
    ended = livekit("exchanges")
    assert (ended.code, ended.err) == (0, [])
    assert list(rows(ended.out, "NAME")) == ["csv", "demo", "kraken", "mine"]
    assert rows(ended.out, "NAME")["mine"][-3:] == ["binanceusdm", "swap", "configs/mine.yaml"]
    assert rows(ended.out, "NAME")["kraken"][4:6] == ["its", "own"]
    assert not any(line.startswith("CCXT") for line in ended.out)


@pytest.mark.usefixtures("configs")
def test_all_are_those_of_ccxt_too(livekit: Any) -> None:
    ended = livekit("exchanges", "--all")
    assert list(rows(ended.out, "NAME")) == ["csv", "demo", "kraken", "mine"]
    table = rows(ended.out, "CCXT ID")
    assert tuple(table) == ccxt_ids()
    assert table["binance"] == ["spot", "swap", "yes", "yes", "yes", "yes", "yes"]
    assert table["kraken"] == ["spot", "yes", "yes", "yes", "yes", "-"]
    assert table["hyperliquid"] == ["spot", "swap", "yes", "yes", "yes", "swap", "only", "yes"]
    assert table["bit2c"] == ["spot", "-", "-", "-", "-", "-"]


@pytest.mark.usefixtures("configs")
def test_a_word_finds_names_ids_and_what_files_are_of(livekit: Any) -> None:
    ended = livekit("exchanges", "USDM")
    assert list(rows(ended.out, "NAME")) == ["mine"]
    assert list(rows(ended.out, "CCXT ID")) == ["binanceusdm"]
    assert list(rows(livekit("exchanges", "crypto.com").out, "CCXT ID")) == ["cryptocom"]


@pytest.mark.usefixtures("configs")
def test_programs_get_the_same(livekit: Any) -> None:
    own = [json.loads(line) for line in livekit("exchanges", "--json").out]
    assert [one["name"] for one in own] == ["csv", "demo", "kraken", "mine"]
    assert [one["ccxt"] and one["ccxt"]["id"] for one in own] == [None, None, "kraken", "binanceusdm"]
    everything = [json.loads(line) for line in livekit("exchanges", "--all", "--json").out]
    assert everything[:4] == own
    assert sorted(one["name"] for one in everything) == sorted({"csv", "demo", "mine", *ccxt_ids()})
    assert {tuple(one) for one in everything} == {tuple(own[0])}
    (coinbase,) = [one for one in everything if one["name"] == "coinbase"]
    assert coinbase["ccxt"] == {
        "id": "coinbase", "market": "spot", "release": "4.5.90", "markets": ["spot", "swap"], "minutes": True,
        "socket": False, "ids": False, "stops": {"spot": True, "swap": True}, "sandbox": False,
    }  # fmt: skip


def test_of_what_another_release_has_nothing_is_claimed(
    livekit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, columns, *lines = ccxt_abilities.PLACE.read_text().splitlines()
    older = [line for line in lines if not line.startswith("okx,")]
    place = tmp_path / "abilities.csv"
    place.write_text("\n".join([head.replace("4.5.90", "4.4.1"), columns, *older, "gone,Gone" + ",yes" * 8]) + "\n")
    monkeypatch.setattr(ccxt_abilities, "PLACE", place)
    ended = livekit("exchanges", "--all")
    assert rows(ended.out, "CCXT ID")["okx"] == ["?"] * 6
    assert "gone" not in rows(ended.out, "CCXT ID")
    assert ended.err == [
        "what ccxt can do is known of its release 4.4.1; 4.5.90 is installed, and nothing is known of what is new in "
        "it (?)"
    ]


def test_nothing_of_ccxt_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys\nsys.argv = ['livekit', 'exchanges', '--all']\nfrom livekit_cli.cli import start\n"
        "try:\n    start()\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('ccxt', 'aiohttp')])\n"
    )
    words = [sys.executable, "-c", code]
    ended = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(HOUSE)}
    )
    assert ended.stdout.splitlines()[-1] == "[]"


def test_an_exchange_without_a_market_of_ours_claims_none(livekit: Any) -> None:
    (line,) = livekit("exchanges", "binancecoinm", "--json").out
    assert json.loads(line)["ccxt"]["markets"] == []
    assert json.loads(line)["ccxt"]["market"] is None
