from __future__ import annotations

import asyncio

import pytest

from livekit_cli.adapters.gate import Gate


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Calls:
    """Calls that stay inside until they are released, in the order in which they were let in."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.inside: list[str] = []
        self.doors: dict[str, asyncio.Event] = {}

    def start(self, name: str, urgent: bool = False) -> asyncio.Task[None]:
        self.doors[name] = asyncio.Event()
        return asyncio.create_task(self._call(name, urgent))

    async def _call(self, name: str, urgent: bool) -> None:
        async with self.gate.pass_(urgent):
            self.inside.append(name)
            await self.doors[name].wait()

    async def release(self, name: str) -> None:
        self.doors[name].set()
        await turns()


def test_no_more_than_its_width_are_inside_and_a_reserve_is_kept_for_urgent_ones() -> None:
    async def run() -> None:
        calls = Calls(Gate(3, 1))
        tasks = [calls.start(name) for name in "abc"] + [calls.start(name, urgent=True) for name in "XY"]
        await turns()
        assert calls.inside == ["a", "b", "X"]
        await calls.release("a")
        assert calls.inside == ["a", "b", "X", "Y"], "the urgent one was the last to come and is the first to be let in"
        for name in "bXcY":
            await calls.release(name)
        assert calls.inside[-1] == "c"
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_a_place_is_given_back_by_who_fails_or_is_cancelled_inside_or_waiting() -> None:
    async def run() -> None:
        calls = Calls(Gate(1, 0))
        first, second, third = (calls.start(name) for name in "abc")
        await turns()
        second.cancel()
        await turns()
        first.cancel()
        await turns()
        assert calls.inside == ["a", "c"]
        await calls.release("c")
        await third
        async with asyncio.timeout(1), calls.gate.pass_(urgent=False):
            pass

    asyncio.run(run())


def test_one_that_is_cancelled_just_as_it_was_let_in_leaves_the_place_to_the_next() -> None:
    async def run() -> None:
        calls = Calls(Gate(1, 0))
        first, second, third = (calls.start(name) for name in "abc")
        await turns()
        calls.doors["a"].set()
        await asyncio.sleep(0)  # `a` leaves and lets `b` in, which has not run yet
        await asyncio.sleep(0)
        second.cancel()
        await turns()
        assert "c" in calls.inside
        await calls.release("c")
        await asyncio.gather(first, third)
        with pytest.raises(asyncio.CancelledError):
            await second

    asyncio.run(run())
