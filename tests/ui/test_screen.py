"""What is written to a terminal to change the lines on it, judged by an emulated one."""

from __future__ import annotations

import random

import pyte
import pytest

from livekit_cli.ui.screen import Screen


class Emulator:
    """A terminal of so many columns and lines, with a shell's prompt on it, and a screen that writes to it."""

    def __init__(self, columns: int = 20, lines: int = 8) -> None:
        self.terminal = pyte.HistoryScreen(columns, lines, history=500)
        self.stream = pyte.Stream(self.terminal)
        self.screen = Screen()
        self.written = ""

    def show(self, *lines: str, above: tuple[str, ...] = ()) -> None:
        self.written = self.screen.change(lines, (self.terminal.columns, self.terminal.lines), above)
        self.stream.feed(self.written)

    @property
    def lines(self) -> list[str]:
        shown = [line.rstrip() for line in self.terminal.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    @property
    def everything(self) -> list[str]:
        """What has scrolled away, too."""
        columns = range(self.terminal.columns)
        gone = ["".join(line[column].data for column in columns).rstrip() for line in self.terminal.history.top]
        return gone + self.lines

    @property
    def cursor(self) -> tuple[int, int]:
        return self.terminal.cursor.y, self.terminal.cursor.x


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


def test_the_lines_begin_where_the_cursor_was_and_it_ends_below_them(emulator: Emulator) -> None:
    emulator.stream.feed("$ livekit run\r\n")
    emulator.show("head", "row", "foot")
    assert emulator.lines == ["$ livekit run", "head", "row", "foot"]
    assert emulator.cursor == (4, 0)


def test_only_the_lines_that_changed_are_written(emulator: Emulator) -> None:
    emulator.show("head 1", "row", "foot")
    emulator.show("head 2", "row", "foot")
    assert emulator.lines == ["head 2", "row", "foot"]
    assert "row" not in emulator.written
    assert "foot" not in emulator.written
    emulator.show("head 2", "row", "foot")
    assert emulator.written == ""
    assert emulator.cursor == (3, 0)


def test_a_shorter_line_and_fewer_lines_leave_nothing_behind(emulator: Emulator) -> None:
    emulator.show("a long head", "row", "another", "foot")
    emulator.show("head", "foot")
    assert emulator.lines == ["head", "foot"]
    assert emulator.cursor == (2, 0)


def test_at_the_bottom_it_grows_by_scrolling(emulator: Emulator) -> None:
    emulator.stream.feed("\r\n" * 7)
    emulator.show("head", "foot")
    emulator.show("head", "row", "row", "foot")
    assert emulator.lines == ["", "", "", "head", "row", "row", "foot"]
    assert emulator.cursor == (7, 0)


def test_what_is_printed_stands_above_whole_and_in_turn(emulator: Emulator) -> None:
    emulator.show("head", "row", "foot")
    printed = [f"line{number}:" + "x" * number for number in range(30)]
    for line in printed:
        emulator.show("head", "row", "foot", above=(line,))
    assert emulator.lines[-3:] == ["head", "row", "foot"]
    text = "\n".join(emulator.everything[:-3])
    assert text.replace("\n", "") == "".join(printed), "lines longer than the terminal go on in the next one"
    assert emulator.cursor == (7, 0)


def test_a_line_as_wide_as_the_terminal_leaves_no_gap(emulator: Emulator) -> None:
    emulator.show("head", "foot", above=("x" * 20, "y" * 40))
    assert emulator.lines == ["x" * 20, "y" * 20, "y" * 20, "head", "foot"]


@pytest.mark.parametrize(("columns", "lines"), [(10, 8), (40, 8), (20, 5), (20, 30), (9, 4)])
def test_after_another_size_nothing_old_is_left(emulator: Emulator, columns: int, lines: int) -> None:
    emulator.stream.feed("$ prompt\r\n" * 9)
    emulator.show("an old head", "an old row", "an old foot")
    emulator.terminal.resize(lines, columns)
    emulator.show("head", "foot")
    assert emulator.lines == ["head", "foot"]
    assert emulator.cursor == (2, 0)


def test_a_size_that_came_and_went_is_a_resize_when_it_is_told(emulator: Emulator) -> None:
    emulator.show("head", "row", "foot")
    emulator.stream.feed("\x1b[3;5Hgarbage")
    emulator.screen.start_afresh()
    emulator.show("head", "row", "foot")
    assert emulator.lines == ["head", "row", "foot"]


def test_after_a_shell_in_between_it_begins_below(emulator: Emulator) -> None:
    emulator.show("head", "foot")
    emulator.stream.feed("^Z\r\n$ fg\r\n")
    emulator.screen.start_below()
    emulator.show("head", "foot")
    assert emulator.lines == ["head", "foot", "^Z", "$ fg", "head", "foot"]


def test_what_was_typed_is_wiped_off_with_the_next_change(emulator: Emulator) -> None:
    emulator.show("head 1", "foot")
    emulator.stream.feed("^C")
    emulator.show("head 2", "foot")
    assert emulator.lines == ["head 2", "foot"]
    assert emulator.cursor == (2, 0)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_in_turn_the_newest_lines_stand_last_and_whole(seed: int) -> None:
    chance = random.Random(seed)
    emulator = Emulator(chance.randrange(12, 60), chance.randrange(4, 30))
    printed = 0
    for _ in range(200):
        if chance.random() < 0.1:
            emulator.terminal.resize(chance.randrange(4, 30), chance.randrange(12, 60))
        room, width = emulator.terminal.lines - 1, emulator.terminal.columns - 1
        lines = [f"{chance.randrange(5)}" * chance.randrange(width + 1) for _ in range(chance.randrange(room + 1))]
        above = [f"log {(printed := printed + 1)}" for _ in range(chance.randrange(3) * (chance.random() < 0.3))]
        emulator.show(*lines, above=tuple(above))
        bottom = emulator.terminal.cursor.y
        shown = [line.rstrip() for line in emulator.terminal.display]
        assert shown[bottom - len(lines) : bottom] == lines
        assert not any(shown[bottom:])
        assert emulator.cursor[1] == 0


def test_no_mode_of_the_terminal_is_ever_touched(emulator: Emulator) -> None:
    before = set(emulator.terminal.mode)
    emulator.show("head", "foot", above=("log",))
    emulator.terminal.resize(5, 9)
    emulator.show("head", above=("log",))
    assert emulator.terminal.mode == before
    assert not emulator.terminal.cursor.hidden
    assert "\x1b[?" not in emulator.written
