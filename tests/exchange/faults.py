"""What may go wrong, by name, and the switch that says for which requests it does.

    with exchange.faults.add("status-503", endpoint="klines", symbol="BTCUSDT", count=3):
        ...

`FAULTS` has them all. Some are answers of another kind (`Status`, `Body`, `Told`), some change the answer that would
have been given (`Rows`, `Spoilt`), some are what a connection does (`Line`), some what a websocket does (`Stream`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import nan

from .clock import MINUTE_MS
from .ledger import Entry
from .market import Candle
from .wire import HTML, JSON, REFUSALS

HUGE = 50_000_000
"""Bytes of the answer that nobody wants."""


@dataclass(frozen=True, slots=True)
class Status:
    """This HTTP status, with what the exchange typically writes beside it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """This body with status 200; `pad` more blanks behind it."""

    content: bytes
    content_type: str = JSON
    pad: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """An error in the exchange's own words, one of `wire.REFUSALS`."""

    word: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Other candles than there are, made of those of the right answer."""

    change: Callable[[list[Candle]], list[Candle]]


@dataclass(frozen=True, slots=True)
class Spoilt:
    """The bytes of the right answer, spoilt."""

    change: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Line:
    """What the connection does instead of carrying the answer; `ms` is the pace of those that take time.

    never       nothing ever comes
    drip        the answer comes, a byte every `ms`
    slow        the answer comes, whole, after `ms`
    reset       the connection is reset
    closed      the connection is closed before a byte of the answer
    half-closed the exchange says it will send no more, and keeps listening
    cut         the connection is closed in the middle of the body
    stale       closed without an answer when it was kept alive, served when it is new
    lost        no answer when it was kept alive (a router forgot it), served when it is new
    """

    does: str
    ms: int = 50


@dataclass(frozen=True, slots=True)
class Stream:
    """What a websocket does. A rule of its own for a symbol befalls the frames of that symbol only.

    refused     the handshake is answered with status `number`
    hanging     the handshake is never answered
    deaf        subscriptions are not even answered, and have no effect
    silent      subscriptions are accepted and nothing comes
    frozen      nothing comes any more, no pong either, and the connection stays open
    closing     closed after `number` frames
    dropped     the connection is reset after `number` frames
    text        `text` comes in place of each frame
    binary      bytes that are no text come in place of each frame
    old         each frame is the one of an hour ago
    unclosed    the frame that says "closed" never comes
    doubled     each frame comes twice
    lagging     each frame comes `number` ms late by the exchange's clock; where the rule has ended, before the next one
    """

    does: str
    number: int = 0
    text: str = ""

    @property
    def moment(self) -> str:
        """When it strikes, which is the endpoint of its rules: `connect`, `message` or `frame`."""
        return {"refused": "connect", "hanging": "connect", "deaf": "message"}.get(self.does, "frame")


MOMENTS = ("connect", "message", "frame")
"""Endpoints of websockets, where only Stream faults strike."""

Fault = Status | Body | Told | Rows | Spoilt | Line | Stream


def _every(count: int, change: Callable[[list[Candle]], list[Candle]]) -> Rows:
    """A change that needs at least `count` candles, and leaves fewer as they are."""
    return Rows(lambda rows: change(rows) if len(rows) >= count else rows)


def _future(rows: list[Candle]) -> list[Candle]:
    length = rows[-1].time - rows[-2].time
    return [*rows, *(rows[-1]._replace(time=rows[-1].time + number * length) for number in (1, 2))]


def _number_to_text(body: bytes) -> bytes:
    """Prices become words."""
    return re.sub(rb'"\d+\.\d+"', b'"a lot"', body)


def _number_to_list(body: bytes) -> bytes:
    return re.sub(rb'"(\d+\.\d+)"', rb"[\1]", body)


def _quoted_nan(body: bytes) -> bytes:
    return re.sub(rb'"\d+\.\d+"', b'"NaN"', body)


def _bare_nan(body: bytes) -> bytes:
    return re.sub(rb'"\d+\.\d+"', b"NaN", body)


def _bad_utf8(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + b"\xff\xfe\xc3" + body[middle:]


_PAGE = b"<html><body><h1>Please log in to the hotel's network</h1></body></html>"

FAULTS: dict[str, Fault] = {
    # the line
    "never-answered": Line("never"),
    "dripping": Line("drip"),
    "slow": Line("slow", 300),
    "reset": Line("reset"),
    "closed": Line("closed"),
    "half-closed": Line("half-closed"),
    "cut-body": Line("cut"),
    "stale-keep-alive": Line("stale"),
    "lost-keep-alive": Line("lost"),
    # statuses
    **{f"status-{status}": Status(status) for status in (400, 401, 403, 404, 408, 418, 451, 500, 502, 503, 504)},
    "status-429": Status(429),
    "status-429-after-0": Status(429, {"Retry-After": "0"}),
    "status-429-after-7": Status(429, {"Retry-After": "7"}),
    "status-429-after-garbage": Status(429, {"Retry-After": "soon"}),
    "status-418-after-120": Status(418, {"Retry-After": "120"}),
    # words
    **{f"told-{word.removeprefix('told-')}": Told(word) for word in REFUSALS},
    # bodies, all with status 200
    "empty": Body(b""),
    "html": Body(_PAGE, HTML),
    "null": Body(b"null"),
    "empty-list": Body(b"[]"),
    "empty-object": Body(b"{}"),
    "a-string": Body(b'"ok"'),
    "huge": Body(b"[]", pad=HUGE),
    "bad-gzip": Body(b"this is not gzip", headers={"Content-Encoding": "gzip"}),
    "cut-json": Spoilt(lambda body: body[: len(body) // 2]),
    "bad-utf8": Spoilt(_bad_utf8),
    "words-for-numbers": Spoilt(_number_to_text),
    "lists-for-numbers": Spoilt(_number_to_list),
    "quoted-nan": Spoilt(_quoted_nan),
    "bare-nan": Spoilt(_bare_nan),
    # candles
    "none": Rows(lambda rows: []),
    "missing": _every(3, lambda rows: rows[: len(rows) // 2] + rows[len(rows) // 2 + 1 :]),
    "doubled": _every(1, lambda rows: [row for row in rows for _ in range(2)]),
    "doubled-differing": _every(1, lambda rows: [*rows, rows[-1]._replace(close=rows[-1].high)]),
    "unsorted": _every(3, lambda rows: rows[1::2] + rows[::2]),
    "reversed": Rows(lambda rows: rows[::-1]),
    "from-the-future": _every(2, _future),
    "zero-volume": Rows(lambda rows: [row._replace(volume=0.0) for row in rows]),
    "high-below-low": Rows(lambda rows: [row._replace(high=row.low, low=row.high) for row in rows]),
    "zero-price": Rows(lambda rows: [row._replace(low=0.0, close=0.0) for row in rows]),
    "negative": Rows(lambda rows: [row._replace(low=-row.low) for row in rows]),
    "not-a-number": Rows(lambda rows: [row._replace(close=nan) for row in rows]),
    "hour-old": Rows(lambda rows: [row._replace(time=row.time - 60 * MINUTE_MS) for row in rows]),
    "unaligned": Rows(lambda rows: [row._replace(time=row.time + 1234) for row in rows]),
    "in-seconds": Rows(lambda rows: [row._replace(time=row.time // 1000) for row in rows]),
    # websockets
    "ws-refused": Stream("refused", 503),
    "ws-forbidden": Stream("refused", 403),
    "ws-too-many": Stream("refused", 429),
    "ws-hanging": Stream("hanging"),
    "ws-silent": Stream("silent"),
    "ws-deaf": Stream("deaf"),
    "ws-frozen": Stream("frozen"),
    "ws-closing": Stream("closing", 1),
    "ws-dropped": Stream("dropped", 1),
    "ws-garbage": Stream("text", text="Bad Gateway"),
    "ws-cut-json": Stream("text", text='{"e":"kline","E":17'),
    "ws-empty-object": Stream("text", text="{}"),
    "ws-binary": Stream("binary"),
    "ws-old": Stream("old"),
    "ws-unclosed": Stream("unclosed"),
    "ws-doubled": Stream("doubled"),
    **{f"ws-{seconds}s-late": Stream("lagging", seconds * 1000) for seconds in (3, 20, 70)},
}
"""Every ready-made fault. Beside these an exchange can be down (`exchange.down()`), its clock can be off
(`exchange.clock.run(offset=...)`), and a symbol can be halted or delisted (`exchange.market.delist(...)`)."""


@dataclass(slots=True, eq=False)
class Rule:
    """One fault and the requests that it befalls. None means any; `count` is how many are left, after `skip` more.

    `start` and `stop` bound the exchange's time (epoch ms). As a context manager it is taken out at the end.
    """

    name: str
    fault: Fault
    switch: Switch
    endpoint: str | None = None
    symbol: str | None = None
    exchange: str | None = None
    kind: str | None = None
    count: int | None = None
    skip: int = 0
    start: int | None = None
    stop: int | None = None
    hits: int = 0

    def befalls(self, entry: Entry) -> bool:
        wanted = (self.endpoint, self.symbol, self.exchange, self.kind)
        has = (entry.endpoint, entry.symbol, entry.exchange, entry.kind)
        return (
            all(want is None or want == found for want, found in zip(wanted, has, strict=True))
            and (self.start is None or entry.time >= self.start)
            and (self.stop is None or entry.time < self.stop)
            and isinstance(self.fault, Stream) == (entry.endpoint in MOMENTS)
        )

    def __enter__(self) -> Rule:
        return self

    def __exit__(self, *_: object) -> None:
        self.switch.remove(self)


class Switch:
    """The rules in force; the one added last wins. Safe to set from any thread."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, fault: str | Fault, **wanted: object) -> Rule:
        """Let `fault` (a name in FAULTS, or one of your own) befall the requests that match; see Rule."""
        name = fault if isinstance(fault, str) else type(fault).__name__
        rule = Rule(name, named(fault) if isinstance(fault, str) else fault, self, **wanted)  # type: ignore[arg-type]
        if isinstance(rule.fault, Stream):
            rule.endpoint = rule.fault.moment
        with self._lock:
            self._rules.append(rule)
        return rule

    def remove(self, rule: Rule) -> None:
        with self._lock:
            self._rules = [other for other in self._rules if other is not rule]

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def rules(self) -> Sequence[Rule]:
        """Those that can still strike."""
        return [rule for rule in self._rules if rule.count != 0]

    def find(self, entry: Entry) -> Rule | None:
        """The rule that befalls this request; counts it."""
        if not self._rules:
            return None
        with self._lock:
            for rule in reversed(self._rules):
                if rule.count != 0 and rule.befalls(entry):
                    if rule.skip:
                        rule.skip -= 1
                        continue
                    rule.hits += 1
                    rule.count = None if rule.count is None else rule.count - 1
                    return rule
        return None


def named(name: str) -> Fault:
    """The fault of this name."""
    if name not in FAULTS:
        near = get_close_matches(name, FAULTS, 1)
        raise LookupError(f"no fault {name!r}" + (f"; do you mean {near[0]!r}?" if near else ""))
    return FAULTS[name]
