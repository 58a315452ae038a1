"""What a key may do, as far as its exchange says it; no key is ever looked at here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rights:
    """None where nobody says it. `anywhere`: it is not bound to addresses."""

    reads: bool | None = None
    trades: bool | None = None
    withdraws: bool | None = None
    anywhere: bool | None = None


def rights_in(exchange_id: str, answer: object) -> Rights:
    """What an exchange of SOURCES said of a key. Raises ValueError for an answer of another shape."""
    try:
        return SOURCES[exchange_id][1](answer)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None


def _binance(answer: Any) -> Rights:
    trades = answer["enableSpotAndMarginTrading"] or answer.get("enableFutures", False)
    return Rights(_flag(answer["enableReading"]), _flag(trades), _flag(answer["enableWithdrawals"]), _not(answer))


def _not(answer: Mapping[str, Any]) -> bool | None:
    return None if "ipRestrict" not in answer else not _flag(answer["ipRestrict"])


def _bybit(answer: Any) -> Rights:
    found = answer["result"]
    rights, is_writing = found["permissions"], int(found["readOnly"]) == 0
    trades = any(rights.get(kind) for kind in ("Spot", "ContractTrade", "Derivatives", "Options"))
    withdraws = "Withdraw" in rights.get("Wallet", ())
    return Rights(True, is_writing and trades, is_writing and withdraws, found.get("ips") in (["*"], [], None))


def _okx(answer: Any) -> Rights:
    found = answer["data"][0]
    rights = found["perm"].split(",")
    return Rights("read_only" in rights, "trade" in rights, "withdraw" in rights, not found.get("ip"))


def _coinbase(answer: Any) -> Rights:
    return Rights(_flag(answer["can_view"]), _flag(answer["can_trade"]), _flag(answer["can_transfer"]))


def _bitfinex(answer: Any) -> Rights:
    rights = {name: (bool(read), bool(write)) for name, read, write in answer}
    return Rights(rights["wallets"][0], rights["orders"][1], rights["withdraw"][1])


def _flag(value: Any) -> bool:
    """ccxt hands JSON on as it is; some exchanges write their flags as text."""
    if value in (True, "true", 1):
        return True
    if value in (False, "false", 0):
        return False
    raise TypeError(f"{value!r} is neither true nor false")


SOURCES: dict[str, tuple[str, Callable[[Any], Rights]]] = {
    **dict.fromkeys(("binance", "binanceusdm", "binancecoinm"), ("sapi_get_account_apirestrictions", _binance)),
    **dict.fromkeys(("bybit", "bybiteu", "bybitid"), ("private_get_v5_user_query_api", _bybit)),
    **dict.fromkeys(("okx", "myokx", "okxus"), ("private_get_account_config", _okx)),
    "coinbase": ("v3_private_get_brokerage_key_permissions", _coinbase),
    "bitfinex": ("private_post_auth_r_permissions", _bitfinex),
}
"""ccxt's method that asks what the key may do, and what its answer means, by exchange."""
