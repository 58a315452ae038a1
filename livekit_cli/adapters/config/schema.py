"""The JSON schemas of the YAML files: what the tables of fields say, and what the project knows of its strategies.

A schema cannot know what is on the disk or in the environment, nor that two lines of a fleet would share a journal. For
the rest it accepts what the reader accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from types import NoneType
from typing import Any

from ...core.errors import CannotCreate, ConfigError, UsageError
from ...core.settings import DEFINITIONS, EXCHANGE, FLEET, REFERENCE, STRATEGY, TABLES, WRITTEN, Schema
from ...strategy import Parameter, Strategy, Value, parameters
from ..ccxt_import import ccxt_ids
from ..disk import why_not
from ..strategy_files import STRATEGIES, presets
from ..strategy_import import discover
from ..strategy_loader import load
from .exchanges import ExchangeConfig, exchange_table, list_exchanges

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FILE: Schema = {
    "type": "string",
    "pattern": r"^([^$\x00-\x1f\x7f]|\$\$)+\.py(:([^$\x00-\x1f\x7f]|\$\$)*)?$",
    "description": "path/to/file.py:Class, from the project's folder.",
}

_TYPES: dict[type, Schema] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    str: {"type": "string", "pattern": f"^{WRITTEN}$"},
    NoneType: {"type": "null"},
}


@dataclass(frozen=True, slots=True)
class Known:
    """A strategy by the name that a file gives it, with what it has set already."""

    name: str
    strategy_class: type[Strategy]
    params: Mapping[str, Value]
    is_preset: bool


def schema_of(kind: str, project: Path) -> Schema:
    """The JSON schema (draft 2020-12) of a file of that kind in `project`, whose strategy files are imported."""
    table = exchange_table() if kind == EXCHANGE.name else TABLES[kind]
    schema = {"$schema": DIALECT, "title": f"livekit: {kind}", **table.schema()}
    strategies = [known for known in _strategies(project) if table is not STRATEGY or not known.is_preset]
    exchanges = _exchanges(project)
    _add(schema, strategies, exchanges)
    if table is FLEET:
        _add(schema["properties"]["runs"]["items"], strategies, exchanges)
    used = str(schema)
    return {**schema, "$defs": {name: said for name, said in DEFINITIONS.items() if f"#/$defs/{name}" in used}}


def write_schemas(project: Path, folder: Path, *kinds: str) -> Iterator[Path]:
    """Write those schemas, or all, as `folder`/KIND.json, each in one move. Raises CannotCreate."""
    import json

    for kind in kinds or TABLES:
        path, draft = folder / f"{kind}.json", folder / f"{kind}.json.new"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(schema_of(kind, project), indent=2, ensure_ascii=False) + "\n", "utf-8")
            draft.replace(path)
        except OSError as error:
            raise CannotCreate(f"cannot write {path}: {why_not(error, path)}") from error
        yield path


def _strategies(project: Path) -> list[Known]:
    """All that can be used; what is broken is no name to choose."""
    found = [
        Known(entry.name, entry.strategy_class, {}, is_preset=False)
        for entry in discover(project / STRATEGIES).usable
        if entry.strategy_class
    ]
    for name in presets(project):
        try:
            loaded = load(name, project, {})
        except (ConfigError, UsageError):
            continue  # `livekit check` and `livekit strategies` say what is wrong with it
        found.append(Known(loaded.name, loaded.strategy_class, loaded.params, is_preset=True))
    return found


def _exchanges(project: Path) -> list[str]:
    """The names that a file may give; csv is none until its own file says which candles it has."""
    sound = [one for one in list_exchanges(project) if isinstance(one, ExchangeConfig)]
    names = [one.name for one in sound if one.kind != "csv" or one.candles]
    return [*names, *(one for one in ccxt_ids() if one not in names)]


def _add(schema: Schema, strategies: list[Known], exchanges: list[str]) -> None:
    """Add what the project knows to the mapping that may name a strategy or an exchange."""
    properties = schema["properties"]
    if "strategy" in properties and strategies:
        names = {"enum": [known.name for known in strategies]}
        properties["strategy"] = _instead(properties["strategy"], [names, _FILE, REFERENCE])
        if "params" in properties:
            schema["allOf"] = [_case(known) for known in strategies]
    if "exchange" in properties and "pattern" in properties["exchange"]["anyOf"][0]:
        properties["exchange"] = _instead(properties["exchange"], [{"enum": exchanges}, REFERENCE])


def _instead(schema: Schema, choices: list[Schema]) -> Schema:
    """`schema`, whose value is one of `choices` from now on."""
    kept: Schema = {key: schema[key] for key in ("description", "default") if key in schema}
    return {**kept, "anyOf": choices}


def _case(known: Known) -> Schema:
    """What goes with that strategy."""
    cls = known.strategy_class
    summary = (cls.__doc__ or "").strip().partition("\n")[0]
    params: Schema = {
        **({"description": summary} if summary else {}),
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {one.name: _parameter(one, known.params) for one in parameters(cls).values()},
    }
    interval = {"default": known.params.get("interval", cls.interval)}
    return {
        "if": {"properties": {"strategy": {"const": known.name}}, "required": ["strategy"]},
        "then": {"properties": {"interval": interval, "params": params}},
    }


def _parameter(parameter: Parameter, params: Mapping[str, Value]) -> Schema:
    value = params.get(parameter.name, parameter.default)
    choices: list[Schema] = [{"enum": [_written(choice) for choice in parameter.choices]}] if parameter.choices else []
    choices += [_TYPES[kind] for kind in parameter.kinds]
    if not any(kind is str for kind in parameter.kinds):
        choices.append(REFERENCE)
    what = choices[0] if len(choices) == 1 else {"anyOf": choices}
    default = {} if isinstance(value, float) and not isfinite(value) else {"default": _written(value)}
    return {"description": f"{parameter.type_name}, {value} unless set", **what, **default}


def _written(value: Value) -> Any:
    """`value` as a file has it."""
    return value.replace("$", "$$") if isinstance(value, str) else value
