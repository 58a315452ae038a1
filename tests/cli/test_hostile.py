"""Text that others wrote, in every place where they can write, through every output: it stays text.

Nothing in it may move a cursor, colour a screen, end a line, break a table or a JSON object, or pass for our own words.
"""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.lines import NO_SUM, Line, header_line, step_line
from livekit_cli.adapters.names import file_stem
from livekit_cli.adapters.pulse_file import encode
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.event import Closed, CloseReason, Mode, Opened
from livekit_cli.core.pnl import PnL
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.signal import Position, Signal
from livekit_cli.core.state import Identity, Idle, Open, Publish, Step

HOUSE = Path(__file__).parents[2]
START = 1_767_225_600_000

FORGED = "ok\nlivekit: all is well\r\n2026-01-01T00:00:00Z PAPER forged\x0b\x0c\x1c\x85forged"


def _hostile() -> tuple[str, ...]:
    """The strings that the tests of ui/ have, and some that pass for lines of ours."""
    spec = spec_from_file_location("strings_of_ui", HOUSE / "tests" / "ui" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look for themselves there
    spec.loader.exec_module(module)
    return (*module.HOSTILE, FORGED, "=cmd|' /C calc'!A0", "{{7*7}}${HOME}%s%n{0}")


HOSTILE = _hostile()
NUMBERED = list(enumerate(HOSTILE))


def check_harmless(lines: list[str]) -> None:
    """Every line is of printable characters that can be seen, and none pretends to be another."""
    for line in lines:
        assert line.isprintable(), ascii(line)
        assert not set(line) & set("\u3164\u115f\u034f\ufe0f"), ascii(line)
        assert line not in ("livekit: all is well", "2026-01-01T00:00:00Z PAPER forged")
        assert not line.startswith("forged")


# ---- what has been recorded


def journal(identity: Identity, note: str, sid: str) -> list[Line]:
    """A sound journal of one closed and one open signal."""
    lines = [header_line(identity, 1, 0, NO_SUM)]
    first, second = (
        Signal(f"{sid}{letter}", Position.LONG, 100.0, 101.0, 99.0, 9, note, START + minute * MINUTE_MS)
        for letter, minute in (("a", 1), ("b", 9))
    )
    names = (identity.strategy, identity.exchange, identity.symbol, identity.mode)
    opened = Opened(f"{first.id}-opened", first.timestamp, *names, first, 100.0)
    end = START + 5 * MINUTE_MS
    closed = Closed(
        f"{first.id}-closed", end, *names, first, 101.0, close_reason=CloseReason.TAKE_PROFIT, close_timestamp=end,
        pnl=PnL(0.5982, 100.0, 101.0),
    )  # fmt: skip
    again = Opened(f"{second.id}-opened", second.timestamp, *names, second, 100.0)
    steps = (
        Step(opened.time, Open(first), Publish(opened)),
        Step(closed.time, Idle(), Publish(closed)),
        Step(again.time, Open(second), Publish(again)),
    )
    for step in steps:
        lines.append(step_line(step, lines[-1].seq, lines[-1].seq + 1, lines[-1].sum))
    return lines


def write(folder: Path, identity: Identity, name: str, note: str, sid: str) -> None:
    path = folder / f"{name}.jsonl"
    lines = journal(identity, note, sid)
    path.write_bytes(b"".join(line.content + b"\n" for line in lines))
    pulse = Pulse(
        seq=lines[-1].seq, minute=START + 10 * MINUTE_MS, heartbeat=START, price=100.0, unrealised=-0.4, error=note,
        error_time=START, status="stopped", pid=1, host=note, since=START, command=note,
    )  # fmt: skip
    path.with_suffix(".pulse").write_bytes(encode(pulse))


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose journals hold every string as a note, and as every name; pulses hold it in every text."""
    project = tmp_path_factory.mktemp("recorded")
    folder = project / "data" / "signal" / "paper"
    folder.mkdir(parents=True)
    plain = Identity(Mode.PAPER, "demo", "brisk", "BTCUSDT")
    for number, text in NUMBERED:
        letters = "abcdefghijklmnopqrstuvwxyz"[number]
        symbol = replace(plain, symbol=f"S{number}")
        write(folder, symbol, file_stem(symbol), text, f"note{letters}")
        for field in ("exchange", "strategy", "symbol"):
            identity = replace(plain, **{field: text})
            name = file_stem(identity)
            if not can_be_named(f"{name}.jsonl"):
                name = f"demo-brisk-{field}{number}"  # then it is the journal of somebody else
            write(folder, identity, name, "", f"{field[:2]}xx{letters}")
    return project


def can_be_typed(text: str) -> bool:
    """Whether a program can be given this as a word, or as a variable's value."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


TYPED = [(number, text) for number, text in NUMBERED if can_be_typed(text)]


def can_be_named(name: str) -> bool:
    """Whether a file can have this name."""
    try:
        raw = os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return b"/" not in raw and b"\0" not in raw and len(raw) < 250


@pytest.fixture
def on_recorded(livekit: Any, recorded: Path) -> Any:
    """A command on those journals. Some do not fit their names, so it says so; it shows all others."""

    def call(*words: str) -> Any:
        ended = livekit(*words, "--project", str(recorded))
        assert ended.code in (0, 1, 65), ended.err
        assert not any("Traceback" in line for line in ended.err)
        check_harmless(ended.out)
        check_harmless(ended.err)
        return ended

    return call


READS = [
    ("status",),
    ("events",),
    ("watch", "--once"),
    ("report",),
    ("report", "brisk"),
    ("report", "--format", "md"),
    ("dump", "--format", "csv"),
    ("explain", "noteca"),
    ("explain", "noteaa", "--raw"),
    ("explain",),
    ("report", "brisk", "--symbol", "S3"),
    ("repair",),
    ("check",),
    ("exchanges",),
]


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_what_is_recorded_is_shown_as_text(on_recorded: Any, words: tuple[str, ...], tmp_path: Path) -> None:
    more = ("--path", str(tmp_path / "dumped")) if words[0] == "dump" else ()
    assert on_recorded(*words, *more).out


def test_a_line_of_events_is_an_event_whatever_is_in_it(on_recorded: Any) -> None:
    lines = on_recorded("events", "brisk").out
    shape = r"2026-01-01T00:0\d:00Z PAPER \S+ \S+ \S+ (opened|closed) long entry=100 .*"
    assert len(lines) >= 3 * len(HOSTILE)
    assert all(re.fullmatch(shape, line) for line in lines)


@pytest.mark.parametrize("words", [("events",), ("status",), ("explain", "notefa")], ids=" ".join)
def test_json_is_an_object_on_each_line_and_gives_the_text_back(on_recorded: Any, words: tuple[str, ...]) -> None:
    lines = on_recorded(*words, "--json").out
    assert all(line.isascii() for line in lines)
    found = "\n".join(map(str, map(json.loads, lines)))
    for _, text in NUMBERED if words == ("events",) else []:
        assert str({"note": given_back(text)})[1:-1] in found


def given_back(text: str) -> str:
    """As JSON gives it: two halves of a letter are one."""
    whole: str = json.loads(json.dumps(text))
    return whole


def test_a_report_for_programs_gives_the_text_back(on_recorded: Any) -> None:
    (line,) = [line for line in on_recorded("report", "brisk", "--format", "json").out if line.strip()][:1] or [""]
    assert line.isascii()
    rows = list(csv.reader(io.StringIO("\n".join(on_recorded("report", "brisk", "--format", "csv").out))))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not any(cell[:1] in "=@\t\r" for row in rows for cell in row if cell), "a spreadsheet would run it"


def test_every_row_of_a_markdown_report_has_its_cells(on_recorded: Any) -> None:
    lines = on_recorded("report", "brisk", "--format", "md").out
    rows = [line for line in lines if line.startswith("| 2026-01-01")]
    assert len(rows) >= 3 * len(HOSTILE)
    assert len({len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows}) == 1


# ---- a run


WILD = '''
from livekit_cli import Strategy

STRINGS = %r


class Wild(Strategy):
    """Says all of them, in notes and in exceptions."""

    asked = 0

    async def get_signal(self, market):
        text = STRINGS[self.asked // 2 %% len(STRINGS)]
        self.asked += 1
        if self.asked %% 2:
            raise ValueError(text)
        return market.long(take_profit=1, stop_loss=1, minutes=1, note=text)
'''


@pytest.fixture
def wild(world: Any) -> Path:
    world.strategy("wild", WILD % (HOSTILE,))
    world.candles([100.0] * (4 * len(HOSTILE) + 8))
    folder: Path = world.folder
    return folder


def replay(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "livekit_cli", *words, "-s", "wild", "--candles", "candles.csv"]
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    return subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, env=environment, check=False
    )


def test_a_run_says_notes_and_exceptions_as_text(wild: Path) -> None:
    ended = replay(wild, "run", "BTCUSDT", "--speed", "1e9", "--plain")
    assert ended.returncode == 0, ended.stderr
    out, err = ended.stdout.split("\n")[:-1], ended.stderr.split("\n")[:-1]
    check_harmless(out)
    check_harmless(err)
    assert len(out) > len(HOSTILE)
    assert all(re.match(r"2026-01-01T\d\d:\d\d:00Z PAPER csv wild BTCUSDT (opened|closed) long ", line) for line in out)
    assert sum("ValueError" in line for line in err) > len(HOSTILE)


def test_a_run_for_programs_gives_notes_back(wild: Path) -> None:
    ended = replay(wild, "run", "BTCUSDT", "--speed", "1e9", "--json")
    events = [json.loads(line) for line in ended.stdout.split("\n")[:-1]]
    assert ended.stdout.isascii()
    notes = {event["signal"]["note"].strip() for event in events}
    assert {given_back(text).strip() for text in HOSTILE} - notes <= {"x" * 1000}


def test_a_backtest_says_what_went_wrong_as_text(wild: Path) -> None:
    ended = replay(wild, "backtest", "BTCUSDT")
    assert ended.returncode == 1
    check_harmless(ended.stdout.split("\n"))
    check_harmless(ended.stderr.split("\n"))


TAMED = "a tame note"


@pytest.mark.parametrize(
    "words",
    [
        ("run", "BTCUSDT", "-s", "wild", "--candles", "candles.csv", "--speed", "1e9"),
        ("backtest", "BTCUSDT", "-s", "wild", "--candles", "candles.csv"),
    ],
    ids=lambda words: words[0],
)
def test_a_terminal_is_sent_no_escape_but_ours(world: Any, wild: Path, words: tuple[str, ...]) -> None:
    """Those that a tame strategy brings about, and no other; and nothing that could be half of one."""
    hostile = escapes_of(wild, words)
    world.strategy("wild", WILD % ((TAMED,),))
    (wild / "data").rename(wild / "before") if words[0] == "run" else None
    tame = escapes_of(wild, words)
    assert hostile <= tame


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_recorded_text_sends_a_terminal_no_escape_but_colours(recorded: Path, words: tuple[str, ...]) -> None:
    if words[0] != "dump":
        assert escapes_of(recorded, words) <= {"m"}


def escapes_of(folder: Path, words: tuple[str, ...]) -> set[str]:
    """The last letters of the control sequences that a terminal is sent; everything else must be text."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environment = {**os.environ, "PYTHONPATH": str(HOUSE), "TERM": "xterm", "LANG": "C.UTF-8"}
    environment.pop("NO_COLOR", None)
    run = subprocess.Popen(
        [sys.executable, "-m", "livekit_cli", *words],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    sent = b""
    try:
        while piece := os.read(master, 65536):
            sent += piece
    except OSError:
        pass  # how a terminal says that nobody writes to it any more
    assert run.wait(60) in (0, 1, 65)
    os.close(master)
    text = sent.decode()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]", "", text)
    assert plain.isprintable(), ascii(plain)
    return set(re.findall(r"\x1b\[[0-9;?]*([A-Za-z])", text))


# ---- files that others wrote


def test_what_strategy_files_say_of_themselves_is_text(livekit: Any, world: Any) -> None:
    body = "    async def get_signal(self, market):\n        return None\n"
    for number, text in NUMBERED:
        head = f"from livekit_cli import Strategy\n\n\nclass Odd(Strategy):\n    __doc__ = {text!r}\n"
        world.strategy(f"told{number}", f"{head}    word: str = {text!r}\n{body}")
        world.strategy(f"raising{number}", f"raise ValueError({text!r})\n")
        world.strategy(f"typed{number}", f"{head}    word: {text!r} = 1\n{body}")
        world.strategy(f"asked{number}", f"{head}    interval = {text!r}\n{body}")
        if can_be_named(f"n{text}.py"):
            world.strategy(f"n{text}", f"{head}{body}")
    ended = livekit("strategies")
    assert ended.code == 78
    assert sum(line.startswith("told") for line in ended.out) == len(HOSTILE) - 1  # Python refuses half a letter
    check_harmless(ended.out)
    check_harmless(ended.err)
    for number, _ in NUMBERED:
        for kind in ("raising", "typed", "asked"):
            refused = livekit("run", "BTCUSDT", "-s", f"{kind}{number}")
            assert (refused.code, refused.out) == (78, [])
            check_harmless(refused.err)


def test_what_yaml_files_hold_is_text(livekit: Any, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.strategy("odd", "from livekit_cli import Strategy\n\n\nclass Odd(Strategy):\n    get_signal = print\n")
    folder = world.folder / "configs"
    (folder / "strategies").mkdir(parents=True)
    for number, text in NUMBERED:
        quoted = json.dumps(text)
        files = {
            f"strategies/key{number}": f"strategy: odd\n{quoted}: 1\n",
            f"strategies/name{number}": f"strategy: {quoted}\n",
            f"strategies/param{number}": f"strategy: odd\nparams:\n  {quoted}: {quoted}\n",
            f"exchange{number}": f"exchange: {quoted}\n{quoted}: {quoted}\n",
            f"fleet{number}": f"exchange: {quoted}\nruns:\n  - strategy: {quoted}\n    symbols: [{quoted}]\n",
            f"variable{number}": "exchange: demo\nseed: ${FOREIGN}\n",
        }
        for name, content in files.items():
            (folder / f"{name}.yaml").write_text(content)
        if can_be_named(text) and text:
            (folder / "strategies" / f"n{text}.yaml").write_text("strategy: nowhere\n")
        for words in (
            ("-s", f"key{number}"),
            ("-s", f"name{number}"),
            ("-s", f"param{number}"),
            ("-s", "odd", "-e", f"exchange{number}"),
        ):
            refused = livekit("backtest", "BTCUSDT", *words)
            assert refused.code in (2, 78), refused
            check_harmless(refused.err)
        refused = livekit("run", "--config", f"fleet{number}")
        assert refused.code in (2, 78), refused
        check_harmless(refused.err)
        if can_be_typed(text):
            monkeypatch.setenv("FOREIGN", text)
            check_harmless(livekit("backtest", "BTCUSDT", "-s", "odd", "-e", f"variable{number}").err)
    check_harmless(livekit("strategies").err)


@pytest.mark.parametrize(("number", "text"), NUMBERED, ids=lambda value: str(value) if isinstance(value, int) else "")
def test_what_a_file_of_candles_holds_is_text(livekit: Any, world: Any, number: int, text: str) -> None:
    world.strategy("odd", "from livekit_cli import Strategy\n\n\nclass Odd(Strategy):\n    get_signal = print\n")
    raw = text.encode("utf-8", "surrogatepass")
    header = b"timestamp,open,high,low,close,volume\n"
    for content in (raw, header.replace(b"low", raw), header + raw, header + b'1767225600000,1,"' + raw + b'",1,1,1\n'):
        (world.folder / "candles.csv").write_bytes(content)
        ended = livekit("backtest", "BTCUSDT", "-s", "odd", "--candles", "candles.csv")
        assert (ended.code, ended.out) == (78, [])
        check_harmless(ended.err)


# ---- words that a person has pasted


PASTED = [
    ("{}",),
    ("--{}",),
    ("-{}",),
    ("help", "{}"),
    ("run", "{}", "-s", "odd"),
    ("run", "BTCUSDT", "-s", "{}"),
    ("run", "BTCUSDT", "-s", "{}.py:{}"),
    ("run", "BTCUSDT", "-s", "odd", "-e", "{}"),
    ("run", "BTCUSDT", "-s", "odd", "--set", "{}"),
    ("run", "BTCUSDT", "-s", "odd", "--set", "{}={}"),
    ("run", "BTCUSDT", "-s", "odd", "--speed", "{}"),
    ("run", "--config", "{}"),
    ("run", "--config", "{}.yaml"),
    ("backtest", "BTCUSDT", "-s", "odd", "--candles", "{}.csv"),
    ("backtest", "BTCUSDT", "-s", "odd", "--from", "{}"),
    ("events", "{}"),
    ("events", "--symbol", "{}"),
    ("events", "--last", "{}"),
    ("report", "{}"),
    ("report", "--since", "{}"),
    ("report", "--format", "{}"),
    ("dump", "{}"),
    ("explain", "{}"),
    ("watch", "--once", "--strategy", "{}"),
    ("watch", "--once", "--svg", "taken/{}"),
    ("schema", "{}"),
    ("schema", "--path", "taken/{}"),
    ("repair", "{}"),
    ("repair", "{}.jsonl"),
    ("check", "--strategy", "{}"),
    ("exchanges", "{}"),
    ("status", "--project", "{}"),
    ("status", "--data-dir", "{}"),
    ("status", "--{}"),
    ("status", "{}"),
    ("init", "taken/{}"),
    ("init", "--strategy-name", "{}"),
    ("--install-completion", "{}"),
]


@pytest.mark.parametrize("words", PASTED, ids=" ".join)
def test_a_word_is_answered_as_text(livekit: Any, world: Any, words: tuple[str, ...]) -> None:
    world.strategy("odd", "from livekit_cli import Strategy\n\n\nclass Odd(Strategy):\n    get_signal = print\n")
    (world.folder / "taken").write_text("")
    for _, text in TYPED:
        ended = livekit(*(word.replace("{}", text) for word in words))
        assert ended.code in (0, 2, 73, 78), ended
        assert ended.code or not text.strip() or "--last" in words, (ascii(text), ended)
        check_harmless(ended.out)
        check_harmless(ended.err)


NAMES = ("COLUMNS", "LINES", "TERM", "LANG", "LC_ALL", "NO_COLOR", "HOME", "SHELL", "XDG_DATA_HOME", "TZ")


@pytest.mark.parametrize("words", [("--help",), ("status",), ("watch", "--once")], ids=" ".join)
def test_an_environment_is_no_command(recorded: Path, words: tuple[str, ...]) -> None:
    """Each string as the value of every variable that is read."""
    for _, text in TYPED if words == ("--help",) else TYPED[::4]:
        environment = {**os.environ, **dict.fromkeys(NAMES, text), "PYTHONPATH": str(HOUSE)}
        ended = subprocess.run(
            [sys.executable, "-m", "livekit_cli", *words],
            cwd=recorded, capture_output=True, env=environment, timeout=60, check=False,
        )  # fmt: skip
        assert ended.returncode in (0, 65), ended.stderr
        check_harmless(ended.stdout.decode().split("\n"))
        check_harmless(ended.stderr.decode().split("\n"))
