"""The prices of the demo market: a pure function of a pair and the minute.

    log price at every 64th minute     Brownian motion, built top down: a bounded random walk between two points 45 days
    (an anchor)                        apart, then the displacement of the middle, of the middles of both halves, ...
    log price of the minutes between   a Brownian bridge with fat tails, louder in busy hours and in restless days
    jumps                              where two anchors lie far apart, one minute often carries most of the way

Changing anything here changes everybody's demo prices: the tests hold some of them fast.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import shake_128
from itertools import accumulate
from math import cos, exp, fsum, log, pi, sqrt
from struct import Struct
from typing import NamedTuple

from ..core.candle import MINUTE_MS
from ..core.history import Columns
from .demo_pairs import BLOCK, Pair, hashed

_LEVELS = 10
"""How often the way between two corner points is halved: 64 minutes * 2**10 are 45 days."""

_DAY = 1440
_DRAWS = Struct(f"<{4 * BLOCK}HH")


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
    return tables().step[hashed(pair.name, what, level, index) & 4095]


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
