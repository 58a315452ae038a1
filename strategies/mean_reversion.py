"""Mean reversion: a price far outside its Bollinger bands is expected to come back to their middle.

The idea: the middle band is the average of the last closes, the outer bands lie a few standard deviations away. A
close beyond them is rare while a market goes sideways, and more often an exaggeration than news.
"""

from __future__ import annotations

from statistics import fmean, pstdev

from livekit_cli import Market, Proposal, Strategy


class MeanReversion(Strategy):
    """Long below the lower band, short above the upper one; the take profit is the middle band."""

    interval = "5m"
    length: int = 20  # 5m candles that the bands are made of
    deviations: float = 2.0  # standard deviations from the middle band to an outer one
    stop_loss: float = 0.6  # percent of the entry
    minutes: int = 120  # how long the signal may stay open
    least_gain: float = 0.4  # percent to the middle band: slippage and fees take 0.4

    async def get_signal(self, market: Market) -> Proposal | None:
        candles = await market.candles("5m", self.length)
        if len(candles) < self.length:
            return None
        middle = fmean(candles.closes)
        band = self.deviations * pstdev(candles.closes)
        if abs(middle - market.last) / market.last * 100 < self.least_gain:
            return None  # not worth its costs
        if market.last < middle - band:
            propose, note = market.long, "below the lower Bollinger band"
        elif market.last > middle + band:
            propose, note = market.short, "above the upper Bollinger band"
        else:
            return None
        return propose(price_take_profit=middle, stop_loss=self.stop_loss, minutes=self.minutes, note=note)
