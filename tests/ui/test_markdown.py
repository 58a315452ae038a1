from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt

from livekit_cli.core.event import CloseReason, Mode, replayed
from livekit_cli.core.results import results
from livekit_cli.ui.inert import inert
from livekit_cli.ui.markdown import COLUMNS
from livekit_cli.ui.markdown import report as markdown

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def report(strategy: str, events: list[Any], open_now: list[Any] = [], notes: list[str] = [], **more: Any) -> str:  # noqa: B006
    return markdown(results(strategy, events, open_now, notes, **more))


def tables(text: str) -> list[list[list[str]]]:
    """Every table of a markdown text: rows of cells, as a reader shows them."""
    found: list[list[list[str]]] = []
    tokens = READER.parse(text)
    for i, token in enumerate(tokens):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("th_open", "td_open"):
            found[-1][-1].append("".join(child.content for child in tokens[i + 1].children or []))
    return found


def test_the_event_table_has_the_documented_columns_and_a_row_per_event(world) -> None:
    table = tables(report("breakout", [world.opened(), world.closed()], []))[-1]
    assert table[0] == list(COLUMNS)
    opened = ["2026-03-02T00:11:00Z", "opened", "BTCUSDT", "sig1", "long", "30m high"]
    closed = ["2026-03-02T00:23:00Z", "closed", "BTCUSDT", "sig1", "long", "30m high"]
    assert table[1] == [*opened, "100.02", "100", "101", "99.5", "-", "-", "-"]
    assert table[2] == [*closed, "101.2", "100", "101", "99.5", "+0.60%", "take_profit", "12"]


def test_the_head_says_how_it_went(world) -> None:
    closes = [world.closed(1, 2.0), world.closed(2, -1.0, close_reason=CloseReason.STOP_LOSS), world.closed(3, 3.0)]
    text = report("breakout", [*map(world.opened, (1, 2, 3)), *closes], [])
    assert text.startswith("# Report: breakout\n")
    for line in (
        "- Mode: PAPER",
        "- Exchange: demo",
        "- Period: 2026-03-02T00:11:00Z to 2026-03-02T00:23:00Z",
        "- Total events: 6",
        "- Closed signals: 3",
        "- Win rate: 66.67% (2W/1L)",
        "- Average PNL: +1.33%",
        "- Total PNL: +4.00%",
        "- Profit factor: 5.00",
        "- Expectancy: +1.33%",
        "- Largest drawdown: 1.00%",
        "- Best signal: +3.00% (BTCUSDT, sig3)",
        "- Worst signal: -1.00% (BTCUSDT, sig2)",
        "- Longest streaks: 1 win, 1 loss",
        "- Average duration: 12.0 min",
        "- Costs: -1.00%",
        "- Total PNL before costs: +3.00%",
    ):
        assert f"\n{line}\n" in text


def test_each_symbol_has_a_line(world) -> None:
    events = [world.closed(1, 2.0), world.closed(2, -1.0, symbol="ADAUSDT")]
    rows = tables(report("breakout", events, []))[0]
    assert rows[1:] == [
        ["ADAUSDT", "1", "0W/1L", "0.00%", "-1.00%", "-1.00%", "1.00%"],
        ["BTCUSDT", "1", "1W/0L", "100.00%", "+2.00%", "+2.00%", "0.00%"],
    ]


def test_what_is_open_now_is_listed_and_what_is_idle_is_not(world) -> None:
    snapshots = [
        world.snapshot("BTCUSDT", world.open(), unrealised=0.25),
        world.snapshot("ETHUSDT"),
        world.snapshot("ADAUSDT", world.closing()),
    ]
    rows = tables(report("breakout", [world.opened()], snapshots))[1]
    levels = ["100", "101", "99.5", "2026-03-02T00:11:00Z", "100.5"]
    assert rows[1:] == [
        ["BTCUSDT", "open", "sig1", "long", *levels, "+0.25%", "2026-03-02T00:11Z"],
        ["ADAUSDT", "closing", "sig1", "short", *levels, "-", "2026-03-02T00:11Z"],
    ]


def test_without_events_the_report_says_so_plainly(world) -> None:
    text = report("breakout", [], [])
    assert "No events yet" in text
    assert "Nothing is open." in text
    assert tables(text) == []


def test_a_signal_that_was_never_closed_leaves_the_averages_blank(world) -> None:
    text = report("breakout", [world.opened()], [])
    assert "- Win rate: - (0W/0L)" in text
    assert "- Total PNL: -\n" in text


def test_notes_stand_above_everything_else(world) -> None:
    text = report("breakout", [world.opened()], [], ["the journal of BTCUSDT is damaged at line 7"])
    assert text.splitlines()[2] == "> **Note:** the journal of BTCUSDT is damaged at line 7"


def test_an_event_that_came_twice_is_shown_once(world) -> None:
    events = [world.opened(), replayed(world.opened()), world.closed()]
    assert len(tables(report("breakout", events, []))[-1]) == 1 + 2


def test_a_close_found_after_a_gap_says_so(world) -> None:
    assert "30m high (recovered)" in report("breakout", [world.closed(recovered=True)], [])


def test_real_money_cannot_be_taken_for_paper(world) -> None:
    assert "- Mode: LIVE\n" in report("breakout", [world.opened(mode=Mode.LIVE)], [])
    assert "- Mode: LIVE and PAPER\n" in report("breakout", [world.opened(), world.opened(2, mode=Mode.LIVE)], [])


def test_hostile_text_is_shown_as_it_is_and_breaks_nothing(world, harmless) -> None:
    for text in world.hostile:
        signal = world.signal(note=text, id=text)
        event = world.closed(signal=signal, symbol=text, exchange_name=text)
        shown = report(text, [event], [world.snapshot(text, world.open(note=text))], [text])
        assert all(map(harmless, shown.splitlines()))
        row = tables(shown)[-1][1]
        assert len(row) == len(COLUMNS)
        assert row[2:4] == [inert(text).strip()] * 2
        assert row[10:] == ["+0.60%", "take_profit", "12"]
        kinds = {child.type for token in READER.parse(shown) for child in token.children or []}
        assert kinds <= {"text", "text_special", "strong_open", "strong_close", "softbreak"}
