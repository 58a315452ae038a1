"""One symbol's trouble stays its own: broken strategies, neighbours, and a disk that fails or is full."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tracing import strace_path

from livekit_cli.core.candle import MINUTE_MS

if TYPE_CHECKING:
    from conftest import Project, Running

GOOD = ("BTCUSDT", "ETHUSDT")

HEAD = "import asyncio\nimport os\nimport sys\nimport threading\nimport time\nfrom math import nan"

WATCHED = """
def note(self, minute):
    with open(f"minutes-{self.symbol}", "a") as file:
        file.write(f"{minute} {time.time()}\\n")

async def on_active(self, event):
    self.note(event.time)

@METHOD
    @BROKEN
    self.symbol = market.symbol
    self.note(market.now)
    rising = int(market.last * 1000) % 2
    return (market.long if rising else market.short)(take_profit=0.05, stop_loss=0.05, minutes=3)
"""
PLAIN, ASYNC = "def get_signal(self, market):", "async def get_signal(self, market):"

BROKEN = (
    "raise ValueError('of no use')",
    "sys.exit(3)",
    "raise KeyboardInterrupt",
    "raise GeneratorExit",
    "raise asyncio.CancelledError",
    "raise StopIteration(3)",
    "raise MemoryError",
    "return self.get_signal(market)",
    "return 'buy'",
    "return object()",
    "return self.get_signal",
    "return market.long(price_take_profit=nan, price_stop_loss=1.0, minutes=5)",
    "return market.long(price_take_profit='high', price_stop_loss='low', minutes=5)",
    "return market.long(take_profit=1, stop_loss=1, minutes='soon')",
    "return market.long(take_profit=-1, stop_loss=1, minutes=5)",
)
BLOCKING = {
    "a loop": "while True: pass",
    "a wait": "threading.Event().wait()",
    "a wait that catches everything": "while True:\ntry: threading.Event().wait()\nexcept BaseException: pass",
}


class Neighbours:
    """Two good symbols in one process with bad ones, BAD0, BAD1, ..., each broken in its own way."""

    def __init__(self, project: Project, method: str, broken: Sequence[str], speed: int) -> None:
        self._project, self._speed = project, speed
        self._bad = [f"BAD{number}USDT" for number in range(len(broken))]
        cases = []
        for symbol, lines in zip(self._bad, broken, strict=True):
            first, *rest = lines.splitlines()
            cases += [f"if market.symbol == {symbol!r}:", f"    {first}", *(f"        {line}" for line in rest)]
        body = WATCHED.replace("@METHOD", method).replace("@BROKEN", "\n    ".join(cases))
        project.strategy("watched", body, head=HEAD)
        options = ("--strategy", "watched", "--speed", speed, "--plain")
        self.running: Running = project.start("run", GOOD[0], *self._bad, GOOD[1], *options)

    def minutes(self, symbol: str) -> list[tuple[int, float]]:
        """Each minute of `symbol`, and when the strategy heard of it, in seconds."""
        file = self._project.folder / f"minutes-{symbol}"
        rows = file.read_text().splitlines() if file.exists() else []
        return [(int(row.split()[0]), float(row.split()[1])) for row in rows]

    def latest(self) -> float:
        """By how many seconds the latest minute of a good symbol was behind its schedule."""
        worst = 0.0
        for symbol in GOOD:
            offsets = [heard - minute / 1000 / self._speed for minute, heard in self.minutes(symbol)]
            worst = max(worst, max(offsets) - min(offsets))
        return worst

    def check_events(self) -> None:
        """The good symbols' events are the backtest's."""
        self.running.send()
        ended = self.running.ended()
        assert ended.code == 0, ended.err
        for symbol in GOOD:
            events = self._project.events(symbol)
            last = (self._project.records()[symbol].pulse.minute or 0) - MINUTE_MS
            span = ("--from", events[0]["time"] - MINUTE_MS, "--to", last)
            tested = self._project.run("backtest", symbol, "--strategy", "watched", *span, "--json")
            assert tested.code == 0, tested.err
            assert [json.loads(line) for line in tested.out.splitlines()] == events

    def check_told(self) -> None:
        """The bad ones' troubles are in the log and in their status, and nobody else's."""
        told = {line.split()[4].rstrip(":") for line in self.running.err.splitlines()}
        assert told == set(self._bad)
        status = self._project.run("status").out.splitlines()
        errors = [status[at - 1].split()[0] for at, line in enumerate(status) if line.startswith("  error")]
        assert sorted(errors) == sorted(self._bad)


@pytest.mark.parametrize("method", [PLAIN, ASYNC], ids=["plain", "async"])
def test_broken_strategies_are_told_and_their_neighbours_are_on_time(
    project: Project, until: Callable[..., Any], method: str
) -> None:
    all_of_them = Neighbours(project, method, BROKEN, speed=300)
    until(
        lambda: all(len(all_of_them.minutes(symbol)) > 20 for symbol in GOOD) or all_of_them.running.gone(),
        "20 minutes",
    )
    all_of_them.check_told()
    assert all_of_them.latest() < 0.5
    all_of_them.check_events()
    assert {event["symbol"] for event in project.events()} == set(GOOD)


@pytest.mark.parametrize(
    ("method", "broken"),
    [(PLAIN, ["threading.Event().wait()", "while True: pass"]), (ASYNC, ["await asyncio.sleep(900)"])],
    ids=["plain", "async"],
)
def test_hanging_strategies_are_told_and_their_neighbours_are_on_time(
    project: Project, until: Callable[..., Any], method: str, broken: list[str]
) -> None:
    all_of_them = Neighbours(project, method, broken, speed=300)
    for number in range(len(broken)):
        all_of_them.running.until_err(f"BAD{number}USDT: get_signal gave no answer within 10 s")
    all_of_them.check_told()
    assert all_of_them.latest() < 0.5
    all_of_them.check_events()


@pytest.mark.parametrize("how", BLOCKING)
def test_a_strategy_that_blocks_the_loop_costs_its_neighbours_little_more_than_a_second(
    project: Project, until: Callable[..., Any], how: str
) -> None:
    three = Neighbours(project, ASYNC, [BLOCKING[how]], speed=20)
    until(lambda: all(len(three.minutes(symbol)) >= 3 for symbol in GOOD) or three.running.gone(), "three minutes")
    three.check_told()
    assert three.latest() < 1.9
    three.check_events()


def test_one_strategy_on_three_symbols_and_two_strategies_on_one_keep_separate_journals(
    project: Project,
) -> None:
    body = "async def get_signal(self, market):\n    return market.long(take_profit=9, stop_loss=9, minutes={})"
    project.strategy("short_lived", body.format(1))
    project.strategy("long_lived", body.format(3))
    symbols = ("ETH/USDT", "SOL/USDT:USDT", "BTCUSDT")
    both = [
        project.start("run", *symbols, "--strategy", name, "--speed", "600", "--plain")
        for name in ("short-lived", "long-lived")
    ]
    for running in both:
        for symbol in symbols:
            running.until_out(f" {symbol} closed ")
        running.send()
    assert [running.ended().code for running in both] == [0, 0]
    assert len(list(project.data.rglob("*.jsonl"))) == 6
    for symbol in symbols:
        for event in project.events(symbol):
            assert event["symbol"] == symbol
            assert event["signal"]["minute_estimated_time"] == (1 if event["strategy_name"] == "short-lived" else 3)


PROFIT = """
async def get_signal(self, market):
    minute = (market.now - 1_772_410_200_000) // 60_000
    return market.long(take_profit=0.5, stop_loss=0.5, minutes=3) if minute in (6, 11) else None
"""
REPLAY = ("run", "BTCUSDT", "--strategy", "profit", "--candles", "candles.csv", "--speed", "100000", "--json")


@pytest.fixture
def profit(project: Project) -> Project:
    project.strategy("profit", PROFIT)
    project.candles([100.0] * 6 + [110.0] * 9)
    return project


@pytest.fixture
def whole(profit: Project) -> list[dict[str, Any]]:
    """The events of a run on a sound disk."""
    events = profit.run(*REPLAY, "--data-dir", profit.folder / "sound").events
    assert [event["action"] for event in events] == ["opened", "closed", "opened", "closed"]
    return events


def injected(project: Project, *options: str) -> Running:
    """A run whose disk fails where `options` say."""
    quiet = ("-f", "-qq", "-o", "/dev/null", "-e", "signal=none")
    return project.start_command([strace_path(), *quiet, *options, *project.command(*REPLAY)])


@pytest.mark.parametrize("which", range(3, 11))
def test_a_sync_that_fails_stops_the_symbol_and_the_next_run_finishes_what_was_begun(
    profit: Project, whole: list[dict[str, Any]], which: int
) -> None:
    ended = injected(profit, "-e", "trace=fdatasync", "-e", f"inject=fdatasync:error=EIO:when={which}").ended()
    assert ended.code == 74, ended.err
    assert "Input/output error" in ended.err
    assert "Traceback" not in ended.err
    assert "HALTED" in profit.run("status").out
    again = profit.run(*REPLAY)
    assert again.code == 0
    assert profit.events() == whole
    assert {event["event_id"] for event in (*ended.events, *again.events)} == {one["event_id"] for one in whole}


@pytest.mark.parametrize("which", range(1, 9))
def test_a_full_disk_is_told_and_nothing_is_lost_but_the_minutes_it_lasted(
    profit: Project, whole: list[dict[str, Any]], which: int
) -> None:
    journal = profit.data / "signal" / "paper" / "csv-profit-BTCUSDT.jsonl"
    inject = f"inject=write:error=ENOSPC:when={which}"
    ended = injected(profit, "-P", str(journal), "-e", "trace=write", "-e", inject).ended()
    assert ended.code == 0, ended.err
    assert "No space left on device" in ended.err
    events = profit.events()
    assert ended.events == events
    if which == 5:  # the second entry could not be written down: it was not made
        assert events == whole[:2]
    elif which == 1:  # nor the first
        assert events == whole[2:]
    else:
        assert [event | {"recovered": False} for event in events] == whole
    assert len(ended.err.splitlines()) < 10


def test_a_file_that_may_not_grow_is_cut_back_to_its_last_whole_line(
    project: Project, until: Callable[..., Any]
) -> None:
    """The limit lets a part of the last line through, as a disk does that fills up."""
    project.strategy(
        "busy", "async def get_signal(self, market):\n    return market.long(take_profit=9, stop_loss=9, minutes=1)"
    )
    project.candles([100.0] * 60)
    run = ("run", "BTCUSDT", "--strategy", "busy", "--candles", "candles.csv", "--speed", "100000")
    with (project.folder / "null").open("w") as null:
        limited = project.start(
            *run, stdout=null, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, 16_384))
        )
        ended = limited.ended()
    assert ended.code in (0, 74), ended.err
    (journal,) = project.data.rglob("*.jsonl")
    content = journal.read_bytes()
    assert 15_000 < len(content) <= 16_384
    assert content.endswith(b"\n")
    before = project.events()
    assert project.run(*run).code == 0
    assert project.events()[: len(before)] == before
    assert not list(Path(project.data).rglob("*.torn"))
