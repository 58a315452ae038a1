"""`explain`: from an id in a journal to the numbers behind it, on every kind of exchange."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import open_journal
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Mode
from livekit_cli.core.machine import settle, step
from livekit_cli.core.signal import Position, Proposal
from livekit_cli.core.state import Closing, Filled, Identity, Idle, Minute, Opening, State, Step, Terms

SEEDED = """
exchange: demo
seed: 7
slippage_percent: 0.05
fee_percent: 0.02
"""

EAGER = """
from livekit_cli import Strategy


class Eager(Strategy):
    interval = "1m"

    async def get_signal(self, market):
        return market.long(take_profit=0.1, stop_loss=0.1, minutes=10, note="eager")
"""


def in_a_process(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A run takes over the process's signals, so it gets one of its own."""
    command = [sys.executable, "-m", "livekit_cli", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def newest(livekit: Any, action: str) -> str:
    events = [json.loads(line) for line in livekit("events", "--json").out]
    return [event["signal"]["id"] for event in events if event["action"] == action][-1]


def told(livekit: Any, *words: str) -> Any:
    ended = livekit("explain", *words, "--json")
    assert (ended.code, ended.err) == (0, [])
    (line,) = ended.out
    return json.loads(line)


@pytest.fixture
def demo(world: Any) -> Any:
    """A project in which a demo exchange of its own has been traded on, minute by minute."""
    world.strategy("eager", EAGER)
    (world.folder / "configs").mkdir()
    (world.folder / "configs" / "other.yaml").write_text(SEEDED)
    words = ("run", "BTCUSDT", "-s", "eager", "-e", "other", "--speed", "1e9", "--once")
    for _ in range(14):
        assert in_a_process(world.folder, *words).returncode == 0
    return world


# ---- exchanges


def test_a_demo_market_is_computed_again_with_its_seed_and_its_costs(livekit: Any, demo: Any) -> None:
    plain = told(livekit, newest(livekit, "closed"))
    assert (plain["exchange"], plain["notes"]) == ("other", [])
    assert plain["opening_price"]["equal"] is plain["last_price"]["equal"] is True
    assert (plain["pnl"]["slippage_percent"], plain["pnl"]["fee_percent"], plain["pnl"]["equal"]) == (0.05, 0.02, True)
    assert plain["way"]["first_call"] == {
        "time": plain["closed"]["time"],
        "close_reason": plain["closed"]["close_reason"],
    }


def test_with_another_seed_it_says_that_it_does_not_match_and_the_costs_stay_those_of_then(
    livekit: Any, demo: Any
) -> None:
    name = newest(livekit, "closed")
    (demo.folder / "configs" / "other.yaml").write_text(SEEDED.replace("seed: 7", "seed: 8").replace("0.02", "0.3"))
    plain = told(livekit, name)
    assert plain["opening_price"]["equal"] is plain["last_price"]["equal"] is False
    assert (plain["pnl"]["fee_percent"], plain["pnl"]["costs_recorded"], plain["pnl"]["equal"]) == (0.02, True, True)
    page = "\n".join(livekit("explain", name).out)
    assert page.count("NOT EQUAL, these are other candles") == 2
    assert "slippage and fee are those that the journal recorded with it" in page


def test_an_exchange_that_is_gone_is_a_note_and_the_rest_is_told(livekit: Any, demo: Any) -> None:
    name = newest(livekit, "closed")
    (demo.folder / "configs" / "other.yaml").unlink()
    plain = told(livekit, name)
    assert plain["notes"][0].startswith("nothing is known of its exchange: no exchange")
    assert plain["pnl"]["equal"] is True
    assert "the candles of other are not at hand" in plain["notes"][1]
    assert plain["opening_price"] is None
    assert plain["fired"] == plain["closed"]["close_reason"]


def test_recorded_candles_are_asked_for_and_then_agree(livekit: Any, world: Any) -> None:
    world.run(minutes=14)
    name = newest(livekit, "closed")
    without = livekit("explain", name)
    assert (without.code, without.err) == (0, [])
    page = " ".join(without.out)
    assert "--candles FILE gives them" in page
    assert "CANDLE" not in page
    assert "-> time_expired" in page
    plain = told(livekit, name, "--candles", "candles.csv")
    assert plain["notes"] == []
    assert plain["opening_price"]["equal"] is plain["last_price"]["equal"] is plain["pnl"]["equal"] is True
    assert plain["last_price"]["vwap"] == 100.0


def test_candles_of_another_time_are_said_to_be_others(livekit: Any, world: Any) -> None:
    world.run(minutes=6)
    name = newest(livekit, "closed")
    (world.folder / "other.csv").write_text("timestamp,open,high,low,close,volume\n1800000000000,1,1,1,1,1\n")
    plain = told(livekit, name, "--candles", "other.csv")
    assert plain["notes"] == ["these candles have none from 2025-12-31T23:56Z to 2026-01-01T00:04Z: they are others"]
    assert plain["opening_price"]["equal"] is False


def test_a_file_that_is_no_candles_is_refused(livekit: Any, world: Any) -> None:
    world.run()
    ended = livekit("explain", newest(livekit, "closed"), "--candles", "candle.csv")
    assert (ended.code, ended.out) == (78, [])
    assert "there is no such file" in ended.err[0]


# ---- states


def test_an_open_signal_says_where_it_stands_and_that_nobody_watches_it(livekit: Any, world: Any) -> None:
    world.run(minutes=6)
    name = newest(livekit, "opened")
    page = livekit("explain", name, "--candles", "candles.csv").out
    assert "open since 2026-01-01T00:05Z" in page
    assert any(line.startswith("watched: STOPPED, ") for line in page)
    assert "closes by take_profit at VWAP >= take profit 101.0, +1.00% from here" in page
    assert "closes by time_expired at 2026-01-01T00:08Z, in 2m" in page
    plain = told(livekit, name, "--candles", "candles.csv")
    assert (plain["state"], plain["closed"], plain["last_price"]["equal"]) == ("open", None, True)


IDENTITY = Identity(Mode.PAPER, "demo", "brisk", "BTCUSDT")
TIME = 1_767_225_600_000
WISH = Proposal(Position.LONG, 110.0, 90.0, 5, None, "")


def written(folder: Path, *minutes: Minute, cut: int = 99) -> str:
    """The id of the signal of a journal with the steps that these minutes make; only the first `cut` of them."""
    steps: list[Step] = []
    state: State = Idle()
    for minute in minutes:
        following = step(state, minute, Terms(IDENTITY))
        steps.append(following)
        while isinstance(waiting := following.state, Opening | Closing):
            fill = Filled(waiting.order.client_order_id, waiting.order.price)
            following = settle(waiting, fill, Terms(IDENTITY))
            steps.append(following)
        state = following.state

    async def append() -> None:
        journal = open_journal(folder / "data", IDENTITY, Disk(), "a test", TIME)
        for one in steps[:cut]:
            await journal.append(one, 0)
        journal.close()

    asyncio.run(append())
    assert isinstance(steps[0].state, Opening)
    return steps[0].state.signal.id


OPENS = Minute(TIME, 100.0, 100.0, proposal=WISH)
CLOSES = Minute(TIME + 3 * MINUTE_MS, 111.5, 111.0, recovered=True)


def test_a_signal_that_a_crash_left_before_its_entry_says_what_it_waits_for(livekit: Any, world: Any) -> None:
    name = written(world.folder, OPENS, cut=1)
    page = livekit("explain", name[:4]).out
    assert "opening: its entry order is owed, and the next run submits it" in page
    assert not any(line in page for line in ("Now", "Why it closed"))
    assert told(livekit, name)["opening_price"]["recorded"] == 100.0


def test_a_signal_that_a_crash_left_before_its_exit_says_why_it_closes(livekit: Any, world: Any) -> None:
    name = written(world.folder, OPENS, CLOSES, cut=3)
    page = livekit("explain", name).out
    assert "closing for take_profit: its exit order is owed, the next run submits it" in page
    assert {"Why it closes", "If its order fills at this price"} <= set(page)
    assert "long: VWAP 111.5 >= take profit 110.0 -> take_profit" in " ".join(page)
    plain = told(livekit, name)
    assert (plain["state"], plain["closed"], plain["ended"]["price"]) == ("closing", None, 111.5)


def test_a_close_found_after_a_gap_says_so(livekit: Any, world: Any) -> None:
    name = written(world.folder, OPENS, CLOSES)
    assert "recovered: nobody was looking when this minute closed" in " ".join(livekit("explain", name).out)
    assert told(livekit, name)["ended"]["recovered"] is True


# ---- finding it


def test_a_prefix_and_an_event_id_are_enough(livekit: Any, world: Any) -> None:
    world.run()
    name = newest(livekit, "closed")
    whole = livekit("explain", name).out
    assert livekit("explain", name[:6]).out == livekit("explain", f"{name}-closed").out == whole


def test_without_an_id_it_is_the_signal_that_was_told_of_last(livekit: Any, world: Any) -> None:
    world.run("ETHUSDT", minutes=14)
    world.run("BTCUSDT", minutes=6)
    assert livekit("explain").out == livekit("explain", newest(livekit, "opened")).out


def test_without_any_signal_it_says_so(livekit: Any, tmp_path: Path) -> None:
    ended = livekit("explain")
    assert (ended.code, ended.out) == (2, [])
    assert ended.err == [f"livekit: there is no signal: no journal in {tmp_path / 'data'} has one yet"]


@pytest.mark.parametrize("wanted", ["ab", "", "\x1b[31m", "zzzzzzzzzzzz", "../../x", "\ud800\u202e123"])
def test_what_is_no_signal_exits_2_in_printable_words(livekit: Any, world: Any, wanted: str) -> None:
    world.run()
    ended = livekit("explain", "--", wanted)
    assert (ended.code, ended.out) == (2, [])
    assert all(line.isprintable() for line in ended.err)
    if len(wanted) > 2:
        assert "; the newest are" in ended.err[0]
        assert ended.err[1].endswith("brisk BTCUSDT long, open")


def test_the_lines_of_the_journal_are_those_of_the_file(livekit: Any, world: Any) -> None:
    path = world.run()
    name = newest(livekit, "closed")
    lines = path.read_text().splitlines()
    for line in told(livekit, name)["journal"]:
        assert lines[line["line"] - 1] == line["raw"]
        assert line["raw"].startswith(f'{{"sum":"{line["sum"]}","seq":{line["seq"]},')
    page = livekit("explain", name, "--raw").out
    assert [line for line in lines if name in line] == [line for line in page if line.startswith("{")]
    assert not any(line.startswith("{") for line in livekit("explain", name).out)


def test_damage_elsewhere_is_told_and_exits_65(livekit: Any, world: Any) -> None:
    path = world.run("BTCUSDT")
    world.run("ETHUSDT")
    name = newest(livekit, "closed")
    path.write_bytes(path.read_bytes().replace(b'"long"', b'"lonG"', 1))
    ended = livekit("explain", name)
    assert ended.code == 65
    assert ended.out[0] == f"{name}  ETHUSDT long"
    assert "its checksum does not match" in ended.err[0]


def test_a_hostile_note_is_inert(livekit: Any, world: Any, hostile_note: str) -> None:
    world.run(note=hostile_note)
    name = newest(livekit, "closed")
    for words in ([], ["--raw"], ["--json"]):
        assert all(line.isprintable() for line in livekit("explain", name, *words).out)
