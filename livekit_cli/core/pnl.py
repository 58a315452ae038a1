"""Profit and loss of one signal, in percent of its entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .signal import Position, Signal

SLIPPAGE_PERCENT = 0.1
FEE_PERCENT = 0.1


@dataclass(frozen=True, slots=True)
class PnL:
    """What a closed signal earned: percent of the entry, net of slippage and fees, and the two prices.

    The costs that were taken off are in percent, the fee on each side; both None in a journal of an older livekit.
    """

    pnl_percentage: float
    price_open: float
    price_close: float
    slippage_percent: float | None = None
    fee_percent: float | None = None

    @property
    def costs(self) -> tuple[float, float] | None:
        """Slippage and fee, where they were written down."""
        if self.slippage_percent is None or self.fee_percent is None:
            return None
        return self.slippage_percent, self.fee_percent


class Working(NamedTuple):
    """How a PnL comes about: the prices after slippage, then percents of the entry before and after fees."""

    entry: float
    exit: float
    gross: float
    fees: float
    net: float


def worked_out(
    position: Position,
    price_open: float,
    price_close: float,
    slippage_percent: float = SLIPPAGE_PERCENT,
    fee_percent: float = FEE_PERCENT,
) -> Working:
    """Slippage worsens both prices, then each side pays its fee.

    The order of the operations is the reference's, so the result is the same to the last bit.
    """
    worse_up = 1 + slippage_percent / 100
    worse_down = 1 - slippage_percent / 100
    if position is Position.LONG:
        entry, leave = price_open * worse_up, price_close * worse_down
        gross = (leave - entry) / entry * 100
    else:
        entry, leave = price_open * worse_down, price_close * worse_up
        gross = (entry - leave) / entry * 100
    fees = 2 * fee_percent
    return Working(entry, leave, gross, fees, gross - fees)


def pnl_percentage(
    position: Position,
    price_open: float,
    price_close: float,
    slippage_percent: float = SLIPPAGE_PERCENT,
    fee_percent: float = FEE_PERCENT,
) -> float:
    """Net profit in percent of the entry, as `worked_out`."""
    return worked_out(position, price_open, price_close, slippage_percent, fee_percent).net


def distances(signal: Signal, price: float) -> tuple[float, float]:
    """How far `price` still has to go to the take profit and to the stop loss, in percent of `price`.

    Negative for a level that it has passed.
    """
    up = 100 / price if signal.position is Position.LONG else -100 / price
    return (signal.price_take_profit - price) * up, (price - signal.price_stop_loss) * up
