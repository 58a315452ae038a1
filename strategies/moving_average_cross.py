"""Moving average cross: follow a short average when it crosses a long one, in either direction.

The idea: a short average shows where the price is going now, a long one where it came from. When the short one rises
through the long one a rise may have begun, and when it falls through it, a fall.
"""

from __future__ import annotations

from collections.abc import Sequence

from livekit_cli import Market, Proposal, Strategy


class MovingAverageCross(Strategy):
    """Long when the fast average of 5m closes rises through the slow one, short when it falls through it."""

    interval = "5m"
    fast: int = 8  # 5m candles in the short average
    slow: int = 21  # 5m candles in the long average
    take_profit: float = 0.8  # percent of the entry
    stop_loss: float = 0.5  # percent of the entry
    minutes: int = 180  # how long the signal may stay open

    async def get_signal(self, market: Market) -> Proposal | None:
        candles = await market.candles("5m", self.slow + 1)
        if len(candles) <= self.slow:
            return None
        closes = candles.closes
        before = mean(closes[-self.fast - 1 : -1]) - mean(closes[:-1])  # one candle ago
        after = mean(closes[-self.fast :]) - mean(closes[1:])  # now
        if before <= 0 < after:
            propose, note = market.long, "fast average rose through the slow one"
        elif before >= 0 > after:
            propose, note = market.short, "fast average fell through the slow one"
        else:
            return None
        return propose(take_profit=self.take_profit, stop_loss=self.stop_loss, minutes=self.minutes, note=note)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
