"""What every crash test needs: the modules beside it, and disk calls that do not change threads."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from livekit_cli.adapters import journal

sys.path.insert(0, str(Path(__file__).parent))

T = TypeVar("T")


class SameThread:
    """Runs a call at once: a sweep makes a hundred thousand of them, and must make them in the same order each time."""

    def run(self, call: Callable[[], T]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  a crash too belongs to whoever awaits the call
            future.set_exception(error)
        return future


@pytest.fixture(autouse=True)
def _disk_calls_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "DISK_THREADS", SameThread())
