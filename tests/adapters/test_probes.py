"""What is asked of a folder and of this machine, tried out for real."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from livekit_cli.adapters import machine, probes
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.machine import file_system_of, free_bytes, kernel_clock, open_files_limit
from livekit_cli.adapters.probes import nearest_folder, try_folder


def test_a_folder_in_order_does_all_that_is_asked_and_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    tried = try_folder(tmp_path)
    assert (tried.renames, tried.locks) == (True, True)
    assert 0 < tried.sync_ms < 60_000
    assert abs(tried.ahead_ms) < 2_000
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


class Odd(Disk):
    """A disk on which one operation does something else."""

    def __init__(self, name: str, instead: Callable[..., object]) -> None:
        setattr(self, name, instead)


def fails(*_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("name", ["create", "append", "sync", "replace", "sync_folder"])
def test_what_cannot_be_done_at_all_is_raised_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match="Input/output error"):
        try_folder(tmp_path, Odd(name, fails))
    assert list(tmp_path.iterdir()) == []


def test_locks_that_keep_nobody_out_are_found(tmp_path: Path) -> None:
    assert try_folder(tmp_path, Odd("lock", lambda fd: True)).locks is False


def test_a_rename_that_copies_is_found(tmp_path: Path) -> None:
    def copies(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes())

    assert try_folder(tmp_path, Odd("replace", copies)).renames is False


def test_without_a_second_process_nobody_knows_about_the_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes.sys, "executable", str(tmp_path / "nothing"))
    assert try_folder(tmp_path).locks is None


def test_what_a_kill_left_of_an_earlier_try_is_no_hindrance(tmp_path: Path) -> None:
    left = tmp_path / f".livekit-check-{os.getpid()}"
    left.mkdir()
    (left / "first").write_text("half")
    assert try_folder(tmp_path).renames
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_folder_is_the_one_that_is_there(tmp_path: Path) -> None:
    assert nearest_folder(tmp_path) == tmp_path
    assert nearest_folder(tmp_path / "a" / "b") == tmp_path
    (tmp_path / "file").write_text("")
    assert nearest_folder(tmp_path / "file" / "b") == tmp_path / "file"
    assert nearest_folder(Path("nowhere-to-be-found")) == Path().absolute()


# ---- the machine


def test_the_kernel_is_asked_about_its_clock_and_changed_in_nothing() -> None:
    first, second = kernel_clock(), kernel_clock()
    assert (first is None) == (second is None)
    if first and second:
        assert first.is_kept == second.is_kept
        assert first.max_error_ms >= 0


@pytest.mark.parametrize(
    ("state", "status", "is_kept"),
    [(0, 0x2001, True), (5, 0x41, False), (0, 0x40, False), (5, 0x2001, False), (-1, 0, None)],
)
def test_a_clock_is_kept_when_the_kernel_says_so_in_both_ways(
    monkeypatch: pytest.MonkeyPatch, state: int, status: int, is_kept: bool | None
) -> None:
    class Library:
        @staticmethod
        def adjtimex(reference: object) -> int:
            timex = reference._obj  # type: ignore[attr-defined]
            assert timex.modes == 0
            timex.status, timex.maxerror = status, 12_500
            return state

    monkeypatch.setattr(machine.ctypes, "CDLL", lambda *_, **__: Library)
    found = kernel_clock()
    assert (found and (found.is_kept, found.max_error_ms)) == (None if is_kept is None else (is_kept, 12.5))


def test_a_machine_without_that_call_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.ctypes, "CDLL", lambda *_, **__: object())
    assert kernel_clock() is None


def test_the_kind_of_a_file_system_is_that_of_the_nearest_mount() -> None:
    assert file_system_of(Path("/proc/self")) == "proc"
    assert file_system_of(Path("/")) not in (None, "proc")


def test_mounts_with_blanks_in_their_names_are_understood() -> None:
    assert machine._unescaped(r"/a\040b\134c") == r"/a b\c"


def test_space_and_limits_are_numbers(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0
    assert (open_files_limit() or 1) > 0
