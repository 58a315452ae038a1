"""The library's front door, on recorded candles played a thousand million times faster than real time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from livekit_cli import (
    Backtest,
    Closed,
    CloseReason,
    ConfigError,
    Event,
    JournalDamaged,
    JournalLocked,
    Live,
    Market,
    Opened,
    Proposal,
    Strategy,
    SyncMarket,
    UsageError,
)
from livekit_cli.adapters.records import read_events, read_record
from livekit_cli.core.candle import MINUTE_MS
from livekit_cli.testing import START, candles

MINUTES = 40
FLAT = [100.0] * MINUTES
SPEED = 1e9

BRISK = '''
from livekit_cli import Market, Proposal, Strategy


class Brisk(Strategy):
    """Always in the market, three minutes at a time."""

    minutes: int = 3

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=1, stop_loss=1, minutes=self.minutes)
'''


class Brisk(Strategy):
    minutes: int = 3

    async def get_signal(self, market: Market) -> Proposal | None:
        return market.long(take_profit=1, stop_loss=1, minutes=self.minutes)


class Never(Strategy):
    async def get_signal(self, market: Market) -> Proposal | None:
        return None


class Once(Strategy):
    """Opens in its first minute, for ever."""

    async def get_signal(self, market: Market) -> Proposal | None:
        if market.now > START + 10 * MINUTE_MS:
            return None
        return market.long(take_profit=5, stop_loss=5, minutes=100_000)


def written(path: Path, closes: Iterable[float], **more: Any) -> Path:
    rows = [",".join(map(repr, candle)) for candle in candles(closes, **more)]
    path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    return path


@pytest.fixture
def flat(tmp_path: Path) -> dict[str, Any]:
    """The options of a run on forty flat minutes, with its own project folder."""
    return {"candles": written(tmp_path / "candles.csv", FLAT), "speed": SPEED, "project": tmp_path}


def journal(project: Path, name: str = "csv-brisk-BTCUSDT") -> Path:
    return project / "data" / "signal" / "paper" / f"{name}.jsonl"


def recorded(path: Path) -> list[Event]:
    return list(read_events(read_record(path)))


async def collected(symbol: str = "BTCUSDT", **options: Any) -> list[Event]:
    return [event async for event in Live.run(symbol, **options)]


async def first(count: int, symbol: str = "BTCUSDT", **options: Any) -> list[Event]:
    """The first events of a run that is left by `break`; the last of them is not acknowledged."""
    events: list[Event] = []
    async for event in Live.run(symbol, **options):
        events.append(event)
        if len(events) == count:
            break
    return events


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # of files, which set no asyncio.Event  # noqa: ASYNC110
            await asyncio.sleep(0)


# ---- Live.run


def brisk_minutes() -> list[tuple[str, int]]:
    """Opened at the first minute that has a price, closed three minutes on, opened again the minute after."""
    times = range(START + MINUTE_MS, START + (MINUTES + 1) * MINUTE_MS, MINUTE_MS)
    return [(("opened", "", "", "closed")[n % 4], time) for n, time in enumerate(times) if n % 4 in (0, 3)]


def test_a_run_yields_every_opened_and_closed_event_in_turn_and_ends_with_the_data(flat: dict[str, Any]) -> None:
    events = asyncio.run(collected(strategy=Brisk, **flat))
    assert [(event.action, event.time) for event in events] == brisk_minutes()
    assert all(event.symbol == "BTCUSDT" and event.exchange_name == "csv" for event in events)
    assert {event.strategy_name for event in events} == {"brisk"}
    assert {event.close_reason for event in events if isinstance(event, Closed)} == {CloseReason.TIME_EXPIRED}
    assert not any(event.replay or event.recovered for event in events)


def test_the_journal_holds_what_was_yielded(flat: dict[str, Any], tmp_path: Path) -> None:
    events = asyncio.run(collected(strategy=Brisk, **flat))
    assert recorded(journal(tmp_path)) == events


@pytest.mark.parametrize("given", ["class", "object", "file", "name", "class name", "preset"])
def test_a_strategy_may_be_given_in_every_way(given: str, flat: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "brisk.py").write_text(BRISK)
    (tmp_path / "configs" / "strategies").mkdir(parents=True)
    (tmp_path / "configs" / "strategies" / "brisker.yaml").write_text("strategy: brisk\n")
    ways: dict[str, dict[str, Any]] = {
        "class": {"strategy": Brisk},
        "object": {"strategy": Brisk()},
        "file": {"strategy_name": f"{tmp_path}/strategies/brisk.py:Brisk"},
        "name": {"strategy_name": "brisk"},
        "class name": {"strategy_name": "Brisk"},
        "preset": {"strategy_name": "brisker"},
    }
    events = asyncio.run(collected(**ways[given], **flat))
    assert [(event.action, event.time) for event in events] == brisk_minutes()
    assert events[0].strategy_name == ("brisker" if given == "preset" else "brisk")


def test_params_reach_a_class_and_a_name_alike(flat: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "slow.py").write_text(BRISK)
    for way in ({"strategy": Brisk}, {"strategy_name": "slow"}):
        events = asyncio.run(collected(params={"minutes": 7}, **way, **flat))
        assert {event.signal.minute_estimated_time for event in events} == {7}


def test_a_plain_strategy_and_its_hooks_run_too(flat: dict[str, Any]) -> None:
    told: list[str] = []

    class Hooked(Strategy):
        def get_signal(self, market: SyncMarket) -> Proposal | None:
            return market.short(take_profit=1, stop_loss=1, minutes=3)

        def on_open(self, event: Opened, /) -> None:
            told.append(event.event_id)

        async def on_close(self, event: Closed, /) -> None:
            told.append(event.event_id)

    events = asyncio.run(collected(strategy=Hooked, **flat))
    assert [event.event_id for event in events] == told


def test_the_data_folder_is_the_projects_unless_said_otherwise(flat: dict[str, Any], tmp_path: Path) -> None:
    asyncio.run(collected(strategy=Brisk, **flat))
    assert journal(tmp_path).is_file()
    asyncio.run(collected(strategy=Brisk, data_dir=tmp_path / "elsewhere", **flat))
    assert (tmp_path / "elsewhere" / "signal" / "paper" / "csv-brisk-BTCUSDT.jsonl").is_file()


def test_without_a_project_it_is_the_working_folder(
    flat: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    del flat["project"]
    asyncio.run(collected(strategy=Brisk, **flat))
    assert journal(tmp_path).is_file()


def test_the_demo_market_is_the_exchange_unless_said_otherwise(tmp_path: Path) -> None:
    events = asyncio.run(first(2, strategy=Brisk, speed=SPEED, project=tmp_path))
    assert [event.exchange_name for event in events] == ["demo", "demo"]


# ---- acknowledgement


def test_an_event_is_acknowledged_by_asking_for_the_next(flat: dict[str, Any]) -> None:
    async def twice() -> tuple[list[Event], list[Event]]:
        return await first(1, strategy=Brisk, **flat), await first(3, strategy=Brisk, **flat)

    before, after = asyncio.run(twice())
    assert [event.event_id for event in before] == [after[0].event_id]
    assert not before[0].replay
    assert after[0].replay
    assert [(event.action, event.time) for event in after] == brisk_minutes()[:3]


def test_what_was_acknowledged_never_comes_again(flat: dict[str, Any], tmp_path: Path) -> None:
    async def in_pieces() -> list[Event]:
        return [event for _ in range(20) for event in await first(3, strategy=Brisk, **flat)]

    events = asyncio.run(in_pieces())
    everything = [event.event_id for event in recorded(journal(tmp_path))]
    assert list(dict.fromkeys(event.event_id for event in events)) == everything
    assert len(everything) == len(brisk_minutes())
    repeats = [event for number, event in enumerate(events) if event.event_id in {e.event_id for e in events[:number]}]
    assert all(event.replay for event in repeats)
    assert asyncio.run(collected(strategy=Brisk, **flat)) == []


def test_a_consumer_that_fails_gets_its_event_again(flat: dict[str, Any]) -> None:
    async def fails() -> None:
        async for event in Live.run("BTCUSDT", strategy=Brisk, **flat):
            raise ZeroDivisionError(event.event_id)

    with pytest.raises(ZeroDivisionError) as caught:
        asyncio.run(fails())
    again = asyncio.run(first(1, strategy=Brisk, **flat))[0]
    assert (again.event_id, again.replay) == (str(caught.value), True)


def test_closing_the_generator_ends_the_run_and_frees_the_journal_at_once(flat: dict[str, Any]) -> None:
    async def closed_and_reopened() -> None:
        for _ in range(5):
            events = Live.run("BTCUSDT", strategy=Brisk, **flat)
            await anext(events)
            await events.aclose()
            with pytest.raises(StopAsyncIteration):
                await anext(events)

    asyncio.run(closed_and_reopened())


def test_a_generator_never_asked_holds_nothing(flat: dict[str, Any], tmp_path: Path) -> None:
    async def forgotten() -> list[Event]:
        never = Live.run("BTCUSDT", strategy=Brisk, **flat)
        events = await collected(strategy=Brisk, **flat)
        await never.aclose()
        return events

    assert len(asyncio.run(forgotten())) == len(brisk_minutes())


def test_a_cancelled_consumer_leaves_the_journal_free_and_its_signal_open(flat: dict[str, Any]) -> None:
    flat["speed"] = 1e-3  # the second minute is hours away

    async def cancelled() -> None:
        task = asyncio.create_task(collected(strategy=Once, **flat))
        await until(lambda: task.done() or _is_open(flat["project"]))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        flat["speed"] = SPEED
        # Whether the consumer had asked for more before it was cancelled is for the scheduler to say.
        assert all(event.replay for event in await collected(strategy=Once, **flat))

    asyncio.run(cancelled())
    assert _is_open(flat["project"])


def _is_open(project: Path) -> bool:
    path = journal(project, "csv-once-BTCUSDT")
    return path.exists() and type(read_record(path).snapshot.state).__name__ == "Open"


def test_a_run_that_is_given_up_while_it_opens_does_not_keep_the_journal(flat: dict[str, Any]) -> None:
    async def given_up() -> list[Event]:
        async with asyncio.timeout(30):
            for turns in range(1, 8):
                task = asyncio.create_task(collected(strategy=Brisk, **flat))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
            return await _as_soon_as_free(flat)

    assert [event.action for event in asyncio.run(given_up())][:2] == ["opened", "closed"]


async def _as_soon_as_free(options: dict[str, Any]) -> list[Event]:
    """An opening that nobody waits for goes on in its thread until it can be undone."""
    while True:
        try:
            return await collected(strategy=Brisk, **options)
        except JournalLocked:
            await asyncio.sleep(0)


# ---- errors


def test_two_runs_of_one_symbol_exclude_each_other(flat: dict[str, Any]) -> None:
    flat["speed"] = 1e-3

    async def two() -> None:
        events = Live.run("BTCUSDT", strategy=Brisk, **flat)
        await anext(events)
        with pytest.raises(JournalLocked, match=r"csv-brisk-BTCUSDT\.jsonl is in use by process \d+ .*: the livekit"):
            await anext(Live.run("BTCUSDT", strategy=Brisk, **flat))
        with pytest.raises(JournalLocked):
            await Live.background("BTCUSDT", strategy=Brisk, **flat)
        await events.aclose()

    asyncio.run(two())


def test_a_damaged_journal_is_the_callers_error_and_is_left_alone(flat: dict[str, Any], tmp_path: Path) -> None:
    asyncio.run(collected(strategy=Brisk, **flat))
    path = journal(tmp_path)
    damaged = path.read_bytes().replace(b"opened", b"openEd", 1)
    path.write_bytes(damaged)
    with pytest.raises(JournalDamaged, match=r"csv-brisk-BTCUSDT\.jsonl:\d+: "):
        asyncio.run(collected(strategy=Brisk, **flat))
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"strategy_name": "brsk"}, ConfigError, "there is no strategy 'brsk'; .*did you mean 'brisk'"),
        ({"strategy_name": "brisk", "params": {"minuts": 3}}, ConfigError, "no parameter 'minuts'.*'minutes'"),
        ({"strategy_name": "brisk", "params": {"minutes": "x"}}, ConfigError, "minutes is 'x', expected int"),
        ({"strategy": Brisk, "params": {"minutes": 2.5}}, ConfigError, r"minutes is '2\.5', expected int"),
        ({"strategy": Brisk(), "params": {"minutes": 2}}, UsageError, "an object has its parameters already"),
        ({"strategy": Brisk, "strategy_name": "brisk"}, UsageError, "give one of strategy_name= .* and strategy="),
        ({}, UsageError, "give one of strategy_name= .* and strategy="),
        ({"strategy": Brisk, "exchange_name": "dmo", "candles": None}, UsageError, "no exchange 'dmo'.*'demo'"),
        ({"strategy": Brisk, "candles": "none.csv"}, ConfigError, "none.csv: there is no such file"),
        ({"strategy": Brisk, "speed": 0.0}, UsageError, r"speed is 0, expected a number above 0"),
        ({"strategy": Brisk, "speed": float("nan")}, UsageError, "speed is nan"),
        ({"strategy": Strategy}, ConfigError, "Strategy has no get_signal"),
        ({"strategy": dict}, UsageError, "strategy= is <class 'dict'>, expected a class like"),
        ({"strategy": Never(interval="1m"), "symbol": "../x"}, UsageError, r"symbol name '\.\./x' cannot be used"),
    ],
)
def test_what_is_wrong_at_the_start_is_raised_before_anything_is_written(
    options: dict[str, Any], error: type[Exception], says: str, flat: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "brisk.py").write_text(BRISK)
    chosen = flat | {"symbol": "BTCUSDT"} | options
    with pytest.raises(error, match=f"(?s){says}"):
        asyncio.run(collected(**chosen))
    assert not (tmp_path / "data").exists()


def test_an_unusable_data_folder_is_said(flat: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(Exception, match="data") as caught:
        asyncio.run(collected(strategy=Brisk, **flat))
    assert type(caught.value).__name__ == "CannotCreate"


# ---- consumers


def test_a_slow_consumer_delays_nothing(flat: dict[str, Any], tmp_path: Path) -> None:
    async def slow() -> list[Event]:
        run = Live.run("BTCUSDT", strategy=Brisk, **flat)
        events = [await anext(run)]
        await until(lambda: read_record(journal(tmp_path)).pulse.status == "ended")
        assert len(recorded(journal(tmp_path))) == len(brisk_minutes())
        return [*events, *[event async for event in run]]

    events = asyncio.run(slow())
    assert [(event.action, event.time) for event in events] == brisk_minutes()


def test_several_symbols_run_in_one_task_group(flat: dict[str, Any]) -> None:
    symbols = ["BTCUSDT", "SOL/USDT", "XRP/USDT:USDT", "ETHUSDT"]

    async def together() -> list[list[Event]]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(collected(symbol, strategy=Brisk, **flat)) for symbol in symbols]
        return [task.result() for task in tasks]

    for symbol, events in zip(symbols, asyncio.run(together()), strict=True):
        assert {event.symbol for event in events} == {symbol}
        assert [(event.action, event.time) for event in events] == brisk_minutes()


# ---- Live.background and Live.listen


def test_a_background_run_tells_the_listeners_and_acknowledges(flat: dict[str, Any], tmp_path: Path) -> None:
    heard: list[Event] = []

    async def background() -> None:
        unsubscribe = Live.listen(heard.append)
        await Live.background("BTCUSDT", strategy=Brisk, **flat)
        await until(lambda: read_record(journal(tmp_path)).pulse.status == "ended")
        unsubscribe()
        assert await collected(strategy=Brisk, **flat) == []

    asyncio.run(background())
    assert [(event.action, event.time) for event in heard] == brisk_minutes()


def test_cancelling_a_background_run_ends_it_at_once_when_nothing_is_open(flat: dict[str, Any], tmp_path: Path) -> None:
    flat["speed"] = 1e-3

    async def idle() -> None:
        cancel = await Live.background("BTCUSDT", strategy=Never, **flat)
        path = journal(tmp_path, "csv-never-BTCUSDT")
        await until(lambda: read_record(path).pulse.status == "running")
        cancel()
        await until(lambda: read_record(path).pulse.status == "stopped")
        cancel()  # once more does no harm

    asyncio.run(idle())


def test_cancelling_before_its_first_minute_opens_nothing(flat: dict[str, Any], tmp_path: Path) -> None:
    async def at_once() -> None:
        (await Live.background("BTCUSDT", strategy=Brisk, **flat))()
        await until(lambda: read_record(journal(tmp_path)).pulse.status == "stopped")

    asyncio.run(at_once())
    assert recorded(journal(tmp_path)) == []


def test_cancelling_a_background_run_ends_it_with_the_close_of_what_is_open(
    flat: dict[str, Any], tmp_path: Path
) -> None:
    async def open_one() -> None:
        heard: list[Event] = []
        cancels: list[Callable[[], None]] = []

        def retire(event: Event) -> None:
            heard.append(event)
            cancels[0]()

        unsubscribe = Live.listen(retire)
        cancels.append(await Live.background("BTCUSDT", strategy=Brisk, **flat))
        await until(lambda: read_record(journal(tmp_path)).pulse.status == "stopped")
        unsubscribe()
        assert [event.action for event in heard] == ["opened", "closed"]

    asyncio.run(open_one())
    assert [event.action for event in recorded(journal(tmp_path))] == ["opened", "closed"]


def test_listeners_hear_every_run_until_they_unsubscribe(flat: dict[str, Any]) -> None:
    heard: list[Event] = []
    again: list[Event] = []

    async def both() -> list[Event]:
        forget, forget_again = Live.listen(heard.append), Live.listen(again.append)
        events = await collected("A", strategy=Brisk, **flat)
        forget()
        forget()  # once more does no harm
        await collected("B", strategy=Brisk, **flat)
        forget_again()
        return events

    assert asyncio.run(both()) == heard
    assert {event.symbol for event in again} == {"A", "B"}


def test_a_listener_may_be_a_coroutine_function(flat: dict[str, Any]) -> None:
    heard: list[Event] = []

    async def listener(event: Event) -> None:
        await asyncio.sleep(0)
        heard.append(event)

    async def run() -> list[Event]:
        unsubscribe = Live.listen(listener)
        events = await collected(strategy=Brisk, **flat)
        await until(lambda: len(heard) == len(events))
        unsubscribe()
        return events

    assert asyncio.run(run()) == heard


def test_a_failing_listener_is_logged_and_hurts_nobody(flat: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Event] = []

    def fails(event: Event) -> None:
        raise ZeroDivisionError("plain")

    async def fails_later(event: Event) -> None:
        raise ZeroDivisionError("asynchronous")

    async def run() -> list[Event]:
        endings = [Live.listen(fails), Live.listen(fails_later), Live.listen(heard.append)]
        events = await collected(strategy=Brisk, **flat)
        await until(lambda: "asynchronous" in caplog.text)
        for end in endings:
            end()
        return events

    with caplog.at_level(logging.ERROR, "livekit"):
        events = asyncio.run(run())
    assert heard == events
    assert len(events) == len(brisk_minutes())
    assert "a listener failed on" in caplog.text
    assert "ZeroDivisionError: plain" in caplog.text


# ---- reports


def test_the_report_and_its_file_tell_what_ran(flat: dict[str, Any], tmp_path: Path) -> None:
    async def reported() -> tuple[str, Path]:
        await collected(strategy=Brisk, **flat)
        data = tmp_path / "data"
        text = await Live.get_report("brisk", data_dir=data)
        return text, await Live.dump("brisk", tmp_path / "logs" / "live", data_dir=data)

    text, path = asyncio.run(reported())
    assert text.startswith("# Report: brisk\n")
    assert f"- Total events: {len(brisk_minutes())}\n" in text
    assert path == tmp_path / "logs" / "live" / "brisk.md"
    assert path.read_text() == text


def test_reports_of_the_working_folder_need_no_path(
    flat: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asyncio.run(collected(strategy=Brisk, **flat))
    assert asyncio.run(Live.get_report("brisk")).startswith("# Report: brisk\n")
    assert asyncio.run(Live.dump("brisk")) == Path("logs/live/brisk.md")


def test_a_report_of_what_never_ran_is_refused_with_the_nearest_name(flat: dict[str, Any], tmp_path: Path) -> None:
    asyncio.run(collected(strategy=Brisk, **flat))
    with pytest.raises(UsageError, match=r"'brsk' .*; there are those of brisk; did you mean 'brisk'\?"):
        asyncio.run(Live.get_report("brsk", data_dir=tmp_path / "data"))


# ---- Backtest.run


async def backtested(**options: Any) -> list[Closed]:
    options.pop("speed", None)
    return [event async for event in Backtest.run("BTCUSDT", **options)]


def test_a_backtest_yields_the_closed_events_of_the_live_run(flat: dict[str, Any], tmp_path: Path) -> None:
    wave = [100 + 3 * ((number * 7919) % 11 - 5) / 5 for number in range(500)]
    flat["candles"] = written(tmp_path / "wave.csv", wave, spread=0.2)
    live = [event for event in asyncio.run(collected(strategy=Brisk, **flat)) if isinstance(event, Closed)]
    assert len({event.close_reason for event in live}) > 1
    assert asyncio.run(backtested(strategy=Brisk, **flat)) == live
    assert journal(tmp_path).exists()


def test_a_backtest_writes_nothing(flat: dict[str, Any], tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert asyncio.run(backtested(strategy=Brisk, **flat))
    assert sorted(tmp_path.rglob("*")) == before


def test_start_and_end_name_the_opening_of_the_first_and_last_candle_evaluated(flat: dict[str, Any]) -> None:
    asked: list[tuple[int, int]] = []

    class Curious(Strategy):
        async def get_signal(self, market: Market) -> Proposal | None:
            asked.append((market.now, len(await market.candles("1m", 1000))))
            return None

    start, end = START + 10 * MINUTE_MS, START + 12 * MINUTE_MS
    assert asyncio.run(backtested(strategy=Curious, start=start, end=end, **flat)) == []
    # The close of a candle is a minute after its opening, and what came before `start` can be read.
    assert asked == [(start + MINUTE_MS, 11), (start + 2 * MINUTE_MS, 12), (end + MINUTE_MS, 13)]


def test_start_and_end_beyond_the_file_are_its_ends(flat: dict[str, Any]) -> None:
    whole = asyncio.run(backtested(strategy=Brisk, **flat))
    assert asyncio.run(backtested(strategy=Brisk, start=0, end=START * 2, **flat)) == whole
    with pytest.raises(UsageError, match="no candle between"):
        asyncio.run(backtested(strategy=Brisk, start=START + 50 * MINUTE_MS, **flat))


def test_a_backtest_without_candles_is_on_the_demo_market(tmp_path: Path) -> None:
    closed = asyncio.run(backtested(strategy=Brisk, start=START, end=START + 59 * MINUTE_MS, project=tmp_path))
    assert [event.time for event in closed] == [START + (4 * n + 4) * MINUTE_MS for n in range(15)]
