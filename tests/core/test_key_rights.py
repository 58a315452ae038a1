"""What exchanges say of a key, as their documentation has it, is understood; of another shape nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from livekit_cli.core.key_rights import SOURCES, Rights, rights_in

BINANCE = {"ipRestrict": False, "enableReading": True, "enableWithdrawals": False, "enableSpotAndMarginTrading": True}
FUTURES = {"enableSpotAndMarginTrading": False, "enableFutures": True}
BYBIT = {"readOnly": 0, "permissions": {"Spot": ["SpotTrade"], "Wallet": ["AccountTransfer", "Withdraw"]}, "ips": ["*"]}
OKX = {"perm": "read_only,withdraw,trade", "ip": "203.0.113.7"}
COINBASE = {"can_view": True, "can_trade": False, "can_transfer": True}
BITFINEX = [["account", 1, 0], ["orders", 1, 1], ["wallets", 1, 1], ["withdraw", 0, 0]]


@pytest.mark.parametrize(
    ("exchange_id", "answer", "rights"),
    [
        ("binance", BINANCE, Rights(True, True, False, True)),
        ("binance", BINANCE | {"ipRestrict": True, "enableWithdrawals": "true"}, Rights(True, True, True, False)),
        ("binanceusdm", BINANCE | {"enableSpotAndMarginTrading": False}, Rights(True, False, False, True)),
        ("binanceusdm", BINANCE | FUTURES, Rights(True, True, False, True)),
        ("bybit", {"result": BYBIT}, Rights(True, True, True, True)),
        ("bybit", {"result": BYBIT | {"readOnly": 1}}, Rights(True, False, False, True)),
        ("bybiteu", {"result": BYBIT | {"permissions": {}, "ips": ["1.2.3.4"]}}, Rights(True, False, False, False)),
        ("okx", {"data": [OKX]}, Rights(True, True, True, False)),
        ("myokx", {"data": [{"perm": "read_only", "ip": ""}]}, Rights(True, False, False, True)),
        ("coinbase", COINBASE, Rights(True, False, True)),
        ("bitfinex", BITFINEX, Rights(True, True, False)),
    ],
)  # fmt: skip
def test_what_is_said_is_understood(exchange_id: str, answer: Any, rights: Rights) -> None:
    assert rights_in(exchange_id, answer) == rights


@pytest.mark.parametrize("exchange_id", sorted(SOURCES))
@pytest.mark.parametrize(
    "answer", [None, {}, [], "", 5, {"result": None}, {"data": []}, {"enableReading": None}], ids=str
)
def test_what_has_another_shape_says_nothing(exchange_id: str, answer: Any) -> None:
    with pytest.raises(ValueError, match=r"Error: "):
        rights_in(exchange_id, answer)


@pytest.mark.parametrize("exchange_id", sorted(SOURCES))
def test_ccxt_has_the_method_that_asks(exchange_id: str) -> None:
    from livekit_cli.adapters.ccxt_import import exchange_class

    assert callable(getattr(exchange_class(exchange_id, websocket=False)(), SOURCES[exchange_id][0]))
