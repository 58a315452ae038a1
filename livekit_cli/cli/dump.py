"""`livekit dump`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..ui.inert import inert
from .options import HERE, DataFolder, Project, ReportFormat, data_folder, named
from .output import complain, print_lines

Name = Annotated[str | None, typer.Argument(metavar="[STRATEGY]", help="The strategy's name. [default: each one]")]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--path", metavar="DIR", parser=named("--path", "reports"), help="Where to. [default: PROJECT/logs/live]"
    ),
]


def command(
    strategy: Name = None,
    *,
    path: Folder = None,
    format_: ReportFormat = None,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Write reports to DIR/STRATEGY.md. That of one strategy, or of every one that has run; --format makes others."""
    from ..core.errors import JournalDamaged
    from ..reports import strategies_in, write_report

    data = data_folder(project, data_dir)
    folder = project / "logs" / "live" if path is None else path
    names = strategies_in(data) if strategy is None else [strategy]
    damages: list[str] = []
    for name in names:
        file, found = write_report(data, name, folder, format_ or "md")
        damages += found
        print_lines([inert(str(file))])
    if not names:
        complain(f"there is no journal in {data.absolute()}")
    if damages:
        raise JournalDamaged(*damages)
