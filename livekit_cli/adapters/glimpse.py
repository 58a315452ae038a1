"""A glimpse of a data folder, to complete words in a shell: fast, unchecked, and silent about what cannot be read.

Nothing here may be believed for more than a word to choose from: `records.py` reads what counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from .names import signal_folder

MOST_JOURNALS = 200
MOST_SIGNALS = 50
TAIL_BYTES = 64 * 1024
"""How much is read of a journal's end."""

_RUNS = re.compile(rb"^runs:", re.MULTILINE)

HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,63}")
"""Words that no shell takes for anything else."""


class Named(NamedTuple):
    """Whose journal a file says it is."""

    strategy: str
    symbol: str
    path: Path


class Told(NamedTuple):
    """The newest that a journal tells of a signal, at `time` (epoch ms)."""

    time: int
    id: str
    symbol: str
    action: str


def journals(data: Path) -> list[Named]:
    """The journals below `data` whose names are harmless. Never raises."""
    return list(islice(_journals(data), MOST_JOURNALS))


def configs(project: Path, *, fleets: bool) -> list[str]:
    """The fleets or the exchanges in configs/, told apart by a line that only fleets have. Never raises."""
    try:
        paths = sorted((project / "configs").glob("*.yaml"))
    except OSError:
        return []
    names = [path.stem for path in paths[:MOST_JOURNALS] if bool(_RUNS.search(_piece(path, 0))) == fleets]
    return [name for name in names if name != "livekit" and _is_word(name)]


def signals(data: Path) -> list[Told]:
    """The newest signals, the newest first. Never raises."""
    newest: dict[str, Told] = {}
    for journal in journals(data):
        for told in _told(journal):
            if told.id not in newest or newest[told.id].time <= told.time:
                newest[told.id] = told
    return sorted(newest.values(), reverse=True)[:MOST_SIGNALS]


def _journals(data: Path) -> Iterator[Named]:
    try:
        paths = sorted(signal_folder(data).glob("*/*.jsonl"))
    except OSError:
        return
    for path in paths:
        said = _fields(_piece(path, 0).partition(b"\n")[0]).get("journal")
        if isinstance(said, dict) and _is_word(said.get("strategy")) and _is_word(said.get("symbol")):
            yield Named(said["strategy"], said["symbol"], path)


def _told(journal: Named) -> Iterator[Told]:
    for row in _piece(journal.path, -TAIL_BYTES).split(b"\n"):
        if b'"owed":{"publish":' not in row:
            continue
        try:
            event = _fields(row)["step"]["owed"]["publish"]
            told = Told(event["time"], event["signal"]["id"], journal.symbol, event["action"])
        except (KeyError, TypeError):
            continue
        if type(told.time) is int and _is_word(told.id) and told.action in ("opened", "closed"):
            yield told


def _piece(path: Path, start: int) -> bytes:
    """The beginning of a file, or its end when `start` is negative; nothing of what is no plain file."""
    try:
        if not path.is_file():  # a pipe would hold us for ever
            return b""
        with path.open("rb") as file:
            file.seek(max(start, -path.stat().st_size), 2 if start < 0 else 0)
            return file.read(TAIL_BYTES)
    except (OSError, ValueError):
        return b""


def _fields(row: bytes) -> dict[str, Any]:
    try:
        found = json.loads(row)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_word(text: object) -> bool:
    return isinstance(text, str) and HARMLESS.fullmatch(text) is not None
