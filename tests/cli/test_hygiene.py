"""What every command keeps to, whatever is at the other end of its streams: a pipe, a terminal, a full disk."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from livekit_cli.cli import COMMANDS, application
from livekit_cli.cli.examples import EXAMPLES
from tests.exchange.project import exchanges_of

HOUSE = Path(__file__).parents[2]
DEADLINE = 60
NARROW = 40

ENDLESS = ("run", "watch")
"""Commands whose examples end only with --once."""

SAMPLES = {
    command: next(line for line, _ in EXAMPLES[command] if command not in ENDLESS or "--once" in line)
    for command in COMMANDS
}
"""A line for each command that prints something and ends."""

PRINTS_AN_EVENT = "livekit run BTCUSDT -s always --once"

WIDE = {
    "init": r"(made|left as it was): \S+|  livekit .*",
    "dump": r"\S+",
    "events": r"\d{4}-\d\d-\d\dT.*",
    "run": r"\d{4}-\d\d-\d\dT.*",
    "explain": r"\S+:\d+",
    "check": r" +\S+",
    "download": r"\S+  [\d,]+ candles, .*",
    "schema": r" *[\"{}\[\]].*",
}
"""What a narrow terminal may fold: paths, commands and JSON, which stay whole, and events, which have a line each."""


def params_of(command: str) -> list[Any]:
    return typer.main.get_command(application()).commands[command].params  # type: ignore[attr-defined,no-any-return]


WITH_JSON = [name for name in COMMANDS if any("--json" in param.opts for param in params_of(name))]

ALWAYS = """from livekit_cli import Strategy


class Always(Strategy):
    async def get_signal(self, market):
        return market.long(take_profit=1, stop_loss=1, minutes=3, note="漢字 – always")
"""


@pytest.fixture(scope="session")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project in which breakout and always have run, with candles of its own."""
    folder = tmp_path_factory.mktemp("traded")
    for name in ("strategies", "configs"):
        shutil.copytree(HOUSE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "strategies" / "always.py").write_text(ALWAYS)
    shutil.copy(HOUSE / "tests" / "reference" / "candles_1m.csv", folder / "candles.csv")
    for strategy in ("breakout", "always"):
        line = f"livekit run BTCUSDT -s {strategy} --speed 36000 --plain"
        with subprocess.Popen(shell(line), cwd=folder, text=True, env=environment(), stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            for said in run.stdout:
                if " closed " in said:
                    break
            run.send_signal(signal.SIGINT)
            run.communicate(timeout=DEADLINE)
        assert run.returncode == 0
    with exchanges_of(folder):
        yield folder


@pytest.fixture
def project(traded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(traded, tmp_path / "project"))


def shell(line: str) -> list[str]:
    """A command line as a shell runs it; a single command gets the place of the shell, and its signals."""
    program = f'{shlex.quote(sys.executable)} -m livekit_cli "$@"'
    alone = "" if "|" in line or ">" in line or "<" in line else "exec "
    return ["bash", "-c", f"livekit() {{ {alone}{program}; }}; {line}"]


def environment(**settings: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE), "LANG": "C.UTF-8"} | settings


@dataclass(frozen=True)
class Ended:
    code: int
    out: bytes
    err: bytes

    def check(self, code: int = 0) -> None:
        """It ended as it should, and said nothing that only a programmer understands."""
        assert self.code == code, self.err
        for word in (b"Traceback", b"Exception ignored", b"Error:"):
            assert word not in self.err, self.err


def in_shell(project: Path, line: str, **settings: str) -> Ended:
    ended = subprocess.run(
        shell(line), cwd=project, env=environment(**settings), capture_output=True, timeout=DEADLINE, check=False
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def on_terminal(project: Path, line: str, width: int = 80, **settings: str) -> Ended:
    """The command on a terminal of that width, for its output; errors apart."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    given = environment(TERM="xterm") | settings
    run = subprocess.Popen(
        shell(line), cwd=project, env=given, stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.PIPE
    )
    os.close(slave)
    out = b""
    try:
        while piece := os.read(master, 65536):
            out += piece
    except OSError:
        pass  # how a terminal says that nobody writes to it any more
    _, err = run.communicate(timeout=DEADLINE)
    os.close(master)
    return Ended(run.returncode, out.replace(b"\r\n", b"\n"), err)


def shown(text: bytes) -> list[str]:
    """The lines of a terminal, without colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.decode()).splitlines()


every_command = pytest.mark.parametrize("command", COMMANDS)


# ---- streams that are not there, or are full


@every_command
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_silence(project: Path, command: str, closed: str) -> None:
    in_shell(project, f"{SAMPLES[command]} {closed}").check()


@every_command
def test_a_reader_who_has_seen_enough_ends_it_quietly(project: Path, command: str) -> None:
    in_shell(project, f"{SAMPLES[command]} | head -n 1 >/dev/null; exit ${{PIPESTATUS[0]}}").check()
    in_shell(project, f"{SAMPLES[command]} | true; exit ${{PIPESTATUS[0]}}").check()


@every_command
def test_a_full_disk_behind_the_output_is_said(project: Path, command: str) -> None:
    line = PRINTS_AN_EVENT if command == "run" else SAMPLES[command]
    ended = in_shell(project, f"{line} >/dev/full")
    ended.check(74)
    assert b"No space left on device" in ended.err


@every_command
def test_a_full_disk_behind_the_errors_changes_nothing(project: Path, command: str) -> None:
    in_shell(project, f"{SAMPLES[command]} 2>/dev/full").check()


# ---- data and logs


@every_command
def test_nothing_is_both_data_and_log(project: Path, command: str) -> None:
    ended = in_shell(project, SAMPLES[command])
    ended.check()
    assert not set(ended.out.splitlines()) & set(ended.err.splitlines())


@pytest.mark.parametrize("command", WITH_JSON)
def test_json_is_a_whole_object_on_each_line_in_ascii(project: Path, command: str) -> None:
    line = PRINTS_AN_EVENT if command == "run" else SAMPLES[command]
    ended = in_shell(project, line if "--json" in line else f"{line} --json")
    ended.check()
    assert ended.out.endswith(b"\n")
    for row in ended.out.decode("ascii").splitlines():
        assert isinstance(json.loads(row), dict)


# ---- terminals and what stands for one


@every_command
def test_no_escape_goes_into_a_pipe_whatever_the_environment_says(project: Path, command: str) -> None:
    forced = {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "PY_COLORS": "1", "TERM": "xterm-256color"}
    ended = in_shell(project, SAMPLES[command], **forced)
    ended.check()
    assert b"\x1b" not in ended.out + ended.err


@every_command
def test_a_terminal_that_can_do_nothing_gets_no_escape(project: Path, command: str) -> None:
    ended = on_terminal(project, SAMPLES[command], TERM="dumb")
    ended.check()
    assert b"\x1b" not in ended.out


@every_command
def test_no_color_is_heeded(project: Path, command: str) -> None:
    ended = on_terminal(project, SAMPLES[command], NO_COLOR="1")
    ended.check()
    assert not re.search(rb"\x1b\[[0-9;]*m", ended.out)


@every_command
def test_a_terminal_without_unicode_gets_ascii(project: Path, command: str) -> None:
    ended = on_terminal(project, SAMPLES[command], LANG="C", LC_ALL="C")
    ended.check()
    assert ended.out.isascii(), ended.out


@every_command
def test_an_old_locale_without_utf_8_gets_what_it_can_show(project: Path, command: str) -> None:
    old = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = in_shell(project, SAMPLES[command], **old)
    ended.check()
    assert ended.out.isascii()


@every_command
@pytest.mark.parametrize("by", ["size", "COLUMNS"])
def test_no_line_is_wider_than_a_narrow_terminal(project: Path, command: str, by: str) -> None:
    if by == "size":
        ended = on_terminal(project, SAMPLES[command], NARROW)
    else:
        ended = on_terminal(project, SAMPLES[command], 120, COLUMNS=str(NARROW))
    ended.check()
    may_be_wide = re.compile(WIDE.get(command, "(?!)"))
    assert [line for line in shown(ended.out) if len(line) > NARROW and not may_be_wide.fullmatch(line)] == []
