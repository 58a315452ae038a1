"""Where one symbol's files are, and which names may stand in a path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import UsageError
from ..core.state import Identity

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEPARATORS = str.maketrans({"/": "_", ":": "_", "-": "_"})
_BARE = str.maketrans({"/": None, "_": None, "-": None, " ": None})
LONGEST = 64


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one journal, all in one folder and told apart by their ending."""

    journal: Path

    @property
    def pulse(self) -> Path:
        return self.journal.with_suffix(".pulse")

    @property
    def lock(self) -> Path:
        return self.journal.with_suffix(".lock")

    @property
    def fresh(self) -> Path:
        """A journal file under construction; it counts for nothing until it takes the journal's name."""
        return self.journal.with_suffix(".new")

    @property
    def torn(self) -> Path:
        """What was cut off the end of the journal, kept for whoever wants to look."""
        return self.journal.with_suffix(".torn")

    @property
    def segments(self) -> Path:
        """The folder of older lines."""
        return self.journal.with_suffix(".old")

    def segment(self, number: int) -> Path:
        return self.segments / f"{number:06d}.jsonl"

    def aside(self, number: int) -> Path:
        """A folder for what was set aside by a person's order."""
        return self.journal.with_suffix(f".aside-{number}")


def places(data_folder: Path, identity: Identity) -> Places:
    """The files of `identity` below `data_folder`. Raises UsageError for a name that cannot be part of a path."""
    exchange = checked_name("exchange", identity.exchange)
    if "-" in exchange:
        raise UsageError(f"exchange name {exchange!r} has a '-': it separates the parts of a file name")
    strategy = checked_name("strategy", identity.strategy)
    symbol = checked_name("symbol", file_part(identity.symbol), identity.symbol)
    return Places(signal_folder(data_folder) / identity.mode.value / f"{exchange}-{strategy}-{symbol}.jsonl")


def bare_symbol(symbol: str) -> str:
    """`BTC/USDT`, `btc-usdt` and `BTCUSDT` are one symbol: the last. A settlement currency says nothing new."""
    return symbol.partition(":")[0].translate(_BARE).upper()


def symbol_of(symbol: str, kind: str) -> str:
    """The bare symbol of what was typed for an exchange's `kind` of markets, spot or swap.

    Raises UsageError when it cannot be a name, when it names a contract, as `BTC/USDT:USDT` does, where there are none,
    or one that is settled in something else than its quote currency.
    """
    checked_name("symbol", file_part(symbol), symbol)
    pair, _, settled = symbol.partition(":")
    if settled and kind == "spot":
        raise UsageError(f"{symbol} is a perpetual contract; its exchange's file needs `market: swap` for that")
    if settled and not bare_symbol(pair).endswith(settled.upper()):
        raise UsageError(f"{symbol} is settled in {settled}, expected a contract settled in its quote currency")
    return bare_symbol(symbol)


def file_stem(identity: Identity) -> str:
    """The name that the files of `identity` have, without their endings, whether or not it may be one."""
    return f"{identity.exchange}-{identity.strategy}-{file_part(identity.symbol)}"


def file_part(symbol: str) -> str:
    """The symbol as it stands in file names: `BTC_USDT` of `BTC/USDT`."""
    return symbol.translate(_SEPARATORS)


def signal_folder(data_folder: Path) -> Path:
    """Where the journals are, a folder for each mode."""
    return data_folder / "signal"


def _several(symbols: str) -> str:
    """A list of symbols with commas, as many programs want it."""
    names = re.split(r"[,;\s]+", symbols.strip())
    is_list = len(names) > 1 and all(_NAME.fullmatch(name.translate(_SEPARATORS)) for name in names)
    return f"; did you mean {' '.join(names)}, each a word of its own?" if is_list else ""


def checked_name(what: str, name: str, shown: str | None = None) -> str:
    """`name`, if it may stand in a file name. Raises UsageError."""
    shown = name if shown is None else shown
    if not _NAME.fullmatch(name):
        marks = "'.', '_', '-', '/' and ':'" if what == "symbol" else "'.', '_' and '-'"
        raise UsageError(
            f"{what} name {shown!r} cannot be used: expected letters, digits, {marks}, beginning with a letter or digit"
            f"{_several(shown) if what == 'symbol' else ''}"
        )
    if len(name) > LONGEST:
        raise UsageError(f"{what} name {shown[:20]!r}... has {len(name)} characters, at most {LONGEST}")
    return name
