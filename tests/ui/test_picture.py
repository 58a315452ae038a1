"""The table as a picture: sound, self-contained, and every word in its place."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from livekit_cli.core.event import Mode
from livekit_cli.core.tally import Tally
from livekit_cli.ui.look import Look
from livekit_cli.ui.picture import CELL_WIDTH, LINE_HEIGHT, MARGIN, svg
from livekit_cli.ui.styled import plain
from livekit_cli.ui.table import View, frame

SVG = "{http://www.w3.org/2000/svg}"


def drawn(view: View, now_ms: int, width: int = 100) -> tuple[list[str], ElementTree.Element]:
    """The lines of the table, and the picture of them."""
    lines = frame(view, now_ms, Look(width=width, height=40))
    return [plain(line) for line in lines], ElementTree.fromstring(svg(lines, width, 'a "title" & more'))


def lines_of(picture: ElementTree.Element) -> list[str]:
    """The text of a picture, each word put where it stands."""
    shown: dict[int, str] = {}
    for word in picture.iter(f"{SVG}text"):
        row = (int(word.attrib["y"]) - MARGIN) // LINE_HEIGHT
        at = round((float(word.attrib["x"]) - MARGIN) / CELL_WIDTH)
        shown[row] = shown.get(row, "").ljust(at) + str(word.text)
    return [shown.get(row, "") for row in range(max(shown) + 1)]


@pytest.fixture
def view(world) -> View:
    snapshots = [world.snapshot("BTCUSDT", world.open(), unrealised=0.25), world.snapshot("ETHUSDT", error="<&>")]
    return View(snapshots, Tally().plus([world.opened(), world.closed()]))


def test_it_shows_the_words_of_the_table_where_they_stand_there(world, view: View) -> None:
    lines, picture = drawn(view, world.T)
    assert lines_of(picture) == [line.rstrip() for line in lines]


def test_every_word_has_the_length_of_its_cells_and_stays_inside(world, view: View) -> None:
    _, picture = drawn(view, world.T)
    _, _, width, height = map(float, picture.attrib["viewBox"].split())
    for word in picture.iter(f"{SVG}text"):
        text = str(word.text)
        length = float(word.attrib["textLength"])
        assert text == text.strip()
        assert length == pytest.approx(len(text) * CELL_WIDTH, rel=0.01)
        assert float(word.attrib["x"]) + length <= width - MARGIN + 0.1
        assert float(word.attrib["y"]) <= height - MARGIN


def test_it_needs_nothing_from_anywhere(world, view: View) -> None:
    text = svg(frame(view, world.T, Look(width=100, height=40)), 100, "t")
    assert set(re.findall(r"https?://[^\"]*", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@font-face|@import|url\(|href|<script|<image", text)


def test_paper_and_real_money_are_told_apart_by_colour_too(world) -> None:
    grounds = {}
    for mode in Mode:
        _, picture = drawn(View([world.snapshot(mode=mode)]), world.T)
        (ground,) = [box for box in picture.iter(f"{SVG}rect") if "x" in box.attrib]
        grounds[mode] = ground.attrib["fill"]
    assert grounds[Mode.PAPER] != grounds[Mode.LIVE]


def test_hostile_text_stays_text(world) -> None:
    for text in world.hostile:
        snapshots = [world.snapshot(text, world.open(note=text), error=text)]
        lines, picture = drawn(View(snapshots, Tally().plus([world.closed(symbol=text)]), notes=(text,)), world.T)
        tags = {element.tag.removeprefix(SVG) for element in picture.iter()}
        assert tags == {"svg", "rect", "g", "text"}
        assert len(lines_of(picture)) == len(lines)
