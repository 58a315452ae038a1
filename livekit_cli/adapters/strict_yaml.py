"""YAML without its traps: what could be read in two ways is refused, and every error names file, line and column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..core.words import did_you_mean, inert

Node = Any
"""A node of yaml's tree; its types would have to be imported."""

_NULL = ("", "~", "null")
_FLAGS = {"true": True, "false": False}
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}

_TRAPS = (
    (re.compile(r"(y|n|yes|no|on|off)", re.IGNORECASE), "is true or false to some readers of YAML and text to others"),
    (re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?"), "is a number of seconds to some readers of YAML"),
    (re.compile(r"[-+]?0[0-9_]+|[-+]?0[xob][0-9a-fA-F_]+"), "is another number to some readers of YAML"),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_.]*"), "is a number to some readers of YAML and text to others"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"), "is a date to some readers of YAML and text to others"),
)


class Section:
    """One mapping of a YAML file. What is wrong with it is collected, and raised by `finish` all at once."""

    def __init__(self, path: Path, node: Node | None, faults: list[str], where: str = "") -> None:
        self.path = path
        self._faults = faults
        self._where = where
        self._values: dict[str, Any] = {}
        self._nodes: dict[str, tuple[Node, Node]] = {}
        self._known: set[str] = set()
        self._sections: list[Section] = []
        for key, value in node.value if node else ():
            self._add(key, value)

    def names(self) -> list[str]:
        """The keys whose values could be read."""
        return list(self._values)

    def get(self, key: str, kind: type, default: Any = None) -> Any:
        """The value of `key`, or `default` when it is missing, empty or (collected as a fault) not of `kind`."""
        value = self.value(key)
        if value is None:
            return default
        if type(value) is kind or (kind is float and type(value) is int):
            return value
        self.fault(key, f"{self._where}{key} is {value!r}, expected {kind.__name__}")
        return default

    def value(self, key: str) -> Any:
        """The value of `key` whatever its type; None when it is missing or empty."""
        self._known.add(key)
        return self._values.get(key)

    def section(self, key: str) -> Section:
        """The mapping at `key`; an empty one when it is missing."""
        self._known.add(key)
        node = self._nodes[key][1] if key in self._nodes else None
        if node is not None and node.id != "mapping":
            if self._values.get(key) is not None:
                self.fault(key, f"{self._where}{key} is {self._values[key]!r}, expected `name: value` pairs")
            node = None
        found = Section(self.path, node, self._faults, f"{self._where}{key}.")
        self._sections.append(found)
        return found

    def fault(self, key: str, text: str) -> None:
        """Collect what is wrong with the value of `key`; with the file as a whole when there is no such key."""
        place = _place(self.path, self._nodes[key][1]) if key in self._nodes else f"{self.path}: "
        self._faults.append(place + text)

    def finish(self) -> None:
        """Raises ConfigError with everything that is wrong, unknown keys included."""
        self._count_unknown()
        if self._faults:
            raise ConfigError("\n".join(self._faults))

    def failure(self, *unread: str) -> ConfigError:
        """The error of `finish` for a file that cannot be read further; `unread` are keys it may have."""
        self._known.update(unread)
        self._count_unknown()
        return ConfigError("\n".join(self._faults))

    def _count_unknown(self) -> None:
        for key, (node, _) in self._nodes.items():
            if key not in self._known and key in self._values:
                expected = f"expected one of {', '.join(sorted(self._known))}{did_you_mean(key, self._known)}"
                self._faults.append(f"{_place(self.path, node)}unknown key {self._where}{key}; {expected}")
        for section in self._sections:
            section._count_unknown()  # noqa: SLF001  of its own class

    def _add(self, key: Node, value: Node) -> None:
        name = key.value if key.id == "scalar" else None
        if not isinstance(name, str) or not name:
            self._faults.append(f"{_place(self.path, key)}a key is a word, not {_kind(key)}")
        elif name in self._nodes:
            first = f"first in line {self._nodes[name][0].start_mark.line + 1}"
            self._faults.append(f"{_place(self.path, key)}{self._where}{name} is here a second time, {first}")
        else:
            self._nodes[name] = key, value
            before = len(self._faults)
            read = self._read(value)
            if len(self._faults) == before:
                self._values[name] = read

    def _read(self, node: Node) -> Any:
        if node.tag not in _PLAIN_TAGS:
            self._faults.append(f"{_place(self.path, node)}the tag {inert(node.tag)} is not supported")
        elif node.id == "sequence":
            return [self._read(item) for item in node.value]
        elif node.id == "mapping":
            return {}  # read by section()
        elif node.style is not None:  # quoted text is text
            return node.value
        else:
            return self._plain(node)
        return None

    def _plain(self, node: Node) -> Any:
        text: str = node.value
        for trap, what in _TRAPS:
            if trap.fullmatch(text):
                self._faults.append(f"{_place(self.path, node)}{text} {what}: {_advice(text)}")
                return None
        if text.lower() in _NULL:
            return None
        if text.lower() in _FLAGS:
            return _FLAGS[text.lower()]
        if _INT.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text


def load_yaml(path: Path) -> Section:
    """The mapping that the file holds; an empty file is an empty one. Raises ConfigError for what is no YAML."""
    import yaml  # 29 ms that most commands need not pay

    try:
        node: Node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_loader())
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(_syntax(path, error)) from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply") from None
    if node is None or (node.id == "scalar" and node.value == ""):
        return Section(path, None, [])
    if node.id != "mapping":
        raise ConfigError(f"{_place(path, node)}expected `name: value` lines, found {_kind(node)}")
    return Section(path, node, [])


def _loader() -> Any:
    import yaml

    class Loader(yaml.BaseLoader):
        """Leaves every scalar as text, and knows no aliases."""

        def compose_node(self, parent: Node | None, index: Any) -> Node | None:
            if self.check_event(yaml.AliasEvent):
                event = self.peek_event()  # type: ignore[no-untyped-call]
                raise yaml.MarkedYAMLError(None, None, f"aliases (*{event.anchor}) are not supported", event.start_mark)
            return super().compose_node(parent, index)

    return Loader


def _syntax(path: Path, error: Any) -> str:
    mark = getattr(error, "problem_mark", None)
    text = inert(getattr(error, "problem", None) or getattr(error, "reason", None) or str(error))
    return f"{path}:{mark.line + 1}:{mark.column + 1}: {text}" if mark else f"{path}: {text}"


def _place(path: Path, node: Node) -> str:
    return f"{path}:{node.start_mark.line + 1}:{node.start_mark.column + 1}: "


def _kind(node: Node) -> str:
    return {"scalar": "a single value", "sequence": "a list", "mapping": "a mapping"}[node.id]


def _advice(text: str) -> str:
    flag = {"y": "true", "yes": "true", "on": "true", "n": "false", "no": "false", "off": "false"}.get(text.lower())
    if flag:
        return f'write {flag}, or "{text}" for the text'
    if re.fullmatch(r"[-+]?0[0-9]+", text):
        return f'write {int(text)}, or "{text}" for the text'
    if re.fullmatch(r"[-+]?[0-9][0-9_]*", text):
        return f'write {text.replace("_", "")}, or "{text}" for the text'
    return f'write "{text}" for the text'
