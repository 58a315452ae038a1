"""What a person who meets livekit for the first time ran into."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters import strategy_import
from livekit_cli.adapters.clock import wall_ms
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import open_journal
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Mode
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.state import Identity

TALKING = """from livekit_cli import Strategy

print("imported")

class Talking(Strategy):
    async def get_signal(self, market):
        print("asked")
        return market.long(take_profit=1, stop_loss=1, minutes=3)

    async def on_open(self, result):
        print("heard")
"""

QUIET = TALKING.replace("print(", "str(")

REPLAY = ("BTCUSDT", "-s", "talking", "--candles", "candles.csv")


@pytest.fixture
def talking(world: Any) -> Any:
    """A project whose strategy prints at every occasion, and candles for it."""
    world.strategy("talking", TALKING)
    world.candles([100.0] * 12)
    return world


def in_a_process(folder: Path, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """A run takes over the process's signals, so it gets one of its own."""
    command = [sys.executable, "-m", "livekit_cli", *words]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run(command, cwd=folder, text=True, timeout=60, check=False, **streams)


# ---- what a strategy prints


def test_what_a_strategy_prints_in_a_run_goes_to_standard_error(talking: Any) -> None:
    ended = in_a_process(talking.folder, "run", *REPLAY, "--speed", "100000", "--json")
    assert ended.returncode == 0, ended.stderr
    assert {json.loads(line)["action"] for line in ended.stdout.splitlines()} == {"opened", "closed"}
    assert {"imported", "asked", "heard"} <= set(ended.stderr.splitlines())


def test_what_a_strategy_prints_in_a_backtest_goes_to_standard_error(talking: Any) -> None:
    ended = in_a_process(talking.folder, "backtest", *REPLAY, "--json")
    assert ended.returncode == 0, ended.stderr
    assert {json.loads(line)["action"] for line in ended.stdout.splitlines()} == {"opened", "closed"}
    assert {"imported", "asked"} <= set(ended.stderr.splitlines())


def test_what_a_strategy_prints_is_not_in_the_list(livekit: Any, talking: Any) -> None:
    ended = livekit("strategies")
    assert (ended.out, ended.err) == (["talking (1m)"], ["imported"])


# ---- strategies


def preset(world: Any, name: str, text: str) -> None:
    folder = world.folder / "configs" / "strategies"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(text)


def test_a_broken_preset_is_told_and_hides_no_other(livekit: Any, world: Any) -> None:
    world.strategy("quiet", QUIET.replace("Talking(Strategy):", "Talking(Strategy):\n    size: float = 0.5\n"))
    preset(world, "bad", "strategy: quite\n")
    preset(world, "good", "strategy: quiet\ninterval: 5m\nparams: {size: 0.1}\n")
    ended = livekit("strategies")
    assert ended.code == 78
    assert ended.out[2:] == ["good (5m): Talking with configs/strategies/good.yaml", "    --set size=0.1  (float)"]
    assert "bad.yaml" in "\n".join(ended.err)
    assert "'quite'" in "\n".join(ended.err)


@pytest.mark.parametrize("kind", ["KeyboardInterrupt", "SystemExit"])
def test_a_file_that_asks_for_the_end_is_a_broken_entry(livekit: Any, world: Any, kind: str) -> None:
    world.strategy("ending", f"raise {kind}\n")
    world.strategy("quiet", QUIET)
    ended = livekit("strategies")
    assert (ended.code, ended.out) == (78, ["quiet (1m)"])
    assert ended.err == [f"livekit: strategies/ending.py:1: {kind}"]


def test_ctrl_c_while_a_file_is_imported_ends_the_command(livekit: Any, world: Any) -> None:
    world.strategy("slow", "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n" + QUIET)
    assert livekit("strategies").code == 130


def test_a_class_name_in_two_files_is_listed_with_its_files(livekit: Any, world: Any) -> None:
    world.strategy("one", QUIET)
    world.strategy("two", QUIET)
    world.strategy("three", QUIET.replace("Talking", "Other"))
    assert livekit("strategies").out == [
        "one (1m, strategies/one.py:Talking)",
        "three (1m)",
        "two (1m, strategies/two.py:Talking)",
    ]


# ---- status and folders


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_status_exits_65_when_a_symbol_is_halted_and_shows_all(livekit: Any, world: Any, form: list[str]) -> None:
    path = world.run("BTCUSDT")
    world.run("ETHUSDT")
    assert livekit("status", *form).code == 0
    path.write_bytes(path.read_bytes()[:-30] + b"x" * 29 + b"\n")
    ended = livekit("status", *form)
    assert ended.code == 65
    assert "BTCUSDT" in "".join(ended.out)
    assert "ETHUSDT" in "".join(ended.out)


NAMED = [
    ("status",),
    ("events",),
    ("report", "quiet"),
    ("dump",),
    ("strategies",),
    ("run", "A", "-s", "quiet"),
    ("backtest", "A", "-s", "quiet"),
]


@pytest.mark.parametrize("words", NAMED, ids=lambda words: words[0])
def test_a_project_that_is_not_there_is_refused(livekit: Any, tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = livekit(*words, "--project", str(tmp_path / "nope"))
    assert (ended.code, ended.out) == (2, [])
    assert ended.err == [f"livekit: --project {tmp_path / 'nope'}: there is no such folder"]


@pytest.mark.parametrize("words", NAMED[:4], ids=lambda words: words[0])
def test_a_data_folder_that_is_not_there_is_refused(livekit: Any, words: tuple[str, ...]) -> None:
    ended = livekit(*words, "--data-dir", "nope")
    assert (ended.code, ended.out, ended.err) == (2, [], ["livekit: --data-dir nope: there is no such folder"])


@pytest.mark.parametrize("words", [*NAMED[:4], NAMED[5]], ids=lambda words: words[0])
def test_an_empty_data_folder_name_is_refused(livekit: Any, tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = livekit(*words, "--data-dir", "")
    assert (ended.code, ended.out) == (2, [])
    assert "--data-dir is '', expected a name" in ended.err[-1]
    assert list(tmp_path.iterdir()) == []


def test_a_run_makes_the_data_folder_that_it_is_told(talking: Any) -> None:
    words = ("run", *REPLAY, "--speed", "100000", "--data-dir", "new/data")
    assert in_a_process(talking.folder, *words).returncode == 0
    assert (talking.folder / "new" / "data").is_dir()


# ---- forms of a run


@pytest.mark.parametrize("term", ["dumb", None])
def test_a_terminal_that_can_do_nothing_gets_plain_lines(talking: Any, term: str | None) -> None:
    master, slave = pty.openpty()
    environment = {name: text for name, text in os.environ.items() if name != "TERM"}
    environment |= {"TERM": term} if term else {}
    words = ("run", *REPLAY, "--speed", "100000")
    assert in_a_process(talking.folder, *words, stdout=slave, env=environment).returncode == 0
    shown = os.read(master, 65536).decode()
    os.close(master)
    os.close(slave)
    assert "\x1b" not in shown
    assert [line.split()[5] for line in shown.splitlines()][:2] == ["opened", "closed"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "A", "--plain", "--json"], "--plain and --json"),
        (["run", "A", "--candles", "candles.csv", "--exchange", "demo"], "leave --exchange demo out"),
        (["backtest", "A", "--candles", "candles.csv", "-e", "demo"], "leave --exchange demo out"),
        (["backtest", "A", "--from", "2026-01-02", "--to", "2026-01-01"], "--from 2026-01-02 is after --to 2026-01-01"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    livekit: Any, talking: Any, words: list[str], says: str
) -> None:
    ended = livekit(*words, "-s", "talking")
    assert (ended.code, ended.out) == (2, [])
    assert says in ended.err[-1]
    assert not (talking.folder / "data").exists()


# ---- exit codes tell, whoever reads


def test_a_reader_who_leaves_does_not_change_what_the_exit_code_says(world: Any) -> None:
    path = world.run("BTCUSDT")
    path.write_bytes(path.read_bytes()[:-30] + b"x" * 29 + b"\n")
    for words in (("status",), ("status", "--json"), ("repair",)):
        reader, writer = os.pipe()
        os.close(reader)
        ended = in_a_process(world.folder, *words, stdout=writer)
        os.close(writer)
        assert ended.returncode == 65, words
        assert "Traceback" not in ended.stderr


FAILING = QUIET.replace('        str("asked")\n', "        raise ValueError(market.symbol)\n")


def test_a_call_by_cron_in_which_the_strategy_failed_does_not_end_with_0(world: Any) -> None:
    world.strategy("failing", FAILING)
    world.strategy("quiet", QUIET)
    ended = in_a_process(world.folder, "run", "BTCUSDT", "-s", "failing", "--once")
    assert ended.returncode == 1
    assert "failing BTCUSDT: strategies/failing.py:7: ValueError: BTCUSDT" in ended.stderr.splitlines()[-1]
    assert in_a_process(world.folder, "run", "BTCUSDT", "-s", "quiet", "--once").returncode == 0


def test_a_journal_that_a_refused_start_made_is_not_missed_by_a_monitor(livekit: Any, world: Any) -> None:
    running, never = (
        open_journal(world.folder / "data", Identity(Mode.PAPER, "demo", "quiet", symbol), Disk(), "", 0)
        for symbol in ("BTCUSDT", "SOLUSDT")
    )
    never.close()
    world.folder.joinpath("data/signal/paper/demo-quiet-SOLUSDT.pulse").unlink()
    running.beat(Pulse(minute=0, newest_candle=0, next_due=MINUTE_MS, heartbeat=wall_ms(), status="running"))
    assert livekit("status", "--running").code == 0
    running.close()
    assert livekit("status", "--running").code == 1


# ---- one symbol's trouble stays its own


def test_a_symbol_that_would_share_a_journal_is_refused_and_leaves_it_well(livekit: Any, world: Any) -> None:
    world.strategy("quiet", QUIET)
    assert in_a_process(world.folder, "run", "A/B", "-s", "quiet", "--once").returncode == 0
    ended = in_a_process(world.folder, "run", "A:B", "-s", "quiet", "--once")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "livekit: A/B has the journal demo-quiet-A_B.jsonl, which A:B would share\n"
    assert livekit("status").code == 0


def test_a_file_that_blocks_while_it_is_imported_is_cut_short_with_its_line(
    livekit: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strategy_import, "IMPORT_SECONDS", 0.2)
    world.strategy("blocking", "while True:\n    pass\n")
    world.strategy("quiet", QUIET)
    ended = livekit("strategies")
    assert (ended.code, ended.out) == (78, ["quiet (1m)"])
    (told,) = ended.err
    assert re.fullmatch(r"livekit: strategies/blocking.py:[12]: the file does not come to its end within 0.2 s", told)
