"""Programs with one bug each, as people write them. A sweep that lets one of them pass is worth nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ports_sweep import Program, opened

from livekit_cli.adapters import lines, reading
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import JournalFile
from livekit_cli.core.event import Event
from livekit_cli.core.state import Closing, Opening, Publish, Step, Submit
from livekit_cli.live import Runner


class TellsBeforeWriting(Runner):
    """Publishes an event, then writes the step down."""

    async def _take(self, following: Step) -> Event | None:
        if not isinstance(following.owed, Publish):
            return await super()._take(following)
        await self._publish(self._journal.seq + 1, following.owed.event)
        await self._journal.append(following, self._acknowledged.newest)
        self._state = following.state
        return following.owed.event


class TradesBeforeWriting(Runner):
    """Sends the order, then writes down that it is to be sent."""

    async def _take(self, following: Step) -> Event | None:
        if isinstance(following.owed, Submit):
            await self._broker.submit(following.owed.order)
        return await super()._take(following)


class ForgetsEvents(Runner):
    """Does not tell again, after a restart, what nobody is known to have had."""

    async def _resume(self) -> None:
        last = self._journal.last
        if last is not None and isinstance(last.owed, Submit):
            await self._trade(last.owed.order)


class ForgetsOrders(Runner):
    """Takes a signal whose order was owed for one that is open, or gone, after a restart."""

    async def _resume(self) -> None:
        from livekit_cli.core.state import Idle, Open

        match self._state:
            case Opening():
                self._state = Idle()
            case Closing(signal):
                self._state = Open(signal)
        for seq, event in self._journal.unacknowledged:
            await self._publish(seq, event)


class RepeatsSilently(Runner):
    """Tells events again without saying that it may be a repeat."""

    async def _resume(self) -> None:
        for seq, event in self._journal.unacknowledged:
            await self._publish(seq, event)
        last = self._journal.last
        if last is not None and isinstance(last.owed, Submit):
            await self._trade(last.owed.order)


class AcknowledgesAtOnce(Runner):
    """Counts an event as had when it is handed over, not when it was had."""

    async def _publish(self, seq: int, event: Event) -> None:
        self._acknowledged.expect(seq, 1)
        self._acknowledged.had(seq)
        self._deliver(event, lambda: None)
        await self._strategist.tell(event)


class SkipsTheGap(Runner):
    """Goes on with the present minute after a restart."""

    async def _evaluate(self, time: int) -> object:  # type: ignore[override]
        self._finished = time - 60_000
        return await super()._evaluate(time)


class _OpensWithoutSync:
    """A disk whose syncs do nothing while a journal is opened."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.opening = True

    def sync(self, fd: int) -> None:
        if not self.opening:
            self._disk.sync(fd)

    def __getattr__(self, name: str) -> object:
        return getattr(self._disk, name)


def opened_without_sync(root: Path, disk: Disk) -> JournalFile:
    lazy = _OpensWithoutSync(disk)
    journal = opened(root, lazy)  # type: ignore[arg-type]
    lazy.opening = False
    return journal


class _NeverSyncs(_OpensWithoutSync):
    def sync(self, fd: int) -> None: ...


def opened_never_synced(root: Path, disk: Disk) -> JournalFile:
    return opened(root, _NeverSyncs(disk))  # type: ignore[arg-type]


@contextmanager
def torn_is_damage() -> Iterator[None]:
    """`verify` that takes every torn tail for damage."""
    original = lines._is_torn
    lines._is_torn = lambda tail, seq, prev: False
    try:
        yield
    finally:
        lines._is_torn = original


@contextmanager
def damage_is_torn() -> Iterator[None]:
    """`verify` that takes whatever is wrong with the last line for a torn tail."""
    original = reading.verify

    def lenient(content: bytes) -> lines.Content:
        try:
            return original(content)
        except lines.DamagedLineError:
            end = content[:-1].rfind(b"\n") + 1
            sound = original(content[:end])
            return lines.Content(sound.header, sound.lines, sound.size, content[end:])

    reading.verify = lenient
    try:
        yield
    finally:
        reading.verify = original


def opened_torn_is_damage(root: Path, disk: Disk) -> JournalFile:
    with torn_is_damage():
        return opened(root, disk)


BUGS = {
    "tells before it writes": Program(TellsBeforeWriting),
    "trades before it writes": Program(TradesBeforeWriting),
    "forgets events at a restart": Program(ForgetsEvents),
    "forgets orders at a restart": Program(ForgetsOrders),
    "repeats without saying so": Program(RepeatsSilently),
    "acknowledges what nobody has had": Program(AcknowledgesAtOnce),
    "skips the minutes of a gap": Program(SkipsTheGap),
    "opens without a sync": Program(opening=opened_without_sync),
    "never syncs": Program(opening=opened_never_synced),
    "takes a torn tail for damage": Program(opening=opened_torn_is_damage),
}
