"""SIGTERM and SIGINT at any moment: a graceful end with 0 within two seconds, and a second one ends it at once."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tracing import strace_path

if TYPE_CHECKING:
    from conftest import Ended, Project

TWO_SECONDS = 2.0
"""What systemd, a terminal and a person count on."""

LASTING = """
async def get_signal(self, market):
    return market.long(take_profit=90, stop_loss=90, minutes=100_000)
"""

BUSY = """
async def get_signal(self, market):
    return market.long(take_profit=5, stop_loss=5, minutes=1)
"""

HANGING = {
    "plain, in a loop": "def get_signal(self, market):\n    open('hangs', 'w').close()\n    while True: pass",
    "plain, waiting": "def get_signal(self, market):\n    open('hangs', 'w').close()\n    threading.Event().wait()",
    "async, waiting": (
        "async def get_signal(self, market):\n    open('hangs', 'w').close()\n    await asyncio.sleep(99)"
    ),
    "async, in a loop": "async def get_signal(self, market):\n    open('hangs', 'w').close()\n    while True: pass",
    "async, blocking": (
        "async def get_signal(self, market):\n    open('hangs', 'w').close()\n    threading.Event().wait()"
    ),
    "async, deaf to everything": (
        "async def get_signal(self, market):\n    open('hangs', 'w').close()\n    while True:\n"
        "        try: await asyncio.sleep(1)\n        except BaseException: pass"
    ),
}
ASKING = (signal.SIGTERM, signal.SIGINT)


def strace(*options: str) -> list[str]:
    return [strace_path(), "-qq", "-e", "signal=none", *options]


def injected(name: str, number: int, which: int) -> list[str]:
    """A tracer that sends `number` at the `which`-th call of `name` in the main thread."""
    what = f"inject={name}:signal={signal.Signals(number).name}:when={which}"
    return strace("-o", os.devnull, "-e", f"trace={name}", "-e", what)


def opens(project: Project, *arguments: object) -> tuple[int, int]:
    """The numbers of the first openat after the handlers are in place, and of one near the last.

    The very last ones vary by a few: a module is compiled once, a folder listed again when it has changed.
    """
    trace = project.folder / "trace"
    command = [*strace("-o", str(trace), "-e", "trace=openat,rt_sigaction"), *project.command(*arguments)]
    project.start_command(command).ended()
    before, handlers, _ = trace.read_text().partition("rt_sigaction(SIGTERM, {sa_handler=0x")
    assert handlers
    return before.count("openat(") + 1, trace.read_text().count("openat(") - 8


def check_graceful(ended: Ended) -> None:
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err
    assert "Fatal" not in ended.err
    assert ended.seconds < TWO_SECONDS


@pytest.mark.parametrize("number", ASKING)
def test_a_signal_during_the_start_is_a_graceful_end(project: Project, number: int) -> None:
    project.strategy("lasting", LASTING)
    run = ("run", "BTCUSDT", "--strategy", "lasting", "--plain", "--exchange", "demo")
    first, last = opens(project, *run, "--once")
    shutil.rmtree(project.data)
    moments = [first, *random.Random(number).sample(range(first, last), 12)]
    for which in moments:
        command = [*injected("openat", number, which), *project.command(*run)]
        ended = project.start_command(command).ended()
        assert ended.code == 0, (which, ended)
        assert "Traceback" not in ended.err
    assert project.run(*run, "--once").code == 0


@pytest.mark.parametrize("number", ASKING)
def test_so_is_one_before_watch_has_shown_anything(project: Project, number: int) -> None:
    first, _ = opens(project, "watch")
    ended = project.start_command([*injected("openat", number, first), *project.command("watch")]).ended()
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("number", ASKING)
def test_any_other_command_is_interrupted_without_a_traceback(project: Project, number: int) -> None:
    project.strategy("lasting", LASTING)
    project.candles([100.0] * 15)
    project.run("run", "BTCUSDT", "--strategy", "lasting", "--candles", "candles.csv", "--speed", "100000")
    for command in (
        ("report", "lasting"),
        ("backtest", "BTCUSDT", "--strategy", "lasting", "--candles", "candles.csv"),
    ):
        first, last = opens(project, *command)
        for which in (first, (first + last) // 2, last):
            ended = project.start_command([*injected("openat", number, which), *project.command(*command)]).ended()
            assert (ended.code, ended.err) == (128 + number, ""), (command, which)


def test_a_long_backtest_is_interrupted_at_once(project: Project, until: Callable[..., Any]) -> None:
    project.strategy(
        "slow",
        "async def get_signal(self, market):\n    open('asked', 'w').close()\n    threading.Event().wait(0.05)",
        head="import threading",
    )
    running = project.start("backtest", "BTCUSDT", "--strategy", "slow")
    until((project.folder / "asked").exists, "the first question")
    running.send(signal.SIGINT)
    ended = running.ended()
    assert (ended.code, ended.out, ended.err) == (130, "", "")
    assert ended.seconds < TWO_SECONDS


@pytest.mark.parametrize("number", ASKING)
def test_what_stays_open_is_said_and_the_next_run_goes_on_with_it(
    project: Project, until: Callable[..., Any], number: int
) -> None:
    project.strategy("lasting", LASTING)
    run = ("run", "BTCUSDT", "ETHUSDT", "--strategy", "lasting", "--speed", "600", "--plain")
    first = project.start(*run)
    first.until_out(" BTCUSDT opened ")
    first.until_out(" ETHUSDT opened ")
    first.send(number)
    ended = first.ended()
    check_graceful(ended)
    for symbol in ("BTCUSDT", "ETHUSDT"):
        assert re.search(rf"^{symbol}: still open, long since \S+; the next run goes on watching it$", ended.err, re.M)
    before = project.events()
    status = project.run("status").out
    assert status.count("open long") == status.count("STOPPED") == 2
    last = project.records()["ETHUSDT"].pulse.minute or 0
    second = project.start(*run)
    until(lambda: (project.records()["ETHUSDT"].pulse.minute or 0) > last, "the next minute")
    second.send(number)
    check_graceful(second.ended())
    assert project.events() == before


def test_signals_at_random_moments_of_a_fast_run_change_nothing_of_what_happens(
    project: Project, until: Callable[..., Any]
) -> None:
    project.strategy("busy", BUSY)
    chance = random.Random(3)
    run = ("run", "BTCUSDT", "--strategy", "busy", "--speed", "60000", "--json")
    for _ in range(10):
        running = project.start(*run)
        wanted = chance.randrange(1, 120)
        until(lambda: running.out.count("\n") >= wanted or running.gone(), f"{wanted} events")  # noqa: B023
        running.send(chance.choice(ASKING))
        check_graceful(running.ended())
    events = project.events()
    assert [event["action"] for event in events[:2]] == ["opened", "closed"]
    times = [event["time"] for event in events]
    assert [later - time for time, later in pairwise(times)] == [60_000] * (len(times) - 1)
    assert not any(event["recovered"] for event in events)


@pytest.mark.parametrize("number", ASKING)
@pytest.mark.parametrize("how", HANGING)
def test_a_hanging_strategy_does_not_keep_it(
    project: Project, until: Callable[..., Any], how: str, number: int
) -> None:
    project.strategy("hanging", HANGING[how], head="import asyncio\nimport threading")
    running = project.start("run", "BTCUSDT", "--strategy", "hanging", "--speed", "600", "--plain")
    until((project.folder / "hangs").exists, "the strategy")
    running.send(number)
    check_graceful(running.ended())


@pytest.mark.parametrize("how", ["plain, in a loop", "async, in a loop", "async, deaf to everything"])
def test_a_second_signal_ends_it_at_once(project: Project, until: Callable[..., Any], how: str) -> None:
    project.strategy("hanging", HANGING[how], head="import asyncio\nimport threading")
    running = project.start("run", "BTCUSDT", "--strategy", "hanging", "--speed", "600", "--plain")
    until((project.folder / "hangs").exists, "the strategy")
    running.send(signal.SIGTERM)
    running.send(signal.SIGINT)
    ended = running.ended()
    assert ended.code == 0
    assert ended.seconds < 0.5


def _hangs_in_a_write(pid: int, fd: int) -> bool:
    calls = [(entry / "syscall").read_text().split()[:2] for entry in Path(f"/proc/{pid}/task").iterdir()]
    return ["1", hex(fd)] in calls or ["64", hex(fd)] in calls  # write, on x86-64 and on arm64


@pytest.fixture
def pipe() -> Any:
    """A pipe that nobody reads."""
    reader, writer = os.pipe()
    yield writer
    os.close(reader)
    os.close(writer)


def test_a_reader_who_has_stopped_reading_does_not_keep_it_and_misses_nothing(
    project: Project, until: Callable[..., Any], pipe: int
) -> None:
    project.strategy("busy", BUSY)
    run = ("run", "BTCUSDT", "--strategy", "busy", "--speed", "60000", "--json")
    running = project.start(*run, stdout=pipe)
    until(lambda: _hangs_in_a_write(running.pid, 1), "a full pipe")
    seen = len(project.events())
    until(lambda: len(project.events()) > seen + 100, "events that nobody reads")
    running.send()
    check_graceful(running.ended())

    again = project.start(*run)
    missed = len(project.events())
    until(lambda: again.out.count("\n") > 100, "what was missed")
    again.send()
    shown = again.ended().events
    assert shown[0]["replay"]
    assert missed > len([event for event in shown if event["replay"]]) >= 100


def test_a_log_that_nobody_reads_does_not_keep_it(project: Project, until: Callable[..., Any], pipe: int) -> None:
    project.strategy("failing", "async def get_signal(self, market):\n    raise ValueError(f'{market.now} ' * 10)")
    symbols = [f"S{number}USDT" for number in range(10)]
    running = project.start("run", *symbols, "--strategy", "failing", "--speed", "60000", "--plain", stderr=pipe)
    until(lambda: _hangs_in_a_write(running.pid, 2), "a full pipe")
    minute = project.records()["S0USDT"].pulse.minute
    until(lambda: project.records()["S0USDT"].pulse.minute > minute + 600_000, "ten minutes more")
    running.send()
    check_graceful(running.ended())


def test_last_words_that_nobody_reads_do_not_keep_it(project: Project, until: Callable[..., Any], pipe: int) -> None:
    project.strategy("lasting", LASTING)
    symbols = [f"S{number}USDT" for number in range(4)]
    os.set_blocking(pipe, False)
    while True:
        try:
            os.write(pipe, b"x" * 4096)
        except BlockingIOError:
            break
    os.set_blocking(pipe, True)
    running = project.start("run", *symbols, "--strategy", "lasting", "--speed", "6000", "--plain", stderr=pipe)
    running.until_out(" S3USDT opened ")
    running.send()
    check_graceful(running.ended())


def test_an_error_that_nobody_reads_does_not_make_it_deaf(
    project: Project, until: Callable[..., Any], pipe: int
) -> None:
    """A run that ends by itself hangs on its last words, as any program does; a signal must still end it."""
    project.strategy("lasting", LASTING)
    project.candles([100.0] * 9)
    os.set_blocking(pipe, False)
    while True:
        try:
            os.write(pipe, b"x" * 4096)
        except BlockingIOError:
            break
    os.set_blocking(pipe, True)
    run = ("run", "BTCUSDT", "--strategy", "lasting", "--candles", "candles.csv", "--speed", "60000", "--plain")
    running = project.start(*run, stderr=pipe)
    until(lambda: _hangs_in_a_write(running.pid, 2), "its last words")
    running.send()
    check_graceful(running.ended())
