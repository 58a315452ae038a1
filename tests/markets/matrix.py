"""The fault matrix: what each trouble of an exchange costs, found out by running livekit through it.

Each row runs on both wire formats. A long signal is open on BTCUSDT when the trouble begins; ETHUSDT and SOLUSDT run
beside it. In the minute of the trouble the price of BTCUSDT falls through the stop loss; before the next minute the
trouble is over.

`python -m tests.markets.matrix` runs all rows and prints the table, as `matrix.md` has it.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from livekit_cli.adapters.ccxt_patience import Patience
from livekit_cli.core.event import Closed
from tests.exchange.client import wall
from tests.exchange.clock import MINUTE_MS, Clock
from tests.exchange.faults import FAULTS, Fault, Rows, Stream
from tests.exchange.market import Candle, flat, jump
from tests.exchange.server import LocalExchange

from .harness import QUICK, START, Hand, Minutes, running, truth

ONCE, FALL = START + 2 * MINUTE_MS, START + 3 * MINUTE_MS
"""The minute in which the trouble comes for one request, and that in which the price falls and the trouble stays."""

EXCHANGES = ("binance", "bybit")


class Outcome(NamedTuple):
    """What one trouble came to, in the words of the table."""

    once: str
    """What became of BTCUSDT's minute when the trouble came for one request only; empty where it cannot."""
    others: str
    """What the other two symbols did in the minute of the trouble."""
    stop: str
    """What became of the stop loss."""
    pulse: str
    """The last error of BTCUSDT at the end of that minute, as `status` shows it, or that its price is degraded."""
    log: str
    """What the log said, all symbols together."""


Act = Callable[[Minutes], Awaitable[None]]


@dataclass(frozen=True)
class Trouble:
    """One row. `fault` befalls the candle requests of BTCUSDT, or, for a websocket, the streams of all symbols.

    `begin` and `end` are done around the minute of the fall in the place of switching `fault` on and off. `silent` is a
    websocket that brings nothing, so that everything hangs on REST.
    """

    name: str
    fault: Fault | str | None = None
    begin: Act | None = None
    end: Act | None = None
    silent: bool = True
    minutes: int = 1
    """For how many minutes it stays; the price falls in the first."""
    patience: Patience = QUICK
    hand: Callable[[Clock], Hand] = Hand
    everybody: bool = False
    """Whether `fault` befalls the requests of all symbols."""
    lies: bool = field(default=False)
    """Whether the exchange says what is not so in a way that nobody could know: its word counts."""


def stale(rows: list[Candle]) -> list[Candle]:
    """The answer of a moment before the close: the newest candle is half made, and none follows it."""
    if len(rows) < 3:
        return rows
    last = rows[-2]
    return [*rows[:-2], last._replace(close=last.open, low=min(last.open, last.high), volume=last.volume / 2)]


async def down(minutes: Minutes) -> None:
    await asyncio.to_thread(minutes.exchange.down)


async def up(minutes: Minutes) -> None:
    await asyncio.to_thread(minutes.exchange.up)


def redirected(elsewhere: Callable[[LocalExchange], str]) -> tuple[Act, Act]:
    """Let livekit look for the exchange somewhere else."""

    async def away(minutes: Minutes) -> None:
        _redirect(minutes, minutes.exchange.url, elsewhere(minutes.exchange))

    async def back(minutes: Minutes) -> None:
        _redirect(minutes, elsewhere(minutes.exchange), minutes.exchange.url)

    return away, back


def _redirect(minutes: Minutes, url: str, elsewhere: str) -> None:
    client = minutes.connection.client

    def there(described: object) -> object:
        if isinstance(described, dict):
            return {name: there(value) for name, value in described.items()}
        return described.replace(url, elsewhere) if isinstance(described, str) else described

    client.urls["api"] = there(client.urls["api"])
    client.hostname = client.hostname.replace(url.partition("://")[2], elsewhere.partition("://")[2])


async def delist(minutes: Minutes) -> None:
    minutes.exchange.market.delist("BTCUSDT", FALL)


async def halt(minutes: Minutes) -> None:
    minutes.exchange.market.halt("BTCUSDT", FALL - MINUTE_MS)


async def compared(minutes: Minutes) -> None:
    """The next look at the clocks has been taken."""
    await minutes.until(lambda: not minutes.connection.time.wall_was_set)


async def nothing(minutes: Minutes) -> None:
    return None


def wall_set(milliseconds: int) -> Act:
    async def set_it(minutes: Minutes) -> None:
        minutes.hand.wall_off += milliseconds

    return set_it


async def hang_up_every_ten_seconds(minutes: Minutes) -> None:
    """From one minute to the next, which then comes at once."""
    for _ in range(5):
        minutes.exchange.clock.advance(10_000)
        await asyncio.to_thread(minutes.exchange.hang_up)
        await asyncio.sleep(0.06)


async def reconnected(minutes: Minutes) -> None:
    """Every symbol has had a frame of the connection that it has now."""
    sockets = minutes.venue._sockets
    assert sockets is not None
    await minutes.until(lambda: all(one.forming is not None for one in sockets._watched.values()))


def rest(name: str, fault: Fault | str | None = None, **more: object) -> Trouble:
    return Trouble(name, fault or name, **more)  # type: ignore[arg-type]


def socket(name: str, fault: Fault | str | None = None, **more: object) -> Trouble:
    return Trouble(name, fault or name, silent=False, **more)  # type: ignore[arg-type]


PATIENT = replace(QUICK, attempts=(5.0, 5.0, 5.0))
"""Fifty megabytes take a moment."""

LONG = 30
"""Minutes of a long outage."""

UNKNOWN_NAME = redirected(lambda exchange: f"http://name-unknown.invalid:{exchange.port}")
NO_TLS = redirected(lambda exchange: exchange.url.replace("http:", "https:"))

TROUBLES: tuple[Trouble, ...] = (
    rest("never answered", "never-answered"),
    rest("dripping answer", "dripping"),
    rest("connection reset", "reset"),
    rest("closed without an answer", "closed"),
    rest("half-closed", "half-closed"),
    rest("body cut off", "cut-body"),
    rest("stale keep-alive", "stale-keep-alive"),
    rest("lost keep-alive", "lost-keep-alive"),
    Trouble("connection refused", begin=down, end=up),
    Trouble("name not found", begin=UNKNOWN_NAME[0], end=UNKNOWN_NAME[1]),
    Trouble("TLS fails", begin=NO_TLS[0], end=NO_TLS[1]),
    *(rest(f"status {code}", f"status-{code}") for code in (403, 404, 418, 451, 500, 502, 503, 504)),
    rest("status 418, Retry-After 120", "status-418-after-120"),
    rest("status 429", "status-429"),
    rest("status 429, Retry-After 0", "status-429-after-0"),
    rest("status 429, Retry-After 7", "status-429-after-7"),
    rest("status 429, Retry-After garbage", "status-429-after-garbage"),
    rest("status 503 for everybody", "status-503", everybody=True),
    rest("told: too many requests", "told-too-many"),
    rest("told: busy", "told-busy"),
    rest("told: maintenance", "told-maintenance"),
    rest("told: your clock is off", "told-clock-off"),
    rest("told: bad symbol, which is listed", "told-bad-symbol"),
    rest("200, empty body", "empty"),
    rest("200, a page of HTML", "html"),
    rest("200, cut JSON", "cut-json"),
    rest("200, null", "null"),
    rest("200, []", "empty-list"),
    rest("200, {}", "empty-object"),
    rest("200, a string", "a-string"),
    rest("200, bad UTF-8", "bad-utf8"),
    rest("200, bad gzip", "bad-gzip"),
    rest("200, words for numbers", "words-for-numbers"),
    rest("200, lists for numbers", "lists-for-numbers"),
    rest("200, NaN in quotes", "quoted-nan"),
    rest("200, bare NaN", "bare-nan"),
    rest("200, 50 MB", "huge", patience=PATIENT),
    rest("no candles", "none"),
    rest("the new candle missing", "missing", lies=True),
    rest("candles doubled", "doubled"),
    rest("candles doubled, differing", "doubled-differing"),
    rest("candles unsorted", "unsorted"),
    rest("candles reversed", "reversed"),
    rest("candles from the future", "from-the-future"),
    rest("zero volume", "zero-volume", lies=True),
    rest("high below low", "high-below-low"),
    rest("a price of zero", "zero-price"),
    rest("a negative price", "negative"),
    rest("not a number", "not-a-number"),
    rest("still forming", Rows(stale), lies=True),
    rest("candles of an hour ago", "hour-old"),
    rest("candles off the minute", "unaligned"),
    rest("times in seconds", "in-seconds"),
    socket("websocket refused", "ws-refused", minutes=4),
    socket("websocket forbidden", "ws-forbidden", minutes=4),
    socket("websocket handshake hangs", "ws-hanging", minutes=4),
    socket("websocket never delivers", "ws-silent", minutes=4),
    socket("websocket is deaf", "ws-deaf", minutes=4),
    socket("websocket freezes", "ws-frozen", minutes=4),
    socket("websocket closed after its first frames", Stream("closing", 3), minutes=4),
    socket("websocket reset after its first frames", Stream("dropped", 3), minutes=4),
    socket("websocket sends garbage", "ws-garbage", minutes=4),
    socket("websocket sends cut JSON", "ws-cut-json", minutes=4),
    socket("websocket sends {}", "ws-empty-object", minutes=4),
    socket("websocket sends bytes", "ws-binary", minutes=4),
    socket("websocket replays frames of an hour ago", "ws-old", minutes=4),
    socket("websocket never says that a candle closed", "ws-unclosed", minutes=4),
    socket("websocket says everything twice", "ws-doubled"),
    *(socket(f"websocket {seconds} s late", f"ws-{seconds}s-late", minutes=4) for seconds in (3, 20, 70)),
    Trouble("websocket closed every ten seconds", begin=hang_up_every_ten_seconds, end=reconnected, silent=False),
    Trouble("down for half an hour", begin=down, end=up, minutes=LONG),
    Trouble("down for half an hour, websocket healthy before", begin=down, end=up, minutes=LONG, silent=False),
    Trouble("symbol delisted", begin=delist),
    Trouble("symbol not traded any more", begin=halt, minutes=8),
    Trouble("clock 60 s ahead", hand=lambda clock: Hand(clock, 60_000), begin=nothing),
    Trouble("clock 60 s behind", hand=lambda clock: Hand(clock, -60_000), begin=nothing),
    Trouble("wall clock set back 5 s", begin=wall_set(-5_000), end=compared),
    Trouble("wall clock set ahead 5 s", begin=wall_set(5_000), end=compared),
    Trouble("wall clock set back an hour", begin=wall_set(-3_600_000), end=compared),
)
ROWS = {trouble.name: trouble for trouble in TROUBLES}


def outcome(name: str, exchange_id: str, folder: Path) -> Outcome:
    """Run through one row."""
    trouble = ROWS[name]
    with LocalExchange(clock=Clock()) as exchange, wall() as tried:
        found = asyncio.run(_run(trouble, exchange, exchange_id, folder))
        assert set(tried) <= {"name-unknown.invalid"}
        return found


async def _run(trouble: Trouble, exchange: LocalExchange, exchange_id: str, folder: Path) -> Outcome:
    market = exchange.market
    market.script("BTCUSDT", flat(START - 60 * MINUTE_MS, FALL + 600 * MINUTE_MS, 60_000.0))
    market.script("BTCUSDT", jump(FALL - MINUTE_MS, -5.0))
    if trouble.silent:
        exchange.faults.add("ws-silent")
    elif isinstance(trouble.fault, str) and FAULTS[trouble.fault].moment != "frame":  # type: ignore[union-attr]
        exchange.faults.add(trouble.fault)
    hand = trouble.hand(exchange.clock)
    # Where many minutes pass at once, a rate limit that counts real seconds would hold them back.
    limited = trouble.minutes == 1
    async with running(
        exchange, folder, exchange_id, patience=trouble.patience, hand=hand, enableRateLimit=limited
    ) as minutes:
        await minutes.next()
        once = await _once(trouble, minutes)
        if trouble.hand is Hand:
            minutes.heard.clear()
        await _fall(trouble, minutes)
        others, pulse = _others(minutes), _pulse(minutes)
        for _ in range(trouble.minutes - 1):
            await minutes.next()
        if trouble.end:
            await trouble.end(minutes)
        exchange.faults.clear()
        if trouble.silent:
            exchange.faults.add("ws-silent")
        await minutes.next()
        await minutes.next()
        return Outcome(once, others, _stop(trouble, minutes), _plain(pulse), _log(minutes, silent=trouble.silent))


async def _once(trouble: Trouble, minutes: Minutes) -> str:
    """The minute before, with the trouble for one request."""
    if trouble.fault is None or not trouble.silent or trouble.everybody:
        await minutes.next()
        return ""
    with minutes.exchange.faults.add(trouble.fault, endpoint="klines", symbol="BTCUSDT", count=1) as rule:
        await minutes.next()
        assert rule.hits == 1
    return _evaluated(minutes, "BTCUSDT") + (f"; {said}" if (said := _log(minutes)) else "")


async def _fall(trouble: Trouble, minutes: Minutes) -> None:
    exchange = minutes.exchange
    if trouble.begin:
        await trouble.begin(minutes)
    elif trouble.silent:
        where = {} if trouble.everybody else {"symbol": "BTCUSDT"}
        assert trouble.fault is not None
        exchange.faults.add(trouble.fault, endpoint="klines", **where)
    elif trouble.fault is not None:
        exchange.faults.add(trouble.fault)
    await minutes.to(FALL)


def _evaluated(minutes: Minutes, symbol: str) -> str:
    pulse = minutes.post(symbol).snapshot.pulse
    if pulse.minute != minutes.minute:
        return "not evaluated"
    if pulse.price == truth(minutes.exchange, symbol, minutes.minute):
        return "at once"
    return "at once, degraded" if pulse.degraded else "at once, at another price"


def _pulse(minutes: Minutes) -> str:
    pulse = minutes.post("BTCUSDT").snapshot.pulse
    is_degraded = pulse.degraded and pulse.minute == minutes.minute
    return pulse.error or ("a degraded price" if is_degraded else "")


def _others(minutes: Minutes) -> str:
    found = {_evaluated(minutes, symbol) for symbol in ("ETHUSDT", "SOLUSDT")}
    return " or ".join(sorted(found))


def _stop(trouble: Trouble, minutes: Minutes) -> str:
    closed = next((event for event in minutes.events if isinstance(event, Closed)), None)
    if closed is None:
        post = minutes.post("BTCUSDT")
        return f"still open, {'halted' if post.fault else 'watched'}"
    exact = closed.current_price == truth(minutes.exchange, "BTCUSDT", closed.time)
    late = (closed.time - FALL) // MINUTE_MS
    when = "its minute" if late == 0 else "the minute after" if late == 1 else f"{late} minutes after"
    how = ", caught up" if closed.recovered else ""
    return f"{when}{how}{'' if exact else ', at another price'}"


def _log(minutes: Minutes, *, silent: bool = True) -> str:
    """Of a row whose websocket is silent on purpose, that need not be said.

    Nor that it brings something again: how soon it does depends on when it is opened anew.
    """
    heard = [line for line in minutes.heard if "by websocket again" not in line]
    lines = [line for line in heard if not (silent and "by websocket in time" in line)]
    return " / ".join(_plain(line) for line in lines)


def _plain(text: str) -> str:
    """Without what differs from run to run, and without ccxt's own words, which tests/exchange/table.py has."""
    for pattern, instead in (
        ("^WARNING: ", ""),
        (r"local: the candles of \w+: ", "local: "),
        (r" \([A-Z]\w+(: .*)?\)(?=;|$)", ""),
        (r"\b17\d{11}\b|\b17\d{8}\b", "TIME"),
        (r"after \d+ s and \d+ failures", "after N s"),
        (r"for \d+ s( more)?", "for N s"),
        (r"refused (candles of BTCUSDT: )?(two|a|the) .*", r"refused \1..."),
        (r"refused (candles of BTCUSDT: )?\[.*", r"refused \1..."),
    ):
        text = re.sub(pattern, instead, text)
    return text


COLUMNS = ("trouble", "exchange", "once", "others", "stop loss", "pulse", "log")
EVERYWHERE = "both"
TABLE = Path(__file__).with_name("matrix.md")


def table(outcomes: dict[tuple[str, str], Outcome]) -> str:
    """The table for people; a row that is the same on both exchanges is there once."""
    lines = [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    for name in dict.fromkeys(name for name, _ in outcomes):
        found = {exchange_id: outcomes[name, exchange_id] for exchange_id in EXCHANGES}
        if len(set(found.values())) == 1:
            found = {EVERYWHERE: found[EXCHANGES[0]]}
        lines += [_line((name, exchange_id, *one)) for exchange_id, one in found.items()]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def recorded() -> dict[tuple[str, str], Outcome]:
    """What `matrix.md` has."""
    outcomes = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith(("| trouble", "| ---")):
            name, where, *cells = line[2:-2].split(" | ")
            for exchange_id in EXCHANGES if where == EVERYWHERE else (where,):
                outcomes[name, exchange_id] = Outcome(*cells)
    return outcomes


def main() -> None:
    """Run the rows whose names have one of the given words in them, or all."""
    logging.lastResort = None
    words = sys.argv[1:]
    outcomes = {}
    for name in [name for name in ROWS if not words or any(word in name for word in words)]:
        for exchange_id in EXCHANGES:
            with tempfile.TemporaryDirectory() as folder:
                outcomes[name, exchange_id] = outcome(name, exchange_id, Path(folder))
    print(table(outcomes), end="")


if __name__ == "__main__":
    main()
