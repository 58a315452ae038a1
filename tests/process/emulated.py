"""A terminal with one process on it, as an emulator shows it: what a person would see, and what was left behind."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyte

if TYPE_CHECKING:
    from conftest import Project, Running

CTRL_C = b"\x03"
HIDDEN_OR_ALTERNATE = re.compile(rb"\x1b\[\?[0-9;]*[hl]")
"""Any change of a private mode: a hidden cursor, the alternate screen, and all that a killed program would leave."""

TAKES_THE_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_IGN if int(sys.argv[1]) else signal.SIG_DFL)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What a shell does before it starts a program: the terminal becomes the controlling one of its session."""

SHAPES = re.compile(
    r"livekit  .*|\w+: (candles|UNAVAILABLE|LEFT) .*|"
    r"SYMBOL .*|[A-Z0-9]+ +(idle|long|short|starting|opening|closing|STOPPED|HALTED|STUCK|STALE|DEAD).*"
    r"|  \S.*|\+\d+ more.*|\d\d:\d\d [A-Z0-9]+ +(opened|closed) .*|this run.*|there is no journal .*|"
)
"""What a line of the table may look like; a line that was wrapped, or is left over from another size, does not."""


class Terminal:
    """Starts the process with the terminal as its controlling one, so that keys and sizes reach it as signals."""

    def __init__(
        self,
        project: Project,
        command: Sequence[str],
        *,
        columns: int = 80,
        lines: int = 24,
        variables: dict[str, str] | None = None,
        deaf_to_hang_up: bool = False,
        **options: Any,
    ) -> None:
        self.master, self.slave = pty.openpty()
        self._set_size(columns, lines)
        self.modes = termios.tcgetattr(self.slave)
        self.screen = pyte.HistoryScreen(columns, lines, history=10_000)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.is_gone = False
        os.set_blocking(self.master, False)
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self.running: Running = project.start_command(
            [sys.executable, "-c", TAKES_THE_TERMINAL, str(int(deaf_to_hang_up)), *command],
            **({"stdin": self.slave, "stdout": self.slave, "stderr": self.slave} | options),
            env=environment | (variables or {}),
            start_new_session=True,
        )

    def close(self) -> None:
        self.running.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the terminal's window."""
        if not self.is_gone:
            self.is_gone = True
            os.close(self.master)
            os.close(self.slave)

    def read(self) -> None:
        """Show what has been written meanwhile."""
        while True:
            try:
                written = os.read(self.master, 65536)
            except BlockingIOError:
                return
            self.raw += written
            self._stream.feed(written)

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def resize(self, columns: int, lines: int) -> None:
        self.read()
        self._set_size(columns, lines)
        self.screen.resize(lines, columns)

    def flicker(self, columns: int, lines: int) -> None:
        """Have another size for a moment, too short to be drawn in; what does not fit into it is lost."""
        self.read()
        size = self.screen.columns, self.screen.lines
        self._set_size(columns, lines)
        self._set_size(*size)
        self.screen.resize(lines, columns)
        self.screen.resize(size[1], size[0])

    @property
    def visible(self) -> list[str]:
        """The lines down to the last one with anything on it."""
        shown = [line.rstrip() for line in self.screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    @property
    def gone(self) -> list[str]:
        """What has scrolled away."""
        columns = range(self.screen.columns)
        return ["".join(line[column].data for column in columns).rstrip() for line in self.screen.history.top]

    @property
    def table(self) -> list[str]:
        """The table when it stands on the screen whole and alone, with the cursor below it; nothing otherwise."""
        self.read()
        visible = self.visible
        heads = [number for number, line in enumerate(visible) if line.startswith("livekit  ")]
        is_whole = (
            len(heads) == 1
            and visible[-1].startswith("this run")
            and sum(line.startswith("this run") for line in visible) == 1
            and all(SHAPES.fullmatch(line) for line in visible[heads[0] :])
            and (self.screen.cursor.y, self.screen.cursor.x) == (len(visible), 0)
            and all(line[-1] == " " for line in self.screen.display[heads[0] :])
        )
        return visible[heads[0] :] if is_whole else []

    @property
    def above(self) -> list[str]:
        """The lines before the table, those that have scrolled away included."""
        everything = self.gone + self.visible
        return everything[: max(number for number, line in enumerate(everything) if line.startswith("livekit  "))]

    def check_usable(self) -> None:
        """What a shell finds afterwards: the modes that were there before, the cursor visible on a line of its own."""
        self.read()
        assert termios.tcgetattr(self.slave) == self.modes
        assert not HIDDEN_OR_ALTERNATE.search(self.raw)
        assert not self.screen.cursor.hidden
        assert self.screen.cursor.x == 0
        assert not "".join(self.screen.display[self.screen.cursor.y :]).strip()

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
