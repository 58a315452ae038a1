"""The end of a backtest: the report, in the form that is asked for, and what of the span could not be tested."""

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

WAVE = """
from livekit_cli import Strategy


class Wave(Strategy):
    interval = "1m"

    async def get_signal(self, market):
        return market.long(take_profit=0.5, stop_loss=0.5, minutes=9)
"""

WORDS = ("backtest", "BTCUSDT", "-s", "wave", "--candles", "candles.csv")
CLOSES = [*[100.0, 100.4, 101.2, 99, 98, 100, 101, 102] * 5, 102]


@pytest.fixture
def wave(world: Any) -> Any:
    world.strategy("wave", WAVE)
    world.candles(CLOSES)
    return world


def on_a_terminal(folder: Path, *words: str) -> str:
    """What both streams show on one terminal of eighty columns."""
    master, slave = pty.openpty()
    there = {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "LC_ALL")}
    there |= {"TERM": "xterm", "LANG": "C.UTF-8", "COLUMNS": "80"}
    process = subprocess.Popen(
        [sys.executable, "-m", "livekit_cli", *words], cwd=folder, stdout=slave, stderr=slave, env=there
    )
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # how Linux says that the other end was closed
        pass
    os.close(master)
    assert process.wait(60) == 0, shown.decode()
    return shown.decode()


def test_on_a_terminal_it_ends_with_a_page_that_says_how_long_it_took(wave: Any) -> None:
    shown = on_a_terminal(wave.folder, *WORDS)
    page = shown[shown.index("\x1b[1mwave") :]
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in page.splitlines()]
    assert plain[0] == "wave   PAPER   csv"
    assert plain[1] == "tested 2026-01-01T00:01Z to 2026-01-01T00:41Z, 41 minutes"
    for begins in ("Running PnL  ", "Slippage took ", "Market            +2.00%", "MONTH", "2026-01 ", "OPEN NOW"):
        assert any(line.startswith(begins) for line in plain), begins
    timing = r"41 minutes in \d+\.\d\d s, [\d,]+ a second; the candles were ready after \d+\.\d\d s"
    assert any(re.fullmatch(timing, line) for line in plain)
    assert plain[-1] == "BTCUSDT: a signal is still open at the end of the candles"


def test_the_progress_bar_is_wiped_before_the_page_begins(wave: Any) -> None:
    shown = on_a_terminal(wave.folder, *WORDS)
    assert shown.startswith("\r\x1b[Kbacktest: reading the candles")
    assert "\r\x1b[K\x1b[1mwave\x1b[0m" in shown
    assert "\x1b[?25l" not in shown


def test_in_a_pipe_two_runs_print_the_same(livekit: Any, wave: Any) -> None:
    first = livekit(*WORDS)
    assert first.out[0] == "# Report: wave"
    assert "- Tested: 2026-01-01T00:01:00Z to 2026-01-01T00:41:00Z, 41 minutes" in first.out
    assert "- Market: +2.00% (100 to 102), +1.60% after costs" in first.out
    assert livekit(*WORDS).out == livekit(*WORDS, "--format", "md").out == first.out


def test_the_other_forms_have_the_events_that_json_prints(livekit: Any, wave: Any) -> None:
    events = [json.loads(line) for line in livekit(*WORDS, "--json").out]
    (found,) = [json.loads(line) for line in livekit(*WORDS, "--format", "json").out]
    assert found["events"] == events
    assert found["backtest"]["minutes"] == 41
    assert found["backtest"]["market_change"] == pytest.approx(2.0)
    rows = list(csv.DictReader(StringIO("\r\n".join(livekit(*WORDS, "--format", "csv").out))))
    assert [row["event_id"] for row in rows] == [event["event_id"] for event in events]
    assert [one["state"] for one in found["open"]] == ["open"]


def test_two_forms_at_once_are_refused(livekit: Any, wave: Any) -> None:
    ended = livekit(*WORDS, "--json", "--format", "csv")
    assert (ended.code, ended.out) == (2, [])
    assert "--json prints events and --format csv a report; leave one out" in ended.err[0]


def test_a_span_beyond_the_candles_is_tested_as_far_as_they_go_and_that_is_said(livekit: Any, wave: Any) -> None:
    ended = livekit(*WORDS, "--from", "2025-12-31", "--to", "2026-01-02")
    assert ended.code == 0
    assert ended.err[:2] == [
        "the first candle is that of 2026-01-01T00:00Z: nothing before it is tested, though --from asks for it",
        "the last candle is that of 2026-01-01T00:40Z: nothing after it is tested, though --to asks for it",
    ]


def test_the_same_date_twice_is_one_minute_and_that_is_said(livekit: Any, wave: Any) -> None:
    ended = livekit(*WORDS, "--from", "2026-01-01", "--to", "2026-01-01")
    assert ended.code == 0
    assert ended.err[0] == (
        "--from and --to name the same minute, the only one tested; the end of that day is --to 2026-01-01T23:59"
    )


def test_an_age_counts_from_now(livekit: Any, wave: Any) -> None:
    words = ("backtest", "BTCUSDT", "-s", "wave", "--from", "2h", "--to", "1h", "--format", "json")
    (found,) = [json.loads(line) for line in livekit(*words).out]
    assert found["backtest"]["minutes"] == 61


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--from", "2999-01-01"], "the demo market has those from 2015-01-01T00:00Z to "),
        (["--to", "2014-06-01"], "the demo market has those from 2015-01-01T00:00Z to "),
        (["--from", "1h", "--to", "2h"], "--from 1h is after --to 2h"),
        (["--from", "someday"], "or an age like 30d"),
    ],
)
def test_a_span_without_candles_is_answered_with_the_one_there_is(
    livekit: Any, wave: Any, words: list[str], says: str
) -> None:
    ended = livekit("backtest", "BTCUSDT", "-s", "wave", *words)
    assert (ended.code, ended.out) == (2, [])
    assert says in ended.err[-1]


def test_before_the_demo_market_began_nothing_is_tested(livekit: Any, wave: Any) -> None:
    words = ("backtest", "BTCUSDT", "-s", "wave", "--from", "2014-12-31", "--to", "2015-01-01T00:09")
    ended = livekit(*words, "--format", "json")
    assert json.loads(ended.out[0])["backtest"]["minutes"] == 10
    assert "the first candle is that of 2015-01-01T00:00Z" in ended.err[0]
