"""The connection to each real exchange in one line: whether it answers, how candles come, and how late.

A built-in market has none, and no line. Of several processes that run on one exchange, the worst off is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.candle import MINUTE_MS
from ..core.health import BEAT_MS
from ..core.link import Contact, Link, Way
from .lines import duration_text
from .look import Look
from .rows import UNWELL, Row
from .styled import Line, Piece

WORRYING = ("yellow",)

NAME_CELLS = 16
"""Longest name of an exchange."""

LATE_MS = 10_000
"""A minute that is finished so long after its close is late: the last candle has had its grace by then."""

SKEW_MS = 1_000
"""A difference between the clocks that has a trader look at his own."""

SEVERITY = {contact: number for number, contact in enumerate(Contact)}


@dataclass(frozen=True)
class Seen:
    """What the symbols of one exchange show of it at `now_ms`: its worst connection, and how its minutes go."""

    exchange: str
    link: Link
    rows: Sequence[Row]
    now_ms: int

    @property
    def contact(self) -> Contact:
        return self.link.contact(self.now_ms)

    @property
    def severity(self) -> int:
        """0 when all is well there."""
        return SEVERITY[self.contact]

    @property
    def candle_age_ms(self) -> int | None:
        """How long ago the newest candle closed, of whichever symbol."""
        return min((row.candle_age_ms for row in self.rows if row.candle_age_ms is not None), default=None)

    @property
    def delay_ms(self) -> int | None:
        """How long after its close the last minute was finished, of the slowest symbol."""
        delays = (row.snapshot.pulse.delay_ms for row in self.rows)
        return max((delay for delay in delays if delay is not None), default=None)


def exchanges_seen(rows: Iterable[Row]) -> list[Seen]:
    """What there is to show of each exchange that somebody runs on right now; what is not well comes first."""
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        if row.snapshot.pulse.link is not None and _is_alive(row):
            by_name.setdefault(row.snapshot.identity.exchange, []).append(row)
    seen = [Seen(name, _worst(alive), alive, alive[0].now_ms) for name, alive in by_name.items()]
    return sorted(seen, key=lambda one: (-one.severity, one.exchange))


def link_line(seen: Seen, look: Look) -> Line:
    """`binance: candles by websocket, newest <1m old, minutes done in 0.3s`; what is wrong stands first."""
    told = [_contact(seen, look), *_age(seen), *_clocks(seen.link), *_delay(seen)]
    pieces = [Piece(f"{look.shown(seen.exchange, NAME_CELLS)}: ", ("bold",))]
    for number, piece in enumerate(told):
        pieces += [Piece(", "), piece] if number else [piece]
    return pieces


def link_dict(link: Link, now_ms: int) -> dict[str, Any]:
    """The same for programs."""
    return {"state": link.contact(now_ms).value, "candles_by": link.way.value, **link._asdict()}


def _is_alive(row: Row) -> bool:
    pulse, heartbeat = row.snapshot.pulse, row.snapshot.pulse.heartbeat
    beats = heartbeat is not None and abs(row.now_ms - heartbeat) < BEAT_MS
    return pulse.status == "running" and beats and row.snapshot.held is not False


def _worst(rows: Sequence[Row]) -> Link:
    """Each process knows its connection best at its last heartbeat."""
    newest: dict[tuple[str, int], Row] = {}
    for row in sorted(rows, key=lambda row: row.snapshot.pulse.heartbeat or 0):
        newest[row.snapshot.pulse.host, row.snapshot.pulse.pid] = row
    links = [row.snapshot.pulse.link or Link() for row in newest.values()]
    return max(links, key=lambda link: (SEVERITY[link.contact(rows[0].now_ms)], -link.by_websocket))


def _contact(seen: Seen, look: Look) -> Piece:
    link, now = seen.link, seen.now_ms
    trouble = f" ({look.shown(link.trouble)})" if link.trouble else ""
    match seen.contact:
        case Contact.LEFT_ALONE:
            left = duration_text((link.left_alone_until or now) - now)
            return Piece(f"LEFT ALONE for {left} more, as it asked{trouble}", UNWELL)
        case Contact.UNAVAILABLE:
            return Piece(f"UNAVAILABLE for {duration_text(now - (link.unavailable_since or now))}{trouble}", UNWELL)
        case Contact.CONNECTED if link.way is Way.WEBSOCKET:
            some = f", {link.by_websocket} of {link.streams} symbols" if link.by_websocket < link.streams else ""
            return Piece(f"candles by websocket{some}", ("green",))
        case _ if link.silent_since is not None:
            silent = duration_text(now - link.silent_since)
            return Piece(f"candles by REST, none by websocket for {silent}{trouble}", WORRYING)
        case _:
            return Piece("candles by REST" + ", for now" * bool(link.streams), ("green",))


def _clocks(link: Link) -> Iterator[Piece]:
    if abs(link.ahead_ms) >= SKEW_MS:
        word = "behind" if link.ahead_ms > 0 else "ahead"
        yield Piece(f"clock here {abs(link.ahead_ms) / 1000:.1f}s {word}", WORRYING)


def _age(seen: Seen) -> Iterator[Piece]:
    age = seen.candle_age_ms
    if age is not None:
        text = "<1m" if age < MINUTE_MS else duration_text(age)
        candle = "" if seen.contact is Contact.CONNECTED else "candle "
        yield Piece(f"newest {candle}{text} old", () if age < 2 * MINUTE_MS else WORRYING)


def _delay(seen: Seen) -> Iterator[Piece]:
    delay = seen.delay_ms
    if delay is not None and seen.contact is Contact.CONNECTED:
        text = "<0.1s" if delay < 100 else f"{delay / 1000:.1f}s"
        yield Piece(f"minutes done in {text}", () if delay < LATE_MS else WORRYING)
