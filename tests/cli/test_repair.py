"""`livekit repair`: what it tells, what it changes when told to, and what runs and reports make of that."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters import journal as journal_module
from livekit_cli.adapters.names import Places

Damage = Callable[[Places], object]


def spoil(path: Path, line: int, old: bytes = b'"position"') -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(old, old.upper(), 1)
    path.write_bytes(b"".join(lines))


def cut(files: Places) -> None:
    content = files.journal.read_bytes()
    files.journal.write_bytes(content[: content[:-1].rfind(b"\n") + 1])


def scribble(files: Places) -> None:
    with files.journal.open("ab") as file:
        file.write(b"\x1b[31mscribble\n")


def everything(files: Places) -> None:
    for path in (files.journal, *files.segments.glob("*")):
        spoil(path, 1, b'"exchange"')


CASES: dict[str, tuple[Damage, str, int]] = {
    "a line in the middle": (lambda files: spoil(files.journal, 8), "DAMAGED", 6),
    "the last line": (lambda files: spoil(files.journal, 15), "DAMAGED", 13),
    "an end that is no line": (scribble, "DAMAGED", 14),
    "the header": (lambda files: spoil(files.journal, 1, b'"exchange"'), "DAMAGED", 0),
    "lines lost": (cut, "LINES LOST", 13),
    "the journal gone": (lambda files: files.journal.unlink(), "GONE", 0),
}
"""What is done to a journal of fourteen steps in one file, the word for it, and up to which step it can be kept."""

SEGMENTED: dict[str, tuple[Damage, str, int]] = {
    "the header of a rotated file": (lambda files: spoil(files.journal, 1, b'"exchange"'), "DAMAGED", 13),
    "the first step of a rotated file": (lambda files: spoil(files.journal, 2), "DAMAGED", 13),
    "the journal gone, segments left": (lambda files: files.journal.unlink(), "GONE", 13),
    "every header": (everything, "DAMAGED", 0),
}


@pytest.fixture
def files(world: Any) -> Places:
    """A journal of three signals that were open for three minutes each, and a fourth that is still open."""
    path = world.run("BTCUSDT", minutes=14)
    assert len(path.read_bytes().splitlines()) == 15
    return Places(path)


@pytest.fixture
def segments(world: Any, monkeypatch: pytest.MonkeyPatch) -> Places:
    """The same in four files."""
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_000)
    return Places(world.run("BTCUSDT", minutes=14))


def test_what_is_sound_is_said_on_a_line_each(livekit: Any, world: Any) -> None:
    world.run("BTCUSDT")
    world.run("ETH/USDT")
    ended = livekit("repair")
    assert (ended.code, ended.err) == (0, [])
    assert ended.out == [
        "BTCUSDT brisk csv PAPER: sound, 6 steps to 2026-01-01T00:05:00Z",
        "ETH/USDT brisk csv PAPER: sound, 6 steps to 2026-01-01T00:05:00Z",
    ]


def test_where_there_is_nothing_that_is_said(livekit: Any, tmp_path: Path) -> None:
    ended = livekit("repair")
    assert (ended.code, ended.out) == (0, [])
    assert ended.err == [f"there is no journal in {tmp_path / 'data'}"]


def check_repaired(livekit: Any, world: Any, files: Places, word: str, kept: int) -> None:
    """It is told, set aside, and then sound; the next run goes on, and the report is whole."""
    told = livekit("repair", "BTCUSDT")
    assert told.code == 65
    assert told.out[0] == f"BTCUSDT brisk csv PAPER: {word}"
    mend = next(line for line in told.out if line.startswith("  mend"))
    assert f"livekit repair {files.journal.relative_to(world.folder)} --set-aside" in mend

    done = livekit("repair", "BTCUSDT", "--set-aside")
    assert (done.code, done.err) == (0, [])
    assert done.out[0].startswith(f"set aside  {files.aside(1)}: ")
    assert re.match(rf"kept       ({kept} steps? to |nothing: )", done.out[1]), done.out
    assert livekit("repair").code == 0
    assert livekit("status").code == 0
    assert "aside-1" in "".join(livekit("status").out) or not kept

    world.run("BTCUSDT", minutes=20)
    assert livekit("repair").code == 0
    report = livekit("report", "brisk")
    assert (report.code, report.err) == (0, [])
    events = [line.split() for line in livekit("events").out]
    assert [event[5] for event in events] == ["opened", "closed"] * (len(events) // 2) + ["opened"] * (len(events) % 2)
    assert len({event[0] for event in events}) == len(events)
    assert len(events) >= kept // 2


@pytest.mark.parametrize("case", CASES)
def test_damage_is_told_set_aside_and_run_on_from(livekit: Any, world: Any, files: Places, case: str) -> None:
    damage, word, kept = CASES[case]
    damage(files)
    check_repaired(livekit, world, files, word, kept)


@pytest.mark.parametrize("case", SEGMENTED)
def test_so_is_damage_of_a_journal_in_segments(livekit: Any, world: Any, segments: Places, case: str) -> None:
    damage, word, kept = SEGMENTED[case]
    damage(segments)
    check_repaired(livekit, world, segments, word, kept)


def test_what_is_wrong_is_told_with_place_state_losses_and_what_comes_then(
    livekit: Any, world: Any, files: Places
) -> None:
    spoil(files.journal, 8)
    ended = livekit("repair")
    told = dict(line.strip().split("  ", 1) for line in ended.out[1:])
    offset = sum(map(len, files.journal.read_bytes().splitlines(keepends=True)[:7]))
    assert told["file"].strip() == str(files.journal)
    assert told["line"].strip() == f"8, at byte {offset}"
    assert told["wrong"].strip() == "its checksum does not match its content"
    assert told["stands"].strip().startswith('{"sum":"')
    assert len(told["stands"].strip()) == 160
    assert told["expected"].strip().startswith('step 7, as {"sum":"...","seq":7,"prev":"')
    signal = re.search(r"open long (\w+), entry 100, TP 101, SL 99, until 2026-01-01T00:08:00Z", told["sound"])
    assert signal
    assert told["sound"].strip().startswith("6 steps to 2026-01-01T00:05:00Z")
    assert (
        told["behind"].strip().startswith("7 whole lines, steps 8 to 14: 2026-01-01T00:08:00Z PAPER csv brisk BTCUSDT ")
    )
    assert told["behind"].count(" closed ") == 2
    assert told["lost"].strip() == "steps 7 to 14"
    assert told["then"].strip() == (
        f"the signal {signal[1]} is open in the last sound step; the next run goes on watching it and evaluates the "
        "minutes since 2026-01-01T00:05:00Z as missed ones"
    )


def test_the_close_that_was_lost_is_found_again_for_its_minute(livekit: Any, world: Any, files: Places) -> None:
    before = livekit("events").out
    spoil(files.journal, 8)
    livekit("repair", "BTCUSDT", "--set-aside")
    world.run("BTCUSDT", minutes=20)
    after = livekit("events").out
    assert after[:3] == before[:3]
    assert after[3] == before[3]


def test_damage_in_an_older_file_is_told_and_left_alone(livekit: Any, world: Any, segments: Places) -> None:
    spoil(segments.segment(2), 2)
    before = {path: path.read_bytes() for path in segments.journal.parent.rglob("*") if path.is_file()}
    told = livekit("repair")
    assert told.code == 65
    assert told.out[0] == "BTCUSDT brisk csv PAPER: HISTORY DAMAGED"
    text = "\n".join(told.out)
    assert re.search(r"steps (\d+) to (\d+) are lost to reports, which end before it", text)
    assert "runs go on" in text
    refused = livekit("repair", "BTCUSDT", "--set-aside")
    assert (refused.code, refused.out) == (65, [])
    assert "nothing was set aside: its newest file is sound and runs go on" in refused.err[0]
    assert {path: path.read_bytes() for path in segments.journal.parent.rglob("*") if path.is_file()} == before


def test_another_format_is_refused_and_nothing_is_moved(livekit: Any, world: Any, files: Places) -> None:
    content = files.journal.read_bytes().replace(b'"v":2', b'"v":3').replace(b'"seq"', b'"nr"')
    files.journal.write_bytes(content)
    told = livekit("repair", "BTCUSDT")
    assert told.code == 65
    assert told.out[0].endswith(": ANOTHER FORMAT")
    assert "it is in format 3, newer than this livekit's" in "\n".join(told.out)
    refused = livekit("repair", "BTCUSDT", "--set-aside")
    assert refused.code == 65
    assert "another livekit wrote it" in refused.err[0]
    assert files.journal.read_bytes() == content
    assert not files.aside(1).exists()


def test_a_copy_is_moved_away_and_what_it_is_a_copy_of_stays(livekit: Any, world: Any, files: Places) -> None:
    copy = files.journal.with_name("csv-brisk-ETHUSDT.jsonl")
    copy.write_bytes(files.journal.read_bytes())
    assert livekit("repair", "ETHUSDT").out[0] == "ETHUSDT brisk csv PAPER: ANOTHER'S JOURNAL"
    assert livekit("repair", str(copy), "--set-aside").code == 0
    assert not copy.exists()
    assert livekit("repair").out == ["BTCUSDT brisk csv PAPER: sound, 14 steps to 2026-01-01T00:13:00Z"]


# ---- which


def test_a_symbol_is_found_as_it_was_typed_and_a_file_by_its_name(livekit: Any, world: Any) -> None:
    path = world.run("ETH/USDT")
    for which in ("ETH/USDT", str(path), str(path.relative_to(world.folder))):
        assert livekit("repair", which).code == 0
    spoil(path, 1, b'"exchange"')
    for which in ("ETH/USDT", "ETH_USDT", str(path)):
        assert livekit("repair", which).code == 65


@pytest.mark.parametrize("which", ["BTCUSD", "data/signal/paper/csv-brisk-BTCUSD.jsonl"])
def test_what_is_not_there_is_refused_with_the_nearest(livekit: Any, world: Any, which: str) -> None:
    world.run("BTCUSDT")
    ended = livekit("repair", which)
    assert (ended.code, ended.out) == (2, [])
    assert "did you mean" in ended.err[0]


def test_an_older_file_of_a_journal_is_no_journal_of_its_own(livekit: Any, world: Any, segments: Places) -> None:
    before = {path: path.read_bytes() for path in segments.journal.parent.rglob("*") if path.is_file()}
    for options in ([], ["--set-aside"]):
        ended = livekit("repair", str(segments.segment(1)), *options)
        assert (ended.code, ended.out) == (2, [])
        assert "is no journal of its own" in ended.err[0]
    assert {path: path.read_bytes() for path in segments.journal.parent.rglob("*") if path.is_file()} == before


def test_setting_aside_needs_to_be_told_of_which_and_of_one_alone(livekit: Any, world: Any, files: Places) -> None:
    spoil(files.journal, 8)
    other = files.journal.with_name("csv-breakout-BTCUSDT.jsonl")
    other.write_bytes(b"{}\n")
    assert livekit("repair", "--set-aside").code == 2
    ended = livekit("repair", "BTCUSDT", "--set-aside")
    assert ended.code == 2
    assert "csv-breakout-BTCUSDT.jsonl, " in ended.err[0]
    assert livekit("repair", str(other), "--set-aside").code == 0
    assert livekit("repair", "BTCUSDT", "--set-aside").code == 0
    assert livekit("repair", "BTCUSDT", "--set-aside").out == [
        "BTCUSDT brisk csv PAPER: sound, 6 steps to 2026-01-01T00:05:00Z"
    ]


def test_a_hostile_line_is_shown_inert(livekit: Any, world: Any, files: Places) -> None:
    scribble(files)
    ended = livekit("repair")
    assert all(line.isprintable() for line in ended.out)
    assert any("\\x1b[31mscribble" in line for line in ended.out)


def test_every_error_of_damage_names_the_command_that_tells_more(livekit: Any, world: Any, files: Places) -> None:
    spoil(files.journal, 8)
    for words in (["report", "brisk"], ["events"], ["status"]):
        ended = livekit(*words)
        assert ended.code == 65
        assert "`livekit repair`" in "\n".join([*ended.out, *ended.err])
