"""`livekit repair` among real processes: refused while one runs, and cut down at every call that changes a file."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from tracing import strace_path

from livekit_cli.adapters.names import Places
from livekit_cli.adapters.soundness import Ailment, examine

if TYPE_CHECKING:
    from conftest import Project

BRISK = """
async def get_signal(self, market):
    return market.long(take_profit=5, stop_loss=5, minutes=3)
"""
RUN = ("run", "BTCUSDT", "--strategy", "brisk", "--candles", "candles.csv", "--speed", "100000", "--plain")
REPAIR = ("repair", "BTCUSDT", "--set-aside")
CHANGES = ("mkdir", "openat", "write", "fdatasync", "fsync", "rename", "ftruncate")


@pytest.fixture
def damaged(project: Project) -> Places:
    """A journal whose seventh step is damaged: the exit of its second signal."""
    project.strategy("brisk", BRISK)
    project.candles([100.0] * 14)
    assert project.run(*RUN).code == 0
    files = project.records()["BTCUSDT"].files
    lines = files.journal.read_bytes().splitlines(keepends=True)
    lines[7] = lines[7].replace(b'"closing"', b'"clossing"')
    files.journal.write_bytes(b"".join(lines))
    return files


def test_while_a_process_holds_the_journal_it_is_refused_and_told_by_whom(project: Project) -> None:
    project.strategy("brisk", BRISK)
    running = project.start("run", "BTCUSDT", "--strategy", "brisk", "--plain")
    running.until_out(" opened ")
    files = project.records()["BTCUSDT"].files
    listed = project.run("repair")
    assert listed.code == 0
    assert listed.out.rstrip().endswith(f"in use by process {running.pid}")
    files.journal.write_bytes(files.journal.read_bytes().replace(b'"long"', b'"lonG"', 1))
    before = files.journal.read_bytes()
    for deleted in (False, True):
        if deleted:
            files.lock.unlink()
        refused = project.run(*REPAIR)
        assert refused.code == 75
        assert f"is in use by process {running.pid} on " in refused.err
        assert files.journal.read_bytes() == before
    running.send(signal.SIGKILL)
    running.ended()
    assert project.run(*REPAIR).code == 0


def test_the_next_run_goes_on_and_the_report_is_whole(project: Project, damaged: Places) -> None:
    assert project.run(*RUN).code == 65
    assert project.run("report", "brisk").code == 65
    assert project.run(*REPAIR).code == 0
    assert project.run(*RUN).code == 0
    assert project.run("repair").code == 0
    report = project.run("report", "brisk")
    assert (report.code, report.err) == (0, "")
    assert [event["action"] for event in project.events()] == ["opened", "closed"] * 3 + ["opened"]


def test_a_kill_at_any_call_leaves_the_damaged_journal_or_the_repaired_one(project: Project, damaged: Places) -> None:
    content, pulse = damaged.journal.read_bytes(), damaged.pulse.read_bytes()
    sound = b"".join(content.splitlines(keepends=True)[:7])
    outcomes = set()
    for name, count in calls(project, damaged, content, pulse).items():
        for number in range(max(1, count - 30), count + 1):
            damaged.journal.write_bytes(content)
            damaged.pulse.write_bytes(pulse)
            inject = f"inject={name}:signal=SIGKILL:when={number}"
            command = [strace_path(), "-qq", "-o", os.devnull, "-e", f"trace={name}", "-e", inject]
            ended = project.start_command([*command, *project.command(*REPAIR)]).ended()
            left = damaged.journal.read_bytes()
            assert left in (content, sound), (name, number)
            assert examine(damaged.journal).ailment is (Ailment.NONE if left == sound else Ailment.DAMAGED)
            kept = [path.read_bytes() for path in damaged.journal.parent.rglob("*") if path.is_file()]
            assert content in kept
            outcomes.add((ended.code == 0, left == sound))
    assert outcomes >= {(False, False), (False, True)}
    if examine(damaged.journal).ailment is not Ailment.NONE:
        assert project.run(*REPAIR).code == 0
    assert project.run(*RUN).code == 0


def calls(project: Project, damaged: Places, content: bytes, pulse: bytes) -> dict[str, int]:
    """How often an undisturbed repair makes each call that changes something."""
    trace = project.folder / "trace"
    command = [strace_path(), "-qq", "-o", str(trace), "-e", f"trace={','.join(CHANGES)}"]
    assert project.start_command([*command, *project.command(*REPAIR)]).ended().code == 0
    lines = trace.read_text(errors="replace").splitlines()
    return {name: count for name in CHANGES if (count := sum(line.startswith(f"{name}(") for line in lines))}
