"""What was seen of an exchange, judged: each thing an answer with a sign and, where it is not in order, how to mend it.

What is measured comes in; nothing here asks anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .candle import MINUTE_MS
from .check import Answer, Sign
from .errors import CredentialsRefused, ExchangeRefused, ExchangeUnreachable, LivekitError
from .key_rights import Rights

SKEW_MS = 1000
"""A difference between the clocks that a trader is told of, as a run tells it."""

FRESH_MINUTES, OLD_MINUTES = 2, 30
"""The age of the newest candle up to which it is fresh, and from which something is wrong and not merely quiet."""

TRUST = "Trade where it serves you, or choose another: `livekit exchanges --all`"
REACH = "See whether this machine has a network, and whether a proxy or firewall stands before the exchange"
KEY = "Make a new key there, and give it by key_file or ${VARIABLE}; on paper it can be left out"

GIVE_KEY = "Give it a key, by key_file or ${VARIABLE}, or choose another exchange: `livekit exchanges --all`"


@dataclass(frozen=True, slots=True)
class Limits:
    """What an order on one market has to heed; None where the exchange does not say. `step` is that of prices."""

    market: str
    base: str
    quote: str
    least_amount: float | None = None
    least_cost: float | None = None
    step: float | None = None


def ok(subject: str, found: str) -> Answer:
    """Nothing is wrong with it."""
    return Answer(subject, Sign.OK, found)


def failure(subject: str, error: LivekitError, mend: str = "") -> Answer:
    """What could not be found out because of `error`; what a run would end with is wrong."""
    return Answer(subject, Sign.WRONG, str(error), mend or _mend(error), error.exit_code)


def _mend(error: LivekitError) -> str:
    if isinstance(error, CredentialsRefused):
        return KEY
    return TRUST if isinstance(error, ExchangeRefused) else REACH


def silence(subject: str, name: str, seconds: float) -> Answer:
    """It did not answer within the time that there is."""
    return failure(subject, ExchangeUnreachable(f"{name}: no answer in {seconds:g} s"))


def reachable(name: str, host: str, ms: float) -> Answer:
    """It answers."""
    return ok("exchange", f"{name}: {host} answers in {ms:.0f} ms")


def clock(name: str, ahead_ms: float | None) -> Answer:
    """How far its clock is ahead of this machine's; None where it does not tell its time."""
    if ahead_ms is None:
        return ok("clock", f"{name} does not tell its time; minutes are counted by this machine's clock")
    word = "ahead of" if ahead_ms > 0 else "behind"
    told = f"that of {name} is {abs(ahead_ms) / 1000:.1f} s {word} this machine's"
    if abs(ahead_ms) < SKEW_MS:
        return ok("clock", told)
    mend = "Have this machine's kept by NTP; until then minutes are counted by the exchange's"
    return Answer("clock", Sign.WARNING, told, mend)


def rate(name: str, between_ms: float, window_ms: float | None) -> Answer:
    """How many requests it is sent at most. `window_ms` is None where they are spread evenly."""
    if not window_ms:
        return ok("rate limit", f"{name}: a request every {between_ms:g} ms at most")
    count = window_ms / max(between_ms, 1e-9)
    return ok("rate limit", f"{name}: requests of a weight of {count:,.0f} in {window_ms / 1000:g} s at most")


def symbol(typed: str, limits: Limits) -> Answer:
    """It is traded there, and what an order has to heed."""
    parts = [
        f"at least {_number(limits.least_amount)} {limits.base}" if limits.least_amount else "",
        f"at least {_number(limits.least_cost)} {limits.quote}" if limits.least_cost else "",
        f"prices in steps of {_number(limits.step)}" if limits.step else "",
    ]
    said = ", ".join(filter(None, parts)) or "no limits of an order are known"
    return ok("symbol", f"{typed} is {limits.market}: {said}")


def fees(name: str, own: float | None, theirs: Mapping[str, float | None], usual: float) -> Answer:
    """What a side of a trade is counted to cost: by the exchange's file (`own`), or as its markets say (`theirs`)."""
    said = sorted({percent for percent in theirs.values() if percent is not None})
    market = f"{' or '.join(f'{percent:g}%' for percent in said)}"
    if own is not None:
        beside = f"; ccxt says {market} there" if said and said != [own] else ""
        return ok("fees", f"{name}: {own:g}% on each side, as its file says{beside}")
    if silent := [one for one, percent in theirs.items() if percent is None]:
        told = f"{name} does not say what {silent[0]} costs, so {usual:g}% on each side is counted"
        return Answer("fees", Sign.WARNING, told, "Set fee_percent in the exchange's file in configs/")
    return ok("fees", f"{name}: {market} on each side, as ccxt knows it; with fee_percent its file can say another")


def candles(name: str, ages: Mapping[str, float | None]) -> list[Answer]:
    """How long ago (ms) the newest candle of each symbol closed; None where none came at all."""
    fresh = {one: age for one, age in ages.items() if age is not None and age < FRESH_MINUTES * MINUTE_MS}
    answers = [_old(name, one, age) for one, age in ages.items() if one not in fresh]
    if fresh:
        oldest = max(fresh.values()) / 1000
        whose = next(iter(fresh)) if len(fresh) == 1 else f"{len(fresh)} symbols"
        answers.insert(0, ok("candles", f"{name}: the newest of {whose} closed {max(0.0, oldest):.0f} s ago"))
    return answers


def _old(name: str, one: str, age: float | None) -> Answer:
    if age is None:
        found, mend = f"{name} has no candle of {one} in the last hour", "Choose a symbol that is traded"
        return Answer("candles", Sign.WRONG, found, mend, ExchangeUnreachable.exit_code)
    minutes = age / MINUTE_MS
    found = f"{name}: the newest of {one} closed {minutes:.0f} m ago"
    if minutes >= OLD_MINUTES:
        mend = "See whether the exchange is at work, and whether this symbol is traded"
        return Answer("candles", Sign.WRONG, found, mend, ExchangeUnreachable.exit_code)
    mend = "A quiet market: without a candle in five minutes there is no price, and nothing is closed"
    return Answer("candles", Sign.WARNING, found, mend)


def socket(name: str, one: str, seconds: float | None, trouble: str) -> Answer:
    """After how long the first candle of `one` came by websocket; None when none did, with what is known of why."""
    if seconds is not None:
        return ok("websocket", f"{name}: a candle of {one} came after {seconds:.1f} s")
    mend = "Candles are asked for by REST instead; see whether a proxy or firewall lets wss:// through"
    return Answer("websocket", Sign.WARNING, f"{name}: nothing came by websocket: {trouble}", mend)


def no_socket(name: str) -> Answer:
    """ccxt has no websocket candles there."""
    return ok("websocket", f"{name} has no candles by websocket in ccxt; they are asked for by REST")


def key(name: str, rights: Rights) -> Answer:
    """What a key that works may do."""
    may = [_may(word, value) for word, value in (("read", rights.reads), ("trade", rights.trades))]
    told = f"{name}: the key {', '.join(may)}, {_may('withdraw', rights.withdraws)}"
    told += "; it works from every address" if rights.anywhere else ""
    if rights.withdraws:
        mend = "Make a key without the right to withdraw: nothing here needs it, and a thief would use it"
        return Answer("key", Sign.WARNING, told, mend)
    if rights.reads is False:
        return Answer("key", Sign.WARNING, told, KEY)
    return ok("key", told)


def _may(word: str, value: bool | None) -> str:
    if value is None:
        return f"(whether it may {word} cannot be known: the exchange does not say)"
    return f"may {word}" if value else f"may not {word}"


def open_file(name: str, path: str) -> Answer:
    """Its key lies where others can read it."""
    mend = f"Keep it to yourself: `chmod 600 {path}`; and make a new key if others use this machine"
    return Answer("key", Sign.WARNING, f"{name}: others can read {path}", mend)


def unknown_key(error: str) -> Answer:
    """Nobody answered."""
    mend = "Try again; on paper the key is not needed"
    return Answer("key", Sign.WARNING, f"what the key may do cannot be known: {error}", mend)


def unusable_key(name: str) -> Answer:
    """Nothing can be signed with it."""
    found = f"{name}: the key cannot be used as it is written: nothing can be signed with its secret"
    mend = "Copy it again, whole and with its line breaks; on paper it can be left out"
    return Answer("key", Sign.WRONG, found, mend, CredentialsRefused.exit_code)


def no_key(name: str, missing: Sequence[str], given: Sequence[str]) -> Answer:
    """There is none, or not all of it."""
    if not given:
        return ok("key", f"{name}: none, and paper needs none")
    found = f"{name}: the key is not whole, {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    return Answer("key", Sign.WRONG, found, KEY, CredentialsRefused.exit_code)


def _number(value: float | None) -> str:
    """`0.00001` and not `1e-05`."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
