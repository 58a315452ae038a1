"""How a run gets on with the exchange it is connected to, as far as a trader wants to know."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Contact(StrEnum):
    """From good to bad."""

    CONNECTED = "connected"
    UNAVAILABLE = "unavailable"
    LEFT_ALONE = "left_alone"


class Way(StrEnum):
    """How candles come."""

    WEBSOCKET = "websocket"
    REST = "rest"


class Link(NamedTuple):
    """One connection as it was at a heartbeat. Times are wall time, epoch ms; None means that it is not so.

    `by_websocket` of the symbols that have one of the `streams` had their newest candle by websocket, the others by
    REST; `silent_since` is since when the websocket has brought none, once that lasts. `unavailable_since` is when the
    exchange was first asked for something that neither this nor any later question got a sensible answer to.
    `left_alone_until` is when it may be asked again. `trouble` is what was wrong last, with the exchange or with its
    websocket. `ahead_ms` is how far its clock is ahead of this machine's.
    """

    by_websocket: int = 0
    streams: int = 0
    silent_since: int | None = None
    unavailable_since: int | None = None
    left_alone_until: int | None = None
    trouble: str = ""
    ahead_ms: int = 0

    @property
    def way(self) -> Way:
        return Way.WEBSOCKET if self.by_websocket else Way.REST

    def contact(self, now_ms: int) -> Contact:
        """How it stands at wall time `now_ms`."""
        if self.left_alone_until is not None and now_ms < self.left_alone_until:
            return Contact.LEFT_ALONE
        return Contact.CONNECTED if self.unavailable_since is None else Contact.UNAVAILABLE
