"""The table of a real process on an emulated terminal: what a person sees of it, whatever befalls the two."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from emulated import CTRL_C, Terminal

if TYPE_CHECKING:
    from conftest import Project

FIVES = """
async def get_signal(self, market):
    return market.long(take_profit=5, stop_loss=5, minutes=2) if market.now % 300_000 == 0 else None
"""
LASTING = """
async def get_signal(self, market):
    return market.long(take_profit=90, stop_loss=90, minutes=100_000)
"""
HOSTILE = "\\x1b[2J\\x1b]0;title\\x07\\x9b5A\\u202e\\u200b[/]\\r\\n\\t漢字\\ud800"
TALKING = f"""
async def get_signal(self, market):
    count = market.now // 60_000 % 1000
    print(f"{{market.symbol}} printed {{count}}", "x" * 200, "{HOSTILE}", "end")
    logger.warning("logged %s %s", market.symbol, count)
    raise ValueError(f"{HOSTILE} no idea {{count}}")
"""
LOGGER = "import logging\nlogging.basicConfig(format='%(message)s')\nlogger = logging.getLogger('mine')"

FAST = ("--strategy", "fives", "--speed", "660")
"""Eleven minutes a second, so that the table, once a second, meets the five minutes of the strategy in every phase."""

IN_REAL_TIME = ("run", "BTCUSDT", "ETHUSDT", "ADAUSDT", "--strategy", "fives")
"""Nothing but the countdown changes for most of a minute: what is broken stays broken unless all is drawn afresh."""

SIZES = [(20, 5), (40, 10), (80, 24), (132, 43), (400, 100), (80, 24), (40, 10), (20, 5), (132, 43), (80, 24)]
ANSI = re.compile(rb"\x1b\[[0-9;]*m")


@pytest.fixture
def begin(project: Project) -> Iterator[Callable[..., Terminal]]:
    """Starts `livekit` with these words on a terminal of its own."""
    project.strategy("fives", FIVES)
    project.strategy("talking", TALKING, head=LOGGER)
    opened: list[Terminal] = []

    def start(*words: str, **options: Any) -> Terminal:
        opened.append(Terminal(project, project.command(*words), **options))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def run_of(count: int) -> tuple[str, ...]:
    return ("run", *(f"COIN{number}USDT" for number in range(count)), *FAST)


def table_with(terminal: Terminal, *words: str) -> Callable[[], list[str]]:
    """The table, as soon as it is whole and has these words."""

    def found() -> list[str]:
        table = terminal.table
        return table if all(any(word in line for line in table) for word in words) else []

    return found


def stop(terminal: Terminal) -> None:
    """What Ctrl-Z does."""
    terminal.running.process.send_signal(signal.SIGSTOP)
    os.waitpid(terminal.running.pid, os.WUNTRACED)


# ---- what is on the screen


@pytest.mark.parametrize("count", [1, 8, 50])
def test_the_table_fits_eighty_columns_and_twenty_four_lines(
    begin: Callable[..., Terminal], until: Callable[..., Any], count: int
) -> None:
    terminal = begin(*run_of(count))
    table = until(table_with(terminal, " closed long ", "x660"), "the table with a close")
    assert re.fullmatch(r"livekit   PAPER   demo  fives  x660  \d{4}-\d\d-\d\dT\d\d:\d\dZ", table[0])
    assert table[1].split()[:3] == ["SYMBOL", "STATE", "PRICE"]
    rows = [line for line in table if re.match(r"COIN\d+USDT +(idle|long|opening|closing) ", line)]
    assert len(table) <= 23
    if count == 50:
        (more,) = [line for line in table if line.startswith("+")]
        assert re.match(rf"\+{50 - len(rows)} more", more)
        assert len(rows) >= 10
    else:
        assert len(rows) == count
    assert re.match(r"this run  closed \d+ \(\d+W/\d+L\) [-+]\d+\.\d\d%", table[-1])
    assert table[-1].endswith(f"  {count} symbols" if count > 1 else "%")


def test_in_real_time_it_counts_down_and_rewrites_one_line_a_second(
    begin: Callable[..., Terminal], until: Callable[..., Any]
) -> None:
    words = ("run", *(f"COIN{number}USDT" for number in range(50)), "--strategy", "fives")
    terminal = begin(*words)

    def countdown() -> int:
        found = re.search(r"next in (\d+)s$", (terminal.table or [""])[0])
        return int(found[1]) if found else 0

    first = until(countdown, "the countdown")
    before = len(terminal.raw)
    until(lambda: first > countdown() + 2 or countdown() > first, "two seconds more")
    if countdown() < first:  # and no minute came between
        assert len(terminal.raw) - before < 6 * 200, "the head, and nothing else"
        assert b"COIN" not in terminal.raw[before:]


def test_without_colours_the_table_is_the_same(begin: Callable[..., Terminal], until: Callable[..., Any]) -> None:
    terminal = begin(*run_of(3), variables={"NO_COLOR": "1"})
    until(table_with(terminal, " closed long ", " PAPER "), "the table")
    assert not ANSI.search(terminal.raw)
    coloured = begin("watch")
    until(table_with(coloured, " closed long "), "the table")
    assert ANSI.search(coloured.raw)


def test_a_terminal_of_another_age_gets_ascii_only(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any]
) -> None:
    project.strategy("lasting", LASTING)
    words = ("run", "BTCUSDT", "--strategy", "lasting", "--speed", "600")
    terminal = begin(*words, variables={"LANG": "C", "LC_ALL": "C"})
    until(table_with(terminal, "| entry", "[---"), "the table with a bar")
    assert terminal.raw.isascii()


# ---- resizing


def test_resizing_leaves_nothing_behind(begin: Callable[..., Terminal], until: Callable[..., Any]) -> None:
    terminal = begin(*run_of(8))
    until(table_with(terminal, " closed long "), "the table")
    for columns, lines in SIZES:
        terminal.resize(columns, lines)

        def is_alone(columns: int = columns, lines: int = lines) -> bool:
            table = terminal.table
            fills = len(table) == lines - 1 or len(table) > 10  # all of the screen, or all that there is to show
            return bool(table) and fills and terminal.visible == table and all(len(line) < columns for line in table)

        until(is_alone, f"a table and nothing else at {columns}x{lines}")
    terminal.press(CTRL_C)
    assert terminal.running.ended().code == 0
    terminal.check_usable()


def test_many_sizes_in_a_row_end_in_the_last_one(begin: Callable[..., Terminal], until: Callable[..., Any]) -> None:
    terminal = begin(*run_of(8))
    until(table_with(terminal, "COIN7USDT"), "the table")
    for step in range(60):
        terminal.resize(30 + step, 8 + step // 2)
    terminal.resize(90, 30)
    until(lambda: terminal.table and terminal.visible == terminal.table, "a table and nothing else")
    assert terminal.visible[1].split()[-1] == "CANDLE"


def test_an_enter_does_not_break_it(begin: Callable[..., Terminal], until: Callable[..., Any]) -> None:
    terminal = begin(*IN_REAL_TIME, lines=9)
    until(table_with(terminal, "ADAUSDT", "<1m"), "the table")
    for count in (1, 3, 12):
        terminal.press(b"\n" * count)
        terminal.read()  # what the terminal itself echoes, at once
        until(lambda: _is_alone(terminal), "the table alone again")


def test_a_size_that_came_and_went_is_noticed(begin: Callable[..., Terminal], until: Callable[..., Any]) -> None:
    terminal = begin(*IN_REAL_TIME)
    until(table_with(terminal, "ADAUSDT", "<1m"), "the table")
    for _ in range(3):
        stop(terminal)  # or it might see the other size
        terminal.flicker(30, 8)
        terminal.running.process.send_signal(signal.SIGCONT)
        assert "CANDLE" not in terminal.screen.display[1]
        until(lambda: _is_alone(terminal), "the table alone again")


def _is_alone(terminal: Terminal) -> bool:
    """Whether the table stands there whole, with nothing before or behind it."""
    table = terminal.table
    return bool(table) and terminal.visible == table and table[1].startswith("SYMBOL") and "CANDLE" in table[1]


def test_after_a_shell_in_between_it_goes_on_below(begin: Callable[..., Terminal], until: Callable[..., Any]) -> None:
    terminal = begin(*run_of(2))
    until(table_with(terminal, "COIN1USDT"), "the table")
    stop(terminal)
    os.write(terminal.slave, b"$ fg\r\n")
    terminal.running.process.send_signal(signal.SIGCONT)

    def goes_on() -> bool:
        terminal.read()
        return terminal.visible.count("$ fg") == 1 and terminal.visible[-1].startswith("this run")

    until(goes_on, "another table")
    at = terminal.visible.index("$ fg")
    assert terminal.visible[at - 1].startswith("this run")
    assert terminal.visible[at + 1].startswith("livekit  ")


# ---- what is printed meanwhile


def test_what_is_logged_and_printed_stands_above_whole_and_inert(
    begin: Callable[..., Terminal], until: Callable[..., Any]
) -> None:
    terminal = begin("run", "BTCUSDT", "ETHUSDT", "--strategy", "talking", "--speed", "120")

    until(lambda: terminal.table and "\n".join(terminal.above).count("\nlogged ") > 12, "talk")
    text = "".join(line.ljust(80) if len(line) == 80 else line + "\n" for line in terminal.above)
    lines = text.splitlines()
    spelled = r"\x1b[2J\x1b]0;title\x07\x9b5A\u202e\u200b[/]"
    printed = [line for line in lines if " printed " in line]
    assert printed
    for line in printed[:-1]:
        expected = rf"(BTC|ETH)USDT printed \d+ x{{200}} {re.escape(spelled)}"
        assert re.match(expected, line), line
    logged = [re.fullmatch(r"logged (BTC|ETH)USDT (\d+)", line) for line in lines if line.startswith("logged")]
    assert len(logged) > 6
    assert all(logged)
    warnings = [line for line in lines if re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d WARNING talking ", line)]
    assert len(warnings) >= 2, "the first of each symbol"
    assert all(spelled in line for line in warnings)
    assert sum(" strategies/talking.py:11: ValueError: " in line for line in terminal.table) == 2
    assert not terminal.screen.title


def test_a_log_that_goes_elsewhere_is_plain_and_the_screen_has_none_of_it(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any]
) -> None:
    with (project.folder / "log").open("wb") as log:
        terminal = begin("run", "BTCUSDT", "--strategy", "talking", "--speed", "120", stderr=log)
    text = until(lambda: terminal.table and (project.folder / "log").read_text(), "the log")
    until(lambda: "WARNING talking BTCUSDT" in (project.folder / "log").read_text(), "a warning")
    assert "\x1b" not in text
    until(lambda: terminal.table and any(" printed " in line for line in terminal.above), "what is printed")
    assert not any("WARNING" in line or line.startswith("logged") for line in terminal.above)


def test_a_flood_of_prints_costs_neither_the_run_nor_the_table(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any]
) -> None:
    project.strategy("flood", "async def get_signal(self, market):\n    print('drop\\n' * 100_000)")
    terminal = begin("run", "BTCUSDT", "--strategy", "flood", "--speed", "600")

    def flooded() -> bool:
        return bool(terminal.table) and any("lines left out)" in line for line in terminal.above)

    until(flooded, "the flood")
    terminal.press(CTRL_C)
    assert terminal.running.ended().code == 0
    terminal.check_usable()


# ---- every end


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM", "SIGINT"])
@pytest.mark.parametrize("words", [("run", "BTCUSDT", *FAST), ("watch",)], ids=lambda words: words[0])
def test_a_graceful_end_leaves_the_last_table_and_a_usable_terminal(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any], words: tuple[str, ...], how: str
) -> None:
    if words[0] == "watch":
        project.run("run", "BTCUSDT", *FAST, "--once")
    terminal = begin(*words)
    until(table_with(terminal, "BTCUSDT"), "the table")
    if how == "Ctrl-C":
        terminal.press(CTRL_C)
    else:
        terminal.running.process.send_signal(signal.Signals[how])
    ended = terminal.running.ended()
    assert ended.code == 0
    terminal.check_usable()
    assert sum(line.startswith("this run") for line in terminal.visible) == 1
    assert "^C" not in "".join(terminal.visible)
    if words[0] == "run":
        assert any("STOPPED" in line for line in terminal.visible), "the last table tells how it ended"


def test_a_run_that_fails_leaves_its_error_below_the_table(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any]
) -> None:
    terminal = begin(*run_of(1))
    until(table_with(terminal, "COIN0USDT"), "the table")
    (journal,) = project.data.rglob("*.jsonl")
    journal.rename(journal.with_suffix(".away"))
    assert terminal.running.ended().code == 65
    terminal.check_usable()
    foot = next(number for number, line in enumerate(terminal.visible) if line.startswith("this run"))
    assert terminal.visible[foot].endswith("1 HALTED")
    assert "the file was moved, replaced or deleted while in use" in "".join(terminal.visible[foot + 1 :])


@pytest.mark.parametrize("words", [("run", "BTCUSDT", *FAST), ("watch",)], ids=lambda words: words[0])
def test_a_kill_leaves_the_shell_usable_below_the_table(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any], words: tuple[str, ...]
) -> None:
    if words[0] == "watch":
        project.run("run", "BTCUSDT", *FAST, "--once")
    terminal = begin(*words)
    until(table_with(terminal, "BTCUSDT"), "the table")
    terminal.running.process.kill()
    terminal.running.ended()
    terminal.check_usable()
    table = terminal.table
    subprocess.run(["sh", "-c", "echo usable"], stdout=terminal.slave, check=True)
    terminal.read()
    assert terminal.visible == [*table, "usable"]


def test_a_second_ctrl_c_ends_it_at_once_and_what_was_printed_last_is_shown(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any]
) -> None:
    body = (
        "def get_signal(self, market):\n    print('last words')\n    open('hangs', 'w').close()\n    while True: pass"
    )
    project.strategy("hanging", body)
    terminal = begin("run", "BTCUSDT", "--strategy", "hanging", "--speed", "600")
    until(lambda: (project.folder / "hangs").exists() and terminal.table, "the strategy")
    terminal.press(CTRL_C)
    until(lambda: terminal.read() or "^C" in terminal.raw.decode(), "the key")
    terminal.press(CTRL_C)
    assert terminal.running.ended().code == 0
    terminal.check_usable()
    assert "last words" in "".join(terminal.above)


@pytest.mark.parametrize("words", [("run", "BTCUSDT", *FAST), ("watch",)], ids=lambda words: words[0])
def test_a_terminal_that_is_gone_ends_it_well(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any], words: tuple[str, ...]
) -> None:
    """As after `nohup`: a process that heeds the hang-up has ended already."""
    if words[0] == "watch":
        project.run("run", "BTCUSDT", *FAST, "--once")
    with (project.folder / "log").open("wb") as log:
        terminal = begin(*words, stderr=log, deaf_to_hang_up=True)
    until(table_with(terminal, "BTCUSDT"), "the table")
    terminal.hang_up()
    assert terminal.running.ended().code == 0
    said = (project.folder / "log").read_text()
    assert "Traceback" not in said
    if words[0] == "run":
        assert "livekit: the terminal is gone (Input/output error), so the run ends" in said
        assert project.records()["BTCUSDT"].pulse.status == "stopped"


def test_a_stopped_terminal_does_not_keep_watch_from_ending(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any]
) -> None:
    project.start("run", "BTCUSDT", *FAST, "--plain").until_out(" opened ")
    terminal = begin("watch")
    until(table_with(terminal, "BTCUSDT"), "the table")
    termios.tcflow(terminal.slave, termios.TCOOFF)  # what Ctrl-S does
    until(lambda: _hangs_in_a_write(terminal.running.pid), "a terminal that takes nothing")
    terminal.running.send()
    ended = terminal.running.ended()
    assert ended.code == 0
    assert ended.seconds < 2.0


def _hangs_in_a_write(pid: int) -> bool:
    calls = [(entry / "syscall").read_text().split()[:2] for entry in Path(f"/proc/{pid}/task").iterdir()]
    return ["1", "0x1"] in calls or ["64", "0x1"] in calls  # write, on x86-64 and on arm64


# ---- watch


def test_watch_shows_what_the_runs_own_table_shows(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any]
) -> None:
    run = begin(*run_of(3))
    until(table_with(run, " closed long "), "some closes")
    run.press(CTRL_C)
    run.running.ended()
    run.read()
    shown = run.visible[: 1 + next(number for number, line in enumerate(run.visible) if line.startswith("this run"))]
    again = begin(*run_of(3))
    until(table_with(again, " closed long "), "a second run, which begins to count anew")
    again.press(CTRL_C)
    again.running.ended()
    again.read()
    end = next(number for number, line in enumerate(again.visible) if line.startswith("this run"))
    own = [line for line in again.visible[: end + 1] if re.match(r"\d\d:\d\d |this run", line)]
    watch = begin("watch")
    seen = until(table_with(watch, "this run"), "the table of watch")
    assert [line for line in seen if re.match(r"\d\d:\d\d |this run", line)] == own
    assert own != [line for line in shown if re.match(r"\d\d:\d\d |this run", line)]


def test_watch_follows_journals_that_come_and_says_which_is_gone(
    begin: Callable[..., Terminal], project: Project, until: Callable[..., Any]
) -> None:
    watch = begin("watch", "--strategy", "fives")
    until(table_with(watch, "nothing runs here yet", "there is no journal of a strategy 'fives'"), "an empty table")
    first = project.start("run", "BTCUSDT", *FAST, "--plain")
    until(table_with(watch, "BTCUSDT"), "the first")
    project.start("run", "ETHUSDT", *FAST, "--plain").until_out(" opened ")
    until(table_with(watch, "BTCUSDT", "ETHUSDT", "2 symbols"), "both")
    first.process.kill()
    until(table_with(watch, "DEAD", "process gone"), "what has died")
    for path in list(project.data.rglob("*BTCUSDT*")):
        if path.is_file():
            path.unlink()
    until(table_with(watch, "HALTED", "needs a person"), "what is gone")
    watch.press(CTRL_C)
    assert watch.running.ended().code == 0
    assert "Traceback" not in watch.raw.decode()
