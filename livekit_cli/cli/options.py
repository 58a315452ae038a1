"""The options that several commands share, and how their texts are read."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from ..core.candle import MINUTE_MS
from ..core.errors import UsageError
from ..core.words import did_you_mean

STRATEGY, MARKET, OUTPUT, FOLDERS = "Strategy", "Market", "Output", "Folders"
"""What the options of a command that has many are listed under."""

StrategyName = Annotated[
    str | None,
    typer.Option(
        "--strategy",
        "-s",
        metavar="NAME",
        help="A name from strategies/ or configs/strategies/, or file.py:Class. [default: configs/livekit.yaml's]",
        rich_help_panel=STRATEGY,
    ),
]


def named(option: str, example: str) -> Callable[[str | Path], Path]:
    """Reads the value of `option`: an empty one would be the working folder, which nobody means by it."""

    def parse(text: str | Path) -> Path:
        if not text:
            raise UsageError(f"{option} is '', expected a name, for example {option} {example}")
        return Path(text)

    return parse


def _existing(folder: Path) -> Path:
    return existing("--project", folder)


def existing(option: str, folder: Path) -> Path:
    """`folder`, which must be there: a mistyped name would look like a project without anything. Raises UsageError."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{option} {folder}: it is a file, expected a folder")
    if not folder.is_dir():
        raise UsageError(f"{option} {folder}: there is no such folder{_nearest(folder)}")
    return folder


def _nearest(folder: Path) -> str:
    try:
        names = [entry.name for entry in folder.parent.iterdir() if entry.is_dir()]
    except OSError:  # the folder above is missing too: then nothing is near
        return ""
    return did_you_mean(folder.name, names)


ExchangeName = Annotated[
    str | None,
    typer.Option(
        "--exchange",
        "-e",
        metavar="NAME",
        help="demo, the built-in market, the name of a file in configs/, or an id of ccxt, as binance. [default: demo]",
        rich_help_panel=MARKET,
    ),
]
CandlesFile = Annotated[
    Path | None,
    typer.Option(
        "--candles",
        metavar="FILE",
        parser=named("--candles", "candles.csv"),
        help="A CSV file of 1m candles as the exchange, with a header: timestamp, open, high, low, close, volume.",
        rich_help_panel=MARKET,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Set a parameter of the strategy; repeatable.", rich_help_panel=STRATEGY
    ),
]
Project = Annotated[
    Path,
    typer.Option(
        "--project",
        metavar="DIR",
        parser=named("--project", "."),
        callback=_existing,
        help="The folder with strategies/, configs/ and data/.",
        rich_help_panel=FOLDERS,
    ),
]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        parser=named("--data-dir", "data"),
        help="Where the journals are. [default: PROJECT/data]",
        rich_help_panel=FOLDERS,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line.", rich_help_panel=OUTPUT)]
OfSymbol = Annotated[str | None, typer.Option("--symbol", metavar="SYMBOL", help="Only this symbol.")]

Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Only what happened from then on: ISO 8601 (UTC), epoch ms, or an age like 90m, 2h or 3d.",
    ),
]

Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Only what happened before then; the same forms.")
]
ReportFormat = Annotated[
    Literal["md", "json", "csv"] | None,
    typer.Option(
        "--format",
        metavar="md|json|csv",
        help="Markdown, one JSON object, or a CSV row for each event. [default: md, on a terminal a page for it]",
        rich_help_panel=OUTPUT,
    ),
]

HERE = Path()

_AGE = re.compile(r"(?=[0-9])(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")
_AGE_MINUTES = (7 * 1440, 1440, 60, 1, 1 / 60)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

_MILLISECONDS = range(10**11, 10**14)
"""From 1973 on. A smaller number is a year, a date without dashes, or seconds; as milliseconds it would be long ago."""


def data_folder(project: Path, data: Path | None) -> Path:
    """Where the journals are: what was typed, which must exist, or what the project says. Raises UsageError."""
    from ..adapters.config.defaults import data_folder_of

    return data_folder_of(project, None if data is None else existing("--data-dir", data))


def check_strategy(command: str, strategy: str | None, project: Path) -> None:
    """Raises UsageError when neither the command line nor the project names a strategy."""
    from ..adapters.config.defaults import defaults_of

    if strategy is None and defaults_of(project).strategy is None:
        from .mistakes import no_strategy

        raise UsageError(no_strategy(command, sys.argv[1:]))


def settings(texts: list[str] | None) -> dict[str, str]:
    """`--set name=value` options by name. Raises UsageError."""
    found: dict[str, str] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set {text!r}, expected NAME=VALUE, for example --set lookback=40")
        if found.get(name.strip(), value) != value:
            raise UsageError(f"--set {name.strip()} is given twice: {found[name.strip()]!r} and {value!r}")
        found[name.strip()] = value
    return found


def moment(option: str, text: str | None, now_ms: int) -> int | None:
    """A whole minute in epoch ms from ISO 8601 (UTC unless it says otherwise), epoch ms, or an age at `now_ms`.

    Raises UsageError.
    """
    if text is None:
        return None
    if (age := _age_ms(text)) is not None:
        return (now_ms - age) // MINUTE_MS * MINUTE_MS
    time = _time(option, text, "30d")
    if time % MINUTE_MS:
        raise UsageError(f"{option} is {text!r}, expected a whole minute")
    return time


def since(text: str | None, now_ms: int, option: str = "--since") -> int | None:
    """`option` in epoch ms: ISO 8601 (UTC unless it says otherwise), epoch ms, or an age at `now_ms` (`90m`, `1d12h`).

    Raises UsageError.
    """
    if text is None:
        return None
    if (age := _age_ms(text)) is not None:
        return now_ms - age
    return _time(option, text, "90m, 2h, 3d")


def _time(option: str, text: str, ages: str) -> int:
    """Raises UsageError."""
    try:
        time = int(text) if text.lstrip("-").isdigit() else _iso_ms(text)
    except (ValueError, OverflowError) as error:
        is_date = _DATE.match(text) and "Invalid" not in str(error)
        why = f" ({error})" if is_date else ""  # `day is out of range for month` says more than what a date looks like
        raise UsageError(
            f"{option} is {text!r}{why}, expected a time like 2026-03-01, 2026-03-01T12:30 or 1772368200000, or an age "
            f"like {ages}"
        ) from None
    if text.isdecimal() and time not in _MILLISECONDS:
        raise UsageError(f"{option} is {text!r}, expected milliseconds since 1970 like 1772368200000, or 2026-03-01")
    return time


def _age_ms(text: str) -> int | None:
    """Milliseconds of `90m`, `2h`, `1d12h`; None of what is no age."""
    age = _AGE.fullmatch(text.strip())
    if age is None or text.isdecimal():
        return None
    return round(sum(int(n or 0) * m for n, m in zip(age.groups(), _AGE_MINUTES, strict=True)) * MINUTE_MS)


def _iso_ms(text: str) -> int:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return int(time.timestamp()) * 1000 + time.microsecond // 1000
