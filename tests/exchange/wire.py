"""What every exchange here has in common: a call, a reply, a route, and what a websocket says and hears."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from .market import Candle, Kind

JSON = "application/json"
HTML = "text/html"


class Call(NamedTuple):
    """One request, at the exchange's time `now`."""

    path: str
    params: Mapping[str, str]
    now: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON


Reshape = Callable[[list[Candle]], list[Candle]]
"""What a fault does to the candles of an answer before they are written."""


class Refused(Exception):
    """Raised inside a route: the exchange says no, in its own words."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body.decode(errors="replace"))
        self.reply = reply


class Route(NamedTuple):
    """What stands at one path. `weight` is what a call of it costs by the exchange's own count."""

    endpoint: str
    kind: Kind | None
    weight: Callable[[Mapping[str, str]], int]
    answer: Callable[[Call, Reshape], object]


class Topic(NamedTuple):
    """The candles that a websocket may subscribe to."""

    kind: Kind
    symbol: str
    timeframe: str


class Frame(NamedTuple):
    """A candle as it was at `now`, for those who have subscribed to it."""

    topic: Topic
    candle: Candle
    closed: bool
    now: int


class Said(NamedTuple):
    """What a message on a websocket asks for, and the answer to it."""

    endpoint: str
    answer: str | None
    subscribe: tuple[Topic, ...] = ()
    unsubscribe: tuple[Topic, ...] = ()


@dataclass(slots=True)
class Talk:
    """One websocket as its exchange sees it."""

    kind: Kind
    connection: int
    combined: bool = False
    topics: set[Topic] = field(default_factory=set)


class Venue(Protocol):
    """One exchange's wire formats. Pure: it is told the time, and does no I/O."""

    name: str
    budgets: Mapping[str, tuple[int, int]]
    """Weight allowed, and in how many milliseconds, for each pool of a caller's address."""
    messages: Mapping[Kind, int]
    """Messages that a websocket may send in a second before it is closed."""

    def route(self, path: str, params: Mapping[str, str]) -> Route | None: ...

    def symbol(self, params: Mapping[str, str]) -> str | None:
        """The symbol that a request is about."""
        ...

    def pool(self, kind: Kind | None) -> str:
        """Which budget a request of this kind draws on."""
        ...

    def used(self, weight: int, window_ms: int) -> Mapping[str, str]:
        """The headers that say how much of the budget is used."""
        ...

    def over(self, wait_ms: int, banned: bool) -> Reply:
        """The answer to a request beyond the budget."""
        ...

    def refusal(self, word: str) -> Reply:
        """An error in this exchange's own words: one of `REFUSALS`."""
        ...

    def typical(self, status: int) -> Reply:
        """What stands in the body with this HTTP status."""
        ...

    def talk(self, path: str, query: Mapping[str, str], connection: int) -> Talk | None:
        """A new websocket at `path`; None when there is none."""
        ...

    def hear(self, text: str, talk: Talk, now: int) -> Said: ...

    def frame(self, frame: Frame, talk: Talk) -> str: ...


REFUSALS = ("bad-symbol", "bad-parameter", "too-many", "busy", "maintenance", "clock-off", "told-timeout")
"""What an exchange may say in words of its own, whichever status that comes with."""


def dumps(answer: object) -> bytes:
    """As exchanges write it: no blanks."""
    return json.dumps(answer, separators=(",", ":")).encode()


def page(title: str, status: int) -> Reply:
    """The page of a proxy that stands before the exchange."""
    head, body = f"<head><title>{title}</title></head>", f"<body>\r\n<center><h1>{title}</h1></center>\r\n</body>"
    return Reply(f"<html>\r\n{head}\r\n{body}\r\n</html>\r\n".encode(), status, content_type=HTML)


PAGES = {
    400: "400 Bad Request",
    403: "403 Forbidden",
    404: "404 Not Found",
    500: "500 Internal Server Error",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}


def typical_page(status: int) -> Reply:
    return page(PAGES.get(status, str(status)), status)
