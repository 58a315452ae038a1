"""A symbol is one, however it is typed: `btcusdt`, `BTC/USDT` and `BTC-USDT` go on with the journal of `BTCUSDT`.

Law: who types a symbol in another way than the last time gets its journal, with what is open in it, and no twin beside
it that nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TypeVar

from ..core.errors import UsageError
from ..core.state import Identity
from ..core.words import listed
from .names import bare_symbol, checked_name, file_part, signal_folder
from .records import named, read_record

_T = TypeVar("_T")


class Spellings:
    """The symbols that one strategy has journals of on one exchange, as they are spelt there."""

    def __init__(self, data_folder: Path | None, of: Identity) -> None:
        """`of` says whose journals, by all but the symbol. Without a data folder there are none."""
        self._found: dict[str, list[str]] = {}
        for path in _journals(signal_folder(data_folder) / of.mode.value) if data_folder else ():
            whose = named(path)
            if (whose.exchange, whose.strategy) == (of.exchange, of.strategy):
                # In a file's name an underscore may stand for several marks.
                symbol = read_record(path).identity.symbol if "_" in whose.symbol else whose.symbol
                self._found.setdefault(bare_symbol(symbol), []).append(symbol)

    def known(self, typed: str) -> str:
        """The symbol that is meant, as its journal has it; one without a journal is written in capitals.

        Raises UsageError when it cannot be a name, or when several journals might be meant.
        """
        checked_name("symbol", file_part(typed), typed)
        return chosen(typed, self._found.get(bare_symbol(typed), ())) or typed.upper()


def chosen(typed: str, known: Iterable[str]) -> str | None:
    """The one of the `known` symbols that is meant by `typed`; None when it is none of them.

    Raises UsageError when several differ from it in nothing but spelling.
    """
    alike = sorted(set(meant(typed, known, str)))
    if len(alike) > 1:
        raise UsageError(f"{typed} may be any of several symbols: {listed(alike)}; type it as it is there")
    return alike[0] if alike else None


def meant(typed: str | None, found: Iterable[_T], symbol_of: Callable[[_T], str]) -> list[_T]:
    """Those of `found` whose symbol is spelt as `typed`, or, where there is none, in any other way; all for None."""
    everything = list(found)
    if typed is None:
        return everything
    same = [one for one in everything if symbol_of(one) == typed]
    return same or [one for one in everything if bare_symbol(symbol_of(one)) == bare_symbol(typed)]


def _journals(folder: Path) -> Collection[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".jsonl")
    except OSError:
        return ()  # whoever opens the journal is told
