"""The fields of every YAML file, as one table for each kind of file: the reader and the JSON schema both come from it.

exchange    configs/NAME.yaml               what --exchange NAME finds
strategy    configs/strategies/NAME.yaml    a strategy with an interval and parameters of its own
fleet       configs/NAME.yaml, or any file  what `run --config NAME` runs
livekit     configs/livekit.yaml            a project's defaults

A value checks itself against its type and says what that type is; nothing else knows what a field may hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .candle import INTERVALS
from .pnl import FEE_PERCENT, SLIPPAGE_PERCENT
from .state import MAX_ENTRY_DISTANCE_PERCENT
from .words import did_you_mean

BUILT_IN, CCXT = ("demo", "csv"), "ccxt"
KINDS = (*BUILT_IN, CCXT)
"""The kinds of exchanges: those of livekit's own, and all that ccxt knows."""


def kind_of(exchange: str) -> str:
    """Which kind the value of `exchange:` names."""
    return exchange if exchange in BUILT_IN else CCXT


Schema = dict[str, Any]
"""A JSON schema, or a part of one."""

VARIABLE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
"""What stands for an environment variable's value. A dollar that begins no variable is written `$$`."""

REFERENCE: Schema = {"$ref": "#/$defs/variable"}
"""A value that only the environment knows."""

_PIECE = rf"\$\$|{VARIABLE}"
WRITTEN = rf"([^$]|{_PIECE})*"
"""Any text as a file may have it."""

ANYTHING: Schema = {"$ref": "#/$defs/anything"}
"""A value that only somebody else knows."""

DEFINITIONS: Schema = {
    "variable": {
        "type": "string",
        "pattern": f"^{WRITTEN}{VARIABLE}{WRITTEN}$",
        "description": "Text with ${NAME} in it, for which the environment's value stands.",
    },
    "anything": {
        "type": ["string", "number", "boolean", "null", "array", "object"],
        "pattern": f"^{WRITTEN}$",
        "items": ANYTHING,
        "additionalProperties": ANYTHING,
    },
}
"""What the schemas of fields refer to."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text on one line: one of `choices`, if there are any, or what `pattern` matches as a whole.

    `not_yet` says why a word that people have reason to try is none of the choices.
    """

    expected: str
    choices: tuple[str, ...] = ()
    pattern: str = ""
    longest: int = 0
    not_yet: Mapping[str, str] = field(default_factory=dict)

    def check(self, value: object) -> str:
        """Raises ValueError."""
        if not isinstance(value, str) or not self._fits(value):
            near = did_you_mean(value, self.choices) if isinstance(value, str | int) and value is not True else ""
            why = f": {self.not_yet[value]}" if isinstance(value, str) and value in self.not_yet else ""
            raise ValueError(f"expected {self.expected}{why or near}")
        return value

    def schema(self) -> Schema:
        """What a file may have for it."""
        if self.choices:
            return {"anyOf": [{"enum": list(self.choices)}, REFERENCE]}
        if not self.pattern:
            return {"type": "string", "pattern": rf"^([^$\x00-\x1f\x7f]|{_PIECE})+$"}
        length = {"maxLength": self.longest} if self.longest else {}
        return {"anyOf": [{"type": "string", "pattern": f"^{self.pattern}$", **length}, REFERENCE]}

    def _fits(self, text: str) -> bool:
        if self.choices:
            return text in self.choices
        is_short = not self.longest or len(text) <= self.longest
        return is_short and re.fullmatch(self.pattern or r"[^\x00-\x1f\x7f]+", text) is not None


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `least`, or from above `above`, to `most`."""

    most: float
    least: float | None = None
    above: float | None = None
    whole: bool = False

    @property
    def expected(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        start = f"from {self.least:g}" if self.above is None else f"above {self.above:g}, at most"
        return f"{kind} {start} {'to ' if self.above is None else ''}{self.most:.0f}"

    def check(self, value: object) -> float:
        """A float, or an int for a whole number. Raises ValueError."""
        if type(value) is not int and (self.whole or type(value) is not float):
            raise ValueError(f"expected {self.expected}")
        assert isinstance(value, int | float)
        low = value <= self.above if self.above is not None else value < (self.least or 0)
        if low or not value <= self.most:
            raise ValueError(f"expected {self.expected}")
        return value if self.whole else float(value)

    def schema(self) -> Schema:
        """What a file may have for it."""
        low = {"minimum": self.least} if self.above is None else {"exclusiveMinimum": self.above}
        kind = "integer" if self.whole else "number"
        return {"anyOf": [{"type": kind, **low, "maximum": self.most}, REFERENCE]}


@dataclass(frozen=True, slots=True)
class Names:
    """A list of at least one text, none of them twice."""

    item: Text
    expected: str

    def schema(self) -> Schema:
        """What a file may have for it."""
        return {"type": "array", "minItems": 1, "uniqueItems": True, "items": self.item.schema()}


@dataclass(frozen=True, slots=True)
class Params:
    """A mapping whose keys only a strategy knows."""

    expected: str = "`name: value` pairs"

    def schema(self) -> Schema:
        """What a file may have for it, as long as nobody knows the strategy."""
        value = {"type": ["string", "number", "boolean", "null"], "pattern": f"^{WRITTEN}$"}
        return {"type": ["object", "null"], "additionalProperties": value}


@dataclass(frozen=True, slots=True)
class Block:
    """A mapping of whatever somebody else takes, mappings and lists within it included."""

    expected: str = "`name: value` pairs"

    def schema(self) -> Schema:
        """What a file may have for it."""
        return {"type": ["object", "null"], "additionalProperties": ANYTHING}


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of at least one mapping, each with the fields of `table`."""

    table: Table
    expected: str

    def schema(self) -> Schema:
        """What a file may have for it."""
        return {"type": "array", "minItems": 1, "items": self.table.schema()}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. One that goes with some kinds of exchange `only` is required, or not, where it goes."""

    name: str
    type: Text | Number | Names | Params | Block | Rows
    doc: str
    default: str | float | None = None
    is_required: bool = False
    only: tuple[str, ...] = ()

    def schema(self) -> Schema:
        """What an editor is told of it."""
        default = {} if self.default is None else {"default": self.default}
        return {"description": self.doc, **self.type.schema(), **default}


@dataclass(frozen=True, slots=True)
class Table:
    """All fields of one kind of file, or of one row of a list."""

    name: str
    doc: str
    fields: tuple[Field, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.fields)

    @property
    def switch(self) -> Field | None:
        """The field whose value says which of the others go with it, where there are such: the first."""
        return self.fields[0] if any(one.only for one in self.fields) else None

    def schema(self) -> Schema:
        """The mapping that such a file, or row, holds."""
        required = [one.name for one in self.fields if one.is_required and not one.only]
        return {
            "description": self.doc,
            "type": "object" if required else ["object", "null"],
            "additionalProperties": False,
            "properties": {one.name: one.schema() for one in self.fields},
            **({"required": required} if required else {}),
            **({"allOf": self._cases()} if self.switch else {}),
        }

    def _cases(self) -> list[Schema]:
        """For each value of the switch: what does not go with it, and what it cannot do without."""
        assert self.switch is not None
        cases = []
        for kind in KINDS:
            refused = {one.name: False for one in self.fields if one.only and kind not in one.only}
            needed = [one.name for one in self.fields if one.is_required and kind in one.only]
            then: Schema = {"properties": refused, **({"required": needed} if needed else {})}
            is_kind = {"not": {"enum": [*BUILT_IN]}} if kind == CCXT else {"const": kind}
            cases.append(
                {"if": {"properties": {self.switch.name: is_kind}, "required": [self.switch.name]}} | {"then": then}
            )
        return cases


EXCHANGE_NAME = Text("the name of an exchange", pattern="[A-Za-z0-9][A-Za-z0-9._]*", longest=64)
STRATEGY_NAME = Text("a strategy's name or file.py:Class")
FOLDER = Text("a folder")
SPEED = Number(above=0, most=1e9)
_PERCENT = Number(least=0, most=10)

_STRATEGY = Field("strategy", STRATEGY_NAME, "A strategy's name, or path/to/file.py:Class.", is_required=True)
_INTERVAL = Field(
    "interval",
    Text("one of " + " ".join(INTERVALS), choices=tuple(INTERVALS)),
    "How often the strategy is asked. Its own interval unless set.",
)
_PARAMS = Field("params", Params(), "Parameters of the strategy, by name.")

EXCHANGE = Table(
    "exchange",
    "An exchange, by the name of this file, which has no '-': what --exchange NAME finds.",
    (
        Field(
            "exchange",
            Text("demo, csv or an exchange that ccxt knows, like binance", pattern="[a-z][a-z0-9]*", longest=40),
            "Where the candles come from: the built-in demo market, a CSV file, or an exchange by ccxt's id.",
            is_required=True,
        ),
        Field(
            "mode",
            Text("paper", choices=("paper",), not_yet={"live": "real orders are not possible yet"}),
            "paper: simulated orders on real prices.",
            default="paper",
        ),
        Field("candles", Text("a CSV file"), "The CSV file of 1m candles.", is_required=True, only=("csv",)),
        Field(
            "seed",
            Number(least=0, most=2**32 - 1, whole=True),
            "Which demo market: each number is another one.",
            default=0,
            only=("demo",),
        ),
        Field(
            "speed",
            SPEED,
            "Times faster than real time. Unless set, 1 for demo and 60 for csv.",
            only=BUILT_IN,
        ),
        Field(
            "market",
            Text("spot or swap", choices=("spot", "swap")),
            "spot, or swap for perpetual contracts that are settled in the quote currency.",
            default="spot",
            only=(CCXT,),
        ),
        Field(
            "ccxt",
            Block(),
            "What ccxt's constructor gets, as it is: timeout, options, urls, apiKey, secret, ...",
            only=(CCXT,),
        ),
        Field("key_file", Text("a YAML file"), "A YAML file of keys (apiKey, secret, password, ...).", only=(CCXT,)),
        Field(
            "slippage_percent",
            _PERCENT,
            "By how much each price is worse than it seems, in percent.",
            default=SLIPPAGE_PERCENT,
        ),
        Field(
            "fee_percent",
            _PERCENT,
            f"The fee on each side of a trade, in percent. Unless set, {FEE_PERCENT}, or what a real exchange takes.",
        ),
        Field(
            "max_entry_distance_percent",
            Number(above=0, most=100),
            "How far from the last close an entry may be, in percent.",
            default=MAX_ENTRY_DISTANCE_PERCENT,
        ),
    ),
)

STRATEGY = Table(
    "strategy",
    "A strategy with an interval and parameters of its own, by the name of this file.",
    (_STRATEGY, _INTERVAL, _PARAMS),
)

_EXCHANGE_OF_A_RUN = Field("exchange", EXCHANGE_NAME, "The name of an exchange: demo, or a file in configs/.")

RUN = Table(
    "run",
    "One strategy on some symbols.",
    (
        _STRATEGY,
        Field(
            "symbols",
            Names(
                Text("a symbol like BTCUSDT", pattern="[A-Za-z0-9][A-Za-z0-9._/:-]*", longest=64),
                "a list of symbols like [BTCUSDT, ETHUSDT]",
            ),
            "The symbols it runs on.",
            is_required=True,
        ),
        _INTERVAL,
        _PARAMS,
        _EXCHANGE_OF_A_RUN,
    ),
)

_DATA_DIR = Field("data_dir", FOLDER, "Where the journals are; from the project's folder. Unless set, data.")

FLEET = Table(
    "fleet",
    "What `livekit run --config NAME` runs in one process: strategies, and the symbols of each.",
    (
        _EXCHANGE_OF_A_RUN,
        _DATA_DIR,
        Field("runs", Rows(RUN, "a list of runs, each with strategy and symbols"), "What runs.", is_required=True),
    ),
)

LIVEKIT = Table(
    "livekit",
    "The project's defaults, for what neither the command line nor a fleet says.",
    (
        _EXCHANGE_OF_A_RUN,
        Field("strategy", STRATEGY_NAME, "What runs when no --strategy is given."),
        _DATA_DIR,
        Field("speed", SPEED, "Times faster than real time, for exchanges that do not say it themselves."),
    ),
)

TABLES = {table.name: table for table in (EXCHANGE, STRATEGY, FLEET, LIVEKIT)}
"""By the word that `livekit schema` takes."""
