"""The library's front door: `Live` and `Backtest`."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypedDict, Unpack

from .adapters.config.defaults import data_folder_of
from .core.candle import MINUTE_MS
from .core.errors import UsageError
from .core.event import Closed, Event
from .mailbox import Mailbox
from .ports import Deliver
from .reports import report_of, write_report
from .strategy import Strategy
from .supervise import Fleet
from .wiring import Request, desks, replay

Listener = Callable[[Event], Awaitable[None] | None]

log = logging.getLogger("livekit")


class Options(TypedDict, total=False):
    """What to run: exactly one of `strategy_name` and `strategy`; the rest has defaults.

    `strategy_name`: a name or `file.py:Class`, found as on the command line. `strategy`: a Strategy class, or one
    object of it. `params`: its parameters. `exchange_name`: "demo" or the name of a file in `configs/`; unless given,
    what `configs/livekit.yaml` says, or "demo". `candles`: a CSV file of 1m candles instead of an exchange. `project`:
    the folder with `strategies/` and `configs/`, by default this one.
    """

    strategy_name: str
    strategy: type[Strategy] | Strategy
    params: Mapping[str, object]
    exchange_name: str
    candles: Path | str
    project: Path | str


class LiveOptions(Options, total=False):
    """The same, and: `speed`, how many times faster than real time a demo or recorded market goes; `data_dir`, the
    data folder. Unless given, both are what `configs/livekit.yaml` says; then 1, or 60 for recorded candles, and
    `data` in the project."""

    speed: float
    data_dir: Path | str


class Live:
    """Run strategies live, on paper; one call for each symbol."""

    @staticmethod
    async def run(symbol: str, **options: Unpack[LiveOptions]) -> AsyncGenerator[Event, None]:
        """Yield every opened and closed event, endlessly; those that an earlier run left over come first.

        Asking for the next event acknowledges the one before; an event that was not acknowledged is delivered again
        by the next run, marked `replay`. A slow consumer delays nobody. Closing the generator stops the run and
        leaves an open signal to the next one. Raises a LivekitError: UsageError, ConfigError, JournalLocked,
        JournalDamaged, DiskFailed, CannotCreate; and whatever is a defect, after the journal is safe.
        """
        mailbox = Mailbox()
        fleet = await _opened(symbol, options, mailbox.put, restarts=False)
        running = asyncio.create_task(fleet.run())
        running.add_done_callback(lambda _: mailbox.end())
        try:
            async for event in mailbox:
                yield event
        finally:
            _leaving.add(running)
            try:
                await fleet.stop()
                await running
            finally:
                _leaving.discard(running)

    @staticmethod
    async def background(symbol: str, **options: Unpack[LiveOptions]) -> Callable[[], None]:
        """Run without a consumer: events go to the listeners. Returns once the journal is open.

        Call what is returned to open nothing new from then on; the run ends after the open signal's close, at once
        when there is none. A run that fails is restarted with backoff; one that is halted says so in the log. Raises
        at the start what `run` raises.
        """
        fleet = await _opened(symbol, options, _acknowledged, restarts=True)
        task = asyncio.create_task(fleet.run())
        # The loop keeps only weak references to tasks.
        _tasks.add(task)
        task.add_done_callback(_ended)
        return fleet.retire

    @staticmethod
    def listen(listener: Listener) -> Callable[[], None]:
        """Have `listener` hear every event of this process; call what is returned to end that.

        It may be a coroutine function. What it raises is logged and hurts nobody else.
        """
        _listeners.append(listener)

        def unsubscribe() -> None:
            if listener in _listeners:
                _listeners.remove(listener)

        return unsubscribe

    @staticmethod
    async def get_report(strategy_name: str, *, data_dir: Path | str | None = None) -> str:
        """The markdown report of one strategy. Raises UsageError when it has no journal.

        Without `data_dir` it is that of the working folder, as for the commands.
        """
        text, _ = await asyncio.to_thread(report_of, _data_folder(data_dir), strategy_name)
        return text

    @staticmethod
    async def dump(strategy_name: str, path: Path | str = "logs/live", *, data_dir: Path | str | None = None) -> Path:
        """Write that report to `path`/STRATEGY.md and return the file's path. Raises UsageError and CannotCreate."""
        file, _ = await asyncio.to_thread(write_report, _data_folder(data_dir), strategy_name, Path(path))
        return file


class Backtest:
    """Run strategies over recorded candles, by the rules of `Live`."""

    @staticmethod
    async def run(
        symbol: str, *, start: int | None = None, end: int | None = None, **options: Unpack[Options]
    ) -> AsyncGenerator[Closed, None]:
        """Yield every closed event, and end with the data; a signal still open then has none.

        `start` and `end` are the opening times (epoch ms) of the first and last candle whose close is evaluated;
        candles before `start` are history that the strategy may read. Without them a file is evaluated whole, and
        the demo market over the last thirty days. Raises UsageError and ConfigError.
        """
        request = _request(symbol, options, start=_close_of(start), end=_close_of(end))
        replayed, first, last = replay(request)
        async for event in replayed.events(first, last):
            if isinstance(event, Closed):
                yield event


_listeners: list[Listener] = []
_tasks: set[asyncio.Future[None]] = set()
_leaving: set[asyncio.Task[None]] = set()
"""The runs whose consumer has gone, and that still hold their journals."""


async def _opened(symbol: str, options: LiveOptions, deliver: Deliver, *, restarts: bool) -> Fleet:
    await _others_have_left()
    fleet = Fleet(desks(_live_request(symbol, options)), _to_listeners(deliver), restarts=restarts)
    await fleet.open()
    return fleet


async def _others_have_left() -> None:
    """A loop that was left by `break` must not find its own journal in use when it runs again."""
    for _ in range(2):  # in its next two turns the event loop begins to close the generators that nobody holds
        await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    if leaving := [task for task in _leaving if task.get_loop() is loop]:
        await asyncio.wait(leaving)


def _request(symbol: str, options: Options, **more: object) -> Request:
    if ("strategy_name" in options) == ("strategy" in options):
        raise UsageError("give one of strategy_name= (a name or file.py:Class) and strategy= (a class or an object)")
    candles = options.get("candles")
    return Request(
        symbols=[symbol],
        strategy=options["strategy_name"] if "strategy_name" in options else options["strategy"],
        exchange=options.get("exchange_name"),
        candles=None if candles is None else Path(candles),
        settings={name: str(value) for name, value in options.get("params", {}).items()},
        project=Path(options.get("project", ".")),
        **more,  # type: ignore[arg-type]  # Request's own fields
    )


def _live_request(symbol: str, options: LiveOptions) -> Request:
    folder = options.get("data_dir")
    return _request(
        symbol,
        options,
        speed=options.get("speed"),
        data_folder=None if folder is None else Path(folder),
        command="the livekit library",
    )


def _data_folder(given: Path | str | None) -> Path:
    return data_folder_of(Path(), None if given is None else Path(given))


def _close_of(opening: int | None) -> int | None:
    return None if opening is None else opening + MINUTE_MS


def _to_listeners(deliver: Deliver) -> Deliver:
    """A `Deliver` that lets the listeners hear first."""

    def heard(event: Event, acknowledge: Callable[[], None]) -> None:
        for listener in tuple(_listeners):
            _hear(listener, event)
        deliver(event, acknowledge)

    return heard


def _hear(listener: Listener, event: Event) -> None:
    try:
        answer = listener(event)
        if inspect.isawaitable(answer):
            task = asyncio.ensure_future(answer)
            _tasks.add(task)
            task.add_done_callback(_ended)
    except Exception:
        log.exception("a listener failed on %s", event.event_id)


def _acknowledged(event: Event, acknowledge: Callable[[], None]) -> None:  # noqa: ARG001  a Deliver
    acknowledge()


def _ended(task: asyncio.Future[None]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a task in the background failed: %s", error, exc_info=error)
