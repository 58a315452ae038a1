"""What one value of a YAML file means: the traps of plain text, and `${VARIABLE}`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..core.settings import VARIABLE
from ..core.words import did_you_mean, excerpt

Scalar = bool | int | float | str | None

NULL = ("", "~", "null", "Null", "NULL")
_FLAGS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"([-+]?[0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")

_BOTH = "is a number to some readers of YAML and text to others"
_TRAPS = (
    (re.compile(r"(y|n|yes|no|on|off)", re.IGNORECASE), "is true or false to some readers of YAML and text to others"),
    (re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?"), "is a number of seconds to some readers of YAML"),
    (re.compile(r"[-+]?0[0-9_]+|[-+]?0[xob][0-9a-fA-F_]+"), "is another number to some readers of YAML"),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_.]*"), _BOTH),
    (re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+|[-+]?\.[0-9]+([eE][-+]?[0-9]+)?"), _BOTH),
    (re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE), _BOTH),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"), "is a date to some readers of YAML and text to others"),
)

_SPLIT = re.compile(rf"(\$\$|{VARIABLE}|\$)")


class Trap(ValueError):
    """A plain value that readers of YAML do not agree on; `str()` says so, and what to write."""


class Filled(str):
    """Text with variables' values in it. They may be secrets, so it is shown as the file has it."""

    written: str
    _values: Mapping[str, str]

    def __new__(cls, text: str, written: str, values: Mapping[str, str]) -> Filled:
        self = super().__new__(cls, text)
        self.written = written
        self._values = values
        return self

    def __repr__(self) -> str:
        return self.written

    def concealed(self, text: str) -> str:
        """`text` with the variables' names in place of their values, wherever these stand as words."""
        for reference, value in ((self.written, str(self)), *self._values.items()):
            for form in (value, repr(value)[1:-1]):
                if form.strip():
                    text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", reference.replace("\\", r"\\"), text)
        return text


def plain(text: str) -> Scalar:
    """What text without quotes means. Raises Trap."""
    for trap, what in _TRAPS:
        if trap.fullmatch(text) and not _FLOAT.fullmatch(text):
            raise Trap(f"{text} {what}: {_advice(text)}")
    if text in NULL:
        return None
    if text in _FLAGS:
        return _FLAGS[text]
    if _INT.fullmatch(text) or _FLOAT.fullmatch(text):
        return _number(text)
    return text


def filled(text: str, environment: Mapping[str, str]) -> str | Filled:
    """`text` with the environment's values for its variables. Raises ValueError."""
    parts, values, faults = [], {}, []
    for part in _SPLIT.split(text):
        if part == "$":
            faults.append("a $ begins a variable like ${HOME}; write $$ for a dollar")
        elif part.startswith("${"):
            name = part[2:-1]
            if name in environment:
                values[part] = environment[name]
            else:
                faults.append(f"{part} is not set in the environment{did_you_mean(name, environment)}")
        parts.append("$" if part == "$$" else values.get(part, part))
    if faults:
        raise ValueError("; ".join(dict.fromkeys(faults)))
    return Filled("".join(parts), text, values) if values else "".join(parts)


def _number(text: str) -> int | float:
    if float(text) in (float("inf"), float("-inf")):
        raise Trap(f"{excerpt(text, 20)} is larger than any number can be")
    return int(text) if _INT.fullmatch(text) else float(text)


def _advice(text: str) -> str:
    flag = {"y": "true", "yes": "true", "on": "true", "n": "false", "no": "false", "off": "false"}.get(text.lower())
    meant = flag or _meant_number(text)
    return f'write {meant}, or "{text}" for the text' if meant else f'write "{text}" for the text'


def _meant_number(text: str) -> str:
    """The number that `text` most likely stands for, as all readers understand it; nothing when nobody can say."""
    if re.fullmatch(r"[-+]?[0-9][0-9_]*", text):
        return str(int(text.replace("_", ""))) if len(text) < 20 else ""
    if not re.fullmatch(r"[-+0-9.eE_]+", text) or text.count("-") > 1 or abs(number := float(text)) == float("inf"):
        return ""
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    mantissa, e, exponent = repr(number).partition("e")
    return mantissa + (f"{'' if '.' in mantissa else '.0'}e{exponent}" if e else "")
