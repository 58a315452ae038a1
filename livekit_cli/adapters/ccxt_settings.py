"""Whether ccxt can do with what a file sets: its constructor takes all names and values, and fails later if at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..core.words import did_you_mean

ONLY_IN_THE_CONSTRUCTOR = ("sandbox", "testnet")
"""What it obeys without keeping it."""

MAPPINGS = ("options", "urls", "headers", "fees")
"""What has names and values of its own; of these the class does not say it."""


REFUSED = {"verbose": "ccxt's verbose prints keys and signed requests where livekit prints data: leave it out"}
"""What it obeys, and must not be told."""


def refused_settings(given: Mapping[str, Any]) -> list[str]:
    """A sentence for each that is set and must not be."""
    return [told for name, told in REFUSED.items() if given.get(name)]


def unknown_settings(exchange_class: Any, given: Iterable[str]) -> list[str]:
    """A sentence for each name that the constructor of `exchange_class` would take and forget."""
    doubtful = [name for name in given if not hasattr(exchange_class, name) and name not in ONLY_IN_THE_CONSTRUCTOR]
    if not doubtful:
        return []
    # A client knows more names than its class; it takes some time to make, which only a doubt is worth.
    settings = _settings(exchange_class())
    return [
        f"ccxt has no setting {name!r} for {exchange_class.__name__}{did_you_mean(name, settings)}"
        for name in doubtful
        if name not in settings
    ]


def unfit_settings(exchange_class: Any, given: Mapping[str, Any]) -> list[str]:
    """A sentence for each value of another kind than the one that `exchange_class` has there; none shows a value."""
    kinds = {name: _kind(name, getattr(exchange_class, name, None)) for name in given}
    return [
        f"ccxt's setting {name!r} is {found or type(value).__name__}, expected {kinds[name]}"
        for name, value in given.items()
        if kinds[name] and (found := _kind("", value)) != kinds[name]
    ]


def _kind(name: str, value: object) -> str:
    """What a value is called; nothing where the class leaves it open."""
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
            return "names with values" if name in MAPPINGS else ""


def _settings(client: Any) -> set[str]:
    names = {name for name in dir(client) if not name.startswith("_") and not callable(getattr(client, name, None))}
    return names | {*client.describe(), *ONLY_IN_THE_CONSTRUCTOR}
