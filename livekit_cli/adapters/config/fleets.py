"""What `run --config` finds: a fleet, with every strategy loaded and checked before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...core.errors import ConfigError, UsageError
from ...core.event import Mode
from ...core.settings import EXCHANGE, FLEET, RUN
from ...core.state import Identity
from ...core.words import did_you_mean
from ..names import bare_symbol, file_stem
from ..strategy_loader import Loaded, params_at, strategy_at
from ..strict_yaml import Section, load_yaml
from ..yaml_scalars import Filled
from .defaults import defaults_of
from .exchanges import CONFIGS, DEFAULTS, USUAL_EXCHANGE, ExchangeConfig, exchange_at, find_exchange, is_fleet
from .reading import path_of, read


@dataclass(frozen=True, slots=True)
class FleetLine:
    """One strategy on some symbols of one exchange."""

    strategy: Loaded
    symbols: tuple[str, ...]
    exchange: ExchangeConfig


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """All lines of a fleet, and its data folder when it names one."""

    lines: tuple[FleetLine, ...]
    data_dir: Path | None


def find_fleet(spec: str, project: Path) -> Path:
    """The file of a fleet: configs/NAME.yaml, or a path from the working folder or the project. Raises UsageError."""
    if "/" in spec or spec.endswith((".yaml", ".yml")):
        candidates = dict.fromkeys((folder / Path(spec)).absolute() for folder in (Path(), project))
        for path in candidates:
            if path.exists():
                return path
        raise UsageError(f"there is no fleet file {' or '.join(map(str, candidates))}")
    path = project / CONFIGS / f"{spec}.yaml"
    if not path.exists():
        names = fleet_names(project)
        listed = f"there is {', '.join(names)}{did_you_mean(spec, names)}" if names else "there is none"
        raise UsageError(f"no fleet {spec!r} in {(project / CONFIGS).absolute()}; {listed}")
    return path


def fleet_names(project: Path) -> list[str]:
    """The fleets in configs/, sound or not, as far as they are YAML."""
    return [path.stem for path in sorted((project / CONFIGS).glob("*.yaml")) if _looks_like_a_fleet(path)]


def read_fleet(path: Path, project: Path, exchange: str | None = None) -> FleetConfig:
    """The fleet of that file; `exchange` goes over every one that it names.

    Raises ConfigError with everything that is wrong, UsageError for another kind of file and for `exchange`.
    """
    section = load_yaml(path)
    _refuse_other_kinds(path, section)
    values = read(section, FLEET)
    overall = find_exchange(exchange, project) if exchange else None
    usual = overall or _exchange_of(section, values["exchange"], project)
    reading = _Reading(project, overall, usual)
    lines = [line for _, row in values["runs"] if (line := reading.line(row)) is not None]
    data_dir = path_of(section, "data_dir", project) if values["data_dir"] else None
    section.finish()
    return FleetConfig(tuple(lines), data_dir)


def _looks_like_a_fleet(path: Path) -> bool:
    try:
        return is_fleet(load_yaml(path))
    except ConfigError:
        return False


def _refuse_other_kinds(path: Path, section: Section) -> None:
    if is_fleet(section):
        return
    if path.stem == DEFAULTS:
        raise UsageError(f"{path} holds the project's defaults, and is no fleet")
    if section.names() and set(section.names()) <= set(EXCHANGE.names):
        raise UsageError(f"{path} is an exchange and no fleet; it goes with --exchange {path.stem}")


def _exchange_of(section: Section, name: str | None, project: Path) -> ExchangeConfig | None:
    """The exchange for lines that name none; None when that is wrong, which has been told."""
    if name is not None:
        return exchange_at(section, "exchange", name, project)
    if "exchange" in section.names():
        return None
    return find_exchange(defaults_of(project, "exchange").exchange or USUAL_EXCHANGE, project)


class _Reading:
    """The lines of one fleet, and what of them no two may share."""

    def __init__(self, project: Path, overall: ExchangeConfig | None, usual: ExchangeConfig | None) -> None:
        self._project = project
        self._overall = overall
        self._usual = usual
        self._exchanges: dict[str, ExchangeConfig] = {}
        self._journals: dict[str | Identity, tuple[int, Loaded, str]] = {}
        self._recorded: dict[str, tuple[int, str]] = {}

    def line(self, row: Section) -> FleetLine | None:
        """One line; None when something is wrong with it, which has been collected."""
        values = read(row, RUN)
        exchange = self._exchange(row, values["exchange"])
        strategy = self._strategy(row, values)
        if exchange is None or strategy is None:
            return None
        symbols: list[tuple[int, str]] = values["symbols"]
        for number, symbol in symbols:
            self._claim_journal(row, number, Identity(Mode.PAPER, exchange.name, strategy.name, symbol), strategy)
            self._claim_candles(row, number, symbol, exchange)
        return FleetLine(strategy, tuple(symbol for _, symbol in symbols), exchange)

    def _exchange(self, row: Section, name: str | None) -> ExchangeConfig | None:
        if name is None:
            return None if "exchange" in row.names() else self._usual
        found = exchange_at(row, "exchange", name, self._project)
        return self._overall or found

    def _strategy(self, row: Section, values: Mapping[str, object]) -> Loaded | None:
        spec, given, interval = values["strategy"], values["params"], values["interval"]
        assert isinstance(given, Section)
        loaded = strategy_at(row, "strategy", None if spec is None else str(spec), self._project)
        if loaded is None:
            return None
        params = params_at(given, None if interval is None else str(interval), loaded.strategy_class)
        loaded = replace(loaded, params={**loaded.params, **params})
        try:
            loaded.create()
        except ConfigError as error:
            row.fault("strategy", given.concealed(str(error)))
        return loaded

    def _claim_journal(self, row: Section, number: int, identity: Identity, strategy: Loaded) -> None:
        bare, stem = replace(identity, symbol=bare_symbol(identity.symbol)), file_stem(identity)
        claimed = self._journals.get(stem) or self._journals.get(bare)
        if claimed is None:
            mine = row.line("symbols", number), strategy, f"{stem}.jsonl"
            self._journals[stem] = self._journals[bare] = mine
            return
        first, other, journal = claimed
        is_other = (other.strategy_class, other.params) != (strategy.strategy_class, strategy.params)
        advice = "; to run both, give one a name of its own in configs/strategies/NAME.yaml" if is_other else ""
        named = row.value("symbols")[number]
        what = "its journal" if isinstance(named, Filled) else f"the journal {journal}"
        row.fault("symbols", f"{identity.symbol} would share {what} with line {first}{advice}", number)

    def _claim_candles(self, row: Section, number: int, symbol: str, exchange: ExchangeConfig) -> None:
        if exchange.kind != "csv":
            return
        first, other = self._recorded.setdefault(exchange.name, (row.line("symbols", number), symbol))
        if other != symbol:
            said = f"the exchange {exchange.name} has the candles of one symbol, which is that of line {first}"
            row.fault("symbols", f"{symbol}: {said}", number)
