"""`livekit check`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import HERE, DataFolder, Json, Project
from .output import print_lines

OfStrategy = Annotated[
    str | None, typer.Option("--strategy", "-s", metavar="NAME", help="Only this strategy, instead of all.")
]


def command(
    *, strategy: OfStrategy = None, json: Json = False, data_dir: DataFolder = None, project: Project = HERE
) -> None:
    """Check everything before you start. Config, strategies, folders, disk, clock, journals; nothing is changed.

    Exits 0 when nothing is wrong, otherwise with the code of what is gravest: 65 a damaged journal, 74 the disk, 73 the
    data folder, 78 a config or strategy file.
    """
    import sys

    from .. import __version__
    from ..adapters.clock import wall_ms
    from ..checks import Plan, answers
    from ..core.check import exit_code
    from ..ui.check import check_json, check_lines
    from ..ui.look import look_of

    look = look_of(sys.stdout)
    found = list(answers(Plan(project, data_dir, strategy, __version__), look, wall_ms()))
    print_lines(map(check_json, found) if json else check_lines(found, look))
    if code := exit_code(found):
        raise typer.Exit(code)  # the lines have said why
