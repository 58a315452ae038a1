"""An alarm that raises inside code which keeps the event loop for itself.

One `while True: pass` or `time.sleep(600)` in an `async def` would stop every symbol of the process. POSIX's
interval timer is what still works then: its signal interrupts the main thread between two bytecodes, and in a sleep.
It cannot interrupt one long call into C that never looks at signals.

Laws:
- `Held` is raised only in frames above `within`, never in its own: when the call has returned, its result counts.
- SIGALRM is taken only while nobody else uses it, and only the main thread can be interrupted; elsewhere `within`
  is a plain call, and `watched` does nothing.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

REPEAT_SECONDS = 0.1
"""How soon the alarm rings again for code that caught it and went on."""

BEATS = 10
"""Looks of `watched` at the progress before a standstill counts. Beats and not a clock: a paused process has none."""

PATIENCE = 3
"""Rings before code that catches everything is also interrupted inside its `except`."""


class Held(BaseException):
    """Raised in the code that blocks, and then to who called it. Not an Exception: few catch it by accident.

    To the caller it says where the code was: pairs of file and line, the innermost first.
    """


class _Alarm:
    armed = False
    rings = 0
    places: tuple[tuple[str, int], ...] = ()


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
            raise Held(*_Alarm.places)  # replaces whatever the call made of it


@contextmanager
def watched(progress: Callable[[], int], seconds: float, leave: Callable[[], None]) -> Iterator[None]:
    """Raises Held in the body, wherever it is, when `progress()` has stood still for `seconds`.

    The body has a tenth of `seconds` to unwind; when it has not, because something in it caught Held, `leave` is
    called in the middle of it, to end the process. A body that caught Held and came to its end raises it all the same.
    """
    idle = signal.getsignal(signal.SIGALRM)
    if not _on_main_thread() or idle not in (signal.SIG_DFL, _ring) or _Alarm.armed:
        yield
        return
    watch = _Watch(progress, leave)
    signal.signal(signal.SIGALRM, watch.look)
    before = signal.setitimer(signal.ITIMER_REAL, seconds / BEATS, seconds / BEATS)
    try:
        yield
    finally:
        watch.over = True
        signal.setitimer(signal.ITIMER_REAL, *before)
        signal.signal(signal.SIGALRM, idle)
        if watch.rung:
            raise Held  # replaces whatever the body made of it


class _Watch:
    """What `watched` saw at the last beat, and for how many beats it has been so."""

    def __init__(self, progress: Callable[[], int], leave: Callable[[], None]) -> None:
        self._progress = progress
        self._leave = leave
        self._last = progress()
        self._still = 0
        self.rung = False
        self.over = False

    def look(self, _number: int, _frame: FrameType | None) -> None:
        if self.over:
            return
        if self.rung:
            self._leave()
        now = self._progress()
        self._still = self._still + 1 if now == self._last else 0
        self._last = now
        if self._still >= BEATS:
            self.rung = True
            raise Held


def _on_main_thread() -> bool:
    return threading.get_ident() == threading.main_thread().ident


def _ready() -> bool:
    if not _on_main_thread():
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
        _Alarm.places = tuple((each.f_code.co_filename, each.f_lineno) for each in _foreign(frame))
    if _Alarm.rings > PATIENCE:
        _trace(frame, _Alarm.rings - PATIENCE - 1)
    raise Held


def _trace(frame: FrameType | None, spared: int) -> None:
    """Have Held raised at the next line too: in `while True: try: sleep() except: pass` that is in the `except`.

    Python raises so only once, and a `finally` in a library below may use that up. So the `spared` innermost frames are
    left alone, one more with each ring, until it is the frame that catches everything.
    """
    frames = list(_foreign(frame))
    for number, each in enumerate(frames, 1):
        each.f_trace = _raise_at_line if number > spared or number == len(frames) else None
    sys.settrace(_trace_nothing)


def _foreign(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames of the call that was interrupted, the innermost first."""
    while frame is not None and frame.f_code is not within.__code__:
        yield frame
        frame = frame.f_back


def _stop_tracing() -> None:
    if _Alarm.rings > PATIENCE:
        sys.settrace(None)


def _raise_at_line(_frame: FrameType, event: str, _argument: Any) -> Any:
    if event == "line" and _Alarm.armed:
        raise Held
    return _raise_at_line


def _trace_nothing(_frame: FrameType, _event: str, _argument: Any) -> None:
    return None
