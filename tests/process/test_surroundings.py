"""livekit started by everything that starts programs: cron, systemd, pipes, terminals, and people in a hurry."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Ended, Project, Running

SHOW, HIDE = b"\x1b[?25h", b"\x1b[?25l"

FIVES = """
async def get_signal(self, market):
    return market.long(take_profit=5, stop_loss=5, minutes=2) if market.now % 300_000 == 0 else None
"""


@pytest.fixture
def fives(project: Project) -> Project:
    """A project whose strategy opens a signal every five minutes, for two."""
    project.strategy("fives", FIVES)
    project.candles([100.0 + number / 100 for number in range(15)])
    return project


REPLAY = ("run", "BTCUSDT", "--strategy", "fives", "--candles", "candles.csv", "--speed", "100000", "--plain")
DEMO = ("--strategy", "fives", "--speed", "600", "--plain")


def sh(project: Project, line: str, **options: Any) -> Ended:
    """`line` run by a shell that knows `livekit`."""
    livekit = " ".join(project.command())
    return project.start_command(["bash", "-c", f'livekit() {{ {livekit} "$@"; }}; {line}'], **options).ended()


def words(*arguments: str) -> str:
    return "livekit " + " ".join(arguments)


def check_quiet(ended: Ended, code: int = 0) -> None:
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
    assert "Exception ignored" not in ended.err


def test_a_pipe_gets_one_plain_line_per_event(fives: Project) -> None:
    ended = fives.run(*REPLAY[:-1])
    check_quiet(ended)
    assert [line.split()[5] for line in ended.out.splitlines()] == ["opened", "closed"] * 2 + ["opened"]
    assert "\x1b" not in ended.out
    assert "still open, long since 2026-03-02T00:25:00Z" in ended.err


def test_head_ends_a_run_and_the_next_one_goes_on(fives: Project) -> None:
    check_quiet(sh(fives, f"{words(*REPLAY)} | head -1; exit ${{PIPESTATUS[0]}}"))
    check_quiet(fives.run(*REPLAY))
    assert [event["action"] for event in fives.events()] == ["opened", "closed"] * 2 + ["opened"]


@pytest.mark.parametrize("command", ["events", "report fives", "status", "strategies", "--help", "run --help"])
def test_head_ends_every_other_command(fives: Project, command: str) -> None:
    fives.run(*REPLAY)
    check_quiet(sh(fives, f"livekit {command} | head -1 >/dev/null; exit ${{PIPESTATUS[0]}}"))


def test_an_empty_environment_is_enough(fives: Project) -> None:
    ended = fives.run(*REPLAY, env={})
    check_quiet(ended)
    assert len(ended.out.splitlines()) == 5


@pytest.mark.parametrize(
    "settings",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "POSIX"},
        {"TERM": "dumb"},
        {"PYTHONUNBUFFERED": "1"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_note_that_the_encoding_cannot_say_is_spelled_out(project: Project, settings: dict[str, str]) -> None:
    project.strategy("fives", FIVES.replace("minutes=2", "minutes=2, note='漢字'"))
    project.candles([100.0] * 15)
    environment = {"PATH": os.environ["PATH"]} | settings
    ended = project.run(*REPLAY, env=environment)
    check_quiet(ended)
    assert len(ended.out.splitlines()) == 5
    for command in (("events",), ("report", "fives"), ("status",)):
        check_quiet(project.run(*command, env=environment))


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_silence_and_never_a_journal(fives: Project, closed: str) -> None:
    check_quiet(sh(fives, f"{words(*REPLAY)} {closed}"))
    assert len(fives.events()) == 5
    for command in ("events", "report fives", "status", "--version"):
        check_quiet(sh(fives, f"livekit {command} {closed}"))


def test_a_full_disk_behind_standard_output_ends_with_a_disk_error_and_loses_no_event(fives: Project) -> None:
    ended = sh(fives, f"{words(*REPLAY)} >/dev/full")
    check_quiet(ended, 74)
    assert "standard output: No space left on device" in ended.err
    again = fives.run(*REPLAY)
    assert [line.endswith("replay") for line in again.out.splitlines()] == [True] * 5


@pytest.mark.parametrize("command", ["events", "report fives", "status", "strategies", "--help", "--version"])
def test_a_full_disk_behind_any_other_command_is_said(fives: Project, command: str) -> None:
    fives.run(*REPLAY)
    ended = sh(fives, f"livekit {command} >/dev/full")
    check_quiet(ended, 74)
    assert "No space left on device" in ended.err


def test_a_full_disk_behind_standard_error_changes_nothing(fives: Project) -> None:
    ended = sh(fives, f"{words(*REPLAY)} 2>/dev/full")
    check_quiet(ended)
    assert len(ended.out.splitlines()) == 5


def test_a_working_folder_that_nobody_may_write_is_none_of_its_business(fives: Project, tmp_path: Path) -> None:
    data = tmp_path / "elsewhere"
    arguments = ("--project", fives.folder, "--data-dir", data)
    replay = [str(fives.folder / word) if word.endswith(".csv") else word for word in REPLAY]
    check_quiet(fives.run(*replay, *arguments, cwd="/proc"))
    check_quiet(fives.run("report", "fives", *arguments, cwd="/proc"))


def test_without_a_home_it_runs(fives: Project) -> None:
    check_quiet(fives.run(*REPLAY, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"}))


def test_a_second_instance_is_refused_and_told_by_whom(fives: Project) -> None:
    first = fives.start("run", "BTCUSDT", *DEMO)
    first.until_out(" opened ")
    for deleted in (False, True):
        if deleted:
            for lock in fives.data.rglob("*.lock"):
                lock.unlink()
        second = fives.run("run", "BTCUSDT", *DEMO)
        check_quiet(second, 75)
        assert f"process {first.pid} on " in second.err
        assert "run BTCUSDT --strategy fives --speed 600 --plain" in second.err
    first.send()
    check_quiet(first.ended())


def test_one_symbol_in_use_keeps_the_others_from_starting(fives: Project) -> None:
    first = fives.start("run", "BTCUSDT", *DEMO)
    first.until_out(" opened ")
    check_quiet(fives.run("run", "ETHUSDT", "BTCUSDT", *DEMO), 75)
    free = fives.start("run", "ETHUSDT", *DEMO)
    free.until_out(" opened ")


def test_a_data_folder_that_cannot_be_made_is_said(fives: Project) -> None:
    fives.write("data", "a file where the folder should be")
    ended = fives.run(*REPLAY)
    check_quiet(ended, 73)
    assert str(Path("data/signal")) in ended.err
    check_quiet(fives.run(*REPLAY, "--data-dir", "/proc/livekit"), 73)


def test_a_damaged_journal_halts_its_symbol_and_no_other(fives: Project) -> None:
    symbols = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
    first = fives.start("run", *symbols, *DEMO)
    first.until_out(" closed ")
    first.send()
    check_quiet(first.ended())
    journal = fives.records()["ETHUSDT"].files.journal
    content = bytearray(journal.read_bytes())
    content[len(content) // 2] ^= 1
    journal.write_bytes(content)

    second = fives.start("run", *symbols, *DEMO)
    second.until_err("ETHUSDT is halted")
    for symbol in ("BTCUSDT", "SOLUSDT"):
        second.until_out(f" {symbol} opened ")
    status = fives.run("status")
    check_quiet(status, 65)
    row = next(line for line in status.out.splitlines() if line.startswith("ETHUSDT"))
    assert row.split()[1] == "HALTED"
    second.send()
    check_quiet(second.ended(), 65)
    assert journal.read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--strategy", "fivs"), 78, "did you mean 'fives'"),
        (("--strategy", "broken"), 78, "strategies/broken.py:2"),
        (("--strategy", "raises"), 78, "strategies/raises.py:1"),
        (("--strategy", "fives", "--set", "x=1"), 78, "x"),
        (("--strategy", "fives", "--set", "x"), 2, "NAME=VALUE"),
        (("--strategy", "fives", "--candles", "bad.csv"), 78, "bad.csv:3"),
        (("--strategy", "fives", "--candles", "none.csv"), 78, "none.csv"),
        (("--strategy", "fives", "--exchange", "dmeo"), 2, "did you mean 'demo'"),
        (("--strategy", "fives", "--speed", "0"), 2, "--speed"),
        (("--strategy", "fives", "--speed", "nan"), 2, "--speed"),
        (("--strategy", "fives", "--sped", "3"), 2, "--speed"),
        ((), 2, "--strategy"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_with_a_start_is_said_and_nothing_is_written(
    fives: Project, arguments: tuple[str, ...], code: int, said: str
) -> None:
    fives.write("strategies/broken.py", "from livekit_cli import Strategy\ndef (\n")
    fives.write("strategies/raises.py", "1 / 0\n")
    fives.write("bad.csv", "timestamp,open,high,low,close,volume\n60000,1,1,1,1,1\n120000,1,0.5,1,1,1\n")
    ended = fives.run("run", "BTCUSDT", *arguments)
    check_quiet(ended, code)
    assert said in ended.err
    assert not fives.data.exists()


def test_once_twice_in_a_minute_evaluates_it_once(fives: Project) -> None:
    runs = [fives.run("run", "BTCUSDT", "--strategy", "fives", "--once") for _ in range(2)]
    for ended in runs:
        check_quiet(ended)
    seen = [event["time"] for event in fives.events()]
    assert len(seen) == len(set(seen))


def test_once_after_once_comes_to_the_same_as_one_run(fives: Project, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    fives.run(*REPLAY, "--data-dir", whole)
    for _ in range(16):
        check_quiet(fives.run(*REPLAY, "--once"))
    (journal,) = whole.rglob("*.jsonl")
    (stepwise,) = fives.data.rglob("*.jsonl")
    assert len(fives.events()) == 5
    assert _steps(stepwise) == _steps(journal)


def _steps(journal: Path) -> list[str]:
    """The steps alone: when an event was acknowledged is a matter of the reader."""
    return [line.partition('"step":')[2] for line in journal.read_text().splitlines()]


class Terminal:
    """A terminal with one process on it."""

    def __init__(self, project: Project, *arguments: str, term: str = "xterm-256color") -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        environment = {"PATH": os.environ["PATH"], "TERM": term}
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), self.slave)
        self.running: Running = project.start(*arguments, **streams, env=environment, start_new_session=True)
        os.set_blocking(self.master, False)
        self.shown = b""

    def read(self) -> bytes:
        try:
            self.shown += os.read(self.master, 65536)
        except BlockingIOError:
            return self.shown
        return self.shown


@pytest.fixture
def terminal(fives: Project) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: str, **options: Any) -> Terminal:
        opened.append(Terminal(fives, *arguments, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.running.close()
        os.close(one.master)
        os.close(one.slave)


def _cursor_is_shown(shown: bytes) -> bool:
    return shown.rfind(SHOW) >= shown.rfind(HIDE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_terminal_gets_a_table_and_its_cursor_back(
    terminal: Callable[..., Terminal], until: Callable[..., Any], number: int
) -> None:
    screen = terminal("run", "BTCUSDT", "ETHUSDT", "--strategy", "fives", "--speed", "600")
    until(lambda: b"ETHUSDT" in screen.read() and b"closed" in screen.read(), "the table")
    screen.running.send(number)
    until(lambda: screen.read() and screen.running.gone(), "the end")
    assert screen.running.process.returncode == 0
    assert _cursor_is_shown(screen.read())
    assert b"Traceback" not in screen.read()


def test_a_stopped_terminal_does_not_keep_the_process_from_ending(
    terminal: Callable[..., Terminal], until: Callable[..., Any]
) -> None:
    screen = terminal("run", "BTCUSDT", "--strategy", "fives", "--speed", "6000")
    until(lambda: b"opened" in screen.read(), "the table")
    termios.tcflow(screen.slave, termios.TCOOFF)  # what Ctrl-S does
    until(lambda: _write_hangs(screen.running.pid), "a terminal that takes nothing more")
    screen.running.send()
    ended = screen.running.ended()
    assert ended.code == 0
    assert ended.seconds < 2.0


def _write_hangs(pid: int) -> bool:
    """Whether one of its threads is in a write to its standard output."""
    calls = [(entry / "syscall").read_text().split()[:2] for entry in Path(f"/proc/{pid}/task").iterdir()]
    return ["1", "0x1"] in calls or ["64", "0x1"] in calls  # write, on x86-64 and on arm64


def test_a_run_that_fails_gives_the_cursor_back(
    fives: Project, terminal: Callable[..., Terminal], until: Callable[..., Any]
) -> None:
    fives.run(*REPLAY)
    (journal,) = fives.data.rglob("*.jsonl")
    journal.write_bytes(journal.read_bytes().replace(b'"v":2', b'"v":3'))
    screen = terminal(*REPLAY[:-1])
    until(lambda: screen.read() and screen.running.gone(), "the end")
    assert screen.running.process.returncode == 65
    assert _cursor_is_shown(screen.read())


def test_a_dumb_terminal_is_sent_nothing_that_it_cannot_show(
    terminal: Callable[..., Terminal], until: Callable[..., Any]
) -> None:
    screen = terminal(*REPLAY[:-1], term="dumb")
    until(lambda: screen.read() and screen.running.gone(), "the end")
    assert screen.running.process.returncode == 0
    assert HIDE not in screen.read()


def test_an_interrupted_backtest_gives_the_cursor_back(
    fives: Project, terminal: Callable[..., Terminal], until: Callable[..., Any]
) -> None:
    fives.strategy("slow", "def get_signal(self, market):\n    threading.Event().wait(0.01)", head="import threading")
    screen = terminal("backtest", "BTCUSDT", "--strategy", "slow")
    until(lambda: b"%" in screen.read(), "the progress bar")
    screen.running.send(signal.SIGINT)
    until(lambda: screen.read() and screen.running.gone(), "the end")
    assert screen.running.process.returncode == 130
    assert _cursor_is_shown(screen.read())
    assert b"Traceback" not in screen.read()


def test_the_module_and_the_script_are_the_same(fives: Project) -> None:
    script = Path(fives.command()[0]).with_name("livekit")
    versions = [
        subprocess.run([*command, "--version"], capture_output=True, check=True, text=True).stdout
        for command in ([str(script)], fives.command())
    ]
    assert versions[0] == versions[1]
