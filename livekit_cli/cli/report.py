"""`livekit report`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import HERE, DataFolder, Project, data_folder
from .output import print_lines

Name = Annotated[str, typer.Argument(metavar="STRATEGY", help="The strategy's name.")]


def command(strategy: Name, *, data_dir: DataFolder = None, project: Project = HERE) -> None:
    """Print the markdown report of a strategy. It has statistics, what is open, and every event."""
    from ..core.errors import JournalDamaged
    from ..reports import report_of

    text, damages = report_of(data_folder(project, data_dir), strategy)
    print_lines([text.rstrip("\n")])
    if damages:
        raise JournalDamaged("\n".join(damages))
