from __future__ import annotations

import json

from livekit_cli.core.event import Mode
from livekit_cli.ui.status import NOTHING, state_text, status_json, status_lines


def test_each_state_has_its_words(world) -> None:
    states = [world.snapshot().state, world.opening(), world.open(), world.closing()]
    assert [*map(state_text, states)] == ["idle", "opening long", "open long", "closing short"]


def test_the_table_is_aligned_in_the_order_given(world) -> None:
    snapshots = [
        world.snapshot("BTCUSDT", world.open(), unrealised=-0.25),
        world.snapshot("1000SHIBUSDT", mode=Mode.LIVE, minute=None, price=None, heartbeat=None, status="stopped"),
    ]
    assert status_lines(snapshots, world.T + 5_000) == [
        "SYMBOL        STRATEGY  EXCHANGE  MODE   STATE      PRICE  UNREALISED  LAST MINUTE        HEARTBEAT  STATUS",
        "BTCUSDT       breakout  demo      PAPER  open long  100.5  -0.25%      2026-03-02T00:11Z  5s ago     OK",
        "1000SHIBUSDT  breakout  demo      LIVE   idle       -      -           -                  -          STOPPED",
    ]


def test_the_last_error_stands_below_its_symbol(world) -> None:
    lines = status_lines([world.snapshot(error="asked\nthrice", error_time=world.T), world.snapshot("B")], world.T)
    assert lines[2] == "  error at 2026-03-02T00:11Z: asked thrice"
    assert lines[3].startswith("B ")


def test_an_empty_data_folder_is_said(world) -> None:
    assert status_lines([], world.T) == [NOTHING]
    assert status_json([], world.T) == ""


def test_hostile_text_keeps_one_line_per_symbol(world, harmless) -> None:
    for text in world.hostile:
        lines = status_lines([world.snapshot(text, error=text), world.snapshot()], world.T)
        assert len(lines) == (4 if text else 3)
        assert all(map(harmless, lines))


def test_json_has_one_object_per_symbol_and_line(world) -> None:
    snapshots = [world.snapshot("BTCUSDT", world.open(), error="x\n\u2028"), world.snapshot("ETHUSDT")]
    lines = status_json(snapshots, world.T + 7).splitlines()
    first, second = map(json.loads, lines)
    assert len(lines) == 2
    assert (first["symbol"], first["state"], first["status"], first["mode"]) == ("BTCUSDT", "open", "ok", "paper")
    assert first["signal"]["price_take_profit"] == 101.0
    assert (first["heartbeat_age_ms"], first["error"]) == (7, "x\n\u2028")
    assert (second["state"], second["signal"]) == ("idle", None)


def test_json_never_holds_a_number_that_is_none(world) -> None:
    line = status_json([world.snapshot(price=float("nan"), unrealised=float("inf"))], world.T)
    assert json.loads(line)["price"] is json.loads(line)["unrealised"] is None
