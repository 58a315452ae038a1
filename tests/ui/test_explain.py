"""One signal's explanation as a page and as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from livekit_cli.core.candle import MINUTE_MS, Candle, Candles
from livekit_cli.core.event import CloseReason, Mode
from livekit_cli.core.explanation import Now, explain
from livekit_cli.core.health import Health, Verdict
from livekit_cli.core.minute import seen
from livekit_cli.core.pnl import PnL, pnl_percentage
from livekit_cli.core.signal import Position
from livekit_cli.core.state import Identity, Idle, Open, Publish, State, Step, Terms
from livekit_cli.ui.explain import explain_lines, needed_candles
from livekit_cli.ui.explain_json import explain_json
from livekit_cli.ui.inert import cells
from livekit_cli.ui.look import Look
from livekit_cli.ui.story import JournalLine, Story

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def page(width: int = 80, **changed: Any) -> Look:
    return Look(**{"is_terminal": True, "width": width, "colour": False, **changed})


class Teller:
    """Tells of a long that opened at T and reached its take profit in the third minute, or of variations on it."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.T = world.T
        closes = [100.0, 100.0, 100.0, 100.0, 100.0, 100.5, 101.5, 103.5]
        self.candles = Candles.of(
            Candle(self.T + (i - 5) * MINUTE_MS, close, close + 0.3, close - 0.3, close, 2.0 + i)
            for i, close in enumerate(closes)
        )
        self.end = self.T + 3 * MINUTE_MS
        self.identity = Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT")

    def price(self, time: int) -> float:
        price = seen(self.candles, time).price
        assert price is not None
        return price

    def closed(self, **changed: Any) -> Story:
        signal = self.world.signal(**changed.pop("signal", {}))
        price = self.price(self.end)
        earned = changed.pop("percent", pnl_percentage(signal.position, 100.0, price))
        opened = self.world.opened(signal=signal, current_price=changed.pop("seen", self.price(self.T)))
        event = self.world.closed(
            signal=signal,
            minutes=3,
            current_price=price,
            close_reason=changed.pop("reason", CloseReason.TAKE_PROFIT),
            recovered=changed.pop("recovered", False),
        )
        event = replace(event, pnl=PnL(earned, 100.0, price, *changed.pop("costs", (0.1, 0.1))))
        return self.story(
            Idle(), [Step(self.T, Open(signal), Publish(opened)), Step(self.end, Idle(), Publish(event))], **changed
        )

    def open(self, **changed: Any) -> Story:
        signal = self.world.signal(**changed.pop("signal", {}))
        opened = self.world.opened(signal=signal, current_price=self.price(self.T))
        time = self.T + 2 * MINUTE_MS
        now = changed.pop("now", Now(time, self.price(time)))
        step = Step(self.T, Open(signal), Publish(opened))
        return self.story(Open(signal), [step], now=now, verdict=Verdict(Health.OK, "running"), **changed)

    def story(self, state: State, steps: list[Step], **changed: Any) -> Story:
        events = [step.owed.event for step in steps if isinstance(step.owed, Publish)]
        candles = changed.pop("candles", self.candles)
        explanation = explain(
            events[0].signal,
            events[0],  # type: ignore[arg-type]
            events[1] if len(events) > 1 else None,  # type: ignore[arg-type]
            state=state,
            now=changed.pop("now", Now(None, None)),
            terms=changed.pop("terms", Terms(self.identity)),
            candles=candles,
        )
        journal = tuple(
            JournalLine("data/x.jsonl", 7 + i, 6 + i, "0123456789abcdef", '{"sum":"0123456789abcdef","seq":1}', step)
            for i, step in enumerate(steps)
        )
        around: dict[str, Any] = {"rejected": False, "verdict": None, "notes": (), **changed}
        return Story(self.identity, explanation, state, journal=journal, **around)


@pytest.fixture
def teller(world: Any) -> Teller:
    return Teller(world)


CLOSED = """
sig1  BTCUSDT long
 PAPER   breakout on demo
"30m high"
closed take_profit +0.94% after 3m

Levels
entry          100          at 2026-03-02T00:11Z
take profit    101  +1.00%
stop loss     99.5  -0.50%
time         1h00m          until 2026-03-02T01:11Z

Why it opened
breakout was asked at 2026-03-02T00:11Z and proposed a long.
CANDLE   HIGH   LOW  CLOSE  TYPICAL  VOLUME  TYPICAL x VOLUME
00:06   100.3  99.7    100      100       2               200
00:07   100.3  99.7    100      100       3               300
00:08   100.3  99.7    100      100       4               400
00:09   100.3  99.7    100      100       5               500
00:10   100.3  99.7    100      100       6               600
sum                                      20              2000
VWAP = 2000.0 / 20.0 = 100.0
recorded 100.0: equal bit for bit
The entry 100.0 is the newest close.

The way
3 minutes: VWAP low 100.14, high 101.34286
take profit: nearest 101.34286 at 2026-03-02T00:14Z, reached and 0.34% beyond
▃▅█
stop loss: nearest 100.14 at 2026-03-02T00:12Z, 0.64% away
no minute before the last calls for a close

Why it closed
at 2026-03-02T00:14Z
CANDLE   HIGH    LOW  CLOSE  TYPICAL  VOLUME  TYPICAL x VOLUME
00:09   100.3   99.7    100      100       5               500
00:10   100.3   99.7    100      100       6               600
00:11   100.8  100.2  100.5    100.5       7             703.5
00:12   101.8  101.2  101.5    101.5       8               812
00:13   103.8  103.2  103.5    103.5       9             931.5
sum                                       35              3547
VWAP = 3547.0 / 35.0 = 101.34285714285714
recorded 101.34285714285714: equal bit for bit
long: VWAP 101.34285714285714 >= take profit 101.0 -> take_profit; it is checked
before stop loss and time

Why this PnL
entry 100.0 x (1 + 0.1/100) = 100.1
exit 101.34285714285714 x (1 - 0.1/100) = 101.24151428571429
gross (101.24151428571429 - 100.1) / 100.1 x 100 = 1.1403739118024916%
fees 2 x 0.1 = 0.2%
net 1.1403739118024916 - 0.2 = 0.9403739118024916%
slippage and fee are those that the journal recorded with it
recorded 0.9403739118024916: equal bit for bit

Journal
data/x.jsonl:7 seq 6 sum 0123456789abcdef open, tells opened
  {"sum":"0123456789abcdef","seq":1}
data/x.jsonl:8 seq 7 sum 0123456789abcdef idle, tells closed
  {"sum":"0123456789abcdef","seq":1}
"""

OPEN = """
sig1  BTCUSDT long
 PAPER   breakout on demo
"30m high"
open since 2026-03-02T00:11Z

Levels
entry          100          at 2026-03-02T00:11Z
take profit    101  +1.00%
stop loss     99.5  -0.50%
time         1h00m          until 2026-03-02T01:11Z

Why it opened
breakout was asked at 2026-03-02T00:11Z and proposed a long.
CANDLE   HIGH   LOW  CLOSE  TYPICAL  VOLUME  TYPICAL x VOLUME
00:06   100.3  99.7    100      100       2               200
00:07   100.3  99.7    100      100       3               300
00:08   100.3  99.7    100      100       4               400
00:09   100.3  99.7    100      100       5               500
00:10   100.3  99.7    100      100       6               600
sum                                      20              2000
VWAP = 2000.0 / 20.0 = 100.0
recorded 100.0: equal bit for bit
The entry 100.0 is the newest close.

The way
2 minutes: VWAP low 100.14, high 100.51667
take profit: nearest 100.51667 at 2026-03-02T00:13Z, 0.48% away
-=
stop loss: nearest 100.14 at 2026-03-02T00:12Z, 0.64% away
no minute so far calls for a close

Now
watched: OK, running
at 2026-03-02T00:13Z
CANDLE   HIGH    LOW  CLOSE  TYPICAL  VOLUME  TYPICAL x VOLUME
00:08   100.3   99.7    100      100       4               400
00:09   100.3   99.7    100      100       5               500
00:10   100.3   99.7    100      100       6               600
00:11   100.8  100.2  100.5    100.5       7             703.5
00:12   101.8  101.2  101.5    101.5       8               812
sum                                       30            3015.5
VWAP = 3015.5 / 30.0 = 100.51666666666667
recorded 100.51666666666667: equal bit for bit
closes by take_profit at VWAP >= take profit 101.0, +0.48% from here
closes by stop_loss at VWAP <= stop loss 99.5, -1.01% from here
closes by time_expired at 2026-03-02T01:11Z, in 58m

If it closed at this price
entry 100.0 x (1 + 0.1/100) = 100.1
exit 100.51666666666667 x (1 - 0.1/100) = 100.41615
gross (100.41615 - 100.1) / 100.1 x 100 = 0.31583416583417334%
fees 2 x 0.1 = 0.2%
net 0.31583416583417334 - 0.2 = 0.11583416583417333%

Journal
data/x.jsonl:7 seq 6 sum 0123456789abcdef open, tells opened
  {"sum":"0123456789abcdef","seq":1}
"""


def test_a_closed_signal_is_explained_to_the_last_digit(teller: Teller) -> None:
    assert "\n".join(explain_lines(teller.closed(), page())) == CLOSED.strip("\n")


def test_an_open_signal_says_where_it_stands_and_what_would_close_it(teller: Teller) -> None:
    assert "\n".join(explain_lines(teller.open(), page(unicode=False))) == OPEN.strip("\n")


def flat(story: Story, **changed: Any) -> str:
    """The page on one line, whatever was wrapped where."""
    return " ".join(" ".join(explain_lines(story, page(**changed))).split())


def test_what_does_not_agree_is_said_and_cannot_be_overlooked(teller: Teller) -> None:
    assert "NOT EQUAL" not in flat(teller.closed())
    off = flat(teller.closed(seen=100.25), colour=True)
    assert "\x1b[1;31mrecorded 100.25: NOT EQUAL, these are other candles\x1b[0m" in off
    off = flat(teller.closed(percent=0.5))
    assert "recorded 0.5: NOT EQUAL, it was booked in another way than slippage 0.1% and fee 0.1% a side" in off
    off = flat(teller.closed(percent=0.5, costs=()))
    assert "recorded 0.5: NOT EQUAL, it was booked at other costs than slippage 0.1% and fee 0.1% a side" in off
    off = flat(teller.closed(reason=CloseReason.STOP_LOSS))
    assert "-> take_profit; recorded stop_loss: NOT EQUAL" in off


def test_prices_that_call_for_a_close_at_another_minute_are_said(teller: Teller) -> None:
    assert "no minute before the last calls for a close" in flat(teller.closed())
    earlier = flat(teller.closed(signal={"price_take_profit": 100.1}))
    assert "by these prices 2026-03-02T00:12Z is the first that calls for a close: take_profit" in earlier
    never = flat(teller.closed(signal={"price_take_profit": 120.0}))
    assert "by these prices no minute calls for a close" in never


def test_each_rule_is_written_out_with_its_numbers_and_its_place(teller: Teller) -> None:
    price = teller.price(teller.end)
    take = flat(teller.closed())
    assert f"long: VWAP {price!r} >= take profit 101.0 -> take_profit; it is checked before stop loss and time" in take
    levels = {"position": Position.SHORT, "price_take_profit": 90.0, "price_stop_loss": 101.0}
    stop = flat(teller.closed(signal=levels, reason=CloseReason.STOP_LOSS))
    assert (
        f"short: VWAP {price!r} >= stop loss 101.0 -> stop_loss; take profit was checked before it and is not" in stop
    )
    levels = {"price_take_profit": 110.0, "minute_estimated_time": 3}
    time = flat(teller.closed(signal=levels, reason=CloseReason.TIME_EXPIRED))
    assert "long: time 2026-03-02T00:14Z >= 2026-03-02T00:11Z + 3m = 2026-03-02T00:14Z -> time_expired" in time


def test_a_short_is_worked_out_the_other_way_round(teller: Teller) -> None:
    levels = {"position": Position.SHORT, "price_take_profit": 90.0, "price_stop_loss": 101.0}
    told = flat(teller.closed(signal=levels, reason=CloseReason.STOP_LOSS))
    assert "entry 100.0 x (1 - 0.1/100) = 99.9" in told
    assert re.search(r"gross \(99\.9 - [\d.]+\) / 99\.9 x 100 = -", told)
    lines = explain_lines(teller.closed(signal=levels, reason=CloseReason.STOP_LOSS), page())
    (drawn,) = (i for i, line in enumerate(lines) if set(line) <= set("▁▂▃▄▅▆▇█") and line)
    assert lines[drawn - 1].startswith("stop loss: nearest"), "the higher level stands above the line"


def test_the_costs_are_those_that_were_recorded_whatever_the_exchange_says_now(teller: Teller) -> None:
    terms = Terms(teller.identity, slippage_percent=1.0, fee_percent=2.0)
    told = flat(teller.closed(terms=terms))
    assert "fees 2 x 0.1 = 0.2%" in told
    assert told.count("equal bit for bit") == 3
    assert "slippage and fee are those that the journal recorded with it" in told
    older = flat(teller.closed(terms=terms, costs=()))
    assert "fees 2 x 2.0 = 4.0%" in older
    assert "slippage and fee are those of now: an older livekit wrote this down without them" in older


def test_a_close_found_after_a_gap_says_so(teller: Teller) -> None:
    assert "recovered: nobody was looking when this minute closed" in flat(teller.closed(recovered=True))
    assert "recovered" not in flat(teller.closed())


def test_without_candles_everything_else_is_told(teller: Teller) -> None:
    told = flat(teller.closed(candles=None, notes=(needed_candles("csv"),)))
    assert "Note: the candles of csv are not at hand" in told
    assert "--candles FILE gives them" in told
    assert "CANDLE" not in told
    assert "-> take_profit; it is checked before" in told
    assert "equal bit for bit" in told
    assert "data/x.jsonl:7 seq 6 sum 0123456789abcdef" in told


def test_missing_candles_are_told_where_they_are_missed(teller: Teller) -> None:
    few = Candles.of([candle for candle in teller.candles if candle.timestamp >= teller.T - 2 * MINUTE_MS])
    assert "2 of 5 candles: the price is degraded" in flat(teller.closed(candles=few))
    none = Candles.of([])
    assert "no candle opened in these five minutes; recorded 100.0" in flat(teller.closed(candles=none))
    quiet = Candles.of([candle._replace(volume=0.0) for candle in teller.candles])
    assert "VWAP = the mean of the closes, for there was no volume = 100.0" in flat(teller.closed(candles=quiet))


def test_a_signal_of_which_nobody_knows_where_it_stands_says_so(teller: Teller) -> None:
    told = flat(teller.open(now=Now(None, None)))
    assert "where the price stands is not known" in told
    assert "If it closed" not in told


def test_a_refused_entry_is_told_as_such(teller: Teller) -> None:
    story = replace(teller.open(), rejected=True, state=Idle(), verdict=None)
    assert "never opened: its entry order was refused for good" in flat(story)
    assert "Now" not in flat(story)


def test_raw_shows_whole_lines(teller: Teller) -> None:
    story = teller.closed()
    long = replace(story, journal=tuple(line._replace(raw="x" * 300) for line in story.journal))
    assert max(map(len, explain_lines(long, page()))) <= 80
    assert "x" * 300 in explain_lines(long, page(), raw=True)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_screen_and_colours_are_only_paint(teller: Teller, width: int) -> None:
    for story in (teller.closed(), teller.open(), teller.closed(candles=None, notes=("a note",))):
        lines = explain_lines(story, page(width))
        assert max(map(cells, lines)) <= width
        assert [ANSI.sub("", line) for line in explain_lines(story, page(width, colour=True))] == lines


def test_hostile_text_is_inert_as_a_page_and_whole_as_json(teller: Teller, harmless: Any) -> None:
    for text in teller.world.hostile:
        story = replace(
            teller.closed(signal={"note": text, "id": text}, notes=(text,)),
            identity=Identity(Mode.PAPER, text, text, text),
        )
        for look in (page(), page(40), page(unicode=False)):
            lines = explain_lines(story, look)
            assert all(map(harmless, lines))
            assert look.unicode or all(line.isascii() for line in lines)
        written = explain_json(story)
        assert written.isascii()
        assert written.isprintable()
        assert json.loads(written)["signal"]["note"] == json.loads(json.dumps(text))


# ---- JSON


def test_json_has_everything_that_the_page_has(teller: Teller) -> None:
    plain = json.loads(explain_json(teller.closed()))
    assert list(plain) == [
        "mode", "exchange", "strategy", "symbol", "state", "rejected", "signal", "opened", "closed", "health",
        "opening_price", "way", "ended", "now", "last_price", "rules", "fired", "pnl", "journal", "notes",
    ]  # fmt: skip
    price = teller.price(teller.end)
    assert plain["opening_price"]["equal"] is plain["last_price"]["equal"] is plain["pnl"]["equal"] is True
    assert plain["last_price"]["vwap"] == plain["last_price"]["recorded"] == price
    assert len(plain["opening_price"]["candles"]) == 5
    assert plain["way"]["vwap"] == [teller.price(teller.T + i * MINUTE_MS) for i in (1, 2, 3)]
    assert plain["way"]["first_call"] == {"time": teller.end, "close_reason": "take_profit"}
    assert plain["ended"] == {"time": teller.end, "price": price, "reason": "take_profit", "recovered": False}
    assert [rule["holds"] for rule in plain["rules"]] == [True, False, False]
    assert plain["fired"] == "take_profit"
    assert plain["pnl"]["net"] == plain["closed"]["pnl"]["pnl_percentage"]
    assert plain["journal"][0] == {
        "file": "data/x.jsonl",
        "line": 7,
        "seq": 6,
        "sum": "0123456789abcdef",
        "raw": '{"sum":"0123456789abcdef","seq":1}',
    }


def test_json_of_an_open_signal_says_what_is_not_known_yet(teller: Teller) -> None:
    plain = json.loads(explain_json(teller.open()))
    assert (
        plain["closed"] is plain["ended"] is plain["fired"] is plain["pnl"]["recorded"] is plain["pnl"]["equal"] is None
    )
    assert plain["now"] == {"time": teller.T + 2 * MINUTE_MS, "price": teller.price(teller.T + 2 * MINUTE_MS)}
    assert plain["health"] == {"health": "ok", "reason": "running"}
    assert json.loads(explain_json(teller.open(candles=None)))["way"] is None
