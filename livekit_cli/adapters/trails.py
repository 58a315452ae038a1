"""One signal's trail through the journals: every step that speaks of it, and where that step stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..core.errors import JournalDamaged, UsageError
from ..core.event import Closed, Opened
from ..core.signal import Signal
from ..core.state import Closing, Idle, Open, Opening, Publish, State
from ..core.words import did_you_mean
from .records import Record, Written, read_records, read_steps

SHORTEST = 3
"""Letters of an id that are enough to look for it."""

NEWEST = 5
"""Signals named to somebody who asked for one that is not there."""

MOST = 20
"""Signals listed to somebody whose letters begin the ids of several."""

_ID = re.compile(rb'"signal":\{"id":("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class Trail:
    """What the journals hold of one signal: its steps in turn, its two events as far as it has come, and its state.

    `rejected` says that its entry order was refused for good: it was never open.
    """

    record: Record
    signal: Signal
    steps: tuple[Written, ...]
    opened: Opened | None
    closed: Closed | None
    state: State

    @property
    def rejected(self) -> bool:
        return self.opened is None and isinstance(self.state, Idle)


@dataclass(slots=True)
class _Found:
    record: Record
    steps: list[Written] = field(default_factory=list)


_Everything = dict[tuple[Path, str], _Found]


def find_trail(data: Path, wanted: str | None = None) -> tuple[Trail, list[str]]:
    """The trail of the signal whose id is, or begins with, `wanted`; and what is wrong with damaged journals.

    An id of one of its events or orders is as good; None is the signal of which something was told last. Raises
    UsageError when there is no such signal, or several; JournalDamaged when there is none in what can be read.
    """
    if wanted is not None and len(wanted) < SHORTEST:
        raise UsageError(f"{wanted!r} is too short for a signal's id, expected at least {SHORTEST} of its letters")
    everything, damages = _read(data)
    if wanted is None and everything:
        return _trail(_newest(everything)[0]), damages
    keys = [key for key in everything if wanted is not None and _means(wanted, key[1])]
    if len(keys) > 1:
        raise UsageError(*_several(str(wanted), [everything[key] for key in keys]))
    if keys:
        return _trail(everything[keys[0]]), damages
    unknown = _unknown(data, wanted, everything)
    # Where a journal cannot be read to its end, nobody can say that the signal is not there.
    raise JournalDamaged(*unknown, *damages) if damages else UsageError(*unknown)


def _read(data: Path) -> tuple[_Everything, list[str]]:
    """The steps of every signal, by journal and id, and what is wrong with damaged journals."""
    damages: list[str] = []
    everything: _Everything = {}
    for record in read_records(data):
        try:
            for name, written in _named(record):
                everything.setdefault((record.files.journal, name), _Found(record)).steps.append(written)
        except JournalDamaged as error:
            damages.append(str(error))
        else:
            damages += [record.damage] if record.damage else []
    return everything, damages


def _means(wanted: str, name: str) -> bool:
    return name.startswith(wanted) or wanted.startswith(f"{name}-")


def _named(record: Record) -> Iterator[tuple[str, Written]]:
    """Each step with the id of its signal. One that speaks of none ends what the step before it began."""
    name = None
    for written in read_steps(record):
        found = _ID.search(written.line.content)
        if found is not None:
            name = json.loads(found[1])
        if name is not None:
            yield name, written


def _trail(found: _Found) -> Trail:
    signal = opened = closed = None
    state: State = Idle()
    for written in found.steps:
        step = written.step
        state = step.state
        if isinstance(state, Opening | Open | Closing):
            signal = state.signal
        if isinstance(step.owed, Publish):
            signal = step.owed.event.signal
            if isinstance(step.owed.event, Opened):
                opened = step.owed.event
            else:
                closed = step.owed.event
    assert signal is not None  # its id was read from one of the steps
    return Trail(found.record, signal, tuple(found.steps), opened, closed, state)


def _unknown(data: Path, wanted: str | None, everything: _Everything) -> list[str]:
    signal = "signal" if wanted is None else f"signal {wanted!r}"
    if not everything:
        return [f"there is no {signal}: no journal in {data.absolute()} has one yet"]
    near = did_you_mean(wanted, {name for _, name in everything})
    head = f"there is no {signal} in {data.absolute()}{near}; the newest are"
    return [head, *map(_said, _newest(everything))]


def _newest(everything: _Everything) -> list[_Found]:
    """The signals of which something was told last, the newest first. A journal tells of one after the other."""
    of_journal: dict[Path, list[_Found]] = {}
    for (path, _), found in everything.items():
        of_journal.setdefault(path, []).append(found)
    candidates = [found for several in of_journal.values() for found in several[-NEWEST:]]
    return sorted(candidates, key=lambda found: found.steps[-1].step.time, reverse=True)[:NEWEST]


def _several(wanted: str, found: Sequence[_Found]) -> Iterator[str]:
    yield f"{len(found)} signals begin with {wanted!r}, expected more of the id:"
    newest = sorted(found, key=lambda one: one.steps[-1].step.time, reverse=True)
    yield from map(_said, newest[:MOST])
    if len(newest) > MOST:
        yield f"  and {len(newest) - MOST} older ones"


def _said(found: _Found) -> str:
    trail = _trail(found)
    identity, signal = trail.record.identity, trail.signal
    if trail.closed is not None:
        became = f"closed {trail.closed.close_reason} {trail.closed.pnl.pnl_percentage:+.2f}%"
    else:
        became = "rejected" if trail.rejected else type(trail.state).__name__.lower()
    return f"  {signal.id}  {identity.strategy} {identity.symbol} {signal.position}, {became}"
