"""`livekit report`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import HERE, OUTPUT, DataFolder, OfSymbol, Project, ReportFormat, Since, Until, data_folder
from .options import since as moment_of
from .output import complain, print_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.results import Results, Window
    from ..ui.formats import Format

Name = Annotated[str | None, typer.Argument(metavar="[STRATEGY]", help="The strategy's name. [default: each one]")]
Last = Annotated[
    int | None,
    typer.Option("--last", metavar="N", min=1, help="List only the newest so many events; all of them count."),
]

Json = Annotated[bool, typer.Option("--json", help="The same as --format json.", rich_help_panel=OUTPUT)]


def command(
    strategy: Name = None,
    *,
    symbol: OfSymbol = None,
    since: Since = None,
    until: Until = None,
    last: Last = None,
    format_: ReportFormat = None,
    json: Json = False,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Show what a strategy came to. Statistics, what is open, and its events; without a name that of each strategy."""
    from ..core.errors import JournalDamaged, UsageError
    from ..reports import check_known, results_of, strategies_in

    if json and format_ not in (None, "json"):
        raise UsageError(f"--json and --format {format_} are two forms; leave one out")
    data = data_folder(project, data_dir)
    window = _window(since, until)
    symbol = check_known(data, strategy, symbol)
    names = strategies_in(data, symbol) if strategy is None else [strategy]
    found = [results_of(data, name, symbol, window) for name in names]
    if not found:
        complain(f"there is no journal in {data.absolute()}")
    print_text(shown(found, "json" if json else format_, last))
    if damages := [note for one in found for note in one.notes]:
        raise JournalDamaged(*damages)


def shown(found: Sequence[Results], form: Format | None, last: int | None = None, foot: Sequence[str] = ()) -> str:
    """These reports one below the other: in that form, or where none is asked for in the one that fits standard output.

    `foot` are sentences that a terminal gets below the last one.
    """
    import sys

    from ..ui.formats import written
    from ..ui.look import look_of

    look = look_of(sys.stdout)
    if form is None and look.is_terminal:
        from ..ui.report import report_lines

        pages = [report_lines(one, look, last, foot if one is found[-1] else ()) for one in found]
        return "\n\n".join("\n".join(page) for page in pages) + "\n" * bool(pages)
    form = form or "md"
    texts = [written(one, form, last) for one in found]
    if form == "csv":  # under one header
        texts[1:] = [text.partition("\r\n")[2] for text in texts[1:]]
    return ("\n" if form == "md" else "").join(texts)


def _window(since: str | None, until: str | None) -> Window:
    from ..adapters.clock import wall_ms
    from ..core.errors import UsageError
    from ..core.results import Window

    now = wall_ms()
    window = Window(moment_of(since, now), moment_of(until, now, "--until"))
    if window.since is not None and window.until is not None and window.since >= window.until:
        raise UsageError(f"--since {since} is not before --until {until}: no time is between them")
    return window
