"""`livekit strategies`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .options import HERE, Project
from .output import complain, print_lines

if TYPE_CHECKING:
    from ..adapters.strategy_loader import Entry


def command(*, project: Project = HERE) -> None:
    """List what `--strategy` finds. Each with its interval and parameters."""
    from ..adapters.strategy_loader import STRATEGIES, discover, presets
    from ..core.errors import ConfigError

    found = discover(project / STRATEGIES)
    lines = [line for entry in found.usable for line in _described(entry)]
    lines += [f"{name}: {path}" for name, path in presets(project).items()]
    print_lines(lines)
    if not lines and not found.broken:
        complain(f"there is no strategy in {found.folder.absolute()}; expected .py files with a `class ...(Strategy):`")
    if found.broken:
        raise ConfigError("\n".join(str(entry.error) for entry in found.broken))


def _described(entry: Entry) -> Iterator[str]:
    from ..strategy import parameters
    from ..ui.inert import inert

    cls = entry.strategy_class
    assert cls is not None
    summary = (cls.__doc__ or "").strip().partition("\n")[0]
    yield f"{entry.name} ({cls.interval}): {inert(summary)}" if summary else f"{entry.name} ({cls.interval})"
    for parameter in parameters(cls).values():
        yield f"    --set {parameter.name}={parameter.default}  ({inert(parameter.type_name)})"
