"""What a trader writes against: the strategy class, its parameters, and the market it may look at."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import index
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from .core.candle import INTERVALS, TIMEFRAMES, Candles
from .core.errors import ConfigError, StrategyError
from .core.event import ActiveMinute, Closed, IdleMinute, Opened
from .core.signal import Position, Proposal
from .core.words import did_you_mean

MAX_CANDLES = 10_000
"""Most candles one question may ask for."""

DEFAULT_CANDLES = 100

HOOKS = {"opened": "on_open", "closed": "on_close", "active": "on_active", "idle": "on_idle"}
"""The callback that hears of results of each action."""

Value = int | float | bool | str | None
"""What a parameter may hold."""


class _Market:
    """What both markets know of the minute."""

    __slots__ = ("_fetch", "last", "now", "price", "symbol")

    symbol: str
    now: int
    price: float
    last: float

    def long(
        self,
        *,
        minutes: int,
        take_profit: float | None = None,
        stop_loss: float | None = None,
        price_open: float | None = None,
        price_take_profit: float | None = None,
        price_stop_loss: float | None = None,
        note: str = "",
    ) -> Proposal:
        """Propose to gain from a rise, for at most `minutes`.

        `take_profit` and `stop_loss` are distances from the entry in percent; `price_take_profit` and
        `price_stop_loss` are prices. Give one of each pair. The entry is `price_open`, or the newest close.
        """
        entry = self.last if price_open is None else price_open
        return Proposal(
            Position.LONG,
            _level("take_profit", entry, 1, take_profit, price_take_profit),
            _level("stop_loss", entry, -1, stop_loss, price_stop_loss),
            minutes,
            price_open,
            note,
        )

    def short(
        self,
        *,
        minutes: int,
        take_profit: float | None = None,
        stop_loss: float | None = None,
        price_open: float | None = None,
        price_take_profit: float | None = None,
        price_stop_loss: float | None = None,
        note: str = "",
    ) -> Proposal:
        """Propose to gain from a fall; the arguments are those of `long`, and distances stay positive."""
        entry = self.last if price_open is None else price_open
        return Proposal(
            Position.SHORT,
            _level("take_profit", entry, -1, take_profit, price_take_profit),
            _level("stop_loss", entry, 1, stop_loss, price_stop_loss),
            minutes,
            price_open,
            note,
        )


class Market(_Market):
    """What an `async def get_signal` may look at: one symbol at one minute's close.

    `symbol` as it was typed; `now`, the minute's close in epoch milliseconds; `price`, the VWAP of the last five
    minutes; `last`, the newest close.
    """

    __slots__ = ()
    _fetch: Callable[[str, int], Awaitable[Candles]]

    def __init__(
        self, symbol: str, now: int, price: float, last: float, fetch: Callable[[str, int], Awaitable[Candles]]
    ) -> None:
        self.symbol = symbol
        self.now = now
        self.price = price
        self.last = last
        self._fetch = fetch

    async def candles(self, timeframe: str = "1m", limit: int = DEFAULT_CANDLES) -> Candles:
        """The newest `limit` candles that had closed at `now`, oldest first; fewer when there are fewer.

        Raises ValueError for an unknown timeframe or limit, FeedError when the exchange does not answer.
        """
        if timeframe not in TIMEFRAMES or type(limit) is not int or not 1 <= limit <= MAX_CANDLES:
            limit = _asked_for(timeframe, limit)
        return await self._fetch(timeframe, limit)


class SyncMarket(_Market):
    """What a plain `def get_signal` may look at: the same as `Market`, but `candles` waits for its answer."""

    __slots__ = ()
    _fetch: Callable[[str, int], Candles]

    def __init__(self, symbol: str, now: int, price: float, last: float, fetch: Callable[[str, int], Candles]) -> None:
        self.symbol = symbol
        self.now = now
        self.price = price
        self.last = last
        self._fetch = fetch

    def candles(self, timeframe: str = "1m", limit: int = DEFAULT_CANDLES) -> Candles:
        """As `Market.candles`, without `await`."""
        if timeframe not in TIMEFRAMES or type(limit) is not int or not 1 <= limit <= MAX_CANDLES:
            limit = _asked_for(timeframe, limit)
        return self._fetch(timeframe, limit)


class Strategy:
    """A trader's idea: asked once per `interval`, answers with a proposal or None.

    Annotated class attributes with a default are its parameters, set by `--set`, by a YAML file or by keyword;
    they may be int, float, bool, str, a Literal, or one of these or None. One object serves one symbol.
    Nothing here needs `super().__init__()` to be called.
    """

    interval: str = "1m"

    def __init__(self, **params: Any) -> None:
        """Raises ConfigError for an unknown parameter or a value of another type."""
        for name, value in checked(type(self), params).items():
            setattr(self, name, value)

    def get_signal(self, market: Any, /) -> Awaitable[Proposal | None] | Proposal | None:
        """Override this: `async def` with a `Market`, or a plain `def` with a `SyncMarket`, run in a thread."""
        raise StrategyError(f"{type(self).__name__} has no get_signal for {market.symbol}")

    def on_open(self, event: Opened, /) -> Awaitable[None] | None:
        """Hears that a signal was opened. `def` or `async def`, like every callback."""

    def on_close(self, event: Closed, /) -> Awaitable[None] | None:
        """Hears that a signal was closed."""

    def on_active(self, result: ActiveMinute, /) -> Awaitable[None] | None:
        """Hears of each minute that ended with a signal open."""

    def on_idle(self, result: IdleMinute, /) -> Awaitable[None] | None:
        """Hears of each minute that ended without one."""


def overrides(strategy: Strategy, name: str) -> bool:
    """Whether `strategy` has its own method `name`, not the empty one of `Strategy`."""
    return getattr(getattr(strategy, name), "__func__", None) is not getattr(Strategy, name)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a strategy class. `type_name` is as people read it: `int`, `float | None`, `'a' | 'b'`."""

    name: str
    type_name: str
    default: Value
    kinds: tuple[type, ...]
    choices: tuple[Value, ...] = ()

    def check(self, value: object) -> Value:
        """`value` as the strategy gets it: an int becomes a float where a float is declared. Raises ValueError."""
        for choice in self.choices:
            if type(value) is type(choice) and value == choice:
                return choice
        if type(value) in self.kinds and value == value:  # NaN is no setting  # noqa: PLR0124
            return value  # type: ignore[return-value]  # kinds holds nothing but the types of Value
        if type(value) is int and float in self.kinds:
            return float(value)
        raise ValueError(f"is {value!r}, expected {self.type_name}{self._near(value)}")

    def parse(self, text: str) -> Value:
        """The value that `text` means for the declared type. Raises ValueError."""
        for value in self._readings(text.strip()):
            try:
                return self.check(value)
            except ValueError:
                continue
        raise ValueError(f"is {text!r}, expected {self.type_name}{self._near(text)}")

    def _readings(self, text: str) -> Iterator[Value]:
        """What `text` could mean, the narrowest meaning first."""
        if NoneType in self.kinds and text.lower() == "none":
            yield None
        yield from (choice for choice in self.choices if str(choice).lower() == text.lower())
        if text.lower() in _FLAGS:
            yield _FLAGS[text.lower()]
        for kind in (int, float):
            try:
                yield kind(text)
            except ValueError:
                continue
        yield text

    def _near(self, value: object) -> str:
        return did_you_mean(value, [str(choice) for choice in self.choices])


_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def parameters(cls: type[Strategy]) -> dict[str, Parameter]:
    """The parameters of `cls` by name, those of its bases first.

    Raises ConfigError for a type that no parameter can have, or a default that is not of its own type.
    """
    found: dict[str, Parameter] = {}
    for owner in reversed(cls.__mro__):
        if not issubclass(owner, Strategy) or owner is Strategy:
            continue
        for name, annotation in _annotations(owner).items():
            if name.startswith("_") or name == "interval" or not hasattr(cls, name):
                continue
            if (parameter := _parameter(cls, owner, name, annotation)) is not None:
                found[name] = parameter
    return found


def checked(cls: type[Strategy], params: Mapping[str, object]) -> dict[str, Value]:
    """`params` as an object of `cls` gets them; `interval` counts as one. Raises ConfigError with every fault."""
    known, values, faults = settable(cls), {}, []
    for name, value in params.items():
        try:
            values[name] = _known(cls, known, name).check(value)
        except ValueError as error:
            faults.append(f"{cls.__name__}.{name} {error}")
        except ConfigError as error:
            faults += error.lines
    if faults:
        raise ConfigError(*faults)
    return values


def parse_parameter(cls: type[Strategy], name: str, text: str) -> Value:
    """What `--set name=text` means: `40` for an int, `yes` for a bool, `none` where None may be. Raises ConfigError."""
    try:
        return _known(cls, settable(cls), name).parse(text)
    except ValueError as error:
        raise ConfigError(f"{cls.__name__}.{name} {error}") from None


def settable(cls: type[Strategy]) -> dict[str, Parameter]:
    """The parameters of `cls` and its interval, which is set in the same ways."""
    interval = Parameter("interval", "one of " + " ".join(INTERVALS), cls.interval, (), tuple(INTERVALS))
    return {"interval": interval, **parameters(cls)}


def interval_ms(strategy: Strategy | type[Strategy]) -> int:
    """How often `strategy` wants to be asked, in milliseconds. Raises ConfigError for an interval that is none."""
    cls = strategy if isinstance(strategy, type) else type(strategy)
    return INTERVALS[str(checked(cls, {"interval": strategy.interval})["interval"])]


def _level(name: str, entry: float, direction: int, percent: float | None, price: float | None) -> float:
    if (percent is None) == (price is None):
        found = "neither" if percent is None else "both"
        raise ValueError(f"give {name}= (percent of the entry) or price_{name}= (a price): found {found}")
    if percent is None:
        assert price is not None
        return price  # the rules of a proposal say what is wrong with it
    try:
        return float(entry) * (1 + direction * float(percent) / 100)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {percent!r} percent of an entry of {entry!r}, expected two numbers") from None


def _asked_for(timeframe: object, limit: object) -> int:
    """The limit as an int (numpy has other whole numbers), or ValueError with what is wrong."""
    if timeframe not in TIMEFRAMES:
        known = " ".join(TIMEFRAMES)
        raise ValueError(f"timeframe is {timeframe!r}, expected one of {known}{did_you_mean(timeframe, TIMEFRAMES)}")
    try:
        whole = 0 if isinstance(limit, bool) else index(limit)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        whole = 0
    if not 1 <= whole <= MAX_CANDLES:
        raise ValueError(f"limit is {limit!r}, expected a whole number from 1 to {MAX_CANDLES}")
    return whole


def _known(cls: type[Strategy], known: Mapping[str, Parameter], name: str) -> Parameter:
    if name in known:
        return known[name]
    if not name.startswith("_") and not callable(getattr(cls, name, len)):
        raise ConfigError(
            f"{cls.__name__}.{name} is no parameter: it has no type; write `{name}: int = ...` in the class"
        )
    listed = ", ".join(known)
    raise ConfigError(f"{cls.__name__} has no parameter {name!r}; it has {listed}{did_you_mean(name, known)}")


def _parameter(cls: type[Strategy], owner: type[Strategy], name: str, annotation: object) -> Parameter | None:
    where = f"{cls.__name__}.{name}"
    hint = _evaluated(where, owner, annotation)
    if hint is ClassVar or get_origin(hint) is ClassVar:
        return None
    kinds, choices = _kinds(where, hint)
    type_name = " | ".join([repr(choice) for choice in choices] + [_SHOWN[kind] for kind in kinds])
    parameter = Parameter(name, type_name, None, kinds, choices)
    try:
        default = parameter.check(getattr(cls, name))
    except ValueError as error:
        raise ConfigError(f"{where} {error}") from None
    return Parameter(name, type_name, default, kinds, choices)


def _annotations(owner: type[Strategy]) -> dict[str, object]:
    try:
        return owner.__annotations__
    except Exception as error:  # from Python 3.14 on they are evaluated here, and can hold anything  # noqa: BLE001
        raise ConfigError(f"{owner.__name__} has a type that is none: {type(error).__name__}: {error}") from None


def _evaluated(where: str, owner: type[Strategy], annotation: object) -> object:
    if not isinstance(annotation, str):
        return annotation
    module = sys.modules.get(owner.__module__)
    try:
        return eval(annotation, dict(vars(module)) if module else {}, dict(vars(owner)))
    except Exception as error:  # an annotation can hold any expression  # noqa: BLE001
        raise ConfigError(f"{where} has the type {annotation!r}: {type(error).__name__}: {error}") from None


_SHOWN: dict[type, str] = {int: "int", float: "float", bool: "bool", str: "str", NoneType: "None"}


def _kinds(where: str, hint: object) -> tuple[tuple[type, ...], tuple[Value, ...]]:
    """The types and the single values that `hint` allows: one type or Literal, and perhaps None."""
    kinds: list[type] = []
    choices: list[Value] = []
    for part in get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,):
        if get_origin(part) is Literal:
            choices += get_args(part)
        elif part is None or part in _SHOWN:
            kinds.append(NoneType if part is None else part)
        else:
            raise _unsupported(where, hint)
    if sum(kind is not NoneType for kind in kinds) + bool(choices) != 1 or not set(map(type, choices)) <= set(_SHOWN):
        raise _unsupported(where, hint)
    return tuple(kinds), tuple(choices)


def _unsupported(where: str, hint: object) -> ConfigError:
    shown = hint.__name__ if isinstance(hint, type) else str(hint).replace("typing.", "")
    return ConfigError(
        f"{where} has the type {shown}; a parameter is an int, float, bool, str or Literal, or one of these or None "
        f"(write `{where.rpartition('.')[2]}: ClassVar[...]` for what is no parameter)"
    )
