"""Every command on a prepared folder: whole lines, exit codes, and errors that help."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from livekit_cli import Market, Proposal, Strategy

OPENED = (
    "2026-01-01T00:01:00Z PAPER csv brisk BTCUSDT opened long entry=100 tp=101 sl=99 minutes=3 price=100 "
    "id=(?P<id>[a-z2-7]{12})"
)
CLOSED = (
    "2026-01-01T00:04:00Z PAPER csv brisk BTCUSDT closed long entry=100 exit=100 tp=101 sl=99 minutes=3 price=100 "
    r"reason=time_expired pnl=-0\.40% duration=3m id=(?P<id>[a-z2-7]{12})"
)

EVENT_KEYS = [
    "action", "event_id", "time", "strategy_name", "exchange_name", "symbol", "mode", "signal", "current_price",
    "replay", "recovered",
]  # fmt: skip
SIGNAL_KEYS = [
    "id", "position", "price_open", "price_take_profit", "price_stop_loss", "minute_estimated_time", "note",
    "timestamp",
]  # fmt: skip
CLOSED_KEYS = ["close_reason", "close_timestamp", "pnl"]
PNL_KEYS = ["pnl_percentage", "price_open", "price_close", "slippage_percent", "fee_percent"]

WAVE = '''
from livekit_cli import Strategy


class Wave(Strategy):
    """Buys every ten minutes."""

    interval = "1m"
    size: float = 0.5
    side: str = "long"

    async def get_signal(self, market):
        return getattr(market, self.side)(take_profit=self.size, stop_loss=self.size, minutes=9, note="wave")
'''


# ---- status


def test_status_shows_each_symbol_on_a_line(livekit: Any, world: Any) -> None:
    world.run()
    ended = livekit("status")
    assert (ended.code, ended.err) == (0, [])
    head, row, summary = ended.out
    assert head.split("  ")[0] == "SYMBOL"
    assert re.fullmatch(
        r"BTCUSDT +STOPPED at the end of its candles, \d+s ago +open long +-0\.40% +100 +1\.00% +1\.00% +2m "
        r"+2026-01-01T00:06Z +\d+s ago +brisk +csv +PAPER",
        row,
    )
    assert summary == "1 symbol: 1 stopped; 1 open"


def test_status_as_json_is_an_object_for_each_symbol(livekit: Any, world: Any) -> None:
    world.run("BTCUSDT")
    world.run("ETHUSDT")
    ended = livekit("status", "--json")
    found = [json.loads(line) for line in ended.out]
    assert [one["symbol"] for one in found] == ["BTCUSDT", "ETHUSDT"]
    for one in found:
        assert (one["state"], one["health"], one["price"], one["mode"]) == ("open", "stopped", 100.0, "paper")
        assert list(one["signal"]) == SIGNAL_KEYS


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["events"], ["events", "--json"], ["dump"]])
def test_an_empty_data_folder_is_said_and_is_no_failure(livekit: Any, tmp_path: Path, words: list[str]) -> None:
    ended = livekit(*words)
    assert (ended.code, ended.out) == (0, [])
    assert ended.err[0].endswith(f"there is no journal in {tmp_path / 'data'}")
    assert not (tmp_path / "data").exists()


# ---- events


def test_events_are_lines_oldest_first(livekit: Any, world: Any) -> None:
    world.run()
    ended = livekit("events", "brisk")
    assert (ended.code, ended.err) == (0, [])
    opened, closed, again = ended.out
    first, second = re.fullmatch(OPENED, opened), re.fullmatch(CLOSED, closed)
    assert first
    assert second
    assert first["id"] == second["id"]
    assert again.startswith("2026-01-01T00:05:00Z PAPER csv brisk BTCUSDT opened long ")


def test_events_as_json_have_exactly_the_documented_keys_in_turn(livekit: Any, world: Any) -> None:
    world.run()
    events = [json.loads(line) for line in livekit("events", "--json").out]
    assert [event["action"] for event in events] == ["opened", "closed", "opened"]
    for event in events:
        closed = event["action"] == "closed"
        assert list(event) == EVENT_KEYS + (CLOSED_KEYS if closed else [])
        assert list(event["signal"]) == SIGNAL_KEYS
        assert not closed or list(event["pnl"]) == PNL_KEYS
        assert event["event_id"] == f"{event['signal']['id']}-{event['action']}"


def test_events_of_several_journals_are_in_the_order_of_time_and_can_be_chosen(livekit: Any, world: Any) -> None:
    world.run("BTCUSDT", minutes=9)
    world.run("ETH/USDT", minutes=5)
    lines = livekit("events").out
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)
    assert {line.split()[4] for line in lines} == {"BTCUSDT", "ETH/USDT"}
    for typed in ("ETH/USDT", "ethusdt", "eth-usdt"):
        assert {line.split()[4] for line in livekit("events", "--symbol", typed).out} == {"ETH/USDT"}
    assert livekit("events", "--last", "2").out == lines[-2:]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["events", "brsk"], "no journal of a strategy 'brsk' in {data}; there are those of brisk; did you mean"),
        (["report", "brsk"], "no journal of a strategy 'brsk' in {data}; there are those of brisk; did you mean"),
        (["dump", "brsk"], "no journal of a strategy 'brsk' in {data}; there are those of brisk; did you mean"),
        (
            ["events", "--symbol", "BTCUSD"],
            "no journal of a symbol 'BTCUSD' in {data}; there are those of BTCUSDT; did",
        ),
        (["report", "../x"], "no journal of a strategy '../x' in {data}"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(livekit: Any, world: Any, words: list[str], says: str) -> None:
    world.run()
    ended = livekit(*words)
    assert (ended.code, ended.out) == (2, [])
    assert says.format(data=world.folder / "data") in ended.err[0]


def test_events_since_a_time_are_those_of_that_minute_and_later(livekit: Any, world: Any) -> None:
    world.run()
    every = livekit("events").out
    assert livekit("events", "--since", "2026-01-01T00:04").out == every[1:]
    assert livekit("events", "--since", "2026-01-01T00:04:01Z").out == every[2:]
    assert livekit("events", "--since", "1767225840000", "--last", "1").out == every[2:]
    assert livekit("events", "--since", "0s").out == []
    assert livekit("events", "--since", "soon").code == 2


# ---- report and dump


def test_the_report_is_markdown_with_statistics_what_is_open_and_every_event(livekit: Any, world: Any) -> None:
    world.run()
    ended = livekit("report", "brisk")
    assert (ended.code, ended.err) == (0, [])
    assert ended.out[0] == "# Report: brisk"
    for line in (
        "- Total events: 3",
        "- Closed signals: 1",
        "- Win rate: 0.00% (0W/1L)",
        "- Average PNL: -0.40%",
        "| BTCUSDT | 1 | 0W/1L | 0.00% | -0.40% | -0.40% | 0.40% |",
        "## Open now",
        "| time_expired | 1 | 0W/1L | 0.00% | -0.40% | -0.40% | 0.40% |",
        "| Timestamp | Action | Symbol | Signal ID | Position | Note | Current Price | Open Price | Take Profit "
        "| Stop Loss | PNL (net) | Close Reason | Duration (min) |",
    ):
        assert line in ended.out
    (row,) = (line for line in ended.out if line.startswith("| BTCUSDT | open | "))
    assert row.endswith(" | long | 100 | 101 | 99 | 2026-01-01T00:05:00Z | 100 | -0.40% | 2026-01-01T00:06Z |")


def test_dump_writes_the_report_and_prints_where(livekit: Any, world: Any, tmp_path: Path) -> None:
    world.run()
    report = "\n".join(livekit("report", "brisk").out) + "\n"
    assert livekit("dump", "brisk").out == ["logs/live/brisk.md"]
    assert (tmp_path / "logs" / "live" / "brisk.md").read_text() == report
    assert livekit("dump", "--path", "out").out == ["out/brisk.md"]
    assert (tmp_path / "out" / "brisk.md").read_text() == report
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["brisk.md"]


def test_dump_without_a_name_writes_every_strategys_report(livekit: Any, world: Any) -> None:
    class Other(Strategy):
        async def get_signal(self, market: Market) -> Proposal | None:
            return None

    world.run("BTCUSDT")
    world.run("ETHUSDT", strategy=Other)
    assert livekit("dump").out == ["logs/live/brisk.md", "logs/live/other.md"]


def test_a_dump_that_cannot_be_written_exits_73(livekit: Any, world: Any) -> None:
    world.run()
    ended = livekit("dump", "--path", "candles.csv/inside")
    assert ended.code == 73
    assert ended.err == ["livekit: cannot write candles.csv/inside/brisk.md: candles.csv is a file, expected a folder"]


def test_project_and_data_dir_work_from_anywhere(
    livekit: Any, world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert len(livekit("events", "--project", str(tmp_path)).out) == 3
    assert len(livekit("events", "--data-dir", str(tmp_path / "data")).out) == 3
    assert livekit("dump", "--project", "..").out == ["../logs/live/brisk.md"]
    assert list(elsewhere.iterdir()) == []


# ---- damage


@pytest.mark.parametrize("words", [["report", "brisk"], ["events"], ["events", "--json"], ["dump"]])
def test_a_damaged_journal_is_told_exits_65_and_hides_no_other(livekit: Any, world: Any, words: list[str]) -> None:
    path = world.run("BTCUSDT")
    world.run("ETHUSDT")
    damaged = path.read_bytes().replace(b'"long"', b'"lonG"', 1)
    path.write_bytes(damaged)
    ended = livekit(*words)
    assert ended.code == 65
    assert any(line.startswith(f"livekit: data/{path.relative_to(world.folder / 'data')}:") for line in ended.err)
    shown = "\n".join(ended.out)
    if words == ["dump"]:
        shown = (world.folder / "logs" / "live" / "brisk.md").read_text()
    assert shown.count("ETHUSDT") >= 3
    if "--json" not in words and words != ["events"]:
        assert "> **Note:** " in shown
    assert path.read_bytes() == damaged


def test_status_shows_a_damaged_journal_as_halted(livekit: Any, world: Any) -> None:
    path = world.run("BTCUSDT")
    world.run("ETHUSDT")
    path.write_bytes(path.read_bytes()[:-30] + b"x" * 29 + b"\n")
    lines = livekit("status").out
    assert re.match(r"BTCUSDT +HALTED needs a person, \d+s ago +unknown ", lines[1])
    assert lines[2].startswith("  error")
    assert lines[3].startswith("ETHUSDT")


def test_a_run_on_a_damaged_journal_exits_65_and_changes_nothing(livekit: Any, world: Any) -> None:
    path = world.run()
    path.write_bytes(path.read_bytes().replace(b'"long"', b'"lonG"', 1))
    before = path.read_bytes()
    ended = livekit("report", "brisk")
    assert ended.code == 65
    assert path.read_bytes() == before


# ---- foreign text


@pytest.mark.parametrize(
    "words", [["status"], ["status", "--json"], ["events"], ["events", "--json"], ["report", "brisk"]]
)
def test_foreign_text_is_inert_in_every_output(livekit: Any, world: Any, hostile_note: str, words: list[str]) -> None:
    world.run("BTC/USDT:USDT", note=hostile_note)
    ended = livekit(*words)
    assert ended.code == 0
    assert all(line.isprintable() for line in ended.out)
    if "--json" in words:
        signals = [json.loads(line)["signal"] for line in ended.out]
        assert {signal["note"] for signal in signals} == {hostile_note.strip()}
    if words[0] == "report":
        rows = [line for line in ended.out if line.startswith("| 2026")]
        assert len(rows) == 3
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {14}


@pytest.mark.parametrize("name", ["\x1b[31m", "a\nb", "../../x", "", " ", "[/]", "\u202eBTC", "x" * 65, "A B", "-x"])
def test_a_hostile_symbol_is_refused_in_printable_words(livekit: Any, world: Any, name: str) -> None:
    world.strategy("wave", WAVE)
    ended = livekit("run", "-s", "wave", "--once", "--", name)
    assert (ended.code, ended.out) == (2, [])
    assert all(line.isprintable() for line in ended.err)
    assert "symbol" in ended.err[0]
    assert not (world.folder / "data").exists()


@pytest.mark.parametrize("name", ["\x1b[31m", "a\nb", "../../x", "", " ", "[/]", "x" * 300, "nowhere.py", "a.py:B:C"])
def test_a_hostile_strategy_is_refused_in_printable_words(livekit: Any, world: Any, name: str) -> None:
    world.strategy("wave", WAVE)
    ended = livekit("run", "BTCUSDT", "-s", name)
    assert ended.code == 78
    assert ended.err
    assert all(line.isprintable() for line in ended.err)
    assert not (world.folder / "data").exists()


# ---- strategies


def test_strategies_are_listed_with_their_parameters(livekit: Any, world: Any) -> None:
    world.strategy("wave", WAVE)
    (world.folder / "configs" / "strategies").mkdir(parents=True)
    (world.folder / "configs" / "strategies" / "small-wave.yaml").write_text("strategy: wave\nparams: {size: 0.1}\n")
    ended = livekit("strategies")
    assert (ended.code, ended.err) == (0, [])
    assert ended.out == [
        "wave (1m): Buys every ten minutes.",
        "    --set size=0.5  (float)",
        "    --set side=long  (str)",
        "small-wave (1m): Wave with configs/strategies/small-wave.yaml",
        "    --set size=0.1  (float)",
        "    --set side=long  (str)",
    ]


def test_a_broken_strategy_is_named_with_its_line_and_hides_nothing(livekit: Any, world: Any) -> None:
    world.strategy("wave", WAVE)
    world.strategy("broken", "from livekit_cli import Strategy\n\nraise KeyError('x')\n")
    ended = livekit("strategies")
    assert ended.code == 78
    assert ended.out[0] == "wave (1m): Buys every ten minutes."
    assert ended.err == ["livekit: strategies/broken.py:3: KeyError: 'x'"]


def test_no_strategies_are_said(livekit: Any, tmp_path: Path) -> None:
    ended = livekit("strategies")
    assert (ended.code, ended.out) == (0, [])
    assert ended.err == [
        f"there is no strategy in {tmp_path / 'strategies'}; expected .py files with a `class ...(Strategy):`, "
        "as livekit init makes one"
    ]


# ---- backtest


def test_a_backtest_prints_the_report_and_says_what_stays_open(livekit: Any, world: Any) -> None:
    world.strategy("wave", WAVE)
    world.candles([100.0] * 12)
    ended = livekit("backtest", "BTCUSDT", "--strategy", "wave", "--candles", "candles.csv")
    assert ended.code == 0
    assert ended.out[0] == "# Report: wave"
    assert "- Total events: 3" in ended.out
    (row,) = (line for line in ended.out if line.startswith("| BTCUSDT | open | "))
    assert row.endswith(" | long | 100 | 100.5 | 99.5 | 2026-01-01T00:11:00Z | 100 | -0.40% | 2026-01-01T00:12Z |")
    assert ended.err == ["BTCUSDT: a signal is still open at the end of the candles"]
    assert not (world.folder / "data").exists()


def test_a_backtest_as_json_has_the_events_of_the_run(livekit: Any, world: Any) -> None:
    world.strategy("wave", WAVE)
    world.candles([100.0, 100.4, 101.2, 99, 98, 100, 101, 102] * 5)
    ended = livekit("backtest", "BTCUSDT", "-s", "wave", "--candles", "candles.csv", "--json", "--set", "side=short")
    events = [json.loads(line) for line in ended.out]
    assert {event["signal"]["position"] for event in events} == {"short"}
    assert {event["close_reason"] for event in events if event["action"] == "closed"} >= {"stop_loss"}
    for event in events:
        assert list(event) == EVENT_KEYS + (CLOSED_KEYS if event["action"] == "closed" else [])


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-01-01T00:10", "2026-01-01T00:19"),
        ("2026-01-01T00:10:00Z", "2026-01-01T00:19:00+00:00"),
        ("2026-01-01T01:10+01:00", "2025-12-31T19:19-05:00"),
        ("1767226200000", "1767226740000"),
        ("20260101T0010", "2026-01-01 00:19"),
    ],
)
def test_from_and_to_name_the_first_and_last_candle_evaluated(livekit: Any, world: Any, since: str, until: str) -> None:
    world.strategy("wave", WAVE)
    world.candles([100.0] * 60)
    words = ["backtest", "BTCUSDT", "-s", "wave", "--candles", "candles.csv", "--json", "--from", since, "--to", until]
    times = [json.loads(line)["time"] for line in livekit(*words).out]
    assert times == [1767226260000, 1767226260000 + 9 * 60_000]  # the close of 00:10, and nine minutes on


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--from", "yesterday"], 2, "--from is 'yesterday', expected a time like 2026-03-01, 2026-03-01T12:30 or 17"),
        (["--to", "2026-13-01"], 2, "--to is '2026-13-01' (month must be in 1..12), expected a time"),
        (["--from", "2026-01-01T00:00:30"], 2, "--from is '2026-01-01T00:00:30', expected a whole minute"),
        (["--from", "1" * 400], 2, "--from is"),
        (["--from", ""], 2, "--from is '', expected a time like"),
        (["--from", "2026-01-01T00:20", "--to", "2026-01-01T00:10"], 2, "--from 2026-01-01T00:20 is after --to"),
        (["--from", "2030-01-01"], 2, "candles.csv has those from 2026-01-01T00:00Z to 2026-01-01T00:59Z"),
        (["--set", "size"], 2, "--set 'size', expected NAME=VALUE, for example --set lookback=40"),
        (["--set", "=3"], 2, "--set '=3', expected NAME=VALUE"),
        (["--set", "sise=3"], 78, "--set sise=3: Wave has no parameter 'sise'; it has interval, size, side; did you"),
        (["--set", "size=big"], 78, "--set size=big: Wave.size is 'big', expected float"),
        (["--set", "interval=7m"], 78, "Wave.interval is '7m', expected one of 1m 3m 5m 15m 30m 1h"),
        (["--set", "size=1", "--set", "size=2"], 2, "--set size is given twice: '1' and '2'"),
        (["--exchange", "dmo"], 2, "that ccxt knows; did you mean 'demo'?"),
        (
            ["--candles", "candle.csv"],
            78,
            "candle.csv: there is no such file; expected a CSV file of 1m candles; did you",
        ),
        (["--candles", "."], 78, "is a directory"),
        (["--strategy", "wav"], 78, "there is no strategy 'wav'"),
    ],
)
def test_what_is_wrong_with_a_backtest_is_said(
    livekit: Any, world: Any, words: list[str], code: int, says: str
) -> None:
    world.strategy("wave", WAVE)
    world.candles([100.0] * 60)
    candles = [] if "--exchange" in words or "--candles" in words else ["--candles", "candles.csv"]
    ended = livekit("backtest", "BTCUSDT", "-s", "wave", *candles, *words)
    assert (ended.code, ended.out) == (code, [])
    assert says in "\n".join(ended.err)
    assert all(line.startswith("livekit: ") for line in ended.err[:1])


def test_a_strategy_that_fails_in_a_backtest_is_told_and_exits_1(livekit: Any, world: Any) -> None:
    world.strategy("wave", WAVE.replace("return getattr", "raise ValueError('odd')\n        return getattr"))
    world.candles([100.0] * 12)
    ended = livekit("backtest", "BTCUSDT", "-s", "wave", "--candles", "candles.csv")
    assert ended.code == 1
    assert "No events yet: wave has neither opened nor closed a signal." in ended.out
    assert re.search(r"the strategy failed \d+ times; the first time: .*wave\.py:\d+.*odd", ended.err[-1])


# ---- run


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["BTCUSDT", "BTCUSDT"], 2, "the symbol BTCUSDT is given twice"),
        (["BTC/USDT", "BTC_USDT"], 2, "BTC/USDT and BTC_USDT would share the journal demo-wave-BTC_USDT.jsonl"),
        (["A", "B", "--candles", "candles.csv"], 2, "candles.csv has the candles of one symbol, 2 were given"),
        (["A", "--speed", "0"], 2, "--speed is 0, expected a number above 0"),
        (["A", "--speed", "-1"], 2, "--speed is -1, expected a number above 0"),
        (["A", "--speed", "inf"], 2, "--speed is inf, expected a number above 0"),
        (["A", "--exchange", "csv"], 2, "the exchange csv needs a file of candles: --candles FILE"),
        (["A", "--exchange", "binance", "--candles", "candles.csv"], 2, "leave --exchange binance out"),
    ],
)
def test_what_is_wrong_with_a_run_is_said(livekit: Any, world: Any, words: list[str], code: int, says: str) -> None:
    world.strategy("wave", WAVE)
    world.candles([100.0] * 60)
    ended = livekit("run", "-s", "wave", *words)
    assert (ended.code, ended.out) == (code, [])
    assert says in "\n".join(ended.err)
    assert not (world.folder / "data").exists()


def in_a_process(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A run takes over the process's signals, so it gets one of its own."""
    return subprocess.run(
        [sys.executable, "-m", "livekit_cli", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_data_folder_that_cannot_be_made_exits_73(world: Any) -> None:
    world.strategy("wave", WAVE)
    path = world.candles([100.0] * 60)
    ended = in_a_process(world.folder, "run", "BTCUSDT", "-s", "wave", "--data-dir", str(path))
    assert (ended.returncode, ended.stdout) == (73, "")
    assert ended.stderr.startswith(f"livekit: cannot create {path}")


def test_once_after_once_prints_each_event_once(world: Any) -> None:
    world.strategy("wave", WAVE)
    world.candles([100.0] * 12)
    printed = ""
    for _ in range(12):
        words = ["run", "BTCUSDT", "-s", "wave", "--candles", "candles.csv", "--speed", "1e9", "--once"]
        ended = in_a_process(world.folder, *words)
        assert ended.returncode == 0, ended.stderr
        printed += ended.stdout
    assert [line.split()[5] for line in printed.splitlines()] == ["opened", "closed", "opened"]
    assert " replay" not in printed


def test_a_run_to_the_end_of_its_candles_says_so_and_repeats_nothing(world: Any) -> None:
    world.strategy("wave", WAVE)
    world.candles([100.0] * 12)
    words = ["run", "BTCUSDT", "-s", "wave", "--candles", "candles.csv", "--speed", "1e9"]
    first, again = in_a_process(world.folder, *words), in_a_process(world.folder, *words)
    assert (first.returncode, len(first.stdout.splitlines())) == (0, 3)
    assert (again.returncode, again.stdout) == (0, "")
    for ended in (first, again):
        assert ended.stderr.splitlines() == [
            "BTCUSDT: the candles end here, at 2026-01-01T00:12:00Z",
            "BTCUSDT: still open, long since 2026-01-01T00:11:00Z; the next run goes on watching it",
        ]
