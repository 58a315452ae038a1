from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from livekit_cli.core.inert import MARKS_IN_A_ROW, cells, cut, inert
from livekit_cli.ui.inert import inert_markdown

NASTY = (
    "\x00\x07\x1b\x7f\x85\x9b\n\r\t\u00ad\u061c\u200b\u200d\u200e\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\ud800\udfff"
)
anything = st.text(st.characters(exclude_categories=()) | st.sampled_from(NASTY + "|\\`*_[]<>#&~$:/w.!\u0301\ufe0f"))
markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def cell_words(row: str) -> list[str]:
    """What a markdown reader shows in each cell of the only row of a table; fails when markup was rendered."""
    width = 2
    tokens = markdown.parse("| a | b |\n| --- | --- |\n" + row + "\n")
    assert {token.type.partition("_")[0] for token in tokens} <= {"table", "thead", "tbody", "tr", "th", "td", "inline"}
    shown = [token for token in tokens if token.type == "inline"][width:]
    for token in shown:
        assert all(child.type in ("text", "text_special") for child in token.children or [])
    return ["".join(child.content for child in token.children or []) for token in shown]


@given(anything)
def test_nothing_unprintable_survives(text: str) -> None:
    assert inert(text).isprintable()
    inert(text).encode("utf-8")


@given(anything)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert inert(inert(text)) == inert(text)


@given(anything, st.integers(0, 40))
def test_a_cut_never_exceeds_its_width(text: str, width: int) -> None:
    shown = inert(text, width)
    assert cells(shown) <= width
    assert shown == inert(text) or shown.endswith("…") or width == 0


@given(anything)
def test_a_markdown_cell_shows_the_inert_text_and_renders_nothing(text: str) -> None:
    row = f"| {inert_markdown(text)} | next |"
    assert cell_words(row) == [inert(text).strip(" "), "next"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("30m high", "30m high"),
        ("a\nb\tc\rd", "a b c d"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b2J", "\\x9b2J"),
        ("\x7f", "\\x7f"),
        ("\u202egnp", "\\u202egnp"),
        ("a\u200bb", "a\\u200bb"),
        ("a\u2028b", "a\\u2028b"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("\u3164", "\\u3164"),
        ("no\u00a0break", "no break"),
        ("⚠\ufe0f hot", "⚠ hot"),
        ("漢字 é 🙂", "漢字 é 🙂"),
    ],
)
def test_what_is_dangerous_is_spelled_out_and_the_rest_stays_readable(text: str, shown: str) -> None:
    assert inert(text) == shown


def test_a_pile_of_accents_is_spelled_out_after_the_first_few() -> None:
    assert inert("a" + "\u0316" * (MARKS_IN_A_ROW + 1)) == "a" + "\u0316" * MARKS_IN_A_ROW + "\\u0316"


def test_wide_characters_count_twice_in_a_cut() -> None:
    assert cut("漢字漢字", 5) == "漢字…"
    assert cut("漢字", 4) == "漢字"
    assert cells("漢字é") == 5


def test_our_cells_are_those_of_the_terminal_library() -> None:
    for text in ("plain", "漢字", "é", "🙂", "…", "ｆｕｌｌ"):
        assert cells(text) == cell_len(text)


def test_addresses_do_not_become_links() -> None:
    assert inert_markdown("see https://a.b and www.a.b") == "see https\\://a.b and www\\.a.b"
