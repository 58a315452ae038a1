"""What a run has come to, however its events are put together."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from livekit_cli.core.event import Closed, CloseReason, Event, Mode, Opened
from livekit_cli.core.pnl import PnL
from livekit_cli.core.signal import Position, Signal
from livekit_cli.core.statistics import statistics
from livekit_cli.core.tally import LATEST, Tally, together


def events(symbol: str, count: int) -> list[Event]:
    """Opened and closed by turns, one a minute."""
    signal = Signal("a", Position.LONG, 100.0, 101.0, 99.0, 1, "", 0)
    told: list[Event] = []
    for number in range(count):
        time = number * 60_000
        common = {"time": time, "strategy_name": "s", "exchange_name": "demo", "symbol": symbol, "mode": Mode.PAPER}
        opened = Opened(event_id=f"{symbol}{number}", signal=signal, current_price=100.0, **common)
        pnl = PnL([0.5, -0.25, 0.0][number % 3], 100.0, 101.0)
        closed = Closed(
            event_id=f"{symbol}{number}",
            signal=signal,
            current_price=100.0,
            close_reason=CloseReason.STOP_LOSS,
            close_timestamp=time,
            pnl=pnl,
            **common,
        )
        told.append(closed if number % 2 else opened)
    return told


def test_it_counts_as_the_report_does() -> None:
    told = events("A", 31)
    tally, stats = Tally().plus(told), statistics(told)
    assert (tally.closed, tally.wins, tally.losses, tally.pnl) == (
        stats.closed,
        stats.wins,
        stats.losses,
        pytest.approx(stats.total_pnl),
    )
    assert 0 < tally.wins + tally.losses < tally.closed, "a signal that closed at 0 is neither"


def test_the_latest_are_kept_oldest_first() -> None:
    told = events("A", LATEST + 5)
    assert Tally().plus(told).latest == tuple(told[-LATEST:])


def test_one_by_one_or_journal_by_journal_it_comes_to_the_same() -> None:
    journals = [events(symbol, 40) for symbol in "CAB"]
    mixed = [event for journal in journals for event in journal]
    random.Random(7).shuffle(mixed)
    live = Tally()
    for event in mixed:
        live = live.plus([event])
    read = together(Tally().plus(journal) for journal in journals)
    assert replace(read, pnl=0.0) == replace(live, pnl=0.0)
    assert read.pnl == pytest.approx(live.pnl)


def test_nothing_added_changes_nothing() -> None:
    tally = Tally().plus(events("A", 3))
    assert tally.plus([]) is tally
    assert together([]) == Tally()
