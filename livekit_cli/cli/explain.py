"""`livekit explain`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.candle import MINUTE_MS
from .options import HERE, MARKET, OUTPUT, DataFolder, Project, data_folder
from .output import print_lines

if TYPE_CHECKING:
    from ..adapters.config.exchanges import ExchangeConfig
    from ..adapters.trails import Trail
    from ..core.candle import Candles
    from ..core.state import Identity
    from ..ui.story import Story

Wanted = Annotated[
    str | None,
    typer.Argument(
        metavar="[SIGNAL]",
        help="Its id, or the first letters of it: report and events show it. [default: the one told of last]",
    ),
]
CandlesOfIt = Annotated[
    Path | None,
    typer.Option(
        "--candles",
        metavar="FILE",
        help="The CSV file of 1m candles that it ran on. [default: those of its exchange, where they are at hand]",
        rich_help_panel=MARKET,
    ),
]
Raw = Annotated[
    bool, typer.Option("--raw", help="The lines of the journal as they stand there.", rich_help_panel=OUTPUT)
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.", rich_help_panel=OUTPUT)]


def command(
    signal: Wanted = None,
    *,
    candles: CandlesOfIt = None,
    raw: Raw = False,
    json: Json = False,
    data_dir: DataFolder = None,
    project: Project = HERE,
) -> None:
    """Show why a signal opened, closed, and earned that. Every number can be checked by hand.

    The candles are weighed again, the rules applied again and the PnL worked out again; each is compared with what the
    journal recorded.
    """
    import sys

    from ..adapters.trails import find_trail
    from ..core.errors import JournalDamaged
    from ..ui.look import look_of

    data = data_folder(project, data_dir)
    trail, damages = find_trail(data, signal)
    story = _story(trail, candles, project, data)
    if json:
        from ..ui.explain_json import explain_json

        print_lines([explain_json(story)])
    else:
        from ..ui.explain import explain_lines

        print_lines(explain_lines(story, look_of(sys.stdout), raw=raw))
    if damages:
        raise JournalDamaged(*damages)


def _story(trail: Trail, file: Path | None, project: Path, data: Path) -> Story:
    from ..adapters.clock import wall_ms
    from ..core.explanation import Now, explain, needed
    from ..core.health import judge
    from ..core.state import Idle, Terms
    from ..exchanges import terms_of
    from ..ui.story import JournalLine, Story

    record, notes = trail.record, [] if trail.record.damage is None else [trail.record.damage]
    is_over = isinstance(trail.state, Idle)
    now = Now(None, None) if is_over else Now(record.finished, record.pulse.price)
    # A signal that is closing has finished no minute since the one that called for it.
    span = needed(trail.signal, trail.closed.time if trail.closed else now.time)
    is_recorded = trail.closed is not None and trail.closed.pnl.costs is not None
    config = _exchange(record.identity, project, notes, needs_costs=not is_recorded)
    fetch = _fetch(record.identity, span, project, data)
    candles = _candles(config, file, record.identity, span, data=data, notes=notes, fetch=fetch)
    terms = Terms(record.identity) if config is None else terms_of(config, record.identity, data)
    return Story(
        identity=record.identity,
        explanation=explain(
            trail.signal, trail.opened, trail.closed, state=trail.state, now=now, terms=terms, candles=candles
        ),
        state=trail.state,
        rejected=trail.rejected,
        verdict=None if is_over else judge(record.snapshot, wall_ms()),
        journal=tuple(
            JournalLine(str(path), number, line.seq, line.sum, line.content.decode("ascii", "replace"), written.step)
            for written in trail.steps
            for path, number, line in [written]
        ),
        notes=tuple(notes),
    )


def _exchange(identity: Identity, project: Path, notes: list[str], *, needs_costs: bool) -> ExchangeConfig | None:
    """What the project says of the exchange. Without it there are no candles; costs that are needed are assumed."""
    from ..adapters.config.exchanges import find_exchange
    from ..core.errors import ConfigError, UsageError

    try:
        return find_exchange(identity.exchange, project)
    except (UsageError, ConfigError) as error:
        assumed = ", so the usual costs are assumed" if needs_costs else ""
        notes.append(f"nothing is known of its exchange{assumed}: {error}")
        return None


def _fetch(identity: Identity, span: tuple[int, int], project: Path, data: Path) -> str:
    """The command that brings the candles of the span to where they are looked for."""
    import shlex

    from ..ui.lines import minute_text

    words = ["livekit", "download", identity.symbol, "--exchange", identity.exchange]
    words += ["--from", minute_text(span[0]), "--to", minute_text(span[1] - MINUTE_MS)]
    words += [] if project == HERE else ["--project", str(project)]
    words += [] if data == project / "data" else ["--data-dir", str(data)]
    return shlex.join(words)


def _candles(
    config: ExchangeConfig | None,
    file: Path | None,
    identity: Identity,
    span: tuple[int, int],
    *,
    data: Path,
    notes: list[str],
    fetch: str,
) -> Candles | None:
    """Those of the span. Raises ConfigError for a file that was asked for and is none; all else becomes a note."""
    from ..adapters.config.exchanges import ExchangeConfig
    from ..core.errors import ConfigError
    from ..core.settings import CCXT
    from ..exchanges import candles_of
    from ..ui.explain import missing_candles, needed_candles
    from ..ui.lines import minute_text

    if file is not None:
        config = ExchangeConfig("csv", "csv", candles=file, candles_written=str(file))
    try:
        found = None if config is None else candles_of(config, identity.symbol, data, *span)
    except ConfigError as error:
        if file is not None:
            raise
        notes.append(str(error))
        found = None
    is_fetched = config is not None and config.kind == CCXT
    if found is None:
        notes.append(needed_candles(identity.exchange, fetch if is_fetched else ""))
    elif is_fetched and (missing := (span[1] - span[0]) // MINUTE_MS - len(found)):
        notes.append(missing_candles(missing, fetch))
    elif not found:
        notes.append(f"these candles have none from {minute_text(span[0])} to {minute_text(span[1])}: they are others")
    return found
