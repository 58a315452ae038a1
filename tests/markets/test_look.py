"""A look at an exchange finds what a run would meet there, each thing for itself, in time, and tells no key."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.ccxt_look import Look, look_at
from livekit_cli.adapters.ccxt_patience import Patience
from livekit_cli.adapters.clock import stopwatch
from livekit_cli.adapters.config.exchanges import ExchangeConfig
from livekit_cli.core.check import Answer, Sign, exit_code
from livekit_cli.core.errors import ConfigError
from tests.exchange.client import options
from tests.exchange.clock import MINUTE_MS
from tests.exchange.market import gap
from tests.exchange.server import LocalExchange

from .harness import Hand

BOTH = pytest.mark.parametrize("exchange_id", ["binance", "bybit"])
QUICKLY = Patience(attempts=(0.4, 0.3), retry=(0.01,), ask=1.0)
KEYS = {"apiKey": "the-key-of-an-account", "secret": "the-secret-of-it"}


def config(exchange: LocalExchange, exchange_id: str = "binance", **more: Any) -> ExchangeConfig:
    given = options(exchange_id, exchange.url, **more)
    return ExchangeConfig("local", "ccxt", Path("configs/local.yaml"), ccxt_id=exchange_id, ccxt=given)


def seen(exchange: LocalExchange, *symbols: str, hand: Hand | None = None, **more: Any) -> list[Answer]:
    """All answers; `more` goes to ccxt."""
    wanted = more.pop("config", None) or config(exchange, more.pop("exchange_id", "binance"), **more)
    look = Look(wanted, symbols, 4.0, 1.0, QUICKLY, (hand or Hand(exchange.clock)).machine())
    answers: list[Answer] = []
    asyncio.run(look_at(look, answers.append))
    return answers


def of(answers: list[Answer], subject: str) -> list[Answer]:
    return [answer for answer in answers if answer.subject == subject]


def one(answers: list[Answer], subject: str) -> Answer:
    (answer,) = of(answers, subject)
    return answer


@BOTH
def test_an_exchange_in_order_is_told_thing_by_thing(exchange: LocalExchange, exchange_id: str) -> None:
    exchange.clock.run()
    answers = seen(exchange, "BTCUSDT", "eth-usdt", exchange_id=exchange_id)
    assert [answer.subject for answer in answers] == [
        "exchange", "clock", "rate limit", "symbol", "symbol", "fees", "candles", "websocket", "key",
    ]  # fmt: skip
    assert {answer.sign for answer in answers} == {Sign.OK}
    assert one(answers, "exchange").found.startswith(f"local: 127.0.0.1:{exchange.port} answers in ")
    assert [answer.found.partition(":")[0] for answer in of(answers, "symbol")] == [
        "BTCUSDT is BTC/USDT", "eth-usdt is ETH/USDT",
    ]  # fmt: skip
    assert "at least 0.00001 BTC" in of(answers, "symbol")[0].found
    assert one(answers, "candles").found.startswith("local: the newest of 2 symbols closed ")
    assert one(answers, "key").found == "local: none, and paper needs none"


def test_nothing_is_written(exchange: LocalExchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seen(exchange, "BTCUSDT")
    assert list(tmp_path.iterdir()) == []


def test_a_symbol_that_nobody_named_is_found(exchange: LocalExchange) -> None:
    assert one(seen(exchange), "symbol").found.startswith("BTCUSDT is BTC/USDT")


@BOTH
def test_an_unknown_symbol_is_told_with_the_nearest_and_the_others_are_looked_at(
    exchange: LocalExchange, exchange_id: str
) -> None:
    answers = seen(exchange, "BTCUSTD", "ETHUSDT", exchange_id=exchange_id)
    wrong, right = of(answers, "symbol")
    assert (wrong.sign, wrong.code, exit_code(answers)) == (Sign.WRONG, 2, 2)
    assert wrong.found.startswith("local has no spot market 'BTCUSTD' among its 10; did you mean BTCUSDT or ")
    assert right.sign is Sign.OK
    assert one(answers, "candles").found.startswith("local: the newest of ETHUSDT closed ")


@pytest.mark.parametrize("off", [60_000, -60_000])
def test_a_clock_that_differs_is_told(exchange: LocalExchange, off: int) -> None:
    clock = one(seen(exchange, "BTCUSDT", hand=Hand(exchange.clock, wall_off=off)), "clock")
    assert clock.sign is Sign.WARNING
    assert clock.found == f"that of local is 60.0 s {'behind' if off > 0 else 'ahead of'} this machine's"


def test_old_candles_are_told_with_their_age(exchange: LocalExchange) -> None:
    with exchange.faults.add("hour-old", endpoint="klines", symbol="BTCUSDT"):
        answers = seen(exchange, "BTCUSDT", "ETHUSDT")
    fresh, old = of(answers, "candles")
    assert fresh.found.startswith("local: the newest of ETHUSDT closed ")
    assert old.sign is Sign.WRONG
    assert exit_code(answers) == 69


@pytest.mark.parametrize("fault", ["ws-refused", "ws-hanging", "ws-silent", "ws-garbage", "ws-cut-json"])
def test_a_websocket_that_brings_nothing_is_a_warning(exchange: LocalExchange, fault: str) -> None:
    exchange.clock.run()
    with exchange.faults.add(fault):
        answers = seen(exchange, "BTCUSDT")
    socket = one(answers, "websocket")
    assert socket.sign is Sign.WARNING
    assert socket.found.startswith("local: nothing came by websocket: ")
    assert "wss://" in socket.mend
    assert exit_code(answers) == 0


# ---- an exchange that does not answer as it should


@BOTH
@pytest.mark.parametrize(
    "fault", ["never-answered", "reset", "status-503", "status-403", "status-451", "empty", "html"]
)
def test_an_exchange_that_fails_is_wrong_with_the_code_of_a_start(
    exchange: LocalExchange, exchange_id: str, fault: str
) -> None:
    began = stopwatch()
    with exchange.faults.add(fault):
        answers = seen(exchange, "BTCUSDT", exchange_id=exchange_id)
    assert stopwatch() - began < 5.5
    assert one(answers, "exchange").sign is Sign.WRONG
    assert exit_code(answers) == 69
    assert one(answers, "exchange").mend


def test_one_that_is_down_is_told_at_once(exchange: LocalExchange) -> None:
    exchange.down()
    answers = seen(exchange, "BTCUSDT")
    assert "not reachable" in one(answers, "exchange").found
    exchange.up()


def test_candles_that_do_not_come_do_not_hide_the_rest(exchange: LocalExchange) -> None:
    with exchange.faults.add("never-answered", endpoint="klines"):
        answers = seen(exchange, "BTCUSDT")
    assert one(answers, "candles").sign is Sign.WRONG
    assert {answer.subject for answer in answers if answer.sign is Sign.OK} == {
        "exchange", "clock", "rate limit", "symbol", "fees", "websocket", "key",
    }  # fmt: skip
    assert exit_code(answers) == 69


def test_what_is_over_its_time_ends_there(exchange: LocalExchange) -> None:
    with exchange.faults.add("never-answered", endpoint="klines"):
        look = Look(config(exchange), ("BTCUSDT",), 0.5, 1.0, Patience(ask=30), Hand(exchange.clock).machine())
        answers: list[Answer] = []
        asyncio.run(look_at(look, answers.append))
    assert answers[-1].found == "local: the rest: no answer in 0.5 s"
    assert [answer.subject for answer in answers[:4]] == ["exchange", "clock", "rate limit", "symbol"]


def test_a_setting_that_ccxt_does_not_take_is_an_error_of_the_file(exchange: LocalExchange) -> None:
    with pytest.raises(ConfigError, match=r"configs/local\.yaml: ccxt has no setting 'timout' for binance; did you "):
        seen(exchange, "BTCUSDT", timout=5)


# ---- keys


@BOTH
def test_what_a_key_may_do_is_told(exchange: LocalExchange, exchange_id: str) -> None:
    assert one(seen(exchange, "BTCUSDT", exchange_id=exchange_id, **KEYS), "key").found == (
        "local: the key may read, may trade, may not withdraw"
    )
    exchange.key.withdraws, exchange.key.trades, exchange.key.bound = True, False, False
    key = one(seen(exchange, "BTCUSDT", exchange_id=exchange_id, **KEYS), "key")
    assert key.found == "local: the key may read, may not trade, may withdraw; it works from every address"
    assert (key.sign, key.code) == (Sign.WARNING, 0)


@BOTH
def test_a_key_that_is_refused_is_77_and_never_shown(exchange: LocalExchange, exchange_id: str) -> None:
    exchange.key.refusal = f"Invalid API-key {KEYS['apiKey']} or secret {KEYS['secret']}"
    answers = seen(exchange, "BTCUSDT", exchange_id=exchange_id, **KEYS)
    key = one(answers, "key")
    assert (key.sign, exit_code(answers)) == (Sign.WRONG, 77)
    assert "the key was refused" in key.found
    assert "Invalid API-key *** or secret ***" in key.found
    assert not any(secret in f"{answers}" for secret in KEYS.values())


def test_where_no_key_was_given_none_is_called_refused(exchange: LocalExchange) -> None:
    exchange.faults.add("status-401")
    answer = one(seen(exchange, "BTCUSDT"), "exchange")
    assert answer.found.startswith("local: it wants a key, and none is given (AuthenticationError: ")
    assert (answer.code, answer.mend.partition(",")[0]) == (77, "Give it a key")


def test_a_secret_that_nothing_can_be_signed_with_is_told_as_that(exchange: LocalExchange) -> None:
    broken = "-----BEGIN PRIVATE KEY-----\nbroken\n-----END PRIVATE KEY-----\n"
    answers = seen(exchange, "BTCUSDT", apiKey=KEYS["apiKey"], secret=broken)
    key = one(answers, "key")
    assert key.found == "local: the key cannot be used as it is written: nothing can be signed with its secret"
    assert (key.code, exit_code(answers)) == (77, 77)
    assert "broken" not in f"{answers}"


def test_half_a_key_is_told_by_what_is_missing(exchange: LocalExchange) -> None:
    key = one(seen(exchange, "BTCUSDT", apiKey=KEYS["apiKey"]), "key")
    assert (key.found, key.code) == ("local: the key is not whole, secret is missing", 77)


def test_a_question_about_a_key_that_is_not_answered_is_no_refusal(exchange: LocalExchange) -> None:
    with exchange.faults.add("status-503", endpoint="key"):
        answers = seen(exchange, "BTCUSDT", **KEYS)
    assert one(answers, "key").sign is Sign.WARNING
    assert one(answers, "key").found.startswith("what the key may do cannot be known: local: the key: ")
    assert exit_code(answers) == 0


def test_what_ccxt_would_print_of_a_key_is_not_printed(
    exchange: LocalExchange, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match="verbose prints keys and signed requests where livekit prints data"):
        seen(exchange, "BTCUSDT", verbose=True, **KEYS)
    seen(exchange, "BTCUSDT", verbose=False, **KEYS)
    assert capfd.readouterr() == ("", "")


def test_where_its_file_names_the_fee_that_is_told(exchange: LocalExchange) -> None:
    answers = seen(exchange, "BTCUSDT", config=replace(config(exchange), fee_percent=0.05))
    assert one(answers, "fees").found == "local: 0.05% on each side, as its file says; ccxt says 0.1% there"


def test_the_digits_of_ccxt_mean_what_they_mean_there() -> None:
    from ccxt.base import decimal_to_precision as theirs

    from livekit_cli.adapters import ccxt_look as ours

    assert (ours.DECIMAL_PLACES, ours.STEP_ITSELF) == (theirs.DECIMAL_PLACES, theirs.TICK_SIZE)
    assert ours._step(2, ours.DECIMAL_PLACES) == ours._step(0.01, ours.STEP_ITSELF) == 0.01
    assert ours._step(None, ours.STEP_ITSELF) is ours._step(5, 3) is None


def test_a_quiet_market_is_a_warning(exchange: LocalExchange) -> None:
    now = exchange.clock.minute()
    exchange.market.script("BTCUSDT", gap(now - 9 * MINUTE_MS, now + MINUTE_MS))
    assert one(seen(exchange, "BTCUSDT"), "candles").sign is Sign.WARNING
