"""Everything that an exchange lists, and which of it a symbol means.

What the trader types is compared without its separators: `BTCUSDT`, `BTC/USDT` and `btc-usdt` are one symbol. Of the
markets that it fits, the one of the wanted kind counts (spot, or the swap that is settled in its quote currency).
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from .names import bare_symbol

Market = dict[str, Any]

KINDS = ("spot", "swap")


class Listing:
    """The markets of one exchange, of all kinds; those of `kind` (spot or swap) can be found."""

    def __init__(self, exchange: str, kind: str, everything: Iterable[Market]) -> None:
        self._exchange = exchange
        self._kind = kind
        self._everything = list(everything)
        self._by_name = _by_name(market for market in self._everything if is_wanted(market, kind))

    def find(self, symbol: str) -> Market | None:
        """The market that the trader means."""
        return self._by_name.get(bare_symbol(symbol))

    @property
    def any(self) -> Market | None:
        """One of them, where nobody cares which."""
        return next(iter(self._by_name.values()), None)

    def unknown(self, symbol: str) -> str:
        """Why `symbol` is none of them, with the nearest that are."""
        bare, known = bare_symbol(symbol), sorted(self._by_name)
        start = f"{self._exchange} has no {self._kind} market {symbol!r}"
        others = [market for market in self._everything if bare in names_of(market)]
        if any(market.get(self._kind) and market.get("active") is False for market in others):
            return f"{start} now: it is listed, and not traded"
        if other := next((kind for kind in KINDS if any(market.get(kind) for market in others)), None):
            return f"{start}; it has a {other} of that name, for which its file needs `market: {other}`"
        near = get_close_matches(bare, known, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        return f"{start} among its {len(known)}{hint}"


def is_wanted(market: Market, kind: str) -> bool:
    """Whether it is traded, and of that kind."""
    if market.get("active") is False or market.get("option") or market.get("future"):
        return False
    if kind == "spot":
        return bool(market.get("spot"))
    return bool(market.get("swap")) and bool(market.get("linear"))


def names_of(market: Market) -> tuple[str, str]:
    """What a trader may call it: base with quote, and the exchange's own name."""
    return bare_symbol(f"{market.get('base')}{market.get('quote')}"), bare_symbol(str(market.get("id")))


def _by_name(markets: Iterable[Market]) -> dict[str, Market]:
    """Markets by what a trader may call them; the first kind of name goes before the other."""
    named = [(names_of(market), market) for market in markets]
    found: dict[str, Market] = {}
    for place in (0, 1):
        for names, market in named:
            found.setdefault(names[place], market)
    return found
