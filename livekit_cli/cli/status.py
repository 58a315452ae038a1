"""`livekit status`."""

from __future__ import annotations

import typer

from .options import HERE, DataFolder, Json, Project, data_folder
from .output import complain, print_lines


def command(*, json: Json = False, data_dir: DataFolder = None, project: Project = HERE) -> None:
    """Show how each symbol is doing. Its files tell, whether or not anything is running."""
    from ..adapters.clock import wall_ms
    from ..adapters.records import read_records
    from ..core.errors import JournalDamaged
    from ..ui.status import status_json, status_lines

    data = data_folder(project, data_dir)
    snapshots = [record.snapshot for record in read_records(data)]
    if not snapshots:
        complain(f"nothing has run here yet: there is no journal in {data.absolute()}")
        return
    now = wall_ms()
    print_lines([status_json(snapshots, now)] if json else status_lines(snapshots, now))
    if any(snapshot.pulse.status == "halted" for snapshot in snapshots):
        raise typer.Exit(JournalDamaged.exit_code)  # the lines have said why
