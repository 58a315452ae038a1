"""Foreign code: what kind it is, and what went wrong in it, in one line with the place in the user's own file."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from ..core.errors import FeedError, LivekitError, StrategyError
from ..core.words import did_you_mean, excerpt, near
from ..strategy import HOOKS, Strategy, SyncMarket, overrides


def files_of(cls: type) -> frozenset[str]:
    """The files that `cls` and its bases were written in, livekit's own left out."""
    modules = (sys.modules.get(base.__module__) for base in cls.__mro__ if base not in (Strategy, object))
    return frozenset(str(module.__file__) for module in modules if module and getattr(module, "__file__", None))


def described(error: BaseException, files: frozenset[str]) -> str:
    """`breakout.py:14: ZeroDivisionError: division by zero`; the place is the deepest one in `files`."""
    return place_of(error.__traceback__, files) + _said(error)


def place_of(trace: TracebackType | None, files: frozenset[str]) -> str:
    """`file:line: ` of the deepest frame in `files`, else of the deepest frame of all; nothing without a frame.

    Where only our own code ran, as when a call does not fit, the place is the first of `files`.
    """
    deepest = own = None
    while trace is not None:
        deepest = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        if deepest[0] in files:
            own = deepest
        trace = trace.tb_next
    if own is None and files and deepest is not None and Path(deepest[0]).is_relative_to(_PACKAGE):
        return f"{shown(min(files))}: "
    found = own or deepest
    return f"{shown(found[0])}:{found[1]}: " if found else ""


_PACKAGE = Path(__file__).parents[1]


def shown(path: str | Path) -> str:
    """`path` from the working folder when it lies in it, else whole."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere, or the working folder is gone
        return str(path)


def _said(error: BaseException) -> str:
    if isinstance(error, FeedError):
        return f"no candles: {_text(error)}"
    if isinstance(error, LivekitError):
        return _text(error)
    kind, text = type(error).__name__, _text(error)
    if isinstance(error, ImportError) and error.name == "livekit_cli":
        return f"{kind}: {_not_exported(text)}"
    if isinstance(error, TypeError):
        text = _of_market(text)
    hint = " (is an `await` missing?)" if isinstance(error, TypeError) and "'coroutine' object" in text else ""
    return f"{kind}: {text}{hint}" if text else kind


def _not_exported(text: str) -> str:
    """Python's words for a name that livekit does not have, and the nearest that it has."""
    public = sys.modules[__name__.partition(".")[0]].__all__
    said = text.partition(" (")[0]  # without the path that livekit is installed in
    name = said.split("'")[1] if said.count("'") > 1 else ""
    return f"{said}{did_you_mean(name, public)}"


_MARKET_CALL = re.compile(r"(?:_|Sync)?Market\.(\w+)\(\) (.+)")
_NO_ARGUMENT = re.compile(r"got an unexpected keyword argument '(\w+)'.*")


def _of_market(text: str) -> str:
    """Python's words for a call of `market` that does not fit, in the trader's: which argument it has instead."""
    call = _MARKET_CALL.fullmatch(text)
    method = getattr(SyncMarket, call[1], None) if call else None
    if call is None or method is None:
        return text
    wrong = _NO_ARGUMENT.fullmatch(call[2])
    if wrong is None:
        return f"market.{call[1]}() {call[2]}"
    names = [name for name in inspect.signature(method).parameters if name != "self"]
    meant = near(wrong[1], names)
    instead = f"did you mean {meant}=?" if meant else f"it has {', '.join(f'{name}=' for name in names)}"
    return f"market.{call[1]}() has no {wrong[1]}=; {instead}"


def _text(error: BaseException) -> str:
    try:
        return excerpt(str(error))
    except Exception as second:  # a foreign __str__ may raise anything  # noqa: BLE001
        return f"its text raises {type(second).__name__}"


def strategy_error(error: BaseException, files: frozenset[str]) -> StrategyError:
    """What the trader is told of `error`, which stays its cause."""
    failed = StrategyError(described(error, files))
    failed.__cause__ = error
    return failed


def wanted_hooks(strategy: Strategy) -> dict[str, str]:
    """The callbacks that `strategy` has of its own, by the action they hear of."""
    return {action: hook for action, hook in HOOKS.items() if overrides(strategy, hook)}


def is_async(method: Callable[..., object]) -> bool:
    """Whether `method` was written as `async def`, also under a decorator that says what it wraps."""
    written = inspect.unwrap(method)
    return inspect.iscoroutinefunction(written) or inspect.isasyncgenfunction(written)


def checked_answer(answer: object, files: frozenset[str]) -> object:
    """`answer`, unless it is what a mistake in an `async def` leaves: those the core could not explain."""
    if inspect.iscoroutine(answer):
        answer.close()
        what = f"returned the coroutine `{answer.__qualname__}` that nobody awaited; write `return await ...`"
    elif inspect.isasyncgen(answer) or inspect.isgenerator(answer):
        what = "is a generator, because it holds a `yield`; write `return`"
    else:
        return answer
    raise StrategyError(f"{shown(min(files))}: get_signal {what}" if files else f"get_signal {what}")
