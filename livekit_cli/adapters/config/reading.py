"""A section of YAML, read by the table of its fields."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ...core.settings import CCXT, Block, Field, Names, Params, Rows, Table, kind_of
from ...core.words import did_you_mean, excerpt
from ..strict_yaml import UNREAD, Section
from ..yaml_scalars import Filled, Trap, plain

Value = TypeVar("Value")
Values = dict[str, Any]


def read(section: Section, table: Table) -> Values:
    """The values of the fields of `table`; what is missing, or wrong and collected, has its default.

    Parameters are a Section. A list is its sound items, each with its number; rows are Sections that are not read yet.
    """
    _refuse_unknown(section, table)
    chosen = _chosen(section, table)
    values = {}
    for field in table.fields:
        goes = not field.only or chosen is None or chosen in field.only
        if field.name not in section.names():
            is_missed = field.is_required and goes and (chosen is not None or not field.only)
            values[field.name] = _missing(section, field, is_missed=is_missed)
        elif not goes:
            assert table.switch is not None
            found = section.value(table.switch.name)
            section.fault_of_key(field.name, f"{field.name} goes with {_kinds(table.switch, field)}, not {found!r}")
            values[field.name] = field.default
        else:
            values[field.name] = _value(section, field)
    return values


def _kinds(switch: Field, field: Field) -> str:
    """What may stand at `switch` where `field` goes: nobody writes `ccxt`, which stands for all it knows."""
    return "an exchange that ccxt knows" if field.only == (CCXT,) else f"{switch.name}: {' or '.join(field.only)}"


def checked(value: object, check: Callable[[Any], Value], expected: str) -> Value:
    """What `check` makes of `value`; of text with variables in it, as it is or as what it reads like.

    Raises ValueError, which never holds a variable's value.
    """
    if not isinstance(value, Filled):
        return check(value)
    for reading in _readings(str(value)):
        try:
            return check(reading)
        except ValueError:
            continue
    raise ValueError(f"is {value!r} from the environment, expected {expected}")


def path_of(section: Section, key: str, project: Path) -> Path:
    """The path that the text at `key` means: from the project's folder unless it is absolute."""
    text = str(section.value(key))
    try:
        return project / Path(text).expanduser()
    except RuntimeError:
        section.fault(key, f"{key} is {section.value(key)!r}: nobody of that name has a home folder")
        return project / text


def plain_values(section: Section) -> dict[str, Any]:
    """What `section` holds, as plain dicts, lists and values, variables filled in."""
    return {name: _plain_value(section.value(name)) for name in section.names() if section.value(name) is not UNREAD}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Section):
        return plain_values(value)
    if isinstance(value, list):
        return [_plain_value(item) for item in value if item is not UNREAD]
    return str(value) if isinstance(value, Filled) else value


def _readings(text: str) -> list[object]:
    try:
        return [text, plain(text)]
    except Trap:
        return [text]


def _refuse_unknown(section: Section, table: Table) -> None:
    for name in section.names():
        if name not in table.names:
            known = ", ".join(sorted(table.names))
            said = f"unknown key {section.where}{excerpt(name, 60)}; expected one of {known}"
            section.fault_of_key(name, said + did_you_mean(name, table.names))


def _chosen(section: Section, table: Table) -> str | None:
    """The value on which other fields depend, if there is one that may be."""
    if table.switch is None or isinstance(table.switch.type, Names | Params | Block | Rows):
        return None
    try:
        return kind_of(str(checked(section.value(table.switch.name), table.switch.type.check, "")))
    except ValueError:
        return None


def _missing(section: Section, field: Field, *, is_missed: bool) -> Any:
    if is_missed:
        section.fault(field.name, f"{section.where}{field.name} is missing, expected {field.type.expected}")
    return section.empty(field.name) if isinstance(field.type, Params | Block) else _nothing(field)


def _nothing(field: Field) -> Any:
    return [] if isinstance(field.type, Names | Rows) else field.default


def _value(section: Section, field: Field) -> Any:
    value = section.value(field.name)
    if isinstance(field.type, Params | Block):
        return _params(section, field, value)
    if value is UNREAD:
        return _nothing(field)
    if isinstance(field.type, Names | Rows):
        return _items(section, field, field.type, value)
    try:
        return checked(value, field.type.check, field.type.expected)
    except ValueError as error:
        section.fault(field.name, f"{section.where}{field.name} {told(value, str(error))}")
        return field.default


def told(value: object, error: str) -> str:
    """What is wrong with `value`, to follow its name."""
    if isinstance(value, Filled):
        return error
    if value is None:
        return f"has no value, {error}"
    if isinstance(value, Section):
        return f"is a mapping, {error}"
    return f"is {'a list' if isinstance(value, list) else excerpt(repr(value))}, {error}"


def _params(section: Section, field: Field, value: object) -> Section:
    if isinstance(value, Section):
        return value
    if value is not None and value is not UNREAD:
        section.fault(field.name, f"{section.where}{field.name} {told(value, f'expected {field.type.expected}')}")
    return section.empty(field.name)


def _items(section: Section, field: Field, kind: Names | Rows, value: object) -> list[tuple[int, Any]]:
    """The sound items of a list, each with its number in the file's."""
    if not isinstance(value, list) or not value:
        what = "is empty, " if value == [] else ""
        section.fault(field.name, f"{field.name} {what or told(value, '')}expected {kind.expected}")
        return []
    sound: dict[Any, int] = {}
    for number, item in enumerate(value):
        if item is UNREAD:
            continue
        try:
            found = _row(item) if isinstance(kind, Rows) else checked(item, kind.item.check, kind.item.expected)
        except ValueError as error:
            section.fault(field.name, f"{field.name}: an item {told(item, str(error))}", number)
            continue
        if found in sound:
            section.fault(field.name, f"{field.name}: {item!r} is here a second time", number)
        else:
            sound[found] = number
    return [(number, item) for item, number in sound.items()]


def _row(item: object) -> Section:
    if not isinstance(item, Section):
        raise ValueError("expected `name: value` pairs")
    return item
