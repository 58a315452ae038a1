"""Reports from the data folder alone, whether or not anything is running."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .adapters.disk import why_not
from .adapters.records import Record, read_events, read_records
from .adapters.spelling import chosen
from .core.errors import CannotCreate, JournalDamaged, UsageError
from .core.event import Event
from .core.results import EVERYTHING, Results, Window, results
from .core.words import did_you_mean, listed
from .ui.formats import Format, written


@dataclass(frozen=True, slots=True)
class Told:
    """The events of some journals in the order of their time, and what is wrong with those that are damaged."""

    records: list[Record]
    events: list[Event]
    damages: list[str]


def told(data: Path, strategy: str | None = None, symbol: str | None = None) -> Told:
    """What the journals below `data` tell, of one strategy and symbol or of all."""
    records = read_records(data, strategy, symbol)
    events: list[Event] = []
    damages: list[str] = []
    for record in records:
        try:
            events += read_events(record)
        except JournalDamaged as error:
            damages.append(record.damage or str(error))
        else:
            damages += [record.damage] if record.damage else []
    events.sort(key=lambda event: event.time)
    return Told(records, events, damages)


def results_of(data: Path, strategy: str, symbol: str | None = None, window: Window = EVERYTHING) -> Results:
    """The results of `strategy`; damages are among the notes. Raises UsageError when it has no journal."""
    symbol = check_known(data, strategy, symbol)
    found = told(data, strategy, symbol)
    open_now = [record.snapshot for record in found.records if record.last]
    return results(strategy, found.events, open_now, found.damages, symbol=symbol, window=window)


def report_of(data: Path, strategy: str) -> tuple[str, list[str]]:
    """The markdown report of `strategy`, and the damages found. Raises UsageError when it has no journal."""
    found = results_of(data, strategy)
    return written(found, "md"), list(found.notes)


def write_report(data: Path, strategy: str, folder: Path, form: Format = "md") -> tuple[Path, list[str]]:
    """Write the report to `folder`/STRATEGY.md (or .json, .csv) in one move. Raises UsageError and CannotCreate."""
    found = results_of(data, strategy)
    path = folder / f"{strategy}.{form}"
    draft = folder / f"{strategy}.{form}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(written(found, form), encoding="utf-8", newline="")
        draft.replace(path)
    except OSError as error:
        raise CannotCreate(f"cannot write {path}: {why_not(error, path)}") from error
    return path, list(found.notes)


def strategies_in(data: Path, symbol: str | None = None) -> list[str]:
    """The names of all strategies that have a journal below `data`, or one of `symbol`."""
    return sorted({record.identity.strategy for record in read_records(data, symbol=symbol)})


def symbols_in(data: Path, strategy: str | None = None) -> list[str]:
    """The symbols that have a journal below `data`, or one of `strategy`."""
    return sorted({record.identity.symbol for record in read_records(data, strategy)})


def check_known(data: Path, strategy: str | None, symbol: str | None = None) -> str | None:
    """`symbol` as its journals have it, however it was typed.

    Raises UsageError, with the nearest name, when it or `strategy` has no journal below `data`.
    """
    if strategy is not None:
        _check("strategy", strategy, strategies_in(data), data, symbols_in(data))
    if symbol is None:
        return None
    known = symbols_in(data, strategy)
    found = chosen(symbol, known)
    if found is None:
        _check("symbol", symbol, known, data, strategies_in(data))
    return found


def _check(what: str, name: str, known: list[str], data: Path, others: list[str]) -> None:
    if name in known:
        return
    if name in others:
        other = {"strategy": "symbol", "symbol": "strategy"}[what]
        raise UsageError(f"{name} is a {other}, expected a {what}; in {data.absolute()} {listed(known)}")
    there = f"there are those of {', '.join(known)}{did_you_mean(name, known)}" if known else "there is none yet"
    raise UsageError(f"there is no journal of a {what} {name!r} in {data.absolute()}; {there}")
