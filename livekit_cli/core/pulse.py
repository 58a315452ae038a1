"""The pulse of one symbol: what is worth knowing between two durable steps, and may be lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .link import Link
from .schedule import Turn
from .state import Identity, State

OVER = 0
"""The `error_code` of a trouble that is over, and of which the pulse says only that."""


class Pulse(NamedTuple):
    """How one symbol is doing. Times are epoch ms; None means not known, or not yet.

    The first four fields serve a restart: the newest durable step, the newest acknowledged event, the last finished
    minute, and which bucket of its interval the strategy was asked in. The rest is for people. `heartbeat` and
    `since` are wall time, everything else is the market's. `degraded` says that fewer than five candles made `price`;
    `began` is the newest durable step when the last run opened the journal: what came after it is of this run.
    `first` is the minute that the last run looked at first, and `error_code` the exit code that goes with `error`: 0
    where that says that a trouble is over, since `error_time`.
    `delay_ms` is how long after its close the last minute was finished, `link` the connection to an exchange that is
    somewhere else.
    """

    seq: int = 0
    acked: int = 0
    minute: int | None = None
    turn: Turn = Turn()
    heartbeat: int | None = None
    newest_candle: int | None = None
    next_due: int | None = None
    price: float | None = None
    degraded: bool = False
    unrealised: float | None = None
    error: str | None = None
    error_time: int | None = None
    status: str = "starting"
    pid: int = 0
    host: str = ""
    since: int | None = None
    command: str = ""
    began: int = 0
    first: int | None = None
    error_code: int | None = None
    delay_ms: int | None = None
    link: Link | None = None

    @property
    def is_over(self) -> bool:
        """Whether `error` tells of what has passed."""
        return self.error_code == OVER

    @property
    def has_error(self) -> bool:
        """Whether `error` tells of something that nothing better has followed."""
        return bool(self.error) and not self.is_over


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One symbol as the table and `status` show it: whose it is, its last durable state, its pulse.

    `held` says whether a process has the journal's lock right now; None when that cannot be known. Of a damaged
    journal the state is not known, and `known` says so.
    """

    identity: Identity
    state: State
    pulse: Pulse
    held: bool | None = True
    known: bool = True
