"""`report` and `dump` on a prepared folder: what they choose, in which form, and how long that takes."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from livekit_cli import Market, Proposal, Strategy

T = 1_767_225_600_000
"""2026-01-01T00:00Z: `brisk` opens at 00:01, 00:05, ..., and closes three minutes later."""


class Slow(Strategy):
    """In the market for five minutes at a time."""

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.short(take_profit=1, stop_loss=1, minutes=5, note="=1+1")


def on_a_terminal(folder: Path, *words: str, **environment: str) -> list[str]:
    """The lines that a command shows on a terminal, escapes and all."""
    master, slave = pty.openpty()
    there = {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LC_ALL", "LANG")}
    there |= {"TERM": "xterm", "LANG": "C.UTF-8", **environment}
    command = [sys.executable, "-m", "livekit_cli", *words]
    process = subprocess.Popen(command, cwd=folder, stdout=slave, stderr=subprocess.PIPE, env=there)
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # how Linux says that the other end was closed
        pass
    os.close(master)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said.decode()
    return shown.decode().splitlines()


# ---- which strategies


def test_without_a_name_each_strategys_report_comes_below_the_other(livekit: Any, world: Any) -> None:
    world.run("BTCUSDT")
    world.run("ETHUSDT", strategy=Slow)
    ended = livekit("report")
    assert (ended.code, ended.err) == (0, [])
    assert [line for line in ended.out if line.startswith("# ")] == ["# Report: brisk", "# Report: slow"]
    assert "\n".join(ended.out) == "\n".join([*livekit("report", "brisk").out, "", *livekit("report", "slow").out])


def test_without_a_name_json_is_an_object_a_line_and_csv_has_one_header(livekit: Any, world: Any) -> None:
    world.run("BTCUSDT")
    world.run("ETHUSDT", strategy=Slow)
    objects = [json.loads(line) for line in livekit("report", "--format", "json").out]
    assert [one["strategy_name"] for one in objects] == ["brisk", "slow"]
    rows = list(csv.DictReader(StringIO("\r\n".join(livekit("report", "--format", "csv").out))))
    assert [row["strategy_name"] for row in rows] == ["brisk"] * 3 + ["slow"] * 2
    assert {row["note"] for row in rows} == {"", "'=1+1"}


def test_a_symbol_leaves_strategies_out_that_never_had_it(livekit: Any, world: Any) -> None:
    world.run("BTCUSDT")
    world.run("ETHUSDT", strategy=Slow)
    ended = livekit("report", "--symbol", "ETHUSDT")
    assert [line for line in ended.out if line.startswith("# ")] == ["# Report: slow"]
    assert "- Symbol: ETHUSDT, no other was looked at" in ended.out
    assert livekit("report", "slow", "--symbol", "BTCUSDT").code == 2


def test_an_empty_folder_is_said_and_is_no_failure(livekit: Any, tmp_path: Path) -> None:
    for form in ([], ["--format", "json"], ["--format", "csv"]):
        ended = livekit("report", *form)
        assert (ended.code, ended.out) == (0, [])
        assert ended.err == [f"there is no journal in {tmp_path / 'data'}"]


# ---- which events


def test_a_window_is_said_in_the_head_and_only_its_events_count(livekit: Any, world: Any) -> None:
    world.run(minutes=14)
    words = ("report", "brisk", "--since", "2026-01-01T00:04", "--until", "2026-01-01T00:09")
    ended = livekit(*words)
    assert (
        "- Window: since 2026-01-01T00:04:00Z, before 2026-01-01T00:09:00Z; a signal opened before it and closed in it "
        "counts as closed"
    ) in ended.out
    assert [line.split()[1:4:2] for line in ended.out if line.startswith("| 2026")] == [
        ["2026-01-01T00:04:00Z", "closed"],
        ["2026-01-01T00:05:00Z", "opened"],
        ["2026-01-01T00:08:00Z", "closed"],
    ]
    found = json.loads(livekit(*words, "--format", "json").out[0])
    assert (found["statistics"]["opened"], found["statistics"]["closed"]) == (1, 2)
    assert found["window"] == {"since": T + 4 * 60_000, "until": T + 9 * 60_000}


def test_a_window_without_events_says_so(livekit: Any, world: Any) -> None:
    world.run()
    ended = livekit("report", "brisk", "--since", "2027-01-01")
    assert ended.code == 0
    assert "No events in the window: brisk neither opened nor closed a signal in it." in ended.out
    assert livekit("report", "brisk", "--since", "1h").code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--since", "yesterday"], "--since is 'yesterday', expected a time like 2026-03-01"),
        (["--until", "soon"], "--until is 'soon', expected a time like 2026-03-01"),
        (["--since", "1h", "--until", "2h"], "--since 1h is not before --until 2h: no time is between them"),
        (["--format", "xml"], "'xml'"),
        (["--last", "0"], "--last"),
        (["--json", "--format", "csv"], "--json and --format csv are two forms; leave one out"),
    ],
)
def test_wrong_words_exit_2_and_say_what_was_expected(livekit: Any, world: Any, words: list[str], says: str) -> None:
    world.run()
    ended = livekit("report", "brisk", *words)
    assert (ended.code, ended.out) == (2, [])
    assert says in "\n".join(ended.err)


def test_last_lists_fewer_events_in_every_form(livekit: Any, world: Any) -> None:
    world.run()
    words = ("report", "brisk", "--last", "1")
    ended = livekit(*words)
    assert "The last 1 of 3: 2 earlier left out." in ended.out
    assert "- Total events: 3" in ended.out
    assert len([line for line in ended.out if line.startswith("| 2026")]) == 1
    assert json.loads(livekit(*words, "--format", "json").out[0])["events_left_out"] == 2
    assert len(livekit(*words, "--format", "csv").out) == 2


# ---- forms


def test_json_is_short_for_the_format(livekit: Any, world: Any) -> None:
    world.run()
    assert livekit("report", "--json").out == livekit("report", "--format", "json").out
    assert livekit("report", "--json", "--format", "json").code == 0


def test_into_a_pipe_it_is_the_markdown_that_dump_writes(livekit: Any, world: Any, tmp_path: Path) -> None:
    world.run()
    text = "\n".join(livekit("report", "brisk").out) + "\n"
    assert text == "\n".join(livekit("report", "brisk", "--format", "md").out) + "\n"
    livekit("dump")
    assert (tmp_path / "logs" / "live" / "brisk.md").read_text() == text


@pytest.mark.parametrize("form", ["json", "csv"])
def test_dump_writes_the_other_forms_byte_for_byte(world: Any, livekit: Any, tmp_path: Path, form: str) -> None:
    world.run()
    command = [sys.executable, "-m", "livekit_cli", "report", "brisk", "--format", form]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
    assert livekit("dump", "--format", form).out == [f"logs/live/brisk.{form}"]
    assert (tmp_path / "logs" / "live" / f"brisk.{form}").read_bytes() == printed
    assert printed.endswith(b"\r\n" if form == "csv" else b"}\n")


def test_on_a_terminal_it_is_a_page_for_it(world: Any) -> None:
    world.run(minutes=30)
    lines = on_a_terminal(world.folder, "report", COLUMNS="80")
    assert lines[0] == "\x1b[1mbrisk\x1b[0m  \x1b[7;32m PAPER \x1b[0m  csv"
    assert any(line.startswith("Running PnL  █") for line in lines)
    assert not any(line.startswith(("# ", "| ")) for line in lines)
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert max(map(len, plain)) <= 80
    assert on_a_terminal(world.folder, "report", COLUMNS="80", NO_COLOR="1") == plain


def test_on_a_terminal_that_knows_ascii_only_it_is_ascii_in_forty_columns(world: Any, hostile_note: str) -> None:
    world.run(note=hostile_note)
    lines = on_a_terminal(world.folder, "report", COLUMNS="40", LANG="C", LC_ALL="C", TERM="dumb")
    assert all(line.isascii() and line.isprintable() and len(line) <= 40 for line in lines)


def test_on_a_terminal_a_form_can_be_asked_for(world: Any, livekit: Any) -> None:
    world.run()
    assert on_a_terminal(world.folder, "report", "--format", "md") == livekit("report").out


def test_a_damaged_journal_is_said_in_every_form_and_exits_65(livekit: Any, world: Any) -> None:
    path = world.run("BTCUSDT")
    world.run("ETHUSDT")
    path.write_bytes(path.read_bytes().replace(b'"long"', b'"lonG"', 1))
    for form in ("md", "json", "csv"):
        ended = livekit("report", "--format", form)
        assert ended.code == 65
        assert any("its checksum does not match" in line for line in ended.err)
        assert "ETHUSDT" in "\n".join(ended.out)
    assert "checksum" in json.loads(livekit("report", "--format", "json").out[0])["notes"][0]


def test_foreign_text_is_inert_in_every_form(livekit: Any, world: Any, hostile_note: str) -> None:
    world.run("BTC/USDT:USDT", note=hostile_note)
    for form in ("md", "json", "csv"):
        assert all(line.isprintable() for line in livekit("report", "--format", form).out)
    (found,) = map(json.loads, livekit("report", "--format", "json").out)
    assert {event["signal"]["note"] for event in found["events"]} == {hostile_note.strip()}
