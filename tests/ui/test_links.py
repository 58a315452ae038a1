"""The line for each real exchange, in the table and in `status`: what it says, and that it fits and breaks nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.health import BEAT_MS
from livekit_cli.core.link import Link
from livekit_cli.core.pulse import Snapshot
from livekit_cli.core.tally import Tally
from livekit_cli.ui.links import LATE_MS
from livekit_cli.ui.look import Look
from livekit_cli.ui.status import status_json, status_lines
from livekit_cli.ui.styled import painted, plain
from livekit_cli.ui.table import View, frame

BY_WEBSOCKET = Link(by_websocket=3, streams=3)

Running = Callable[..., Snapshot]
Told = Callable[..., list[str]]


@pytest.fixture
def running(world: Any) -> Running:
    """A symbol on `binance` that is well, its minute finished a fifth of a second after its close."""

    def snapshot(link: Link | None = BY_WEBSOCKET, symbol: str = "BTCUSDT", exchange: str = "binance", **pulse: Any):
        market = {"newest_candle": world.T, "next_due": world.T + MINUTE_MS, "first": world.T - 60 * MINUTE_MS}
        given = market | {"delay_ms": 210} | pulse
        found = world.snapshot(symbol, given.pop("state", None), link=link, **given)
        return replace(found, identity=replace(found.identity, exchange=exchange))

    return snapshot


@pytest.fixture
def told(world: Any) -> Told:
    """What stands between the head and the rows, eighteen seconds after the minute."""

    def lines(*snapshots: Snapshot, width: int = 120, height: int = 24, now: int = world.T + 18_000) -> list[str]:
        shown = [plain(line) for line in frame(View(snapshots), now, Look(width=width, height=height))]
        return shown[1 : next(number for number, line in enumerate(shown) if line.startswith("SYMBOL"))]

    return lines


# ---- what is said


def test_how_candles_come_and_how_late_is_said_once(running: Running, told: Told) -> None:
    fleet = [running(), running(symbol="ETHUSDT", delay_ms=340), running(symbol="SOLUSDT")]
    assert told(*fleet) == ["binance: candles by websocket, newest <1m old, minutes done in 0.3s"]
    some = [replace(one, pulse=one.pulse._replace(link=Link(2, 3))) for one in fleet]
    assert told(*some)[0].startswith("binance: candles by websocket, 2 of 3 symbols, newest")


def test_a_built_in_market_has_no_line(running: Running, told: Told) -> None:
    assert told(running(link=None)) == []


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (Link(), "candles by REST"),
        (Link(streams=3), "candles by REST, for now"),
        (
            Link(streams=3, silent_since=-720_000, trouble="frozen"),
            "candles by REST, none by websocket for 12m (frozen)",
        ),
        (
            Link(unavailable_since=-420_000, trouble="no answer in time"),
            "UNAVAILABLE for 7m (no answer in time)",
        ),
        (
            Link(left_alone_until=112_000, unavailable_since=-420_000, trouble="too many requests (429)"),
            "LEFT ALONE for 1m more, as it asked (too many requests (429))",
        ),
        (Link(left_alone_until=45_000), "LEFT ALONE for 45s more, as it asked"),
        # What it was shut out for is over, and nobody has asked again yet.
        (Link(left_alone_until=-1, unavailable_since=-420_000, trouble="busy"), "UNAVAILABLE for 7m (busy)"),
    ],
)
def test_what_is_not_as_it_should_be_is_said_with_since_when_and_why(
    world: Any, running: Running, told: Told, link: Link, words: str
) -> None:
    now = world.T + 18_000
    times = ("silent_since", "unavailable_since", "left_alone_until")
    moved = {name: now + value for name in times if (value := getattr(link, name)) is not None}
    (line,) = told(running(link._replace(**moved)), now=now)
    is_well = words.startswith("candles")
    assert line.startswith(f"binance: {words}, newest {'' if is_well else 'candle '}<1m old")
    assert ("minutes done" in line) == is_well


def test_time_goes_on_while_nothing_new_is_heard(world: Any, running: Running, told: Told) -> None:
    down = running(Link(unavailable_since=world.T - 60_000))
    assert [told(down, now=world.T + later)[0][:28] for later in (0, 60_000)] == [
        "binance: UNAVAILABLE for 1m,",
        "binance: UNAVAILABLE for 2m,",
    ]


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(0, ""), (999, ""), (61_000, ", clock here 61.0s behind"), (-1_400, ", clock here 1.4s ahead")],
)
def test_clocks_that_differ_are_said(running: Running, told: Told, ahead: int, words: str) -> None:
    assert told(running(BY_WEBSOCKET._replace(ahead_ms=ahead))) == [
        f"binance: candles by websocket, newest <1m old{words}, minutes done in 0.2s"
    ]


def test_the_newest_candle_is_that_of_any_symbol_and_the_delay_that_of_the_slowest(
    world: Any, running: Running, told: Told
) -> None:
    old = running(newest_candle=world.T - 9 * MINUTE_MS, delay_ms=12_400)
    older = running(symbol="ETHUSDT", newest_candle=world.T - 15 * MINUTE_MS, delay_ms=None)
    assert told(old, older)[0].endswith(", newest 9m old, minutes done in 12.4s")
    assert told(older, old)[0].endswith(", newest 9m old, minutes done in 12.4s")
    assert told(older)[0].endswith(", newest 15m old"), "it has not finished a minute yet"
    assert told(running(delay_ms=20))[0].endswith(", minutes done in <0.1s")


def test_what_is_late_or_wrong_stands_out(world: Any, running: Running) -> None:
    def paint(snapshot: Snapshot) -> str:
        look = Look(width=120, height=24, colour=True)
        return painted(frame(View([snapshot]), world.T, look)[1], look)

    assert "\x1b[32mcandles by websocket\x1b[0m" in paint(running())
    assert "\x1b[1;31mUNAVAILABLE" in paint(running(Link(unavailable_since=world.T)))
    assert "\x1b[33mcandles by REST, none" in paint(running(Link(streams=1, silent_since=world.T)))
    assert "\x1b[33mminutes done in 10.0s" in paint(running(delay_ms=LATE_MS))
    assert "\x1b[33m" not in paint(running(delay_ms=LATE_MS - 1))
    assert "\x1b[33mnewest 2m old" in paint(running(newest_candle=world.T - 2 * MINUTE_MS))


# ---- rows below it


def rows_of(world: Any, *snapshots: Snapshot, now: int) -> list[str]:
    shown = [plain(line).rstrip() for line in frame(View(snapshots), now, Look(width=120, height=24))]
    first = next(number for number, line in enumerate(shown) if line.startswith("SYMBOL"))
    return shown[first + 1 : shown.index("", first)]


@pytest.mark.parametrize("link", [{"unavailable_since": -200_000}, {"left_alone_until": 60_000}])
def test_what_the_line_says_for_all_is_not_said_below_each_row(
    world: Any, running: Running, link: dict[str, int]
) -> None:
    link_then = Link(**{name: world.T + value for name, value in link.items()})
    failed = {"error": "binance: the candles: no", "error_time": world.T, "error_code": 69}
    blind = failed | {"newest_candle": world.T - 4 * MINUTE_MS, "minute": world.T - 4 * MINUTE_MS}
    names = ("BTCUSDT", "ETHUSDT")
    rows = rows_of(world, *(running(link_then, name, **blind) for name in names), now=world.T)
    assert [line.split()[:2] for line in rows] == [[name, "STALE"] for name in names]
    # Where the exchange is not to blame, or no more, each has its own words.
    for changed in (blind | {"error_code": 1}, blind | {"status": "restarting"}):
        assert len(rows_of(world, running(link_then, **changed), now=world.T)) == 2
    assert len(rows_of(world, running(BY_WEBSOCKET, **blind), now=world.T)) == 2


def test_a_minute_that_the_exchange_failed_needs_no_eyes_once_a_later_one_was_finished(
    world: Any, running: Running
) -> None:
    failed = {"error": "no candles", "error_time": world.T - MINUTE_MS}
    over = running(symbol="OVER", error_code=69, **failed)
    lasting = running(symbol="LASTING", error_code=69, **failed | {"minute": world.T - 2 * MINUTE_MS})
    strategy = running(symbol="STRATEGY", error_code=1, **failed)
    rows = rows_of(world, over, lasting, strategy, now=world.T)
    assert [line.split()[0] for line in rows[::2]] == ["LASTING", "STRATEGY", "OVER"]
    assert rows[-1] == "  00:10 no candles", "it is still said"


# ---- whose word counts


def test_of_one_process_the_last_heartbeat_counts(world: Any, running: Running, told: Told) -> None:
    """An exchange that answers again is well, although another symbol has not said so yet."""
    before = running(Link(unavailable_since=world.T), heartbeat=world.T)
    after = running(symbol="ETHUSDT", heartbeat=world.T + 1)
    assert told(before, after) == told(after, before)
    assert "UNAVAILABLE" not in told(before, after)[0]


def test_of_several_processes_the_one_that_is_worst_off_counts(world: Any, running: Running, told: Told) -> None:
    down = running(Link(unavailable_since=world.T), heartbeat=world.T, pid=1)
    well = running(symbol="ETHUSDT", heartbeat=world.T + 1, pid=2)
    assert "UNAVAILABLE" in told(down, well)[0]
    assert "UNAVAILABLE" in told(well, down)[0]


@pytest.mark.parametrize(
    "gone",
    [{"status": "stopped"}, {"status": "starting"}, {"status": "halted"}, {"heartbeat": 1_772_410_278_000 - BEAT_MS}],
)
def test_nobody_who_does_not_run_has_a_connection(running: Running, told: Told, gone: dict[str, Any]) -> None:
    assert told(running(**gone)) == []
    assert told(running(**gone), running(symbol="ETHUSDT")) == told(running(symbol="ETHUSDT"))


def test_nor_does_a_process_that_died(running: Running, told: Told) -> None:
    assert told(replace(running(), held=False)) == []


# ---- where there is little room


def test_the_worst_exchange_comes_first(world: Any, running: Running, told: Told) -> None:
    fleet = [
        running(exchange="okx"),
        running(Link(unavailable_since=world.T), exchange="kraken"),
        running(exchange="binance"),
    ]
    assert [line.partition(":")[0] for line in told(*fleet)] == ["kraken", "binance", "okx"]


def test_on_a_low_terminal_only_what_is_wrong_is_said(world: Any, running: Running, told: Told) -> None:
    fleet = [running(), running(Link(unavailable_since=world.T), exchange="kraken")]
    assert len(told(*fleet, height=12)) == 2
    (line,) = told(*fleet, height=9)
    assert line.startswith("kraken: UNAVAILABLE")


@pytest.mark.parametrize("height", range(1, 30))
@pytest.mark.parametrize("width", [1, 19, 40, 80])
def test_the_table_never_grows_beyond_its_size(world: Any, running: Running, width: int, height: int) -> None:
    fleet = [
        running(Link(unavailable_since=world.T, trouble="x" * 200), f"COIN{number}", f"exchange{number % 7}")
        for number in range(20)
    ]
    tally = Tally().plus(world.closed(number) for number in range(9))
    lines = frame(View(fleet, tally, notes=("note",)), world.T, Look(width=width, height=height))
    assert len(lines) <= height
    assert all(cell_len(plain(line)) <= width for line in lines)
    shown = [plain(line) for line in lines]
    if height >= 8 and width >= 19:
        assert any(line.startswith("exchange") for line in shown)
        assert any(line.startswith("COIN") for line in shown)


@pytest.mark.parametrize("unicode", [True, False])
def test_hostile_text_does_no_harm(
    world: Any, running: Running, harmless: Callable[[str], bool], unicode: bool
) -> None:
    for text in world.hostile:
        down = running(Link(unavailable_since=world.T, trouble=text), exchange=text)
        look = Look(is_terminal=True, width=79, height=24, unicode=unicode)
        lines = [plain(line) for line in frame(View([down]), world.T, look)]
        assert sum("UNAVAILABLE" in line for line in lines) == 1
        lines += status_lines([down], world.T, look)
        assert all(map(harmless, lines))
        assert unicode or all(line.isascii() for line in lines)


# ---- status


def test_status_has_the_line_between_the_rows_and_the_summary(world: Any, running: Running) -> None:
    fleet = [running(), running(symbol="ETHUSDT")]
    assert status_lines(fleet, world.T)[-2:] == [
        "binance: candles by websocket, newest <1m old, minutes done in 0.2s",
        "2 symbols: 2 ok; none open",
    ]
    assert len(status_lines([running(link=None)], world.T)) == 3


def test_on_a_terminal_the_line_of_status_is_wrapped_and_nothing_is_cut(world: Any, running: Running) -> None:
    down = running(Link(unavailable_since=world.T - 420_000, trouble="no answer in time"))
    look = Look(is_terminal=True, width=40, colour=True)
    *_, first, second, _ = status_lines([down], world.T, look)
    assert (first, second) == (
        "\x1b[1;31mbinance: UNAVAILABLE for 7m (no answer\x1b[0m",
        "\x1b[1;31min time), newest candle <1m old\x1b[0m",
    )


def test_a_stale_symbol_says_what_the_exchange_does(world: Any, running: Running) -> None:
    blind = {"newest_candle": world.T - 8 * MINUTE_MS}
    down = running(Link(unavailable_since=world.T - 7 * MINUTE_MS), **blind)
    assert "STALE exchange unavailable for 7m" in status_lines([down], world.T)[1]
    alone = running(Link(unavailable_since=world.T - 7 * MINUTE_MS, left_alone_until=world.T + 1), **blind)
    assert "STALE exchange shuts us out for 7m" in status_lines([alone], world.T)[1]
    assert "STALE no new candle for 8m" in status_lines([running(**blind)], world.T)[1]


def test_programs_get_the_connection_of_each_symbol(world: Any, running: Running) -> None:
    down = running(Link(0, 3, None, world.T - 60_000, None, "busy", 400))
    first, second = map(json.loads, status_json([down, running(link=None)], world.T).splitlines())
    assert first["connection"] == {
        "state": "unavailable",
        "candles_by": "rest",
        "by_websocket": 0,
        "streams": 3,
        "silent_since": None,
        "unavailable_since": world.T - 60_000,
        "left_alone_until": None,
        "trouble": "busy",
        "ahead_ms": 400,
    }
    assert (first["minute_delay_ms"], second["connection"]) == (210, None)
    assert re.fullmatch("[a-z_]+", first["connection"]["state"])
