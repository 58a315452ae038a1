"""Where strategies are found and what they are called, by the names of their files alone: nothing is read or run."""

from __future__ import annotations

import re
from pathlib import Path

STRATEGIES = Path("strategies")
PRESETS = Path("configs", "strategies")


def files_in(folder: Path) -> list[Path]:
    """The `.py` files of `folder` that may hold strategies."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith("_") and path.is_file())


def presets(project: Path) -> dict[str, Path]:
    """The YAML files that give a strategy another name, by that name."""
    folder = project / PRESETS
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))} if folder.is_dir() else {}


def names_in(project: Path) -> list[str]:
    """What `--strategy` finds in `project`, but for classes that share a file. Never raises."""
    try:
        files = [path.stem for path in files_in(project / STRATEGIES)]
        return sorted({kebab(name) for name in (*files, *presets(project))})
    except OSError:  # a folder that cannot be read has nothing to offer
        return []


def kebab(name: str) -> str:
    """`MovingAverageCross`, `moving_average_cross` and `moving-average-cross` are one name: the last."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    return words.replace("_", "-").lower()
