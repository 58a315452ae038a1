"""The table as lines: what is said, in which order, and that it fits into any size."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Mode
from livekit_cli.core.pulse import Snapshot
from livekit_cli.core.tally import LATEST, Tally
from livekit_cli.ui.look import Look
from livekit_cli.ui.styled import painted, plain
from livekit_cli.ui.table import View, frame

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def words(view: View, now_ms: int, width: int = 79, height: int = 23, **look: bool) -> list[str]:
    return [plain(line).rstrip() for line in frame(view, now_ms, Look(width=width, height=height, **look))]


def colours(view: View, now_ms: int, **look: bool) -> str:
    seen = Look(width=79, height=23, colour=True, **look)
    return "\n".join(painted(line, seen) for line in frame(view, now_ms, seen))


def under(other: Snapshot, **names: str) -> Snapshot:
    return replace(other, identity=replace(other.identity, **names))


@pytest.fixture
def shown(world):
    """The lines of these snapshots at 80x24, 18 seconds after the minute."""

    def lines(*snapshots: Snapshot, tally: Tally | None = None, **changed) -> list[str]:
        look = {name: changed.pop(name) for name in ("width", "height", "unicode") if name in changed}
        now = changed.pop("now", world.T + 18_000)
        return words(View(snapshots, tally or Tally(), **changed), now, **look)

    return lines


@pytest.fixture
def running(world):
    """A snapshot of a symbol in real time, its minute just over."""

    def snapshot(symbol: str = "BTCUSDT", state=None, **changed) -> Snapshot:
        market = {"newest_candle": world.T, "next_due": world.T + MINUTE_MS, "first": world.T - 60 * MINUTE_MS}
        return world.snapshot(symbol, state, **(market | changed))

    return snapshot


# ---- the head


def test_the_head_says_what_runs_and_where(shown, running) -> None:
    head = shown(running(), running("ETHUSDT", minute=1_772_410_320_000))[0]
    assert head == "livekit   PAPER   demo  breakout  2026-03-02T00:12Z  next in 42s"


def test_paper_and_real_money_cannot_be_taken_for_each_other(world, shown, running) -> None:
    real = running(mode=Mode.LIVE)
    assert " LIVE, REAL ORDERS " in shown(real)[0]
    assert "PAPER" not in "\n".join(shown(real))
    assert "LIVE" not in "\n".join(shown(running()))
    assert "\x1b[1;7;31m LIVE, REAL ORDERS " in colours(View([real]), world.T)
    assert "\x1b[1;7;32m PAPER " in colours(View([running()]), world.T)
    assert "LIVE" in shown(real, width=19)[0]


def test_where_both_are_shown_each_row_says_which_it_is(shown, running) -> None:
    lines = shown(running("A", mode=Mode.LIVE), running("B"))
    assert " LIVE, REAL ORDERS    PAPER " in lines[0]
    assert [line.split()[1] for line in lines[1:4]] == ["MODE", "LIVE", "PAPER"]
    assert [line.split()[1] for line in shown(running("A", mode=Mode.LIVE), running("B"), width=30)[2:4]] == [
        "LIVE",
        "PAPER",
    ]


def test_what_the_symbols_differ_in_gets_a_column_and_the_rest_stands_in_the_head(shown, running) -> None:
    lines = shown(running("A"), under(running("A"), strategy="mean-reversion"))
    assert lines[0].startswith("livekit   PAPER   demo  2 strategies  ")
    assert [line.split()[1] for line in lines[1:4]] == ["STRATEGY", "breakout", "mean-reversion"]
    assert "EXCHANGE" not in lines[1]
    lines = shown(running("A"), under(running("A"), exchange="csv"), width=100)
    assert lines[0].startswith("livekit   PAPER   2 exchanges  breakout  ")
    assert [line.split()[1] for line in lines[1:4]] == ["EXCHANGE", "demo", "csv"]


def test_the_next_minute_is_counted_down_to_in_real_time(world, shown, running) -> None:
    ends = [shown(running(), now=world.T + second * 1000)[0].rpartition("  ")[2] for second in (0, 1, 59, 60, 63)]
    assert ends == ["next in 1m", "next in 59s", "next in 1s", "next in 0s", "next in 0s"]


def test_a_market_that_does_not_keep_the_walls_time_has_no_countdown(world, shown, running) -> None:
    ahead = running(heartbeat=world.T - 3_600_000)
    assert shown(ahead, now=world.T - 3_600_000, speed=600.0)[0].endswith("  x600  2026-03-02T00:11Z")
    assert "next in" not in shown(running(status="stopped"))[0]


def test_before_the_first_minute_it_says_that_it_waits(world, shown) -> None:
    starting = world.snapshot(status="starting", minute=None, price=None, heartbeat=world.T)
    lines = shown(starting)
    assert lines[0].endswith("  waiting for the first minute")
    assert lines[2].split() == ["BTCUSDT", "starting", "-"]


def test_without_a_symbol_it_says_so(shown) -> None:
    lines = shown(notes=("there is no journal in /data yet",))
    assert lines[0] == "livekit  nothing runs here yet"
    assert lines[1] == "there is no journal in /data yet"
    assert lines[-1] == "this run  closed 0 (0W/0L) 0.00%"


# ---- rows


def test_an_open_signal_shows_its_levels_its_place_between_them_and_its_time(world, shown, running) -> None:
    long = running("BTCUSDT", world.open(), unrealised=0.25, minute=world.T + 10 * MINUTE_MS)
    headings, row = shown(long, width=110)[1:3]
    assert headings.split() == (
        ["SYMBOL", "STATE", "PRICE", "PnL", "ENTRY", "SL", "┼", "entry", "●", "price", "TP", "LEFT", "CANDLE"]
    )
    assert row.split() == [
        "BTCUSDT", "long", "100.5000", "+0.25%", "100.0000", "99.50000", "├──────────┼━━━━━━━━━●─────────┤",
        "101.0000", "50m", "<1m",
    ]  # fmt: skip


def test_an_idle_symbol_shows_its_price_and_the_age_of_its_newest_candle(shown, running) -> None:
    assert shown(running(), width=100)[2].split() == ["BTCUSDT", "idle", "100.5000", "<1m"]
    assert shown(running(degraded=True))[2].split()[2] == "~100.5000"
    assert shown(running(price=None))[2].split()[2] == "-"


def test_the_age_of_a_candle_grows_with_the_wall_clock_and_with_what_was_missing(world, shown, running) -> None:
    def age(now: int = world.T, **pulse) -> str:
        return shown(running(**pulse), now=now, width=110)[2].split()[-1]

    assert age() == "<1m"
    assert age(newest_candle=world.T - 2 * MINUTE_MS) == "2m"
    assert age(now=world.T + 80_000) == "1m"
    assert age(now=world.T + 80_000, newest_candle=world.T - MINUTE_MS) == "2m"
    far_away = world.T - 900_000_000
    assert age(now=far_away + 1_000, heartbeat=far_away) == "<1m", "a market that runs ahead of the wall clock"


def test_orders_under_way_are_said(world, shown, running) -> None:
    assert "opening long" in shown(running("A", world.opening()))[2]
    assert "closing short" in shown(running("A", world.closing()))[2]


def test_gains_are_green_and_losses_red(world, running) -> None:
    won, lost = running("A", world.open(), unrealised=0.25), running("B", world.open(), unrealised=-1.0)
    painted = colours(View([won, lost]), world.T)
    assert re.search(r"\x1b\[1;32m\+0\.25%", painted)
    assert re.search(r"\x1b\[1;31m-1\.00%", painted)


@pytest.mark.parametrize(
    ("changed", "word", "reason"),
    [
        (
            {"status": "halted", "error": "line 3 is damaged"},
            "HALTED",
            "  needs a person, 18s ago; 00:11 line 3 is damaged",
        ),
        ({"heartbeat": 1_772_410_260_000 - 600_000}, "STUCK", "  no heartbeat for 10m; 00:11 -"),
        ({"newest_candle": 1_772_410_260_000 - 300_000}, "STALE", "  no new candle for 5m; 00:11 -"),
        ({"status": "ended"}, "STOPPED", "  at the end of its candles, 18s ago; 00:11 -"),
        ({"status": "restarting"}, "STUCK", "  failed, restarting for 18s; 00:11 -"),
    ],
)
def test_what_is_not_well_says_so_and_why(shown, running, changed: dict, word: str, reason: str) -> None:
    settings = {"error": "-", "error_time": 1_772_410_260_000} | changed
    lines = shown(running(**settings))
    assert lines[2].split()[1] == word
    assert lines[3] == reason


def test_a_process_that_is_gone_is_dead(world, shown, running) -> None:
    lines = shown(replace(running("A", world.open()), held=False))
    assert "long DEAD" in lines[2]
    assert lines[3] == "  process gone, 18s ago"


def test_a_symbol_that_stands_still_with_nothing_open_says_why_in_its_row(world, shown, running) -> None:
    lines = shown(
        running("A", status="ended"), running("B", status="stopped"), running("C", world.open(), status="ended")
    )
    assert lines[2].startswith("C      long STOPPED")
    assert lines[3] == "  at the end of its candles, 18s ago"
    assert [re.split(" {2,}", line)[0] for line in lines[4:6]] == ["A", "B"]
    assert lines[4].split(None, 3) == ["A", "STOPPED", "100.500", "at the end of its candles, 18s ago"]
    assert lines[5].split(None, 3) == ["B", "STOPPED", "100.500", "stopped 18s ago"]


def test_an_error_stands_below_the_row_it_belongs_to(world, shown, running) -> None:
    lines = shown(running(error="strategy took 10 s", error_time=world.T), running("ETHUSDT"))
    assert lines[3] == "  00:11 strategy took 10 s"
    assert lines[4].startswith("ETHUSDT")


# ---- what comes first


def names(lines: list[str]) -> list[str]:
    """The symbols in their rows, from the top."""
    return [line.split()[0] for line in lines[2:] if re.match(r"[A-Z0-9]+ +(idle|long|short|[A-Z]{4})", line)]


def test_what_needs_eyes_comes_first(world, shown, running) -> None:
    quiet, failing = running("QUIET"), running("FAILING", error="x", error_time=world.T)
    near, far = running("NEAR", world.open(), price=100.99), running("FAR", world.open(), price=100.2)
    nearest = running("NEAREST", world.open(), price=99.501)
    stuck, stale = running("STUCK", heartbeat=None), running("STALE", newest_candle=world.T - 300_000)
    halted, dead = running("HALTED", status="halted"), replace(running("DEAD"), held=False)
    stopped = running("STOPPED", status="stopped")
    lines = shown(stopped, quiet, far, near, nearest, failing, stale, stuck, dead, halted, height=40)
    assert names(lines) == [
        "HALTED", "DEAD", "STUCK", "STALE", "FAILING", "NEAREST", "NEAR", "FAR", "QUIET", "STOPPED",
    ]  # fmt: skip


def test_equals_keep_their_order(shown, running) -> None:
    assert names(shown(running("B"), running("C"), running("A"))) == ["B", "C", "A"]


def test_a_price_that_nobody_knows_is_near_everything(world, shown, running) -> None:
    blind = running("BLIND", world.open(), price=None)
    assert names(shown(running("NEAR", world.open(), price=100.99), blind)) == ["BLIND", "NEAR"]


def test_an_error_of_long_ago_is_still_said_but_needs_no_eyes(world, shown, running) -> None:
    old = running("OLD", error="refused", error_time=world.T - 30 * MINUTE_MS)
    lines = shown(old, running("OPEN", world.open()))
    assert names(lines) == ["OPEN", "OLD"]
    assert "  23:41 refused" in lines


def test_a_trouble_that_is_over_needs_no_eyes(world, shown, running) -> None:
    over = running("OVER", error="candles come again", error_time=world.T, error_code=0)
    lines = shown(over, running("OPEN", world.open()))
    assert names(lines) == ["OPEN", "OVER"]
    assert "  00:11 candles come again" in lines


def test_what_is_hidden_is_counted(world, shown, running) -> None:
    every = [running(f"C{i}", world.open(), error="x" if i > 50 else None) for i in range(100)]
    lines = shown(*every)
    seen = len(names(lines))
    hidden = next(line for line in lines if line.startswith("+"))
    assert hidden == f"+{100 - seen} more: {100 - seen} with an open signal, {49 - seen} with an error"
    quiet = shown(*(running(f"C{i}") for i in range(100)))
    assert f"+{100 - len(names(quiet))} more" in quiet


def test_with_a_full_screen_it_is_the_quiet_ones_that_are_hidden(world, shown, running) -> None:
    fleet = [running(f"COIN{i}USDT", world.open() if i % 10 == 9 else None) for i in range(50)]
    fleet[25] = running("SICKUSDT", error="no price for 3 minutes")
    tally = Tally().plus(world.closed(i) for i in range(9))
    lines = shown(*fleet, tally=tally)
    assert names(lines)[:6] == ["SICKUSDT", *(f"COIN{i}USDT" for i in (9, 19, 29, 39, 49))]
    assert len(lines) == 23
    assert sum(" closed " in line for line in lines[:-1]) >= 5, "and the latest events have their share"


# ---- events and totals


def test_the_latest_events_and_the_totals_stand_below(world, shown, running) -> None:
    events = [event for i in range(12) for event in (world.opened(i), world.closed(i, pnl=1.0 if i % 3 else -0.5))]
    lines = shown(running(), tally=Tally().plus(events), width=100)
    assert lines[-1] == "this run  closed 12 (8W/4L) +6.00%"
    assert lines[-3] == "00:23 BTCUSDT closed long  take_profit   +1.00%  100.000 -> 101.000 in 12m  30m high"
    assert sum("BTCUSDT" in line for line in lines[3:]) == LATEST
    assert "00:11 BTCUSDT opened long  100.000  SL 99.5000  TP 101.000  30m high" in shown(
        running(), tally=Tally().plus(events[:1])
    )


def test_events_of_another_day_have_their_date(world, shown, running) -> None:
    tally = Tally().plus([world.opened(), world.closed(minutes=24 * 60)])
    lines = shown(running(minute=world.T + 24 * 60 * MINUTE_MS), tally=tally)
    assert [line[:11] for line in lines if "BTCUSDT opened" in line or "BTCUSDT closed" in line] == [
        "03-02 00:11",
        "03-03 00:11",
    ]


def test_a_close_that_was_found_later_is_marked(world, shown, running) -> None:
    lines = shown(running(), tally=Tally().plus([world.closed(recovered=True)]))
    assert " +0.60%  recovered  100.000 -> " in lines[-3]


def test_events_of_several_strategies_name_theirs(world, shown, running) -> None:
    tally = Tally().plus([world.opened(), world.closed(strategy_name="mean-reversion")])
    lines = shown(running(), under(running(), strategy="mean-reversion"), tally=tally)
    assert any("BTCUSDT breakout       opened" in line for line in lines)
    assert any("BTCUSDT mean-reversion closed" in line for line in lines)


def test_the_foot_adds_up_what_is_open_and_counts_what_is_not_well(world, shown, running) -> None:
    rows = [running("A", world.open(), unrealised=0.5), running("B", world.open(), unrealised=-0.2)]
    foot = shown(*rows, running("C", status="halted"), running("D", heartbeat=None))[-1]
    assert foot == "this run  closed 0 (0W/0L) 0.00%  open 2 +0.30%  4 symbols  1 HALTED  1 STUCK"


# ---- it fits


@pytest.mark.parametrize("count", [0, 1, 8, 100, 1000])
@pytest.mark.parametrize("height", [0, 1, 2, 4, 9, 23, 59, 99])
@pytest.mark.parametrize("width", [0, 1, 5, 19, 39, 79, 131, 399])
def test_it_always_fits(world, running, width: int, height: int, count: int) -> None:
    snapshots = [
        running(
            f"COIN{i}USDT", world.open() if i % 3 else None, unrealised=-12.5, error="x" * 99 if i % 7 == 0 else None
        )
        for i in range(count)
    ]
    view = View(snapshots, Tally().plus(world.closed(i) for i in range(20)), notes=("a note " * 30,) * 3)
    lines = words(view, world.T, width, height)
    assert len(lines) <= height
    assert all(cell_len(line) <= width for line in lines)
    if height >= 2 and width >= 19:
        assert lines[-1].startswith("this run  closed 20"[: width - 1]), "the totals are never pushed out"
    if height >= 4 and width >= 19 and count:
        assert any(line.startswith("COIN") for line in lines)


@pytest.mark.parametrize("count", [1, 8, 100])
def test_eighty_columns_show_whole_prices_every_level_and_the_age_of_the_candle(
    world, shown, running, count: int
) -> None:
    signal = {"price_open": 98765.43, "price_take_profit": 99753.08, "price_stop_loss": 98271.6}
    fleet = [running(f"COIN{i}USDT", world.open(**signal), price=98962.963, unrealised=-0.5) for i in range(count)]
    row = shown(*fleet)[2]
    assert "…" not in row
    assert re.search(r" 98963.0 -0.50% 98271.6 ├─+┼━+●─+┤ 99753.1 1h00m +<1m$", row)


@pytest.mark.parametrize("width", range(19, 200, 3))
def test_columns_line_up_at_any_width(world, running, width: int) -> None:
    fleet = [
        running("A", world.open(), price=100.5, unrealised=0.25),
        running("LONGNAME", world.open(price_open=0.00001234, price_take_profit=0.0000125, price_stop_loss=0.000012)),
        running("C", price=61234.5),
        running("漢字", world.open(), price=None),
    ]
    headings, *rows = words(View(fleet), world.T, width)[1:6]
    for name in re.findall(r"(?<= )(?:PRICE|PnL|ENTRY|LEFT|CANDLE)(?= |$)", headings):
        end = headings.index(name) + len(name)
        for row in rows:
            cells = "".join(char + "\0" * (cell_len(char) - 1) for char in row)
            assert cells[end : end + 1] in ("", " "), (name, row)


def test_a_narrow_table_keeps_the_name_the_state_and_the_result(world, shown, running) -> None:
    row = shown(running("BTCUSDT", world.open(), unrealised=0.25), width=19)[2]
    assert row == "BTCUSDT long +0.25%"


# ---- where it is shown


def test_in_ascii_there_is_nothing_else(world, running) -> None:
    fleet = [running("漢字USDT", world.open(note="é"), error="naïve …"), running("B" * 64, world.open())]
    tally = Tally().plus([world.closed(symbol="漢字USDT", signal=world.signal(note="→"))])
    for width in (19, 40, 79, 150):
        lines = words(View(fleet, tally, notes=("ünïcode " * 30,)), world.T, width, unicode=False)
        assert all(line.isascii() for line in lines)
        assert all(len(line) <= width for line in lines)
    assert any("[---" in line or "|==" in line for line in lines)


def test_without_colours_the_words_are_the_same(world, running) -> None:
    view = View([running("A", world.open(), unrealised=0.25), running("B", status="halted")])
    look = Look(width=79, height=23)
    bare = [painted(line, look) for line in frame(view, world.T, look)]
    assert "\x1b" not in "".join(bare)
    assert bare == [ANSI.sub("", line) for line in colours(view, world.T).split("\n")]


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [19, 79, 200])
def test_hostile_text_neither_moves_the_cursor_nor_breaks_a_row(
    world, harmless, running, width: int, unicode: bool
) -> None:
    for text in world.hostile:
        snapshot = under(running(text, world.open(note=text), error=text), strategy=text, exchange=text)
        other = under(running("B"), strategy=text + "b", exchange=text + "b")
        tally = Tally().plus([world.closed(symbol=text, strategy_name=text, signal=world.signal(note=text))])
        for snapshots in ([snapshot], [snapshot, other]):
            look = Look(width=width, height=23, colour=True, unicode=unicode)
            view = View(snapshots, tally, notes=(text,))
            lines = [ANSI.sub("", painted(line, look)) for line in frame(view, world.T, look)]
            assert all(map(harmless, lines))
            assert len(lines) == 8 + (len(snapshots) - 1) + bool(text)
            assert all(cell_len(line) <= width for line in lines)


def test_a_note_that_has_no_room_to_say_anything_is_left_out(world, shown, running) -> None:
    tally = Tally().plus([world.closed(signal=world.signal(note="above the 30-minute high"))])
    ends = [shown(running(), tally=tally, width=width)[-3].partition(" in 12m")[2] for width in (79, 85, 92, 110)]
    assert ends == ["", "", "  above the 30-mi…", "  above the 30-minute high"]
    tally = Tally().plus([world.closed(signal=world.signal(note="dip"))])
    assert shown(running(), tally=tally, width=79)[-3].endswith(" in 12m  dip")
