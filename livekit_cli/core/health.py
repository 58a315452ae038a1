"""How one symbol is doing, in one word: judged from its files alone, whether or not anything is running.

Three things can stand still, each for itself: the process (its heartbeat, and the lock that the operating system takes
back when it dies; a pid proves nothing), the minutes (looked at but not finished), and the feed (candles that do not
come). What only the feed lacks is STALE, what a live process does not get done is STUCK.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .candle import MINUTE_MS
from .pulse import Pulse, Snapshot

BEAT_MS = 90_000
"""A heartbeat comes each minute; after one and a half without any, something is wrong."""

LATE_MS = 3 * MINUTE_MS
"""How far the newest candle, or the last finished minute, may lie behind the minute looked at."""


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
    pulse = snapshot.pulse
    age = None if pulse.heartbeat is None else now_ms - pulse.heartbeat
    return _farewell(pulse, age) or _absence(snapshot, age) or _progress(pulse, now_ms)


def _farewell(pulse: Pulse, age: int | None) -> Verdict | None:
    """What a runner that has ended said of itself."""
    match pulse.status:
        case "halted":
            return Verdict(Health.HALTED, "halted", age)
        case "stopped":
            return Verdict(Health.STOPPED, "stopped", age)
        case "ended":
            return Verdict(Health.STOPPED, "its candles have ended", age)
        case _:
            return None


def _absence(snapshot: Snapshot, age: int | None) -> Verdict | None:
    """What shows that nobody is at work who should be."""
    pulse, held = snapshot.pulse, snapshot.held
    if age is None and pulse.minute is None:
        return Verdict(Health.OK, "starting") if held else Verdict(Health.STOPPED, "has not run yet")
    if held is False:
        return Verdict(Health.DEAD, "its process is gone without a word", age)
    # A heartbeat from the future is no sign of life: the clock was set back, and nobody knows how old it is.
    if age is None or abs(age) >= BEAT_MS:
        return Verdict(Health.STUCK, "no heartbeat", age)
    return Verdict(Health.STUCK, "failed, and restarts") if pulse.status == "restarting" else None


def _progress(pulse: Pulse, now_ms: int) -> Verdict:
    """What a beating heart gets done. All but the heartbeat is market time, which may be far from the wall's."""
    if pulse.status == "starting" or pulse.next_due is None:
        return Verdict(Health.OK, "starting")
    looked_at = pulse.next_due - MINUTE_MS
    up_ms = 0 if pulse.since is None else now_ms - pulse.since
    blind = up_ms if pulse.newest_candle is None else looked_at - pulse.newest_candle
    if blind >= LATE_MS:
        return Verdict(Health.STALE, "no new candle", blind)
    behind = up_ms if pulse.minute is None else looked_at - pulse.minute
    if behind >= LATE_MS:
        return Verdict(Health.STUCK, "no minute finished", behind)
    return Verdict(Health.OK, "running")
