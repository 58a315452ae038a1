"""What the name of a real exchange meant for the journals and the downloaded candles that were begun with it.

Both know their exchange by the name of a file that anybody can edit: another market under the same name would close
signals at the prices of other candles. data/signal/NAME.origin remembers in one line what the name means.
"""

from __future__ import annotations

from pathlib import Path

from ..core.errors import CannotCreate, UsageError
from ..core.inert import inert
from ..core.settings import BUILT_IN, CCXT
from ..core.words import excerpt
from .config.exchanges import ExchangeConfig
from .disk import Disk, plain_bytes, why_not
from .names import signal_folder


def meaning(config: ExchangeConfig) -> str:
    """What the exchange's name means as its file is now: `binance spot`, `bybit swap sandbox`, `demo`."""
    if config.kind != CCXT:
        return config.kind
    within = config.ccxt.get("options")
    given = [config.ccxt, within if isinstance(within, dict) else {}]
    is_for_tests = any(one.get(name) is True for one in given for name in ("sandbox", "testnet"))
    return f"{config.ccxt_id} {config.market}{' sandbox' if is_for_tests else ''}"


def check_origin(config: ExchangeConfig, data: Path) -> None:
    """Raises UsageError when what there is under that name in `data` is of something else."""
    begun, now = _begun(config, data), meaning(config)
    if begun in ("", now):
        return
    if kept := _kept(config, data):
        raise UsageError(
            f"{config.path or config.name} means {now} now, but {kept} {excerpt(inert(begun), 60)}: these are other "
            f"candles. Give {config.name} the meaning that it had and {now} a file of another name, or give another "
            "--data-dir"
        )


def _kept(config: ExchangeConfig, data: Path) -> str:
    """What the candles of another market must not be mixed with, to be followed by what it was begun with."""
    journal = next(iter(sorted(signal_folder(data).glob(f"*/{config.name}-*.jsonl"))), None)
    if journal is not None:
        return f"the journal {journal.name} was begun with"
    folder = data / "candles" / config.name
    has_candles = config.kind == CCXT and any(folder.glob("*/*.csv"))
    return f"the candles in {folder} are those of" if has_candles else ""


def keep_origin(config: ExchangeConfig, data: Path, disk: Disk | None = None) -> None:
    """Remember, durably, what the name means; to be called before anything is kept under that name.

    Raises what `check_origin` raises, and CannotCreate.
    """
    check_origin(config, data)
    if _begun(config, data) == meaning(config):
        return
    disk, path = disk or Disk(), _file(config, data)
    draft = path.with_suffix(".origin-new")
    try:
        disk.make_folder(path.parent)
        fd = disk.create(draft)
        try:
            disk.append(fd, f"{meaning(config)}\n".encode())
            disk.sync(fd)
        finally:
            disk.close(fd)
        disk.replace(draft, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        raise CannotCreate(f"{path} cannot be written: {why_not(error, path)}") from error


def _begun(config: ExchangeConfig, data: Path) -> str:
    """What the journals were begun with; nothing where nobody has noted it, and the name does not say it either.

    Raises UsageError for a note that cannot be read: whether it says the same would be a guess.
    """
    path = _file(config, data)
    try:
        return plain_bytes(path).decode(errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):  # whoever makes the folder is told of the latter
        return config.name if config.name in BUILT_IN else ""
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}): it says what the journals of {config.name} were begun with"
        ) from error


def _file(config: ExchangeConfig, data: Path) -> Path:
    return signal_folder(data) / f"{config.name}.origin"
