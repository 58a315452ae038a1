"""Everything that is told of one signal, whether as a page or as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..core.explanation import Explanation
from ..core.health import Verdict
from ..core.state import Identity, State, Step


class JournalLine(NamedTuple):
    """One line of a journal: where it stands, its place in the sequence, its checksum, and the line as it is."""

    path: str
    number: int
    seq: int
    sum: str
    raw: str
    step: Step


@dataclass(frozen=True, slots=True)
class Story:
    """A signal's explanation, and what is around it. `verdict` is on whoever watches it, while it is open.

    `rejected` says that its entry order was refused for good. `notes` are sentences that the reader must see first.
    """

    identity: Identity
    explanation: Explanation
    state: State
    rejected: bool
    verdict: Verdict | None
    journal: tuple[JournalLine, ...]
    notes: tuple[str, ...]
