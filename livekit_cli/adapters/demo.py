"""The demo market: an endless exchange whose every price is a pure function of symbol, seed and minute.

    log price at every 64th minute     Brownian motion, built top down: a bounded random walk between two points 45 days
    (an anchor)                        apart, then the displacement of the middle, of the middles of both halves, ...
    log price of the minutes between   a Brownian bridge with fat tails, louder in busy hours and in restless days
    jumps                              where two anchors lie far apart, one minute often carries most of the way

Nothing depends on what was asked before, so a restart, another process or another order of asking sees the same
market. The spellings `BTCUSDT`, `BTC/USDT`, `btc-usdt` and `BTC/USDT:USDT` are one series; `BTCUSDC` is another one at
the same level, and `ETHBTC` has the level of ETH in BTC. The market opens on 2015-01-01.

Changing anything here changes everybody's demo prices: the tests hold some of them fast.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from hashlib import blake2b, shake_128
from itertools import accumulate
from math import cos, exp, floor, fsum, log, log10, pi, sqrt
from struct import Struct
from types import coroutine
from typing import Generic, NamedTuple, TypeVar

from ..core.candle import EMPTY, MINUTE_MS, Candles
from ..core.history import Columns, columns_of, extend, no_columns, resample, timeframe_ms

BEGIN = 1_420_070_400_000
"""Opening time of the first demo candle: 2015-01-01."""

BLOCK = 64
"""Minutes from one anchor to the next."""

_LEVELS = 10
"""How often the way between two corner points is halved: 64 minutes * 2**10 are 45 days."""

_MINUTES_PER_YEAR = 525_600
_DAY = 1440
_PIECE_MS = 32 * BLOCK * MINUTE_MS
"""Time built before others get their turn on the loop: 5 ms or so."""

_KEPT = 10_000
"""Candles of one series that are kept for the next request; a wider one is built anew each time."""

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

_DRAWS = Struct(f"<{4 * BLOCK}HH")
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


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


class Recent(dict[_Key, _Value], Generic[_Key, _Value]):
    """A dict that forgets its oldest entry beyond `size`."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def __setitem__(self, key: _Key, value: _Value) -> None:
        super().__setitem__(key, value)
        if len(self) > self._size:
            del self[next(iter(self))]


class DemoMarket:
    """A Feed of made-up candles for any symbol; each `seed` is another market."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._pairs: Recent[str, Pair] = Recent(1024)
        self._newest: Recent[bytes, tuple[int, Columns]] = Recent(1024)  # of each pair the block asked for last
        self._series: Recent[tuple[bytes, str], Series] = Recent(1024)

    def between(self, symbol: str, since: int, until: int) -> Candles:
        """All 1m candles that opened in [since, until), epoch milliseconds."""
        pair = self._pair(symbol)
        first = -(-max(since, BEGIN) // MINUTE_MS)
        stop = -(-until // MINUTE_MS)
        if stop <= first:
            return EMPTY
        oldest, newest = (first - pair.phase) // BLOCK, (stop - 1 - pair.phase) // BLOCK
        start = oldest * BLOCK + pair.phase
        return Candles(self._blocks(pair, oldest, newest), first - start, stop - start)

    async def candles(
        self,
        symbol: str,
        timeframe: str,
        until: int,
        limit: int,
        *,
        urgent: bool = False,  # noqa: ARG002
    ) -> Candles:
        """As every Feed. What was built is kept, so a new minute costs one candle, and a long first request lets others
        run in between."""
        length = timeframe_ms(timeframe)
        stop = until // length * length
        start = max(stop - max(0, limit) * length, BEGIN)
        if stop <= start:
            return EMPTY
        key = (self._pair(symbol).name, timeframe)
        series = self._series.get(key)
        if series is None or not series.start <= start <= series.end:
            series = self._series[key] = Series(start, length)
        while series.end < stop:
            until = min(series.end + series.piece, stop)
            series.append(resample(self.between(symbol, series.end, until), timeframe), until)
            if until < stop:
                await _others()
        self._series[key] = series.trimmed(limit)
        return series.between(start, stop)

    def _pair(self, symbol: str) -> Pair:
        pair = self._pairs.get(symbol)
        if pair is None:
            pair = self._pairs[symbol] = pair_of(symbol, self._seed)
        return pair

    def _blocks(self, pair: Pair, oldest: int, newest: int) -> Columns:
        if oldest == newest:
            return self._newest_block(pair, newest)
        columns = no_columns()
        for index in range(oldest, newest):
            extend(columns, build_block(pair, index))
        extend(columns, self._newest_block(pair, newest))
        return columns

    def _newest_block(self, pair: Pair, index: int) -> Columns:
        known = self._newest.get(pair.name)
        if known is None or known[0] != index:
            known = self._newest[pair.name] = (index, build_block(pair, index))
        return known[1]


class Series:
    """The candles of one timeframe from `start` to `end`. Grows at its end; a view of it never changes."""

    __slots__ = ("_columns", "_length", "_widest", "end", "piece", "start")

    def __init__(self, start: int, length: int) -> None:
        self.start = self.end = start
        self.piece = max(length, _PIECE_MS // length * length)
        self._length = length
        self._widest = 0
        self._columns = no_columns()

    def append(self, candles: Candles, end: int) -> None:
        extend(self._columns, columns_of(candles))
        self.end = end

    def between(self, start: int, stop: int) -> Candles:
        """The candles that opened in [start, stop)."""
        return Candles(self._columns, (start - self.start) // self._length, (stop - self.start) // self._length)

    def trimmed(self, limit: int) -> Series:
        """Itself, or a copy without what nobody asks for any more. The widest request so far is kept."""
        self._widest = max(self._widest, min(limit, _KEPT))
        surplus = (self.end - self.start) // self._length - self._widest
        if surplus <= self._widest + BLOCK:
            return self
        copy = Series(self.start + surplus * self._length, self._length)
        copy.append(self.between(copy.start, self.end), self.end)
        copy._widest = self._widest
        return copy


@coroutine
def _others() -> Iterator[None]:
    """Let the other tasks of the event loop run first."""
    yield


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
        phase=_hash(name, b"phase") % BLOCK,
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
    first, second, third = (_hash(name, what) / 2**64 for what in (b"price", b"volatility", b"turnover"))
    return 0.01 * 50_000**first, 50 + 80 * second, 10 ** (3 + 2 * third)


def _hash(name: bytes, what: bytes, level: int = 0, index: int = 0) -> int:
    """64 bits that are the same on every machine and in every process."""
    return int.from_bytes(blake2b(b"%b %b %d %d" % (name, what, level, index), digest_size=8).digest(), "little")


class Tables(NamedTuple):
    """Random 12-bit numbers, read as draws of what a minute needs; made once per process."""

    step: Sequence[float]  # of unit variance, fat-tailed (logistic)
    wick: Sequence[float]  # how far a minute strays beyond its open and close, in sigmas
    volume: Sequence[float]  # log-normal, around 1
    season: Sequence[float]  # loudness by minute of the day (UTC), mean square 1; a day and the block after it


@cache
def tables() -> Tables:
    """What the prices are computed with: the same numbers on every machine."""
    shares = [(i + 0.5) / 4096 for i in range(4096)]
    step = [log(u / (1 - u)) * sqrt(3) / pi for u in shares]
    season = [1 + 0.35 * cos(2 * pi * (minute - 900) / _DAY) for minute in range(_DAY + BLOCK)]
    return Tables(
        step=step,
        wick=[0.4 * abs(z) for z in step],
        volume=[exp(0.6 * z - 0.2) for z in step],
        season=[loudness / sqrt(1 + 0.35**2 / 2) for loudness in season],
    )


@lru_cache(1024)
def anchor(pair: Pair, index: int) -> float:
    """The log price, in ticks, at minute `index * BLOCK + phase`."""
    span = 1 << _LEVELS
    corner, offset = divmod(index, span)
    size = pair.sigma * sqrt(BLOCK * span)
    share = offset / span
    position = (1 - share) * _corner(pair, corner) + share * _corner(pair, corner + 1)
    value = pair.log_level + size * position
    level = 0
    while place := index % span:
        size *= sqrt(0.5) if level else 0.5
        tent = 1 - abs(2 * place / span - 1)
        value += size * tent * _draw(pair, b"middle", level, index // span)
        span >>= 1
        level += 1
    return value


def _corner(pair: Pair, index: int) -> float:
    """Where the price stands at a corner point; held near its level, so that it stays believable for decades."""
    return max(-1.4, min(1.4, _draw(pair, b"corner", 0, index) * sqrt(0.5)))


def _draw(pair: Pair, what: bytes, level: int, index: int) -> float:
    return tables().step[_hash(pair.name, what, level, index) & 4095]


def _restlessness(pair: Pair, index: int) -> float:
    """How loud a block is beside the average: loud and quiet spells of hours and of days follow each other."""
    logarithm = -0.15
    for level, (span, weight) in enumerate(((4, 0.3), (24, 0.35))):
        whole, place = divmod(index, span)
        share = place / span
        before, after = (_draw(pair, b"restless", level, i) for i in (whole, whole + 1))
        logarithm += weight * ((1 - share) * before + share * after)
    return exp(logarithm)


def build_block(pair: Pair, index: int) -> Columns:
    """The candles from anchor `index` to the next."""
    start = index * BLOCK + pair.phase
    *draws, jump = _DRAWS.unpack(shake_128(b"%b block %d" % (pair.name, index)).digest(_DRAWS.size))
    sigma = pair.sigma * _restlessness(pair, index)
    sigmas = [sigma * loudness for loudness in tables().season[start % _DAY : start % _DAY + BLOCK]]
    prices = _path(pair, index, sigmas, draws[:BLOCK], jump)
    silent = [i for i in range(BLOCK - 1) if draws[i - BLOCK] < pair.quiet]
    for i in silent:
        prices[i + 1] = prices[i]
    opens, closes = prices[:-1], prices[1:]
    highs, lows = _wicks(opens, closes, sigmas, draws[BLOCK : 2 * BLOCK], draws[2 * BLOCK : 3 * BLOCK])
    volumes = _volumes(pair, opens, closes, draws[3 * BLOCK :])
    for i in silent:
        highs[i] = lows[i] = closes[i]
        volumes[i] = 0
    return (
        array("q", range(start * MINUTE_MS, (start + BLOCK) * MINUTE_MS, MINUTE_MS)),
        _divided(opens, pair.scale),
        _divided(highs, pair.scale),
        _divided(lows, pair.scale),
        _divided(closes, pair.scale),
        _divided(volumes, pair.volume_scale),
    )


def _divided(units: list[int], scale: float) -> array[float]:
    return array("d", [unit / scale for unit in units])


def _path(pair: Pair, index: int, sigmas: list[float], draws: Sequence[int], jump: int) -> list[int]:
    """Prices in ticks from one anchor to the next, both included: the next block begins where this one ends."""
    begin, end = anchor(pair, index), anchor(pair, index + 1)
    step = tables().step
    steps = [sigma * step[draw & 4095] for sigma, draw in zip(sigmas, draws, strict=True)]
    missing = end - begin - fsum(steps)
    if abs(end - begin) > 1.7 * pair.sigma * sqrt(BLOCK) and jump & 64:
        steps[jump % BLOCK] += 0.6 * missing
        missing *= 0.4
    drift = missing / BLOCK
    path = [int(exp(value) + 0.5) for value in accumulate((step + drift for step in steps), initial=begin)]
    path[-1] = int(exp(end) + 0.5)
    return path


def _wicks(
    opens: list[int], closes: list[int], sigmas: list[float], ups: Sequence[int], downs: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Highs and lows in ticks."""
    wick = tables().wick
    highs, lows = [], []
    for first, last, sigma, up, down in zip(opens, closes, sigmas, ups, downs, strict=True):
        high, low = (first, last) if first > last else (last, first)
        reach = sigma * last
        highs.append(high + int(reach * wick[up & 4095]))
        lows.append(low - int(reach * wick[down & 4095]))
    return highs, lows


def _volumes(pair: Pair, opens: list[int], closes: list[int], draws: Sequence[int]) -> list[int]:
    """Volumes in units of 1/`volume_scale`, never 0: more is traded where the price moves more."""
    table = tables().volume
    usual, per_sigma = 0.25 * pair.volume * pair.volume_scale, 0.75 / 0.25 / pair.sigma
    return [
        1 + int(usual * (1 + per_sigma * abs(last - first) / last) * table[draw & 4095])
        for first, last, draw in zip(opens, closes, draws, strict=True)
    ]
