"""Journals with trades in them, made by the real rules and the real journal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import count, islice
from pathlib import Path

from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import JournalFile, open_journal
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Mode
from livekit_cli.core.machine import settle, step
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.signal import Position, Proposal
from livekit_cli.core.state import Closing, Filled, Identity, Idle, Minute, Opening, State, Step, Terms

START = 1_767_225_600_000
"""2026-01-01 00:00 UTC."""


class DiskWithoutSync(Disk):
    """Makes a year of lines in seconds."""

    def sync(self, fd: int) -> None:
        """Nobody trusts this file: it is made to be read."""

    def sync_folder(self, folder: Path) -> None:
        """Nor its name."""


def identity(symbol: str = "BTCUSDT", strategy: str = "breakout") -> Identity:
    return Identity(Mode.PAPER, "demo", strategy, symbol)


def trades(whose: Identity) -> Iterator[Step]:
    """Endless steps: a long is opened at one minute and closed by time at the next; four steps, two of them events."""
    terms = Terms(whose)
    state: State = Idle()
    for time in count(START, MINUTE_MS):
        price = 60_000.0 + time // MINUTE_MS % 97
        wish = Proposal(Position.LONG, 70_000.0, 50_000.0, 1, None, "30m high") if isinstance(state, Idle) else None
        following = step(state, Minute(time, price, price, proposal=wish), terms)
        while True:
            yield following
            state = following.state
            if not isinstance(state, Opening | Closing):
                break
            following = settle(state, Filled(state.order.client_order_id, state.order.price), terms)


def opened(folder: Path, whose: Identity, disk: Disk | None = None) -> JournalFile:
    return open_journal(folder, whose, disk or Disk(), "benchmark", START)


def fill(folder: Path, whose: Identity, lines: int) -> None:
    """A journal of so many lines, rotated as ever, with every event acknowledged."""
    asyncio.run(_filled(opened(folder, whose, DiskWithoutSync()), islice(trades(whose), lines)))


async def _filled(journal: JournalFile, steps: Iterable[Step]) -> None:
    for following in steps:
        await journal.append(following, journal.seq)
    journal.beat(Pulse(status="stopped", acked=journal.seq, minute=journal.last.time if journal.last else None))
    journal.close()
