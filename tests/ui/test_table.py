from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from livekit_cli.core.event import Mode, replayed
from livekit_cli.ui.table import LATEST, LiveTable

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def terminal(width: int = 80, height: int = 24) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, height=height, color_system="standard")


def table(**changed) -> LiveTable:
    settings = {"mode": Mode.PAPER, "exchange": "demo", "strategy": "breakout", "speed": 600.0, "console": terminal()}
    return LiveTable(**(settings | changed))


def fleet(world, count: int) -> list:
    return [world.snapshot(f"COIN{i}USDT", world.open() if i % 10 == 9 else None) for i in range(count)]


def words(live: LiveTable, width: int = 80, height: int = 24) -> list[str]:
    return [line.plain for line in live.lines(width, height)]


def written(live: LiveTable, console: Console) -> str:
    console.print(live)
    return console.file.getvalue()


@pytest.fixture
def live(world) -> LiveTable:
    live = table()
    live.draw(world.T)
    return live


def test_the_head_says_paper_or_real_money(world) -> None:
    assert words(table())[0] == "livekit   PAPER   demo  breakout  x600  waiting for the first minute"
    assert " LIVE, REAL ORDERS " in words(table(mode=Mode.LIVE))[0]
    assert "41m LIVE, REAL ORDERS " in written(table(mode=Mode.LIVE), terminal())


def test_the_head_shows_the_newest_minute_and_a_speed_that_is_not_real_time(live, world) -> None:
    live.update([world.snapshot(), world.snapshot("ETHUSDT", minute=world.T + 60_000)])
    assert words(live)[0].endswith("x600  2026-03-02T00:12Z")
    assert "x1" not in words(table(speed=1.0))[0]


def test_an_open_signal_shows_its_levels_its_result_and_its_time(live, world) -> None:
    live.update([world.snapshot("BTCUSDT", world.open(), unrealised=0.25, minute=world.T + 10 * 60_000)])
    assert words(live)[1].split() == ["SYMBOL", "STATE", "PRICE", "ENTRY", "TP", "SL", "PnL", "LEFT", "MINUTE"]
    assert words(live)[2].split() == ["BTCUSDT", "long", "100.5", "100", "101", "99.5", "+0.25%", "50m", "00:21"]


def test_gains_are_green_and_losses_red(live, world) -> None:
    live.update([world.snapshot("A", world.open(), unrealised=0.25), world.snapshot("B", world.open(), unrealised=-1)])
    live.draw(world.T)
    shown = written(live, terminal())
    assert re.search(r"\x1b\[1;32m *\+0\.25%", shown)
    assert re.search(r"\x1b\[1;31m *-1\.00%", shown)


def test_a_symbol_that_is_not_well_says_so_in_its_row(live, world) -> None:
    live.update([world.snapshot(status="halted"), world.snapshot("B", world.open(), heartbeat=None)])
    assert "HALTED" in words(live)[2]
    assert "long STUCK" in words(live)[3]


def test_an_error_stands_below_the_row_it_belongs_to(live, world) -> None:
    live.update([world.snapshot(error="strategy took 10 s", error_time=world.T), world.snapshot("ETHUSDT")])
    assert words(live)[3] == "  00:11 strategy took 10 s"
    assert words(live)[4].startswith("ETHUSDT")


def test_the_last_ten_events_and_the_totals_stand_below(live, world) -> None:
    for i in range(12):
        live.add(world.opened(i))
        live.add(world.closed(i, pnl=1.0 if i % 3 else -0.5))
    shown = words(live)
    assert shown[-1] == "closed 12   8W/4L   total PnL +6.00%"
    assert shown[-2] == "00:23 BTCUSDT closed long take_profit +1.00% 100 -> 101 in 12m  30m high"
    assert shown[-3] == "00:11 BTCUSDT opened long 100 TP 101 SL 99.5  30m high"
    assert sum("BTCUSDT" in line for line in shown) == LATEST


def test_an_event_that_comes_twice_is_shown_and_counted_once(live, world) -> None:
    live.add(world.closed())
    live.add(replayed(world.closed()))
    assert words(live)[-1].startswith("closed 1 ")
    assert sum("closed long" in line for line in words(live)) == 1


def test_a_repeat_and_a_late_close_are_marked(live, world) -> None:
    live.add(replayed(world.closed(recovered=True)))
    assert "recovered replay" in words(live)[-2]


@pytest.mark.parametrize("count", [0, 1, 8, 100, 1000])
@pytest.mark.parametrize("height", [2, 5, 10, 24, 60])
@pytest.mark.parametrize("width", [20, 80, 200])
def test_it_always_fits_the_terminal(world, count: int, height: int, width: int) -> None:
    console = terminal(width, height)
    live = table(console=console)
    live.update([world.snapshot(f"COIN{i}USDT", error="x" * 99 if i % 7 == 0 else None) for i in range(count)])
    for i in range(20):
        live.add(world.closed(i))
    lines = ANSI.sub("", written(live, console)).splitlines()
    assert len(lines) <= max(1, height - 1)
    assert height < 6 or lines[-1].startswith("closed 20"), "the totals are never pushed out"
    assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize("count", [1, 8, 100])
def test_eighty_columns_show_whole_prices_and_every_level(world, count: int) -> None:
    live = table()
    signal = {"price_open": 98765.43, "price_take_profit": 99753.08, "price_stop_loss": 98271.6}
    live.update([world.snapshot(f"COIN{i}USDT", world.open(**signal), price=98962.963) for i in range(count)])
    row = words(live)[2]
    assert "…" not in row
    assert all(re.search(rf"\b{level}\d*\.?\d*\b", row) for level in ("98765", "99753", "98271|98272", "98962|98963"))


def test_when_not_all_fit_the_ones_that_need_eyes_come_first(live, world) -> None:
    snapshots = fleet(world, 100)
    snapshots[55] = world.snapshot("SICKUSDT", error="no price for 3 minutes")
    live.update(snapshots)
    live.draw(world.T)
    shown = [line.split()[0] for line in words(live)]
    assert shown[2] == "SICKUSDT"
    assert shown[4:14] == [f"COIN{i}9USDT" if i else "COIN9USDT" for i in range(10)]
    assert any(re.fullmatch(r"\+\d+ more", line) for line in words(live))


def test_what_is_hidden_is_counted(live, world) -> None:
    live.update([world.snapshot(f"C{i}", world.open(), error="x" if i > 50 else None) for i in range(100)])
    live.draw(world.T)
    lines = words(live)
    shown = sum(line.startswith("C") and "USDT" not in line for line in lines)
    hidden = next(line for line in lines if line.startswith("+"))
    assert hidden == f"+{100 - shown} more: {100 - shown} with an open signal, {49 - shown} with an error"


def test_symbols_keep_their_order_when_all_fit(live, world) -> None:
    live.update([world.snapshot("B"), world.snapshot("A", world.open(), error="x"), world.snapshot("C")])
    assert [line[0] for line in words(live)[2:6]] == ["B", "A", " ", "C"]


def test_hostile_text_reaches_no_terminal_alive(world, harmless) -> None:
    for text in world.hostile:
        console = terminal()
        live = table(console=console, exchange=text, strategy=text)
        live.update([world.snapshot(text, world.open(note=text), error=text)])
        live.add(world.closed(symbol=text, signal=world.signal(note=text)))
        lines = ANSI.sub("", written(live, console)).splitlines()
        assert all(map(harmless, lines))
        assert len(lines) == (7 if text else 6)
        assert all(cell_len(line) <= 80 for line in lines)


def test_it_draws_only_when_something_changed(world) -> None:
    console = terminal()
    with table(console=console) as live:
        live.update([world.snapshot()])
        assert live.draw(world.T)
        before = console.file.tell()
        live.update([world.snapshot()])
        assert not live.draw(world.T + 1_000)
        assert console.file.tell() == before
        assert live.draw(world.T + 100_000), "OK became STUCK"


def test_the_last_frame_stays_on_the_screen_with_what_came_last(world) -> None:
    console = terminal()
    with table(console=console) as live:
        live.draw(world.T)
        live.add(world.closed())
    frame = ANSI.sub("", console.file.getvalue()).rpartition("livekit")[2]
    assert "closed 1 " in frame
    assert "closed long take_profit" in frame


def test_a_failure_inside_gives_the_cursor_back(world) -> None:
    console = terminal()
    with pytest.raises(KeyboardInterrupt), table(console=console):
        raise KeyboardInterrupt
    assert console.file.getvalue().endswith("\x1b[?25h")


def test_without_a_terminal_nothing_moves_a_cursor(world) -> None:
    console = Console(file=io.StringIO(), width=80, height=24)
    with table(console=console) as live:
        live.draw(world.T)
    assert "\x1b" not in console.file.getvalue()
