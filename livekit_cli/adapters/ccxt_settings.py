"""Whether ccxt knows what a file sets: its constructor takes any name, and what it does not know does nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..core.words import did_you_mean

ONLY_IN_THE_CONSTRUCTOR = ("sandbox", "testnet")
"""What it obeys without keeping it."""


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


def _settings(client: Any) -> set[str]:
    names = {name for name in dir(client) if not name.startswith("_") and not callable(getattr(client, name, None))}
    return names | {*client.describe(), *ONLY_IN_THE_CONSTRUCTOR}
