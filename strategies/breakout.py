"""Breakout: a close above the highest high of the last half hour is bought.

The idea: a price that leaves its recent range has found new buyers and tends to go on for a while. Most breakouts
fail, so the stop loss is close and the take profit is twice as far away. Slippage and fees take 0.4 % of every trade: a
take profit of less than that could not win.
"""

from __future__ import annotations

from livekit_cli import Market, Proposal, Strategy


class Breakout(Strategy):
    """Buy a close above the highest high of the `lookback` candles before it."""

    interval = "5m"
    lookback: int = 30  # 1m candles in the range that must be left
    take_profit: float = 1.0  # percent above the entry
    stop_loss: float = 0.5  # percent below the entry
    minutes: int = 60  # how long the signal may stay open

    async def get_signal(self, market: Market) -> Proposal | None:
        candles = await market.candles("1m", self.lookback + 1)  # the newest one, and the range before it
        if len(candles) <= self.lookback:
            return None  # a young market: no range yet
        top = max(candles.highs[:-1])
        if candles[-1].close <= top:
            return None
        return market.long(
            take_profit=self.take_profit,
            stop_loss=self.stop_loss,
            minutes=self.minutes,
            note=f"above the {self.lookback}-minute high of {top:g}",
        )
