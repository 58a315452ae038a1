"""What `ports.Clock` promises, of every clock that needs no waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from livekit_cli.adapters.clock import ReplayClock, WallClock
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.ports import Clock
from livekit_cli.testing import FakeClock

from .venues import clock_over

START = 1_772_410_260_000
END = START + 9 * MINUTE_MS
Made = AbstractContextManager[Clock]
CLOCKS: dict[str, Callable[[Path, asyncio.Runner], Made]] = {
    "fake": lambda *_: nullcontext(FakeClock(START, END)),
    "replay": lambda *_: nullcontext(ReplayClock(START, 1e9, END)),
    "binance": lambda folder, runner: clock_over(runner, folder, "binance", START, END),
    "bybit": lambda folder, runner: clock_over(runner, folder, "bybit", START, END),
}


@pytest.fixture(params=CLOCKS)
def clock(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clock]:
    with asyncio.Runner() as runner, CLOCKS[request.param](tmp_path, runner) as made:
        yield made


def minutes(clock: Clock, after: int | None) -> list[int]:
    async def run() -> list[int]:
        found, last = [], after
        while (last := await clock.next_minute(last)) is not None:
            found.append(last)
        return found

    return asyncio.run(run())


def test_minutes_come_one_after_the_other_to_the_end_of_time(clock: Clock) -> None:
    assert minutes(clock, None) == list(range(START, END + 1, MINUTE_MS))


def test_time_goes_on_behind_the_minute_looked_at_last(clock: Clock) -> None:
    assert minutes(clock, START + 6 * MINUTE_MS) == [START + number * MINUTE_MS for number in (7, 8, 9)]


def test_a_minute_that_was_looked_at_does_not_come_again(clock: Clock) -> None:
    assert minutes(clock, END) == []
    assert minutes(clock, END + 5 * MINUTE_MS) == []


def test_the_age_of_a_minute_is_never_negative(clock: Clock) -> None:
    assert clock.age(START) >= 0
    assert clock.age(4_102_444_800_000) == 0


def test_other_tasks_have_their_turn_between_two_minutes(clock: Clock) -> None:
    assert turns_while(clock, minutes=6) > 0


def test_so_they_have_with_the_wall_clock() -> None:
    assert turns_while(WallClock(), minutes=1) > 0


def turns_while(clock: Clock, minutes: int) -> int:
    """How often another task had its turn while so many minutes were waited for."""

    async def run() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.ensure_future(other())
        last: int | None = None
        for _ in range(minutes):
            last = await clock.next_minute(last)
        await asyncio.sleep(0)
        task.cancel()
        return turns

    return asyncio.run(run())


def test_the_wall_clock_gives_whole_minutes_that_have_closed() -> None:
    clock = WallClock(waits=False)

    async def run() -> tuple[int | None, int | None]:
        first = await clock.next_minute(None)
        return first, await clock.next_minute(clock.now() + MINUTE_MS)

    first, second = asyncio.run(run())
    assert first is not None
    assert first % MINUTE_MS == 0
    assert 0 <= clock.age(first) < 2 * MINUTE_MS
    assert second is None
