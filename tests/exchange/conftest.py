"""A local exchange for each test, and the wall around all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .client import wall
from .clock import Clock
from .server import LocalExchange

START = 1_772_410_200_000
"""2026-03-02 00:10 UTC."""


@pytest.fixture(autouse=True)
def walled() -> Iterator[list[str]]:
    with wall() as tried:
        yield tried
    assert tried == []


@pytest.fixture
def exchange() -> Iterator[LocalExchange]:
    """Half a minute after START, and there its clock stands still."""
    with LocalExchange(clock=Clock(START + 30_000)) as running:
        yield running
