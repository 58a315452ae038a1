"""What an exchange's failure means for livekit: ccxt's classes and a few of its texts, in one table.

ccxt's classes are known here by their names, so that this table can be read without importing ccxt. An error is looked
up by its own class first and then by those it derives from, the nearest first; what nobody foresaw ends the minute.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum

from ..core.errors import CredentialsRefused, ExchangeError, ExchangeRefused, FeedError, MarketGone
from ..core.words import excerpt


class Ends(StrEnum):
    """How far a failure reaches."""

    MINUTE = "minute"
    SYMBOL = "symbol"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a failure ends, and what to call it."""

    ends: Ends
    words: str


TABLE: dict[str, Meaning] = {
    "AuthenticationError": Meaning(Ends.RUN, "the key was refused"),
    "AccountNotEnabled": Meaning(Ends.RUN, "the account may not do this"),
    "AccountSuspended": Meaning(Ends.RUN, "the account is suspended"),
    "PermissionDenied": Meaning(Ends.RUN, "the key lacks a permission"),
    "RestrictedLocation": Meaning(Ends.RUN, "the exchange does not serve this place"),
    "BadSymbol": Meaning(Ends.SYMBOL, "the exchange does not know this symbol"),
    "ContractUnavailable": Meaning(Ends.SYMBOL, "the exchange does not trade this contract any more"),
    "MarketClosed": Meaning(Ends.MINUTE, "this market is closed"),
    "RateLimitExceeded": Meaning(Ends.MINUTE, "too many requests"),
    "DDoSProtection": Meaning(Ends.MINUTE, "the exchange has shut us out for a while"),
    "OnMaintenance": Meaning(Ends.MINUTE, "the exchange is under maintenance"),
    "InvalidNonce": Meaning(Ends.MINUTE, "the clocks of this machine and of the exchange differ"),
    "RequestTimeout": Meaning(Ends.MINUTE, "no answer in time"),
    "ExchangeNotAvailable": Meaning(Ends.MINUTE, "not reachable"),
    "NetworkError": Meaning(Ends.MINUTE, "the network failed"),
    "BadResponse": Meaning(Ends.MINUTE, "an answer that cannot be read"),
    "BadRequest": Meaning(Ends.MINUTE, "the request was refused"),
    "ExchangeError": Meaning(Ends.MINUTE, "the request was refused"),
    "TimeoutError": Meaning(Ends.MINUTE, "no answer in time"),
}

CAUSES: dict[str, str] = {
    "ClientConnectorDNSError": "its name cannot be resolved",
    "ClientConnectorCertificateError": "its certificate is not one that this machine trusts",
    "ClientConnectorSSLError": "it does not speak TLS",
    "ServerDisconnectedError": "it hung up",
    "OSError": "the connection failed",
}
"""Why something is not reachable, by the class of aiohttp's error, which ccxt does not put into words."""

_UNFORESEEN = Meaning(Ends.MINUTE, "an answer that cannot be read")
"""ccxt's parsers raise whatever a wrong type makes them raise."""

SERVER_TROUBLE = 500

_STATUS = re.compile(r"(?:GET|POST|PUT|DELETE) \S+ (\d{3})\b")
_URL = re.compile(r"(https?|wss?)://(?:[^\s/?@]*@)?([^\s/?]+)\S*")
_PAGE = re.compile(r"<(!doctype|html)\b.*", re.IGNORECASE)
_FORBIDDEN = {"403": "the exchange refuses us (403)", "451": "the exchange does not serve this place (451)"}
"""ccxt calls these unreachable. They are: but not for long hours of trying."""


def meaning_of(error: BaseException, status: int | None = None) -> Meaning:
    """The row of the table that `error` belongs to; an answer of a `status` of 500 or more blames nobody but itself."""
    if status is not None and status >= SERVER_TROUBLE:
        return Meaning(Ends.MINUTE, f"the exchange has trouble of its own ({status})")
    name = next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in TABLE), "")
    # Where a status has a meaning of its own there, as 403 has with Bybit (too many requests), ccxt knows it.
    if name == "ExchangeNotAvailable" and (found := _STATUS.search(str(error))) and found[1] in _FORBIDDEN:
        return Meaning(Ends.RUN, _FORBIDDEN[found[1]])
    meaning = TABLE.get(name, _UNFORESEEN)
    why = _cause(error.__cause__) if name == "ExchangeNotAvailable" else ""
    return Meaning(meaning.ends, f"{meaning.words}: {why}") if why else meaning


def _cause(error: BaseException | None) -> str:
    found = next((CAUSES[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in CAUSES), "")
    code = getattr(error, "errno", None)
    return os.strerror(code).lower() if found == CAUSES["OSError"] and isinstance(code, int) and code > 0 else found


def translated(
    error: BaseException, exchange: str, what: str, *, starting: bool = False, status: int | None = None
) -> ExchangeError:
    """livekit's error for a failure of `exchange` while it was asked for `what`; `error` stays its cause.

    `status` is that of its answer, where there was one.

    What ends the run does so only while it is `starting`: later on there is a signal to watch, and the next minute may
    be better.
    """
    meaning = meaning_of(error, status)
    text = f"{exchange}: {what}: {meaning.words} ({said(error)})"
    ours: ExchangeError
    match meaning.ends:
        case Ends.SYMBOL:
            ours = MarketGone(text)
        case Ends.RUN if starting:
            is_access = any(kind.__name__ == "AuthenticationError" for kind in type(error).__mro__)
            ours = CredentialsRefused(text) if is_access else ExchangeRefused(text)
        case _:
            ours = FeedError(text)
    ours.__cause__ = error
    return ours


def in_short(error: BaseException, status: int | None = None) -> str:
    """What to call a failure, with the status of the answer where there was one."""
    words, found = meaning_of(error, status).words, _STATUS.search(str(error))
    return words if status and str(status) in words else words + (f" ({found[1]})" if found else "")


def said(error: BaseException) -> str:
    """Class and text on one line, cut short; of an address only its host: the rest may hold a key and a signature."""
    words = _PAGE.sub("a page of HTML", " ".join(str(error).split()))
    text = _URL.sub(r"\1://\2/...", excerpt(words, 300))
    kind = type(error).__name__
    return excerpt(f"{kind}: {text}" if text else kind, 160)
