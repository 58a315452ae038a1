"""`livekit exchanges`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import HERE, OUTPUT, Json, Project
from .output import complain, print_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..adapters.config.exchanges import BrokenExchange, ExchangeConfig
    from ..core.abilities import Abilities, Survey

    Found = Sequence[ExchangeConfig | BrokenExchange]

HEAD = ("NAME", "KIND", "MODE", "SPEED", "SLIPPAGE", "FEE", "ENTRY WITHIN", "CANDLES", "FILE")
MODE = "paper"
"""The only one that there is."""

Word = Annotated[
    str | None, typer.Argument(metavar="[WORD]", help="Only those with this in their name, those of ccxt included.")
]
Everything = Annotated[
    bool, typer.Option("--all", help="Those of ccxt too, with what each can do.", rich_help_panel=OUTPUT)
]


def command(word: Word = None, *, everything: Everything = False, json: Json = False, project: Project = HERE) -> None:
    """List what `--exchange` finds. Each with its kind, mode, speed and costs, or with what ccxt can do there.

    Of those of ccxt: 1M, candles of one minute can be asked for, without which livekit does not run there; SOCKET, they
    come by websocket too; IDS, an order can carry an id of ours and is told by it again; STOPS, an order can wait there
    for a price; SANDBOX, there is a network for tests. All of it is what that release of ccxt says, not the exchange.
    """
    from ..adapters.ccxt_abilities import read_survey
    from ..adapters.config.exchanges import ExchangeConfig, list_exchanges
    from ..core.errors import ConfigError

    survey = read_survey()
    found: Found = list(list_exchanges(project))
    faults = [line for one in found if not isinstance(one, ExchangeConfig) for line in one.error.lines]
    offered = list(survey.exchanges.values()) if everything or word is not None else []
    if word is not None:
        found, offered = _like(word, found, offered)
    if json:
        print_lines(_json_lines(found, offered, survey, project))
    else:
        _print(found, offered, survey, project)
    if faults:
        raise ConfigError(*faults)


def _like(word: str, found: Found, offered: list[Abilities]) -> tuple[Found, list[Abilities]]:
    """Those with `word` in their names. Raises UsageError when there is none."""
    from ..core.errors import UsageError
    from ..core.words import did_you_mean

    bare = word.strip().casefold()
    ours = [one for one in found if any(bare in name.casefold() for name in _names(one))]
    theirs = [one for one in offered if bare in one.id or bare in one.name.casefold()]
    if not bare or not (ours or theirs):
        names = [name for one in found for name in _names(one)] + [one.id for one in offered]
        raise UsageError(f"no exchange has {word!r} in its name{did_you_mean(word, names)}")
    return ours, theirs


def _names(one: ExchangeConfig | BrokenExchange) -> tuple[str, ...]:
    return one.name, getattr(one, "ccxt_id", "")


def _print(found: Found, offered: Sequence[Abilities], survey: Survey, project: Any) -> None:
    import sys

    from ..adapters.config.defaults import defaults_of
    from ..adapters.config.exchanges import ExchangeConfig
    from ..ui.abilities import abilities_lines, aligned
    from ..ui.look import look_of

    look, usual = look_of(sys.stdout), defaults_of(project).speed
    rows = [_row(one, usual) for one in found if isinstance(one, ExchangeConfig)]
    lines = aligned([HEAD, *rows], look) if rows else []
    if offered:
        lines += [*([""] if lines else []), *abilities_lines(offered, look)]
        _tell_release(survey)
    elif look.is_terminal:
        told = f"and the {len(survey.exchanges)} that ccxt knows: `livekit exchanges --all`, or a WORD to look for"
        lines += ["", *look.wrapped(told)]
    print_lines(lines)


def _tell_release(survey: Survey) -> None:
    if not survey.is_of_the_installed:
        complain(
            f"what ccxt can do is known of its release {survey.release}; {survey.installed} is installed, and nothing "
            "is known of what is new in it (?)"
        )


def _json_lines(found: Found, offered: Sequence[Abilities], survey: Survey, project: Any) -> Iterator[str]:
    """Those of ccxt as they are without a file; one that has a file is described by it."""
    from ..adapters.config.defaults import defaults_of
    from ..adapters.config.exchanges import ExchangeConfig
    from ..core.settings import CCXT

    usual = defaults_of(project).speed
    yield from (_json(one, usual, survey) for one in found)
    names = {one.name for one in found}
    bare = (ExchangeConfig(one.id, CCXT, ccxt_id=one.id) for one in offered if one.id not in names)
    yield from (_json(one, usual, survey) for one in bare)


def _json(one: ExchangeConfig | BrokenExchange, usual: float | None, survey: Survey) -> str:
    import json

    from ..adapters.config.exchanges import ExchangeConfig

    known: dict[str, Any] = {"name": one.name, "path": None if one.path is None else str(one.path)}
    if isinstance(one, ExchangeConfig):
        known |= {
            "kind": one.kind,
            "mode": MODE,
            "speed": one.speed_unless(usual),
            "seed": one.seed if one.kind == "demo" else None,
            "candles": one.candles_written or None,
            "slippage_percent": one.slippage_percent,
            "fee_percent": None if one.has_its_own_fee else one.usual_fee_percent,
            "max_entry_distance_percent": one.max_entry_distance_percent,
            "ccxt": _of_ccxt(one, survey),
        }
    return json.dumps(known | {"error": None if isinstance(one, ExchangeConfig) else str(one.error)})


def _of_ccxt(one: ExchangeConfig, survey: Survey) -> dict[str, Any] | None:
    able = survey.exchanges.get(one.ccxt_id)
    if able is None:
        return None
    return {
        "id": able.id,
        "market": one.market if one.path or one.market in able.markets or able.minutes is None else None,
        "release": survey.release,
        "markets": list(able.markets),
        "minutes": able.minutes,
        "socket": able.socket,
        "ids": able.ids,
        "stops": dict(able.stops),
        "sandbox": able.sandbox,
    }


def _row(one: ExchangeConfig, usual: float | None) -> tuple[str, ...]:
    candles = f"seed {one.seed}" if one.kind == "demo" else one.candles_written or "--candles FILE"
    if one.ccxt_id:
        candles = f"{one.ccxt_id} {one.market}"
    fee = "its own" if one.has_its_own_fee else f"{one.usual_fee_percent:g}%"
    percents = (f"{one.slippage_percent:g}%", fee, f"{one.max_entry_distance_percent:g}%")
    path = "" if one.path is None else str(one.path)
    return (one.name, one.kind, MODE.upper(), f"x{one.speed_unless(usual):g}", *percents, candles, path)
