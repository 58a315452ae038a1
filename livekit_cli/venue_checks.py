"""Whether the exchanges that a run would trade on are in order: each looked at beside the others, and never for long.

The look has a thread of its own. Whatever an exchange, a resolver or ccxt does there, the answers end in time; a thread
that hangs is left behind, which `is_hanging` says.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from .adapters.clock import stopwatch
from .adapters.config.defaults import defaults_of
from .adapters.config.exchanges import USUAL_EXCHANGE, ExchangeConfig, find_exchange
from .adapters.names import symbol_of
from .adapters.origin import check_origin
from .adapters.records import read_records
from .core import outlook
from .core.check import Answer
from .core.errors import ConfigError, LivekitError, UsageError
from .core.settings import CCXT

SECONDS = 9.0
"""After so long nobody waits for an answer any more."""

LEAVING_SECONDS = 0.3
"""How long a thread that has told everything may take to close its connections."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One exchange, and the symbols that are of interest; none are those that somebody is known to have run there."""

    config: ExchangeConfig
    symbols: tuple[str, ...]
    data: Path | None = None
    """Where its journals are."""


def wanted_exchanges(
    project: Path, exchange: str | None, fleet: str | None, symbols: Sequence[str], data: Path
) -> list[Wanted]:
    """The real exchanges among those that were named, or that the project's default is.

    Raises UsageError for a name that is none, ConfigError for a file that is wrong where it was asked for.
    """
    if fleet is not None:
        return _of_fleet(project, fleet, exchange, symbols, data)
    config = find_exchange(exchange, project) if exchange else _default(project)
    if config is None or config.kind != CCXT:
        if symbols:
            whose = config.name if config else USUAL_EXCHANGE
            raise UsageError(f"{whose} takes every symbol; {symbols[0]} goes with --exchange and a real one")
        return []
    names = dict.fromkeys(symbol_of(symbol, config.market) for symbol in symbols)
    return [Wanted(config, tuple(names) or _known(data, config), data)]


def _default(project: Path) -> ExchangeConfig | None:
    """What the project names as its exchange; a file that is wrong is told of by the other checks."""
    try:
        name = defaults_of(project).exchange
        return find_exchange(name, project) if name else None
    except LivekitError:
        return None


def _of_fleet(project: Path, fleet: str, exchange: str | None, symbols: Sequence[str], data: Path) -> list[Wanted]:
    from .adapters.config.fleets import find_fleet, read_fleet

    if symbols:
        raise UsageError(f"--config {fleet} has its symbols in its file; {symbols[0]} is too much")
    found: dict[str, tuple[ExchangeConfig, list[str]]] = {}
    for line in read_fleet(find_fleet(fleet, project), project, exchange).lines:
        if line.exchange.kind == CCXT:
            found.setdefault(line.exchange.name, (line.exchange, []))[1].extend(
                symbol_of(symbol, line.exchange.market) for symbol in line.symbols
            )
    return [Wanted(config, tuple(dict.fromkeys(names)), data) for config, names in found.values()]


def _known(data: Path, config: ExchangeConfig) -> tuple[str, ...]:
    """The symbols of the journals there."""
    return tuple(
        dict.fromkeys(one.identity.symbol for one in read_records(data) if one.identity.exchange == config.name)
    )


def _key_file(config: ExchangeConfig) -> Iterator[Answer]:
    if config.key_file is not None and config.key_file.stat().st_mode & 0o077:
        yield outlook.open_file(config.name, str(config.key_file))


class Outlook:
    """Looks at exchanges from its making on."""

    def __init__(self, wanted: Sequence[Wanted], seconds: float = SECONDS) -> None:
        self._wanted = wanted
        self._until = stopwatch() + seconds
        self._seconds = seconds
        self._told: dict[str, SimpleQueue[Answer | None]] = {one.config.name: SimpleQueue() for one in wanted}
        self._thread = threading.Thread(target=self._look, name="outlook", daemon=True)
        self._thread.start()

    def answers(self) -> Iterator[Answer]:
        """What is found, exchange by exchange, as soon as it is known."""
        for one in self._wanted:
            yield from _key_file(one.config)
        for name, told in self._told.items():
            try:
                while (answer := told.get(timeout=max(0.0, self._until - stopwatch()))) is not None:
                    yield answer
            except Empty:
                yield outlook.silence("exchange", f"{name}: the rest", self._seconds)

    @property
    def is_hanging(self) -> bool:
        """Whether something there would keep the process from ending."""
        self._thread.join(LEAVING_SECONDS)
        return self._thread.is_alive()

    def _look(self) -> None:
        import asyncio

        asyncio.run(self._look_at_all())

    async def _look_at_all(self) -> None:
        import asyncio

        from .adapters.daemon_pool import leave_lookups_behind

        leave_lookups_behind()
        await asyncio.gather(*map(self._look_at, self._wanted))

    async def _look_at(self, wanted: Wanted) -> None:
        from .adapters.ccxt_look import Look, look_at

        tell = self._told[wanted.config.name].put
        try:
            if wanted.data is not None:
                check_origin(wanted.config, wanted.data)
        except UsageError as error:
            tell(outlook.failure("journal", error, "Name its file as it was, or give another --data-dir"))
        try:
            await look_at(Look(wanted.config, wanted.symbols), tell)
        except ConfigError as error:
            tell(outlook.failure("exchange", error, "Correct that line; `livekit schema` says what may stand there"))
        finally:
            tell(None)
