"""Wrong but obvious: what a person meant is said, and nothing is done."""

from __future__ import annotations

from typing import Any

import pytest

from livekit_cli.cli import COMMANDS
from livekit_cli.cli.mistakes import ELSEWHERE, MEANT

RUN = "livekit run BTCUSDT --strategy wave"


def test_no_command_is_said_to_be_another() -> None:
    assert not set(COMMANDS) & (MEANT.keys() | ELSEWHERE.keys())
    assert not MEANT.keys() & ELSEWHERE.keys()
    assert set(MEANT.values()) <= set(COMMANDS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["staus"], "there is no command 'staus'; did you mean 'status'?"),
        (["STATUS"], "there is no command 'STATUS'; did you mean 'status'?"),
        (["start"], "there is no command 'start'; did you mean 'run', as in: livekit run BTCUSDT --strategy breakout"),
        (["BTCUSDT"], f"BTCUSDT is a symbol, expected a command; did you mean: {RUN}"),
        (["BTCUSDT", "--strategy", "wave"], f"BTCUSDT is a symbol, expected a command; did you mean: {RUN}"),
        (["wave"], "wave is a strategy, expected a command; did you mean: livekit run SYMBOL --strategy wave"),
        (["rum", "BTCUSDT"], "there is no command 'rum'; did you mean 'run'?"),
        (["rnu", "BTCUSDT"], "there is no command 'rnu'; did you mean 'run'?"),
        (["fly", "BTCUSDT"], "there is no command 'fly'; there are "),
        (["run", "wave", "BTCUSDT"], f"run needs --strategy NAME; did you mean: {RUN}"),
        (["run", "BTCUSDT"], "run needs --strategy NAME; there is wave"),
        (["run"], "run needs a SYMBOL, as in: livekit run BTCUSDT --strategy breakout"),
        (
            ["--strategy", "wave", "run"],
            "--strategy goes behind the command; did you mean: livekit run --strategy wave",
        ),
        (["run", "A", "-strategy", "wave"], "-strategy has one dash; did you mean --strategy?"),
        (["run", "A", "-stratgy=wave"], "-stratgy has one dash; did you mean --strategy?"),
        (
            ["run", "A", "\u2013strategy", "wave"],
            "'–strategy' begins with '–' (U+2013), expected '-': is it pasted from a web page? Type --strategy",
        ),
        (["run", "A", "--strategy", "--once"], "--strategy needs a value (NAME), found --once"),
        (["run", "A", "-s", "wave", "--speed=10x"], "--speed is '10x', expected a number; did you mean --speed 10?"),
        (["backtest", "A", "B", "-s", "x"], "backtest takes one SYMBOL; 'B' is too much"),
        (["status", "--jsn"], "status has no option --jsn; did you mean '--json'?"),
        (["status", "--json=yes"], "--json takes no value, found --json=yes"),
        (["events", "--last", "0"], "--last is 0, expected a whole number, 1 or more"),
        (["status", "--x\nlivekit: well"], "status has no option --x\\nlivekit: well; there are --strategy"),
    ],
)
def test_what_was_meant_is_said(livekit: Any, world: Any, words: list[str], says: str) -> None:
    world.strategy("wave", "")
    ended = livekit(*words)
    assert (ended.code, ended.out) == (2, [])
    assert ended.err[0].startswith(f"livekit: {says}")
    assert ended.err[1:] in ([], [f"Try 'livekit {words[0]} --help'."])
