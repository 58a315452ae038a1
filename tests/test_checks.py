"""What a check answers: each thing in order, odd and wrong, with the code that a command would meet it with."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from livekit_cli import checks
from livekit_cli.adapters.clock import wall_ms
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.machine import KernelClock
from livekit_cli.checks import Plan, answers
from livekit_cli.core.check import Answer, Sign, exit_code
from livekit_cli.ui.look import Look

WAVE = """from livekit_cli import Strategy

print("imported")

class Wave(Strategy):
    interval = "1m"
    size: float = 0.5

    async def get_signal(self, market):
        return None
"""
NOW = 1_772_410_205_000


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One in order, on a machine in order."""
    folder = tmp_path / "project"
    (folder / "strategies").mkdir(parents=True)
    (folder / "configs" / "strategies").mkdir(parents=True)
    (folder / "strategies" / "wave.py").write_text(WAVE)
    (folder / "configs" / "strategies" / "small.yaml").write_text("strategy: wave\nparams: {size: 0.1}\n")
    monkeypatch.setattr(checks, "kernel_clock", lambda: KernelClock(True, 12.0))
    monkeypatch.setattr(checks, "file_system_of", lambda folder: "ext4")
    monkeypatch.setattr(checks, "free_bytes", lambda folder: 10**11)
    monkeypatch.setattr(checks, "open_files_limit", lambda: 1024)
    return folder


def found(
    project: Path, subject: str = "", *, data: Path | None = None, strategy: str | None = None, **more: object
) -> list[Answer]:
    """The answers about a subject, or all."""
    given = {"look": Look(), "now_ms": NOW} | more
    plan = Plan(project, data, strategy)
    return [one for one in answers(plan, **given) if subject in ("", one.subject)]  # type: ignore[arg-type]


def signs(some: list[Answer]) -> list[str]:
    return [one.sign.value for one in some]


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.name != "__pycache__" and path.suffix != ".pyc"}


def test_a_project_in_order_is_said_to_be_and_left_as_it_was(project: Path) -> None:
    before = files_in(project.parent)
    some = found(project)
    assert set(signs(some)) == {"ok"}
    assert files_in(project.parent) == before
    assert exit_code(some) == 0
    assert [one.subject for one in some] == [
        "livekit", "config", "strategy", "data folder", "disk", "locks", "space", "file system", "logs", "journal",
        "clock", "open files", "terminal",
    ]  # fmt: skip


def test_every_path_is_absolute(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    told = {one.subject: one.found for one in found(Path())}
    for subject, path in {
        "config": "configs",
        "strategy": "strategies",
        "data folder": "data",
        "logs": "logs/live",
        "journal": "data/signal",
    }.items():
        assert str(project / path) in told[subject]
    assert str(Path(checks.__file__).parent) in told["livekit"]


def test_whatever_is_not_in_order_says_how_to_mend_it_and_whatever_is_wrong_has_a_code(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "strategies" / "broken.py").write_text("1 / 0\n")
    (project / "configs" / "livekit.yaml").write_text("exchnge: demo\n")
    (project / "data").write_text("")
    monkeypatch.setattr(checks, "kernel_clock", lambda: None)
    monkeypatch.setattr(checks, "file_system_of", lambda folder: None)
    monkeypatch.setattr(checks, "open_files_limit", lambda: 10)
    monkeypatch.setattr(checks, "free_bytes", lambda folder: 0)
    some = found(project)
    for one in some:
        assert bool(one.mend) == (one.sign is not Sign.OK), one
        assert bool(one.code) == (one.sign is Sign.WRONG), one
        assert "\n" not in one.found + one.mend
        assert one.mend[:1] in ("", "`") or one.mend[0].isupper()
    assert signs(some).count("wrong") >= 4


# ---- config and strategies


def test_strategies_are_told_with_interval_and_parameters(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (told,) = found(project, "strategy")
    assert told.found.startswith("wave (1m), small (1m, size=0.1); from ")
    assert capsys.readouterr().out == ""  # what their files print is no answer


def test_a_broken_strategy_is_wrong_and_hides_no_other(project: Path) -> None:
    (project / "strategies" / "broken.py").write_text("from livekit_cli import Strategy\n\n1 / 0\n")
    (project / "strategies" / "picky.py").write_text(
        WAVE.replace("Wave", "Picky").replace(
            "    interval", "    def __init__(self):\n        raise ValueError('no')\n\n    interval"
        )
    )
    some = found(project, "strategy")
    assert signs(some) == ["wrong", "wrong", "ok"]
    assert {one.code for one in some} == {78, 0}
    assert "broken.py:3: ZeroDivisionError" in some[0].found
    assert "ValueError: no" in some[1].found
    assert some[2].found.startswith("wave (1m), small (1m")


def test_one_strategy_alone_can_be_asked_for(project: Path) -> None:
    (project / "strategies" / "broken.py").write_text("1 / 0\n")
    assert [one.found.partition(";")[0] for one in found(project, "strategy", strategy="small")] == [
        "small (1m, size=0.1)"
    ]
    (told,) = found(project, "strategy", strategy="wve")
    assert (told.sign, told.code) == (Sign.WRONG, 78)
    assert "did you mean 'wave'" in told.found


def test_no_strategy_is_odd_and_no_config_is_fine(tmp_path: Path) -> None:
    (told,) = found(tmp_path, "strategy")
    assert told.sign is Sign.WARNING
    assert signs(found(tmp_path, "config")) == ["ok"]


def test_a_config_file_is_told_with_line_and_what_to_do(project: Path) -> None:
    (project / "configs" / "livekit.yaml").write_text("exchange: demo\nspeeed: 3\n")
    ok, wrong = found(project, "config")
    assert ok.found.startswith("1 file in ")
    assert (wrong.sign, wrong.code) == (Sign.WRONG, 78)
    assert "livekit.yaml:2:" in wrong.found
    first, *_ = found(project, "data folder")
    assert first.sign is Sign.WARNING  # it may name another folder


def test_the_data_folder_is_the_one_that_the_project_names(project: Path, tmp_path: Path) -> None:
    (project / "configs" / "livekit.yaml").write_text(f"data_dir: {tmp_path / 'elsewhere'}\n")
    assert str(tmp_path / "elsewhere") in found(project, "data folder")[0].found
    assert str(tmp_path / "typed") in found(project, "data folder", data=tmp_path / "typed")[0].found


# ---- folders and the disk


def test_a_data_folder_that_is_a_file_cannot_be_made(project: Path) -> None:
    (project / "data").write_text("")
    (told,) = found(project, "data folder")
    assert (told.sign, told.code) == (Sign.WRONG, 73)
    assert f"{project / 'data'} is no folder" in told.found


class Fails(Disk):
    def __init__(self, name: str, number: int) -> None:
        def instead(*_: object) -> None:
            raise OSError(number, "no")

        setattr(self, name, instead)


@pytest.mark.parametrize(
    ("name", "number", "code"),
    [("create", errno.EROFS, 73), ("create", errno.EACCES, 73), ("sync", errno.EIO, 74), ("append", errno.ENOSPC, 74)],
)
def test_what_the_disk_refuses_has_the_code_of_a_run(project: Path, name: str, number: int, code: int) -> None:
    before = files_in(project)
    some = found(project, disk=Fails(name, number))
    assert exit_code(some) == code
    assert files_in(project) == before


def test_locks_and_renames_that_do_not_do_what_they_should_are_wrong(project: Path) -> None:
    class Careless(Disk):
        def lock(self, fd: int) -> bool:
            return True

        def replace(self, source: Path, target: Path) -> None:
            target.write_bytes(source.read_bytes())

    some = found(project, disk=Careless())
    wrong = {one.subject: one.code for one in some if one.sign is Sign.WRONG}
    assert wrong == {"disk": 74, "locks": 74}


@pytest.mark.parametrize(
    ("kind", "sign"),
    [
        *((kind, "ok") for kind in ("ext4", "xfs", "btrfs")),
        *((kind, "warning") for kind in ("nfs4", "fuse.sshfs", "tmpfs", "overlay", None)),
    ],
)
def test_a_network_or_a_memory_under_the_data_is_warned_of(
    project: Path, monkeypatch: pytest.MonkeyPatch, kind: str | None, sign: str
) -> None:
    monkeypatch.setattr(checks, "file_system_of", lambda folder: kind)
    assert signs(found(project, "file system")) == [sign]


@pytest.mark.parametrize(
    ("free", "sign", "says"),
    [(10**11, "ok", "47,683 days"), (40 * 1024**2, "warning", "20 days"), (5 * 1024**2, "wrong", "2 days")],
)
def test_free_space_is_told_in_days_of_journals(
    project: Path, monkeypatch: pytest.MonkeyPatch, free: int, sign: str, says: str
) -> None:
    monkeypatch.setattr(checks, "free_bytes", lambda folder: free)
    (told,) = found(project, "space")
    assert told.sign == sign
    assert says in told.found


def test_logs_that_cannot_be_written_stop_no_run(project: Path) -> None:
    (project / "logs").write_text("")
    (told,) = found(project, "logs")
    assert told.sign is Sign.WARNING
    assert "no folder" in told.found


# ---- the machine


@pytest.mark.parametrize(
    ("now", "kernel", "sign"),
    [
        (NOW, KernelClock(True, 12.0), "ok"),
        (NOW, KernelClock(False, 16_000.0), "warning"),
        (NOW, None, "warning"),
        (0, KernelClock(True, 1.0), "wrong"),
        (4_200_000_000_000, KernelClock(True, 1.0), "wrong"),
    ],
)
def test_the_clock_must_be_set_and_should_be_kept(
    project: Path, monkeypatch: pytest.MonkeyPatch, now: int, kernel: KernelClock | None, sign: str
) -> None:
    monkeypatch.setattr(checks, "kernel_clock", lambda: kernel)
    assert signs(found(project, "clock", now_ms=now)) == [sign]


def test_a_file_system_whose_clock_is_another_one_is_told(project: Path) -> None:
    class Late(Disk):
        def create(self, path: Path) -> int:
            fd = super().create(path)
            self.path = path
            return fd

        def sync(self, fd: int) -> None:
            os.utime(self.path, (wall_ms() / 1000 - 90,) * 2)

    told = found(project, "clock", disk=Late())
    assert signs(told) == ["warning", "ok"]
    assert "90 s behind" in told[0].found


@pytest.mark.parametrize(("limit", "sign"), [(1024, "ok"), (66, "warning"), (67, "ok"), (None, "ok")])
def test_a_limit_on_open_files_is_told_in_symbols(
    project: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None, sign: str
) -> None:
    monkeypatch.setattr(checks, "open_files_limit", lambda: limit)
    assert signs(found(project, "open files")) == [sign]


@pytest.mark.parametrize(
    ("look", "says"),
    [
        (Look(), "none here"),
        (Look(is_terminal=True, width=100, height=30, colour=True), "100 columns, 30 lines, colours, UTF-8"),
        (Look(is_terminal=True, width=80, unicode=False), "80 columns, 24 lines, no colours, ASCII only"),
    ],
)
def test_the_terminal_is_described(project: Path, look: Look, says: str) -> None:
    assert says in found(project, "terminal", look=look)[0].found


def test_the_answers_come_one_by_one(project: Path) -> None:
    stream: Callable[[], Answer] = answers(Plan(project), Look(), NOW).__next__
    assert stream().subject == "livekit"
