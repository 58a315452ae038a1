"""Every YAML file of a project, and every fault in them: for whoever wants to know before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import ConfigError, UsageError
from ..strategy_files import PRESETS
from ..strategy_loader import load
from ..strict_yaml import load_yaml
from .defaults import defaults_of
from .exchanges import CONFIGS, DEFAULTS, find_exchange, is_fleet
from .fleets import read_fleet


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One YAML file: what kind it is (a word of `livekit schema`), and everything that is wrong with it."""

    path: Path
    kind: str
    faults: tuple[str, ...] = ()


def config_files(project: Path) -> list[ConfigFile]:
    """Every YAML file of `project`, read whole. Strategies are imported, so what their files print is printed."""
    return [
        *(_file(path, project) for path in _yaml_files(project / CONFIGS)),
        *(_preset(path, project) for path in _yaml_files(project / PRESETS)),
    ]


def config_faults(project: Path) -> list[str]:
    """What is wrong with the YAML files of `project`, each with file, line and column; nothing when all are sound."""
    return list(dict.fromkeys(fault for file in config_files(project) for fault in file.faults))


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml")) if folder.is_dir() else []


def _file(path: Path, project: Path) -> ConfigFile:
    if path.stem == DEFAULTS:
        return _told(path, "livekit", lambda: defaults_of(project, "exchange", "strategy"))
    try:
        is_a_fleet = is_fleet(load_yaml(path))
    except ConfigError as error:
        return ConfigFile(path, "exchange", error.lines)
    if is_a_fleet:
        return _told(path, "fleet", lambda: read_fleet(path, project))
    return _told(path, "exchange", lambda: find_exchange(path.stem, project))


def _preset(path: Path, project: Path) -> ConfigFile:
    return _told(path, "strategy", lambda: load(path.stem, project, {}).create())


def _told(path: Path, kind: str, read: Callable[[], object]) -> ConfigFile:
    if path.suffix == ".yml":
        return ConfigFile(path, kind, (f"{path}: is found by nobody; its name has to end with .yaml",))
    try:
        read()
    except (ConfigError, UsageError) as error:
        return ConfigFile(path, kind, error.lines)
    return ConfigFile(path, kind)
