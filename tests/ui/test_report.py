"""The report's page for a terminal."""

from __future__ import annotations

import re
from typing import Any

import pytest

from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import CloseReason, Mode
from livekit_cli.core.results import Results, Trial, Window, results
from livekit_cli.ui.inert import cells
from livekit_cli.ui.look import Look
from livekit_cli.ui.report import report_lines

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def page(width: int = 80, height: int = 24, **changed: Any) -> Look:
    return Look(**{"is_terminal": True, "width": width, "height": height, "colour": False, **changed})


@pytest.fixture
def small(world: Any) -> Results:
    """Three closed signals on two symbols, and one that is open."""
    events = [
        world.opened(1),
        world.closed(1, 0.5982),
        world.opened(2, "ETHUSDT", signal=world.signal(2, timestamp=world.T + 60 * MINUTE_MS, note="")),
        world.closed(
            2,
            -0.9,
            symbol="ETHUSDT",
            signal=world.signal(2, timestamp=world.T + 60 * MINUTE_MS, note=""),
            close_reason=CloseReason.STOP_LOSS,
            recovered=True,
        ),
        world.opened(3),
        world.closed(3, 1.25, minutes=75),
        world.opened(4),
    ]
    events.sort(key=lambda event: event.time)
    return results("breakout", events, [world.snapshot("BTCUSDT", world.open(), unrealised=0.25)])


PAGE = """
breakout   PAPER   demo
7 events, 2026-03-02T00:11Z to 2026-03-02T01:26Z
Running PnL  ▃▆▁█  low -0.30%  high +0.95%  end +0.95%
Closed signals    3                Total PnL         +0.95%
Win rate          66.67% (2W/1L)   Average PnL       +0.32%
Profit factor     2.05             Expectancy        +0.32%
Best signal       +1.25% sig3      Worst signal      -0.90% sig2
Longest streaks   1 win, 1 loss    Largest drawdown  0.90%
Average duration  33.0 min         PnL before costs  +3.00%
Costs             2.05%
SYMBOL       CLOSED    W/L  WIN RATE  AVERAGE   TOTAL  DRAWDOWN
BTCUSDT           2  2W/0L   100.00%   +0.92%  +1.85%     0.00%
ETHUSDT           1  0W/1L     0.00%   -0.90%  -0.90%     0.90%
REASON
take_profit       2  2W/0L   100.00%   +0.92%  +1.85%     0.00%
stop_loss         1  0W/1L     0.00%   -0.90%  -0.90%     0.90%
OPEN NOW  STATE      ENTRY   TP    SL  PRICE  UNREALISED  SIGNAL
BTCUSDT   open long    100  101  99.5  100.5      +0.25%  sig1
TIME               EVENT                      SYMBOL   PRICE     PnL  SIGNAL
2026-03-02T01:11Z  long opened                ETHUSDT    100       -  sig2
2026-03-02T01:23Z  long stop_loss, recovered  ETHUSDT    101  -0.90%  sig2
2026-03-02T01:26Z  long take_profit           BTCUSDT    101  +1.25%  sig3
4 earlier left out: --last 7 shows all, livekit events prints them
"""

NARROW = """
breakout   PAPER   demo
7 events, 2026-03-02T00:11Z to
2026-03-02T01:26Z
Running PnL
low -0.30%  high +0.95%  end +0.95%
.=_^
Closed signals    3
Total PnL         +0.95%
Win rate          66.67% (2W/1L)
Average PnL       +0.32%
Profit factor     2.05
Expectancy        +0.32%
Best signal       +1.25% sig3
Worst signal      -0.90% sig2
Longest streaks   1 win, 1 loss
Largest drawdown  0.90%
Average duration  33.0 min
PnL before costs  +3.00%
Costs             2.05%
SYMBOL       CLOSED  WIN RATE   TOTAL
BTCUSDT           2   100.00%  +1.85%
ETHUSDT           1     0.00%  -0.90%
REASON
take_profit       2   100.00%  +1.85%
stop_loss         1     0.00%  -0.90%
OPEN NOW  STATE      PRICE  UNREALISED
BTCUSDT   open long  100.5      +0.25%
TIME         EVENT                   PnL
03-02 00:11  long opened               -
03-02 00:23  long take_profit     +0.60%
03-02 01:11  long opened               -
03-02 01:23  long stop_loss, re>  -0.90%
03-02 01:26  long take_profit     +1.25%
2 earlier left out: --last 7 shows all,
livekit events prints them
"""


def test_a_small_report_on_a_screen_of_eighty_by_twenty_four(small: Results) -> None:
    lines = report_lines(small, page())
    assert "\n".join(lines) == PAGE.strip("\n")
    assert len(lines) < 24


def test_the_same_on_a_narrow_one_in_ascii(small: Results) -> None:
    lines = report_lines(small, page(40, 24, unicode=False))
    assert "\n".join(lines) == NARROW.strip("\n")
    assert all(line.isascii() for line in lines)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("height", [10, 24, 60])
def test_no_line_is_wider_than_the_screen(small: Results, width: int, height: int) -> None:
    for look in (page(width, height), page(width, height, unicode=False), page(width, height, colour=True)):
        assert max(cells(ANSI.sub("", line)) for line in report_lines(small, look)) <= width


def test_a_page_that_can_fit_the_screen_does_and_says_how_many_events_it_leaves_out(small: Results) -> None:
    for height in range(21, 60):
        lines = report_lines(small, page(80, height))
        shown = [line for line in lines if line.startswith("2026-03-02T")]
        said = [line for line in lines if "left out" in line]
        assert len(lines) < height
        assert bool(said) == (len(shown) < 7)
        assert not said or said[0].startswith(f"{7 - len(shown)} ")


def test_last_says_how_many_events_are_listed_and_all_of_them_count(small: Results) -> None:
    lines = report_lines(small, page(), last=2)
    assert [line.split()[0] for line in lines if line.startswith("2026-03")] == [
        "2026-03-02T01:23Z",
        "2026-03-02T01:26Z",
    ]
    assert "5 earlier left out: --last 7 shows all, livekit events prints them" in lines
    assert lines[3].startswith("Closed signals    3 ")
    assert not any("left out" in line for line in report_lines(small, page(), last=100))


def test_colours_are_only_paint(small: Results) -> None:
    painted = report_lines(small, page(colour=True))
    assert [ANSI.sub("", line) for line in painted] == report_lines(small, page())
    assert painted != report_lines(small, page())
    assert any("\x1b[32m+1.25%" in line for line in painted)
    assert any("\x1b[31m-0.90%" in line for line in painted)


def test_the_mode_cannot_be_overlooked(world: Any) -> None:
    live = report_lines(results("breakout", [world.opened(mode=Mode.LIVE)]), page(colour=True))
    paper = report_lines(results("breakout", [world.opened()]), page(colour=True))
    assert "\x1b[7;31m LIVE \x1b[0m" in live[0]
    assert "\x1b[7;32m PAPER \x1b[0m" in paper[0]


def test_a_window_and_what_it_means_are_in_the_head(small: Results, world: Any) -> None:
    window = Window(world.T + 30 * MINUTE_MS, world.T + 90 * MINUTE_MS)
    lines = report_lines(results("breakout", small.events, window=window, symbol="BTCUSDT"), page())
    assert lines[1:4] == [
        "only BTCUSDT",
        "since 2026-03-02T00:41:00Z, before 2026-03-02T01:41:00Z; a signal opened before",
        "it and closed in it counts as closed",
    ]


def test_nothing_at_all_is_said_and_is_no_table(world: Any) -> None:
    lines = report_lines(results("breakout", [], [world.snapshot()]), page())
    assert [line for line in lines if line] == ["breakout", "no events yet", "Nothing is open."]
    window = Window(world.T, None)
    assert "no events in the window" in report_lines(results("breakout", [], window=window), page())


def test_notes_stand_below_the_head(world: Any) -> None:
    lines = report_lines(results("breakout", [world.opened()], notes=["line 7 is damaged"]), page(colour=True))
    assert lines[1] == "\x1b[33mNote: line 7 is damaged\x1b[0m"


def test_a_backtest_says_what_costs_took_and_what_holding_would_have_earned(small: Results, world: Any) -> None:
    trial = Trial(world.T, world.T + 99 * MINUTE_MS, 100.0, 102.0, 0.1, 0.1)
    found = results("breakout", small.events, trial=trial)
    lines = report_lines(found, page(80, 60), foot=["100 minutes in 0.01 s, 10,000 a second"])
    assert lines[1] == "tested 2026-03-02T00:11Z to 2026-03-02T01:50Z, 100 minutes"
    facts = [" ".join(line.split()) for line in lines]
    assert "Slippage took 1.45% Fees took 0.60%" in facts
    assert "Market +2.00% Holding, net +1.60%" in facts
    assert any(line.startswith("2026-03 ") for line in lines), "by month"
    assert lines[-1] == "100 minutes in 0.01 s, 10,000 a second"


def test_hostile_text_is_inert_on_every_screen(world: Any, harmless: Any) -> None:
    for text in world.hostile:
        signal = world.signal(note=text, id=text)
        event = world.closed(signal=signal, symbol=text, exchange_name=text)
        found = results(text, [event], [world.snapshot(text, world.open(note=text))], [text], symbol=text)
        for look in (page(), page(40, 24), page(200, 60), page(unicode=False)):
            lines = report_lines(found, look, foot=[text])
            assert all(map(harmless, lines))
            assert look.unicode or all(line.isascii() for line in lines)
            assert sum("+0.60%" in line for line in lines) >= 3
