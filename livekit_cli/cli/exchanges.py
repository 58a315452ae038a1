"""`livekit exchanges`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .options import HERE, Json, Project
from .output import print_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..adapters.config.exchanges import BrokenExchange, ExchangeConfig
    from ..ui.look import Look

HEAD = ("NAME", "KIND", "MODE", "SPEED", "SLIPPAGE", "FEE", "ENTRY WITHIN", "CANDLES", "FILE")
GAP = "  "
MODE = "paper"
"""The only one that there is."""


def command(*, json: Json = False, project: Project = HERE) -> None:
    """List what `--exchange` finds. Each with its kind, mode, speed and costs."""
    import sys

    from ..adapters.config.defaults import defaults_of
    from ..adapters.config.exchanges import ExchangeConfig, list_exchanges
    from ..core.errors import ConfigError
    from ..ui.look import look_of

    usual = defaults_of(project).speed
    found = list(list_exchanges(project))
    sound = [one for one in found if isinstance(one, ExchangeConfig)]
    if json:
        print_lines(_json(one, usual) for one in found)
    else:
        print_lines(_lines([_row(one, usual) for one in sound], look_of(sys.stdout)))
    faults = [line for one in found if not isinstance(one, ExchangeConfig) for line in one.error.lines]
    if faults:
        raise ConfigError(*faults)


def _json(one: ExchangeConfig | BrokenExchange, usual: float | None) -> str:
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
        }
    return json.dumps(known | {"error": None if isinstance(one, ExchangeConfig) else str(one.error)})


def _row(one: ExchangeConfig, usual: float | None) -> tuple[str, ...]:
    candles = f"seed {one.seed}" if one.kind == "demo" else one.candles_written or "--candles FILE"
    fee = "its own" if one.has_its_own_fee else f"{one.usual_fee_percent:g}%"
    percents = (f"{one.slippage_percent:g}%", fee, f"{one.max_entry_distance_percent:g}%")
    path = "" if one.path is None else str(one.path)
    return (one.name, one.kind, MODE.upper(), f"x{one.speed_unless(usual):g}", *percents, candles, path)


def _lines(rows: Sequence[tuple[str, ...]], look: Look) -> list[str]:
    """Aligned columns; on a terminal cut to its width, the file's name first."""
    from ..ui.inert import cells

    shown = [tuple(look.shown(text) for text in row) for row in (HEAD, *rows)]
    widths = [max(map(cells, column)) for column in zip(*shown, strict=True)]
    lines = [GAP.join(map(look.fitted, row, widths)).rstrip() for row in shown]
    if look.is_terminal:
        lines = [look.shown(line, look.width) for line in lines]
    return [look.paint(lines[0], "bold"), *lines[1:]]
