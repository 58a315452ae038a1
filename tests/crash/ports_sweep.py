"""Crashes of the live loop at every call of every port and every disk operation, and what must hold after them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from lives import IDENTITY, TERMS
from market import BEGIN, CANDLES, END, Script, last_at, price_at, proposal_at, rules_say
from powercut import LOSSES, Cut, Image, Loss, PowerDisk

from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import JournalFile, open_journal
from livekit_cli.adapters.names import places
from livekit_cli.adapters.records import read_events, read_record
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.core.errors import JournalError
from livekit_cli.core.event import Closed, Event, Opened
from livekit_cli.core.signal import accept
from livekit_cli.core.state import Closing, Filled, Opening, Order, Report, Step, Unknown
from livekit_cli.live import Runner
from livekit_cli.testing import FakeClock, FakeFeed

FEED = FakeFeed({IDENTITY.symbol: CANDLES})

Tick = Callable[[str], None]


@dataclass
class World:
    """Everything that outlives a process: the disk, the time, the exchange, and what people were told."""

    image: Image
    now: int = BEGIN
    had: list[Event] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    called_at: dict[str, int] = field(default_factory=dict)
    """The minute in which each exit was written down, by client order id."""

    def copy(self, image: Image) -> World:
        return World(image, self.now, list(self.had), list(self.told), list(self.orders), dict(self.called_at))

    def after(self, loss: Loss | None, gap: int) -> World:
        """The process has died, `gap` minutes have passed."""
        left = self.copy(self.image.after(loss))
        left.now = min(self.now + gap * MINUTE_MS, END)
        return left

    @property
    def key(self) -> object:
        return (self.image.key, self.now, len(self.had), len(self.told), len(self.orders))


class Exchange:
    """A broker that knows every order it was ever given. `hesitant`: it never knows the fate of a new one at once."""

    def __init__(self, world: World, hesitant: bool) -> None:
        self._world = world
        self._hesitant = hesitant

    async def submit(self, order: Order) -> Report:
        is_new = order not in self._world.orders
        self._world.orders.append(order)
        if is_new and self._hesitant:
            return Unknown(order.client_order_id, "the line was cut")
        return Filled(order.client_order_id, order.price)


class Watched:
    """A port that ticks before and after each of `calls`."""

    def __init__(self, port: Any, tick: Tick, *calls: str) -> None:
        self._port = port
        for name in calls:
            found = getattr(port, name)
            watched = _awaited if iscoroutinefunction(found) else _called
            setattr(self, name, watched(found, name, tick))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


def _awaited(found: Callable[..., Any], name: str, tick: Tick) -> Callable[..., Any]:
    async def call(*arguments: Any, **named: Any) -> Any:
        tick(f"before {name}")
        result = await found(*arguments, **named)
        tick(f"after {name}")
        return result

    return call


def _called(found: Callable[..., Any], name: str, tick: Tick) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        tick(f"before {name}")
        result = found(*arguments)
        tick(f"after {name}")
        return result

    return call


def opened(root: Path, disk: Disk) -> JournalFile:
    return open_journal(root, IDENTITY, disk, "livekit run", 0)


@dataclass(frozen=True)
class Program:
    """What is put to the test; the planted bugs replace parts of it."""

    runner: type[Runner] = Runner
    opening: Callable[[Path, Disk], JournalFile] = opened
    hesitant: bool = False


class Process:
    """One run of the loop. The consumer takes one event a minute; asking for it acknowledges the one before."""

    def __init__(self, program: Program, root: Path, world: World, tick: Tick) -> None:
        self.world = world
        self.minutes = 0
        self._tick = tick
        self._queue: deque[tuple[Event, Callable[[], None]]] = deque()
        self._acknowledge: Callable[[], None] | None = None
        self.disk = PowerDisk(root, world.image, tick)
        self._clock = FakeClock(world.now, END)
        self._journal = program.opening(root, self.disk)
        self._runner = program.runner(
            terms=TERMS,
            clock=Watched(self, tick, "next_minute"),
            feed=Watched(FEED, tick, "candles"),
            broker=Watched(Exchange(world, program.hesitant), tick, "submit"),
            journal=Watched(self, tick, "append", "beat"),
            strategist=Watched(Script(world.told), tick, "ask", "tell"),
            deliver=Watched(self, tick, "deliver").deliver,
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal if hasattr(JournalFile, name) else self._clock, name)

    async def append(self, step: Step, acked: int) -> int:
        if isinstance(step.state, Closing):
            self.world.called_at[step.state.order.client_order_id] = self.world.now
        return await self._journal.append(step, acked)

    async def next_minute(self, after: int | None) -> int | None:
        self.consume()
        time = await self._clock.next_minute(after)
        self.world.now = self._clock.now()
        self.minutes += 1
        return time

    def deliver(self, event: Event, acknowledge: Callable[[], None]) -> None:
        self._queue.append((event, acknowledge))

    def consume(self) -> None:
        if self._acknowledge:
            self._tick("before ack")
            self._acknowledge()
            self._acknowledge = None
            self._tick("after ack")
        if self._queue:
            event, self._acknowledge = self._queue.popleft()
            self.world.had.append(event)

    async def run(self) -> None:
        try:
            await self._runner.run()
            while self._queue:
                self.consume()
        finally:
            self._runner.close()
        self.world.image = self.disk.image()


def finish(program: Program, root: Path, world: World) -> World:
    """Run `world` to its end in one more process."""
    process = Process(program, root, world, lambda _: None)
    asyncio.run(process.run())
    return world


def moments(program: Program, root: Path, world: World, minutes: int | None = None) -> list[World]:
    """The world at every call of one process, for so many minutes; each differs from those before."""
    found: dict[object, World] = {}
    process = Process.__new__(Process)  # the disk ticks while the journal is opened, before there is a process
    world = world.copy(world.image)

    def tick(_: str) -> None:
        if minutes is not None and process.minutes > minutes:
            raise Cut
        moment = world.copy(process.disk.image())
        found.setdefault(moment.key, moment)

    process.__init__(program, root, world, tick)  # type: ignore[misc]
    with suppress(Cut):
        asyncio.run(process.run())
    return list(found.values())


def outcomes(world: World, gap: int, losses: tuple[Loss, ...]) -> list[World]:
    """What a kill and these power cuts leave; what is left alike is tried once."""
    left = [world.after(loss, gap) for loss in (None, *losses)]
    return list({after.image.key: after for after in left}.values())


def new_world(root: Path) -> World:
    return World(Image(folders=frozenset({root}), durable_folders=frozenset({root})))


def check(root: Path, world: World, same_as: list[Event] | None = None) -> list[Event]:
    """Every promise about events and orders, after the world came to its end."""
    record = read_record(places(root, IDENTITY).journal)
    assert record.damage is None, record.damage
    events = list(read_events(record))
    assert len({event.event_id for event in events}) == len(events), "an event is in the journal twice"
    assert [event.action for event in events] == ["opened", "closed"] * (len(events) // 2) + ["opened"] * (
        len(events) % 2
    )
    assert not any(event.replay for event in events)
    pending = _pending(record.last)
    for opening, closing in zip(events[::2], [*events[1::2], None], strict=False):
        assert isinstance(opening, Opened)
        _check_signal(opening, closing, world, pending)
    for told in (world.had, world.told):
        _check_told(told, events)
    _check_orders(world.orders, events, pending)
    assert same_as is None or events == same_as, "the crash changed what happened"
    return events


def _pending(last: Step | None) -> set[str]:
    """The order that was still under way when time ended."""
    return {last.state.order.client_order_id} if last and isinstance(last.state, Opening | Closing) else set()


def _check_signal(opening: Opened, closing: Event | None, world: World, pending: set[str]) -> None:
    signal, time = opening.signal, opening.time
    wanted = proposal_at(time)
    assert signal == accept(wanted, signal_id=signal.id, time=time, last=last_at(time), max_entry_distance_percent=1.0)
    assert opening.current_price == price_at(time)
    if closing is None:
        assert pending or rules_say(signal) is None, "a close was missed"
        return
    assert isinstance(closing, Closed)
    assert (closing.time, closing.close_reason.value) == rules_say(signal), "not the close that the rules give"
    assert closing.close_timestamp == closing.time
    assert closing.current_price == price_at(closing.time)
    assert closing.signal == signal
    assert closing.recovered == (world.called_at[_order_of(closing)] > closing.time)


def _order_of(event: Event) -> str:
    """The id of the order that `event` tells the end of."""
    if isinstance(event, Opened):
        return f"{event.signal.id}-open"
    return f"{event.signal.id}-close-{(event.time - event.signal.timestamp) // MINUTE_MS}"


def _check_told(told: list[Event], events: list[Event]) -> None:
    first: dict[str, Event] = {}
    for event in told:
        assert event.event_id not in first or event.replay, "a repeat that does not say so"
        first.setdefault(event.event_id, event)
    assert [replace(event, replay=False) for event in first.values()] == events, "not every event, or not in turn"


def _check_orders(orders: list[Order], events: list[Event], pending: set[str]) -> None:
    by_id: dict[str, Order] = {}
    for order in orders:
        assert by_id.setdefault(order.client_order_id, order) == order, "one id, two orders"
    expected = {_order_of(event) for event in events}
    assert expected <= set(by_id) <= expected | pending, "an order without its event, or an event without its order"


GAPS = (0, 1, 7)


def singles(program: Program, root: Path, gap: int, *, every: int = 1, losses: tuple[Loss, ...] = LOSSES) -> int:
    """Crash once, at one of every `every` moments and in every way, `gap` minutes before the restart."""
    truth = check(root, finish(program, root, new_world(root)))
    tried = 0
    for moment in moments(program, root, new_world(root))[::every]:
        for left in outcomes(moment, gap, losses):
            tried += 1
            _end(program, root, left, None if gap else truth)
    return tried


def pairs(program: Program, root: Path, *, shard: int = 0, shards: int = 1, every: int = 1) -> int:
    """Crash at every moment, and again at one of every `every` moments of the next three minutes, in every way.

    Of the first moments only one shard of `shards` is tried.
    """
    truth = check(root, finish(program, root, new_world(root)))
    tried = 0
    first = moments(program, root, new_world(root))
    for index, moment in list(enumerate(first))[shard::shards]:
        gap = GAPS[index % 3]
        for left in _seconds(program, root, moment, gap, every):
            tried += 1
            _end(program, root, left, None if gap else truth)
    return tried


def _seconds(program: Program, root: Path, first: World, gap: int, every: int) -> Iterator[World]:
    for number, left in enumerate(outcomes(first, gap, LOSSES[1:4])):
        for second in _moments_or_fail(program, root, left, 3)[number % every :: every]:
            yield from outcomes(second, gap, LOSSES[:3])


def _moments_or_fail(program: Program, root: Path, world: World, minutes: int) -> list[World]:
    try:
        return moments(program, root, world, minutes)
    except JournalError as error:
        raise AssertionError(f"a crash left what cannot be opened: {error}") from error


def _end(program: Program, root: Path, world: World, truth: list[Event] | None) -> None:
    try:
        finish(program, root, world)
    except JournalError as error:
        raise AssertionError(f"a crash left what cannot be opened: {error}") from error
    check(root, world, truth)
