"""How long everything about an exchange may take: one place for all deadlines, so that tests can shorten them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds."""

    attempts: tuple[float, ...] = (4.0, 6.0, 8.0)
    """How long each attempt at a request may take once it has been sent: most that have not been answered in four
    seconds never are."""

    ask: float = 18.0
    """How long all attempts may take together, pauses that the exchange asked for and its rate limit included."""

    answer: float = 19.0
    """How long a question for candles may take with everything that is asked again for it: the loop of a symbol, which
    knows less of what went wrong, gives up after twenty."""

    retry: tuple[float, ...] = (0.2, 0.6)
    """The longest pauses between two attempts; each is drawn anew, so that many clients do not come back together."""

    polls: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0)
    """Pauses before a candle that has not come is asked for again; together they are the grace of a minute."""

    settled: float = 1.0
    """How long after its close an exchange may still change a candle that no later one has followed."""

    start: float = 6.0
    """How long an exchange may take to be ready; a start that fails has ended ten seconds after it began."""

    look: float = 5.0
    """How often the clocks are looked at."""

    measure: float = 3600.0
    """How often they are compared when nothing seems wrong: a machine without NTP loses a second a day."""

    socket: float = 0.5
    """How long a lively socket is waited for before the candle is asked for."""

    lively: float = 10.0
    """A socket that has brought nothing for so long is not waited for."""

    frozen: float = 90.0
    """A connection that is open and has brought nothing for so long is made anew; doubled as long as that does not
    help."""

    longest_frozen: float = 900.0

    subscribe: float = 0.3
    """Between two subscriptions: Binance closes a connection that sends more than five messages in a second."""

    backoff: tuple[float, float] = (1.0, 60.0)
    """Before a broken socket is opened again: after the first failure, and at most; doubled with each one in a row."""

    fresh: float = 20.0
    """Before the markets are asked for anew, behind the first minute's work."""
