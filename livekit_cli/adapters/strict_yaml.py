"""YAML without its traps: what could be read in two ways is refused, and every error names file, line and column.

A file is read as a tree of sections. What is wrong with it is collected, and told all at once in the order of the
file; only what does not even parse is told alone.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Final

from ..core.errors import ConfigError
from ..core.words import excerpt, one_line
from .yaml_scalars import NULL, Filled, filled, plain

Node = Any
"""A node of yaml's tree; its types would have to be imported."""

UNREAD: Final = object()
"""Stands for a value that could not be read, which has been told."""


class Faults:
    """What is wrong with one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: list[tuple[int, int, str]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, node: Node | None, text: str) -> None:
        """`text` is about `node`; about the file as a whole when that is None."""
        self._found.append((*_position(node), text))

    def error(self) -> ConfigError:
        """All of it, in the order of the file."""
        found = dict.fromkeys(sorted(self._found, key=lambda fault: fault[:2]))
        return ConfigError(*(line for *position, text in found for line in self._lines(position, text)))

    def _lines(self, position: list[int], text: str) -> list[str]:
        """`text` with its place; what is told of a strategy's file may have several lines."""
        first, *rest = text.split("\n")
        return [_place(self.path, *position) + first, *rest]


class Section:
    """One mapping of a YAML file. What is wrong with it is collected, and raised by `finish` all at once.

    `where` is what the names of its keys begin with in messages.
    """

    def __init__(self, node: Node | None, faults: Faults, where: str = "", *, is_row: bool = False) -> None:
        self.where = where
        self._faults = faults
        self._node = node if is_row else None
        self._values: dict[str, Any] = {}
        self._nodes: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value if node else ():
            self._add(key, value)

    @property
    def path(self) -> Path:
        """The file."""
        return self._faults.path

    @property
    def is_sound(self) -> bool:
        """Whether nothing is known to be wrong with the file."""
        return not self._faults

    def names(self) -> list[str]:
        """The keys, in the order of the file."""
        return list(self._nodes)

    def value(self, key: str) -> Any:
        """A bool, int, float, text, list or Section; None when it is missing or empty; UNREAD.

        Text with variables in it is a Filled, which must not be shown as it is.
        """
        return self._values.get(key)

    def empty(self, key: str) -> Section:
        """A mapping without keys, to stand for that at `key`."""
        return Section(None, self._faults, f"{self.where}{key}.")

    def fault(self, key: str, text: str, item: int | None = None) -> None:
        """Collect what is wrong with the value of `key`, or an item of it; with the whole when there is no such key."""
        value = self._values.get(key)
        if isinstance(value, list) and item is not None:
            value = value[item]
        self._faults.add(self._node_of(key, item), value.concealed(text) if isinstance(value, Filled) else text)

    def concealed(self, text: str) -> str:
        """`text` without the values of variables that stand in this section."""
        for value in self._values.values():
            text = value.concealed(text) if isinstance(value, Filled) else text
        return text

    def fault_of_key(self, key: str, text: str) -> None:
        """Collect what is wrong with `key` itself."""
        self._faults.add(self._nodes[key][0], text)

    def line(self, key: str, item: int | None = None) -> int:
        """The line of the value of `key`, or of an item of it."""
        return _position(self._node_of(key, item))[0]

    def place(self, key: str) -> str:
        """Where the value of `key` is, as messages begin."""
        return _place(self.path, *_position(self._node_of(key)))

    def place_of_key(self, key: str) -> str:
        """The same for `key` itself."""
        return _place(self.path, *_position(self._nodes[key][0]))

    def finish(self) -> None:
        """Raises ConfigError with everything that is wrong."""
        if self._faults:
            raise self._faults.error()

    def error(self) -> ConfigError:
        """Everything that is wrong."""
        return self._faults.error()

    def _node_of(self, key: str, item: int | None = None) -> Node | None:
        if key not in self._nodes:
            return self._node
        node = self._nodes[key][1]
        return node if item is None else node.value[item]

    def _add(self, key: Node, value: Node) -> None:
        name = key.value if key.id == "scalar" else None
        if not isinstance(name, str) or not name:
            self._faults.add(key, f"a key is a word, not {_kind(key)}")
        elif name == "<<":
            self._faults.add(key, "merge keys (<<) are not supported")
        elif name in self._nodes:
            first = f"first in line {self._nodes[name][0].start_mark.line + 1}"
            self._faults.add(key, f"{self.where}{excerpt(name)} is here a second time, {first}")
        else:
            self._nodes[name] = key, value
            self._values[name] = self._read(value, f"{self.where}{name}.")

    def _read(self, node: Node, where: str, *, is_row: bool = False) -> Any:
        if node.id == "sequence":
            return [self._read(item, "", is_row=True) for item in node.value]
        if node.id == "mapping":
            return Section(node, self._faults, where, is_row=is_row)
        return self._scalar(node)

    def _scalar(self, node: Node) -> Any:
        try:
            value = plain(node.value) if node.style is None else node.value  # quoted text is text
            return filled(value, os.environ) if isinstance(value, str) else value
        except ValueError as error:
            self._faults.add(node, str(error))
            return UNREAD


def load_yaml(path: Path) -> Section:
    """The mapping that the file holds; an empty file is an empty one. Raises ConfigError for what is no YAML."""
    text = _text(path)
    if not any(line.lstrip(" ") and line.lstrip(" ")[0] != "#" for line in text.split("\n")):
        return Section(None, Faults(path))  # comments only, as in the defaults of a new project
    import yaml  # 29 ms that most commands need not pay

    try:
        node: Node = yaml.compose(text, Loader=_loader())
    except yaml.YAMLError as error:
        raise ConfigError(_syntax(path, text, error)) from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply") from None
    if node is None or (node.id == "scalar" and node.style is None and node.value in NULL):
        return Section(None, Faults(path))
    if node.id != "mapping":
        raise ConfigError(f"{_place(path, *_position(node))}expected `name: value` lines, found {_kind(node)}")
    return Section(node, Faults(path))


def _text(path: Path) -> str:
    if not path.exists():
        raise ConfigError(f"{path}: there is no such file")
    if not path.is_file():
        raise ConfigError(f"{path}: is no file")
    try:
        read = path.read_bytes()
        return read.decode()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        before = read[: error.start].decode()
        where = _place(path, before.count("\n") + 1, len(before) - before.rfind("\n"))
        found = f"the byte 0x{read[error.start]:02x} is no UTF-8 text"
        raise ConfigError(f"{where}{found}; save the file as UTF-8") from None


def _loader() -> Any:
    import yaml

    class Loader(yaml.BaseLoader):
        """Leaves every scalar as text, and knows no anchors, aliases and tags."""

        def compose_node(self, parent: Node | None, index: Any) -> Node | None:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            refused = _refused(event, is_alias=isinstance(event, yaml.AliasEvent))
            if refused:
                raise yaml.MarkedYAMLError(None, None, refused, event.start_mark)
            return super().compose_node(parent, index)

    return Loader


def _refused(event: Any, *, is_alias: bool) -> str:
    if is_alias:
        return f"aliases (*{event.anchor}) are not supported"
    if getattr(event, "anchor", None) is not None:
        return f"anchors (&{event.anchor}) are not supported"
    tag = getattr(event, "tag", None)
    return "" if tag is None else f"the tag {tag.replace('tag:yaml.org,2002:', '!!')} is not supported"


_SAID_BETTER = {
    "mapping values are not allowed here": "a second colon is not expected here: is the line indented too far?",
    "found character '\\t' that cannot start any token": "a tab cannot be used here; indent with spaces",
    "found unexpected end of stream": "a quote is not closed",
    "but found another document": "a second document (---) is not supported",
    "special characters are not allowed": "a character that cannot be printed",
}


def _syntax(path: Path, text: str, error: Any) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = excerpt(getattr(error, "problem", None) or getattr(error, "reason", None) or str(error))
    said = _SAID_BETTER.get(problem, problem)
    if mark is not None:
        return f"{_place(path, mark.line + 1, mark.column + 1)}{said}{_quoting(text, mark)}"
    position = getattr(error, "position", None)
    before = "" if position is None else text[:position]
    return f"{_place(path, before.count(chr(10)) + 1, len(before) - before.rfind(chr(10)))}{said}"


def _quoting(text: str, mark: Any) -> str:
    """What to write when it is the `{` of a variable that is not expected: within brackets it begins a mapping."""
    line = next(iter(text.splitlines()[mark.line :]), "")
    variable = re.match(r"\$\{[^{}]*\}", line[max(mark.column - 1, 0) :])
    return f'; a value with a variable in it is quoted within brackets: "{excerpt(variable[0])}"' if variable else ""


def _position(node: Node | None) -> tuple[int, int]:
    return (node.start_mark.line + 1, node.start_mark.column + 1) if node is not None else (0, 0)


def _place(path: Path, line: int, column: int) -> str:
    return one_line(f"{path}:{line}:{column}: " if line else f"{path}: ")


def _kind(node: Node) -> str:
    if node.id == "scalar" and ":" in node.value:
        return "text: is a blank missing behind the colon?"
    return {"scalar": "a single value", "sequence": "a list", "mapping": "a mapping"}[node.id]
