"""`livekit strategies`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import ConfigError, LivekitError, UsageError
from .options import HERE, Project
from .output import complain, print_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..adapters.strategy_import import Entry, Found
    from ..strategy import Strategy, Value


def command(*, project: Project = HERE) -> None:
    """List what `--strategy` finds. Each with its interval and parameters."""
    from ..adapters.strategy_files import STRATEGIES
    from ..adapters.strategy_import import discover

    with redirect_stdout(sys.stderr):  # what the files print
        found = discover(project / STRATEGIES)
        lines = list(_found(found))
        errors = [line for entry in found.broken if entry.error for line in entry.error.lines]
        for one in _presets(project):
            if isinstance(one, list):
                lines += one
            else:
                errors += one.lines
    print_lines(_fitted(lines))
    if not lines and not errors:
        complain(
            f"there is no strategy in {found.folder.absolute()}; expected .py files with a `class ...(Strategy):`, as "
            "livekit init makes one"
        )
    if errors:
        raise ConfigError(*errors)


def _fitted(lines: list[str]) -> Iterator[str]:
    """Foreign words and values made inert; folded where a terminal would do so anyhow, with less care."""
    from textwrap import wrap

    from ..ui.inert import inert
    from ..ui.look import look_of

    look = look_of(sys.stdout)
    for line in map(inert, lines):
        if look.is_terminal:
            indent = " " * (len(line) - len(line.lstrip()))
            yield from wrap(line, look.width, subsequent_indent=f"{indent}    ", break_on_hyphens=False)
        else:
            yield line


def _found(found: Found) -> Iterator[str]:
    """The strategies of the folder; where a class's name is in two files, each says which is its own."""
    names = Counter(entry.strategy_class.__name__ for entry in found.usable if entry.strategy_class)
    for entry in found.usable:
        assert entry.strategy_class is not None
        yield from _described(entry, is_double=names[entry.strategy_class.__name__] > 1)


def _described(entry: Entry, *, is_double: bool) -> Iterator[str]:
    from ..adapters.foreign import shown

    cls = entry.strategy_class
    assert cls is not None
    where = f", {shown(entry.path)}:{cls.__name__}" if is_double else ""
    summary = (cls.__doc__ or "").strip().partition("\n")[0]
    yield f"{entry.name} ({cls.interval}{where})" + (f": {summary}" if summary else "")
    yield from _parameters(cls, {})


def _presets(project: Path) -> Iterator[list[str] | LivekitError]:
    """The lines of each YAML file's strategy, or what is wrong with it."""
    from ..adapters.foreign import shown
    from ..adapters.strategy_files import presets
    from ..adapters.strategy_loader import load

    for name, path in presets(project).items():
        try:
            loaded = load(name, project, {})
        except (ConfigError, UsageError) as error:
            yield error
            continue
        cls = loaded.strategy_class
        interval = loaded.params.get("interval", cls.interval)
        yield [
            f"{loaded.name} ({interval}): {cls.__name__} with {shown(path)}",
            *_parameters(cls, loaded.params),
        ]


def _parameters(cls: type[Strategy], params: Mapping[str, Value]) -> Iterator[str]:
    from ..strategy import parameters

    for parameter in parameters(cls).values():
        value = params.get(parameter.name, parameter.default)
        yield f"    --set {parameter.name}={value}  ({parameter.type_name})"
