"""What a run has come to so far: how many signals have closed in it, what they earned, and its latest events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .event import Closed, Event

LATEST = 10
"""Events that are kept."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Totals over events, each added once, and the newest of them by their minute, oldest first.

    `pnl` is the sum of their net percents. A signal that closed at exactly 0 is neither win nor loss.
    """

    closed: int = 0
    wins: int = 0
    losses: int = 0
    pnl: float = 0.0
    latest: tuple[Event, ...] = ()

    def plus(self, events: Iterable[Event]) -> Tally:
        """This and `events`."""
        new = tuple(events)
        if not new:
            return self
        earned = [event.pnl.pnl_percentage for event in new if isinstance(event, Closed)]
        return Tally(
            self.closed + len(earned),
            self.wins + sum(pnl > 0 for pnl in earned),
            self.losses + sum(pnl < 0 for pnl in earned),
            self.pnl + sum(earned),
            _newest(self.latest + new),
        )


def together(tallies: Iterable[Tally]) -> Tally:
    """One tally over the events of all: the same as one that was given them in any order."""
    several = list(tallies)
    return Tally(
        sum(one.closed for one in several),
        sum(one.wins for one in several),
        sum(one.losses for one in several),
        sum(one.pnl for one in several),
        _newest(event for one in several for event in one.latest),
    )


def _newest(events: Iterable[Event]) -> tuple[Event, ...]:
    """By minute and not by arrival: symbols go on at their own pace, and whoever reads their files meets them in turn.

    A journal has at most one event a minute, so this is an order in which every event has its one place.
    """
    return tuple(sorted(events, key=_place)[-LATEST:])


def _place(event: Event) -> tuple[int, str, str, str]:
    return event.time, event.exchange_name, event.strategy_name, event.symbol
