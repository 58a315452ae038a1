"""From a request to what runs: where time starts, which candles are seen, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from livekit_cli import ConfigError, Live, Market, Proposal, Strategy, UsageError
from livekit_cli import exchanges as exchanges_module
from livekit_cli.adapters.clock import ReplayClock, WallClock, wall_ms
from livekit_cli.adapters.records import read_record
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.exchanges import DEMO_SPAN_MINUTES
from livekit_cli.testing import START, candles
from livekit_cli.wiring import Desk, Request, desks, replay

MINUTES = 30
FAST = 1e9


class Brisk(Strategy):
    """Always in the market, three minutes at a time."""

    minutes: int = 3

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=1, stop_loss=1, minutes=self.minutes)


def written(path: Path, closes: Iterable[float]) -> Path:
    rows = [",".join(map(repr, candle)) for candle in candles(closes)]
    path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    return path


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    return written(tmp_path / "candles.csv", [100.0] * MINUTES)


def request(folder: Path, *symbols: str, **more: Any) -> Request:
    return Request(**({"symbols": symbols or ("BTCUSDT",), "strategy": Brisk, "project": folder} | more))


def first_minute(desk: Desk) -> int | None:
    """The minute that a run would evaluate first."""

    async def asked() -> int | None:
        runner = await desk.open(lambda _event, acknowledge: acknowledge())
        after = runner.snapshot.pulse.minute
        runner.close()
        async with asyncio.timeout(30):
            return await desk.clock.next_minute(after)

    return asyncio.run(asked())


def run(folder: Path, count: int, symbol: str = "BTCUSDT", **options: Any) -> int:
    """Run until so many events have been had; the minute evaluated last."""

    async def consumed() -> None:
        events = Live.run(symbol, strategy=Brisk, speed=FAST, project=folder, **options)
        for _ in range(count):
            await anext(events)
        await events.aclose()

    asyncio.run(consumed())
    (path,) = (folder / "data" / "signal" / "paper").glob(f"*-brisk-{symbol}.jsonl")
    finished = read_record(path).finished
    assert finished is not None
    return finished


def last_minute_on_the_wall() -> int:
    return wall_ms() // MINUTE_MS * MINUTE_MS


# ---- where time starts


def test_a_fresh_demo_market_goes_by_the_wall_clock(tmp_path: Path) -> None:
    (desk,) = desks(request(tmp_path))
    assert isinstance(desk.clock, WallClock)
    before = last_minute_on_the_wall()
    minute = first_minute(desk)
    assert minute is not None
    assert before <= minute <= last_minute_on_the_wall()


def test_a_fast_demo_market_starts_at_the_present(tmp_path: Path) -> None:
    before = last_minute_on_the_wall()
    (desk,) = desks(request(tmp_path, speed=600.0))
    assert isinstance(desk.clock, ReplayClock)
    minute = first_minute(desk)
    assert minute is not None
    assert before <= minute <= last_minute_on_the_wall()


@pytest.mark.parametrize("speed", [None, 1.0, 600.0])
def test_a_demo_market_that_ran_ahead_of_the_wall_clock_goes_on_where_it_was(
    tmp_path: Path, speed: float | None
) -> None:
    finished = run(tmp_path, 9)
    assert finished > wall_ms() + 10 * MINUTE_MS
    (desk,) = desks(request(tmp_path, speed=speed))
    assert isinstance(desk.clock, ReplayClock)
    assert first_minute(desk) == finished + MINUTE_MS


def test_a_demo_market_behind_the_wall_clock_has_a_gap_at_the_real_speed_and_none_at_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as past:
        past.setattr(exchanges_module, "wall_ms", lambda: START + 30_000)
        finished = run(tmp_path, 3)
    assert START < finished < START + 1440 * MINUTE_MS
    (real,), (fast,) = desks(request(tmp_path)), desks(request(tmp_path, speed=600.0))
    assert isinstance(real.clock, WallClock)
    assert first_minute(fast) == finished + MINUTE_MS


def test_once_on_the_wall_clock_does_not_wait_for_a_minute(tmp_path: Path) -> None:
    (desk,) = desks(request(tmp_path, once=True))

    async def asked() -> int | None:
        async with asyncio.timeout(30):
            return await desk.clock.next_minute(wall_ms() + 10 * MINUTE_MS)

    assert asyncio.run(asked()) is None


def test_recorded_candles_start_with_the_close_of_the_first(tmp_path: Path, recorded: Path) -> None:
    (desk,) = desks(request(tmp_path, candles=recorded, speed=FAST))
    assert first_minute(desk) == START + MINUTE_MS


def test_recorded_candles_go_on_where_the_run_stopped(tmp_path: Path, recorded: Path) -> None:
    finished = run(tmp_path, 3, candles=recorded)
    assert START < finished <= START + MINUTES * MINUTE_MS
    (desk,) = desks(request(tmp_path, candles=recorded, speed=FAST))
    following = finished + MINUTE_MS
    assert first_minute(desk) == (following if following <= START + MINUTES * MINUTE_MS else None)


def test_recorded_candles_that_were_all_seen_end_at_once_and_go_on_when_the_file_grows(
    tmp_path: Path, recorded: Path
) -> None:
    asyncio.run(_to_the_end(tmp_path, recorded))
    (desk,) = desks(request(tmp_path, candles=recorded))
    assert first_minute(desk) is None
    written(recorded, [100.0] * (MINUTES + 5))
    (desk,) = desks(request(tmp_path, candles=recorded))
    assert first_minute(desk) == START + (MINUTES + 1) * MINUTE_MS


async def _to_the_end(folder: Path, recorded: Path) -> None:
    async for _ in Live.run("BTCUSDT", strategy=Brisk, candles=recorded, speed=FAST, project=folder):
        continue


def test_symbols_share_one_clock_and_it_goes_on_from_the_newest(tmp_path: Path) -> None:
    finished = max(run(tmp_path, 3, "BTCUSDT"), run(tmp_path, 9, "ETHUSDT"))
    first, second, third = desks(request(tmp_path, "BTCUSDT", "ETHUSDT", "SOLUSDT", speed=600.0))
    assert first.clock is second.clock is third.clock
    assert first_minute(third) == finished + MINUTE_MS


# ---- what is made


def test_nothing_is_written_before_a_desk_is_opened(tmp_path: Path, recorded: Path) -> None:
    desks(request(tmp_path, candles=recorded))
    desks(request(tmp_path, "A", "B"))
    assert not (tmp_path / "data").exists()


def test_each_symbol_and_each_restart_has_a_strategy_object_of_its_own(tmp_path: Path) -> None:
    first, second = desks(request(tmp_path, "A", "B", settings={"minutes": "7"}))
    made: list[Any] = [first.make(), first.make(), second.make()]
    assert len({id(one) for one in made}) == 3
    assert [one.minutes for one in made] == [7, 7, 7]


def test_the_exchange_of_recorded_candles_is_csv(tmp_path: Path, recorded: Path) -> None:
    (desk,) = desks(request(tmp_path, candles=recorded))
    assert (desk.identity.exchange, desk.identity.strategy, desk.identity.mode) == ("csv", "brisk", "paper")
    assert desk.data == tmp_path / "data"


def test_every_symbol_has_files_of_its_own(tmp_path: Path) -> None:
    symbols = ("BTCUSDT", "ETH/USDT", "SOL/USDT:USDT", "btcusdt.p")

    async def opened() -> None:
        for desk in desks(request(tmp_path, *symbols)):
            (await desk.open(lambda _event, acknowledge: acknowledge())).close()

    asyncio.run(opened())
    assert {path.name for path in (tmp_path / "data" / "signal" / "paper").glob("*.jsonl")} == {
        "demo-brisk-BTCUSDT.jsonl",
        "demo-brisk-ETH_USDT.jsonl",
        "demo-brisk-SOL_USDT_USDT.jsonl",
        "demo-brisk-BTCUSDT.P.jsonl",
    }


# ---- what is refused


@pytest.mark.parametrize(
    ("symbols", "more", "error", "says"),
    [
        ((), {"symbols": ()}, UsageError, "no symbol given, expected for example BTCUSDT"),
        (("A", "A"), {}, UsageError, "the symbol A is given twice"),
        (("BTC/USDT", "BTC:USDT"), {}, UsageError, "BTC/USDT and BTC:USDT would share the journal demo-brisk-BTC_USDT"),
        (("BTC-USDT", "BTC_USDT"), {}, UsageError, "would share the journal"),
        (("BTCUSDT", "btc/usdt"), {}, UsageError, "BTCUSDT and BTC/USDT would share the journal demo-brisk-BTCUSDT.js"),
        (("BTCUSDT", "btcusdt"), {}, UsageError, "the symbol BTCUSDT is given twice"),
        (("A",), {"speed": 0.0}, UsageError, "expected a number above 0"),
        (("A",), {"speed": -3.0}, UsageError, "expected a number above 0"),
        (("A",), {"speed": float("inf")}, UsageError, "expected a number above 0"),
        (("A",), {"speed": float("nan")}, UsageError, "expected a number above 0"),
        (("A",), {"exchange": "csv"}, UsageError, "needs a file of candles"),
        (
            ("A",),
            {"exchange": "binnance"},
            UsageError,
            "no exchange 'binnance'; there are csv, demo, and the ",
        ),
        (("A",), {"exchange": "binnance"}, UsageError, "did you mean 'binance'"),
        (("BTCUSDT", "BTC/USDT"), {"exchange": "binance"}, UsageError, "the symbol BTCUSDT is given twice"),
        (("BTC/USDT:USDT",), {"exchange": "binance"}, UsageError, "needs `market: swap`"),
        (("A",), {"exchange": "binance", "speed": 60.0}, UsageError, "nobody can make go 60 times faster"),
        (("A",), {"exchange": "-"}, UsageError, "no exchange '-'"),
        (("A",), {"candles": Path("nowhere.csv")}, ConfigError, "there is no such file"),
        (("A",), {"strategy": Strategy}, ConfigError, "Strategy has no get_signal; expected `async def get_signal"),
        (("A",), {"strategy": object()}, UsageError, "expected a class like `class Mine"),
        (("A",), {"strategy": Brisk(), "settings": {"minutes": "3"}}, UsageError, "has its parameters already"),
        (("A",), {"settings": {"minutes": "x"}}, ConfigError, "Brisk.minutes is 'x', expected int"),
    ],
)
def test_what_cannot_run_is_refused(
    tmp_path: Path, symbols: tuple[str, ...], more: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as caught:
        desks(request(tmp_path, *symbols, **more))
    assert says in str(caught.value)
    assert not (tmp_path / "data").exists()


def test_one_file_is_one_symbol(tmp_path: Path, recorded: Path) -> None:
    with pytest.raises(UsageError, match=r"candles\.csv has the candles of one symbol, 2 were given"):
        desks(request(tmp_path, "A", "B", candles=recorded))


# ---- backtests


def test_a_backtest_of_a_file_sees_it_whole_or_from_start_to_end(tmp_path: Path, recorded: Path) -> None:
    def span(**more: Any) -> tuple[int, int]:
        _, start, end = replay(request(tmp_path, candles=recorded, **more))
        return (start - START) // MINUTE_MS, (end - START) // MINUTE_MS

    assert span() == (1, MINUTES)
    assert span(start=START + 3 * MINUTE_MS, end=START + 5 * MINUTE_MS) == (3, 5)
    assert span(start=0, end=START * 2) == (1, MINUTES)
    assert span(start=START + 5 * MINUTE_MS, end=START + 5 * MINUTE_MS) == (5, 5)
    with pytest.raises(UsageError, match=r"no candle between --from and --to; .*csv has those from 2026-01-01"):
        span(start=START + 6 * MINUTE_MS, end=START + 5 * MINUTE_MS)


def test_a_backtest_on_the_demo_market_covers_thirty_days_unless_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanges_module, "wall_ms", lambda: START + 30_000)
    _, start, end = replay(request(tmp_path))
    assert (start, end) == (START - DEMO_SPAN_MINUTES * MINUTE_MS, START)
    _, start, end = replay(request(tmp_path, start=START - 5 * MINUTE_MS))
    assert (start, end) == (START - 5 * MINUTE_MS, START)
    with pytest.raises(UsageError, match="no candle between --from and --to; the demo market has those from"):
        replay(request(tmp_path, start=START + MINUTE_MS))


def test_a_journal_does_not_go_on_with_other_candles(tmp_path: Path, recorded: Path) -> None:
    run(tmp_path, 4, candles=recorded)
    other = written(tmp_path / "other.csv", [200.0] * MINUTES)
    with pytest.raises(UsageError, match="these are other candles"):
        run(tmp_path, 1, candles=other)


@pytest.mark.parametrize("minutes", [-10_000, 10_000])
def test_a_journal_does_not_go_on_in_a_file_that_does_not_reach_it(
    tmp_path: Path, recorded: Path, minutes: int
) -> None:
    run(tmp_path, 4, candles=recorded)
    other = tmp_path / "other.csv"
    rows = "".join(f"{START + (minutes + number) * MINUTE_MS},100,100,100,100,1\n" for number in range(30))
    other.write_text("timestamp,open,high,low,close,volume\n" + rows)
    with pytest.raises(UsageError, match=r"has come to .*another --data-dir"):
        run(tmp_path, 1, candles=other)


def test_missing_candles_are_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(tmp_path / "candles.csv", [100.0] * 10)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:4], *lines[6:]]))
    replay(request(tmp_path, "BTCUSDT", candles=path))
    assert [record.message for record in caplog.records] == [f"{path}: 2 of its 10 minutes have no candle"]
