"""What a candle file may look like, and what is said of one that is wrong."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.adapters.csv_file import CsvFeed, read_candles
from livekit_cli.core.candle import MINUTE_MS, Candle, Candles
from livekit_cli.core.errors import ConfigError, FeedError
from livekit_cli.core.history import History

HEADER = "timestamp,open,high,low,close,volume"
T = 1_772_409_600_000
ROWS = [f"{T},10,12,9,11,5", f"{T + MINUTE_MS},11,11.5,10.5,11,0", f"{T + 3 * MINUTE_MS},11,13,11,12.5,1e-3"]
CANDLES = Candles.of(
    [
        Candle(T, 10, 12, 9, 11, 5),
        Candle(T + MINUTE_MS, 11, 11.5, 10.5, 11, 0),
        Candle(T + 3 * MINUTE_MS, 11, 13, 11, 12.5, 0.001),
    ]
)


def write(folder: Path, *lines: str, end: str = "\n") -> Path:
    path = folder / "candles.csv"
    path.write_bytes(end.join([*lines, ""]).encode())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_candles(path)
    assert caught.value.exit_code == 78
    return str(caught.value)


def test_a_file_is_read_with_its_gaps(tmp_path: Path) -> None:
    assert read_candles(write(tmp_path, HEADER, *ROWS)) == CANDLES


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(tmp_path: Path, end: str) -> None:
    assert read_candles(write(tmp_path, HEADER, *ROWS, end=end)) == CANDLES


def test_columns_may_stand_in_any_order_and_case_among_others(tmp_path: Path) -> None:
    lines = ["Note, CLOSE ,Timestamp,volume,low,high,open,taker_volume"]
    lines += [f"fünf_6,{c.close},{c.timestamp},{c.volume},{c.low},{c.high},{c.open}," for c in CANDLES]
    assert read_candles(write(tmp_path, *lines)) == CANDLES


def test_byte_order_mark_quotes_and_blank_lines_are_tolerated(tmp_path: Path) -> None:
    quoted = [",".join(f'"{field}"' for field in row.split(",")) for row in ROWS]
    header = "\ufeff" + ",".join(f'"{field}"' for field in HEADER.split(","))
    assert read_candles(write(tmp_path, header, quoted[0], "", *quoted[1:], "", "")) == CANDLES


def test_a_long_file_is_read_whole(tmp_path: Path) -> None:
    candles = Candles.of([(T + i * MINUTE_MS, 1 + i / 3, 9e9, 0.1, 2 + i / 7, i % 5) for i in range(2000)])
    assert read_candles(write(tmp_path, HEADER, *(",".join(map(repr, candle)) for candle in candles))) == candles


@pytest.mark.parametrize(
    ("row", "where", "said"),
    [
        (f"{T // 1000 + 240},11,13,11,12,1", "5:1", "looks like seconds; expected milliseconds"),
        (f"{T}000,11,13,11,12,1", "5:1", "looks like microseconds; expected milliseconds"),
        (f"{T}000000,11,13,11,12,1", "5:1", "looks like nanoseconds; expected milliseconds"),
        (f"{T}0000000000000,11,13,11,12,1", "5:1", "expected whole epoch milliseconds"),
        ("2026-03-02 00:04,11,13,11,12,1", "5:1", "looks like a date"),
        ("1.7724E+12,11,13,11,12,1", "5:1", "rounded by a spreadsheet"),
        (f"{T + 240_001},11,13,11,12,1", "5:1", "is not a whole minute"),
        ("-60000,11,13,11,12,1", "5:1", "not negative"),
        (f"{T + 180_000},11,13,11,12,1", "5:1", "is there twice"),
        (f"{T + 120_000},11,13,11,12,1", "5:1", "expected rows sorted, the oldest first"),
        (f"{T + 240_000},abc,13,11,12,1", "5:15", "open is 'abc'; expected a finite number"),
        (f"{T + 240_000},11,,11,12,1", "5:18", "high is ''; expected a finite number"),
        (f"{T + 240_000},11,nan,11,12,1", "5:18", "high is 'nan'; expected a finite number"),
        (f"{T + 240_000},11,13,11,12,inf", "5:27", "volume is 'inf'; expected a finite number"),
        (f"{T + 240_000},11,1_3,11,12,1", "5:18", "high is '1_3'; expected a finite number"),
        (f"{T + 240_000},11,１３,11,12,1", "5:18", "high is '１３'; expected a finite number"),
        (f"{T + 240_000},11,1e999,11,12,1", "5:18", "high is inf; expected a finite price above 0"),
        (f"{T + 240_000},11,13,0,12,1", "5:21", "low is 0.0; expected a finite price above 0"),
        (f"{T + 240_000},-11,13,11,12,1", "5:15", "open is -11.0; expected a finite price above 0"),
        (f"{T + 240_000},11,11.5,11,12,1", "5:18", "high 11.5 is below open 11.0 or close 12.0"),
        (f"{T + 240_000},11,13,11.5,12,1", "5:21", "low 11.5 is above open 11.0 or close 12.0"),
        (f"{T + 240_000},11,13,11,12,-1", "5:27", "volume is -1.0; expected a finite number, 0 or more"),
        (f'"{T + 240_000}","11",13,11,12,x', "5:31", "volume is 'x'"),
        (f"{T + 240_000},11,13,11,12", "5", "5 fields; expected 6"),
        (f"{T + 240_000},11,13,11,12,1,2", "5", "7 fields; expected 6"),
        (f'{T + 240_000},11,13,11,12,"1', "5", "expected a row of CSV"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(tmp_path: Path, row: str, where: str, said: str) -> None:
    path = write(tmp_path, HEADER, *ROWS, row)
    assert refusal(path).startswith(f"{path}:{where}: ")
    assert said in refusal(path)


def test_rows_that_are_short_and_long_by_turns_are_not_read_across_each_other(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, f"{T},10,12,9,11", f"5,{T + MINUTE_MS},11,12,9,11,5")
    assert "5 fields; expected 6" in refusal(path)


def test_disorder_is_found_wherever_it_stands(tmp_path: Path) -> None:
    for bad in (1, 511, 512, 513, 1024, 1499):
        minutes = [*range(bad), bad - 1, *range(bad, 1500)]
        path = write(tmp_path, HEADER, *(f"{T + m * MINUTE_MS},1,1,1,1,1" for m in minutes))
        assert f"{path}:{bad + 2}:1: timestamp {T + (bad - 1) * MINUTE_MS} is there twice" in refusal(path)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("time,open,high,low,close,volume", "no column timestamp among .*; is it 'time'?"),
        ("timestamp,open,high,low,close,vol", "no column volume among .*; is it 'vol'?"),
        ("timestamp,open,high,low,close,volume,Open", "names open 2 times"),
        ("timestamp;open;high;low;close;volume", "look separated by ';'"),
        (ROWS[0], "there is no header, the file begins with numbers"),
        ('"timestamp', "expected a header naming timestamp, open"),
    ],
)
def test_a_wrong_header_is_said_with_the_nearest_one(tmp_path: Path, header: str, said: str) -> None:
    path = write(tmp_path, header, *ROWS)
    message = refusal(path)
    assert message.startswith(f"{path}:1: ")
    assert all(part in message for part in said.split(".*"))


def test_a_file_without_candles_is_refused(tmp_path: Path) -> None:
    assert "a header and no candles" in refusal(write(tmp_path, HEADER))
    assert "is empty" in refusal(write(tmp_path, "", " ", ""))
    (tmp_path / "nothing.csv").touch()
    assert "is empty" in refusal(tmp_path / "nothing.csv")


def test_what_is_no_file_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, *ROWS)
    assert f"did you mean {path}?" in refusal(tmp_path / "candle.csv")
    assert "no such file" in refusal(tmp_path / "no" / "where.csv")
    assert "is a directory" in refusal(tmp_path)
    assert "is no file name" in refusal(Path("a\0b.csv"))
    assert "cannot be read" in refusal(path / "below.csv")


def test_bytes_that_are_no_text_are_refused_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    path.write_bytes(f"{HEADER}\n{ROWS[0]}\n12".encode() + b"\xff3,1")
    assert refusal(path).startswith(f"{path}:3:3: byte 0xff is not UTF-8")
    path.write_bytes(f"{HEADER}\n12".encode() + b"\0")
    assert refusal(path).startswith(f"{path}:2:3: a zero byte")


@given(st.binary(max_size=200))
def test_no_bytes_whatever_cause_another_error(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.csv"
    for raw in (junk, HEADER.encode() + b"\n" + junk, f"{HEADER}\n{ROWS[0]}\n".encode() + junk):
        path.write_bytes(raw)
        with suppress(ConfigError):
            read_candles(path)


def test_the_feed_gives_the_closed_candles_of_its_symbol_only(tmp_path: Path) -> None:
    feed = CsvFeed("BTCUSDT", History(read_candles(write(tmp_path, HEADER, *ROWS))))
    until = T + 4 * MINUTE_MS - 1
    assert asyncio.run(feed.candles("BTCUSDT", "1m", until, 5)) == CANDLES[:2]
    assert asyncio.run(feed.candles("BTCUSDT", "1m", until + 1, 2)) == CANDLES[1:]
    with pytest.raises(FeedError, match="of BTCUSDT; there are none of ETHUSDT"):
        asyncio.run(feed.candles("ETHUSDT", "1m", until, 5))


def test_candles_of_a_longer_timeframe_are_not_taken_for_minutes(tmp_path: Path) -> None:
    path = tmp_path / "five.csv"
    rows = "".join(f"{1_772_409_600_000 + number * 300_000},1,1,1,1,1\n" for number in range(10))
    path.write_text("timestamp,open,high,low,close,volume\n" + rows)
    with pytest.raises(ConfigError, match=r"five\.csv: the candles are 5 minutes apart or more; expected 1m candles"):
        read_candles(path)
