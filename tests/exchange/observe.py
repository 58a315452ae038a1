"""What a ccxt client makes of each fault: the exception it raises, or what it returns in place of the right candles."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .client import connected, run
from .clock import MINUTE_MS
from .faults import FAULTS, Line, Stream
from .server import LocalExchange

SYMBOL = "BTC/USDT"
IMPATIENT_MS = 400
"""How long the client waits for an answer that will not come whole."""
PATIENT_MS = 20_000
SECONDS = 30.0
"""A deadline for what should end by itself."""

_STEPS, _STEP = 4, 0.2
"""After so many steps of the exchange's clock, so many seconds each, nothing has come."""

_SLOW = ("never", "drip", "lost")

CLIENT_SIDE = (
    "name-unknown",
    "https-to-plain-port",
    "exchange-down",
    "symbol-unknown",
    "symbol-delisted",
    "symbol-halted",
)
"""Troubles that no switch makes."""

REST = [*(name for name, fault in FAULTS.items() if not isinstance(fault, Stream)), *CLIENT_SIDE]
STREAMS = [name for name, fault in FAULTS.items() if isinstance(fault, Stream)]


def of_rest(exchange: LocalExchange, exchange_id: str, trouble: str) -> str:
    """What `fetch_ohlcv` comes to under `trouble`."""
    return run(_of_rest(exchange, exchange_id, trouble), SECONDS)


async def _of_rest(exchange: LocalExchange, exchange_id: str, trouble: str) -> str:
    fault = FAULTS.get(trouble)
    slow = isinstance(fault, Line) and fault.does in _SLOW
    async with connected(exchange_id, exchange.url, timeout=IMPATIENT_MS if slow else PATIENT_MS) as api:
        right = await api.fetch_ohlcv(SYMBOL, limit=5)  # which leaves connections that are kept alive
        exchange.ledger.clear()
        with _in_trouble(exchange, api, trouble) as symbol:
            outcome = await _outcome(lambda: api.fetch_ohlcv(symbol, limit=5), right)
        requests = len(exchange.ledger)
        return outcome if requests == 1 else f"{outcome} ({requests} requests)"


@contextmanager
def _in_trouble(exchange: LocalExchange, api: Any, trouble: str) -> Iterator[str]:
    """The symbol to ask for while it lasts."""
    listing = exchange.market.listings["BTCUSDT"]
    match trouble:
        case "name-unknown":
            _redirect(api, exchange.url, f"http://name-unknown.invalid:{exchange.port}")
            yield SYMBOL
        case "https-to-plain-port":
            _redirect(api, exchange.url, exchange.url.replace("http:", "https:"))
            yield SYMBOL
        case "exchange-down":
            exchange.down()
            yield SYMBOL
            exchange.up()
        case "symbol-unknown":
            yield "NOBODY/USDT"
        case "symbol-delisted":
            exchange.market.delist("BTCUSDT", exchange.clock.now())
            yield SYMBOL
        case "symbol-halted":
            exchange.market.halt("BTCUSDT", exchange.clock.minute() - 60 * MINUTE_MS)
            yield SYMBOL
        case _:
            with exchange.faults.add(trouble, endpoint="klines"):
                yield SYMBOL
    exchange.market.add(listing)


def _redirect(api: Any, url: str, elsewhere: str) -> None:
    api.urls["api"] = {
        name: address.replace(url, elsewhere) if isinstance(address, str) else address
        for name, address in api.urls["api"].items()
    }


async def _outcome(call: Callable[[], Awaitable[Any]], right: list[list[float]]) -> str:
    try:
        found = await call()
    except Exception as raised:  # noqa: BLE001  whatever it is, is what is looked for
        cause = raised.__cause__
        return type(raised).__name__ + (f" of {type(cause).__name__}" if cause else "")
    return f"returns {described(found, right)}"


def described(found: Any, right: list[list[float]]) -> str:
    """What is wrong with candles that ccxt returned."""
    if not isinstance(found, list):
        return repr(found)
    if found == right:
        return "the right candles"
    wrong = [f"{len(found)} candles" if found else "none"]
    times = [row[0] for row in found]
    values = [value for row in found for value in row[1:]]
    strangers = {value for value in [*times, *values] if not isinstance(value, int | float)}
    if None not in times:
        wrong += _wrong_times(times, right)
    if strangers:
        wrong.append(f"with {' and '.join(sorted(map(repr, strangers)))}")
    elif not all(map(math.isfinite, values)):
        wrong.append("with nan")
    elif found and times == [row[0] for row in right]:
        wrong.append("with the wrong numbers")
    return ", ".join(wrong)


def _wrong_times(times: list[int], right: list[list[float]]) -> list[str]:
    found: list[str] = []
    if not times:
        return found
    if len(set(times)) != len(times):
        found.append("doubled")
    if times != sorted(times):
        found.append("unsorted")
    expected = [int(row[0]) for row in right]
    strange = set(times) - set(expected)
    if strange:
        found.append(
            "too old"
            if max(strange) < expected[0]
            else "too young"
            if min(strange) > expected[-1]
            else "off the minute"
        )
    elif set(expected) - set(times):
        found.append("one missing")
    return found


# ---- websockets


def of_stream(exchange: LocalExchange, exchange_id: str, trouble: str) -> str:
    """What `watch_ohlcv` comes to under `trouble`, the connection of a first candle standing or not."""
    return run(_of_stream(exchange, exchange_id, trouble), SECONDS)


async def _of_stream(exchange: LocalExchange, exchange_id: str, trouble: str) -> str:
    fault = FAULTS[trouble]
    assert isinstance(fault, Stream)
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(_complaint(context)))
    async with connected(exchange_id, exchange.url) as api:
        if fault.moment == "frame":
            await api.watch_ohlcv(SYMBOL)
        with exchange.faults.add(trouble):
            second = await _next(exchange, api)
        third = await _next(exchange, api)
    return f"{second}; then {third}" + "".join(f"; loop: {said}" for said in sorted(set(complaints)))


async def _next(exchange: LocalExchange, api: Any) -> str:
    """What the next call comes to while the exchange's time goes on: an exception, candles, or nothing."""
    watching = asyncio.ensure_future(api.watch_ohlcv(SYMBOL))
    for _ in range(_STEPS):
        exchange.clock.advance(20_000)
        if (await asyncio.wait([watching], timeout=_STEP))[0]:
            break
    else:
        watching.cancel()
        await asyncio.wait([watching])
        return "nothing"
    if raised := watching.exception():
        return type(raised).__name__
    newest = watching.result()[-1][0]
    return "candles" if newest >= exchange.clock.minute() - 2 * MINUTE_MS else "old candles"


def _complaint(context: dict[str, Any]) -> str:
    raised = context.get("exception")
    return type(raised).__name__ if raised else str(context["message"])
