"""A project's defaults, from configs/livekit.yaml. Every command obeys them, so nothing is loaded where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..strategy_loader import Loaded

PATH = Path("configs", "livekit.yaml")
DATA = "data"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the project says where nobody else does; None where it says nothing either.

    `loaded_strategy` is what `strategy` names, when that was asked for.
    """

    exchange: str | None = None
    strategy: str | None = None
    loaded_strategy: Loaded | None = None
    data_dir: Path | None = None
    speed: float | None = None


def defaults_of(project: Path, *found: str) -> Defaults:
    """The defaults of `project`. What is named in `found`, of exchange and strategy, is looked for; nothing else is.

    Raises ConfigError with everything that is wrong with the file.
    """
    path = project / PATH
    if not path.exists():
        return Defaults()
    from ...core.settings import LIVEKIT
    from ..strict_yaml import load_yaml
    from .reading import path_of, read

    section = load_yaml(path)
    values = read(section, LIVEKIT)
    data_dir = path_of(section, "data_dir", project) if values["data_dir"] else None
    if "exchange" in found and values["exchange"]:
        from .exchanges import exchange_at

        exchange_at(section, "exchange", values["exchange"], project)
    loaded = None
    if "strategy" in found:
        from ..strategy_loader import strategy_at

        loaded = strategy_at(section, "strategy", values["strategy"], project)
    section.finish()
    return Defaults(values["exchange"], values["strategy"], loaded, data_dir, values["speed"])


def data_folder_of(project: Path, given: Path | None = None) -> Path:
    """Where the journals are: what was `given`, or what the project says, or `data` in it. Raises ConfigError."""
    if given is not None:
        return given
    return defaults_of(project).data_dir or project / DATA
