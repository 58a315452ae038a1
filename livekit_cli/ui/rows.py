"""One symbol at one moment: whether it needs eyes, since when it sees nothing, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ..core.candle import MINUTE_MS
from ..core.errors import FeedError
from ..core.health import Health, Verdict, feed_age, judge
from ..core.link import Contact
from ..core.pulse import Snapshot
from ..core.signal import Signal
from ..core.state import Idle, Open
from .bar import standing
from .lines import clock_text, reason_text
from .look import Look
from .styled import Line, Piece, joined

FRESH_MS = 15 * MINUTE_MS
"""How long an error needs eyes; afterwards it is only the last one that there was."""

SEVERITY = {health: number for number, health in enumerate(Health)}
UNWELL, STOPPED = ("bold", "red"), ("yellow",)


@dataclass(frozen=True)
class Row:
    """One symbol at one moment, judged once."""

    snapshot: Snapshot
    verdict: Verdict
    now_ms: int

    @property
    def signal(self) -> Signal | None:
        state = self.snapshot.state
        return None if isinstance(state, Idle) else state.signal

    @property
    def health(self) -> Health:
        return self.verdict.health

    @property
    def is_wrong(self) -> bool:
        return SEVERITY[self.health] > SEVERITY[Health.STOPPED]

    @property
    def has_fresh_error(self) -> bool:
        pulse = self.snapshot.pulse
        if not pulse.has_error or pulse.error_time is None or pulse.next_due is None:
            return pulse.has_error
        is_over = self._is_of_feed and pulse.minute is not None and pulse.minute > pulse.error_time
        return pulse.next_due - pulse.error_time <= FRESH_MS and not is_over

    @property
    def is_told_by_link(self) -> bool:
        """Whether its error is that its exchange is unavailable, which the line of the exchange says for all."""
        link = self.snapshot.pulse.link
        is_down = link is not None and link.contact(self.now_ms) is not Contact.CONNECTED
        return is_down and self._is_of_feed and self.health in (Health.OK, Health.STALE)

    @property
    def _is_of_feed(self) -> bool:
        return self.snapshot.pulse.error_code == FeedError.exit_code

    @cached_property
    def rank(self) -> tuple[int, float]:
        """What needs eyes first has the lowest: what is wrong, what is open and near a level, then the quiet ones."""
        if self.is_wrong or self.has_fresh_error:
            return 0, -SEVERITY[self.health]
        if self.signal is None:
            return 2, SEVERITY[self.health]
        place = standing(self.snapshot.pulse.price, self.signal)
        # An order under way and a price that nobody knows are nearer than any.
        known = place is not None and isinstance(self.snapshot.state, Open)
        return 1, min(place, 1 - place) if known and place is not None else -1.0

    @property
    def styles(self) -> tuple[str, ...]:
        """How its words are written; what is quiet looks quiet."""
        if self.health is not Health.OK:
            return UNWELL if self.is_wrong else STOPPED
        return ("dim",) if self.signal is None else ()

    @property
    def candle_age_ms(self) -> int | None:
        """How long ago the newest candle closed.

        On the market's clock up to the minute that was looked at, on the wall's since then: the two may be far apart.
        """
        pulse = self.snapshot.pulse
        behind = feed_age(pulse)
        if behind is None or pulse.heartbeat is None:
            return None
        return max(0, behind) + max(0, self.now_ms - pulse.heartbeat)

    @property
    def due_in_ms(self) -> int | None:
        """How long until its next minute closes; None when its market does not keep the wall's time, or it stands."""
        pulse = self.snapshot.pulse
        if self.health is not Health.OK or pulse.next_due is None or pulse.heartbeat is None:
            return None
        is_real_time = 0 <= pulse.heartbeat - (pulse.next_due - MINUTE_MS) < MINUTE_MS
        return max(0, pulse.next_due - self.now_ms) if is_real_time else None


def ranked(snapshots: Iterable[Snapshot], now_ms: int) -> list[Row]:
    """What needs eyes comes first; among equals the order is that given."""
    return sorted((Row(one, judge(one, now_ms), now_ms) for one in snapshots), key=lambda row: row.rank)


def remark(row: Row) -> str | None:
    """Why a symbol stands still that has nothing open and no error: its row has room for that."""
    stands = row.health is Health.STOPPED and row.signal is None and not row.snapshot.pulse.error
    return reason_text(row.verdict) if stands else None


def detail(row: Row, look: Look) -> Line | None:
    """The line below a row: why the verdict is what it is, and the last error. None when there is nothing to say."""
    pulse = row.snapshot.pulse
    told: list[Line] = []
    if row.is_told_by_link:
        return None
    if row.health is not Health.OK and remark(row) is None:
        told.append([Piece(reason_text(row.verdict), row.styles)])
    if pulse.error:
        when = "" if pulse.error_time is None else f"{clock_text(pulse.error_time)} "
        told.append([Piece(when + look.shown(pulse.error), ("red",) if row.has_fresh_error else ("dim",))])
    return joined([[Piece(" ")], joined(told, "; ")], " ") if told else None


def countdown_ms(rows: Iterable[Row]) -> int | None:
    """How long until the next minute closes; in real time that is the same moment for every symbol."""
    return min((due for row in rows if (due := row.due_in_ms) is not None), default=None)


def newest_minute(snapshots: Iterable[Snapshot]) -> int | None:
    """The newest minute that any of them has finished."""
    return max((one.pulse.minute for one in snapshots if one.pulse.minute is not None), default=None)
