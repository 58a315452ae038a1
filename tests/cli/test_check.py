"""`livekit check` from outside: signs, codes, JSON, journals, and nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

WAVE = """from livekit_cli import Strategy

class Wave(Strategy):
    async def get_signal(self, market):
        return None
"""


@pytest.fixture(autouse=True)
def a_strategy(world: Any) -> None:
    world.strategy("wave", WAVE)


def subjects(lines: list[str]) -> list[str]:
    return [json.loads(line)["subject"] for line in lines]


def test_each_answer_is_a_line_and_nothing_is_left(livekit: Any, world: Any) -> None:
    before = {path for path in world.folder.rglob("*") if "__pycache__" not in str(path)}
    ended = livekit("check")
    assert (ended.code, ended.err) == (0, [])
    assert {line.split()[0] for line in ended.out[:-1] if not line.startswith(" ")} <= {"ok", "warning"}
    assert ended.out[-1].partition(" answers: ")[2]
    assert {path for path in world.folder.rglob("*") if "__pycache__" not in str(path)} == before


def test_json_has_an_object_on_each_line(livekit: Any, world: Any) -> None:
    found = [json.loads(line) for line in livekit("check", "--json").out]
    assert all(list(one) == ["subject", "sign", "found", "mend", "code"] for one in found)
    assert {one["sign"] for one in found} <= {"ok", "warning"}


def test_journals_are_told_with_their_holders_and_damage_is_wrong(livekit: Any, world: Any) -> None:
    from livekit_cli.adapters.disk import Disk
    from livekit_cli.adapters.journal import open_journal
    from livekit_cli.core.event import Mode
    from livekit_cli.core.state import Identity

    path = world.run("BTCUSDT")
    world.run("ETHUSDT")
    identity = Identity(Mode.PAPER, "csv", "brisk", "ETHUSDT")
    journal = open_journal(world.folder / "data", identity, Disk(), "livekit run ETHUSDT", 0)
    ended = livekit("check")
    assert ended.code == 0
    assert any("2 sound ones in " in line for line in ended.out)
    assert any("ETHUSDT in use by process" in line and line.endswith("livekit run ETHUSDT") for line in ended.out)
    journal.close()
    path.write_bytes(path.read_bytes()[:-30] + b"x" * 29 + b"\n")
    ended = livekit("check")
    assert ended.code == 65
    assert any(line.startswith("wrong    journal") and "csv-brisk-BTCUSDT.jsonl:7: " in line for line in ended.out)


def test_a_broken_strategy_is_78_and_with_damage_it_is_65(livekit: Any, world: Any) -> None:
    world.strategy("broken", "1 / 0\n")
    assert livekit("check").code == 78
    assert livekit("check", "--strategy", "wave").code == 0
    path = world.run()
    path.write_bytes(b"{}\n")
    assert livekit("check").code == 65


def test_a_data_folder_that_cannot_be_made_is_73(livekit: Any, world: Any) -> None:
    (world.folder / "data").write_text("")
    ended = livekit("check")
    assert ended.code == 73
    assert any(line.startswith("wrong    data folder") for line in ended.out)


def test_a_data_folder_that_is_yet_to_be_made_can_be_checked(livekit: Any, world: Any, tmp_path: Path) -> None:
    ended = livekit("check", "--data-dir", "new/one")
    assert ended.code == 0
    assert any(f"{tmp_path / 'new' / 'one'}: can be made" in line for line in ended.out)
    assert not (tmp_path / "new").exists()


def test_what_a_strategy_prints_is_no_answer(livekit: Any, world: Any) -> None:
    world.strategy("loud", f"print('loud')\n{WAVE.replace('Wave', 'Loud')}")
    ended = livekit("check", "--json")
    assert ended.code == 0
    assert subjects(ended.out)
    assert ended.err == ["loud"]
