"""What can be done with an exchange, as ccxt says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Known = bool | None
"""None where nothing says it."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What ccxt says of one exchange; `stops` by the kind of market, where it has that kind.

    `minutes`: candles of one minute can be asked for, so that livekit can run there. `socket`: they come by websocket
    too. `ids`: an order can carry an id of ours and be found by it. `stops`: an order can wait there for a price.
    `sandbox`: there is a network for tests.
    """

    id: str
    name: str
    markets: tuple[str, ...]
    minutes: Known
    socket: Known
    ids: Known
    stops: Mapping[str, bool]
    sandbox: Known


@dataclass(frozen=True, slots=True)
class Survey:
    """The exchanges of the ccxt that is installed, by id, and what a release of it was found to do with them."""

    release: str
    installed: str
    exchanges: Mapping[str, Abilities]

    @property
    def is_of_the_installed(self) -> bool:
        """Whether that is the release that is installed."""
        return self.release == self.installed
