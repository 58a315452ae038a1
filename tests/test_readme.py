"""The README and the guide are true: their commands run, their snippets work, and their lists are complete.

Its second command runs these tests, so it is not run inside them; `.ci/run` runs both of its first two as they stand.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from livekit_cli.adapters.config.defaults import defaults_of
from livekit_cli.adapters.config.exchanges import find_exchange
from livekit_cli.adapters.config.fleets import read_fleet
from livekit_cli.adapters.records import read_records
from livekit_cli.adapters.strategy_loader import load
from livekit_cli.cli import application
from livekit_cli.core import errors
from livekit_cli.core.health import Health
from livekit_cli.core.pnl import pnl_percentage
from livekit_cli.core.signal import Position
from livekit_cli.testing import ask, candles
from tests.exchange.project import NAMES, exchanges_of
from tests.exchange.server import LocalExchange

HOUSE = Path(__file__).parents[1]
GUIDE = HOUSE / "docs" / "guide.md"
README = (HOUSE / "README.md").read_text(encoding="utf-8") + GUIDE.read_text(encoding="utf-8")
DEADLINE = 60
A_DAY = "--from 2026-01-01 --to 2026-01-01T23:59"

COMMANDS: dict[str, Any] = typer.main.get_command(application()).commands  # type: ignore[attr-defined]
"""The commands of the program by name, as typer made them."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def the_block(language: str, containing: str) -> str:
    (block,) = (block for block in blocks(language) if containing in block)
    return block


def options_of(command: str) -> set[str]:
    return {option for parameter in COMMANDS[command].params for option in parameter.opts} | {"--help"}


def commands_shown() -> list[str]:
    """Every `livekit ...` of the shell blocks, in turn; what sets it up has been done for these tests."""
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
    return [line.rpartition("&&")[2].strip().removeprefix(".venv/bin/") for line in lines if "livekit " in line]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what a clone brings along, so that nothing is written to this one."""
    for folder in ("strategies", "configs"):
        shutil.copytree(HOUSE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


class Shown:
    """A command of the README, running in the project folder. A real exchange must be one that is local there."""

    def __init__(self, command: str, project: Path) -> None:
        words = shlex.split(command, comments=True)
        assert words[0] == "livekit"
        self.command = command
        self.is_endless = words[1] == "run" and "--once" not in words
        self._is_real = "--exchange" in words
        assert not self._is_real or words[words.index("--exchange") + 1] in NAMES
        self._project = project
        self._process = subprocess.Popen(
            [sys.executable, "-m", "livekit_cli", *words[1:]],
            cwd=project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(HOUSE)},
        )

    def lines(self) -> Iterator[str]:
        assert self._process.stdout is not None
        return iter(self._process.stdout)

    def ended(self) -> tuple[int, str, str]:
        """Exit code, output, and what was said on standard error; one that is endless is interrupted."""
        try:
            printed = self._until_something_happened() if self.is_endless else ""
            out, err = self._process.communicate(timeout=DEADLINE)
        finally:
            self._process.kill()
        return self._process.returncode, printed + out, err

    def _until_something_happened(self) -> str:
        """What a newcomer types first must show a signal close; for the others any event will do.

        In real time that would take too long, and that the exchange answers is enough.
        """
        printed = ""
        if self._is_real:
            printed = self._until_it_answers()
            self._process.send_signal(signal.SIGINT)
            return printed
        for line in self.lines():
            printed += line
            if " closed " in line or not ("SOLUSDT" in self.command or "my-project" in self.command):
                break
        self._process.send_signal(signal.SIGINT)
        return printed

    def _until_it_answers(self) -> str:
        pacing = threading.Event()
        while self._process.poll() is None:
            records = read_records(self._project / "data", "breakout")
            for link in (record.pulse.link for record in records if record.held):
                if link is not None and link.unavailable_since is None:
                    return "it answers"
            pacing.wait(0.02)
        return ""


@pytest.fixture
def exchange(project: Path) -> Iterator[LocalExchange]:
    """What the project's real exchanges are here."""
    with exchanges_of(project) as local:
        yield local


@pytest.mark.timeout(240)
def test_every_command_shown_does_what_is_said(project: Path, exchange: LocalExchange) -> None:
    for command in commands_shown():
        code, out, err = Shown(command, project).ended()
        assert code == 0, f"{command}: {err}"
        if " --once" not in command:
            assert out.strip(), command
        assert "Traceback" not in err
    assert (project / "logs" / "live" / "breakout.md").read_text().startswith("# Report: breakout\n")
    assert (project / "my-project" / "data" / "signal" / "paper" / "demo-my-strategy-BTCUSDT.jsonl").exists()


def test_the_two_commands_set_up_a_folder_of_their_own_and_the_gate_runs_both() -> None:
    first, second, *_ = blocks("sh")
    set_up = "python3 -m venv .venv && .venv/bin/pip install -q -e "
    assert first.startswith(set_up + ". && .venv/bin/livekit run ")
    assert second == set_up + "'.[test]' && .venv/bin/pytest -q\n"
    gate = (HOUSE / ".ci" / "run").read_text()
    assert "command_of_readme 1" in gate
    assert "command_of_readme 2" in gate
    assert (HOUSE / ".ci" / "run").stat().st_mode & 0o111


# ---- snippets


def test_the_strategy_shown_can_be_asked_and_is_the_example_in_short(project: Path) -> None:
    (project / "strategies" / "shown.py").write_text(the_block("python", "class Breakout"))
    shown, example = load("shown", project, {}).create(), load("breakout", project, {}).create()
    assert shown.interval == example.interval
    assert ask(shown, candles([100.0] * 40)) is None
    proposed, same = (ask(one, candles([100.0] * 40 + [100.5])) for one in (shown, example))
    assert proposed is not None
    assert same is not None
    assert proposed.price_take_profit == same.price_take_profit
    assert proposed.price_stop_loss == same.price_stop_loss
    assert (proposed.position, proposed.minute_estimated_time) == (same.position, same.minute_estimated_time)


def test_the_yaml_shown_gives_a_strategy_another_name(project: Path) -> None:
    (project / "configs" / "strategies" / "shown.yaml").write_text(the_block("yaml", "lookback: 15"))
    loaded = load("shown", project, {})
    assert (loaded.name, loaded.strategy_class.__name__) == ("shown", "Breakout")
    strategy: Any = loaded.create()
    assert (strategy.interval, strategy.lookback) == ("1m", 15)


def test_the_exchange_shown_is_one_with_costs_of_its_own(project: Path) -> None:
    (project / "configs" / "shown.yaml").write_text(the_block("yaml", "seed:"))
    found = find_exchange("shown", project)
    assert (found.kind, found.seed, found.slippage_percent, found.fee_percent) == ("demo", 7, 0.05, 0.04)


def test_the_real_exchange_shown_is_one_of_contracts(project: Path) -> None:
    (project / "configs" / "shown.yaml").write_text(the_block("yaml", "market:"))
    found = find_exchange("shown", project)
    assert (found.kind, found.ccxt_id, found.market) == ("ccxt", "binance", "swap")
    assert (found.slippage_percent, found.fee_percent, found.ccxt) == (0.05, None, {"timeout": 5000})


def test_the_fleet_shown_is_the_one_that_the_next_command_runs(project: Path) -> None:
    shown, shipped = project / "configs" / "shown.yaml", project / "configs" / "fleet.yaml"
    shown.write_text(the_block("yaml", "runs:"))
    lines = [
        [(line.strategy.name, line.symbols, line.exchange.name) for line in read_fleet(path, project).lines]
        for path in (shown, shipped)
    ]
    assert lines[0] == [("breakout", ("BTCUSDT", "ETHUSDT"), "demo"), ("mean-reversion", ("SOLUSDT",), "demo")]
    assert {name for name, _, _ in lines[0]} <= {name for name, _, _ in lines[1]}


def test_the_defaults_shown_are_obeyed(project: Path) -> None:
    (project / "configs" / "livekit.yaml").write_text(the_block("yaml", "data_dir:"))
    defaults = defaults_of(project, "exchange", "strategy")
    assert (defaults.exchange, defaults.strategy) == ("demo", "breakout")
    assert defaults.data_dir == project / "data"


def test_the_json_shown_has_the_fields_of_an_event(livekit_events: list[dict[str, Any]]) -> None:
    shown = json.loads(the_block("json", "event_id"))
    closed = next(event for event in livekit_events if event["action"] == "closed")
    for one, other in ((shown, closed), (shown["signal"], closed["signal"]), (shown["pnl"], closed["pnl"])):
        assert list(one) == list(other)
    earned = pnl_percentage(Position.LONG, shown["pnl"]["price_open"], shown["pnl"]["price_close"])
    assert round(earned, 2) == shown["pnl"]["pnl_percentage"]


@pytest.fixture
def livekit_events(project: Path) -> list[dict[str, Any]]:
    code, out, err = Shown(f"livekit backtest BTCUSDT -s breakout --json {A_DAY}", project).ended()
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


def test_the_line_for_cron_works_from_another_folder(project: Path, tmp_path: Path) -> None:
    line = the_block("crontab", "--once").strip()
    words = line.removeprefix("* * * * * ").replace("/path/to/project", str(project)).split()
    assert words.pop(0) == "/path/to/.venv/bin/livekit"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ended = subprocess.run(
        [sys.executable, "-m", "livekit_cli", *words],
        cwd=elsewhere,
        env={"PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert ended.returncode == 0
    # Some of the demo market's minutes open a signal.
    assert re.fullmatch(r"(BTCUSDT: still open, .*\n)?", ended.stderr)
    assert (project / "data" / "signal" / "paper" / "demo-breakout-BTCUSDT.jsonl").exists()


def anchors_of(page: Path) -> set[str]:
    heads = re.findall("^#+ (.+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_link_leads_somewhere() -> None:
    for page in (HOUSE / "README.md", GUIDE):
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)]+)\)", text):
            file, _, anchor = link.partition("#")
            target = page.parent / file if file else page
            assert target.is_file(), link
            assert not anchor or anchor in anchors_of(target), link


def test_the_words_of_status_are_explained() -> None:
    assert re.findall(r"^\| ([A-Z]+) \|", README, re.M) == ["OK", "STOPPED", "STALE", "STUCK", "DEAD", "HALTED"]
    assert set(re.findall(r"^\| ([A-Z]+) \|", README, re.M)) == {health.name for health in Health}


def test_the_test_shown_passes_and_has_five_lines(project: Path) -> None:
    block = the_block("python", "def test_")
    assert len([line for line in block.splitlines() if line.strip()]) == 5
    (project / "test_shown.py").write_text(block)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "test_shown.py"]
    ended = subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout


def test_the_library_snippet_runs_as_a_script(project: Path) -> None:
    (project / "shown.py").write_text(the_block("python", "Live.run"))
    ended = subprocess.run(
        [sys.executable, "shown.py"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["opened", "closed"]


# ---- lists


def rows() -> dict[str, str]:
    """The table of commands: name to what is said of it."""
    (table,) = re.findall(r"^\| command \|.*?\n\n", README, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^\| `([a-z]+)[^`]*` \| (.*) \|$", table, re.MULTILINE))


def test_the_table_has_every_command_and_no_other() -> None:
    assert rows().keys() == COMMANDS.keys()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_what_the_table_says_of_a_commands_options_is_so(command: str) -> None:
    named = set(re.findall(r"--[a-z-]+", rows()[command]))
    if command == "strategies":
        named.discard("--strategy")  # whose names it lists
    assert named <= options_of(command)
    shared = {"--strategy", "--exchange", "--candles", "--set", "--project", "--data-dir", "--help"}
    assert {option for option in options_of(command) if option.startswith("--")} <= named | shared


def test_every_option_named_anywhere_exists() -> None:
    every = set().union(*(options_of(command) for command in COMMANDS)) | {
        "--version",
        "--install-completion",
        "--show-completion",
    }
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README)) <= every


def test_the_options_that_all_commands_take_are_taken_by_all() -> None:
    for command in COMMANDS:
        assert "--help" in options_of(command)
        assert ("--project" in options_of(command)) == (command != "init")
        has_no_data = command in ("init", "strategies", "exchanges", "schema", "backtest")
        assert ("--data-dir" in options_of(command)) != has_no_data


def test_every_exit_code_is_named_and_no_other() -> None:
    (paragraph,) = re.findall(r"^\*\*Exit codes\.\*\*(.*?)\n\n", README, re.MULTILINE | re.DOTALL)
    named = {int(code) for code in re.findall(r"(?:^ ?|· ?|, )(\d+)(?= )", paragraph.replace("\n", " "))}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    # Said by the shell's convention, not by an error of ours.
    ended = {128 + signal.SIGINT, 128 + signal.SIGTERM}
    assert named == {0, *ended} | {getattr(kind, "exit_code", 1) for kind in kinds}


def test_the_examples_named_are_those_in_the_folder() -> None:
    (said,) = re.findall(
        r"Four examples to learn from are in the repository: (.*?)\. `livekit", README.replace("\n", " ")
    )
    there = {path.stem.replace("_", "-") for path in (HOUSE / "strategies").glob("*.py")}
    assert set(re.findall(r"`([a-z-]+)`", said)) == there


def test_the_files_and_folders_named_exist() -> None:
    for name in re.findall(r"`((?:livekit_cli|strategies|configs|benchmarks|tests)/[\w/.-]*)`", README):
        if "NAME" not in name:
            assert (HOUSE / name).exists(), name
