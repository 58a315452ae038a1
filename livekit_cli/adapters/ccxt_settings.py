"""Whether ccxt can do with what a file sets: its constructor takes all names and values, and fails later if at all.

What it takes replaces what its client has of that name, a method too: only what is a setting may be set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any

from ..core.words import did_you_mean
from .config.exchanges import CREDENTIALS

ONLY_IN_THE_CONSTRUCTOR = ("sandbox", "testnet")
"""What it obeys without keeping it."""

MAPPINGS = ("options", "urls", "headers", "fees")
"""What has names and values of its own; of these the class does not say it."""

_OF_EVERYBODY = """
enableRateLimit rateLimit rateLimiterAlgorithm rollingWindowSize tokenBucket
timeout timeout_on_exit hostname version userAgent user_agent origin
verbose verify cafile validateServerSsl validateClientSsl streaming newUpdates
trust_env trustEnv aiohttp_trust_env aiohttpTrustEnv requests_trust_env requestsTrustEnv
proxy proxies proxyUrl proxy_url aiohttp_proxy aiohttpProxy
httpProxy http_proxy httpsProxy https_proxy socksProxy socks_proxy
wsProxy ws_proxy wssProxy wss_proxy wsSocksProxy ws_socks_proxy
accountId accounts twofa commonCurrencies substituteCommonCurrencyCodes quoteJsonNumbers
"""

SETTINGS = frozenset(_OF_EVERYBODY.split()).union(CREDENTIALS, ONLY_IN_THE_CONSTRUCTOR, MAPPINGS)
"""What every exchange's client can be told. One with more of its own has it in its description."""

REFUSED = {"verbose": "ccxt's verbose prints keys and signed requests where livekit prints data: leave it out"}
"""What it obeys, and must not be told."""

LIMITS: dict[str, tuple[Callable[[float], bool], str]] = {
    "timeout": (lambda ms: 100 <= ms <= 300_000, "milliseconds from 100 to 300000"),
    "rateLimit": (lambda ms: 0 < ms <= 60_000, "milliseconds above 0, at most 60000"),
    "rollingWindowSize": (lambda ms: 0 <= ms < inf, "milliseconds from 0 on"),
}
"""Which numbers make sense; with others ccxt divides by zero, or waits for ever."""

ONE_LINE = frozenset(CREDENTIALS) - {"secret", "privateKey", "password"}
"""The keys that are a word; the others may be a block of several lines, or any text."""


def wrong_settings(exchange_class: Any, given: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each name that is wrong or has a wrong value, in their order; none shows a value."""
    refused = {name: told for name, told in REFUSED.items() if given.get(name)}
    found = unfit_settings(exchange_class, given) | unknown_settings(exchange_class, given) | refused
    return {name: found[name] for name in given if name in found}


def unknown_settings(exchange_class: Any, given: Iterable[str]) -> dict[str, str]:
    """A sentence for each name that the constructor of `exchange_class` would forget, or break its client by."""
    doubtful = [name for name in given if name not in SETTINGS]
    if not doubtful:
        return {}
    # A client's description takes some time to make, which only a doubt is worth.
    client = exchange_class()
    settings = SETTINGS | _of_its_own(client)
    return {name: _unknown(name, client, settings) for name in doubtful if name not in settings}


def _unknown(name: str, client: Any, settings: Iterable[str]) -> str:
    whose = type(client).__name__
    if hasattr(client, name):
        return f"{name!r} is no setting of ccxt's {whose} but a part of it, which would not work any more: leave it out"
    return f"ccxt has no setting {name!r} for {whose}{did_you_mean(name, settings)}"


def _of_its_own(client: Any) -> set[str]:
    """What the description of an exchange has beyond that of every exchange."""
    everyone: Any = next(kind for kind in reversed(type(client).__mro__) if "describe" in vars(kind))
    own = client.describe().keys() - everyone.describe(client).keys()
    return {name for name in own if not name.startswith("_") and not callable(getattr(client, name, None))}


def unfit_settings(exchange_class: Any, given: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each value that `exchange_class` cannot have there; none shows a value of text."""
    kinds = {name: _expected(name, getattr(exchange_class, name, None)) for name in given}
    wrong = {
        name: f"ccxt's setting {name!r} is {found or type(value).__name__}, expected {kinds[name]}"
        for name, value in given.items()
        if kinds[name] and (found := _kind(value)) != kinds[name]
    }
    for name, (fits, expected) in LIMITS.items():
        if name in given and name not in wrong and not fits(given[name]):
            wrong[name] = f"ccxt's setting {name!r} is {given[name]!r}, expected {expected}"
    for name in ONE_LINE & given.keys() - wrong.keys():
        if not str(given[name] or "").isprintable():
            wrong[name] = f"{name} cannot be used as it is written: it has a line break, or a character that no key has"
    return wrong


def _expected(name: str, usual: object) -> str:
    """What a value has to be called; nothing where the class leaves it open."""
    if name in LIMITS:
        return "a number"
    if name in ONLY_IN_THE_CONSTRUCTOR:
        return "true or false"
    return "names with values" if name in MAPPINGS else _kind(usual)


def _kind(value: object) -> str:
    """What a value is called."""
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case dict():
            return "names with values"
        case _:
            return ""
