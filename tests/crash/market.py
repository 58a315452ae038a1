"""A scripted hour of one symbol, and what the rules make of it, worked out anew by a plain loop."""

from __future__ import annotations

from functools import cache

from lives import IDENTITY, START

from livekit_cli.core.candle import MINUTE_MS, Candle, Candles
from livekit_cli.core.event import Closed, Event, MinuteResult, Opened
from livekit_cli.core.signal import Position, Proposal, Signal

MINUTES = 40
BEGIN = START
END = BEGIN + MINUTES * MINUTE_MS

# Steps in price units; the path rises, falls, stands still and jumps, so that every rule gets its turn.
_MOVES = (
    "+++++ +++++ ----- ----- -.... ..... +++++ J---- ----- +++++"  # from ten minutes before BEGIN
).replace(" ", "")
_STEP = {"+": 0.4, "-": -0.45, ".": 0.0, "J": 2.5}


def closes() -> list[float]:
    price, path = 100.0, []
    for move in _MOVES:
        price += _STEP[move]
        path.append(round(price, 6))
    return path


CANDLES = Candles.of(
    Candle(BEGIN + (number - 10) * MINUTE_MS, close, close, close, close, 1.0 + number % 3)
    for number, close in enumerate(closes())
)


@cache
def price_at(time: int) -> float:
    """The VWAP of the five minutes before `time`."""
    weighted = volume = 0.0
    for candle in CANDLES:
        if time - 5 * MINUTE_MS <= candle.timestamp < time:
            weighted += (candle.high + candle.low + candle.close) / 3 * candle.volume
            volume += candle.volume
    return weighted / volume


@cache
def last_at(time: int) -> float:
    return [candle for candle in CANDLES if candle.timestamp < time][-1].close


@cache
def proposal_at(time: int) -> Proposal | None:
    """The script of the strategy: it would open at most minutes, long or short, with near and far levels."""
    minute = (time - BEGIN) // MINUTE_MS
    if minute % 3 == 2:
        return None
    last, direction = last_at(time), 1 if minute % 4 < 2 else -1
    lifetime = 3 if minute % 5 == 0 else 30
    far = 50.0 if lifetime == 3 else 1.2
    position = Position.LONG if direction == 1 else Position.SHORT
    return Proposal(position, last + direction * far, last - direction * far, lifetime, note=str(minute))


@cache
def rules_say(signal: Signal) -> tuple[int, str] | None:
    """The minute and the reason that end `signal`, or None while the recording lasts."""
    up = signal.position is Position.LONG
    for time in range(signal.timestamp + MINUTE_MS, END + 1, MINUTE_MS):
        price = price_at(time)
        if price >= signal.price_take_profit if up else price <= signal.price_take_profit:
            return time, "take_profit"
        if price <= signal.price_stop_loss if up else price >= signal.price_stop_loss:
            return time, "stop_loss"
        if time >= signal.timestamp + signal.minute_estimated_time * MINUTE_MS:
            return time, "time_expired"
    return None


class Script:
    """Implements `ports.Strategist`: asks nobody, remembers nothing, and writes down what it is told."""

    name = IDENTITY.strategy
    interval_ms = MINUTE_MS

    def __init__(self, told: list[Event]) -> None:
        self.told = told

    async def ask(self, now: int, price: float, last: float) -> object:
        assert price == price_at(now)
        assert last == last_at(now)
        return proposal_at(now)

    async def tell(self, result: MinuteResult) -> None:
        assert isinstance(result, Opened | Closed)
        self.told.append(result)

    def wants(self, action: str) -> bool:
        return action in ("opened", "closed")

    def close(self) -> None: ...
