"""Whether everything is in order before trading: config, strategies, folders, disk, clock, journals, terminal, limits.

Each check answers for itself, and none keeps another from being made. Nothing is changed, and nothing left behind.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from .adapters.config.defaults import data_folder_of
from .adapters.config.faults import config_files
from .adapters.disk import Disk
from .adapters.machine import KernelClock, file_system_of, free_bytes, kernel_clock, open_files_limit
from .adapters.names import signal_folder
from .adapters.probes import Tried, nearest_folder, try_folder, try_writing
from .adapters.records import Record, read_records
from .adapters.strategy_files import PRESETS, STRATEGIES, presets
from .adapters.strategy_import import discover
from .adapters.strategy_loader import load
from .core.check import Answer, Sign
from .core.errors import CannotCreate, ConfigError, DiskFailed, JournalDamaged, UsageError
from .ui.lines import time_text
from .ui.look import Look

PLAUSIBLE_MS = range(1_767_225_600_000, 4_102_444_800_000)
"""2026 to 2100: a clock that says anything else was never set."""

NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "drvfs"})
NETWORK_IN_USER_SPACE = ("fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs")
VOLATILE = {
    "tmpfs": "it is lost when the machine restarts",
    "ramfs": "it is lost when the machine restarts",
    "overlay": "it is lost with its container",
}

SLOW_SYNC_MS = 100.0
SKEW_MS = 2_000
LEAST_BYTES, FEW_DAYS = 10 * 1024 * 1024, 30
DAY_BYTES = 2 * 1024 * 1024
"""What one symbol writes in a day at most: a signal opened and closed every other minute, six hundred bytes a line."""

FILES_PER_SYMBOL, OTHER_FILES = 3, 64


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be checked: a project, its data folder when one was named, and the strategy when only one matters.

    `version` is that of this livekit.
    """

    project: Path
    data_dir: Path | None = None
    strategy: str | None = None
    version: str = ""


def answers(plan: Plan, look: Look, now_ms: int, disk: Disk | None = None) -> Iterator[Answer]:
    """Everything that a check finds, one after the other."""
    data, unsure = _data_folder(plan)
    records = read_records(data)
    yield _versions(plan.version)
    yield from _config(plan)
    yield from _strategies(plan)
    yield from unsure
    yield from _folder("data folder", data, disk)
    yield from _space(data, max(1, len(records)))
    yield _file_system(data)
    yield _logs(plan.project / "logs" / "live")
    yield from _journals(records, data)
    yield from _clock(now_ms, kernel_clock())
    yield _limits(len(records))
    yield _terminal(look)


def _ok(subject: str, found: str) -> Answer:
    return Answer(subject, Sign.OK, found)


def _versions(version: str) -> Answer:
    python = f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})"
    return _ok("livekit", f"{version} on {python}, in {Path(__file__).parent}")


# ---- config and strategies


def _config(plan: Plan) -> Iterator[Answer]:
    with redirect_stdout(sys.stderr):  # what the strategies' files print
        files = config_files(plan.project)
    faults = list(dict.fromkeys(fault for file in files for fault in file.faults))
    folder = (plan.project / "configs").absolute()
    sound = sum(not file.faults for file in files)
    if sound or not files:
        yield _ok("config", f"{sound or 'no'} file{'s' * (sound != 1)} in {folder}" + (" in order" if sound else ""))
    for fault in faults:
        yield Answer("config", Sign.WRONG, fault, "Correct that line; `livekit schema` says what may stand there", 78)


def _strategies(plan: Plan) -> Iterator[Answer]:
    folder = (plan.project / STRATEGIES).absolute()
    with redirect_stdout(sys.stderr):
        found = discover(plan.project / STRATEGIES) if plan.strategy is None else None
        broken = [str(entry.error) for entry in found.broken] if found else []
        names = [entry.name for entry in found.usable] if found else [plan.strategy or ""]
        names += presets(plan.project) if found else {}
        made = [_made(name, plan.project) for name in names]
    usable = [text for text, is_usable in made if is_usable]
    for error in dict.fromkeys([*broken, *(text for text, is_usable in made if not is_usable)]):
        yield Answer("strategy", Sign.WRONG, error, "Correct the file; the other strategies are not affected", 78)
    if usable:
        yield _ok("strategy", f"{', '.join(usable)}; from {folder} and {(plan.project / PRESETS).absolute()}")
    elif not broken and not made:
        yield Answer("strategy", Sign.WARNING, f"there is none in {folder}", "`livekit init` makes one to begin with")


def _made(name: str, project: Path) -> tuple[str, bool]:
    """How a strategy is called, with its interval and parameters; or what is wrong with it."""
    try:
        loaded = load(name, project, {})
        strategy = loaded.create()
    except (ConfigError, UsageError) as error:
        return str(error), False
    set_ = ", ".join(f"{key}={value}" for key, value in loaded.params.items())
    return f"{loaded.name} ({strategy.interval}{', ' if set_ else ''}{set_})", True


# ---- folders and the disk


def _data_folder(plan: Plan) -> tuple[Path, list[Answer]]:
    try:
        return data_folder_of(plan.project, plan.data_dir).absolute(), []
    except ConfigError:
        # What is wrong with the file is among the answers about the config.
        folder = (plan.project / "data").absolute()
        told = f"configs/livekit.yaml cannot be read, so nobody knows whether it names another one than {folder}"
        return folder, [Answer("data folder", Sign.WARNING, told, "Correct that file")]


def _folder(subject: str, folder: Path, disk: Disk | None) -> Iterator[Answer]:
    near = nearest_folder(folder)
    what = f"{folder}: " + ("is there" if near == folder else "can be made")
    if not near.is_dir():
        mend = f"Move the file {near} away, or name another folder with --data-dir"
        yield Answer(subject, Sign.WRONG, f"{folder}: {near} is no folder", mend, CannotCreate.exit_code)
        return
    try:
        tried = try_folder(near, disk)
    except OSError as error:
        yield _refused(subject, folder, near, error)
        return
    yield _ok(subject, f"{what}, and can be written to")
    yield from _tried(tried, near)


def _refused(subject: str, folder: Path, near: Path, error: OSError) -> Answer:
    found = f"{folder}: cannot be written to: {error.strerror}"
    if isinstance(error, PermissionError) or error.errno == 30:  # read-only
        mend = f"Give yourself the right to write to {near}, or name another folder with --data-dir"
        return Answer(subject, Sign.WRONG, found, mend, CannotCreate.exit_code)
    mend = "See what the system says of that disk (df, dmesg) before anything is written to it"
    return Answer(subject, Sign.WRONG, found, mend, DiskFailed.exit_code)


def _tried(tried: Tried, folder: Path) -> Iterator[Answer]:
    sync = f"a step is safe on it after {tried.sync_ms:.1f} ms"
    if tried.sync_ms >= SLOW_SYNC_MS:
        mend = "Use a faster disk: a signal that opens or closes waits for it three times"
        yield Answer("disk", Sign.WARNING, f"slow: {sync}", mend)
    else:
        yield _ok("disk", sync)
    if not tried.renames:
        mend = "Use another file system: one file cannot take the place of another in one move here"
        yield Answer("disk", Sign.WRONG, "renaming does not do what it should", mend, DiskFailed.exit_code)
    yield _locks(tried.locks, folder)
    if abs(tried.ahead_ms) > SKEW_MS:
        how = f"{abs(tried.ahead_ms) / 1000:.0f} s {'ahead of' if tried.ahead_ms > 0 else 'behind'} this machine's"
        mend = "Set both by NTP; `watch` and `events --follow` may notice changes late"
        yield Answer("clock", Sign.WARNING, f"the clock of the file system is {how}", mend)


def _locks(are_exclusive: bool | None, folder: Path) -> Answer:
    if are_exclusive:
        return _ok("locks", "keep a second process out")
    if are_exclusive is None:
        return Answer(
            "locks", Sign.WARNING, "no second process could be started to try them", "Start `livekit check` by hand"
        )
    mend = "Use a local file system for data: two runs of one symbol would not notice each other here"
    return Answer("locks", Sign.WRONG, f"do not keep a second process out in {folder}", mend, DiskFailed.exit_code)


def _space(data: Path, symbols: int) -> Iterator[Answer]:
    try:
        free = free_bytes(nearest_folder(data))
    except OSError as error:
        yield Answer("space", Sign.WARNING, f"cannot be asked for: {error.strerror}", "See `df`")
        return
    days = free // (DAY_BYTES * symbols)
    of = "one symbol" if symbols == 1 else f"{symbols} symbols"
    found = f"{free / 1e9:.1f} GB free, {days:,} days of {of} that never rest"
    if free < LEAST_BYTES:
        yield Answer("space", Sign.WRONG, found, "Make room on that disk before you start", DiskFailed.exit_code)
    elif days < FEW_DAYS:
        yield Answer("space", Sign.WARNING, found, "Make room on that disk soon")
    else:
        yield _ok("space", found)


def _file_system(data: Path) -> Answer:
    kind = file_system_of(nearest_folder(data))
    if kind is None:
        return Answer("file system", Sign.WARNING, "nobody says what kind it is", "Have data on a local disk")
    if kind in NETWORK or kind in NETWORK_IN_USER_SPACE:
        mend = (
            "Have data on a local disk: a network that fails stops every symbol, and its locks are not to be relied on"
        )
        return Answer("file system", Sign.WARNING, f"{kind}, over a network", mend)
    if kind in VOLATILE:
        mend = "Have data on a disk that stays; --data-dir names another folder"
        return Answer("file system", Sign.WARNING, f"{kind}: {VOLATILE[kind]}", mend)
    return _ok("file system", kind)


def _logs(folder: Path) -> Answer:
    folder = folder.absolute()
    near = nearest_folder(folder)
    try:
        if not near.is_dir():
            raise NotADirectoryError(20, f"{near} is no folder")
        try_writing(near)
    except OSError as error:
        found = f"{folder}: cannot be written to: {error.strerror}"
        return Answer("logs", Sign.WARNING, found, "Give `dump` another folder with --path")
    return _ok("logs", f"{folder}: {'is there' if near == folder else 'can be made'}, for `dump`")


# ---- journals


def _journals(records: Sequence[Record], data: Path) -> Iterator[Answer]:
    folder = signal_folder(data)
    for record in records:
        if record.damage:
            mend = "`livekit repair` tells what is wrong and what can be kept"
            yield Answer("journal", Sign.WRONG, record.damage, mend, JournalDamaged.exit_code)
    sound = sum(not record.damage for record in records)
    yield (
        _ok("journal", f"{sound or 'no'} sound one{'s' * (sound != 1)} in {folder}")
        if sound or not records
        else _none(folder)
    )
    holders: dict[tuple[int, str], list[str]] = {}
    for record in records:
        if record.held:
            holders.setdefault((record.pulse.pid, record.pulse.command), []).append(record.identity.symbol)
    for (pid, command), symbols in holders.items():
        yield _ok("journal", f"{', '.join(symbols)} in use by process {pid}: {command}")


def _none(folder: Path) -> Answer:
    return Answer("journal", Sign.WARNING, f"no sound one in {folder}", "See `livekit repair`")


# ---- this machine


def _clock(now_ms: int, kernel: KernelClock | None) -> Iterator[Answer]:
    if now_ms not in PLAUSIBLE_MS:
        mend = "Set the clock before you start: every minute would be written down under a wrong time"
        yield Answer("clock", Sign.WRONG, f"says {time_text(now_ms)}", mend, 1)
        return
    mend = "Have it kept by NTP: `timedatectl set-ntp true`, or install chrony"
    if kernel is None:
        yield Answer("clock", Sign.WARNING, "the kernel does not say whether anything keeps it", mend)
    elif not kernel.is_kept:
        yield Answer("clock", Sign.WARNING, f"says {time_text(now_ms)}, but nothing keeps it", mend)
    else:
        yield _ok("clock", f"says {time_text(now_ms)}, kept by NTP to {kernel.max_error_ms:.0f} ms at worst")


def _limits(symbols: int) -> Answer:
    limit = open_files_limit()
    if limit is None:
        return _ok("open files", "as many as you like")
    room = max(0, limit - OTHER_FILES) // FILES_PER_SYMBOL
    found = f"{limit} at most, enough for {room} symbols in one process"
    if room < max(1, symbols):
        mend = "Raise it: `ulimit -n 4096`, or LimitNOFILE=4096 in a systemd unit"
        return Answer("open files", Sign.WARNING, found, mend)
    return _ok("open files", found)


def _terminal(look: Look) -> Answer:
    if not look.is_terminal:
        return _ok("terminal", "none here: plain lines, or --json")
    letters = "UTF-8" if look.unicode else "ASCII only"
    found = f"{look.width} columns, {look.height} lines, {'colours' if look.colour else 'no colours'}, {letters}"
    return _ok("terminal", found)


def counted(found: Iterable[Answer]) -> dict[Sign, int]:
    """How many answers have each sign."""
    signs = [answer.sign for answer in found]
    return {sign: signs.count(sign) for sign in Sign}
