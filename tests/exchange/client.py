"""How an unmodified ccxt client is pointed at the local exchange, and the wall that lets it reach nothing else.

options("binance", exchange.url)     what the constructor gets: plain data, as good in YAML as in Python
client("binance", exchange.url)      a ccxt.pro client made with them
async with connected(...) as api:    the same with its markets, closed at the end
with wall(): ...                     no name is resolved and no address connected to but this machine's
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import certifi

EXCHANGES = ("binance", "binanceusdm", "bybit")
"""The ccxt ids that the local exchange serves."""

_Result = TypeVar("_Result")

_LOCAL = ("127.0.0.1", "localhost", "::1", "")


def options(exchange_id: str, url: str, **more: Any) -> dict[str, Any]:
    """The constructor's arguments; `more` ones are laid over them.

    Every address in ccxt's own description is rewritten, those that are never used as well. A websocket's path begins
    with the first word of its host, as ccxt tells Binance's spot from its futures by a `/stream` in the address.
    """
    inverse_and_options_are_not_served = {"types": ["linear"] if exchange_id == "binanceusdm" else ["spot", "linear"]}
    return {
        "urls": rewritten(_described(exchange_id), url),
        "hostname": urlsplit(url).netloc,
        "timeout_on_exit": 0,
        "options": {
            "fetchCurrencies": False,
            "fetchMargins": False,
            "fetchMarkets": inverse_and_options_are_not_served,
            "adjustForTimeDifference": False,
        },
        **more,
    }


@cache
def _described(exchange_id: str) -> Any:
    """ccxt's own addresses."""
    import ccxt.pro

    return getattr(ccxt.pro, exchange_id)().urls


def client(exchange_id: str, url: str, **more: Any) -> Any:
    """A ccxt.pro client that speaks to `url`. Close it."""
    import ccxt.pro

    api = getattr(ccxt.pro, exchange_id)(options(exchange_id, url, **more))
    api.ssl_context = _trust()
    return api


@cache
def _trust() -> ssl.SSLContext:
    """What each client would make for itself in 25 ms, most of what a test with one costs."""
    return ssl.create_default_context(cafile=certifi.where())


@asynccontextmanager
async def connected(exchange_id: str, url: str, **more: Any) -> AsyncIterator[Any]:
    """A client that has loaded its markets, does not hold itself back, and is closed at the end."""
    api = client(exchange_id, url, **({"enableRateLimit": False} | more))
    try:
        await api.load_markets()
        yield api
    finally:
        await api.close()


def run(coroutine: Coroutine[Any, Any, _Result], seconds: float = 20.0) -> _Result:
    """What it returns, on a loop of its own, in time; what it closed is closed when the loop ends."""

    async def in_time() -> _Result:
        try:
            async with asyncio.timeout(seconds):
                return await coroutine
        finally:
            for _ in range(10):  # asyncio closes a socket some rounds after its transport
                await asyncio.sleep(0)

    return asyncio.run(in_time())


def rewritten(described: Any, url: str) -> Any:
    """ccxt's `urls` with every address on the local exchange."""
    match described:
        case dict():
            return {name: rewritten(value, url) for name, value in described.items()}
        case list():
            return [rewritten(value, url) for value in described]
        case str() if "://" in described:
            return _local(described, url)
        case _:
            return described


def addresses(described: Any) -> Iterator[str]:
    """Every string in ccxt's `urls` that is an address."""
    match described:
        case dict():
            for value in described.values():
                yield from addresses(value)
        case list():
            for value in described:
                yield from addresses(value)
        case str() if "://" in described:
            yield described


def _local(address: str, url: str) -> str:
    scheme, rest = address.split("://", 1)
    host, _, path = rest.partition("/")
    ours, where = url.split("://", 1)
    if scheme in ("ws", "wss"):
        return f"{'wss' if ours == 'https' else 'ws'}://{where}/{host.split('.')[0]}/{path}"
    return f"{ours}://{where}/{path}".rstrip("/")


# ---- the wall


class _Wall:
    """An audit hook: Python offers it every name looked up and every address connected to.

    It cannot be taken out again, so it is put in once and does nothing while nobody wants it.
    """

    def __init__(self) -> None:
        self.up = 0
        self.refused: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if not self.up:
            return
        if event == "socket.getaddrinfo" and _text(given[0]) not in _LOCAL:
            self.refused.append(_text(given[0]))
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple) and given[1][0] not in _LOCAL:
            self.refused.append(str(given[1][0]))
            raise OSError(101, f"Network is unreachable: {given[1]}")


def _text(host: str | bytes | None) -> str:
    return host.decode() if isinstance(host, bytes) else host or ""


_wall: _Wall | None = None


@contextmanager
def wall() -> Iterator[list[str]]:
    """Nothing but this machine can be reached; yields the list of what was tried."""
    global _wall  # noqa: PLW0603  a hook is for the whole process
    _wall = _wall or _Wall()
    if not _wall.up:
        _wall.refused = []
    _wall.up += 1
    try:
        yield _wall.refused
    finally:
        _wall.up -= 1
