"""Whatever a strategy does, an ask returns in time and says what went wrong."""

# Strategies that do what the linter forbids are the subject here.
# ruff: noqa: ASYNC110, BLE001, S110, S112

from __future__ import annotations

import asyncio
import gc
import re
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import pytest

from livekit_cli.adapters.alarm import Held, within
from livekit_cli.adapters.direct import Direct
from livekit_cli.adapters.strategist import Guarded
from livekit_cli.core.candle import MINUTE_MS, Candle, Candles
from livekit_cli.core.errors import ConfigError, FeedError, StrategyError
from livekit_cli.core.event import IdleMinute
from livekit_cli.core.history import History
from livekit_cli.strategy import Strategy

NOW = 1_772_410_260_000  # 00:11 UTC
HERE = "test_strategist.py:"
HISTORY = History(Candles.of(Candle(NOW - i * MINUTE_MS, 100, 101, 99, 100 + i, 1) for i in range(50, 0, -1)))


class Recorded:
    """A feed that answers at once, never, or with an error."""

    def __init__(self, answer: Exception | float = 0.0) -> None:
        self.answer = answer

    async def candles(self, symbol: str, timeframe: str, until: int, limit: int, *, urgent: bool = False) -> Candles:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer:
            await asyncio.Event().wait()
        return HISTORY.window(timeframe, until, limit)


NEVER = 1.0


def guarded(get_signal: Callable[..., Any], feed: Recorded | None = None, **hooks: Callable[..., Any]) -> Guarded:
    strategy = type("Tried", (Strategy,), {"get_signal": get_signal, "__module__": __name__, **hooks})()
    return Guarded(strategy, "tried", "BTCUSDT", feed or Recorded(), deadline=0.2, blocking=0.1)


def direct(get_signal: Callable[..., Any]) -> Direct:
    strategy = type("Tried", (Strategy,), {"get_signal": get_signal, "__module__": __name__})()
    return Direct(strategy, "tried", "BTCUSDT", HISTORY)


def ask(strategist: Guarded | Direct) -> object:
    return asyncio.run(asked(strategist))


async def asked(strategist: Guarded | Direct) -> object:
    return await asyncio.wait_for(strategist.ask(NOW, 100.0, 101.0), 5)


def refusal(strategist: Guarded | Direct) -> str:
    with pytest.raises(StrategyError) as caught:
        ask(strategist)
    return str(caught.value)


async def async_proposal(self: Strategy, market: Any) -> Any:
    candles = await market.candles("1m", 30)
    return market.long(take_profit=1, stop_loss=1, minutes=len(candles))


def plain_proposal(self: Strategy, market: Any) -> Any:
    return market.long(take_profit=1, stop_loss=1, minutes=len(market.candles("1m", 30)))


@pytest.mark.parametrize("make", [guarded, direct])
@pytest.mark.parametrize("get_signal", [async_proposal, plain_proposal])
def test_a_strategy_gets_its_candles_and_its_proposal_comes_back(make: Any, get_signal: Any) -> None:
    proposal = ask(make(get_signal))
    assert proposal.minute_estimated_time == 30  # type: ignore[attr-defined]
    assert proposal.price_take_profit == 101.0 * 1.01  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", [guarded, direct])
@pytest.mark.parametrize("garbage", [None, float("nan"), "long", 7, ["x"], object])
def test_garbage_comes_back_as_it_is_for_the_rules_to_judge(make: Any, garbage: object) -> None:
    async def get_signal(self: Strategy, market: Any) -> object:
        return garbage

    def plain(self: Strategy, market: Any) -> object:
        return garbage

    assert ask(make(get_signal)) is garbage
    assert ask(make(plain)) is garbage


class Speechless(Exception):
    def __str__(self) -> str:
        raise OSError


def endless(depth: int) -> int:
    return endless(depth + 1) + 1


RAISED: list[tuple[BaseException, str]] = [
    (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    (SystemExit(3), "SystemExit: 3"),
    (KeyboardInterrupt(), "KeyboardInterrupt"),
    (GeneratorExit(), "GeneratorExit"),
    (asyncio.CancelledError("own"), "CancelledError: own"),
    (MemoryError(), "MemoryError"),
    (TimeoutError("own"), "TimeoutError: own"),
    (StopAsyncIteration("x"), "StopAsyncIteration: x"),
    (Speechless(), "Speechless: its text raises OSError"),
    (ValueError("a\x1b[2Jb\u202ec\nsecond line"), "ValueError: a\\x1b[2Jb\\u202ec"),
    (ValueError("x" * 500), "ValueError: " + "x" * 197 + "..."),
    (BaseExceptionGroup("both", [SystemExit(1)]), "BaseExceptionGroup: both (1 sub-exception)"),
]


@pytest.mark.parametrize("make", [guarded, direct])
@pytest.mark.parametrize(("error", "text"), RAISED, ids=lambda value: type(value).__name__)
def test_whatever_is_raised_is_told_with_its_place(make: Any, error: BaseException, text: str) -> None:
    async def get_signal(self: Strategy, market: Any) -> None:
        raise type(error)(*error.args)

    def plain(self: Strategy, market: Any) -> None:
        raise type(error)(*error.args)

    line = get_signal.__code__.co_firstlineno + 1
    for method in (get_signal, plain):
        told = refusal(make(method))
        assert told.endswith(text)
        assert f"{HERE}{line}: " in told
        line += 3


@pytest.mark.parametrize("make", [guarded, direct])
def test_endless_recursion_is_told_at_its_deepest_line(make: Any) -> None:
    async def get_signal(self: Strategy, market: Any) -> int:
        return endless(0)

    def plain(self: Strategy, market: Any) -> int:
        return endless(0)

    place = f"{HERE}{endless.__code__.co_firstlineno + 1}: RecursionError: maximum recursion depth exceeded"
    assert place in refusal(make(get_signal))
    assert place in refusal(make(plain))


def test_the_place_is_in_the_users_file_not_in_what_it_called() -> None:
    async def get_signal(self: Strategy, market: Any) -> object:
        return re.compile("(")

    assert f"{HERE}{get_signal.__code__.co_firstlineno + 1}: error: missing )" in refusal(guarded(get_signal))


def test_a_misspelt_timeframe_is_told_with_the_nearest() -> None:
    async def get_signal(self: Strategy, market: Any) -> object:
        return await market.candles("5min")

    assert refusal(guarded(get_signal)).endswith(
        "ValueError: timeframe is '5min', expected one of 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d; did you mean '5m'?"
    )


@pytest.mark.parametrize("get_signal", [async_proposal, plain_proposal])
def test_a_feed_that_fails_is_told_as_such(get_signal: Any) -> None:
    told = refusal(guarded(get_signal, Recorded(FeedError("demo: connection reset"))))
    assert re.search(rf"{HERE}\d+: no candles: demo: connection reset$", told)


def test_a_feed_error_can_be_caught_by_the_strategy() -> None:
    async def get_signal(self: Strategy, market: Any) -> object:
        try:
            return await market.candles()
        except FeedError:
            return "caught"

    assert ask(guarded(get_signal, Recorded(FeedError("down")))) == "caught"


@pytest.mark.parametrize("make", [guarded, direct])
def test_a_forgotten_await_is_told(make: Any) -> None:
    async def helper() -> int:
        return 1

    async def get_signal(self: Strategy, market: Any) -> object:
        return helper()

    assert "get_signal returned the coroutine `" in (told := refusal(make(get_signal)))
    assert told.endswith("that nobody awaited; write `return await ...`")


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_candles_without_await_get_a_hint() -> None:
    async def get_signal(self: Strategy, market: Any) -> object:
        return market.candles()[-1]

    assert refusal(guarded(get_signal)).endswith(
        "TypeError: 'coroutine' object is not subscriptable (is an `await` missing?)"
    )


@pytest.mark.parametrize("make", [guarded, direct])
def test_a_generator_is_told(make: Any) -> None:
    async def get_signal(self: Strategy, market: Any) -> Any:
        yield 1

    def plain(self: Strategy, market: Any) -> Any:
        yield 1

    assert "get_signal is a generator, because it holds a `yield`" in refusal(make(get_signal))
    assert "get_signal is a generator, because it holds a `yield`" in refusal(make(plain))


@pytest.mark.parametrize("make", [guarded, direct])
def test_an_awaitable_from_a_plain_def_is_awaited(make: Any) -> None:
    async def later() -> int:
        await asyncio.sleep(0)
        return 5

    assert ask(make(lambda self, market: later())) == 5


def test_a_decorated_async_def_stays_one() -> None:
    def logged(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def called(*arguments: object) -> object:
            return method(*arguments)

        return called

    assert ask(guarded(logged(async_proposal))) is not None


def test_a_coroutine_made_in_a_thread_cannot_lock_the_loop() -> None:
    async def later(market: Any) -> object:
        return market.candles()

    told = refusal(guarded(lambda self, market: later(market)))
    assert "candles were asked for in a coroutine that a plain `def` made; write `async def`" in told


# ---- deadlines


def test_an_async_strategy_that_hangs_is_given_up() -> None:
    async def get_signal(self: Strategy, market: Any) -> None:
        await asyncio.Event().wait()

    assert refusal(guarded(get_signal)) == "get_signal gave no answer within 0.2 s"


def test_an_async_strategy_whose_feed_hangs_is_given_up() -> None:
    assert refusal(guarded(async_proposal, Recorded(NEVER))) == "get_signal gave no answer within 0.2 s"


def test_a_cancellation_reaches_what_the_strategy_waits_for_and_its_cleanup_may_wait() -> None:
    cleaned = []

    async def inner() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            cleaned.append("inner")

    async def get_signal(self: Strategy, market: Any) -> None:
        try:
            await asyncio.gather(inner(), asyncio.create_task(inner()))
        finally:
            await asyncio.sleep(0.01)
            cleaned.append("outer")

    assert refusal(guarded(get_signal)) == "get_signal gave no answer within 0.2 s"
    assert cleaned == ["inner", "inner", "outer"]


async def stubborn() -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


async def restless() -> None:
    while True:
        try:
            await asyncio.sleep(0)
        except BaseException:
            continue


async def slow_cleanup() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.Event().wait()


async def shy() -> str:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "late"
    return "never"


@pytest.mark.parametrize("way", [stubborn, restless, slow_cleanup, shy])
def test_a_coroutine_that_holds_on_after_its_cancellation_is_never_resumed(way: Callable[[], Awaitable[Any]]) -> None:
    async def get_signal(self: Strategy, market: Any) -> Any:
        return await way()

    assert refusal(guarded(get_signal)) == "get_signal gave no answer within 0.2 s"
    gc.collect()  # a coroutine resumed by the collector would be reported as a warning, and fail this test


def test_a_task_that_refuses_its_cancellation_does_not_hold_the_ask() -> None:
    async def main() -> str:
        async def get_signal(self: Strategy, market: Any) -> Any:
            self.inner = asyncio.create_task(stay())  # type: ignore[attr-defined]
            await self.inner  # type: ignore[attr-defined]

        released = asyncio.Event()

        async def stay() -> None:
            while not released.is_set():
                try:
                    await released.wait()
                except asyncio.CancelledError:
                    continue

        with pytest.raises(StrategyError) as caught:
            await asked(guarded(get_signal))
        released.set()
        return str(caught.value)

    assert asyncio.run(main()) == "get_signal gave no answer within 0.2 s"


def test_a_timeout_inside_the_strategy_is_its_own() -> None:
    async def get_signal(self: Strategy, market: Any) -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            await asyncio.sleep(0.12)  # longer than the grace of a real cancellation
            return "own"
        return "never"

    assert ask(guarded(get_signal)) == "own"


@pytest.mark.parametrize("way", [stubborn, slow_cleanup, shy, lambda: asyncio.sleep(60)])
def test_the_cancellation_of_the_asking_task_passes_through(way: Callable[[], Awaitable[Any]]) -> None:
    async def get_signal(self: Strategy, market: Any) -> Any:
        started.set()
        return await way()

    async def main() -> None:
        task = asyncio.create_task(guarded(get_signal).ask(NOW, 100.0, 100.0))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    started = asyncio.Event()
    asyncio.run(main())


def test_the_cancellation_of_an_ask_in_a_thread_passes_through() -> None:
    async def main() -> None:
        task = asyncio.create_task(guarded(lambda self, market: release.wait(5)).ask(NOW, 100.0, 100.0))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    release = threading.Event()
    asyncio.run(main())
    release.set()


# ---- threads


def test_a_hanging_thread_is_left_behind_and_used_again_once_it_is_back() -> None:
    release, back = threading.Event(), threading.Event()
    calls = []

    def get_signal(self: Strategy, market: Any) -> str:
        calls.append(threading.get_ident())
        if len(calls) == 1:
            release.wait(10)
            back.set()
        return "answered"

    async def main() -> None:
        strategist = guarded(get_signal)
        before = threading.active_count()
        with pytest.raises(StrategyError, match=r"^get_signal gave no answer within 0.2 s$"):
            await strategist.ask(NOW, 100.0, 100.0)
        for _ in range(3):
            with pytest.raises(StrategyError, match=r"^still busy with the call of 00:11 UTC$"):
                await strategist.ask(NOW + MINUTE_MS, 100.0, 100.0)
        assert threading.active_count() == before + 1
        release.set()
        back.wait(5)
        while strategist._threads.busy:
            await asyncio.sleep(0)
        assert await strategist.ask(NOW + 2 * MINUTE_MS, 100.0, 100.0) == "answered"
        assert len(set(calls)) == 1
        strategist.close()

    asyncio.run(main())


def test_candles_fail_in_a_thread_whose_call_was_given_up() -> None:
    outcome: list[BaseException] = []
    ended = threading.Event()
    release = threading.Event()

    def get_signal(self: Strategy, market: Any) -> None:
        release.wait(10)
        try:
            while True:
                try:
                    market.candles()
                except Exception:  # a sloppy strategy must end all the same
                    continue
        except BaseException as error:
            outcome.append(error)
            raise
        finally:
            ended.set()

    async def main() -> None:
        with pytest.raises(StrategyError):
            await asked(guarded(get_signal))
        release.set()
        assert await asyncio.to_thread(ended.wait, 5)

    asyncio.run(main())
    assert [type(error).__name__ for error in outcome] == ["GivenUp"]


def test_candles_that_are_waited_for_fail_when_the_call_is_given_up() -> None:
    outcome: list[BaseException] = []

    def get_signal(self: Strategy, market: Any) -> None:
        try:
            market.candles()
        except BaseException as error:
            outcome.append(error)
            raise

    async def main() -> None:
        strategist = guarded(get_signal, Recorded(NEVER))
        with pytest.raises(StrategyError, match=r"no (answer|candles) within"):
            await strategist.ask(NOW, 100.0, 100.0)
        async with asyncio.timeout(5):
            while strategist._threads.busy:
                await asyncio.sleep(0)

    asyncio.run(main())
    assert len(outcome) == 1


# ---- blocking the loop


def spin() -> None:
    while True:
        pass


def doze() -> None:
    time.sleep(600)  # noqa: TID251  the sin under test


def spin_and_swallow() -> None:
    while True:
        try:
            spin()
        except BaseException:
            continue


def doze_and_swallow() -> None:
    while True:
        try:
            doze()
        except:  # noqa: E722
            pass


@pytest.mark.parametrize("sin", [spin, doze, spin_and_swallow, doze_and_swallow])
def test_an_async_def_that_blocks_the_loop_is_cut_short(sin: Callable[[], None]) -> None:
    async def get_signal(self: Strategy, market: Any) -> None:
        await asyncio.sleep(0)
        sin()

    told = refusal(guarded(get_signal))
    assert re.search(rf"{HERE}\d+: get_signal kept the event loop for itself for more than 0.1 s and was cut", told)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert sys.gettrace() is None or "livekit_cli" not in sys.gettrace().__module__  # type: ignore[union-attr]


def test_an_answer_after_the_alarm_was_caught_does_not_count() -> None:
    async def get_signal(self: Strategy, market: Any) -> str:
        try:
            spin()
        except BaseException:
            return "answer"
        return "never"

    assert "kept the event loop for itself" in refusal(guarded(get_signal))


def test_an_async_def_that_blocks_while_it_is_cleaned_up_is_cut_short() -> None:
    async def get_signal(self: Strategy, market: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            spin()

    assert "kept the event loop for itself" in refusal(guarded(get_signal))


def test_another_symbol_is_on_time_while_one_blocks() -> None:
    async def get_signal(self: Strategy, market: Any) -> None:
        spin()

    async def main() -> float:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        sinner = asyncio.create_task(asked(guarded(get_signal)))
        await asyncio.sleep(0)
        assert await asked(guarded(async_proposal)) is not None
        passed = loop.time() - begun
        with pytest.raises(StrategyError):
            await sinner
        return passed

    assert asyncio.run(main()) < 1


def test_the_alarm_is_left_alone_when_somebody_else_uses_it() -> None:
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        assert ask(guarded(async_proposal)) is not None
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGALRM, before)


def test_an_alarm_after_the_call_has_returned_is_harmless() -> None:
    assert within(1.0, int) == 0
    signal.raise_signal(signal.SIGALRM)
    assert within(1.0, lambda: 5) == 5


def test_the_alarm_spares_a_call_that_is_made_off_the_main_thread() -> None:
    async def get_signal(self: Strategy, market: Any) -> str:
        return "fine"

    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(ask(guarded(get_signal))))
    thread.start()
    thread.join(5)
    assert answers == ["fine"]


def test_short_calls_under_a_very_short_alarm_are_cut_in_their_own_code_and_never_lose_a_result() -> None:
    def work(number: int) -> int:
        for _ in range(number % 200):
            pass
        return number

    answers, places = [], set()
    for number in range(6000):
        try:
            answers.append(within(1e-6 * (1 + number % 60), work, number) == number)
        except Held as held:
            places.add(held.args[0][0])
    assert answers
    assert all(answers)
    assert places <= {__file__}


# ---- callbacks


IDLE = IdleMinute(NOW, "BTCUSDT", 100.0)


def test_callbacks_are_called_sync_or_async_and_only_where_there_are_any() -> None:
    heard: list[object] = []

    async def on_idle(self: Strategy, result: object) -> None:
        heard.append(("idle", threading.current_thread() is threading.main_thread()))

    def on_open(self: Strategy, result: object) -> None:
        heard.append(("opened", threading.current_thread() is threading.main_thread()))

    async def main() -> None:
        strategist = guarded(async_proposal, on_idle=on_idle, on_open=on_open)
        assert [a for a in ("opened", "closed", "active", "idle") if strategist.wants(a)] == ["opened", "idle"]
        await strategist.tell(IDLE)
        opened = type("Result", (), {"action": "opened", "time": NOW})()
        await strategist.tell(opened)
        closed = type("Result", (), {"action": "closed", "time": NOW})()
        await strategist.tell(closed)

    asyncio.run(main())
    assert heard == [("idle", True), ("opened", False)]


@pytest.mark.parametrize("as_async", [True, False])
def test_a_callback_that_fails_or_hangs_is_told(as_async: bool) -> None:
    release = threading.Event()

    async def broken(self: Strategy, result: object) -> None:
        raise ValueError("no")

    def broken_plain(self: Strategy, result: object) -> None:
        raise ValueError("no")

    async def hanging(self: Strategy, result: object) -> None:
        await asyncio.Event().wait()

    def hanging_plain(self: Strategy, result: object) -> None:
        release.wait(10)

    for hook, text in [
        (broken if as_async else broken_plain, "ValueError: no"),
        (hanging if as_async else hanging_plain, "on_idle gave no answer within 0.2 s"),
    ]:
        with pytest.raises(StrategyError) as caught:
            asyncio.run(guarded(async_proposal, on_idle=hook).tell(IDLE))
        assert str(caught.value).endswith(text)
    release.set()


def test_a_callback_in_a_backtest_is_called_and_its_failure_told() -> None:
    heard: list[object] = []

    class Told(Strategy):
        def on_idle(self, result: IdleMinute) -> None:
            heard.append(result)

        async def on_close(self, event: object) -> None:
            raise SystemExit(1)

    strategist = Direct(Told(), "told", "BTCUSDT", HISTORY)
    asyncio.run(strategist.tell(IDLE))
    assert heard == [IDLE]
    closed: Any = type("Result", (), {"action": "closed", "time": NOW})()
    with pytest.raises(StrategyError, match=r"test_strategist.py:\d+: SystemExit: 1"):
        asyncio.run(strategist.tell(closed))


def test_an_interval_that_is_none_is_refused_at_once() -> None:
    strategy = type("Odd", (Strategy,), {"interval": "5min"})()
    with pytest.raises(ConfigError) as caught:
        Guarded(strategy, "odd", "BTCUSDT", Recorded())
    assert str(caught.value) == "Odd.interval is '5min', expected one of 1m 3m 5m 15m 30m 1h; did you mean '5m'?"


def test_a_backtest_can_await_the_loop() -> None:
    async def get_signal(self: Strategy, market: Any) -> str:
        await asyncio.sleep(0.001)
        return "later"

    assert ask(direct(get_signal)) == "later"


def test_a_backtest_needs_no_loop_when_the_strategy_needs_none() -> None:
    asking = direct(async_proposal).ask(NOW, 100.0, 100.0)
    with pytest.raises(StopIteration) as stop:
        asking.send(None)
    assert stop.value.value.minute_estimated_time == 30
