"""The word for each symbol, of real processes that live, die, hang, starve, or are told to end."""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from livekit_cli.adapters.clock import wall_ms
from livekit_cli.adapters.pulse_file import PulseFile
from livekit_cli.core.health import BEAT_MS, Health, Verdict, judge

if TYPE_CHECKING:
    from conftest import Project, Running

LASTING = """
async def get_signal(self, market):
    return market.long(take_profit=90, stop_loss=90, minutes=100_000)
"""
BUSY = """
async def get_signal(self, market):
    return market.long(take_profit=5, stop_loss=5, minutes=1)
"""
RUN = ("run", "BTCUSDT", "--strategy", "lasting", "--plain")


Becomes = Callable[[Health], None]


def verdict(project: Project, later_ms: int = 0) -> Verdict:
    return judge(project.records()["BTCUSDT"].snapshot, wall_ms() + later_ms)


def status(project: Project, *options: str) -> tuple[str, int]:
    """The word that `livekit status` prints of the only symbol, and its exit code; both forms say the same."""
    ended, plain = project.run("status", "--json", *options), project.run("status", *options)
    (found,) = map(json.loads, ended.out.splitlines())
    assert plain.out.splitlines()[1].split()[1] == found["health"].upper()
    assert ended.code == plain.code
    return found["health"], ended.code


@pytest.fixture
def running(project: Project) -> Running:
    """A run with a signal open, in real time."""
    project.strategy("lasting", LASTING)
    started = project.start(*RUN)
    started.until_out(" opened ")
    return started


@pytest.fixture
def becomes(until: Callable[..., Any], project: Project) -> Becomes:
    return lambda health: until(lambda: project.records() and verdict(project).health == health, health.name)


def test_a_live_run_is_ok(project: Project, running: Running) -> None:
    assert status(project) == ("ok", 0)
    assert status(project, "--running") == ("ok", 0)


def test_a_killed_one_is_dead_at_once(project: Project, running: Running) -> None:
    running.send(signal.SIGKILL)
    running.ended()
    found = verdict(project)
    assert (found.health, found.reason) == (Health.DEAD, "process gone")
    assert (found.age_ms or 0) < BEAT_MS
    assert status(project) == ("dead", 1)


def test_one_that_goes_on_after_a_kill_is_ok_again(project: Project, running: Running, becomes: Becomes) -> None:
    running.send(signal.SIGKILL)
    running.ended()
    project.start(*RUN)
    becomes(Health.OK)


def test_a_frozen_one_is_stuck_once_its_heartbeat_is_old(project: Project, running: Running) -> None:
    running.send(signal.SIGSTOP)
    assert verdict(project).health == Health.OK
    later = verdict(project, BEAT_MS)
    assert (later.health, later.reason) == (Health.STUCK, "no heartbeat")
    running.send(signal.SIGCONT)


def test_one_that_was_told_to_end_is_stopped_and_a_monitor_may_want_it_running(
    project: Project, running: Running
) -> None:
    running.send(signal.SIGTERM)
    assert running.ended().code == 0
    assert status(project) == ("stopped", 0)
    assert status(project, "--running") == ("stopped", 1)
    assert verdict(project, 30 * BEAT_MS).health == Health.STOPPED


def test_a_damaged_one_is_halted_whether_or_not_it_runs(project: Project, running: Running) -> None:
    journal = project.records()["BTCUSDT"].files.journal
    journal.write_bytes(journal.read_bytes().replace(b'"long"', b'"lonG"', 1))
    assert status(project) == ("halted", 65)
    running.send(signal.SIGKILL)
    running.ended()
    assert status(project) == ("halted", 65)
    assert project.run(*RUN).code == 65
    assert status(project, "--running") == ("halted", 65)


def test_a_deleted_lock_file_hides_neither_life_nor_death(project: Project, running: Running) -> None:
    files = project.records()["BTCUSDT"].files
    files.lock.unlink()
    assert status(project) == ("ok", 0)
    assert project.run(*RUN).code == 75  # and leaves a lock file that nobody holds
    assert files.lock.exists()
    assert status(project) == ("ok", 0)
    files.lock.unlink()
    running.send(signal.SIGKILL)
    running.ended()
    assert status(project) == ("dead", 1)


def test_a_pid_that_somebody_else_has_now_is_no_sign_of_life(project: Project, running: Running) -> None:
    running.send(signal.SIGKILL)
    running.ended()
    record = project.records()["BTCUSDT"]
    file = PulseFile(record.files.pulse)
    file.write(record.pulse._replace(pid=os.getpid(), host=os.uname().nodename))
    file.close()
    assert status(project) == ("dead", 1)


def test_without_its_pulse_nobody_knows_whether_it_gets_on_until_the_next_beat(
    project: Project, until: Callable[..., Any], becomes: Becomes
) -> None:
    project.strategy("lasting", LASTING)
    started = project.start(*RUN, "--speed", "30")
    started.until_out(" opened ")
    files = project.records()["BTCUSDT"].files
    started.send(signal.SIGSTOP)
    files.pulse.unlink()
    assert status(project) == ("stuck", 1)
    assert verdict(project).reason == "no pulse"
    started.send(signal.SIGCONT)
    until(files.pulse.exists, "the pulse")
    becomes(Health.OK)
    started.send(signal.SIGKILL)
    started.ended()
    files.pulse.unlink()
    assert status(project) == ("dead", 1)


def test_an_exchange_without_candles_makes_it_stale(project: Project, becomes: Becomes) -> None:
    project.strategy("lasting", LASTING)
    path = project.candles([100.0] * 200)
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *rows[:10], *rows[150:]]) + "\n")
    project.start(*RUN, "--candles", "candles.csv", "--speed", "1200")
    becomes(Health.STALE)
    found = verdict(project)
    assert (found.health, found.reason) == (Health.STALE, "no new candle")
    assert status(project)[1] == 1
    becomes(Health.OK)


def test_a_full_disk_makes_it_stuck(project: Project, becomes: Becomes) -> None:
    project.strategy("busy", BUSY)
    run = ("run", "BTCUSDT", "--strategy", "busy", "--plain", "--speed", "1200")
    project.start(*run, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, 16_384)))
    becomes(Health.STUCK)
    assert verdict(project).reason in ("no minute finished", "order not settled")
    assert status(project) == ("stuck", 1)
    assert "File too large" in project.run("status").out


def test_candles_that_have_ended_are_no_fault(project: Project) -> None:
    project.strategy("lasting", LASTING)
    project.candles([100.0] * 20)
    assert project.run(*RUN, "--candles", "candles.csv", "--speed", "100000").code == 0
    assert verdict(project).reason == "at the end of its candles"
    assert status(project) == ("stopped", 0)


def test_where_nothing_has_run_nothing_is_wrong_unless_it_must_run(project: Project) -> None:
    for options, code in (((), 0), (("--running",), 1)):
        ended = project.run("status", *options)
        assert (ended.code, ended.out) == (code, "")
        assert "nothing has run here yet" in ended.err


# ---- looking keeps nobody from starting


@pytest.fixture
def watched(project: Project) -> Iterator[Project]:
    """A project whose status two monitors ask for without end."""
    project.strategy("lasting", LASTING)
    assert project.run(*RUN, "--once").code == 0
    loop = f"while :; do {' '.join(project.command('status'))}; done"
    monitors = [project.start_command(["bash", "-c", loop]) for _ in range(2)]
    for monitor in monitors:
        monitor.until_out("BTCUSDT")
    return project


def test_a_status_that_is_asked_for_without_end_keeps_no_run_from_starting(watched: Project) -> None:
    for number in range(12):
        if number % 3 == 0:
            watched.records()["BTCUSDT"].files.lock.unlink()
        ended = watched.run(*RUN, "--once")
        assert (ended.code, ended.err.count("is in use")) == (0, 0), ended.err
