"""`livekit init` makes a project in which everything runs as it stands, and overwrites nothing."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.config.faults import config_faults, config_files
from livekit_cli.adapters.config.schema import schema_of
from livekit_cli.adapters.strategy_import import discover
from livekit_cli.adapters.strategy_loader import load

HOUSE = Path(__file__).parents[2]
FILES = {
    "strategies/my_strategy.py",
    "configs/strategies/my-strategy-fast.yaml",
    "configs/fleet.yaml",
    "configs/livekit.yaml",
    "configs/binance.yaml",
    "tests/test_my_strategy.py",
    "pytest.ini",
    ".gitignore",
    "README.md",
    *(f"configs/schema/{kind}.json" for kind in ("exchange", "strategy", "fleet", "livekit")),
}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_makes_the_files_and_says_each(livekit: Any, tmp_path: Path) -> None:
    ended = livekit("init", "mine")
    assert (ended.code, ended.err) == (0, [])
    assert set(files(tmp_path / "mine")) == FILES
    assert {line for line in ended.out if line.startswith("made: ")} == {f"made: mine/{name}" for name in FILES}
    made = {name: text.decode() for name, text in files(tmp_path / "mine").items() if not name.endswith(".json")}
    left = [re.sub(r"\$schema=|\$\{BINANCE_\w+\}", "", text) for text in made.values()]
    assert not any("$" in text for text in left)


def test_its_real_exchange_is_the_one_that_is_shipped_here(livekit: Any, tmp_path: Path) -> None:
    livekit("init", "--strategy-name", "breakout")
    made, shipped = tmp_path / "configs" / "binance.yaml", HOUSE / "configs" / "binance.yaml"
    assert made.read_text() == shipped.read_text()


def test_keys_are_kept_out_of_git(livekit: Any, tmp_path: Path) -> None:
    livekit("init")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "binance.yaml").write_text("secret: s\n")
    words = ["git", "-C", str(tmp_path), "ls-files", "--others", "--exclude-standard"]
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert "configs/binance.yaml" in listed
    assert not any(path.startswith("keys/") for path in listed)


def test_its_files_name_schemas_that_know_its_strategies(livekit: Any, tmp_path: Path) -> None:
    livekit("init", "--strategy-name", "NightOwl")
    path = tmp_path / "configs" / "strategies" / "night-owl-fast.yaml"
    first = path.read_text().splitlines()[0]
    schema = path.parent / first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads(schema.read_text()) == schema_of("strategy", tmp_path)
    fleet = schema_of("fleet", tmp_path)["properties"]["runs"]["items"]["properties"]["strategy"]
    assert fleet["anyOf"][0] == {"enum": ["night-owl", "night-owl-fast"]}


@pytest.mark.parametrize("words", [("init", "mine"), ("init", "a folder/with it's"), ("init",), ("init", ".")], ids=str)
def test_the_next_commands_work_as_printed(livekit: Any, tmp_path: Path, words: tuple[str, ...]) -> None:
    lines = livekit(*words).out
    commands = [line.strip() for line in lines[lines.index("Next:") + 1 :]]
    assert [command.partition(" ")[0] for command in commands] == ["cd"] * (len(commands) - 3) + ["livekit"] * 3
    livekit_in_shell = f"{shlex.quote(sys.executable)} -m livekit_cli"
    script = [
        command.replace("livekit", ENDED_EARLY * (" run " in command) + livekit_in_shell, 1)
        if command.startswith("livekit")
        else command
        for command in commands
    ]
    shell = "set -e; " + "; ".join(script)
    ended = subprocess.run(
        ["bash", "-c", shell],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("# Report: my-strategy") == 2


ENDED_EARLY = "timeout --preserve-status -s INT 2 "
"""What presses Ctrl-C after two seconds of a run."""


def test_the_strategy_and_its_preset_load_and_the_test_passes(livekit: Any, tmp_path: Path) -> None:
    livekit("init", "--strategy-name", "NightOwl")
    assert [(one.name, one.error) for one in discover(tmp_path / "strategies").entries] == [("night-owl", None)]
    assert load("night-owl-fast", tmp_path, {}).strategy_class.__name__ == "NightOwl"
    text = (tmp_path / "tests" / "test_night_owl.py").read_text()
    assert len([line for line in text.splitlines() if line]) == 5
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout


@pytest.mark.parametrize("tool", [("ruff", "check"), ("ruff", "format", "--check"), ("mypy", "--strict", "strategies")])
def test_what_it_writes_is_as_clean_as_ours(livekit: Any, tmp_path: Path, tool: tuple[str, ...]) -> None:
    livekit("init")
    words = [sys.executable, "-m", *tool, *(["--isolated", "."] if tool[0] == "ruff" else [])]
    environment = {**os.environ, "MYPYPATH": str(HOUSE)}
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_examples_open_with_something_that_trades(livekit: Any) -> None:
    livekit("init")
    ended = livekit("backtest", "BTCUSDT", "-s", "my-strategy", "--from", "2026-01-01", "--to", "2026-01-07", "--json")
    assert len(ended.out) > 20


def test_its_yaml_files_are_sound_and_each_names_a_schema_that_is_there(livekit: Any, tmp_path: Path) -> None:
    livekit("init", "--strategy-name", "night-owl")
    assert [file for file in config_files(tmp_path) if file.faults] == []
    yaml_files = sorted(tmp_path.glob("configs/**/*.yaml"))
    assert len(yaml_files) == 4
    for path in yaml_files:
        named = path.read_text().partition("\n")[0].removeprefix("# yaml-language-server: $schema=")
        assert json.loads((path.parent / named).read_text())["title"].startswith("livekit: ")


def test_the_fleet_runs(livekit: Any, tmp_path: Path) -> None:
    livekit("init")
    words = [sys.executable, "-m", "livekit_cli", "run", "--config", "fleet", "--once"]
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 0, ended.stderr
    assert len(list(tmp_path.glob("data/signal/paper/*.jsonl"))) == 3


def test_a_default_takes_effect_once_its_mark_is_gone(livekit: Any, tmp_path: Path) -> None:
    livekit("init")
    path = tmp_path / "configs" / "livekit.yaml"
    path.write_text("".join(line.removeprefix("# ") for line in path.read_text().splitlines(keepends=True)[2:]))
    assert config_faults(tmp_path) == []
    assert livekit("backtest", "BTCUSDT", "--from", "2026-01-01", "--to", "2026-01-02").code == 0


def test_what_is_there_is_left_and_said(livekit: Any, tmp_path: Path) -> None:
    livekit("init")
    before = {name: text + b"\n# mine\n" for name, text in files(tmp_path).items()}
    for name, text in before.items():
        (tmp_path / name).write_bytes(text)
    (tmp_path / "README.md").unlink()
    ended = livekit("init")
    assert [line for line in ended.out if line.startswith("made")] == ["made: README.md"]
    assert sum(line.startswith("left as it was: ") for line in ended.out) == len(FILES) - 1
    assert {name: text for name, text in files(tmp_path).items() if name != "README.md"} == {
        name: text for name, text in before.items() if name != "README.md"
    }


def test_a_link_to_nowhere_is_left_too(livekit: Any, tmp_path: Path) -> None:
    (tmp_path / "README.md").symlink_to("/nonexistent/elsewhere")
    assert "left as it was: README.md" in livekit("init").out


def test_a_reader_who_leaves_does_not_leave_half_a_project(tmp_path: Path) -> None:
    shell = f"{shlex.quote(sys.executable)} -m livekit_cli init | head -n 1; exit ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    ended = subprocess.run(["bash", "-c", shell], cwd=tmp_path, capture_output=True, env=environment, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert set(files(tmp_path)) == FILES


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["init", "file"], 73, "cannot make file/strategies/my_strategy.py: file is a file, expected a folder"),
        (["init", "file/in"], 73, "cannot make file/in/strategies/my_strategy.py: file is a file, expected a folder"),
        (["init", "taken"], 73, "cannot make taken/strategies/my_strategy.py: taken/strategies is a file, expected a"),
        (["init", "/proc/nowhere"], 73, "cannot make /proc/nowhere/strategies/my_strategy.py: No such file or direct"),
        (["init", "--strategy-name", "class"], 2, "--strategy-name is 'class', expected a name that a Python class"),
        (["init", "--strategy-name", "9lives"], 2, "--strategy-name is '9lives', expected a name that a Python class"),
        (["init", "--strategy-name", "a/b"], 2, "strategy name 'a/b' cannot be used: expected letters, digits"),
        (["init", "--strategy-name", ""], 2, "strategy name '' cannot be used: expected letters, digits"),
        (["init", "--strategy-name", "Bad Name!"], 2, "strategy name 'Bad Name!' cannot be used: expected letters"),
        (["init", "--force"], 2, "init has no option --force; there are --strategy-name"),
    ],
)
def test_what_cannot_be_made_is_refused(livekit: Any, tmp_path: Path, words: list[str], code: int, says: str) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "strategies").write_text("mine")
    ended = livekit(*words)
    assert (ended.code, ended.out) == (code, [])
    assert ended.err[0].startswith(f"livekit: {says}")
    assert set(files(tmp_path)) == {"file", "taken/strategies"}
