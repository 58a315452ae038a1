"""Fleets at work: what is shared, what each symbol gets, and that one's trouble stays its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livekit_cli import Backtest, Closed, ConfigError, Event, JournalLocked, Live, UsageError
from livekit_cli.adapters.clock import ReplayClock, WallClock
from livekit_cli.adapters.demo import DemoMarket
from livekit_cli.adapters.records import read_events, read_record, read_records
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.supervise import Fleet
from livekit_cli.testing import START
from livekit_cli.wiring import Desk, Request, desks, fleet, replay

MIXED = """
runs:
  - strategy: breakout
    symbols: [BTCUSDT, ETHUSDT]
    exchange: fast
  - strategy: quick
    symbols: [BTCUSDT]
    exchange: fast
  - strategy: breakout
    symbols: [BTCUSDT]
    exchange: recorded
"""


@pytest.fixture
def mixed(project: Path) -> Path:
    """A fleet on the demo market, which is endless, and on recorded candles, which are not."""
    config(project, "fast", "exchange: demo\nspeed: 60000\nfee_percent: 0\nslippage_percent: 0\n")
    config(project, "mine", MIXED)
    return project


def config(project: Path, name: str, text: str) -> Path:
    path = project / "configs" / f"{name}.yaml"
    path.write_text(text)
    return path


def journal(project: Path, name: str) -> Path:
    return project / "data" / "signal" / "paper" / f"{name}.jsonl"


def events(project: Path, name: str) -> list[Event]:
    return list(read_events(read_record(journal(project, name))))


def had(_event: Event, acknowledge: Callable[[], None]) -> None:
    acknowledge()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # of files, which set no asyncio.Event  # noqa: ASYNC110
            await asyncio.sleep(0)


def in_a_process(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "livekit_cli", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


# ---- what is wired


def test_each_exchange_is_opened_once_and_shared_by_all_who_name_it(mixed: Path) -> None:
    found = desks(*fleet("mine", project=mixed))
    names = [(desk.identity.exchange, desk.identity.strategy, desk.identity.symbol) for desk in found]
    assert names == [
        ("fast", "breakout", "BTCUSDT"),
        ("fast", "breakout", "ETHUSDT"),
        ("fast", "quick", "BTCUSDT"),
        ("recorded", "breakout", "BTCUSDT"),
    ]
    *on_demo, on_csv = found
    assert len({id(desk.clock) for desk in on_demo}) == len({id(desk.feed) for desk in on_demo}) == 1
    assert on_csv.clock is not on_demo[0].clock
    assert [desk.speed for desk in found] == [60000.0, 60000.0, 60000.0, 1000000.0]
    assert [desk.make().lookback for desk in found] == [3, 3, 2, 3]  # type: ignore[attr-defined]


def test_each_symbol_trades_at_the_costs_of_its_exchange(mixed: Path) -> None:
    *on_demo, on_csv = desks(*fleet("mine", project=mixed))
    assert {(desk.terms.fee_percent, desk.terms.slippage_percent) for desk in on_demo} == {(0.0, 0.0)}
    assert (on_csv.terms.fee_percent, on_csv.terms.max_entry_distance_percent) == (0.1, 1.0)


def test_the_command_line_goes_over_the_files(mixed: Path) -> None:
    config(mixed, "livekit", "data_dir: from_livekit\nspeed: 7\n")

    def wired(name: str = "mine", **options: Any) -> list[Desk]:
        return desks(*fleet(name, project=mixed, **options))

    assert {desk.data for desk in wired()} == {mixed / "from_livekit"}
    config(mixed, "plain", "data_dir: from_fleet\nruns: [{strategy: quick, symbols: [A, B]}]\n")
    assert {(desk.data, desk.speed) for desk in wired("plain")} == {(mixed / "from_fleet", 7.0)}
    (one, _) = wired("plain", exchange="fast", data_folder=mixed / "typed")
    assert (one.data, one.speed, one.identity.exchange) == (mixed / "typed", 60000.0, "fast")
    assert {desk.speed for desk in wired("plain", exchange="fast", speed=3.0)} == {3.0}


def test_the_seed_is_another_market(project: Path) -> None:
    config(project, "other", "exchange: demo\nseed: 5\n")
    (desk,) = desks(Request(["BTCUSDT"], "breakout", exchange="other", project=project))
    assert isinstance(desk.feed, DemoMarket)
    found = desk.feed.between("BTCUSDT", START, START + 5 * MINUTE_MS)
    assert list(found.closes) == list(DemoMarket(5).between("BTCUSDT", START, START + 5 * MINUTE_MS).closes)


def test_defaults_say_what_runs_where_and_how_fast(project: Path) -> None:
    config(project, "livekit", "exchange: recorded\nstrategy: quick\ndata_dir: records\nspeed: 5\n")
    (desk,) = desks(Request(["BTCUSDT"], None, settings={"factor": "3"}, project=project))
    assert (desk.identity.exchange, desk.identity.strategy) == ("recorded", "quick")
    assert (desk.data, desk.speed) == (project / "records", 1000000.0)
    assert (desk.make().lookback, desk.make().factor) == (2, 3.0)  # type: ignore[attr-defined]
    (desk,) = desks(Request(["BTCUSDT"], "breakout", exchange="demo", project=project))
    assert (desk.identity.exchange, desk.identity.strategy, desk.speed) == ("demo", "breakout", 5.0)


def test_without_any_word_of_a_strategy_nothing_runs(project: Path) -> None:
    with pytest.raises(UsageError, match="no strategy given"):
        desks(Request(["BTCUSDT"], None, project=project))


@pytest.mark.parametrize("once", [False, True])
def test_a_demo_exchange_of_ones_own_goes_by_the_wall_clock(project: Path, once: bool) -> None:
    config(project, "mine", "exchange: demo\n")
    (desk,) = desks(Request(["BTCUSDT"], "breakout", exchange="mine", once=once, project=project))
    assert isinstance(desk.clock, WallClock)


# ---- where time goes on


def test_a_strategy_that_is_new_on_recorded_candles_begins_with_the_file_and_waits_for_nobody(project: Path) -> None:
    config(project, "recorded", "exchange: csv\ncandles: candles.csv\nspeed: 0.001\n")

    def request(strategy: str, **more: Any) -> Request:
        return Request(["BTCUSDT"], strategy, exchange="recorded", project=project, **more)

    async def run(*requests: Request, minutes: int) -> None:
        running = Fleet(desks(*requests), had)
        await running.open()
        async with asyncio.timeout(60):
            await running.run(minutes)

    asyncio.run(run(request("breakout", speed=1e9), minutes=9))
    asyncio.run(run(request("breakout"), request("quick"), minutes=1))
    finished = {record.identity.strategy: record.finished for record in read_records(project / "data")}
    assert finished == {"breakout": START + 10 * MINUTE_MS, "quick": START + MINUTE_MS}


def test_a_demo_journal_does_not_go_on_with_another_seed(project: Path) -> None:
    config(project, "mine", "exchange: demo\nspeed: 1000000000\n")
    in_a_process(project, "run", "BTCUSDT", "-s", "breakout", "-e", "mine", "--once")
    assert events(project, "mine-breakout-BTCUSDT")
    config(project, "mine", "exchange: demo\nseed: 1\n")
    ended = in_a_process(project, "run", "BTCUSDT", "-s", "breakout", "-e", "mine", "--once")
    assert ended.returncode == 2
    assert "livekit: the demo market with seed 1 has the price " in ended.stderr
    assert "these are other candles. Give the seed that it was begun with, or another --data-dir" in ended.stderr


# ---- runs


def test_what_ends_ends_beside_what_is_endless(mixed: Path) -> None:
    async def run() -> None:
        running = Fleet(desks(*fleet("mine", project=mixed)), had)
        await running.open()
        task = asyncio.create_task(running.run())
        *on_demo, on_csv = running.posts
        await until(lambda: on_csv.is_over)
        seen = [post.snapshot.pulse.minute or 0 for post in on_demo]
        await until(
            lambda: all((post.snapshot.pulse.minute or 0) > minute for post, minute in zip(on_demo, seen, strict=True))
        )
        assert not running.is_over
        assert not task.done()
        await running.stop()
        await task

    asyncio.run(run())
    assert read_record(journal(mixed, "recorded-breakout-BTCUSDT")).pulse.status == "ended"
    assert [event.action for event in events(mixed, "recorded-breakout-BTCUSDT")][:2] == ["opened", "closed"]
    for name in ("breakout-BTCUSDT", "breakout-ETHUSDT", "quick-BTCUSDT"):
        assert read_record(journal(mixed, f"fast-{name}")).pulse.status == "stopped"


def test_once_evaluates_a_minute_of_each(mixed: Path) -> None:
    for _ in range(3):
        ended = in_a_process(mixed, "run", "--config", "mine", "--once")
        assert ended.returncode == 0, ended.stderr
    finished = [record.finished for record in read_records(mixed / "data") if record.identity.exchange == "recorded"]
    assert finished == [START + 3 * MINUTE_MS]
    minutes = {record.finished for record in read_records(mixed / "data") if record.identity.exchange == "fast"}
    assert len(minutes) == 1


def test_a_run_says_of_each_of_its_strategies_what_is_left(mixed: Path) -> None:
    config(
        mixed,
        "mine",
        MIXED.replace("exchange: fast", "exchange: demo").replace("symbols: [BTCUSDT, ETHUSDT]", "symbols: [A]"),
    )
    ended = in_a_process(mixed, "run", "--config", "mine", "--once", "--speed", "1000")
    assert ended.returncode == 0
    for name in ("demo breakout A", "demo quick BTCUSDT", "recorded breakout BTCUSDT"):
        assert f"{name}: still open, long since " in ended.stderr


def test_a_damaged_journal_halts_its_symbol_and_no_other(mixed: Path) -> None:
    assert in_a_process(mixed, "run", "--config", "mine", "--once").returncode == 0
    path = journal(mixed, "fast-quick-BTCUSDT")
    path.write_bytes(path.read_bytes().replace(b'"long"', b'"lonG"', 1))
    before = len(events(mixed, "fast-breakout-BTCUSDT"))
    for _ in range(4):
        ended = in_a_process(mixed, "run", "--config", "mine", "--once")
        assert ended.returncode == 65
        assert "fast-quick-BTCUSDT.jsonl" in ended.stderr.splitlines()[-1]
    assert len(events(mixed, "fast-breakout-BTCUSDT")) > before
    assert len(events(mixed, "recorded-breakout-BTCUSDT")) > before


def test_a_strategy_that_fails_leaves_the_others_alone(mixed: Path) -> None:
    text = (mixed / "strategies" / "breakout.py").read_text()
    (mixed / "strategies" / "failing.py").write_text(
        text.replace("return market", "raise KeyError('x')\n        return market")
    )
    config(mixed, "mine", MIXED.replace("strategy: quick", "strategy: failing"))
    for _ in range(2):
        assert in_a_process(mixed, "run", "--config", "mine", "--once").returncode == 1, "cron is told"
    assert events(mixed, "fast-failing-BTCUSDT") == []
    assert "KeyError" in (read_record(journal(mixed, "fast-failing-BTCUSDT")).pulse.error or "")
    assert events(mixed, "fast-breakout-BTCUSDT")


def test_a_journal_in_use_is_named_and_nothing_starts(mixed: Path) -> None:
    async def run() -> None:
        (one,) = [desk for desk in desks(*fleet("mine", project=mixed)) if desk.identity.strategy == "quick"]
        runner = await one.open(had)
        try:
            with pytest.raises(JournalLocked, match=r"fast-quick-BTCUSDT\.jsonl is in use by process"):
                await Fleet(desks(*fleet("mine", project=mixed)), had).open()
        finally:
            runner.close()
        running = Fleet(desks(*fleet("mine", project=mixed)), had)
        await running.open()
        for post in running.posts:
            post.close()

    asyncio.run(run())


def test_a_fleet_with_faults_starts_nothing(mixed: Path) -> None:
    config(mixed, "mine", MIXED.replace("quick", "quik").replace("ETHUSDT", "BTC USDT"))
    ended = in_a_process(mixed, "run", "--config", "mine")
    assert (ended.returncode, ended.stdout) == (78, "")
    assert [line.partition(": ")[0] for line in ended.stderr.splitlines()[0:1]] == ["livekit"]
    assert "mine.yaml:4:24: symbols: an item is 'BTC USDT', expected a symbol like BTCUSDT" in ended.stderr
    assert "mine.yaml:6:15: there is no strategy 'quik'" in ended.stderr
    assert not (mixed / "data").exists()


# ---- backtests and the library


def test_a_backtest_is_at_the_costs_of_its_exchange(project: Path) -> None:
    config(project, "free", "exchange: csv\ncandles: candles.csv\nfee_percent: 0\nslippage_percent: 0\n")

    async def closed(name: str) -> set[float]:
        run = Backtest.run("BTCUSDT", strategy_name="breakout", exchange_name=name, project=project)
        return {event.pnl.pnl_percentage async for event in run}

    assert asyncio.run(closed("free")) == {0.0}
    (costly,) = asyncio.run(closed("recorded"))
    assert costly < -0.39


def test_a_backtest_on_a_demo_exchange_is_of_its_seed(project: Path) -> None:
    config(project, "other", "exchange: demo\nseed: 5\n")
    span = {"start": START, "end": START + 60 * MINUTE_MS}
    one, _, _ = replay(Request(["BTCUSDT"], "breakout", exchange="other", project=project, **span))
    two, _, _ = replay(Request(["BTCUSDT"], "breakout", exchange="demo", project=project, **span))
    assert list(one._closes) != list(two._closes)


def test_the_library_takes_the_exchanges_and_obeys_the_defaults_of_a_project(project: Path) -> None:
    config(project, "livekit", "exchange: recorded\ndata_dir: records\n")

    async def run(**options: Any) -> list[Event]:
        return [event async for event in Live.run("BTCUSDT", strategy_name="breakout", project=project, **options)]

    found = asyncio.run(run())
    assert {event.exchange_name for event in found} == {"recorded"}
    assert (project / "records" / "signal" / "paper" / "recorded-breakout-BTCUSDT.jsonl").exists()
    config(project, "again", "exchange: csv\ncandles: candles.csv\nspeed: 1000000\n")
    assert {event.exchange_name for event in asyncio.run(run(exchange_name="again"))} == {"again"}
    with pytest.raises(
        UsageError,
        match=r"no exchange 'agin'; there are again, csv, demo, recorded, and the 104 .* did you mean 'again'",
    ):
        asyncio.run(run(exchange_name="agin"))


def test_a_background_run_takes_an_exchange_of_the_project(project: Path) -> None:
    async def run() -> None:
        await Live.background("BTCUSDT", strategy_name="breakout", exchange_name="recorded", project=project)
        await until(lambda: read_record(journal(project, "recorded-breakout-BTCUSDT")).pulse.status == "ended")

    asyncio.run(run())
    assert any(isinstance(event, Closed) for event in events(project, "recorded-breakout-BTCUSDT"))


def test_a_report_of_the_library_is_of_the_projects_data_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config(project, "livekit", "data_dir: records\n")
    monkeypatch.chdir(project)

    async def reported() -> str:
        async for _ in Live.run("BTCUSDT", strategy_name="breakout", exchange_name="recorded"):
            continue
        return await Live.get_report("breakout")

    assert asyncio.run(reported()).startswith("# Report: breakout\n")


def test_candles_of_the_environment_are_never_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "hunter2.csv").write_text("timestamp,open\n1,2\n")
    config(project, "mine", "exchange: csv\ncandles: ${SECRET}.csv\n")
    with pytest.raises(ConfigError) as caught:
        desks(Request(["BTCUSDT"], "breakout", exchange="mine", project=project))
    assert "${SECRET}.csv" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_replay_clocks_of_recorded_candles_end_with_them(mixed: Path) -> None:
    *_, on_csv = desks(*fleet("mine", project=mixed))
    assert isinstance(on_csv.clock, ReplayClock)


# ---- the commands


def called(project: Path, *words: str) -> tuple[int, list[str], list[str]]:
    ended = in_a_process(project, *words)
    return ended.returncode, ended.stdout.splitlines(), ended.stderr.splitlines()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run"], "run needs a SYMBOL, as in: "),
        (["run", "A", "--config", "mine"], "--config names what runs, and on which symbols: leave A out"),
        (
            ["run", "--config", "mine", "-s", "x", "--set", "a=1", "--candles", "x.csv"],
            "--config names what runs, and on which symbols: leave --strategy --candles --set out",
        ),
        (["run", "--config", "mne"], "no fleet 'mne' in "),
        (
            ["run", "--config", "mine", "--exchange", "fst"],
            "no exchange 'fst'; there are csv, demo, fast, recorded, and the 104 that ccxt knows",
        ),
        (["run", "A"], "run needs --strategy NAME; there are breakout, crosses and quick"),
        (["backtest", "A"], "backtest needs --strategy NAME; there are breakout, crosses and quick"),
        (["run", "A", "-s", "quick", "-e", "csv"], "the exchange csv needs a file of candles: --candles FILE"),
        (["run", "A", "-s", "quick", "-e", "demo", "--candles", "candles.csv"], "--candles is an exchange of its own"),
    ],
)
def test_a_run_that_nobody_can_mean_is_refused(mixed: Path, words: list[str], told: str) -> None:
    code, out, err = called(mixed, *words)
    assert (code, out) == (2, [])
    assert err[0].startswith(f"livekit: {told}")
    assert not (mixed / "data").exists()


def test_commands_that_read_obey_the_projects_data_folder(mixed: Path) -> None:
    config(mixed, "livekit", "data_dir: records\nstrategy: breakout\nexchange: recorded\n")
    assert called(mixed, "run", "BTCUSDT")[0] == 0
    assert (mixed / "records").is_dir()
    assert len(called(mixed, "status", "--json")[1]) == 1
    assert called(mixed, "events", "breakout", "--last", "1")[1][0].startswith("2026-01-01T00:")
    assert called(mixed, "report", "breakout")[0] == 0
    assert called(mixed, "backtest", "BTCUSDT")[0] == 0
    config(mixed, "livekit", "data_dri: records\n")
    code, out, err = called(mixed, "status")
    assert (code, out) == (78, [])
    assert "livekit.yaml:1:1: unknown key data_dri; " in err[0]


def test_yaml_is_not_loaded_where_the_project_has_no_defaults(project: Path) -> None:
    code = (
        "import sys; from livekit_cli.cli import start\n"
        "try: start()\nexcept SystemExit: pass\n"
        "print('yaml' in sys.modules)"
    )
    for defaults in (False, True):
        if defaults:
            config(project, "livekit", "data_dir: data\n")
        command = [sys.executable, "-c", code, "status"]
        ended = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, check=True)
        assert ended.stdout.splitlines()[-1] == str(defaults)


def test_exchanges_are_listed_with_kind_mode_speed_and_costs(mixed: Path) -> None:
    code, out, err = called(mixed, "exchanges")
    assert (code, err) == (0, [])
    assert [" ".join(line.split()) for line in out] == [
        "NAME KIND MODE SPEED SLIPPAGE FEE ENTRY WITHIN CANDLES FILE",
        "csv csv PAPER x60 0.1% 0.1% 1% --candles FILE",
        "demo demo PAPER x1 0.1% 0.1% 1% seed 0",
        "fast demo PAPER x60000 0% 0% 1% seed 0 configs/fast.yaml",
        "recorded csv PAPER x1e+06 0.1% 0.1% 1% candles.csv configs/recorded.yaml",
    ]


def test_a_broken_exchange_is_named_and_hides_no_other(mixed: Path) -> None:
    config(mixed, "odd", "exchange: demo\nfee: 1\n")
    code, out, err = called(mixed, "exchanges", "--json")
    assert code == 78
    found = {one["name"]: one for one in map(json.loads, out)}
    assert list(found) == ["csv", "demo", "fast", "odd", "recorded"]
    assert found["odd"]["error"].startswith("configs/odd.yaml:2:1: unknown key fee; ")
    assert found["fast"] == {
        "name": "fast",
        "path": "configs/fast.yaml",
        "kind": "demo",
        "mode": "paper",
        "speed": 60000.0,
        "seed": 0,
        "candles": None,
        "slippage_percent": 0.0,
        "fee_percent": 0.0,
        "max_entry_distance_percent": 1.0,
        "error": None,
        "ccxt": None,
    }
    assert err == [f"livekit: {found['odd']['error']}"]
    code, out, err = called(mixed, "exchanges")
    assert (code, len(out), len(err)) == (78, 5, 1)
