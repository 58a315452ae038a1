"""`livekit events`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import HERE, DataFolder, Json, OfSymbol, Project, Since, data_folder
from .options import since as since_
from .output import complain, print_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ..core.event import Event

Name = Annotated[str | None, typer.Argument(metavar="[STRATEGY]", help="Only this strategy.")]
Last = Annotated[int | None, typer.Option("--last", metavar="N", min=1, help="Only the newest so many.")]
Follow = Annotated[
    bool, typer.Option("--follow", "-f", help="Then each new event as soon as it is durable, until Ctrl-C.")
]

LOOK_SECONDS = 0.3
"""Between two looks at the files while following."""


def command(
    strategy: Name = None,
    *,
    symbol: OfSymbol = None,
    since: Since = None,
    last: Last = None,
    follow: Follow = False,
    json: Json = False,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Print what opened and closed, oldest first."""
    from ..adapters.clock import wall_ms
    from ..core.errors import JournalDamaged
    from ..reports import check_known, told
    from ..ui.lines import event_json, event_line

    data = data_folder(project, data_dir)
    line = event_json if json else event_line
    chosen = _chosen(since_(since, wall_ms()))
    if follow:
        _follow(data, strategy, symbol, lambda events: list(map(line, chosen(events))), last)
        return
    symbol = check_known(data, strategy, symbol)
    found = told(data, strategy, symbol)
    shown = list(chosen(found.events))
    print_lines(map(line, shown if last is None else shown[-last:]))
    if not found.records:
        complain(f"there is no journal in {data.absolute()}")
    if found.damages:
        raise JournalDamaged(*found.damages)


def _chosen(earliest: int | None) -> Callable[[Iterable[Event]], Iterable[Event]]:
    """Leaves out what happened before `earliest`."""
    return lambda events: (event for event in events if earliest is None or event.time >= earliest)


def _follow(
    data: Path,
    strategy: str | None,
    symbol: str | None,
    lines: Callable[[Iterable[Event]], list[str]],
    last: int | None,
) -> None:
    """Print what is there and then what comes. Ends with a signal, or when nobody reads any more."""
    import sys

    from ..adapters.clock import rest_while_read
    from ..adapters.event_stream import EventStream
    from ..core.errors import UsageError
    from ..reports import check_known, strategies_in

    try:
        symbol = check_known(data, strategy, symbol)
        if not strategies_in(data):
            complain(f"there is no journal in {data.absolute()} yet; waiting for one")
    except UsageError as error:
        complain(f"{error}; waiting for one")  # what is asked for may be yet to come
    stream = EventStream(data, strategy, symbol)
    is_first = True
    while True:
        events, faults = stream.fresh()
        told = lines(events)
        is_read = print_lines(told[-last:] if last is not None and is_first else told)
        for fault in faults:
            complain(f"livekit: {fault}")
        is_first = False
        if not is_read or not rest_while_read(LOOK_SECONDS, sys.stdout.fileno()):
            return
