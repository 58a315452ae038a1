"""A project whose exchanges are the local one, in real time: the commands that people are shown work in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .client import options
from .server import LocalExchange

NAMES = ("binance", "bybit")
"""The exchanges that such a project has."""


@contextmanager
def exchanges_of(project: Path) -> Iterator[LocalExchange]:
    """Every exchange of NAMES is a local one, as long as it is open; their files in `project` are replaced."""
    with LocalExchange() as running:
        for name in NAMES:
            point(project, name, running.url)
        yield running


def point(project: Path, name: str, url: str, *, exchange_id: str = "") -> Path:
    """Write configs/NAME.yaml, an exchange that speaks to `url`; its path."""
    path = project / "configs" / f"{name}.yaml"
    exchange_id = exchange_id or name
    path.write_text(f"exchange: {exchange_id}\nccxt: {json.dumps(options(exchange_id, url))}\n", encoding="utf-8")
    return path
