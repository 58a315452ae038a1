"""`livekit check` as a process: quick, and tidy also when it is told to end in the midst of trying."""

from __future__ import annotations

import os
import resource
import signal
from typing import TYPE_CHECKING

import pytest
from tracing import strace_path

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project

NOTHING = "async def get_signal(self, market):\n    return None"


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts and "logs" not in path.parts}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("name", ["fdatasync", "fsync", "rename", "wait4", "unlink", "flock"])
def test_a_signal_in_the_midst_of_trying_leaves_nothing(project: Project, name: str, number: int) -> None:
    project.strategy("nothing", NOTHING)
    project.data.mkdir()
    before = files_in(project.folder)
    inject = f"inject={name}:signal={signal.Signals(number).name}:when=1"
    command = [strace_path(), "-qq", "-o", os.devnull, "-e", f"trace={name}", "-e", inject]
    ended = project.start_command([*command, *project.command("check")]).ended()
    assert (ended.code, ended.err) == (128 + number, "")
    assert files_in(project.folder) == before


def test_it_takes_a_fraction_of_a_second_of_its_own(project: Project) -> None:
    project.strategy("nothing", NOTHING)
    project.run("check")  # compiles
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert project.run("check").code == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5
    )  # half of it is for a loaded machine
