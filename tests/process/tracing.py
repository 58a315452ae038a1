"""strace, which cuts processes down at their system calls and has their disks fail."""

from __future__ import annotations

import os
import shutil

import pytest


def strace_path() -> str:
    """Where strace is. The gate insists on it; where only Python is installed, what needs it is left out."""
    path = shutil.which("strace")
    if path is None and os.environ.get("LIVEKIT_TESTS_NEED_STRACE"):
        pytest.fail("strace is needed to cut a process down at its system calls: apt-get install strace")
    if path is None:
        pytest.skip("strace is not installed (apt-get install strace)")
    return path
