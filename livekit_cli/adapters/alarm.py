"""An alarm that raises inside code which keeps the event loop for itself.

One `while True: pass` or `time.sleep(600)` in an `async def` would stop every symbol of the process. POSIX's
interval timer is what still works then: its signal interrupts the main thread between two bytecodes, and in a sleep.
It cannot interrupt one long call into C that never looks at signals.

Laws:
- `Held` is raised only in frames above `within`, never in its own: when the call has returned, its result counts.
- SIGALRM is taken only while nobody else uses it, and only the main thread can be interrupted; elsewhere `within`
  is a plain call.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

REPEAT_SECONDS = 0.1
"""How soon the alarm rings again for code that caught it and went on."""

PATIENCE = 3
"""Rings before code that catches everything is also interrupted inside its `except`."""


class Held(BaseException):
    """Raised in the code that blocks, and then to who called it. Not an Exception: few catch it by accident."""


class _Alarm:
    armed = False
    rings = 0
    place: tuple[str, int] | None = None


def within(seconds: float, call: Callable[..., T], *arguments: object) -> T:
    """`call(*arguments)`, interrupted by Held when it takes longer than `seconds`.

    What the call raised or returned after it caught Held is dropped: Held is raised in any case.
    """
    if not _ready():
        return call(*arguments)
    _Alarm.rings = 0
    before = signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_SECONDS)
    _Alarm.armed = True
    try:
        return call(*arguments)
    finally:
        _Alarm.armed = False
        signal.setitimer(signal.ITIMER_REAL, *before)
        if _Alarm.rings:
            _stop_tracing()
            raise Held(_Alarm.place)  # replaces whatever the call made of it


def _ready() -> bool:
    if threading.get_ident() != threading.main_thread().ident:
        return False
    current = signal.getsignal(signal.SIGALRM)
    if current is signal.SIG_DFL:
        signal.signal(signal.SIGALRM, _ring)
        return True
    return current is _ring


def _ring(_number: int, frame: FrameType | None) -> None:
    if not _Alarm.armed or frame is None or frame.f_code is within.__code__:
        return
    _Alarm.rings += 1
    if _Alarm.rings == 1:
        _Alarm.place = frame.f_code.co_filename, frame.f_lineno
    if _Alarm.rings > PATIENCE:
        _trace(frame)
    raise Held


def _trace(frame: FrameType | None) -> None:
    """Have Held raised at the next line too: in `while True: try: sleep() except: pass` that is in the `except`."""
    while frame is not None and frame.f_code is not within.__code__:
        frame.f_trace = _raise_at_line
        frame = frame.f_back
    sys.settrace(_trace_nothing)


def _stop_tracing() -> None:
    if _Alarm.rings > PATIENCE:
        sys.settrace(None)


def _raise_at_line(_frame: FrameType, event: str, _argument: Any) -> Any:
    if event == "line" and _Alarm.armed:
        raise Held
    return _raise_at_line


def _trace_nothing(_frame: FrameType, _event: str, _argument: Any) -> None:
    return None
