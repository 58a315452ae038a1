"""What to ask an exchange about candles, and what its answer is worth.

Laws:
- A row that is no candle, or cannot be one, is refused; the others count. Of two that differ neither counts.
- A candle is final when a later one has been seen, or when the question was asked so long after its close that the
  exchange had finished it. An answer that was long under way is as old as its question.
- An answer without a candle says nothing: it may be no answer at all. So a question takes in a candle that is known,
  which a true answer has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .candle import MINUTE_MS, Candle, value_fault
from .tape import Tape

FUTURE_MS = 5_000
"""By how much a candle may be ahead of what is taken for the exchange's time."""

FIRST_LOOK_MS = 60 * MINUTE_MS
"""How far back is looked at least when nothing is known: of a symbol without a candle in an hour nobody can tell."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for candles from `first` on, to know those of [since, until), epoch ms.

    `proof` is the opening time of a candle that a true answer has; None where none is known. `is_past` says that later
    ones are known, so that those of the span are final.
    """

    first: int
    since: int
    until: int
    length: int
    proof: int | None = None
    is_past: bool = False

    @property
    def count(self) -> int:
        """How many candles that is, with the one that is still forming."""
        return (max(self.until, self.proof or 0) - self.first) // self.length + 1


class Times(NamedTuple):
    """When the exchange was asked and had answered, by its own clock in ms, and how many ms after its close a candle is
    final that no later one has followed."""

    sent: int
    received: int
    settled: int


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: sound `candles` from `since` on, oldest first, final up to `stop`; `faults` are what was refused.

    `hole` is the first time before `stop` at which a candle is missing. One that says nothing at all is not `is_true`.
    """

    candles: list[Candle]
    faults: list[str]
    stop: int
    hole: int | None
    is_true: bool

    @property
    def unproven(self) -> int | None:
        """The newest candle's opening time, when it is taken for final although no later one was seen."""
        newest = self.candles[-1].timestamp if self.candles else self.stop
        return newest if newest < self.stop else None


def weightless(candles: Iterable[Candle], close: float) -> int | None:
    """When the first of `candles` opened whose price moved without any volume; `close` is that of the one before."""
    for candle in candles:
        if candle.volume == 0 and not candle.high == candle.low == close:
            return candle.timestamp
        close = candle.close
    return None


def plan(tape: Tape, span: tuple[int, int], reach: int, unproven: int | None = None) -> Ask:
    """How to ask for `span`, which `tape` is missing; a question may be `reach` ms long.

    The candle at `unproven`, if it is the newest one, is looked at again.
    """
    since, until = span
    if len(tape) == 0:
        first = min(since, until - min(reach, FIRST_LOOK_MS))
        return Ask(first, first, until, tape.length)
    if until <= tape.start:
        oldest = tape.oldest
        return Ask(since, since, until, tape.length, oldest if oldest < since + reach else None, is_past=True)
    newest = tape.newest
    if newest < until - reach or newest >= until:
        return Ask(since, since, until, tape.length)
    # One more than the proof, for exchanges that begin after the time they are given.
    return Ask(newest - tape.length, newest if newest == unproven else since, until, tape.length, newest)


def read_page(rows: object, ask: Ask, times: Times) -> Page:
    """What `rows`, an exchange's answer as ccxt returns it, is worth."""
    found, faults = ascending(rows if isinstance(rows, list) else [rows], ask.length)
    latest = times.received + FUTURE_MS
    faults += [f"the candle at {one.timestamp} is from the future" for one in found if one.timestamp > latest]
    sound = [one for one in found if ask.since <= one.timestamp <= latest]
    is_true = bool(sound) or ask.proof in {one.timestamp for one in found}
    stop = min(ask.until, _final_until(sound, ask, times) if is_true else ask.since)
    return Page(sound, faults, stop, _hole(sound, ask.since, stop, ask.length), is_true)


def _final_until(candles: Sequence[Candle], ask: Ask, times: Times) -> int:
    if ask.is_past:
        return ask.until
    if not candles:
        return ask.since
    newest = candles[-1].timestamp
    if newest >= ask.until:
        return ask.until
    end = newest + ask.length
    return end if end + times.settled <= times.sent else newest


def _hole(candles: Sequence[Candle], since: int, stop: int, length: int) -> int | None:
    expected = since
    for candle in candles:
        if candle.timestamp > expected:
            break
        expected += length
    return expected if expected < stop else None


def ascending(rows: Iterable[object], length: int) -> tuple[list[Candle], list[str]]:
    """The sound candles of `length` ms among an exchange's rows, oldest first, and what is wrong with the others."""
    found: dict[int, Candle] = {}
    faults: list[str] = []
    doubtful: set[int] = set()
    for row in rows:
        candle = _candle_of(row)
        if isinstance(candle, str):
            faults.append(candle)
        elif candle.timestamp % length:
            faults.append(f"a candle at {candle.timestamp}, which is no multiple of {length} ms")
        elif fault := value_fault(candle):
            faults.append(f"the candle at {candle.timestamp}: {fault[1]}")
        elif candle.timestamp not in found:
            found[candle.timestamp] = candle
        else:
            differing = found[candle.timestamp] != candle
            faults.append(f"two {'different ' if differing else ''}candles at {candle.timestamp}")
            doubtful |= {candle.timestamp} if differing else set()
    return [found[time] for time in sorted(found.keys() - doubtful)], faults


def _candle_of(row: Any) -> Candle | str:
    """The candle in a row of ccxt's (time, open, high, low, close, volume), or what it is instead."""
    try:
        time, *values = row
        if len(values) != 5 or isinstance(time, bool) or time != int(time):
            raise ValueError
        return Candle(int(time), *map(float, values))
    except (TypeError, ValueError, OverflowError):
        return f"{str(row)[:100]} is no candle"
