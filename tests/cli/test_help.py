"""Help that teaches: what there is, in an order, on any width of terminal, with examples that work."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from livekit_cli import __version__
from livekit_cli.cli import COMMANDS, GROUPS, application
from livekit_cli.cli.examples import BEGIN, EXAMPLES
from tests.exchange.project import exchanges_of

HOUSE = Path(__file__).parents[2]
DEADLINE = 60
EARLY_SECONDS = 2.0
"""How long an endless example may run before it is interrupted."""

ENDLESS = ("run", "watch")


def params_of(command: str) -> list[Any]:
    return typer.main.get_command(application()).commands[command].params  # type: ignore[attr-defined,no-any-return]


# ---- pages


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_option_and_says_what_it_does(livekit: Any, command: str) -> None:
    ended = livekit(command, "--help")
    assert (ended.code, ended.err) == (0, [])
    text = " ".join(" ".join(ended.out).split())
    assert text.startswith(f"Usage: livekit {command} ")
    for parameter in params_of(command):
        assert parameter.help, parameter.name
        assert all(option in text for option in parameter.opts if option.startswith("--"))
    assert not re.search(r"<(str|path|float|int)[ >]", text), "a type is no name for what is to be typed"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_opens_with_a_sentence_and_ends_with_two_to_four_examples(livekit: Any, command: str) -> None:
    lines = livekit(command, "--help").out
    assert re.match(r"[A-Z].*\.( |$)", " ".join(lines[2:4])), "its docstring begins with a sentence"
    examples = lines[lines.index("Examples:") + 1 :]
    assert 2 <= len(EXAMPLES[command]) <= 4, f"examples of {command} in cli/examples.py"
    assert [line for line in examples if line.startswith("  livekit ")] == [
        f"  {line}" for line, _ in EXAMPLES[command]
    ]


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("words", [(), *((command,) for command in COMMANDS)], ids=" ".join)
def test_no_line_of_help_is_wider_than_the_terminal(
    livekit: Any, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = livekit(*words, "--help").out
    assert [line for line in lines if len(line) > width] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_an_example_that_takes_several_lines_is_still_one_command(
    livekit: Any, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    text = "\n".join(livekit(command, "--help").out)
    joined = re.findall(r"^  (livekit .*)$", text.replace(" \\\n      ", " "), re.MULTILINE)
    assert joined == [line for line, _ in EXAMPLES[command]]


def test_every_command_is_listed_once_under_its_heading_with_a_whole_sentence(livekit: Any) -> None:
    lines = livekit("--help").out
    listed = {}
    for title, names in GROUPS.items():
        at = lines.index(f"{title}:") + 1
        rows = lines[at : lines.index("", at)]
        assert [row.split()[0] for row in rows] == list(names)
        assert all(row.endswith(".") for row in rows)
        listed |= dict.fromkeys(names, title)
    assert list(listed) == list(COMMANDS)


def test_help_says_where_to_begin(livekit: Any) -> None:
    lines = livekit("--help").out
    assert lines.index("Begin here:") < lines.index(f"{next(iter(GROUPS))}:")
    assert f"  {BEGIN[0][0]}" in lines
    assert "livekit COMMAND --help" in lines[-1]


def test_without_a_command_it_shows_its_help_and_counts_as_wrong_usage(livekit: Any) -> None:
    ended = livekit()
    assert (ended.code, ended.out) == (2, [])
    assert ended.err == livekit("--help").out


@pytest.mark.parametrize("words", [("help",), ("-h",), ("--help",)])
def test_help_has_other_names(livekit: Any, words: tuple[str, ...]) -> None:
    assert livekit(*words).out[0] == "Usage: livekit COMMAND [OPTIONS]"
    assert livekit(*words, "run").out == livekit("run", "-h").out == livekit("run", "--help").out


@pytest.mark.parametrize("word", ["--version", "-V", "version"])
def test_the_version_is_printed(livekit: Any, word: str) -> None:
    ended = livekit(word)
    assert (ended.code, ended.out, ended.err) == (0, [f"livekit {__version__}"], [])


# ---- examples


@pytest.fixture(scope="session")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project in which breakout has run on the demo market, with candles of its own."""
    folder = tmp_path_factory.mktemp("traded")
    for name in ("strategies", "configs"):
        shutil.copytree(HOUSE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HOUSE / "tests" / "reference" / "candles_1m.csv", folder / "candles.csv")
    with started("livekit run BTCUSDT -s breakout --speed 36000 --plain", folder, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if " closed " in line:
                break
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=DEADLINE)
    assert run.returncode == 0
    with exchanges_of(folder):
        yield folder


def started(line: str, folder: Path, **streams: Any) -> subprocess.Popen[str]:
    """A command line as a shell runs it; an interrupt reaches the program itself."""
    shell = f'livekit() {{ exec {shlex.quote(sys.executable)} -m livekit_cli "$@"; }}; {line}'
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    return subprocess.Popen(["bash", "-c", shell], cwd=folder, text=True, env=environment, **streams)


@pytest.mark.parametrize(
    "line", [line for examples in EXAMPLES.values() for line, _ in examples], ids=lambda line: line[8:]
)
def test_every_example_works(traded: Path, tmp_path: Path, line: str) -> None:
    folder = tmp_path / "project"
    shutil.copytree(traded, folder)
    run = started(line, folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    words = line.split()
    is_endless = (words[1] in ENDLESS and "--once" not in words) or "--follow" in words
    if is_endless:
        try:
            out, err = run.communicate(timeout=EARLY_SECONDS)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=DEADLINE)
    interrupted = 128 + signal.SIGINT if "--follow" in words else 0
    assert run.returncode in (0, interrupted), err
    assert "Traceback" not in err
    if not is_endless and words[1] != "run":
        assert out or any(path.stat().st_size for path in folder.glob("report.*"))


def test_the_first_lines_to_type_work_one_after_the_other(tmp_path: Path) -> None:
    """The run among them is interrupted after a while, as a person would do."""
    program = f"{shlex.quote(sys.executable)} -m livekit_cli"
    early = f"timeout --preserve-status -s INT {EARLY_SECONDS} {program}"
    lines = [line.replace("livekit", early if " run " in line else program, 1) for line, _ in BEGIN]
    with started("set -e; " + "; ".join(lines), tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as shell:
        out, err = shell.communicate(timeout=DEADLINE)
    assert shell.returncode == 0, err
    assert "# Report: my-strategy" in out


def test_every_command_has_examples_and_no_other() -> None:
    assert EXAMPLES.keys() == set(COMMANDS)
