"""`livekit status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import HERE, DataFolder, Json, OfSymbol, Project, data_folder
from .output import complain, print_lines

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..core.health import Health

OfStrategy = Annotated[str | None, typer.Option("--strategy", "-s", metavar="NAME", help="Only this strategy.")]
Running = Annotated[bool, typer.Option("--running", help="A symbol that is not running is not well either (exit 1).")]


def command(
    *,
    strategy: OfStrategy = None,
    symbol: OfSymbol = None,
    running: Running = False,
    json: Json = False,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Show how each symbol is doing. Its files tell, whether or not anything is running.

    Exits 0 when all are well (running, or stopped on purpose), 1 when one is STALE, STUCK or DEAD, and 65 when one is
    HALTED.
    """
    import sys

    from ..adapters.clock import wall_ms
    from ..adapters.records import read_records
    from ..core.health import NEVER_RUN, judge
    from ..reports import check_known
    from ..ui.look import look_of
    from ..ui.status import status_json, status_lines

    data = data_folder(project, data_dir)
    symbol = check_known(data, strategy, symbol)
    snapshots = [record.snapshot for record in read_records(data, strategy, symbol)]
    now = wall_ms()
    if snapshots:
        look = look_of(sys.stdout)
        print_lines([status_json(snapshots, now)] if json else status_lines(snapshots, now, look))
    else:
        complain(f"nothing has run here yet: there is no journal in {data.absolute()}")
    verdicts = [judge(snapshot, now) for snapshot in snapshots]
    # What a start that was refused made, and nobody has run, is not missed.
    healths = {one.health for one in verdicts if not (running and one.reason == NEVER_RUN)}
    code = exit_code(healths, must_run=running)
    if code:
        raise typer.Exit(code)  # the lines have said why


def exit_code(healths: Collection[Health], *, must_run: bool) -> int:
    """For monitors: 0 is well, 1 is not, 65 needs a person. With `must_run`, what does not run is not well."""
    from ..core.errors import JournalDamaged
    from ..core.health import Health

    if Health.HALTED in healths:
        return JournalDamaged.exit_code
    well = {Health.OK} if must_run else {Health.OK, Health.STOPPED}
    return int(not well.issuperset(healths) or (must_run and not healths))
