"""The shipped table of what ccxt can do is that of the pinned release; what it says of order ids shows on the wire."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Any

import pytest

from livekit_cli.adapters.ccxt_abilities import PLACE, read_survey
from livekit_cli.adapters.ccxt_import import ccxt_ids, exchange_class, installed_release
from livekit_cli.adapters.ccxt_venue import has_minutes
from tests.exchange.client import wall

from .survey import survey

SURVEY = read_survey()


def test_the_table_is_that_of_the_ccxt_that_is_installed() -> None:
    assert PLACE.read_text() == survey(), "run: python -m tests.markets.survey"
    assert SURVEY.is_of_the_installed
    assert tuple(SURVEY.exchanges) == ccxt_ids()


def test_the_release_is_known_without_an_import() -> None:
    import ccxt

    assert installed_release() == ccxt.__version__


@pytest.mark.parametrize("exchange_id", ["binance", "kraken", "bit2c", "coinspot"])
def test_livekit_starts_where_the_table_says_so_and_nowhere_else(exchange_id: str) -> None:
    client = exchange_class(exchange_id, websocket=False)()
    assert has_minutes(client) == SURVEY.exchanges[exchange_id].minutes


# ---- order ids on the wire

ORDER_ID = "1234567890123456"
FORMS = (ORDER_ID, format(int(ORDER_ID), "x"))
"""As text, and as the hexadecimal number that some make of it."""

KEYS = {
    "apiKey": "account-" + "k" * 64,
    "secret": base64.b64encode(b"s" * 32).decode(),
    "password": "p",
    "uid": "123",
    "walletAddress": "0x" + "1" * 40,
    "privateKey": "0x" + "1" * 64,
    "token": "t",
    "login": "l",
    "accountId": "0x" + "1" * 64,
    "options": {"operatorId": 1},
}


def market(kind: str) -> dict[str, Any]:
    is_spot = kind == "spot"
    settle = None if is_spot else "USDT"
    return {
        "id": "BTCUSDT", "symbol": "BTC/USDT" if is_spot else "BTC/USDT:USDT", "base": "BTC", "quote": "USDT",
        "baseId": "1", "quoteId": "2", "settle": settle, "settleId": settle, "type": kind, "spot": is_spot,
        "swap": not is_spot, "future": False, "option": False, "margin": False, "contract": not is_spot,
        "linear": None if is_spot else True, "inverse": None if is_spot else False, "active": True,
        "contractSize": None if is_spot else 1, "precision": {"amount": 0.0001, "price": 0.01, "cost": 0.01},
        "limits": {"amount": {"min": 0.0001, "max": 100}, "price": {}, "cost": {}}, "taker": 0.001, "maker": 0.001,
        "subType": None if is_spot else "linear", "info": {"id": 1, "orderTypes": ["LIMIT", "MARKET"]},
        "uppercaseId": "BTCUSDT", "lowercaseId": "btcusdt", "numericId": 1,
    }  # fmt: skip


async def sent(exchange_id: str, kind: str) -> tuple[str, bool]:
    """All that an order with our id makes ccxt send, and whether it came to an end of its own accord."""
    client = exchange_class(exchange_id, websocket=False)(KEYS)
    said: list[str] = []

    async def fetch(url: str, method: str = "GET", headers: object = None, body: object = None) -> dict[str, Any]:
        said.append(f"{method} {url} {headers} {body}")
        return {}

    async def load_markets(*_: object, **__: object) -> object:
        return client.markets

    wanted = market(kind)
    client.fetch, client.load_markets = fetch, load_markets
    client.set_markets([wanted])
    client.accounts = [{"id": "1", "type": "spot"}]
    try:
        await client.create_order(wanted["symbol"], "limit", "buy", 1, 100, {"clientOrderId": ORDER_ID})
    except Exception:  # noqa: BLE001  credentials have forms, accounts are asked for: as far as it came is what counts
        return " ".join(said), False
    finally:
        await client.close()
    return " ".join(said), True


def readable(text: str) -> str:
    """With what is in it in base64."""
    for piece in re.findall(r"[A-Za-z0-9+/=_-]{20,}", text):
        try:
            text += base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)).decode("latin1")
        except ValueError:
            continue
    return text


def test_where_the_table_says_that_an_order_carries_our_id_it_does() -> None:
    async def run() -> tuple[set[str], set[str]]:
        carried, lost = set(), set()
        for one in SURVEY.exchanges.values():
            for kind in one.markets if one.ids else ():
                text, is_done = await sent(one.id, kind)
                if any(form in readable(text) for form in FORMS):
                    carried.add(one.id)
                elif is_done:
                    lost.add(one.id)
        return carried, lost

    with wall() as tried:
        carried, lost = asyncio.run(run())
    assert (lost, tried) == (set(), [])
    assert {"binance", "bybit", "okx", "kraken"} <= carried
    assert len(carried) >= 50  # of the others, credentials have forms of their own
