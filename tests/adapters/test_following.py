"""Following journals: what a look sees, what it reads for that, and what it says of what it cannot read."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from livekit_cli.adapters import following as following_module
from livekit_cli.adapters import journal as journal_module
from livekit_cli.adapters import pulse_file as pulse_file_module
from livekit_cli.adapters import reading as reading_module
from livekit_cli.adapters.clock import wall_ms
from livekit_cli.adapters.disk import Disk, plain_bytes
from livekit_cli.adapters.following import SETTLED_MS, Following
from livekit_cli.adapters.journal import JournalFile, open_journal
from livekit_cli.adapters.names import Places
from livekit_cli.adapters.records import holder, read_record
from livekit_cli.core.event import Closed, CloseReason, Mode, Opened
from livekit_cli.core.pnl import PnL
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.signal import Position, Signal
from livekit_cli.core.state import Identity, Idle, Open, Publish, Step


def identity(symbol: str = "BTCUSDT", strategy: str = "breakout") -> Identity:
    return Identity(Mode.PAPER, "demo", strategy, symbol)


class Run:
    """One run of one symbol: each `trade` is two steps, opened and closed, at the next two minutes."""

    def __init__(self, data: Path, symbol: str = "BTCUSDT", strategy: str = "breakout", minute: int = 0) -> None:
        self.identity = identity(symbol, strategy)
        self.journal: JournalFile = open_journal(data, self.identity, Disk(), "a test", 0)
        self.minute = minute
        self.is_over = False

    def trade(self, pnl: float = 0.5) -> None:
        self.open()
        self.minute += 1
        whose, time = self.identity, self.minute * 60_000
        closed = Closed(
            event_id=f"{self.minute}-closed",
            time=time,
            strategy_name=whose.strategy,
            exchange_name=whose.exchange,
            symbol=whose.symbol,
            mode=whose.mode,
            signal=self._signal(),
            current_price=101.0,
            close_reason=CloseReason.TAKE_PROFIT,
            close_timestamp=time,
            pnl=PnL(pnl, 100.0, 101.0),
        )
        self._append(Step(time, Idle(), Publish(closed)))

    def open(self) -> None:
        self.minute += 1
        whose, time = self.identity, self.minute * 60_000
        opened = Opened(
            f"{self.minute}-opened",
            time,
            whose.strategy,
            whose.exchange,
            whose.symbol,
            whose.mode,
            self._signal(),
            100.0,
        )
        self._append(Step(time, Open(self._signal()), Publish(opened)))

    def beat(self, status: str = "running", **changed: int) -> None:
        self.journal.beat(Pulse(status=status, minute=self.minute * 60_000, **changed))

    def end(self) -> None:
        self.beat("stopped")
        self.let_go()

    def let_go(self) -> None:
        if not self.is_over:
            self.is_over = True
            self.journal.close()

    @property
    def files(self) -> Places:
        return self.journal._files

    def _signal(self) -> Signal:
        return Signal("a", Position.LONG, 100.0, 101.0, 99.0, 60, "", self.minute * 60_000)

    def _append(self, step: Step) -> None:
        asyncio.run(self.journal.append(step, self.journal.seq))


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    begun: list[Run] = []

    def begin(*words: str, **options: int) -> Run:
        begun.append(Run(tmp_path, *words, **options))
        return begun[-1]

    yield begin
    for run in begun:
        run.let_go()


def times(following: Following) -> list[int]:
    return [event.time // 60_000 for event in following.look().tally.latest]


def settle(tmp_path: Path) -> None:
    """As if a while had gone by since anything was written."""
    for path in (tmp_path, *tmp_path.rglob("*")):
        written = path.stat().st_mtime_ns
        if wall_ms() - written // 1_000_000 < SETTLED_MS * 2:
            os.utime(path, ns=(written, written - SETTLED_MS * 4_000_000))


class Reads:
    """Counts the files that are read whole."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []

        def counted(path: Path) -> bytes:
            self.names.append(path.name)
            return plain_bytes(path)

        for module in (reading_module, pulse_file_module):
            monkeypatch.setattr(module, "plain_bytes", counted)

    def of(self, call: Callable[[], object]) -> list[str]:
        self.names.clear()
        call()
        return sorted(self.names)


# ---- what is seen


def test_it_sees_what_a_reader_of_all_the_files_sees(runs, tmp_path: Path) -> None:
    following = Following(tmp_path)
    one = runs()
    other = runs("ETHUSDT")
    for _ in range(5):
        one.trade()
        one.beat()
        other.open()
        seen = following.look()
        expected = [read_record(run.files.journal) for run in (one, other)]
        assert [record.snapshot for record in seen.records] == [record.snapshot for record in expected]
        other.trade()
    one.end()
    seen = following.look()
    assert [record.snapshot for record in seen.records] == [
        read_record(run.files.journal).snapshot for run in (one, other)
    ]
    assert (seen.records[0].pulse.status, seen.records[0].held) == ("stopped", False)


def test_a_journal_that_appears_is_seen_at_the_next_look(runs, tmp_path: Path) -> None:
    following = Following(tmp_path)
    assert (following.look().records, following.look().faults) == ([], [])
    runs()
    assert [record.identity.symbol for record in following.look().records] == ["BTCUSDT"]
    settle(tmp_path)
    following.look()
    runs("ETHUSDT")
    runs("ADAUSDT", "other")
    assert [record.identity.symbol for record in following.look().records] == ["BTCUSDT", "ETHUSDT", "ADAUSDT"]


def test_only_what_is_asked_for_is_seen(runs, tmp_path: Path) -> None:
    for symbol, strategy in (("BTCUSDT", "breakout"), ("ETHUSDT", "breakout"), ("BTCUSDT", "other")):
        runs(symbol, strategy).trade()

    def seen(*wanted: str | None) -> list[tuple[str, str]]:
        look = Following(tmp_path, *wanted).look()
        assert look.tally.closed == len(look.records)
        return [(record.identity.symbol, record.identity.strategy) for record in look.records]

    assert seen("breakout") == [("BTCUSDT", "breakout"), ("ETHUSDT", "breakout")]
    assert seen(None, "BTCUSDT") == [("BTCUSDT", "breakout"), ("BTCUSDT", "other")]
    assert seen("other", "ETHUSDT") == []


def test_a_process_that_dies_is_noticed_though_no_file_has_changed(runs, tmp_path: Path) -> None:
    run = runs()
    run.beat()
    following = Following(tmp_path)
    settle(tmp_path)
    assert [record.held for record in following.look().records] == [True]
    run.let_go()
    settle(tmp_path)
    assert [record.held for record in following.look().records] == [False]


def test_two_beats_in_one_moment_of_the_file_system_are_told_apart(runs, tmp_path: Path) -> None:
    run = runs()
    run.beat(price=1)
    same = run.files.pulse.stat()
    following = Following(tmp_path)
    following.look()
    run.beat(price=2)
    os.utime(run.files.pulse, ns=(same.st_atime_ns, same.st_mtime_ns))
    assert [record.pulse.price for record in following.look().records] == [2]


def test_a_step_that_is_written_during_a_look_is_seen_by_it(
    runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs()
    run.trade()
    run.beat()
    following = Following(tmp_path)
    following.look()
    settle(tmp_path)
    following.look()
    run.beat()

    def late(files: Places) -> tuple[bool | None, Pulse]:
        run.trade()
        return holder(files)

    monkeypatch.setattr(following_module, "holder", late)
    seen = following.look()
    assert (seen.records[0].last, seen.tally.closed) == (run.journal.last, 2)


# ---- the events of this run


def test_only_the_events_of_the_last_run_are_added_up(runs, tmp_path: Path) -> None:
    first = runs()
    for _ in range(3):
        first.trade(pnl=-1.0)
    first.end()
    following = Following(tmp_path)
    assert (following.look().tally.closed, following.look().tally.pnl) == (3, -3.0)
    second = runs(minute=first.minute)
    second.beat()
    assert following.look().tally.closed == 0, "a run that has just begun"
    second.trade()
    second.trade()
    assert (following.look().tally.closed, following.look().tally.pnl) == (2, 1.0)
    assert (Following(tmp_path).look().tally.closed, times(Following(tmp_path))) == (2, [7, 8, 9, 10])


def test_events_are_counted_once_however_often_it_looks_and_however_the_journal_rotates(
    runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 2_000)
    run, following = runs(), Following(tmp_path)
    for number in range(1, 40):
        run.trade()
        if number % 7 == 0:
            assert following.look().tally.closed == following.look().tally.closed == number
    assert len(list(run.files.segments.iterdir())) > 5
    assert following.look().tally == Following(tmp_path).look().tally


def test_the_latest_of_all_journals_are_kept_by_their_minute(runs, tmp_path: Path) -> None:
    late, early = runs("A", minute=100), runs("B")
    for _ in range(8):
        late.trade()
        early.trade()
    assert times(Following(tmp_path)) == list(range(107, 117))


# ---- what is read


def test_what_has_not_changed_is_not_read_again(runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    symbols = [runs(f"S{number}USDT") for number in range(5)]
    for run in symbols:
        run.trade()
        run.beat()
    settle(tmp_path)
    following, reads = Following(tmp_path), Reads(monkeypatch)
    assert len(reads.of(following.look)) >= 10
    assert reads.of(following.look) == []
    symbols[2].beat()
    assert set(reads.of(following.look)) == {"demo-breakout-S2USDT.pulse"}
    symbols[3].trade()
    settle(tmp_path)
    assert set(reads.of(following.look)) == {
        "demo-breakout-S2USDT.pulse", "demo-breakout-S3USDT.jsonl", "demo-breakout-S3USDT.pulse",
    }  # fmt: skip


def test_no_more_segments_are_read_than_hold_events_of_this_run(
    runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 4_000)
    first = runs()
    for _ in range(60):
        first.trade()
    first.end()
    run = runs(minute=first.minute)
    before = len(list(run.files.segments.iterdir()))
    assert before > 10
    run.beat()
    reads = Reads(monkeypatch)
    following = Following(tmp_path)
    assert {name for name in reads.of(following.look) if name[0].isdigit()} == set()
    for _ in range(20):
        run.trade()
    segments = [name for name in reads.of(following.look) if name[0].isdigit()]
    numbers = [int(name[:6]) for name in segments]
    assert numbers[0] > before
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    run.trade()
    assert [name for name in reads.of(following.look) if name[0].isdigit()] == []
    assert following.look().tally.closed == 21


# ---- what cannot be read


def test_a_damaged_journal_is_a_damaged_record_and_no_other_suffers(runs, tmp_path: Path) -> None:
    run, other = runs(), runs("ETHUSDT")
    run.trade()
    other.trade()
    following = Following(tmp_path)
    following.look()
    content = bytearray(run.files.journal.read_bytes())
    content[len(content) // 2] ^= 1
    run.files.journal.write_bytes(content)
    seen = following.look()
    assert [bool(record.damage) for record in seen.records] == [True, False]
    assert [record.snapshot.pulse.status for record in seen.records] == ["halted", "starting"]
    content[len(content) // 2] ^= 1
    run.files.journal.write_bytes(content)
    assert [record.damage for record in following.look().records] == [None, None]


def test_a_journal_that_vanishes_is_said_to_be_gone(runs, tmp_path: Path) -> None:
    run = runs()
    run.trade()
    run.end()
    following = Following(tmp_path)
    following.look()
    away = tmp_path / "away"
    away.mkdir()
    run.files.journal.rename(away / "journal")
    (damage,) = [record.damage for record in following.look().records]
    assert "bears witness to step 2" in str(damage)
    run.files.pulse.unlink()
    (damage,) = [record.damage for record in following.look().records]
    assert damage == f"{run.files.journal}: the journal is gone: moved or deleted"
    (away / "journal").rename(run.files.journal)
    assert [record.damage for record in following.look().records] == [None]


def test_all_of_it_may_vanish_and_come_back(runs, tmp_path: Path) -> None:
    run = runs()
    run.trade()
    run.end()
    following = Following(tmp_path)
    following.look()
    (tmp_path / "signal").rename(tmp_path / "away")
    seen = following.look()
    assert ([bool(record.damage) for record in seen.records], seen.faults) == ([True], [])
    (tmp_path / "away").rename(tmp_path / "signal")
    assert [record.damage for record in following.look().records] == [None]
    shutil.rmtree(tmp_path / "signal")
    assert [bool(record.damage) for record in following.look().records] == [True]


def test_what_was_never_a_journal_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "signal" / "paper"
    folder.mkdir(parents=True)
    (folder / "demo-breakout-BTCUSDT.pulse").touch()
    (folder / "notes.txt").touch()
    (folder.parent / "a file").touch()
    assert Following(tmp_path).look().records == []


def test_a_missing_segment_is_said_and_what_comes_later_is_counted(
    runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 4_000)
    run = runs()
    for _ in range(30):
        run.trade()
    run.files.segment(1).unlink()
    following = Following(tmp_path)
    (fault,) = following.look().faults
    assert fault.startswith("not all events of demo-breakout-BTCUSDT are counted: ")
    assert "000001.jsonl: this segment of the journal is missing" in fault
    assert [record.damage for record in following.look().records] == [None]
    before = following.look().tally.closed
    run.trade()
    assert following.look().tally.closed == before + 1


def test_a_folder_that_is_none_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "signal").write_text("")
    assert Following(tmp_path).look().faults == [f"{tmp_path / 'signal'}: cannot be read: Not a directory"]


def test_a_journal_that_cannot_be_looked_at_is_a_fault_of_its_own(
    runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs()
    runs("ETHUSDT")
    following = Following(tmp_path)
    stat = Path.stat

    def refusing(path: Path, **options: bool) -> os.stat_result:
        if path == run.files.journal:
            raise PermissionError(13, "Permission denied")
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", refusing)
    seen = following.look()
    assert [record.identity.symbol for record in seen.records] == ["ETHUSDT"]
    assert seen.faults == [f"{run.files.journal}: cannot be looked at: Permission denied"]
