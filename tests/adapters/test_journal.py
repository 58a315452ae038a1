"""The journal: what was appended stays, and nobody else gets in; whatever the disk does."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from livekit_cli.adapters import journal as journal_module
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import JournalFile, open_journal
from livekit_cli.adapters.lines import step_line, verify
from livekit_cli.adapters.names import places
from livekit_cli.core.errors import CannotCreate, DiskFailed, DiskFull, JournalDamaged, JournalLocked, UsageError
from livekit_cli.core.event import Event, Mode
from livekit_cli.core.machine import settle, step
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.signal import Proposal
from livekit_cli.core.state import Closing, Filled, Identity, Idle, Minute, Opening, Publish, State, Step, Terms

START = 1_772_410_260_000
IDENTITY = Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT")
T = TypeVar("T")


def lives(count: int) -> list[Step]:
    """The four steps of each of `count` signals."""
    return [following for number in range(count) for following in _life(START + number * 600_000)]


def _life(time: int) -> Iterator[Step]:
    state: State = Idle()
    proposal = Proposal("long", 101.0, 99.0, 60)
    for minute in (Minute(time, 100.0, 100.0, proposal=proposal), Minute(time + 300_000, 101.5, 101.5)):
        taken = step(state, minute, Terms(IDENTITY))
        yield taken
        assert isinstance(taken.state, Opening | Closing)
        order = taken.state.order
        settled = settle(taken.state, Filled(order.client_order_id, order.price), Terms(IDENTITY))
        yield settled
        state = settled.state


STEPS = lives(2)


def opened(root: Path, disk: Disk | None = None, identity: Identity = IDENTITY) -> JournalFile:
    return open_journal(root, identity, disk or Disk(), "livekit run BTCUSDT", 0)


def run(work: Awaitable[T]) -> T:
    async def main() -> T:
        return await work

    return asyncio.run(main())


async def append(journal: JournalFile, steps: list[Step], acked: int = 0) -> None:
    for taken in steps:
        await journal.append(taken, acked)


def written(root: Path, steps: list[Step], acked: int = 0) -> None:
    """A journal of these steps, closed again."""
    journal = opened(root)
    run(append(journal, steps, acked))
    journal.close()


def found(root: Path) -> tuple[int, Step | None, list[tuple[int, Event]]]:
    """What the next process finds."""
    journal = opened(root)
    journal.close()
    return journal.seq, journal.last, journal.unacknowledged


def published(steps: list[Step]) -> list[tuple[int, Event]]:
    return [(seq, taken.owed.event) for seq, taken in enumerate(steps, 1) if isinstance(taken.owed, Publish)]


def test_a_new_journal_is_empty_and_says_whose_it_is(tmp_path: Path) -> None:
    assert found(tmp_path) == (0, None, [])
    content = verify(places(tmp_path, IDENTITY).journal.read_bytes())
    assert content.header.identity == IDENTITY
    assert content.lines == ()


def test_what_was_appended_is_found_again(tmp_path: Path) -> None:
    for count in range(1, len(STEPS) + 1):
        written(tmp_path, STEPS[count - 1 : count])
        assert found(tmp_path) == (count, STEPS[count - 1], published(STEPS[:count]))


def test_what_was_acknowledged_is_not_handed_out_again(tmp_path: Path) -> None:
    written(tmp_path, STEPS[:6], acked=2)
    assert found(tmp_path)[2] == published(STEPS[:6])[1:]


def test_the_pulse_can_acknowledge_without_a_step(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    run(append(journal, STEPS[:4]))
    journal.beat(Pulse(acked=4))
    journal.close()
    assert found(tmp_path)[2] == []


def test_appends_number_the_steps_from_one(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    assert [run(journal.append(taken, 0)) for taken in STEPS] == list(range(1, 9))
    assert journal.seq == 8
    assert journal.last == STEPS[-1]
    journal.close()


@pytest.mark.parametrize(
    ("identity", "path"),
    [
        (Identity(Mode.LIVE, "binance", "my-idea.v2", "BTC/USDT"), "live/binance-my-idea.v2-BTC_USDT.jsonl"),
        (Identity(Mode.LIVE, "binance", "my-idea.v2", "BTC/USDT:USDT"), "live/binance-my-idea.v2-BTC_USDT_USDT.jsonl"),
        (Identity(Mode.PAPER, "demo", "a", "x"), "paper/demo-a-x.jsonl"),
    ],
)
def test_each_identity_has_its_own_file(tmp_path: Path, identity: Identity, path: str) -> None:
    opened(tmp_path, identity=identity).close()
    assert (tmp_path / "signal" / path).is_file()


@pytest.mark.parametrize(
    "identity",
    [
        Identity(Mode.PAPER, "de-mo", "a", "x"),
        Identity(Mode.PAPER, "..", "a", "x"),
        Identity(Mode.PAPER, "demo", "../a", "x"),
        Identity(Mode.PAPER, "demo", "", "x"),
        Identity(Mode.PAPER, "demo", "a", "x" * 65),
        Identity(Mode.PAPER, "demo", "a", "x\n"),
        Identity(Mode.PAPER, "demo", "ä", "x"),
    ],
)
def test_a_name_that_cannot_be_a_files_is_refused(tmp_path: Path, identity: Identity) -> None:
    with pytest.raises(UsageError):
        opened(tmp_path, identity=identity)
    assert list(tmp_path.iterdir()) == []


def test_two_symbols_of_one_file_name_never_meet_in_it(tmp_path: Path) -> None:
    opened(tmp_path, identity=Identity(Mode.PAPER, "demo", "a", "BTC/USDT")).close()
    with pytest.raises(
        UsageError, match=r"^BTC/USDT has the journal demo-a-BTC_USDT.jsonl, which BTC_USDT would share$"
    ):
        opened(tmp_path, identity=Identity(Mode.PAPER, "demo", "a", "BTC_USDT"))


def test_a_journal_of_another_version_is_refused_and_named(tmp_path: Path) -> None:
    written(tmp_path, STEPS[:1])
    path = places(tmp_path, IDENTITY).journal
    from livekit_cli.adapters import lines

    content = verify(path.read_bytes())
    newer = step_line(STEPS[1], 0, 2, content.sum).content.replace(b'"v":2,', b'"v":3,')
    summed = b'{"sum":"%s",%s' % (lines._sum_of(newer[26:]).encode(), newer[26:])
    path.write_bytes(path.read_bytes() + summed + b"\n")
    with pytest.raises(JournalDamaged, match=r"jsonl:3: it is written in format 3, this livekit reads those up to 2"):
        opened(tmp_path)


def test_damage_is_shown_in_the_pulse_and_its_witness_kept(tmp_path: Path) -> None:
    written(tmp_path, STEPS)
    path = places(tmp_path, IDENTITY).journal
    path.write_bytes(path.read_bytes()[:-700])
    for _ in range(2):
        with pytest.raises(JournalDamaged, match="bears witness to step 8"):
            opened(tmp_path)


def test_a_journal_deleted_between_two_runs_is_damage_not_a_fresh_start(tmp_path: Path) -> None:
    written(tmp_path, STEPS[:1])
    places(tmp_path, IDENTITY).journal.unlink()
    for _ in range(2):
        with pytest.raises(JournalDamaged, match="the file is gone, but"):
            opened(tmp_path)
    assert not places(tmp_path, IDENTITY).journal.exists()


def test_a_journal_whose_segments_are_left_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1_500)
    written(tmp_path, STEPS)
    files = places(tmp_path, IDENTITY)
    files.journal.unlink()
    files.pulse.unlink()
    with pytest.raises(JournalDamaged, match="has older lines"):
        opened(tmp_path)


@pytest.mark.parametrize("how", ["deleted", "replaced", "moved"])
def test_a_journal_taken_away_under_a_running_one_is_noticed_before_the_next_step(tmp_path: Path, how: str) -> None:
    journal = opened(tmp_path)
    run(append(journal, STEPS[:1]))
    path = places(tmp_path, IDENTITY).journal
    content = path.read_bytes()
    if how == "moved":
        path.rename(path.with_suffix(".away"))
    else:
        path.unlink()
    if how == "replaced":
        path.write_bytes(content)
    with pytest.raises(JournalDamaged, match="moved, replaced or deleted while in use"):
        run(journal.append(STEPS[1], 0))
    with pytest.raises(DiskFailed, match="nothing is written to it until a restart"):
        run(journal.append(STEPS[1], 0))
    journal.close()
    assert not path.exists() or path.read_bytes() == content


def test_a_folder_that_cannot_be_looked_into_is_a_disk_that_failed(tmp_path: Path) -> None:
    class Blind(Disk):
        def is_at(self, fd: int, path: Path) -> bool:
            raise PermissionError(errno.EACCES, "Permission denied")

    journal = opened(tmp_path)
    journal._disk = Blind()
    with pytest.raises(DiskFailed, match="cannot be looked at: Permission denied"):
        run(journal.append(STEPS[0], 0))
    journal.close()


# The lock

HOLD = """
import asyncio, sys, time
from pathlib import Path
from livekit_cli.adapters.disk import Disk
from livekit_cli.adapters.journal import open_journal
from livekit_cli.core.event import Mode
from livekit_cli.core.state import Identity
identity = Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT")
journal = open_journal(Path(sys.argv[1]), identity, Disk(), "livekit run BTC", 0)
journal.beat(journal.pulse)
print("holding", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has the journal open."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"holding\n"
        yield process
        process.kill()


def test_a_second_process_is_told_who_has_the_journal(tmp_path: Path, holder: subprocess.Popen[bytes]) -> None:
    with pytest.raises(JournalLocked, match=rf"is in use by process {holder.pid} on .*: livekit run BTC") as refused:
        opened(tmp_path)
    assert refused.value.exit_code == 75


def test_a_deleted_lock_file_lets_nobody_in(tmp_path: Path, holder: subprocess.Popen[bytes]) -> None:
    places(tmp_path, IDENTITY).lock.unlink()
    for _ in range(2):
        with pytest.raises(JournalLocked, match=f"process {holder.pid} "):
            opened(tmp_path)


def test_a_kill_frees_the_lock(tmp_path: Path, holder: subprocess.Popen[bytes]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert found(tmp_path) == (0, None, [])


def test_a_closed_journal_can_be_opened_again_in_the_same_process(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    with pytest.raises(JournalLocked):
        opened(tmp_path)
    journal.close()
    opened(tmp_path).close()


def test_a_lock_file_left_behind_is_no_lock(tmp_path: Path) -> None:
    files = places(tmp_path, IDENTITY)
    files.lock.parent.mkdir(parents=True)
    files.lock.write_text("12345")
    assert found(tmp_path) == (0, None, [])


def test_the_lock_survives_a_rotation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1_500)
    journal = opened(tmp_path)
    run(append(journal, STEPS))
    places(tmp_path, IDENTITY).lock.unlink()
    with pytest.raises(JournalLocked):
        opened(tmp_path)
    journal.close()


# Disks that fail


class Failing(Disk):
    """A disk whose operation `name` fails with `code` the `nth` time, and once only unless it `stays`."""

    def __init__(self, name: str = "", code: int = errno.EIO, nth: int = 1, *, stays: bool = False) -> None:
        self.left = nth
        self.room: int | None = None
        self._code, self._stays = code, stays
        if name:
            setattr(self, name, self._fails(getattr(self, name)))

    def _fails(self, call: Callable[..., T]) -> Callable[..., T]:
        def failing(*arguments: object) -> T:
            self.left -= 1
            if self.left == 0 or (self._stays and self.left < 0):
                raise OSError(self._code, os.strerror(self._code))
            return call(*arguments)

        return failing

    def append(self, fd: int, content: bytes) -> None:
        """With `room` for so many bytes only."""
        if self.room is None or len(content) <= self.room:
            super().append(fd, content)
            return
        if self.room:
            super().append(fd, content[: self.room])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_sync_that_failed_is_never_tried_again(tmp_path: Path) -> None:
    opened(tmp_path).close()
    disk = Failing("sync", nth=2)
    journal = opened(tmp_path, disk)
    with pytest.raises(DiskFailed, match="did not confirm a write: Input/output error"):
        run(journal.append(STEPS[0], 0))
    with pytest.raises(DiskFailed, match="until a restart"):
        run(journal.append(STEPS[0], 0))
    assert (journal.seq, journal.last, disk.left) == (0, None, 0)
    journal.close()
    assert found(tmp_path)[0] in (0, 1)


def test_a_write_that_failed_is_cut_back_and_the_journal_not_trusted(tmp_path: Path) -> None:
    opened(tmp_path).close()
    journal = opened(tmp_path, Failing("append"))
    with pytest.raises(DiskFailed, match="cannot write: Input/output error"):
        run(journal.append(STEPS[0], 0))
    journal.close()
    assert found(tmp_path) == (0, None, [])


def test_a_full_disk_is_waited_for(tmp_path: Path) -> None:
    disk = Failing()
    journal = opened(tmp_path, disk)
    run(append(journal, STEPS[:2]))
    path = places(tmp_path, IDENTITY).journal
    content = path.read_bytes()
    length = len(step_line(STEPS[2], 0, 3, verify(content).sum).content)
    for room in range(length + 1):
        disk.room = room
        with pytest.raises(DiskFull, match="No space left on device"):
            run(journal.append(STEPS[2], 0))
        assert path.read_bytes() == content
        assert (journal.seq, journal.last) == (2, STEPS[1])
    disk.room = None
    assert run(journal.append(STEPS[2], 0)) == 3
    journal.close()
    assert found(tmp_path)[:2] == (3, STEPS[2])


def test_a_full_disk_that_cannot_be_cut_back_has_failed(tmp_path: Path) -> None:
    disk = Failing("truncate")
    journal = opened(tmp_path, disk)
    disk.room = 10
    with pytest.raises(DiskFailed, match="nor cut back"):
        run(journal.append(STEPS[0], 0))
    journal.close()
    assert found(tmp_path) == (0, None, [])
    assert places(tmp_path, IDENTITY).torn.read_bytes().startswith(b'{"sum":"')


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("name", ["make_folder", "create", "append", "sync", "replace", "sync_folder", "read"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_disk_that_fails_during_a_rotation_loses_no_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int, nth: int
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1_500)
    written(tmp_path, STEPS[:2])
    journal = opened(tmp_path)
    monkeypatch.setattr(journal, "_disk", Failing(name, code, nth))
    appended, full = 2, False
    try:
        for taken in STEPS[2:5]:
            run(journal.append(taken, 0))
            appended += 1
    except (DiskFailed, DiskFull) as error:
        full = isinstance(error, DiskFull)
    assert journal.seq == appended
    if full:
        assert run(journal.append(STEPS[appended], 0)) == appended + 1
        appended += 1
    journal.close()
    seq, last, events = found(tmp_path)
    assert seq == appended or (seq == appended + 1 and not full)
    assert last == STEPS[seq - 1]
    assert events == published(STEPS[:seq])


def test_an_opening_on_a_failing_disk_says_so(tmp_path: Path) -> None:
    written(tmp_path, STEPS[:1])
    for name in ("read", "sync", "sync_folder", "lock"):
        with pytest.raises(DiskFailed, match="cannot be read and synced: Input/output error"):
            opened(tmp_path, Failing(name))
    assert found(tmp_path)[0] == 1


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", ["make_folder", "create", "append", "sync", "replace", "sync_folder"])
def test_a_journal_that_cannot_be_created_can_be_created_later(tmp_path: Path, name: str, nth: int) -> None:
    try:
        opened(tmp_path, Failing(name, nth=nth)).close()
    except (CannotCreate, DiskFailed) as error:
        assert "Input/output error" in str(error)  # noqa: PT017  most disks fail later than this
    assert found(tmp_path) == (0, None, [])


def test_a_data_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(CannotCreate, match="cannot create"):
        opened(tmp_path / "data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CannotCreate, match="Permission denied"):
        opened(tmp_path)


def test_a_journal_that_is_a_folder_is_said(tmp_path: Path) -> None:
    places(tmp_path, IDENTITY).journal.mkdir(parents=True)
    with pytest.raises(CannotCreate, match=r"cannot open .*: Is a directory"):
        opened(tmp_path)


def test_a_torn_tail_is_dropped_on_a_full_disk_rather_than_not_watching(tmp_path: Path) -> None:
    written(tmp_path, STEPS[:2])
    path = places(tmp_path, IDENTITY).journal
    content = path.read_bytes()
    path.write_bytes(content + step_line(STEPS[2], 0, 3, verify(content).sum).content[:50])
    disk = Failing()
    disk.room = 0
    journal = opened(tmp_path, disk)
    journal.close()
    assert (journal.seq, path.read_bytes()) == (2, content)


def test_an_append_that_was_given_up_never_meets_the_next_one(tmp_path: Path) -> None:
    async def cancelled(journal: JournalFile) -> None:
        task = asyncio.ensure_future(journal.append(STEPS[0], 0))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(DiskFailed, match="an earlier append has not ended"):
            await journal.append(STEPS[0], 0)
        journal.close()

    run(cancelled(opened(tmp_path)))
    assert found(tmp_path)[0] in (0, 1)


def test_a_disk_without_an_answer_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    answer = threading.Event()

    class Hanging(Disk):
        def append(self, fd: int, content: bytes) -> None:
            answer.wait()
            super().append(fd, content)

    opened(tmp_path).close()
    journal = opened(tmp_path, Hanging())
    monkeypatch.setattr(journal_module, "DISK_SECONDS", 0.05)
    with pytest.raises(DiskFailed, match="no answer from the disk"):
        run(journal.append(STEPS[0], 0))
    journal.close()
    with pytest.raises(JournalLocked):
        opened(tmp_path)  # the hanging append still owns the file
    answer.set()


# Size


class Counting(Disk):
    """Counts the bytes that are read."""

    def __init__(self) -> None:
        self.bytes = 0

    def read(self, fd: int) -> bytes:
        content = super().read(fd)
        self.bytes += len(content)
        return content


def test_opening_reads_no_more_after_a_year_than_after_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 4_000)
    journal, steps = opened(tmp_path), lives(60)
    run(append(journal, steps, acked=len(steps)))
    journal.close()
    segments = places(tmp_path, IDENTITY).segments
    total = sum(path.stat().st_size for path in segments.iterdir())
    disk = Counting()
    segments.rename(tmp_path / "away")  # whoever wants to read an older line fails
    opened(tmp_path, disk).close()
    assert disk.bytes <= 4_000 < total


def test_a_rotated_journal_has_every_step_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_500)
    steps = lives(10)
    written(tmp_path, steps)
    files = places(tmp_path, IDENTITY)
    kept = [*sorted(files.segments.iterdir()), files.journal]
    assert len(kept) > 5
    read = [line.step()[0] for path in kept for line in verify(path.read_bytes()).lines]
    assert read == steps
    assert all(path.stat().st_size <= 2_500 for path in kept)


@pytest.mark.parametrize("acked", [0, 2, 10, 20, 40])
def test_unacknowledged_events_are_found_across_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, acked: int
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_500)
    steps = lives(10)
    written(tmp_path, steps, acked)
    assert found(tmp_path)[2] == [(seq, event) for seq, event in published(steps) if seq > acked]
