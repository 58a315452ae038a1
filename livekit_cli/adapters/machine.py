"""What this machine says of itself: its kernel's clock, its mounts, its limits."""

from __future__ import annotations

import ctypes
import os
import resource
from dataclasses import dataclass
from pathlib import Path

TIME_ERROR = 5
STA_UNSYNC = 0x40
"""From <sys/timex.h>: what the kernel calls a clock that nobody keeps."""


class _Timex(ctypes.Structure):
    """The beginning of `struct timex`; the rest is room for what newer kernels write."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


@dataclass(frozen=True, slots=True)
class KernelClock:
    """Whether something (NTP, PTP) keeps the kernel's clock, and by how much it may be off at most."""

    is_kept: bool
    max_error_ms: float


def kernel_clock() -> KernelClock | None:
    """What the kernel says of its clock; None when it says nothing, as in some containers."""
    timex = _Timex()  # no modes: asks, and changes nothing
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    if state < 0:
        return None
    return KernelClock(state != TIME_ERROR and not timex.status & STA_UNSYNC, timex.maxerror / 1000)


def file_system_of(folder: Path) -> str | None:
    """The kind of file system that `folder` is on, as `mount` calls it; None when nobody says."""
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    kinds: dict[str, str] = {}
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) > 4 and after:
            kinds[_unescaped(fields[4])] = after.split()[0]  # a later mount hides an earlier one
    path = folder.resolve()
    return next((kinds[str(one)] for one in (path, *path.parents) if str(one) in kinds), None)


def _unescaped(text: str) -> str:
    for code in ("040", "011", "012", "134"):
        text = text.replace(f"\\{code}", chr(int(code, 8)))
    return text


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write there. Raises OSError."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def open_files_limit() -> int | None:
    """How many files a process may have open; None when as many as it likes."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
