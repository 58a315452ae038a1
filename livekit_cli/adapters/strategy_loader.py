"""Finds strategies by name, by file, or under the name of a YAML file.

breakout                        strategies/breakout.py, or the class Breakout in any file there
path/to/file.py                 the only strategy class in that file
path/to/file.py:Breakout        that class
fast-breakout                   configs/strategies/fast-breakout.yaml, which names one of the above
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.errors import ConfigError, UsageError
from ..core.settings import STRATEGY
from ..core.words import did_you_mean, near
from ..strategy import Parameter, Strategy, Value, checked, parameters, parse_parameter
from .config.reading import checked as checked_value
from .config.reading import read, told
from .foreign import described, files_of, shown
from .names import checked_name
from .strategy_files import PRESETS, STRATEGIES, files_in, kebab, presets
from .strategy_import import Entry, Found, discover, entries_of
from .strict_yaml import UNREAD, Section, load_yaml
from .yaml_scalars import Filled


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


def load(spec: str, project: Path, settings: Mapping[str, str]) -> Loaded:
    """The strategy that `spec` names, with its parameters; `settings` (texts of `--set`) go over those of the YAML.

    Raises ConfigError with everything that is wrong.
    """
    return with_settings(_load(spec, project, Path()), settings)


def with_settings(loaded: Loaded, settings: Mapping[str, str]) -> Loaded:
    """`loaded` with the texts of `--set` over its own parameters. Raises ConfigError with everything that is wrong."""
    values, faults = dict(loaded.params), []
    for key, text in settings.items():
        try:
            values[key] = parse_parameter(loaded.strategy_class, key, text)
        except ConfigError as error:
            faults.append(f"--set {key}={text}: {error}")
    if faults:
        raise ConfigError(*faults)
    return replace(loaded, params=values)


def strategy_at(section: Section, key: str, spec: str | None, project: Path) -> Loaded | None:
    """The strategy that a YAML file names by `key`; what is wrong with it is collected, and with None nothing is.

    A file says the name as the list of strategies has it, so that an editor can know all that may stand there.
    """
    if spec is None:
        return None
    try:
        loaded = _load(spec, project)
    except (ConfigError, UsageError) as error:
        section.fault(key, str(error))
        return None
    return loaded if _is_spelled(section, key, spec, loaded.name) else None


def params_at(section: Section, interval: str | None, cls: type[Strategy]) -> dict[str, Value]:
    """The parameters in a section of YAML, and the interval beside them; what is wrong is collected with its place."""
    found: dict[str, Value] = {} if interval is None else {"interval": interval}
    known = parameters(cls)
    for name in section.names():
        value = section.value(name)
        if name not in known:
            section.fault_of_key(name, _no_parameter(section, cls, name))
        elif value is not UNREAD:
            try:
                found[name] = _param(known[name], value)
            except ValueError as error:
                section.fault(name, f"{cls.__name__}.{name} {error}")
    return found


def _is_file(spec: str) -> bool:
    return spec.endswith(".py") or ".py:" in spec


def _find(spec: str, project: Path, *folders: Path, others: Iterable[str] | None = None) -> Entry:
    """A file is looked for from each of `folders` and then from the project; `others` are the presets, if they do.

    What is typed counts from the working folder, as the shell completes it; what a YAML file says does not, because
    its meaning must not depend on where it is read.
    """
    if _is_file(spec):
        file, _, name = spec.partition(".py")
        return _in_file(_resolved(f"{file}.py", *folders, project), name.removeprefix(":"))
    return _named(spec, project / STRATEGIES, others)


def _resolved(file: str, *folders: Path) -> Path:
    candidates = dict.fromkeys((folder / Path(file).expanduser()).absolute() for folder in folders)
    for path in candidates:
        if path.is_file():
            return path
    looked = " or ".join(f"{path} (which is a folder)" if path.is_dir() else str(path) for path in candidates)
    raise ConfigError(f"there is no strategy file {looked}{_nearest(file, folders[-1])}")


def _nearest(file: str, project: Path) -> str:
    """The strategy that was meant by a file that is not there."""
    found = {kebab(path.stem): path for path in files_in(project / STRATEGIES)}
    meant = near(kebab(Path(file).stem), found)
    return f"; did you mean {meant!r}, which is {shown(found[meant])}?" if meant else ""


def _in_file(path: Path, name: str) -> Entry:
    entries = entries_of(path)
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


def _named(name: str, folder: Path, others: Iterable[str] | None) -> Entry:
    wanted = kebab(name)
    for path in files_in(folder):
        if kebab(path.stem) == wanted:
            entries = entries_of(path)
            if len(entries) == 1:
                return _sound(entries[0])
            for entry in entries:
                if entry.name == wanted:
                    return _sound(entry)
            raise _several(path, entries)
    found = discover(folder)
    matches = [entry for entry in found.entries if entry.name == wanted or _class_name(entry) == wanted]
    choices = [f"{shown(m.path)}:{m.strategy_class.__name__}" for m in matches if m.strategy_class]
    if len(choices) > 1:
        raise ConfigError(f"strategy {name!r} is in several files; say {' or '.join(choices)}")
    if matches:
        return _sound(matches[0])
    raise _unknown(name, found, others)


def _class_name(entry: Entry) -> str:
    return kebab(entry.strategy_class.__name__) if entry.strategy_class else ""


def _sound(entry: Entry) -> Entry:
    if entry.error is not None:
        raise entry.error
    return entry


def _unknown(name: str, found: Found, others: Iterable[str] | None) -> ConfigError:
    names = [*(entry.name for entry in found.usable), *(others or ())]
    there = f"found: {', '.join(sorted(names))}{did_you_mean(kebab(name), names)}" if names else "none found"
    if not (names or found.broken):
        there += ": livekit init makes one"
    project = found.folder.parent
    if others is None and kebab(name) in map(kebab, presets(project)):
        return ConfigError(f"{name!r} is a preset, and a preset cannot name a preset; expected a strategy; {there}")
    presets_too = "" if others is None else f" and {(project / PRESETS).absolute()}"
    lines = [f"there is no strategy {name!r}; looked in {found.folder.absolute()}{presets_too}; {there}"]
    lines += [f"not usable: {entry.error}" for entry in found.broken]
    return ConfigError(*lines)


def _several(path: Path, entries: list[Entry]) -> ConfigError:
    classes = [entry.strategy_class.__name__ for entry in entries if entry.strategy_class]
    specs = " or ".join(f"{shown(path)}:{name}" for name in classes)
    return ConfigError(f"{shown(path)} has several strategy classes; say {specs}")


def _load(spec: str, project: Path, *folders: Path) -> Loaded:
    if not _is_file(spec):
        preset = {kebab(name): path for name, path in presets(project).items()}.get(kebab(spec))
        if preset is not None:
            _refuse_double(preset, project)
            return _from_preset(preset, project)
    return _plain(_find(spec, project, *folders, others=presets(project)))


def _plain(entry: Entry) -> Loaded:
    assert entry.strategy_class is not None
    return Loaded(entry.name, entry.strategy_class, {}, entry.path)


def _from_preset(path: Path, project: Path) -> Loaded:
    section = load_yaml(path)
    values = read(section, STRATEGY)
    try:
        name = checked_name("strategy", path.stem)
        loaded = _plain(_find(values["strategy"], project)) if values["strategy"] else None
    except (ConfigError, UsageError) as error:
        section.fault("strategy", str(error))
        raise section.error() from error
    if loaded is None or not _is_spelled(section, "strategy", values["strategy"], loaded.name):
        raise section.error()
    params = params_at(values["params"], values["interval"], loaded.strategy_class)
    section.finish()
    return Loaded(name, loaded.strategy_class, params, path)


def _is_spelled(section: Section, key: str, spec: str, name: str) -> bool:
    is_right = _is_file(spec) or spec == name
    if not is_right:
        found = section.value(key)
        expected = "the name" if isinstance(found, Filled) else repr(name)
        section.fault(key, f"{key} is {found!r}, expected {expected}, as it is listed")
    return is_right


def _no_parameter(section: Section, cls: type[Strategy], name: str) -> str:
    if name == "interval":
        return f"interval stands beside {section.where.rstrip('.')}, not in it"
    try:
        checked(cls, {name: None})
    except ConfigError as error:
        return str(error)
    raise AssertionError(name)


def _param(parameter: Parameter, value: object) -> Value:
    """Raises ValueError."""
    try:
        return checked_value(value, parameter.check, parameter.type_name)
    except ValueError as error:
        is_scalar = value is not None and not isinstance(value, Section | list)
        raise ValueError(str(error) if is_scalar else told(value, f"expected {parameter.type_name}")) from None


def _refuse_double(preset: Path, project: Path) -> None:
    for path in files_in(project / STRATEGIES):
        if kebab(path.stem) == kebab(preset.stem):
            raise ConfigError(f"the name {preset.stem!r} is in {shown(path)} and in {shown(preset)}; rename one")


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
