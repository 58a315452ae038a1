"""Finds strategies by name, by file, or under the name of a YAML file, and imports them without hurting anything else.

    breakout                        strategies/breakout.py, or the class Breakout in any file there
    path/to/file.py                 the only strategy class in that file
    path/to/file.py:Breakout        that class
    fast-breakout                   configs/strategies/fast-breakout.yaml, which names one of the above

A strategy is called by its file's name, or by its class's name where a file holds several; both in kebab-case. That
name is part of its journal's, so it is the same whichever way the strategy was asked for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from opcode import opmap
from pathlib import Path
from types import ModuleType

from ..core.errors import ConfigError, UsageError
from ..core.words import did_you_mean, inert
from ..strategy import Strategy, Value, checked, interval_ms, parameters, parse_parameter
from .foreign import described, files_of, shown
from .names import checked_name
from .strategy_files import PRESETS, STRATEGIES, files_in, kebab, presets
from .strict_yaml import Section, load_yaml


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


@dataclass(frozen=True, slots=True)
class Loaded:
    """A strategy class with the parameters asked for, all checked. `path` is the file it was asked for by."""

    name: str
    strategy_class: type[Strategy]
    params: Mapping[str, Value]
    path: Path

    def create(self) -> Strategy:
        """A fresh object. Raises ConfigError when its own `__init__` fails or does not take the parameters."""
        cls = self.strategy_class
        if cls.__init__ is Strategy.__init__:
            return cls(**self.params)
        return _created(cls, self.params)


def discover(folder: Path) -> Found:
    """Every strategy in the `.py` files of `folder`; a broken file is an entry with its error. Never raises."""
    entries: list[Entry] = []
    for path in files_in(folder):
        try:
            entries += _entries(path)
        except ConfigError as error:
            entries.append(Entry(kebab(path.stem), path, error=error))
    return Found(folder, tuple(_without_doubles(sorted(entries, key=lambda entry: entry.name))))


def load(spec: str, project: Path, settings: Mapping[str, str]) -> Loaded:
    """The strategy that `spec` names, with its parameters; `settings` (texts of `--set`) go over those of the YAML.

    Raises ConfigError with everything that is wrong.
    """
    if not _is_file(spec):
        preset = {kebab(name): path for name, path in presets(project).items()}.get(kebab(spec))
        if preset is not None:
            _refuse_double(preset, project)
            return _from_preset(preset, project, settings)
    entry = _find(spec, project, Path())
    assert entry.strategy_class is not None
    return _loaded(entry.name, entry.strategy_class, {}, settings, entry.path)


def _is_file(spec: str) -> bool:
    return spec.endswith(".py") or ".py:" in spec


def _find(spec: str, project: Path, *folders: Path) -> Entry:
    """A file is looked for from each of `folders` and then from the project.

    What is typed counts from the working folder, as the shell completes it; what a YAML file says does not, because
    its meaning must not depend on where it is read.
    """
    if _is_file(spec):
        file, _, name = spec.partition(".py")
        return _in_file(_resolved(f"{file}.py", *folders, project), name.removeprefix(":"))
    return _named(spec, project / STRATEGIES)


def _resolved(file: str, *folders: Path) -> Path:
    candidates = dict.fromkeys((folder / Path(file).expanduser()).absolute() for folder in folders)
    for path in candidates:
        if path.is_file():
            return path
    raise ConfigError(f"there is no strategy file {' or '.join(map(str, candidates))}")


def _in_file(path: Path, name: str) -> Entry:
    entries = _entries(path)
    if not name:
        if len(entries) > 1:
            raise _several(path, entries)
        return _sound(entries[0])
    for entry in entries:
        if entry.strategy_class is not None and entry.strategy_class.__name__ == name:
            return entry
        if entry.error is not None and entry.name == kebab(name):
            raise entry.error
    names = [entry.strategy_class.__name__ for entry in entries if entry.strategy_class]
    raise ConfigError(
        f"{shown(path)} has no strategy class {name!r}; it has {', '.join(names)}{did_you_mean(name, names)}"
    )


def _named(name: str, folder: Path) -> Entry:
    wanted = kebab(name)
    for path in files_in(folder):
        if kebab(path.stem) == wanted:
            entries = _entries(path)
            if len(entries) == 1:
                return _sound(entries[0])
            for entry in entries:
                if entry.name == wanted:
                    return _sound(entry)
            raise _several(path, entries)
    found = discover(folder)
    matches = [entry for entry in found.entries if entry.name == wanted or _class_name(entry) == wanted]
    if len(matches) > 1:
        choices = " or ".join(f"{shown(m.path)}:{m.strategy_class.__name__}" for m in matches if m.strategy_class)
        raise ConfigError(f"strategy {name!r} is in several files; say {choices}")
    if matches:
        return _sound(matches[0])
    raise _unknown(name, found)


def _class_name(entry: Entry) -> str:
    return kebab(entry.strategy_class.__name__) if entry.strategy_class else ""


def _sound(entry: Entry) -> Entry:
    if entry.error is not None:
        raise entry.error
    return entry


def _unknown(name: str, found: Found) -> ConfigError:
    others = presets(found.folder.parent)
    names = [*(entry.name for entry in found.usable), *others]
    listed = f"found: {', '.join(sorted(names))}{did_you_mean(kebab(name), names)}" if names else "none found"
    lines = [
        f"there is no strategy {name!r}; looked in {found.folder.absolute()} and "
        f"{(found.folder.parent / PRESETS).absolute()}; {listed}"
    ]
    lines += [f"not usable: {entry.error}" for entry in found.broken]
    return ConfigError("\n".join(lines))


def _several(path: Path, entries: list[Entry]) -> ConfigError:
    classes = [entry.strategy_class.__name__ for entry in entries if entry.strategy_class]
    specs = " or ".join(f"{shown(path)}:{name}" for name in classes)
    return ConfigError(f"{shown(path)} has several strategy classes; say {specs}")


def _without_doubles(entries: list[Entry]) -> Iterator[Entry]:
    """Two strategies of one name would share a journal: neither can be used under it."""
    for entry in entries:
        doubles = [shown(other.path) for other in entries if other.name == entry.name]
        if len(doubles) > 1 and entry.error is None:
            error = ConfigError(f"the name {entry.name!r} is in {' and in '.join(doubles)}; rename one")
            yield Entry(entry.name, entry.path, error=error)
        else:
            yield entry


def _entries(path: Path) -> list[Entry]:
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
        raise ConfigError(f"{shown(path)}: no strategy class; expected `class ...(Strategy):` in it")
    return found


def _has_get_signal(cls: type[Strategy]) -> bool:
    return cls.get_signal is not Strategy.get_signal


def _check_class(cls: type[Strategy], name: str) -> None:
    checked_name("strategy", name)
    if not _has_get_signal(cls):
        raise ConfigError(f"{cls.__name__} has no get_signal; expected `async def get_signal(self, market):`")
    if not callable(cls.get_signal):
        raise ConfigError(f"{cls.__name__}.get_signal is {inert(repr(cls.get_signal), 60)}, expected a method")
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
        raise ConfigError(f"{shown(path)}: {type(error).__name__}: {inert(str(error))}") from None
    module = ModuleType(name)
    module.__file__ = str(path)
    folder = str(path.parent)
    sys.modules[name] = module
    sys.path.insert(0, folder)  # for what the file imports from its neighbours
    importlib.invalidate_caches()
    try:
        exec(code, vars(module))
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt) and not _raises(error):
            raise
        raise ConfigError(described(error, frozenset({str(path)}))) from error
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _raises(error: BaseException) -> bool:
    """Whether a `raise` in Python code is where `error` is from: Ctrl-C strikes between statements, never there."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_code[trace.tb_lasti] == opmap["RAISE_VARARGS"]


def _syntax(path: Path, error: SyntaxError) -> str:
    where = f"{shown(path)}:{error.lineno}:{error.offset}" if error.lineno else shown(path)
    text = f": {inert(error.text)}" if error.text and error.text.strip() else ""
    return f"{where}: {inert(error.msg)}{text}"


def _from_preset(path: Path, project: Path, settings: Mapping[str, str]) -> Loaded:
    section = load_yaml(path)
    try:
        entry = _find(_spec(section), project)
        name = checked_name("strategy", path.stem)
    except (ConfigError, UsageError) as error:
        section.fault("strategy", str(error))
        raise section.failure("interval", "params") from error
    assert entry.strategy_class is not None
    params = _params(section, entry.strategy_class)
    section.finish()
    return _loaded(name, entry.strategy_class, params, settings, path)


def _spec(section: Section) -> str:
    spec: str | None = section.get("strategy", str)
    if spec is None:
        raise ConfigError("strategy is missing, expected a strategy's name or file.py:Class")
    return spec


def _params(section: Section, cls: type[Strategy]) -> dict[str, Value]:
    """The parameters that a YAML file sets; what is wrong with one is collected with its place."""
    found: dict[str, Value] = {}
    given = section.section("params")
    places = [(given, name) for name in given.names()]
    if section.value("interval") is not None:
        places.append((section, "interval"))
    for where, name in places:
        try:
            found |= checked(cls, {name: where.value(name)})
        except ConfigError as error:
            where.fault(name, str(error))
    return found


def _refuse_double(preset: Path, project: Path) -> None:
    for path in files_in(project / STRATEGIES):
        if kebab(path.stem) == kebab(preset.stem):
            raise ConfigError(f"the name {preset.stem!r} is in {shown(path)} and in {shown(preset)}; rename one")


def _loaded(
    name: str, cls: type[Strategy], params: Mapping[str, Value], settings: Mapping[str, str], path: Path
) -> Loaded:
    faults: list[str] = []
    values = dict(params)
    for key, text in settings.items():
        try:
            values[key] = parse_parameter(cls, key, text)
        except ConfigError as error:
            faults.append(f"--set {key}={text}: {error}")
    if faults:
        raise ConfigError("\n".join(faults))
    return Loaded(name, cls, values, path)


def _created(cls: type[Strategy], params: Mapping[str, Value]) -> Strategy:
    """An object of a class with an `__init__` of its own, which need not know of parameters."""
    strategy = cls.__new__(cls)
    for name, value in params.items():
        setattr(strategy, name, value)
    try:
        strategy.__init__(**(params if _takes(cls, params) else {}))  # type: ignore[misc]  # once more, now by its own
    except Exception as error:  # it is the user's code
        raise ConfigError(described(error, files_of(cls))) from error
    for name, value in params.items():
        if (found := getattr(strategy, name, None)) != value:
            raise ConfigError(f"the __init__ of {cls.__name__} sets {name} to {found!r}, and {value!r} was asked for")
    return strategy


def _takes(cls: type[Strategy], params: Mapping[str, Value]) -> bool:
    import inspect

    accepted = inspect.signature(cls.__init__).parameters
    return all(name in accepted for name in params) or any(p.kind is p.VAR_KEYWORD for p in accepted.values())
