"""Completion: what is offered for the word being typed, by real shells too, and never by running a stranger's code."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.shells import SCRIPTS
from livekit_cli.cli import COMMANDS

HOUSE = Path(__file__).parents[2]
PATIENCE = 60.0

MARKER = "raise SystemExit('imported')\n"
"""A strategy file that cannot be imported unnoticed."""


@pytest.fixture
def offered(livekit: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is offered for the last of these words, without the meanings; everything must have gone well."""

    def call(*words: str, shell: str = "fish") -> list[str]:
        monkeypatch.setenv("_LIVEKIT_COMPLETE", shell)
        ended = livekit(*words)
        monkeypatch.delenv("_LIVEKIT_COMPLETE")
        assert (ended.code, ended.err) == (0, [])
        return [line.partition("\t")[0] for line in ended.out]

    return call


# ---- words


def test_commands_are_offered_with_what_they_do(livekit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_LIVEKIT_COMPLETE", "zsh")
    lines = livekit("").out
    assert [line.partition("\t")[0] for line in lines] == list(COMMANDS)
    assert all(line.endswith(".") for line in lines)


@pytest.mark.parametrize("words", [("st",), ("help", "st")])
def test_commands_are_offered_by_their_beginning(offered: Any, words: tuple[str, ...]) -> None:
    assert offered(*words) == [name for name in COMMANDS if name.startswith("st")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_offered_once(offered: Any, command: str) -> None:
    options = offered(command, "--")
    assert "--help" in options
    assert len(options) == len(set(options)) > 1
    assert all(option.startswith("--") for option in options)


def test_an_option_that_was_given_is_not_offered_again_unless_it_may_be(offered: Any) -> None:
    options = offered("run", "BTCUSDT", "--once", "--set", "a=1", "--")
    assert "--once" not in options
    assert "--set" in options


def test_symbols_are_those_with_journals(offered: Any, world: Any) -> None:
    assert offered("run", "") == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
    world.run("ADAUSDT")
    world.run("BTC/USDT:USDT")
    assert offered("run", "") == ["ADAUSDT", "BTC/USDT:USDT"]
    assert offered("run", "ADAUSDT", "") == ["BTC/USDT:USDT"]
    assert offered("events", "--symbol", "A") == ["ADAUSDT"]
    assert offered("events", "--symbol=A") == ["--symbol=ADAUSDT"]


def test_strategies_are_files_and_presets_and_none_is_imported(offered: Any, world: Any) -> None:
    world.strategy("night_owl", MARKER)
    world.strategy("_private", MARKER)
    (world.folder / "configs" / "strategies").mkdir(parents=True)
    (world.folder / "configs" / "strategies" / "early-bird.yaml").write_text("strategy: night-owl\n")
    assert offered("run", "BTCUSDT", "--strategy", "") == ["early-bird", "night-owl"]
    assert offered("backtest", "BTCUSDT", "-s", "n") == ["night-owl"]


def test_reports_are_offered_for_what_has_run(offered: Any, world: Any) -> None:
    world.strategy("night_owl", MARKER)
    world.run()
    for command in ("report", "dump", "events"):
        assert offered(command, "") == ["brisk"]
        assert "brisk" not in offered(command, "brisk", "")


def test_another_project_and_another_data_folder_are_heeded(offered: Any, world: Any, tmp_path: Path) -> None:
    world.run("ADAUSDT")
    world.strategy("night_owl", MARKER)
    (tmp_path / "data").rename(tmp_path / "kept")
    assert offered("run", "--data-dir", "kept", "") == ["ADAUSDT"]
    assert offered("report", "--data-dir=kept", "") == ["brisk"]
    assert offered("run", "--project", str(tmp_path), "-s", "") == ["night-owl"]
    assert offered("run", "--project", str(tmp_path / "kept"), "-s", "") == []


def test_exchanges_and_fleets_are_told_apart_and_the_defaults_data_folder_is_heeded(
    offered: Any, world: Any, tmp_path: Path
) -> None:
    world.run("ADAUSDT")
    (tmp_path / "data").rename(tmp_path / "kept")
    configs = {"mine": "exchange: demo\n", "all": "runs:\n  - strategy: x\n", "livekit": "data_dir: kept\n", "a b": ""}
    (tmp_path / "configs").mkdir()
    for name, text in configs.items():
        (tmp_path / "configs" / f"{name}.yaml").write_text(text)
    assert offered("run", "--exchange", "") == ["demo", "mine"]
    assert offered("run", "--exchange", "krak") == offered("exchanges", "krak") == ["kraken", "krakenfutures"]
    assert offered("run", "--exchange=mi") == ["--exchange=mine"]
    assert offered("run", "--config", "") == ["all", ":files yaml"]
    assert offered("run", "") == ["ADAUSDT"]
    (tmp_path / "configs" / "livekit.yaml").write_text("data_dir: [\n")
    assert offered("run", "") == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]


def test_signals_are_offered_the_newest_first(offered: Any, world: Any, livekit: Any) -> None:
    world.run("ADAUSDT", minutes=20)
    ids = [line.rpartition("id=")[2].split()[0] for line in livekit("events").out if " opened " in line]
    assert len(ids) > 2
    assert offered("explain", "") == ids[::-1]
    assert offered("explain", ids[0][:4]) == ids[:1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "--candles", ""), ":files csv"),
        (("run", "--project", ""), ":folders"),
        (("status", "--data-dir=x"), ":folders"),
        (("dump", "--path", "x"), ":folders"),
        (("run", "--exchange", ""), "demo"),
    ],
)
def test_files_and_folders_are_left_to_the_shell(offered: Any, words: tuple[str, ...], says: str) -> None:
    assert says in offered(*words)


def test_bash_gets_what_belongs_behind_the_last_mark(offered: Any, world: Any) -> None:
    world.run("BTC/USDT:USDT")
    assert offered("run", "BTC/USDT", ":", "", shell="bash") == ["USDT"]
    assert offered("run", "BTC/USDT", ":", "U", shell="bash") == ["USDT"]
    assert offered("events", "--symbol", "=", "BTC", shell="bash") == ["BTC/USDT:USDT"]
    assert offered("events", "--symbol", "=", shell="bash") == ["BTC/USDT:USDT"]


# ---- folders that are not as they should be


HOSTILE_NAMES = ("$(touch ran)", "; touch ran", "a b", "\x1b[31m", "-rf", "`touch ran`", "*", "a\nb")


def test_names_that_a_shell_could_misread_are_not_offered(offered: Any, world: Any) -> None:
    for name in HOSTILE_NAMES:
        world.strategy(name, MARKER)
    journal = world.run()
    for symbol in ("$(touch ran)", "A B", "\\u001b[31m", "--once"):
        text = journal.read_text().replace('"symbol":"BTCUSDT"', f'"symbol":"{symbol}"')
        (journal.parent / f"csv-brisk-{len(symbol)}.jsonl").write_text(text)
    assert offered("run", "BTCUSDT", "--strategy", "") == []
    assert offered("events", "--symbol", "") == ["BTCUSDT"]


def test_a_folder_of_rubbish_offers_nothing(offered: Any, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "signal" / "paper"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "demo-a-PIPE.jsonl")
    (folder / "demo-a-FOLDER.jsonl").mkdir()
    (folder / "demo-a-GONE.jsonl").symlink_to("nowhere")
    (folder / "demo-a-DEEP.jsonl").write_text("[" * 100_000)
    (folder / "demo-a-NUMBER.jsonl").write_text("1\n")
    (folder / "demo-a-ODD.jsonl").write_text('{"journal":{"strategy":1,"symbol":[]}}\n')
    (folder / "demo-a-BYTES.jsonl").write_bytes(b"\xff\x00" * 999)
    (tmp_path / "strategies").write_text("no folder")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "strategies").symlink_to("strategies")
    for words in (("report", ""), ("dump", ""), ("run", "A", "-s", "")):
        assert offered(*words) == []
    assert offered("events", "--symbol", "") == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]


@pytest.mark.parametrize("words", [(), ("nonsense", ""), ("run", "--", "-"), ("run", "--nope", ""), ("\x00",), ("-x",)])
def test_words_that_mean_nothing_get_nothing_wrong(offered: Any, words: tuple[str, ...]) -> None:
    offered(*words)


# ---- installing


@pytest.mark.parametrize("shell", SCRIPTS)
def test_installing_writes_the_script_and_twice_is_as_good_as_once(
    livekit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / f".{shell}rc").write_text("mine")
    for _ in range(2):
        ended = livekit("--install-completion", shell)
        assert (ended.code, ended.err) == (0, [])
    script = Path(ended.out[0].removeprefix("written: "))
    assert script.read_text() == SCRIPTS[shell] == "\n".join(livekit("--show-completion", shell).out) + "\n"
    start = (tmp_path / f".{shell}rc").read_text()
    assert start.startswith("mine")
    assert start.count("source ") == (shell != "fish")


def test_a_shell_that_is_none_of_the_three_is_refused(livekit: Any) -> None:
    ended = livekit("--install-completion", "zhs")
    assert (ended.code, ended.out) == (2, [])
    assert ended.err == ["livekit: --install-completion is 'zhs', expected one of bash, zsh, fish; did you mean 'zsh'?"]


def test_a_home_that_cannot_be_written_is_said(livekit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    ended = livekit("--install-completion", "bash")
    assert (ended.code, ended.out) == (73, [])
    assert ended.err[0].startswith("livekit: cannot write ")


# ---- real shells


def shell_path(shell: str) -> str:
    """Where the shell is. The gate insists on all three; elsewhere the tests of a missing one are left out."""
    path = shutil.which(shell)
    if path is None and os.environ.get("LIVEKIT_TESTS_NEED_SHELLS"):
        pytest.fail(f"{shell} is needed to see whether it completes: apt-get install {shell}")
    if path is None:
        pytest.skip(f"{shell} is not installed (apt-get install {shell})")
    return path


@pytest.fixture
def environment(world: Any, tmp_path: Path) -> dict[str, str]:
    """One in which `livekit` is this one, in a project in which something has run, beside hostile names."""
    program = tmp_path / "bin" / "livekit"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m livekit_cli "$@"\n')
    program.chmod(0o755)
    world.run("BTC/USDT:USDT")
    world.strategy("night_owl", MARKER)
    for name in HOSTILE_NAMES:
        world.strategy(name, MARKER)
    (tmp_path / "other.txt").touch()
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "mixed-fleet.yaml").write_text("runs:\n  - strategy: x\n")
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(HOUSE),
        "HOME": str(tmp_path),
        "TERM": "dumb",
        "LANG": "C.UTF-8",
    }


TYPED = {
    "livekit stat": "livekit status",
    "livekit run BTC": "livekit run BTC/USDT:USDT",
    "livekit run BTC/USDT:": "livekit run BTC/USDT:USDT",
    "livekit run X --strategy ni": "livekit run X --strategy night-owl",
    "livekit run X --strategy=": "livekit run X --strategy=night-owl",
    "livekit run X --candles can": "livekit run X --candles candles.csv",
    "livekit run X --candles=can": "livekit run X --candles=candles.csv",
    "livekit run X --onc": "livekit run X --once",
    "livekit run --config mixed": "livekit run --config mixed-fleet",
    "livekit repair BTC/USDT:": "livekit repair BTC/USDT:USDT",
    "livekit schema fl": "livekit schema fleet",
    "livekit report b": "livekit report brisk",
}

SET_UP = {"bash": "PS1='$ '", "zsh": "PS1='% '; bindkey -e"}
FRESH = {"bash": ("--norc", "--noprofile", "-i"), "zsh": ("-f", "-i")}


@pytest.mark.parametrize("shell", SET_UP)
def test_a_person_who_presses_tab_gets_the_word(shell: str, environment: dict[str, str], tmp_path: Path) -> None:
    terminal = Terminal(
        [shell_path(shell), *{"bash": ("--norc", "--noprofile"), "zsh": ("-f",)}[shell], "-i"], environment
    )
    try:
        terminal.type(f"{SET_UP[shell]}; source <(livekit --show-completion {shell}); echo REA''DY\n")
        terminal.until(b"READY\r\n")
        for typed, expected in TYPED.items():
            terminal.type(f"{typed}\t\x01echo LINE=\n")  # the key ^A goes to the line's beginning
            line = terminal.until(b"\nLINE=", b"\n")
            assert line.decode().strip() == f"LINE={expected}"
    finally:
        terminal.close()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("typed", TYPED)
def test_fish_offers_the_word(typed: str, environment: dict[str, str], tmp_path: Path) -> None:
    line = f"livekit --show-completion fish | source; complete -C{shlex.quote(typed)}"
    words = [shell_path("fish"), "--no-config", "-c", line]
    ended = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    first = ended.stdout.splitlines()[0].partition("\t")[0]
    assert typed.rpartition(" ")[0] + " " + first == TYPED[typed]
    assert not (tmp_path / "ran").exists()


class Terminal:
    """A shell on a terminal of its own, and a person in front of it."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._shown = b""
        master, slave = pty.openpty()
        self._master = master
        self._shell = subprocess.Popen(
            command,
            env=environment,
            cwd=environment["HOME"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def until(self, mark: bytes, end: bytes = b"") -> bytes:
        """What is shown from `mark` to `end`."""
        while mark not in self._shown or end not in self._shown.partition(mark)[2]:
            ready, _, _ = select.select([self._master], [], [], PATIENCE)
            assert ready, self._shown
            self._shown += os.read(self._master, 4096)
        _, _, rest = self._shown.partition(mark)
        line, _, self._shown = rest.partition(end) if end else (b"", b"", rest)
        return mark + line

    def close(self) -> None:
        os.close(self._master)
        self._shell.kill()
        self._shell.wait(PATIENCE)
