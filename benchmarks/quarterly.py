"""The strategy of the backtest benchmark: asked every 15 minutes, it buys a close above the 30-minute high."""

from __future__ import annotations

from livekit_cli import Market, Proposal, Strategy


class Quarterly(Strategy):
    """Buy a close above the 30-minute high."""

    interval = "15m"

    async def get_signal(self, market: Market) -> Proposal | None:
        candles = await market.candles("1m", 30)
        if len(candles) < 30 or candles[-1].close <= max(candles.highs[:-1]):
            return None
        return market.long(take_profit=1.0, stop_loss=0.5, minutes=240)
