"""`livekit status`: which symbols, and what a monitor is told by the exit code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from livekit_cli import Market, Proposal, Strategy
from livekit_cli.cli.status import exit_code
from livekit_cli.core.health import Health

OK, STOPPED, STALE, STUCK, DEAD, HALTED = Health


class Other(Strategy):
    async def get_signal(self, market: Market) -> Proposal | None:
        return None


@pytest.mark.parametrize(
    ("healths", "code", "code_of_a_fleet_that_must_run"),
    [
        ({OK}, 0, 0),
        ({OK, STOPPED}, 0, 1),
        ({STOPPED}, 0, 1),
        ({OK, STALE}, 1, 1),
        ({OK, STUCK}, 1, 1),
        ({DEAD, STOPPED}, 1, 1),
        ({HALTED, DEAD, OK}, 65, 65),
        ({HALTED}, 65, 65),
        (set(), 0, 1),
    ],
)
def test_the_exit_code_is_that_of_the_worst(
    healths: set[Health], code: int, code_of_a_fleet_that_must_run: int
) -> None:
    assert exit_code(healths, must_run=False) == code
    assert exit_code(healths, must_run=True) == code_of_a_fleet_that_must_run


def test_symbols_and_strategies_can_be_chosen(livekit: Any, world: Any) -> None:
    world.run("BTCUSDT")
    world.run("ETHUSDT")
    world.run("SOLUSDT", strategy=Other)

    def shown(*words: str) -> list[str]:
        return [json.loads(line)["symbol"] for line in livekit("status", "--json", *words).out]

    assert shown() == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
    assert shown("--strategy", "brisk") == ["BTCUSDT", "ETHUSDT"]
    assert shown("-s", "other") == ["SOLUSDT"]
    assert shown("--symbol", "ETHUSDT") == ["ETHUSDT"]
    assert livekit("status", "--symbol", "ETHUSDT").out[-1].startswith("1 symbol: ")


def test_a_damaged_symbol_that_was_not_asked_for_is_not_told(livekit: Any, world: Any) -> None:
    path = world.run("BTCUSDT")
    world.run("ETHUSDT")
    path.write_bytes(b"{}\n")
    assert livekit("status").code == 65
    assert livekit("status", "--symbol", "ETHUSDT").code == 0
    assert livekit("status", "--symbol", "BTCUSDT").code == 65


@pytest.mark.parametrize("words", [["--symbol", "BTCUSD"], ["--strategy", "brsk"]])
def test_a_mistyped_choice_is_refused_and_not_taken_for_all_is_well(livekit: Any, world: Any, words: list[str]) -> None:
    world.run()
    ended = livekit("status", *words)
    assert (ended.code, ended.out) == (2, [])
    assert "did you mean" in ended.err[0]
