"""`livekit watch` where there is no terminal to redraw: the table once, as text or as a picture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from livekit_cli.adapters.records import read_record


def test_the_table_is_printed_once_as_plain_text(livekit: Any, world: Any) -> None:
    world.run("BTCUSDT")
    world.run("ETHUSDT")
    ended = livekit("watch")
    assert (ended.code, ended.err) == (0, [])
    assert "\x1b" not in "".join(ended.out)
    assert ended.out[0] == "livekit   PAPER   csv  brisk  2026-01-01T00:06Z"
    assert ended.out[1].split() == (
        ["SYMBOL", "STATE", "PRICE", "PnL", "ENTRY", "SL", "┼", "entry", "●", "price", "TP", "LEFT", "CANDLE"]
    )
    assert ended.out[2].startswith("BTCUSDT  long STOPPED  100.0000  -0.40%  100.0000  99.00000  ├")
    assert re.fullmatch(r"  at the end of its candles, \d+s ago", ended.out[3])
    assert sum(" opened long " in line for line in ended.out) == 4
    assert ended.out[-1] == "this run  closed 2 (0W/2L) -0.80%  open 2 -0.80%  2 symbols"
    assert [line.split()[:2] for line in livekit("watch", "--once").out[2:6:2]] == [
        line.split()[:2] for line in ended.out[2:6:2]
    ]


def test_no_row_is_left_out_and_none_is_wider_than_a_pipes_line(livekit: Any, world: Any) -> None:
    for number in range(30):
        world.run(f"S{number:02}USDT")
    out = livekit("watch").out
    assert sum("long STOPPED" in line for line in out) == 30
    assert max(map(len, out)) <= 120


def test_one_strategy_or_symbol_can_be_asked_for(livekit: Any, world: Any) -> None:
    world.run("BTCUSDT")
    world.run("ETHUSDT")
    out = "\n".join(livekit("watch", "--symbol", "ETHUSDT", "--strategy", "brisk").out)
    assert "ETHUSDT" in out
    assert "BTCUSDT" not in out


@pytest.mark.parametrize("form", [(), ("--once",), ("--svg", "x.svg")])
def test_a_name_that_has_no_journal_is_an_error_with_the_nearest_one(
    livekit: Any, world: Any, form: tuple[str, ...]
) -> None:
    world.run()
    ended = livekit("watch", "--strategy", "brisc", *form)
    assert (ended.code, ended.out) == (2, [])
    assert "there is no journal of a strategy 'brisc'" in ended.err[0]
    assert "did you mean 'brisk'" in ended.err[0]
    assert not Path("x.svg").exists()


def test_an_empty_folder_is_said_in_the_table(livekit: Any, tmp_path: Path) -> None:
    ended = livekit("watch")
    assert (ended.code, ended.err) == (0, [])
    assert ended.out[0] == "livekit  nothing runs here yet"
    assert ended.out[1].startswith(f"there is no journal in {tmp_path}"[:119])
    assert not (tmp_path / "data").exists()


def test_a_damaged_journal_is_said_in_the_table(livekit: Any, world: Any) -> None:
    journal = world.run("BTCUSDT")
    world.run("ETHUSDT")
    content = bytearray(journal.read_bytes())
    content[len(content) // 2] ^= 1
    journal.write_bytes(content)
    assert read_record(journal).damage
    out = livekit("watch").out
    assert out[2].split()[:2] == ["BTCUSDT", "HALTED"]
    assert out[3].lstrip().startswith("needs a person")
    assert "its checksum does not" in out[3] or out[3].endswith("…")
    assert out[-1].endswith("2 symbols  1 HALTED")


def test_a_picture_is_written_and_its_name_printed(livekit: Any, world: Any, tmp_path: Path) -> None:
    world.run()
    ended = livekit("watch", "--svg", "table.svg")
    assert (ended.code, ended.out, ended.err) == (0, ["table.svg"], [])
    picture = ElementTree.parse(tmp_path / "table.svg").getroot()
    text = " ".join(str(word.text) for word in picture.iter("{http://www.w3.org/2000/svg}text"))
    assert "PAPER csv brisk" in re.sub(" +", " ", text)
    assert "BTCUSDT long STOPPED" in re.sub(" +", " ", text)


def test_a_picture_that_cannot_be_written_is_said(livekit: Any, world: Any) -> None:
    world.run()
    ended = livekit("watch", "--svg", "nowhere/table.svg")
    assert (ended.code, ended.out) == (73, [])
    assert ended.err == ["livekit: cannot write nowhere/table.svg: No such file or directory"]


def test_a_hostile_note_stays_on_its_line(livekit: Any, world: Any, hostile_note: str) -> None:
    world.run(note=hostile_note)
    out = livekit("watch").out
    assert all(line.isprintable() for line in out)
    assert out[-1].startswith("this run")
