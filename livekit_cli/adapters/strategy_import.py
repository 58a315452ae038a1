"""Imports strategy files without hurting anything else, and says which strategies are in them.

A strategy is called by its file's name, or by its class's name where a file holds several; both in kebab-case. That
name is part of its journal's, so it is the same whichever way the strategy was asked for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from opcode import opmap
from pathlib import Path
from types import ModuleType

from ..core.errors import ConfigError, UsageError
from ..core.words import excerpt, near
from ..strategy import Strategy, interval_ms, parameters
from .alarm import Held, within
from .foreign import described, shown
from .names import checked_name
from .strategy_files import files_in, kebab

IMPORT_SECONDS = 10.0
"""How long a file may take to be imported: it must not hold up a command that only lists it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One strategy of a folder, or one file that could not be used: then `strategy_class` is None."""

    name: str
    path: Path
    strategy_class: type[Strategy] | None = None
    error: ConfigError | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds, by name."""

    folder: Path
    entries: tuple[Entry, ...]

    @property
    def usable(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.strategy_class)

    @property
    def broken(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.error)


def discover(folder: Path) -> Found:
    """Every strategy in the `.py` files of `folder`; a broken file is an entry with its error. Never raises."""
    entries: list[Entry] = []
    for path in files_in(folder):
        try:
            entries += entries_of(path)
        except ConfigError as error:
            entries.append(Entry(kebab(path.stem), path, error=error))
    return Found(folder, tuple(_without_doubles(sorted(entries, key=lambda entry: entry.name))))


def _without_doubles(entries: list[Entry]) -> Iterator[Entry]:
    """Two strategies of one name would share a journal: neither can be used under it."""
    for entry in entries:
        doubles = [shown(other.path) for other in entries if other.name == entry.name]
        if len(doubles) > 1 and entry.error is None:
            error = ConfigError(f"the name {entry.name!r} is in {' and in '.join(doubles)}; rename one")
            yield Entry(entry.name, entry.path, error=error)
        else:
            yield entry


def entries_of(path: Path) -> list[Entry]:
    """The strategies of one file. Raises ConfigError when there is none, or the file cannot be imported."""
    classes = _strategy_classes(_imported(path), path)
    entries = []
    for cls in classes:
        name = kebab(path.stem if len(classes) == 1 else cls.__name__)
        try:
            _check_class(cls, name)
            entries.append(Entry(name, path, cls))
        except (ConfigError, UsageError) as error:
            entries.append(Entry(name, path, error=ConfigError(f"{shown(path)}: {error}")))
    return entries


def _strategy_classes(module: ModuleType, path: Path) -> list[type[Strategy]]:
    """The public strategy classes written in this module; one that others build on may lack a get_signal."""
    written = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module.__name__
    ]
    classes = [cls for cls in dict.fromkeys(written) if not cls.__name__.startswith("_")]
    bases = {base for cls in classes for base in cls.__mro__[1:]}
    found = [cls for cls in classes if cls not in bases or _has_get_signal(cls)]
    if not found:
        others = [cls for cls in vars(module).values() if getattr(cls, "__module__", "") == module.__name__]
        names = [cls.__name__ for cls in others if isinstance(cls, type) and hasattr(cls, "get_signal")]
        hint = f"; {names[0]} is none, write `class {names[0]}(Strategy):`" if names else ""
        raise ConfigError(f"{shown(path)}: no strategy class; expected `class ...(Strategy):` in it{hint}")
    return found


def _has_get_signal(cls: type[Strategy]) -> bool:
    return cls.get_signal is not Strategy.get_signal


def _check_class(cls: type[Strategy], name: str) -> None:
    checked_name("strategy", name)
    if not _has_get_signal(cls):
        other = near("get_signal", [name for name in vars(cls) if not name.startswith("__")])
        hint = f"; it has {other}" if other else ""
        raise ConfigError(f"{cls.__name__} has no get_signal; expected `async def get_signal(self, market):`{hint}")
    if not callable(cls.get_signal):
        raise ConfigError(f"{cls.__name__}.get_signal is {excerpt(repr(cls.get_signal), 60)}, expected a method")
    interval_ms(cls)
    parameters(cls)


def _imported(path: Path) -> ModuleType:
    """The file as a module of its own; the same one as long as the file has not changed."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{shown(path)}: cannot be read: {error.strerror}") from None
    key = str(path.absolute()).encode("utf-8", "surrogateescape") + b"\0" + source
    name = f"livekit_strategy_{blake2b(key, digest_size=8).hexdigest()}"
    if name not in sys.modules:
        _run(source, path.absolute(), name)
    return sys.modules[name]


def _run(source: bytes, path: Path, name: str) -> None:
    try:
        code = compile(source, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise ConfigError(_syntax(path, error)) from None
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte; thousands of brackets
        raise ConfigError(f"{shown(path)}: {type(error).__name__}: {excerpt(str(error))}") from None
    module = ModuleType(name)
    module.__file__ = str(path)
    folder = str(path.parent)
    sys.modules[name] = module
    sys.path.insert(0, folder)  # for what the file imports from its neighbours
    importlib.invalidate_caches()
    try:
        within(IMPORT_SECONDS, exec, code, vars(module))
    except Held as held:
        del sys.modules[name]
        raise ConfigError(
            f"{_place(held, path)}: the file does not come to its end within {IMPORT_SECONDS:g} s"
        ) from None
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt) and not _raises(error):
            raise
        raise ConfigError(described(error, frozenset({str(path)}))) from error
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _place(held: Held, path: Path) -> str:
    """Where the file was when it was cut short."""
    line = next((number for file, number in held.args if file == str(path)), None)
    return shown(path) if line is None else f"{shown(path)}:{line}"


def _raises(error: BaseException) -> bool:
    """Whether a `raise` in Python code is where `error` is from: Ctrl-C strikes between statements, never there."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_code[trace.tb_lasti] == opmap["RAISE_VARARGS"]


def _syntax(path: Path, error: SyntaxError) -> str:
    where = f"{shown(path)}:{error.lineno}:{error.offset}" if error.lineno else shown(path)
    text = f": {excerpt(error.text, 80)}" if error.text and error.text.strip() else ""
    return f"{where}: {excerpt(error.msg)}{text}"
