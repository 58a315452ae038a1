"""The events as CSV: a contract for programs, and harmless to a spreadsheet."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from livekit_cli.core.results import results
from livekit_cli.ui.report_csv import COLUMNS, harmless, report_csv

GOLDEN = (
    '"timestamp","time","action","event_id","strategy_name","exchange_name","symbol","mode","signal_id","position",'
    '"price_open","price_take_profit","price_stop_loss","minute_estimated_time","signal_timestamp","note",'
    '"current_price","close_reason","close_timestamp","pnl_percentage","pnl_price_open","pnl_price_close",'
    '"duration_minutes","recovered","slippage_percent","fee_percent"\r\n'
    '1772410260000,"2026-03-02T00:11:00Z","opened","sig1-opened","breakout","demo","BTCUSDT","paper","sig1","long",'
    '100.0,101.0,99.5,60,1772410260000,"30m ""high""",100.02,"","","","","","","false","",""\r\n'
    '1772410980000,"2026-03-02T00:23:00Z","closed","sig1-closed","breakout","demo","BTCUSDT","paper","sig1","long",'
    '100.0,101.0,99.5,60,1772410260000,"30m ""high""",101.2,"take_profit",1772410980000,0.5982017982018049,100.0,101.0,'
    '12.0,"true","",""\r\n'
)

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\ufe0f=1",
    "＝1",
    "－1",
    "=cmd|' /C calc'!A0",
]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


def test_a_row_for_each_event_with_every_digit(world: Any) -> None:
    signal = world.signal(note='30m "high"')
    events = [world.opened(signal=signal), world.closed(pnl=0.5982017982018049, signal=signal, recovered=True)]
    assert report_csv(results("breakout", events)) == GOLDEN


def test_the_costs_stand_at_the_end(world: Any) -> None:
    event = world.closed()
    event = replace(event, pnl=replace(event.pnl, slippage_percent=0.05, fee_percent=0.04))
    assert report_csv(results("breakout", [event])).endswith(',"false",0.05,0.04\r\n')


def test_without_events_there_is_a_header(world: Any) -> None:
    assert report_csv(results("breakout", [])) == GOLDEN.partition("\r\n")[0] + "\r\n"
    assert tuple(rows(report_csv(results("x", [world.opened()])))[0]) == COLUMNS


def test_the_newest_so_many(world: Any) -> None:
    found = results("breakout", [world.opened(), world.closed()])
    assert [row["action"] for row in rows(report_csv(found, 1))] == ["closed"]
    assert len(rows(report_csv(found, 9))) == 2


@pytest.mark.parametrize("text", FORMULAS)
def test_no_spreadsheet_takes_foreign_text_for_a_formula(world: Any, text: str) -> None:
    signal = world.signal(note=text, id=text)
    (row,) = rows(report_csv(results(text, [world.closed(signal=signal, strategy_name=text, symbol=text)])))
    for column in ("note", "signal_id", "strategy_name", "symbol", "event_id"):
        assert row[column].startswith("'"), column
    assert row["note"].isprintable()


@pytest.mark.parametrize("text", ["30m high", "a=b", "long - short", "", "'", "1e5", "漢字"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_a_loss_stays_a_number(world: Any) -> None:
    (row,) = rows(report_csv(results("breakout", [world.closed(pnl=-0.4)])))
    assert row["pnl_percentage"] == "-0.4"


def test_hostile_text_keeps_to_its_field(world: Any, harmless: Any) -> None:
    for text in world.hostile:
        signal = world.signal(note=text, id=text)
        written = report_csv(results(text, [world.closed(signal=signal, symbol=text, exchange_name=text)]))
        assert all(map(harmless, written.replace("\r\n", "")))
        (row,) = rows(written)
        assert (row["action"], row["close_reason"], row["recovered"]) == ("closed", "take_profit", "false")
        assert len(written.split("\r\n")) == 3
