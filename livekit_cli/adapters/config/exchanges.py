"""What --exchange finds: configs/NAME.yaml, or the exchange that is built in where there is no such file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...core.errors import ConfigError, UsageError
from ...core.pnl import FEE_PERCENT, SLIPPAGE_PERCENT
from ...core.settings import BUILT_IN, CCXT, EXCHANGE, Table, Text, kind_of
from ...core.state import MAX_ENTRY_DISTANCE_PERCENT, Identity, Terms
from ...core.words import did_you_mean
from ..ccxt_import import ccxt_ids
from ..names import checked_name
from ..strict_yaml import Section, load_yaml
from .reading import Values, path_of, plain_values, read

CONFIGS = Path("configs")
DEFAULTS = "livekit"
"""The name of the file that holds a project's defaults, and can name no exchange."""

USUAL_EXCHANGE = "demo"
"""Where nobody says which."""

USUAL_SPEED = {"demo": 1.0, "csv": 60.0}
"""How many times faster than real time, where nobody says; recorded candles go by at a minute a second."""


@dataclass(frozen=True, slots=True)
class ExchangeConfig:
    """One exchange: where its candles come from, how fast, and at what cost. All costs are percent.

    `path` is its file, None when it is built in. `fee_percent` is None when nobody said. `ccxt_id`, `market` (spot or
    swap) and `ccxt` (for its constructor; may hold keys) are those of a ccxt exchange; `ccxt_places` says where each
    of its names stands, as messages begin. `candles` is the file of recorded ones, and `candles_written` how to speak
    of it: a variable's value is not to be shown.
    """

    name: str
    kind: str
    path: Path | None = None
    speed: float | None = None
    ccxt_id: str = ""
    market: str = "spot"
    ccxt: Mapping[str, Any] = field(default_factory=dict, repr=False)
    ccxt_places: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    key_file: Path | None = None
    seed: int = 0
    candles: Path | None = None
    candles_written: str = ""
    slippage_percent: float = SLIPPAGE_PERCENT
    fee_percent: float | None = None
    max_entry_distance_percent: float = MAX_ENTRY_DISTANCE_PERCENT

    @property
    def has_its_own_fee(self) -> bool:
        """Whether what each of its markets says is the fee that counts."""
        return self.kind == CCXT and self.fee_percent is None

    @property
    def usual_fee_percent(self) -> float:
        """The fee where no market says one."""
        return FEE_PERCENT if self.fee_percent is None else self.fee_percent

    def terms(self, identity: Identity) -> Terms:
        """What a signal of `identity` costs here, as far as its file says."""
        return Terms(identity, self.slippage_percent, self.usual_fee_percent, self.max_entry_distance_percent)

    def speed_unless(self, usual: float | None) -> float:
        """How many times faster than real time: as its file says, or else as the project does."""
        return 1.0 if self.kind == CCXT else self.speed or usual or USUAL_SPEED[self.kind]


@dataclass(frozen=True, slots=True)
class BrokenExchange:
    """A file that describes no exchange, and why."""

    name: str
    path: Path
    error: ConfigError


def find_exchange(name: str, project: Path) -> ExchangeConfig:
    """The exchange of that name. Raises UsageError when there is none, ConfigError with all that its file has wrong."""
    path = _files(project).get(name)
    if path is None and name in BUILT_IN:
        return ExchangeConfig(name, name)
    if path is None and name in ccxt_ids():
        return ExchangeConfig(name, CCXT, ccxt_id=name)
    if path is None:
        raise UsageError(_unknown(name, project))
    if name == DEFAULTS:
        raise UsageError(f"{path} holds the project's defaults, and is no exchange")
    section = load_yaml(path)
    if is_fleet(section):
        raise UsageError(f"{path} is a fleet and no exchange; it runs by --config {name}")
    return _read(name, path, section, project)


def list_exchanges(project: Path) -> Iterator[ExchangeConfig | BrokenExchange]:
    """Everything that `find_exchange` finds, and what it would if it could, by name."""
    files = _files(project)
    for name in sorted({*BUILT_IN, *files} - {DEFAULTS}):
        path = files.get(name)
        if path is None:
            yield ExchangeConfig(name, name)
            continue
        try:
            section = load_yaml(path)
            if not is_fleet(section):
                yield _read(name, path, section, project)
        except ConfigError as error:
            yield BrokenExchange(name, path, error)


def is_fleet(section: Section) -> bool:
    """Whether a file in configs/ is meant as a fleet, also when its writer slipped: only fleets have `runs`."""
    return bool(get_close_matches("runs", section.names()))


def exchange_at(section: Section, key: str, name: str, project: Path) -> ExchangeConfig | None:
    """The exchange that the value of `key` names; what is wrong with it is collected."""
    try:
        found = find_exchange(name, project)
    except (UsageError, ConfigError) as error:
        section.fault(key, str(error))
        return None
    if found.kind == "csv" and found.candles is None:
        section.fault(key, f"the exchange csv has no candles; say in {project / CONFIGS / 'csv.yaml'} which")
        return None
    return found


def _files(project: Path) -> dict[str, Path]:
    folder = project / CONFIGS
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))} if folder.is_dir() else {}


def _unknown(name: str, project: Path) -> str:
    names = [one.name for one in list_exchanges(project)]
    known = f"{', '.join(names)}, and the {len(ccxt_ids())} that ccxt knows"
    names += ccxt_ids()
    elsewhere = project / CONFIGS / f"{name}.yml"
    hint = f"; {elsewhere} has to be named .yaml" if "/" not in name and elsewhere.exists() else ""
    return f"no exchange {name!r}; there are {known}{hint or did_you_mean(name, names)}"


@lru_cache(maxsize=1)
def exchange_table() -> Table:
    """The fields of an exchange's file, the first of which may be every exchange that the installed ccxt knows."""
    kind, *others = EXCHANGE.fields
    assert isinstance(kind.type, Text)
    known = replace(kind.type, choices=(*BUILT_IN, *ccxt_ids()))
    return replace(EXCHANGE, fields=(replace(kind, type=known), *others))


def _read(name: str, path: Path, section: Section, project: Path) -> ExchangeConfig:
    _check_name(name, path)
    values = read(section, exchange_table())
    candles = _candles(section, values, project)
    kind = kind_of(values["exchange"] or "")
    keys, places = _keys(section, values, project)
    section.finish()
    return ExchangeConfig(
        name=name,
        kind=kind,
        path=path,
        ccxt_id=values["exchange"] if kind == CCXT else "",
        market=values["market"],
        ccxt=plain_values(values["ccxt"]) | keys,
        ccxt_places=_places(values["ccxt"]) | places,
        key_file=path_of(section, "key_file", project) if values["key_file"] else None,
        candles=candles,
        candles_written=_written(section, candles),
        **{key: values[key] for key in _NUMBERS},
    )


CREDENTIALS = ("apiKey", "secret", "password", "uid", "login", "token", "walletAddress", "privateKey")
"""What ccxt calls the keys of an account."""

_NUMBERS = ("speed", "seed", "slippage_percent", "fee_percent", "max_entry_distance_percent")


def _check_name(name: str, path: Path) -> None:
    """Raises ConfigError for a name that cannot be part of a journal's."""
    try:
        checked_name("exchange", name)
    except UsageError as error:
        raise ConfigError(f"{path}: {error}") from None
    if "-" in name:
        better = name.replace("-", "_")
        raise ConfigError(
            f"{path}: an exchange's name has no '-', which separates the parts of a journal's name; rename the file to "
            f"{better}.yaml"
        )


def _keys(section: Section, values: Values, project: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """What the key file holds, and where; what is not as it should be is collected, and no key is ever shown."""
    if values["key_file"] is None:
        return {}, {}
    path = path_of(section, "key_file", project)
    try:
        found = load_yaml(path)
        found.finish()
    except ConfigError as error:
        section.fault("key_file", str(error))
        return {}, {}
    if unknown := [name for name in found.names() if name not in CREDENTIALS]:
        hint = did_you_mean(unknown[0], CREDENTIALS)
        section.fault("key_file", f"{path} has {unknown[0]}, expected {', '.join(CREDENTIALS)}{hint}")
        return {}, {}
    return {name: str(value) for name, value in plain_values(found).items()}, _places(found)


def _places(section: Section) -> dict[str, str]:
    return {name: section.place_of_key(name) for name in section.names()}


def _candles(section: Section, values: Values, project: Path) -> Path | None:
    if values["candles"] is None:
        return None
    path = path_of(section, "candles", project)
    if section.is_sound and not path.is_file():
        section.fault("candles", f"candles is {section.value('candles')!r}: there is no file {path}")
    return path


def _written(section: Section, candles: Path | None) -> str:
    value = section.value("candles")
    return "" if candles is None else str(candles) if type(value) is str else repr(value)
