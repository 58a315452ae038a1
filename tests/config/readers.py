"""Where a file of each kind is in a project, and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from livekit_cli.adapters.config.defaults import defaults_of
from livekit_cli.adapters.config.exchanges import find_exchange
from livekit_cli.adapters.config.fleets import read_fleet
from livekit_cli.adapters.strategy_loader import load

PATHS = {
    "exchange": Path("configs", "mine.yaml"),
    "fleet": Path("configs", "mine.yaml"),
    "livekit": Path("configs", "livekit.yaml"),
    "strategy": Path("configs", "strategies", "mine.yaml"),
}

READERS: dict[str, Callable[[Path], object]] = {
    "exchange": lambda project: find_exchange("mine", project),
    "fleet": lambda project: read_fleet(project / PATHS["fleet"], project),
    "livekit": lambda project: defaults_of(project, "exchange", "strategy"),
    "strategy": lambda project: load("mine", project, {}),
}
