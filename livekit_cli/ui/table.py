"""The live table of `run` on a terminal: what each symbol is doing, the latest events, and the totals.

Lines are aligned here and handed to Rich as finished `Text`, which reads no markup. A Rich table would cost 0.6 ms
per row and draw, could not put an error below the row it belongs to, and shortens prices to fit.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from ..core.event import Closed, Event, Mode
from ..core.health import judge
from ..core.pulse import Snapshot
from ..core.state import Idle
from .inert import cells, inert
from .lines import clock_text, duration_text, marks, minute_text, percent_text, price_text
from .status import shown_price, state_text

LATEST = 10
"""Events shown below the symbols."""

REPEATS = 10_000
"""Event ids remembered, so that a repeat is counted once; repeats follow soon or never."""

SYMBOL_CELLS = 16
NONE = "-"

COLUMNS = ("SYMBOL", "STATE", "PRICE", "ENTRY", "TP", "SL", "PnL", "LEFT", "MINUTE")
_ALIGNED_LEFT = ("SYMBOL", "STATE")
_LEAVE_OUT: Sequence[tuple[int, tuple[str, ...]]] = (
    (8, ()),
    (7, ()),
    (6, ()),
    (6, ("MINUTE",)),
    (5, ("MINUTE",)),
    (5, ("MINUTE", "ENTRY")),
    (5, ("MINUTE", "ENTRY", "LEFT")),
    (5, ("MINUTE", "ENTRY", "LEFT", "TP", "SL")),
)
"""What gives way when the terminal is narrow: digits of the prices, then whole columns. A price is never cut in two."""

_STATUS_STYLES = {
    "STOPPED": "yellow",
    "STALE": "bold red",
    "STUCK": "bold red",
    "DEAD": "bold red",
    "HALTED": "bold red",
}
_WRONG = ("STALE", "STUCK", "DEAD", "HALTED")


@dataclass(frozen=True, slots=True)
class Totals:
    """What has closed since the table was started."""

    closed: int = 0
    wins: int = 0
    losses: int = 0
    pnl: float = 0.0

    def plus(self, event: Closed) -> Totals:
        earned = event.pnl.pnl_percentage
        won, lost = self.wins + (earned > 0), self.losses + (earned < 0)
        return Totals(self.closed + 1, won, lost, self.pnl + earned)


class LiveTable:
    """Shows snapshots and events in place; `with LiveTable(...) as table:` starts and stops the display.

    It draws only in `draw`, and only when something changed. At most once a second is the caller's part.
    """

    def __init__(
        self, mode: Mode, exchange: str, strategy: str = "", speed: float = 1.0, console: Console | None = None
    ) -> None:
        self._mode = mode
        self._words = (exchange, strategy)
        self._speed = speed
        self._snapshots: tuple[Snapshot, ...] = ()
        self._latest: deque[Event] = deque(maxlen=LATEST)
        self._seen: dict[str, None] = {}
        self._totals = Totals()
        self._now_ms = 0
        self._frame: tuple[tuple[int, int], list[Text]] | None = None
        # Rich would print standard error's lines above the table, also when standard error is a file.
        redirects = sys.stderr.isatty()
        self._live = Live(self, console=console, auto_refresh=False, screen=False, redirect_stderr=redirects)

    def update(self, snapshots: Iterable[Snapshot]) -> None:
        """From now on these symbols, in this order."""
        self._snapshots = tuple(snapshots)

    def add(self, event: Event) -> None:
        """One more event; one that came before is not counted again."""
        if event.event_id in self._seen:
            return
        self._seen[event.event_id] = None
        if len(self._seen) > REPEATS:
            del self._seen[next(iter(self._seen))]
        self._latest.append(event)
        if isinstance(event, Closed):
            self._totals = self._totals.plus(event)

    def draw(self, now_ms: int) -> bool:
        """Bring the terminal up to date at wall time `now_ms`; says whether anything had changed."""
        self._now_ms = now_ms
        width, height = self._live.console.size
        frame = ((width, height), self.lines(width, height))
        if frame == self._frame:
            return False
        self._frame = frame
        self._live.refresh()
        return True

    def lines(self, width: int, height: int) -> list[Text]:
        """Everything, in at most `height` - 1 lines: the cursor needs the last one."""
        room = max(0, height - 4)  # the cursor, the head, the column names, the totals
        symbols, events = self._shares(room)
        return [
            _clipped(self._head(), width),
            *self._symbol_lines(width, symbols),
            *self._event_lines(width, events),
            _clipped(self._foot(), width),
        ][: max(1, height - 1)]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        size = (options.max_width, console.height)
        yield from self._frame[1] if self._frame and self._frame[0] == size else self.lines(*size)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._frame = None  # what came since the last draw belongs on the frame that stays
        self._live.stop()

    def _shares(self, room: int) -> tuple[int, int]:
        """Lines for the symbols and for the events: all that they want, or two thirds and a third."""
        wanted_symbols = sum(map(_height, self._snapshots))
        wanted_events = len(self._latest) + 1 if self._latest else 0
        events = min(wanted_events, max(room - wanted_symbols, room // 3))
        return room - events, events

    def _head(self) -> Text:
        style = "bold white on red" if self._mode is Mode.LIVE else "bold black on green"
        mode = "LIVE, REAL ORDERS" if self._mode is Mode.LIVE else "PAPER"
        head = Text.assemble(("livekit", "bold"), "  ", (f" {mode} ", style))
        for word in self._words:
            head.append(f"  {inert(word, SYMBOL_CELLS)}" if word else "")
        if self._speed != 1:
            head.append(f"  x{price_text(self._speed)}", "cyan")
        newest = max((one.pulse.minute for one in self._snapshots if one.pulse.minute is not None), default=None)
        return head.append(f"  {'waiting for the first minute' if newest is None else minute_text(newest)}")

    def _symbol_lines(self, width: int, room: int) -> Iterator[Text]:
        shown, hidden = self._fitting(room)
        rows, left_out = _fitted(shown, self._now_ms, width)
        names = tuple(name for name in COLUMNS if name not in left_out)
        widths = [max(map(cells, column)) for column in zip(names, *rows, strict=True)]
        yield _clipped(_column_names(names, widths), width)
        for snapshot, row in zip(shown, rows, strict=True):
            yield _clipped(_line(names, row, widths, snapshot, judge(snapshot, self._now_ms).health.name), width)
            if snapshot.pulse.error:
                yield _clipped(_error_text(snapshot), width)
        if hidden:
            yield _clipped(_more(hidden), width)

    def _fitting(self, room: int) -> tuple[list[Snapshot], list[Snapshot]]:
        """The symbols that fit into `room` lines, and those that do not. If any must go, the quiet ones go first."""
        if sum(map(_height, self._snapshots)) <= room:
            return list(self._snapshots), []
        shown: list[Snapshot] = []
        hidden: list[Snapshot] = []
        room -= 1  # for the line that counts the hidden ones
        for snapshot in sorted(self._snapshots, key=lambda one: _rank(one, self._now_ms)):
            room -= _height(snapshot)
            (shown if room >= 0 else hidden).append(snapshot)
        return shown, hidden

    def _event_lines(self, width: int, room: int) -> Iterator[Text]:
        if room > 1:
            yield Text()
            for event in list(self._latest)[-(room - 1) :]:
                yield _clipped(_event_text(event), width)

    def _foot(self) -> Text:
        totals = self._totals
        foot = Text(f"closed {totals.closed}   {totals.wins}W/{totals.losses}L   total PnL ", "bold")
        return foot.append(percent_text(totals.pnl), _colour(totals.pnl))


def _fitted(shown: Sequence[Snapshot], now_ms: int, width: int) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The rows of `shown` in the fullest form that fits into `width`, and the columns that had to be left out."""
    rows: list[tuple[str, ...]] = []
    left_out: tuple[str, ...] = ()
    for digits, left_out in _LEAVE_OUT:
        kept = [i for i, name in enumerate(COLUMNS) if name not in left_out]
        full = [_row(snapshot, now_ms, digits) for snapshot in shown]
        rows = [tuple(row[i] for i in kept) for row in full]
        columns = zip([COLUMNS[i] for i in kept], *rows, strict=True)
        if sum(max(map(cells, column)) + 1 for column in columns) - 1 <= width:
            break
    return rows, left_out


def _row(snapshot: Snapshot, now_ms: int, digits: int) -> tuple[str, ...]:
    state, pulse = snapshot.state, snapshot.pulse
    word = judge(snapshot, now_ms).health.name
    seen = NONE if pulse.minute is None else clock_text(pulse.minute)
    price = shown_price(pulse, digits)
    name = inert(snapshot.identity.symbol, SYMBOL_CELLS)
    if isinstance(state, Idle):
        return (name, word if word != "OK" else "idle", price, NONE, NONE, NONE, NONE, NONE, seen)
    signal = state.signal
    levels = (signal.price_open, signal.price_take_profit, signal.price_stop_loss)
    earned = NONE if pulse.unrealised is None else percent_text(pulse.unrealised)
    left = duration_text(signal.expires - (signal.timestamp if pulse.minute is None else pulse.minute))
    shown = state_text(state).removeprefix("open ") + ("" if word == "OK" else f" {word}")
    return (name, shown, price, *(price_text(level, digits) for level in levels), earned, left, seen)


def _column_names(names: Sequence[str], widths: Sequence[int]) -> Text:
    return Text(" ".join(map(_padded, names, names, widths)), "bold dim")


def _line(names: Sequence[str], row: Sequence[str], widths: Sequence[int], snapshot: Snapshot, word: str) -> Text:
    quiet = "dim" if isinstance(snapshot.state, Idle) else ""
    line = Text(style=_STATUS_STYLES.get(word, quiet))
    for name, text, width in zip(names, row, widths, strict=True):
        line.append(_padded(name, text, width) + " ", _colour(snapshot.pulse.unrealised or 0) if name == "PnL" else "")
    return line


def _padded(name: str, text: str, width: int) -> str:
    blank = " " * (width - cells(text))
    return text + blank if name in _ALIGNED_LEFT else blank + text


def _error_text(snapshot: Snapshot) -> Text:
    pulse = snapshot.pulse
    when = "" if pulse.error_time is None else f"{clock_text(pulse.error_time)} "
    return Text(f"  {when}{inert(pulse.error or '')}", "red")


def _event_text(event: Event) -> Text:
    signal = event.signal
    text = Text.assemble((f"{clock_text(event.time)} ", "dim"))
    text.append(f"{inert(event.symbol, SYMBOL_CELLS)} {event.action} {signal.position.value} ")
    if isinstance(event, Closed):
        text.append(f"{event.close_reason.value} ")
        earned = event.pnl.pnl_percentage
        text.append(percent_text(earned), _colour(earned))
        text.append(f" {price_text(event.pnl.price_open)} -> {price_text(event.pnl.price_close)}")
        text.append(f" in {duration_text(event.close_timestamp - signal.timestamp)}")
    else:
        levels = (signal.price_open, signal.price_take_profit, signal.price_stop_loss)
        text.append("{} TP {} SL {}".format(*map(price_text, levels)))
    text.append("".join(f" {mark}" for mark in marks(event)), "yellow")
    return text.append(f"  {inert(signal.note)}" if signal.note else "", "dim")


def _more(hidden: Sequence[Snapshot]) -> Text:
    active = sum(not isinstance(one.state, Idle) for one in hidden)
    failing = sum(bool(one.pulse.error) for one in hidden)
    said = [f"{active} with an open signal"] * bool(active) + [f"{failing} with an error"] * bool(failing)
    return Text(f"+{len(hidden)} more{': ' if said else ''}{', '.join(said)}", "bold yellow" if said else "dim")


def _rank(snapshot: Snapshot, now_ms: int) -> int:
    """0 for what needs eyes: an error or a runner that is not well; 1 for an open signal; 2 for the quiet rest."""
    if snapshot.pulse.error or judge(snapshot, now_ms).health.name in _WRONG:
        return 0
    return 2 if isinstance(snapshot.state, Idle) else 1


def _height(snapshot: Snapshot) -> int:
    return 2 if snapshot.pulse.error else 1


def _colour(percent: float) -> str:
    return "bold green" if percent > 0 else "bold red" if percent < 0 else ""


def _clipped(text: Text, width: int) -> Text:
    """`text` on one line of at most `width` cells: a line that wraps would push the table off the screen."""
    text.rstrip()
    text.truncate(width, overflow="ellipsis")
    return text
