"""What was seen of an exchange is judged: in order, to be watched, or wrong with the code that a run would end by."""

from __future__ import annotations

from livekit_cli.core import outlook
from livekit_cli.core.check import Answer, Sign, exit_code
from livekit_cli.core.errors import CredentialsRefused, ExchangeRefused, ExchangeUnreachable, UsageError
from livekit_cli.core.key_rights import Rights
from livekit_cli.core.outlook import Limits


def told(answer: Answer) -> tuple[str, str, int]:
    return answer.sign.value, answer.found, answer.code


def test_a_clock_is_told_of_when_it_is_a_second_off() -> None:
    assert told(outlook.clock("x", 999)) == ("ok", "that of x is 1.0 s ahead of this machine's", 0)
    assert told(outlook.clock("x", -60_000)) == ("warning", "that of x is 60.0 s behind this machine's", 0)
    assert "NTP" in outlook.clock("x", 1000).mend
    assert told(outlook.clock("x", None))[0] == "ok"


def test_limits_are_written_out_and_what_is_not_known_is_left_out() -> None:
    whole = outlook.symbol("BTCUSDT", Limits("BTC/USDT", "BTC", "USDT", 1e-05, 5.0, 0.01))
    assert whole.found == "BTCUSDT is BTC/USDT: at least 0.00001 BTC, at least 5 USDT, prices in steps of 0.01"
    assert outlook.symbol("A", Limits("A/B", "A", "B", None, 10.0)).found == "A is A/B: at least 10 B"
    assert outlook.symbol("A", Limits("A/B", "A", "B")).found == "A is A/B: no limits of an order are known"


def test_candles_are_fresh_quiet_or_dead() -> None:
    (fresh,) = outlook.candles("x", {"A": 5_000, "B": 119_000})
    assert told(fresh) == ("ok", "x: the newest of 2 symbols closed 119 s ago", 0)
    (one,) = outlook.candles("x", {"A": 5_000})
    assert one.found == "x: the newest of A closed 5 s ago"
    quiet, dead, none = outlook.candles("x", {"A": 120_000.0, "B": 3_600_000.0, "C": None})
    assert [told(answer)[0::2] for answer in (quiet, dead, none)] == [("warning", 0), ("wrong", 69), ("wrong", 69)]
    assert "five minutes" in quiet.mend
    assert none.found == "x has no candle of C in the last hour"


def test_fees_are_those_that_a_signal_will_be_counted() -> None:
    assert outlook.fees("x", None, {"A": 0.1, "B": 0.1}, 0.1).found.startswith("x: 0.1% on each side, as ccxt knows it")
    assert outlook.fees("x", None, {"A": 0.1, "B": 0.2}, 0.1).found.startswith("x: 0.1% or 0.2% on each side")
    assert outlook.fees("x", 0.4, {"A": 0.26}, 0.4).found == (
        "x: 0.4% on each side, as its file says; ccxt says 0.26% there"
    )
    assert outlook.fees("x", 0.4, {"A": None}, 0.4).found == "x: 0.4% on each side, as its file says"
    silent = outlook.fees("x", None, {"A": None}, 0.1)
    assert (silent.sign, silent.found) == (Sign.WARNING, "x does not say what A costs, so 0.1% on each side is counted")


def test_a_key_that_may_withdraw_is_warned_of_and_what_is_not_said_is_not_claimed() -> None:
    fine = outlook.key("x", Rights(True, True, False, False))
    assert told(fine) == ("ok", "x: the key may read, may trade, may not withdraw", 0)
    assert outlook.key("x", Rights(True, False, True, True)).sign is Sign.WARNING
    assert outlook.key("x", Rights(True, False, False, True)).found.endswith("; it works from every address")
    unsaid = "(whether it may {} cannot be known: the exchange does not say)"
    half = outlook.key("x", Rights(reads=True))
    assert half.found == f"x: the key may read, {unsaid.format('trade')}, {unsaid.format('withdraw')}"
    assert half.sign is Sign.OK
    assert outlook.key("x", Rights(False, True, False)).sign is Sign.WARNING


def test_half_a_key_is_none() -> None:
    assert told(outlook.no_key("x", ["apiKey", "secret"], [])) == ("ok", "x: none, and paper needs none", 0)
    assert told(outlook.no_key("x", ["password"], ["apiKey", "secret"])) == (
        "wrong", "x: the key is not whole, password is missing", 77,
    )  # fmt: skip


def test_the_code_is_that_of_the_gravest() -> None:
    errors = (UsageError("a"), ExchangeUnreachable("b"), CredentialsRefused("c"), ExchangeRefused("d"))
    answers = [outlook.failure("x", error) for error in errors]
    assert [answer.code for answer in answers] == [2, 69, 77, 69]
    assert exit_code(answers) == 77
    assert exit_code(answers[:2]) == 69
    assert exit_code(answers[:1]) == 2
    assert len({answer.mend for answer in answers}) == 3  # each class is mended in a way of its own


def test_a_rate_limit_is_said_as_it_is_kept() -> None:
    assert outlook.rate("x", 50.0, None).found == "x: a request every 50 ms at most"
    assert outlook.rate("x", 50.0, 60_000.0).found == "x: requests of a weight of 1,200 in 60 s at most"
