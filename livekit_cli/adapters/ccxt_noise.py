"""What ccxt's callbacks leave to the event loop: counted as the websocket's trouble, not printed as tracebacks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any

Context = dict[str, Any]
Told = Callable[[BaseException], None]

_listening: dict[asyncio.AbstractEventLoop, tuple[Any, list[Told]]] = {}
"""For each loop the handler that was there before, and who listens."""


class Noise:
    """Between `begin` and `end`, `told` hears of what ccxt raised where nobody could catch it; the rest goes on."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def begin(self) -> None:
        """Listen, on the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in _listening:
            _listening[loop] = loop.get_exception_handler(), []
            loop.set_exception_handler(_hear)
        _listening[loop][1].append(self._told)

    def end(self) -> None:
        """Listen no more; with the last who did, the handler that was there before has everything again."""
        loop = asyncio.get_running_loop()
        before, listeners = _listening.get(loop, (None, []))
        if self._told in listeners:
            listeners.remove(self._told)
            if not listeners:
                del _listening[loop]
                loop.set_exception_handler(before)


def _hear(loop: asyncio.AbstractEventLoop, context: Context) -> None:
    error = context.get("exception")
    before, listeners = _listening[loop]
    if isinstance(error, BaseException) and _is_of_ccxt(error):
        for told in listeners:
            told(error)
    elif before:
        before(loop, context)
    else:
        loop.default_exception_handler(context)


def _is_of_ccxt(error: BaseException) -> bool:
    if type(error).__module__.partition(".")[0] == "ccxt":
        return True
    trace: TracebackType | None = error.__traceback__
    while trace:
        if trace.tb_frame.f_globals.get("__name__", "").partition(".")[0] == "ccxt":
            return True
        trace = trace.tb_next
    return False
