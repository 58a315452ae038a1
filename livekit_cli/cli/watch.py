"""`livekit watch`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..ui.inert import inert
from .options import HERE, OUTPUT, DataFolder, OfSymbol, Project, data_folder, named
from .output import print_lines, takes_a_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ui.table import View

OfStrategy = Annotated[str | None, typer.Option("--strategy", "-s", metavar="NAME", help="Only this strategy.")]
Once = Annotated[bool, typer.Option("--once", help="Print the table once, and end.", rich_help_panel=OUTPUT)]
Svg = Annotated[
    Path | None,
    typer.Option(
        "--svg",
        metavar="FILE",
        parser=named("--svg", "table.svg"),
        help="Write a picture of it, and end.",
        rich_help_panel=OUTPUT,
    ),
]

ALL_ROWS = 100_000
"""Lines of a table that is printed: there is no screen to fit into."""


def command(
    *,
    strategy: OfStrategy = None,
    symbol: OfSymbol = None,
    once: Once = False,
    svg: Svg = None,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Watch what runs, in the table of `run`. Its files tell, from any shell; Ctrl-C ends it and nothing else."""
    from ..core.errors import UsageError
    from ..reports import check_known

    data = data_folder(project, data_dir)
    prints = once or svg is not None or not takes_a_table()
    nothing = f"there is no journal in {data.absolute()}: nothing has run here yet"
    try:
        symbol = check_known(data, strategy, symbol)
    except UsageError as error:
        if prints:
            raise
        nothing = str(error)  # what is asked for may be yet to come
    view = _views(data, strategy, symbol, nothing)
    if svg is not None:
        print_lines([inert(str(_write_picture(view(), svg)))])
    elif prints:
        print_lines(_lines(view()))
    else:
        import asyncio

        asyncio.run(_watch(view))


def _views(data: Path, strategy: str | None, symbol: str | None, nothing: str) -> Callable[[], View]:
    """Each call looks at the files; `nothing` is what is said while there is no such journal."""
    from ..adapters.following import Following
    from ..ui.table import View

    following = Following(data, strategy, symbol)

    def view() -> View:
        seen = following.look()
        notes = seen.faults if seen.records else [nothing, *seen.faults]
        return View([record.snapshot for record in seen.records], seen.tally, notes=notes)

    return view


def _lines(view: View) -> list[str]:
    """The table as it is now, every row of it, as wide as where it is printed."""
    import sys
    from dataclasses import replace

    from ..adapters.clock import wall_ms
    from ..ui.look import look_of
    from ..ui.styled import painted
    from ..ui.table import frame

    look = replace(look_of(sys.stdout), height=ALL_ROWS)
    return [painted(line, look) for line in frame(view, wall_ms(), look)]


async def _watch(view: Callable[[], View]) -> None:
    """Look and draw each second, in a thread of its own, until a signal comes or the terminal is gone."""
    import asyncio

    from ..adapters.farewell import Farewell
    from ..adapters.threads import Threads
    from .display import Display, show

    display, threads = Display(), Threads(1, "output")
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end() -> None:
        if not over.done():
            over.set_result(None)

    async def draw() -> None:
        await threads.run(lambda: display.draw(view()))

    with Farewell(end, display.give_up), display:
        try:
            await show(display, over, draw)
        except OSError:
            return  # nobody sees it any more


def _write_picture(view: View, path: Path) -> Path:
    """Raises CannotCreate."""
    import sys

    from ..adapters.clock import wall_ms
    from ..adapters.disk import why_not
    from ..core.errors import CannotCreate
    from ..ui.look import Look, look_of
    from ..ui.picture import svg
    from ..ui.table import frame

    look = Look(width=look_of(sys.stdout).width, height=ALL_ROWS)
    try:
        path.write_text(svg(frame(view, wall_ms(), look), look.width, "livekit watch"), encoding="utf-8")
    except OSError as error:
        raise CannotCreate(f"cannot write {path}: {why_not(error, path)}") from error
    return path
