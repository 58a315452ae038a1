from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Mode
from livekit_cli.core.health import Health, Verdict
from livekit_cli.core.pulse import Snapshot
from livekit_cli.core.signal import Position
from livekit_cli.core.state import Identity, Open
from livekit_cli.ui.inert import cells
from livekit_cli.ui.look import Look
from livekit_cli.ui.status import NOTHING, state_text, status_json, status_lines, verdict_text

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
WIDTHS = (20, 30, 40, 60, 80, 100, 132, 200)


def terminal(width: int, *, colour: bool = False, unicode: bool = True) -> Look:
    return Look(is_terminal=True, width=width, colour=colour, unicode=unicode)


def stuck(world, symbol: str = "ETHUSDT", **pulse) -> Snapshot:
    """Seven minutes without a finished minute."""
    beat = {"first": world.T - 60 * MINUTE_MS, "minute": world.T - 7 * MINUTE_MS, "newest_candle": world.T}
    return world.snapshot(symbol, next_due=world.T + MINUTE_MS, **(beat | pulse))


def test_each_state_has_its_words(world) -> None:
    states = [world.snapshot().state, world.opening(), world.open(), world.closing()]
    assert [*map(state_text, states)] == ["idle", "opening long", "open long", "closing short"]


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Verdict(Health.OK, "running"), "OK"),
        (Verdict(Health.STUCK, "no minute finished", 7 * MINUTE_MS), "STUCK no minute finished for 7m"),
        (Verdict(Health.STALE, "no new candle", 3 * MINUTE_MS), "STALE no new candle for 3m"),
        (Verdict(Health.DEAD, "process gone", 5_000), "DEAD process gone, 5s ago"),
        (Verdict(Health.DEAD, "process gone, and no pulse"), "DEAD process gone, and no pulse"),
        (Verdict(Health.STOPPED, "not running", 7_200_000), "STOPPED 2h00m ago"),
        (Verdict(Health.STOPPED, "not running"), "STOPPED not running"),
        (Verdict(Health.STOPPED, "at the end of its candles", 5_000), "STOPPED at the end of its candles, 5s ago"),
        (Verdict(Health.HALTED, "needs a person", 60_000), "HALTED needs a person, 1m ago"),
    ],
)
def test_every_word_that_is_not_ok_has_its_reason_and_age_behind_it(verdict: Verdict, text: str) -> None:
    assert verdict_text(verdict) == text


def test_the_table_is_aligned_in_the_order_given_and_summed_up(world) -> None:
    signal = world.open(price_take_profit=101.0, price_stop_loss=99.5)
    snapshots = [
        world.snapshot("BTCUSDT", signal, unrealised=-0.25, minute=world.T + 10 * MINUTE_MS),
        world.snapshot("1000SHIBUSDT", minute=None, price=None, heartbeat=None, status="stopped"),
        stuck(world, price=3000.0),
    ]
    assert status_lines(snapshots, world.T + 5_000) == [
        "SYMBOL        STATUS                           STATE         PNL  PRICE  TO TP  TO SL  LEFT"
        "  LAST MINUTE          BEAT  STRATEGY  EXCHANGE  MODE",
        "BTCUSDT       OK                               open long  -0.25%  100.5  0.50%  1.00%   50m"
        "  2026-03-02T00:21Z  5s ago  breakout  demo      PAPER",
        "1000SHIBUSDT  STOPPED not running              idle            -      -      -      -     -"
        "  -                       -  breakout  demo      PAPER",
        "ETHUSDT       STUCK no minute finished for 7m  idle            -   3000      -      -     -"
        "  2026-03-02T00:04Z  5s ago  breakout  demo      PAPER",
        "3 symbols: 1 ok, 1 stopped, 1 stuck; 1 open",
    ]


def test_where_a_symbol_has_several_journals_the_summary_counts_those(world) -> None:
    one = world.snapshot()
    other = replace(one, identity=replace(one.identity, strategy="wave"))
    assert status_lines([one, other], world.T)[-1].startswith("2 journals: ")
    assert status_lines([one, world.snapshot("ETHUSDT")], world.T)[-1].startswith("2 symbols: ")
    assert status_lines([one], world.T)[-1].startswith("1 symbol: ")


@pytest.mark.parametrize(
    ("levels", "price", "shown"),
    [
        ((Position.LONG, 110.0, 95.0), 100.0, ["10.00%", "5.00%"]),
        ((Position.SHORT, 90.0, 105.0), 100.0, ["10.00%", "5.00%"]),
        ((Position.LONG, 110.0, 95.0), 112.0, ["-1.79%", "15.18%"]),
        ((Position.LONG, 110.0, 95.0), None, ["-", "-"]),
        ((Position.LONG, 110.0, 95.0), float("nan"), ["-", "-"]),
    ],
)
def test_the_distances_to_both_levels_are_percents_of_the_price(world, levels, price, shown) -> None:
    position, profit, loss = levels
    state = world.open(position=position, price_take_profit=profit, price_stop_loss=loss)
    head, row, _ = status_lines([world.snapshot(state=state, price=price)], world.T)
    assert row[head.index("TO TP") - 2 :].split()[:2] == shown


# ---- what tells rows apart


def test_what_differs_between_the_rows_stands_in_front(world) -> None:
    one, other = world.snapshot(), world.snapshot()
    other = replace(other, identity=replace(other.identity, strategy="mean-reversion"))
    assert status_lines([one, other], world.T)[0].split()[:3] == ["SYMBOL", "STRATEGY", "STATUS"]
    live = world.snapshot(mode=Mode.LIVE)
    assert status_lines([live], world.T)[0].split()[:3] == ["SYMBOL", "MODE", "STATUS"]
    assert status_lines([one], world.T)[0].split()[-3:] == ["STRATEGY", "EXCHANGE", "MODE"]


# ---- widths


def fleet(world) -> list[Snapshot]:
    return [
        world.snapshot("BTCUSDT", world.open(), unrealised=-0.25, price=64250.125),
        world.snapshot("1000SHIBUSDT", world.closing(), price=0.026890078, degraded=True, unrealised=12.5),
        stuck(world, error="cannot write data/signal/paper/demo-breakout-ETHUSDT.jsonl: No space left on device"),
        world.snapshot("SOLUSDT", status="stopped"),
        replace(world.snapshot("XRPUSDT"), held=False),
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(world, width: int) -> None:
    """But for a word that cannot be broken, such as a path, which is there to be copied."""
    for line in status_lines(fleet(world), world.T, terminal(width)):
        assert cells(line) <= width or (line.startswith("  ") and " " not in line.strip())


@pytest.mark.parametrize("width", WIDTHS)
def test_no_price_is_cut_in_two(world, width: int) -> None:
    head, *rows = status_lines(fleet(world), world.T, terminal(width))
    if "PRICE" in head:
        assert " 64250.125" in rows[0]
        assert " ~0.026890078" in rows[1]
    assert ("TO TP" in head) == ("TO SL" in head)
    for row in rows[:2]:
        numbers = re.findall(r"(?<![\w.])[-+~]?\d+\.\d+%?", row)
        assert set(numbers) <= {"-0.25%", "64250.125", "~0.026890078", "+12.50%"} | set(re.findall(r"\S+%", row))


def test_columns_are_dropped_from_the_right(world) -> None:
    widest = status_lines(fleet(world), world.T, terminal(200))[0].split("  ")
    names = [name.strip() for name in widest if name.strip()]
    for width in WIDTHS:
        shown = [
            name.strip() for name in status_lines(fleet(world), world.T, terminal(width))[0].split("  ") if name.strip()
        ]
        assert shown == names[: len(shown)]
        assert shown[:2] == ["SYMBOL", "STATUS"]


def test_forty_columns_have_the_word_the_state_the_pnl_and_the_reason(world) -> None:
    assert status_lines(fleet(world), world.T, terminal(40)) == [
        "SYMBOL        STATUS   STATE",
        "BTCUSDT       OK       open long",
        "1000SHIBUSDT  OK       closing short",
        "ETHUSDT       STUCK    idle",
        "  no minute finished for 7m",
        "  error: cannot write",
        "  data/signal/paper/demo-breakout-ETHUSDT.jsonl:",
        "  No space left on device",
        "SOLUSDT       STOPPED  idle",
        "XRPUSDT       DEAD     idle",
        "  process gone, 0s ago",
        "5 symbols: 2 ok, 1 stopped, 1 stuck,",
        "  1 dead; 2 open",
    ]


def test_names_give_way_to_the_word_on_the_narrowest_terminal(world) -> None:
    other = world.snapshot("A" * 40)
    other = replace(other, identity=replace(other.identity, strategy="moving-average-cross"))
    for width in (30, 40, 50):
        _, first, second, _ = status_lines([world.snapshot(), other], world.T, terminal(width))
        assert cells(second) <= width
        assert "…" in second
        assert first.split()[2] == second.split()[2] == "OK"
        assert all("…" not in line for line in status_lines([other], world.T))


def test_a_pipe_gets_every_column_and_each_error_on_one_line(world) -> None:
    lines = status_lines([world.snapshot("A" * 60, error="x " * 300, error_time=world.T)], world.T)
    assert lines[1].startswith("A" * 60)
    assert lines[1].split()[-3:] == ["breakout", "demo", "PAPER"]
    assert lines[2] == "  error at 2026-03-02T00:11Z: " + ("x " * 300)
    assert len(lines) == 4


# ---- looks


def test_colours_change_nothing_but_colours(world) -> None:
    for width in WIDTHS:
        plain = status_lines(fleet(world), world.T, terminal(width))
        painted = status_lines(fleet(world), world.T, terminal(width, colour=True))
        assert [ESCAPES.sub("", line) for line in painted] == plain
        assert painted != plain
    assert not any("\x1b" in line for line in status_lines(fleet(world), world.T, terminal(80)))


def test_without_unicode_only_ascii_is_written(world) -> None:
    snapshot = world.snapshot("漢字" * 20, error="ошибка")
    for width in (30, 80):
        assert all(line.isascii() for line in status_lines([snapshot], world.T, terminal(width, unicode=False)))


# ---- errors, damage, hostile text


def test_the_last_error_stands_below_its_symbol(world) -> None:
    lines = status_lines([world.snapshot(error="asked\nthrice", error_time=world.T), world.snapshot("B")], world.T)
    assert lines[2] == "  error at 2026-03-02T00:11Z: asked thrice"
    assert lines[3].startswith("B ")


def test_a_trouble_that_is_over_is_not_called_an_error(world) -> None:
    snapshot = world.snapshot(error="candles come again", error_time=world.T, error_code=0)
    assert status_lines([snapshot], world.T)[2] == "  over at 2026-03-02T00:11Z: candles come again"


def test_nobody_knows_the_state_of_a_damaged_journal(world) -> None:
    damaged = replace(world.snapshot(status="halted", unrealised=1.5), known=False)
    _, row, summary = status_lines([damaged], world.T + 60_000)
    assert re.match(r"BTCUSDT +HALTED needs a person, 1m ago +unknown +- ", row)
    assert summary == "1 symbol: 1 halted; none open, 1 unknown"
    found = json.loads(status_json([damaged], world.T))
    assert (found["health"], found["state"], found["signal"], found["unrealised"]) == ("halted", None, None, None)


def test_an_empty_data_folder_is_said(world) -> None:
    assert status_lines([], world.T) == [NOTHING]
    assert status_json([], world.T) == ""


def test_hostile_text_keeps_one_line_per_symbol(world, harmless) -> None:
    for text in world.hostile:
        lines = status_lines([world.snapshot(text, error=text), world.snapshot()], world.T)
        assert len(lines) == (5 if text else 4)
        assert all(map(harmless, lines))
        assert all(map(harmless, status_lines([world.snapshot(text, error=text)], world.T, terminal(40))))


# ---- for programs


def test_json_has_one_object_per_symbol_and_line_with_all_there_is(world) -> None:
    snapshots = [world.snapshot("BTCUSDT", world.open(), error="x\n\u2028"), stuck(world, heartbeat=world.T)]
    lines = status_json(snapshots, world.T + 7).splitlines()
    first, second = map(json.loads, lines)
    assert len(lines) == 2
    assert (first["symbol"], first["state"], first["health"], first["mode"]) == ("BTCUSDT", "open", "ok", "paper")
    assert first["signal"]["price_take_profit"] == 101.0
    assert (first["to_take_profit_percent"], first["to_stop_loss_percent"]) == pytest.approx((0.4975, 0.9950), abs=1e-4)
    assert first["expires"] == world.T + 60 * MINUTE_MS
    assert (first["heartbeat_age_ms"], first["error"], first["held"]) == (7, "x\n\u2028", True)
    assert (second["state"], second["signal"], second["health"]) == ("idle", None, "stuck")
    assert (second["reason"], second["age_ms"], second["feed_age_ms"]) == ("no minute finished", 7 * MINUTE_MS, 0)
    assert first.keys() == second.keys()


def test_json_never_holds_a_number_that_is_none(world) -> None:
    nan, inf = float("nan"), float("inf")
    line = status_json([world.snapshot(state=world.open(), price=nan, unrealised=inf)], world.T)
    found = json.loads(line)
    assert found["price"] is found["unrealised"] is found["to_stop_loss_percent"] is None


def test_an_open_signal_counts_whatever_its_journal_is_called(world) -> None:
    snapshot = Snapshot(Identity(Mode.PAPER, "demo", "a", "b"), Open(world.signal()), world.snapshot().pulse)
    assert status_lines([snapshot], world.T)[-1] == "1 symbol: 1 ok; 1 open"
