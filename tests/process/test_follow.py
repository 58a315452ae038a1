"""`livekit events --follow` beside a real run: what is shown while it runs is what is in the journals afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Project, Running

BUSY = """
async def get_signal(self, market):
    return market.long(take_profit=5, stop_loss=5, minutes=1)
"""
LASTING = BUSY.replace("minutes=1", "minutes=100_000").replace("=5", "=90")
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
SMALL_SEGMENTS = """
import sys
from livekit_cli.adapters import journal
from livekit_cli.__main__ import main
journal.SEGMENT_BYTES = 3_000
main()
"""


@pytest.fixture
def busy(project: Project) -> Project:
    project.strategy("busy", BUSY)
    return project


def follow(project: Project, *options: str, **streams: Any) -> Running:
    return project.start("events", "--follow", *options, **streams)


def run_in_small_segments(project: Project, *options: str) -> Running:
    """A fast run that rotates its journals every few events."""
    words = ("run", *options, "--strategy", "busy", "--plain")
    return project.start_command([sys.executable, "-c", SMALL_SEGMENTS, *words])


@pytest.mark.parametrize("form", ["--json", ""])
def test_what_is_shown_is_what_is_in_the_journals_each_event_once(
    busy: Project, until: Callable[..., Any], form: str
) -> None:
    following = follow(busy, *filter(None, [form]))
    running = [run_in_small_segments(busy, SYMBOLS[0], "--speed", "6000")]
    following.until_out(SYMBOLS[0])
    running.append(run_in_small_segments(busy, *SYMBOLS[1:], "--speed", "12000"))  # which appear later
    until(lambda: len(list(busy.data.rglob("*.old/*.jsonl"))) > 30, "rotations")
    for one in running:
        one.send(signal.SIGTERM)
        assert one.ended().code == 0
    there = busy.run("events", *filter(None, [form])).out.splitlines()
    assert len(there) > 50
    until(lambda: len(following.out.splitlines()) >= len(there), "the last events")
    following.send(signal.SIGTERM)
    shown = following.ended().out.splitlines()
    assert len(shown) == len(set(shown))
    assert sorted(shown) == sorted(there)


def test_the_newest_are_shown_first_and_then_what_comes(busy: Project, until: Callable[..., Any]) -> None:
    run = ("run", "BTCUSDT", "--strategy", "busy", "--plain")
    for _ in range(5):
        assert busy.run(*run, "--once", "--speed", "600").code == 0
    before = busy.run("events").out.splitlines()
    following = follow(busy, "busy", "--last", "2", "--since", "365d")
    until(lambda: following.out.splitlines() == before[-2:], "the newest two")
    assert busy.run(*run, "--once", "--speed", "600").code == 0
    after = busy.run("events").out.splitlines()
    until(lambda: following.out.splitlines() == [*before[-2:], *after[len(before) :]], "the next one")
    assert len(after) == len(before) + 1


def test_an_event_is_shown_within_a_second(project: Project, until: Callable[..., Any]) -> None:
    from livekit_cli.cli.events import LOOK_SECONDS

    assert LOOK_SECONDS < 0.5
    project.strategy("lasting", LASTING)
    following = follow(project, "--json", "--symbol", "BTCUSDT")
    following.until_err("waiting for one")
    assert project.run("run", "BTCUSDT", "ETHUSDT", "--strategy", "lasting", "--once").code == 0
    following.until_out("\n")
    assert json.loads(following.out)["symbol"] == "BTCUSDT"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_the_shells_code(busy: Project, number: int, code: int) -> None:
    following = follow(busy)
    following.until_err("waiting for one")
    following.send(number)
    ended = following.ended()
    assert (ended.code, ended.out) == (code, "")
    assert "Traceback" not in ended.err
    assert ended.seconds < 2.0


def test_it_ends_when_its_reader_has_gone_also_while_nothing_happens(busy: Project) -> None:
    following = follow(busy, stdout=subprocess.PIPE)
    following.until_err("waiting for one")
    assert following.process.stdout is not None
    following.process.stdout.close()
    assert following.ended().code == 0


def test_idle_it_costs_next_to_nothing(busy: Project, until: Callable[..., Any]) -> None:
    for symbol in SYMBOLS:
        assert busy.run("run", symbol, "--strategy", "busy", "--once").code == 0
    following = follow(busy)
    following.until_out(SYMBOLS[-1])
    looks, used = voluntary_switches(following.pid), cpu_seconds(following.pid)
    until(lambda: voluntary_switches(following.pid) >= looks + 10, "ten looks")
    assert cpu_seconds(following.pid) - used < 0.1


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def voluntary_switches(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("voluntary_ctxt_switches:")[2].split()[0])
