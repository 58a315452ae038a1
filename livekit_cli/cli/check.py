"""`livekit check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import HERE, MARKET, DataFolder, Json, Project
from .output import print_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..core.check import Answer
    from ..ui.look import Look
    from ..venue_checks import Outlook

Symbols = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYMBOL]...",
        help="What the exchange is asked about. [default: what has been run there, or one that it has]",
    ),
]
OfStrategy = Annotated[
    str | None, typer.Option("--strategy", "-s", metavar="NAME", help="Only this strategy, instead of all.")
]
OfExchange = Annotated[
    str | None,
    typer.Option(
        "--exchange",
        "-e",
        metavar="NAME",
        help="Look at this exchange too. [default: the project's, where that is a real one]",
        rich_help_panel=MARKET,
    ),
]
OfFleet = Annotated[
    str | None,
    typer.Option(
        "--config", metavar="NAME", help="Look at the exchanges of this fleet, and its symbols.", rich_help_panel=MARKET
    ),
]


def command(
    symbols: Symbols = None,
    *,
    strategy: OfStrategy = None,
    exchange: OfExchange = None,
    config: OfFleet = None,
    json: Json = False,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Check everything before you start. Config, strategies, folders, disk, clock, journals; nothing is changed.

    With a real exchange, also whether it answers, its clock, each symbol and its limits, the rate limit, the fees, how
    fresh candles are, its websocket, and what the key may do. It ends within ten seconds and trades nothing.

    Exits 0 when nothing is wrong, otherwise with the code of what is gravest: 65 a damaged journal, 74 the disk, 73 the
    data folder, 78 a config or strategy file, 77 the key, 69 the exchange, 2 a symbol that it does not have.
    """
    import sys

    from ..core.check import exit_code
    from ..ui.check import check_json, check_lines
    from ..ui.look import look_of

    outlook = _outlook(project, exchange, config, symbols or [], data_dir)
    look = look_of(sys.stdout)
    found: list[Answer] = []
    told = _kept(_answers(project, data_dir, strategy, look, outlook), found)
    if not print_lines(map(check_json, told) if json else check_lines(told, look)):
        list(told)  # whoever looks at the code wants it to be of everything
    code = exit_code(found)
    if outlook is not None and outlook.is_hanging:
        from ..adapters.farewell import leave

        leave(code)
    if code:
        raise typer.Exit(code)  # the lines have said why


def _outlook(
    project: Path, exchange: str | None, fleet: str | None, symbols: list[str], data_dir: Path | None
) -> Outlook | None:
    """None where no real exchange is to be looked at; then nothing of what asks one is imported."""
    from ..adapters.config.defaults import data_folder_of, defaults_of
    from ..core.errors import ConfigError

    try:
        data = data_folder_of(project, data_dir)
        is_asked_for = any((exchange, fleet, symbols, defaults_of(project).exchange))
    except ConfigError:  # the other checks say what is wrong with the file
        data, is_asked_for = project / "data", any((exchange, fleet, symbols))
    if not is_asked_for:
        return None
    from ..venue_checks import Outlook, wanted_exchanges

    wanted = wanted_exchanges(project, exchange, fleet, symbols, data)
    return Outlook(wanted) if wanted else None


def _answers(
    project: Path, data_dir: Path | None, strategy: str | None, look: Look, outlook: Outlook | None
) -> Iterator[Answer]:
    from .. import __version__
    from ..adapters.clock import wall_ms
    from ..checks import Plan, answers

    yield from answers(Plan(project, data_dir, strategy, __version__), look, wall_ms())
    if outlook is not None:
        yield from outlook.answers()


def _kept(answers: Iterator[Answer], found: list[Answer]) -> Iterator[Answer]:
    for answer in answers:
        found.append(answer)
        yield answer
