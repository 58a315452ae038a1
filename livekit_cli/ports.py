"""What the loop needs of the outside world, as promises that every adapter and its fake must keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from .core.candle import Candles
from .core.event import Event, MinuteResult
from .core.link import Link
from .core.pulse import Pulse
from .core.state import Order, Report, Step


class Clock(Protocol):
    """Tells when a minute closes. The only source of time; all times are epoch milliseconds."""

    def now(self) -> int:
        """The present moment on the wall, for people and heartbeats; never used by a rule."""
        ...

    def age(self, minute: int) -> int:
        """How many milliseconds ago `minute` closed; 0 where time is replayed and nothing can be late."""
        ...

    async def next_minute(self, after: int | None) -> int | None:
        """Return the whole minute to evaluate next, as soon as it has closed; None when time ends here.

        Always later than `after`, the minute looked at last. A wall clock may skip minutes that passed while nobody
        waited, a replayed one never does.
        """
        ...


class Feed(Protocol):
    """Closed candles of one exchange."""

    async def candles(self, symbol: str, timeframe: str, until: int, limit: int, *, urgent: bool = False) -> Candles:
        """The newest `limit` candles of `timeframe` that had closed at `until` (epoch ms), oldest first.

        Fewer when the exchange has fewer; never one that was still forming; never an invalid one. `urgent` ones, of
        a symbol with an open signal, need not wait behind others. Raises FeedError when it cannot be known: an empty
        answer means that there are none. MarketGone when the symbol is not traded any more.
        """
        ...


class Venue(Protocol):
    """An exchange that is somewhere else: it is opened once for all its symbols before they run, and closed after."""

    async def open(self, symbols: Sequence[str]) -> None:
        """Be ready for `symbols`, or raise within ten seconds.

        Raises UsageError for a symbol that it does not have, ExchangeUnreachable, ExchangeRefused, CredentialsRefused.
        """
        ...

    def fee_percent(self, symbol: str) -> float | None:
        """What one side of a trade costs there, in percent; None when it does not say."""
        ...

    @property
    def link(self) -> Link | None:
        """How the connection is right now; None when there is none. Cheap: each symbol asks with each heartbeat."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


class Broker(Protocol):
    """Trades orders."""

    async def submit(self, order: Order) -> Report:
        """Trade `order` once, however often it is submitted; the same `client_order_id` is the same order.

        Never raises for what an exchange may answer: an order without a definite answer is Unknown.
        """
        ...


class Journal(Protocol):
    """The one truth about one symbol: an append-only list of steps, and the pulse beside it."""

    @property
    def last(self) -> Step | None:
        """The last step; None in a new journal."""
        ...

    @property
    def seq(self) -> int:
        """How many steps were ever appended."""
        ...

    @property
    def acked(self) -> int:
        """The newest event known to have been acknowledged when this journal was opened."""
        ...

    @property
    def unacknowledged(self) -> list[tuple[int, Event]]:
        """The events found at opening that nobody is known to have had, oldest first, each with its number."""
        ...

    async def append(self, step: Step, acked: int) -> int:
        """Add `step` and return its sequence number. After the return a power cut cannot lose it.

        When it raises DiskFull the step is not part of the journal: try again later. When it raises DiskFailed
        nobody can say whether it is, and this journal takes no more steps in this process. JournalDamaged:
        somebody removed or replaced the file.
        """
        ...

    @property
    def pulse(self) -> Pulse:
        """The pulse found at opening; a default one when there was none."""
        ...

    def beat(self, pulse: Pulse) -> None:
        """Show `pulse` to whoever looks at the data folder. Cheap, not durable, never raises."""
        ...

    def close(self) -> None:
        """Let another process have it."""
        ...


class Strategist(Protocol):
    """A trader's idea, behind deadlines: whatever the trader's code does, a call returns or raises in time."""

    @property
    def name(self) -> str: ...

    @property
    def interval_ms(self) -> int:
        """How often it wants to be asked."""
        ...

    async def ask(self, now: int, price: float, last: float) -> object:
        """Its proposal for this minute, unchecked, or None. Raises StrategyError, and nothing else."""
        ...

    async def tell(self, result: MinuteResult) -> None:
        """Let its `on_...` callback know. Raises StrategyError, and nothing else."""
        ...

    def wants(self, action: str) -> bool:
        """Whether it has a callback for results of this `action`."""
        ...

    def close(self) -> None:
        """Nobody will ask or tell it anything more."""
        ...


Deliver = Callable[[Event, Callable[[], None]], None]
"""Hands an event to the consumer without waiting; the second argument is called once the consumer has had it."""
