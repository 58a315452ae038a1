"""The queue between the loops and their consumer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit_cli import Event, Opened, Position, Signal
from livekit_cli.core.event import Mode
from livekit_cli.mailbox import Mailbox

SIGNAL = Signal("id", Position.LONG, 100.0, 101.0, 99.0, 60, "", 0)


def event(number: int) -> Event:
    return Opened(str(number), 0, "s", "demo", "BTCUSDT", Mode.PAPER, SIGNAL, 100.0)


def noted(had: list[int], number: int) -> Callable[[], None]:
    return lambda: had.append(number)


def test_events_come_in_turn_and_each_is_acknowledged_by_asking_for_the_next() -> None:
    async def consume() -> None:
        box, had = Mailbox(), list[int]()
        for number in range(3):
            box.put(event(number), noted(had, number))
        assert (await anext(box)).event_id == "0"
        assert had == []
        assert (await anext(box)).event_id == "1"
        assert had == [0]
        box.end()
        assert [one.event_id async for one in box] == ["2"]
        assert had == [0, 1, 2]

    asyncio.run(consume())


def test_asking_acknowledges_before_there_is_another() -> None:
    async def consume() -> None:
        box, had = Mailbox(), list[int]()
        box.put(event(0), noted(had, 0))
        await anext(box)
        asking = asyncio.ensure_future(anext(box))
        await asyncio.sleep(0)
        assert had == [0]
        assert not asking.done()
        box.put(event(1), noted(had, 1))
        assert (await asking).event_id == "1"

    asyncio.run(consume())


def test_putting_never_waits_for_a_consumer() -> None:
    async def consume() -> None:
        box, had = Mailbox(), list[int]()
        for number in range(10_000):
            box.put(event(number), noted(had, number))
        box.end()
        assert had == []
        assert [one.event_id async for one in box] == [str(number) for number in range(10_000)]
        assert had == list(range(10_000))

    asyncio.run(consume())


def test_an_end_wakes_who_waits_and_stays_the_end() -> None:
    async def consume() -> None:
        box = Mailbox()
        waiting = asyncio.create_task(_all(box))
        await asyncio.sleep(0)
        box.end()
        assert await waiting == []
        assert await _all(box) == []

    asyncio.run(consume())


async def _all(box: Mailbox) -> list[Event]:
    return [one async for one in box]


def test_a_consumer_that_is_cancelled_while_it_waits_loses_nothing() -> None:
    async def consume() -> None:
        box, had = Mailbox(), list[int]()
        waiting = asyncio.ensure_future(anext(box))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        box.put(event(0), noted(had, 0))
        assert (await anext(box)).event_id == "0"

    asyncio.run(consume())
