"""What each symbol of the demo market is: its level, how loud it is, how much of it is traded.

The spellings `BTCUSDT`, `BTC/USDT`, `btc-usdt` and `BTC/USDT:USDT` are one series; `BTCUSDC` is another one at the same
level, and `ETHBTC` has the level of ETH in BTC. A coin that is not in the table is made up from its name.

Changing anything here changes everybody's demo prices: the tests hold some of them fast.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from math import floor, log, log10, sqrt
from typing import NamedTuple

BLOCK = 64
"""Minutes from one anchor of the price to the next."""

_MINUTES_PER_YEAR = 525_600

_QUOTES = ("FDUSD", "USDT", "USDC", "USD", "DAI", "EUR", "GBP", "TRY", "BTC", "ETH", "BNB")
"""Quotes that a symbol without a separator may end with, the longest first."""

_COINS: dict[str, tuple[float, float, float]] = {
    # price in USD, yearly volatility in percent, USD traded per minute
    "BTC": (60_000, 45, 9e6),
    "ETH": (3_000, 60, 5e6),
    "BNB": (580, 55, 7e5),
    "SOL": (150, 80, 2e6),
    "XRP": (0.55, 75, 1e6),
    "DOGE": (0.13, 90, 9e5),
    "ADA": (0.42, 75, 4e5),
    "TRX": (0.14, 50, 2e5),
    "AVAX": (28, 85, 3e5),
    "SHIB": (0.000019, 95, 3e5),
    "LINK": (14, 75, 3e5),
    "DOT": (5.6, 75, 2e5),
    "BCH": (380, 70, 2e5),
    "LTC": (72, 65, 3e5),
    "NEAR": (4.8, 90, 2e5),
    "UNI": (7.5, 80, 1e5),
    "ICP": (8.4, 85, 1e5),
    "ETC": (20, 70, 1e5),
    "XLM": (0.1, 65, 1e5),
    "ATOM": (5.2, 75, 1e5),
    "FIL": (4.1, 85, 1e5),
    "APT": (7.8, 85, 1e5),
    "ARB": (0.62, 90, 2e5),
    "OP": (1.6, 90, 2e5),
    "SUI": (1.1, 95, 3e5),
    "PEPE": (0.0000095, 110, 6e5),
    "XMR": (160, 55, 5e4),
    "AAVE": (105, 85, 1e5),
    "TON": (5.9, 70, 1e5),
    "EUR": (1.08, 8, 1e5),
    "GBP": (1.27, 9, 5e4),
    "TRY": (0.031, 15, 5e4),
    **dict.fromkeys(("USD", "USDT", "USDC", "FDUSD", "DAI"), (1.0, 1, 2e5)),
}


class Pair(NamedTuple):
    """What makes one series of the demo market differ from the next; prices are counted in ticks of 1/`scale`."""

    name: bytes
    log_level: float
    sigma: float  # of the log price, over one minute
    scale: float
    volume: float  # base coins in an average minute
    volume_scale: float
    quiet: int  # of 65,536 minutes so many are without a trade
    phase: int  # minutes by which its anchors are shifted, so that not all symbols build a block in the same minute


def split_symbol(symbol: str) -> tuple[str, str]:
    """Base and quote of a symbol as a trader types it; the quote is USD where there is none."""
    parts = [part for part in re.split(r"[/_\-\s]", symbol.upper().partition(":")[0]) if part]
    if len(parts) > 1:
        return parts[0], parts[1]
    text = parts[0] if parts else ""
    for quote in _QUOTES:
        if text.endswith(quote) and text != quote:
            return text.removesuffix(quote), quote
    return text, "USD"


def pair_of(symbol: str, seed: int) -> Pair:
    """The series that `symbol` names in the market of `seed`."""
    base, quote = split_symbol(symbol)
    name = f"{seed}:{base}/{quote}".encode()
    price, volatility, turnover = _coin(base)
    level = price / _coin(quote)[0] if quote in _COINS else price
    scale = 10.0 ** max(0, 5 - floor(log10(level)))
    volume = turnover / price
    return Pair(
        name=name,
        log_level=log(level * scale),
        sigma=volatility / 100 / sqrt(_MINUTES_PER_YEAR),
        scale=scale,
        volume=volume,
        volume_scale=10.0 ** min(8, max(0, 4 - floor(log10(volume)))),
        quiet=131 if turnover < 2e4 else 0,
        phase=hashed(name, b"phase") % BLOCK,
    )


def _coin(base: str) -> tuple[float, float, float]:
    """USD price, yearly volatility in percent and USD turnover per minute; made up from the name of an unknown coin."""
    pack = re.fullmatch(r"(10{3,})(\D+)", base)  # 1000PEPE is traded a thousand at a time
    if pack:
        price, volatility, turnover = _coin(pack[2])
        return price * int(pack[1]), volatility, turnover
    known = _COINS.get(base)
    if known:
        return known
    name = base.encode()
    first, second, third = (hashed(name, what) / 2**64 for what in (b"price", b"volatility", b"turnover"))
    return 0.01 * 50_000**first, 50 + 80 * second, 10 ** (3 + 2 * third)


def hashed(name: bytes, what: bytes, level: int = 0, index: int = 0) -> int:
    """64 bits that are the same on every machine and in every process."""
    return int.from_bytes(blake2b(b"%b %b %d %d" % (name, what, level, index), digest_size=8).digest(), "little")
