"""The results of one strategy: its events in a window of time, what they come to, and what is open now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .candle import MINUTE_MS
from .event import Closed, CloseReason, Event
from .pnl import pnl_percentage
from .pulse import Snapshot
from .signal import Position
from .state import Idle
from .statistics import Stats, running_pnl, statistics, statistics_by, unique

_DAY_MS = 1440 * MINUTE_MS
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` on and before `until`, epoch ms: windows that follow each other count nothing twice."""

    since: int | None = None
    until: int | None = None

    @property
    def is_everything(self) -> bool:
        return self.since is None and self.until is None

    def holds(self, event: Event) -> bool:
        """Whether the event's minute is in it; a signal that was opened before and closed within counts as closed."""
        return (self.since is None or event.time >= self.since) and (self.until is None or event.time < self.until)


EVERYTHING = Window()


@dataclass(frozen=True, slots=True)
class Trial:
    """What a backtest knows beyond its events: its first and last minute (closes, epoch ms), and the market's prices
    then; `slippage_percent` and `fee_percent` are those of each side."""

    start: int
    end: int
    price_start: float | None
    price_end: float | None
    slippage_percent: float
    fee_percent: float

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // MINUTE_MS + 1

    @property
    def market_change(self) -> float | None:
        """What the market did over the same span, in percent."""
        return self._held(0.0, 0.0)

    @property
    def holding(self) -> float | None:
        """What buying at the start and selling at the end would have earned, in percent, after the same costs."""
        return self._held(self.slippage_percent, self.fee_percent)

    def fees(self, closed: int) -> float:
        """The fees of so many closed signals, in percent points."""
        return closed * 2 * self.fee_percent

    def _held(self, slippage: float, fee: float) -> float | None:
        if self.price_start is None or self.price_end is None:
            return None
        return pnl_percentage(Position.LONG, self.price_start, self.price_end, slippage, fee)


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a report shows. `events` are told once each, the oldest first, and all totals are theirs;
    `open_now` is of now, whatever the window. `symbol` is set where only its events were looked at. `notes` are
    sentences that the reader must see first."""

    strategy: str
    symbol: str | None
    events: tuple[Event, ...]
    open_now: tuple[Snapshot, ...]
    notes: tuple[str, ...]
    window: Window
    trial: Trial | None
    totals: Stats
    by_symbol: Mapping[str, Stats]
    by_reason: Mapping[str, Stats]
    by_month: Mapping[str, Stats]

    @property
    def modes(self) -> list[str]:
        whose = {event.mode for event in self.events} | {snapshot.identity.mode for snapshot in self.open_now}
        return sorted(mode.value for mode in whose)

    @property
    def exchanges(self) -> list[str]:
        named = {event.exchange_name for event in self.events}
        return sorted(named | {snapshot.identity.exchange for snapshot in self.open_now})

    @property
    def running(self) -> list[float]:
        """The running PnL, from 0."""
        return running_pnl(self.events)


def results(
    strategy: str,
    events: Iterable[Event],
    open_now: Iterable[Snapshot] = (),
    notes: Sequence[str] = (),
    *,
    symbol: str | None = None,
    window: Window = EVERYTHING,
    trial: Trial | None = None,
) -> Results:
    """The results of `strategy` by `events`, oldest first. One that comes twice counts once, one outside the window
    not at all. Idle symbols are left out of `open_now`."""
    told = tuple(event for event in unique(events) if window.holds(event))
    closed = [event for event in told if isinstance(event, Closed)]
    by_reason = statistics_by(_reason, closed)
    return Results(
        strategy=strategy,
        symbol=symbol,
        events=told,
        open_now=tuple(snapshot for snapshot in open_now if not isinstance(snapshot.state, Idle)),
        notes=tuple(notes),
        window=window,
        trial=trial,
        totals=statistics(told),
        by_symbol=dict(sorted(statistics_by(_symbol, told).items())),
        by_reason={reason.value: by_reason[reason] for reason in CloseReason if reason in by_reason},
        by_month=statistics_by(_month, closed),
    )


def month_of(ms: int) -> str:
    """`2026-03`: the month of epoch milliseconds, UTC; `-` for a time outside the calendar."""
    try:
        return date.fromordinal(_EPOCH + ms // _DAY_MS).isoformat()[:7]
    except (ValueError, OverflowError):
        return "-"


def _symbol(event: Event) -> str:
    return event.symbol


def _reason(event: Closed) -> CloseReason:
    return event.close_reason


def _month(event: Event) -> str:
    return month_of(event.time)
