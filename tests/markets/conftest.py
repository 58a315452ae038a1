"""A local exchange for each test, half a minute after START, and the wall around all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.exchange.client import wall
from tests.exchange.clock import Clock
from tests.exchange.server import LocalExchange

from .harness import START


@pytest.fixture
def exchange() -> Iterator[LocalExchange]:
    """Its clock stands still."""
    with wall(), LocalExchange(clock=Clock(START + 30_000)) as running:
        yield running
