"""The ledger: what was asked of the exchange, when, by which connection, and what became of it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .clock import MINUTE_MS

PATIENCE = 10.0
"""Seconds until a test gives up on a request that should long have come."""


@dataclass(slots=True)
class Entry:
    """One request, or one message on a websocket. `outcome` is the status sent, or the fault's name."""

    time: int
    exchange: str
    endpoint: str
    kind: str
    symbol: str | None
    params: dict[str, str] = field(default_factory=dict)
    weight: int = 0
    connection: int = 0
    outcome: str = "pending"


class Ledger:
    """Written by the server, read by tests; all times are the exchange's."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._written = threading.Condition()

    def write(self, entry: Entry) -> None:
        with self._written:
            self._entries.append(entry)
            self._written.notify_all()

    def close(self, entry: Entry, outcome: str) -> None:
        """Say what became of it."""
        with self._written:
            entry.outcome = outcome
            self._written.notify_all()

    def clear(self) -> None:
        with self._written:
            self._entries.clear()

    def __iter__(self) -> Iterator[Entry]:
        with self._written:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, **wanted: object) -> list[Entry]:
        """Entries whose fields equal `wanted`: `of(endpoint="klines", symbol="BTCUSDT")`."""
        return [entry for entry in self if all(getattr(entry, name) == value for name, value in wanted.items())]

    def count(self, **wanted: object) -> int:
        return len(self.of(**wanted))

    def weight(self, **wanted: object) -> int:
        return sum(entry.weight for entry in self.of(**wanted))

    def per_minute(self, **wanted: object) -> Counter[tuple[str | None, int]]:
        """How often each symbol was asked for in each minute (the opening time of that minute)."""
        return Counter((entry.symbol, entry.time // MINUTE_MS * MINUTE_MS) for entry in self.of(**wanted))

    def wait(self, count: int = 1, seconds: float = PATIENCE, **wanted: object) -> list[Entry]:
        """Block until at least `count` such entries are there."""
        self._wait(lambda: self.count(**wanted) >= count, f"{count} of {wanted}", seconds)
        return self.of(**wanted)

    async def arrived(self, count: int = 1, seconds: float = PATIENCE, **wanted: object) -> list[Entry]:
        """The same for a test on a loop."""
        return await asyncio.to_thread(self.wait, count, seconds, **wanted)

    def _wait(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        with self._written:
            if not self._written.wait_for(condition, seconds):
                have = Counter((entry.exchange, entry.endpoint, entry.symbol, entry.outcome) for entry in self._entries)
                raise AssertionError(f"{what}: not within {seconds} s; the ledger has {dict(have)}")
