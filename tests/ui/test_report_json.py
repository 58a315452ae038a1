"""The report as one JSON object: what programs read."""

from __future__ import annotations

import json
from typing import Any

from livekit_cli.core.codec import event_to_dict
from livekit_cli.core.event import CloseReason
from livekit_cli.core.results import Trial, Window, results
from livekit_cli.ui.report_json import report_json

KEYS = [
    "strategy_name", "symbol", "modes", "exchanges", "window", "backtest", "statistics", "symbols", "close_reasons",
    "months", "open", "events", "events_left_out", "notes",
]  # fmt: skip
STATISTICS = [
    "total_events", "opened", "closed", "wins", "losses", "win_rate", "average_pnl", "total_pnl", "profit_factor",
    "expectancy", "max_drawdown", "best", "worst", "winning_streak", "losing_streak", "costs", "close_reasons",
    "average_duration_minutes",
]  # fmt: skip


def told(*events: Any, last: int | None = None, **more: Any) -> Any:
    return json.loads(report_json(results("breakout", events, **more), last))


def test_the_keys_are_these_in_this_order(world: Any) -> None:
    found = told(world.opened(), world.closed())
    assert list(found) == KEYS
    assert list(found["statistics"]) == STATISTICS
    assert list(found["symbols"]["BTCUSDT"]) == STATISTICS
    assert list(found["close_reasons"]["take_profit"]) == STATISTICS
    assert list(found["months"]["2026-03"]) == STATISTICS


def test_a_small_report_says_what_happened_to_the_last_digit(world: Any) -> None:
    events = [world.opened(), world.closed(1, 0.5982017982018049), world.closed(2, -0.1)]
    found = told(*events, notes=["line 7 is damaged"])
    stats = found["statistics"]
    assert (found["strategy_name"], found["modes"], found["exchanges"]) == ("breakout", ["paper"], ["demo"])
    assert stats["total_pnl"] == 0.5982017982018049 - 0.1
    assert stats["best"] == {"id": "sig1", "symbol": "BTCUSDT", "pnl_percentage": 0.5982017982018049}
    assert stats["worst"] == {"id": "sig2", "symbol": "BTCUSDT", "pnl_percentage": -0.1}
    assert stats["close_reasons"] == {"take_profit": 2, "stop_loss": 0, "time_expired": 0}
    assert found["events"] == [event_to_dict(event) for event in events]
    assert found["notes"] == ["line 7 is damaged"]
    assert (found["window"], found["backtest"], found["open"]) == ({"since": None, "until": None}, None, [])


def test_what_is_open_is_told_with_its_unrealised_pnl(world: Any) -> None:
    (one,) = told(open_now=[world.snapshot("ETHUSDT", world.open(), unrealised=0.25), world.snapshot()])["open"]
    assert (one["symbol"], one["state"], one["unrealised"], one["price"]) == ("ETHUSDT", "open", 0.25, 100.5)
    assert one["signal"]["id"] == "sig1"
    assert one["minute"] == world.T


def test_a_number_that_is_none_is_null(world: Any) -> None:
    nothing = told()["statistics"]
    assert nothing["win_rate"] is nothing["profit_factor"] is nothing["best"] is None
    snapshot = world.snapshot("ETHUSDT", world.open(), unrealised=float("nan"), price=float("inf"))
    (one,) = told(open_now=[snapshot])["open"]
    assert one["unrealised"] is one["price"] is None


def test_last_lists_fewer_events_and_counts_all(world: Any) -> None:
    found = told(world.opened(), world.closed(), last=1)
    assert [event["action"] for event in found["events"]] == ["closed"]
    assert (found["events_left_out"], found["statistics"]["total_events"]) == (1, 2)


def test_the_window_and_the_backtest_are_told(world: Any) -> None:
    trial = Trial(world.T, world.T + 60_000, 100.0, 102.0, 0.1, 0.1)
    events = [world.opened(), world.closed(pnl=0.6, close_reason=CloseReason.STOP_LOSS)]
    found = told(*events, window=Window(world.T, None), symbol="BTCUSDT", trial=trial)
    assert (found["window"], found["symbol"]) == ({"since": world.T, "until": None}, "BTCUSDT")
    backtest = found["backtest"]
    assert (backtest["minutes"], backtest["price_start"], backtest["price_end"]) == (2, 100.0, 102.0)
    assert backtest["fee_costs"] == 0.2
    assert backtest["slippage_costs"] + backtest["fee_costs"] == found["statistics"]["costs"]


def test_hostile_text_is_ascii_on_one_line_and_comes_back_whole(world: Any) -> None:
    for text in world.hostile:
        signal = world.signal(note=text, id=text)
        event = world.closed(signal=signal, symbol=text, exchange_name=text)
        found = results(text, [event], [world.snapshot(text, world.open(note=text))], [text])
        written = report_json(found)
        assert written.isascii()
        assert written.isprintable()
        plain = json.loads(written)
        whole = json.loads(json.dumps(text))  # two halves of a pair are one letter to whoever reads them
        assert plain["events"][0]["signal"]["note"] == plain["notes"][0] == plain["strategy_name"] == whole
