"""`livekit events`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import HERE, DataFolder, Json, OfSymbol, Project, data_folder
from .output import complain, print_lines

Name = Annotated[str | None, typer.Argument(metavar="[STRATEGY]", help="Only this strategy.")]
Last = Annotated[int | None, typer.Option("--last", metavar="N", min=1, help="Only the newest so many.")]


def command(
    strategy: Name = None,
    *,
    symbol: OfSymbol = None,
    last: Last = None,
    json: Json = False,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Print what opened and closed, oldest first."""
    from ..core.errors import JournalDamaged
    from ..reports import check_known, told
    from ..ui.lines import event_json, event_line

    data = data_folder(project, data_dir)
    check_known(data, strategy, symbol)
    found = told(data, strategy, symbol)
    shown = found.events if last is None else found.events[-last:]
    print_lines(map(event_json if json else event_line, shown))
    if not found.records:
        complain(f"there is no journal in {data.absolute()}")
    if found.damages:
        raise JournalDamaged(*found.damages)
