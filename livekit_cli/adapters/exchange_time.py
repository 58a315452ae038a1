"""The time of an exchange, by which its minutes are counted: measured, and then carried on by a clock nobody sets.

Laws:
- Once measured, a step of this machine's wall clock changes nothing.
- The best of several measurements counts, and nobody is told of a difference that is within its error.
- An exchange that does not tell its time has the wall's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..core.errors import FeedError
from .clock import steady_ms, wall_ms

TRIFLE_MS = 300
"""A difference that is taken for none: minutes then begin when this machine's do."""

JUMP_MS = 500
"""A step of the wall clock against the steady one, after which the difference is measured again."""

HALF_SECOND_MS = 500
"""A date is cut to the second: on average it was half a one later."""

DATE_ERROR_MS = 1_500
"""How far an answer's date may be off without meaning anything: it is cut to a second, and so was the one before."""

ABSURD_MS = 86_400_000
"""A difference that is a mistake: of the exchange's answer, or of a machine whose clock was never set."""


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine's clocks, both in ms: the one that people set, and one that only ever goes on."""

    wall: Callable[[], int] = wall_ms
    steady: Callable[[], int] = steady_ms

    def seconds(self) -> float:
        """The steady one in seconds."""
        return self.steady() / 1000


class Sample(NamedTuple):
    """What the exchange's clock showed at some moment between `sent` and `received` (steady ms)."""

    sent: int
    received: int
    theirs: int
    date: int | None = None
    """The second that the answer bore, where it bore one."""

    @property
    def error(self) -> float:
        """By how much it may be wrong at most, in ms."""
        return (self.received - self.sent) / 2


class ExchangeTime:
    """Tells the exchange's time."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.ahead_ms = 0
        """How far minutes are ahead of this machine's."""
        self.ahead_exactly_ms = 0
        """How far its clock was, when it was measured."""
        self._exact: int | None = None
        """The exchange's time less the steady clock's, as measured."""
        self._counted = 0
        """The same for minutes."""
        self._steps = self._wall_steps()
        self._doubted = False
        self._measured = machine.steady()
        self._date_bias = 0
        """How far the dates of its answers are ahead of its time: another machine may write them."""

    def now_ms(self) -> int:
        """The present moment there, as exactly as it is known; epoch ms."""
        return self.at(self.machine.steady())

    def at(self, steady: int) -> int:
        """What time it was there when the steady clock showed `steady`."""
        return steady + (self._wall_steps() if self._exact is None else self._exact)

    def counted_ms(self) -> int:
        """What minutes are counted by."""
        return self.machine.steady() + (self._wall_steps() if self._exact is None else self._counted)

    def measure(self, samples: Iterable[Sample]) -> int:
        """Believe the best of `samples`; how far minutes are now ahead of this machine's, in ms.

        Raises FeedError when it cannot be true.
        """
        best = min(samples, key=lambda sample: sample.error)
        exact = best.theirs - (best.sent + best.received) // 2
        ahead = exact - self._wall_steps()
        if abs(ahead) >= ABSURD_MS:
            raise FeedError(
                f"its clock and that of this machine are {abs(ahead) / ABSURD_MS:.0f} days apart; one of them is wrong"
            )
        self.ahead_exactly_ms = ahead
        self.ahead_ms = 0 if abs(ahead) <= max(TRIFLE_MS, best.error) else ahead
        self._exact = exact
        self._date_bias = 0 if best.date is None else best.date + HALF_SECOND_MS - best.theirs
        self._counted = self._wall_steps() + self.ahead_ms
        self._steps, self._doubted, self._measured = self._wall_steps(), False, self.machine.steady()
        return self.ahead_ms

    def contradicts(self, date: int, sent: int, received: int) -> bool:
        """Whether an answer that bore `date`, asked for and had at these steady ms, cannot be of the time it seems."""
        if self._exact is None:
            return False
        theirs = date + HALF_SECOND_MS - self._date_bias
        return not self.at(sent) - DATE_ERROR_MS <= theirs <= self.at(received) + DATE_ERROR_MS

    def latest(self, date: int) -> int:
        """The latest moment there at which an answer that bears `date` can have been made."""
        return date + HALF_SECOND_MS - self._date_bias + DATE_ERROR_MS

    def doubt(self) -> None:
        """The exchange complained of our time."""
        self._doubted = True

    @property
    def is_doubted(self) -> bool:
        """Whether the difference has to be measured again."""
        return self._doubted or self.wall_was_set

    @property
    def wall_was_set(self) -> bool:
        """Whether somebody set the wall clock since the last measurement."""
        return abs(self._wall_steps() - self._steps) >= JUMP_MS

    def age_seconds(self) -> float:
        """How long ago it was measured."""
        return (self.machine.steady() - self._measured) / 1000

    def accept_wall(self) -> None:
        """The step that was seen is known; where nothing can be measured there is nothing more to do."""
        self._steps = self._wall_steps()

    def _wall_steps(self) -> int:
        """Changes only when somebody sets the wall clock."""
        return self.machine.wall() - self.machine.steady()
