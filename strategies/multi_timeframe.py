"""Several timeframes: the hours say in which direction to trade, the minutes say when.

The idea: a trade with the larger trend has more room than one against it. Inside a rise this waits for a small
setback and buys when it ends; inside a fall it waits for a small recovery and sells when that ends.
"""

from __future__ import annotations

from statistics import fmean

from livekit_cli import Candles, Market, Proposal, Strategy


class MultiTimeframe(Strategy):
    """Trend from 1h closes against their average; entry where a pullback of 5m candles turns with the trend."""

    interval = "5m"
    trend_hours: int = 12  # 1h candles in the average that tells the trend
    pullback: int = 2  # 5m candles in a row against the trend, before the one that turns
    take_profit: float = 1.0  # percent of the entry
    stop_loss: float = 0.5  # percent of the entry
    minutes: int = 240  # how long the signal may stay open

    async def get_signal(self, market: Market) -> Proposal | None:
        hours = await market.candles("1h", self.trend_hours)
        if len(hours) < self.trend_hours:
            return None
        recent = await market.candles("5m", self.pullback + 1)
        if len(recent) <= self.pullback:
            return None
        rising = market.price > fmean(hours.closes)
        if not turned(recent, up=rising):
            return None
        propose = market.long if rising else market.short
        note = f"pullback ended in a {'rise' if rising else 'fall'} of {self.trend_hours} hours"
        return propose(take_profit=self.take_profit, stop_loss=self.stop_loss, minutes=self.minutes, note=note)


def turned(candles: Candles, *, up: bool) -> bool:
    """Whether the newest candle goes with the trend, and all before it went against it."""
    moves = [candle.close - candle.open if up else candle.open - candle.close for candle in candles]
    return moves[-1] > 0 and all(move < 0 for move in moves[:-1])
