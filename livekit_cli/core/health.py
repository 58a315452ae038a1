"""How one symbol is doing, in one word: judged from its files alone, whether or not anything is running.

Three things can stand still, each for itself: the process (its heartbeat, and the lock that the operating system takes
back when it dies; a pid proves nothing), the minutes (looked at but not finished), and the feed (candles that do not
come). What only the feed lacks is STALE, what a live process does not get done is STUCK. A STALE symbol has an
exchange that does not answer, or shuts us out, or it has none of the candles that others get there.

Laws:
- What a runner said when it ended is believed before anything else, and a free lock before any heartbeat.
- A heartbeat is wall time, and so is since when an exchange fails. Everything else is the market's time, which may run
  far from the wall's: it is only ever compared with itself.
- Nothing that an earlier run left undone is held against the present one: it is measured from its own first minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .candle import MINUTE_MS
from .link import Contact
from .pulse import Pulse, Snapshot
from .state import Closing, Opening

BEAT_MS = 90_000
"""A heartbeat comes each minute; after one and a half without any, something is wrong."""

LATE_MS = 3 * MINUTE_MS
"""How far the newest candle, or the last finished minute, may lie behind the minute looked at."""

NEVER_RUN = "has not run yet"
"""Why a symbol whose journal nobody has ever run is stopped."""


class Health(StrEnum):
    """From good to bad."""

    OK = "ok"
    STOPPED = "stopped"
    STALE = "stale"
    STUCK = "stuck"
    DEAD = "dead"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word, what it is based on, and since how long (milliseconds) that has been so, where that is known."""

    health: Health
    reason: str
    age_ms: int | None = None


def judge(snapshot: Snapshot, now_ms: int) -> Verdict:
    """The verdict on one symbol at wall time `now_ms`."""
    heartbeat = snapshot.pulse.heartbeat
    age = None if heartbeat is None else now_ms - heartbeat
    return _farewell(snapshot.pulse, age) or _absence(snapshot, age) or _progress(snapshot, now_ms)


def feed_age(pulse: Pulse) -> int | None:
    """How far (market milliseconds) the newest candle's close lies behind the minute looked at; None when not known."""
    if pulse.next_due is None or pulse.newest_candle is None:
        return None
    return pulse.next_due - MINUTE_MS - pulse.newest_candle


def _farewell(pulse: Pulse, age: int | None) -> Verdict | None:
    """What a runner that has ended said of itself, or a reader of its damaged journal."""
    match pulse.status:
        case "halted":
            return Verdict(Health.HALTED, "needs a person", _known(age))
        case "stopped":
            return Verdict(Health.STOPPED, "not running", _known(age))
        case "ended":
            return Verdict(Health.STOPPED, "at the end of its candles", _known(age))
        case _:
            return None


def _absence(snapshot: Snapshot, age: int | None) -> Verdict | None:
    """What shows that nobody is at work who should be."""
    if age is None:
        return _unheard(snapshot)
    # A heartbeat from the future is no sign of life: the clock was set back, and nobody knows how old it is.
    silent = abs(age) >= BEAT_MS
    if snapshot.pulse.status == "restarting" and not silent:
        return Verdict(Health.STUCK, "failed, restarting", _known(age))  # it lets go of the lock meanwhile
    if snapshot.held is False:
        return Verdict(Health.DEAD, "process gone", _known(age))
    if silent and age < 0:
        return Verdict(Health.STUCK, "heartbeat ahead of the clock")
    return Verdict(Health.STUCK, "no heartbeat", age) if silent else None


def _known(age: int | None) -> int | None:
    return age if age is not None and age >= 0 else None


def _unheard(snapshot: Snapshot) -> Verdict:
    """Without any heartbeat: it is just beginning, has never begun, or its pulse was lost."""
    if snapshot.pulse.minute is None:
        return Verdict(Health.OK, "starting") if snapshot.held else Verdict(Health.STOPPED, NEVER_RUN)
    if snapshot.held is False:
        return Verdict(Health.DEAD, "process gone, and no pulse")
    return Verdict(Health.STUCK, "no pulse")


def _progress(snapshot: Snapshot, now_ms: int) -> Verdict:
    """What a beating heart gets done."""
    pulse = snapshot.pulse
    if pulse.first is None or pulse.next_due is None:
        return Verdict(Health.OK, "starting")
    looked_at = pulse.next_due - MINUTE_MS
    blind = looked_at - max(pulse.first, pulse.newest_candle or 0)
    behind = looked_at - max(pulse.first, pulse.minute or 0)
    waits = isinstance(snapshot.state, Opening | Closing)  # for its order, and asks for no candle meanwhile
    if blind >= LATE_MS and not waits:
        return _blindness(pulse, blind, now_ms)
    if behind >= LATE_MS:
        return Verdict(Health.STUCK, "order not settled" if waits else "no minute finished", behind)
    return Verdict(Health.OK, "running")


def _blindness(pulse: Pulse, blind: int, now_ms: int) -> Verdict:
    """Why no candle has come for so long."""
    link = pulse.link
    if link is None or link.contact(now_ms) is Contact.CONNECTED:
        return Verdict(Health.STALE, "no new candle", blind)
    age = blind if link.unavailable_since is None else now_ms - link.unavailable_since
    if link.contact(now_ms) is Contact.LEFT_ALONE:
        return Verdict(Health.STALE, "exchange shuts us out", _known(age))
    if 0 <= age < MINUTE_MS:  # it has just begun, and this symbol has long been blind
        return Verdict(Health.STALE, "no new candle", blind)
    return Verdict(Health.STALE, "exchange unavailable", _known(age))
