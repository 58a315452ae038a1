"""Bybit v5 as it is on the wire: public REST endpoints of spot and linear perpetuals, and their kline topics.

Unlike Binance it says its errors with status 200 (`retCode`), gives candles newest first, wants a ping of the client's
own on the websocket, and takes at most ten topics in one spot subscription. Of private endpoints there is the one
that says what a key may do; others are further rows of `Bybit._routes`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .keys import Key
from .market import TIMEFRAMES, Candle, Kind, Listing, Market
from .wire import Call, Frame, Refused, Reply, Reshape, Route, Said, Talk, Topic, dumps, typical_page

_INTERVALS = {str(length // 60_000): name for name, length in TIMEFRAMES.items() if name not in ("8h", "1d")}
_INTERVALS["D"] = "1d"
_NAMES = {name: interval for interval, name in _INTERVALS.items()}
_LONGEST = 1000
_SPOT_TOPICS_AT_ONCE = 10
_WORDS: dict[str, tuple[int, str]] = {
    "bad-symbol": (10001, "Not supported symbols"),
    "bad-parameter": (10001, "params error: limit invalid"),
    "too-many": (10006, "Too many visits. Exceeded the API Rate Limit."),
    "busy": (10016, "Server error."),
    "maintenance": (10016, "Services are under maintenance."),
    "clock-off": (10002, "invalid request, please check your server timestamp or recv_window param."),
    "told-timeout": (10000, "Server Timeout"),
}


class Bybit:
    """Implements `wire.Venue`."""

    name = "bybit"
    budgets: Mapping[str, tuple[int, int]] = {"ip": (600, 5_000)}
    messages: Mapping[Kind, int] = {}

    def __init__(self, market: Market, key: Key | None = None) -> None:
        self._market = market
        account = key or Key()
        self._routes = {
            "/v5/market/time": ("time", self._time),
            "/v5/market/instruments-info": ("markets", self._instruments),
            "/v5/market/kline": ("klines", self._klines),
            "/v5/market/tickers": ("ticker", self._tickers),
            "/v5/user/query-api": ("key", lambda call, _: account.on_bybit(call)),
        }

    def route(self, path: str, params: Mapping[str, str]) -> Route | None:
        found = self._routes.get(path)
        category = params.get("category", "")
        kind = Kind(category) if category in list(Kind) else None
        return found and Route(found[0], kind, lambda _: 1, found[1])

    def symbol(self, params: Mapping[str, str]) -> str | None:
        return params.get("symbol")

    def pool(self, kind: Kind | None) -> str:
        return "ip"

    def used(self, weight: int, window_ms: int) -> Mapping[str, str]:
        return {}

    def over(self, wait_ms: int, banned: bool) -> Reply:
        return Reply(b"403, access too frequent", 403, content_type="text/plain")

    def refusal(self, word: str) -> Reply:
        return Reply(dumps(self._said({}, 0, *_WORDS[word])))

    def typical(self, status: int) -> Reply:
        return (
            Reply(b"403, access too frequent", 403, content_type="text/plain")
            if status == 403
            else typical_page(status)
        )

    # ---- REST

    def _said(self, result: object, now: int, code: int = 0, message: str = "OK") -> object:
        return {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": now}

    def _time(self, call: Call, reshape: Reshape) -> object:
        result = {"timeSecond": str(call.now // 1000), "timeNano": str(call.now * 1_000_000)}
        return self._said(result, call.now)

    def _instruments(self, call: Call, reshape: Reshape) -> object:
        category = call.params.get("category", "")
        if category not in list(Kind):  # inverse and option have none here
            return self._said({"category": category, "list": [], "nextPageCursor": ""}, call.now)
        first, limit = int(call.params.get("cursor") or 0), int(call.params.get("limit", "500"))
        known = [listing for listing in self._market.listings.values() if listing.known(call.now)]
        if call.params.get("status", "Trading") != "Trading":
            known = []
        if category == Kind.SPOT:
            rows: list[object] = [_spot_market(listing, listing.trading(call.now)) for listing in known]
            return self._said({"category": category, "list": rows}, call.now)
        rows = [_linear_market(listing, listing.trading(call.now)) for listing in known[first : first + limit]]
        cursor = str(first + limit) if first + limit < len(known) else ""
        return self._said({"category": category, "list": rows, "nextPageCursor": cursor}, call.now)

    def _klines(self, call: Call, reshape: Reshape) -> object:
        kind, listing = self._listed(call)
        timeframe = _INTERVALS.get(call.params.get("interval", ""))
        if timeframe is None:
            raise Refused(Reply(dumps(self._said({}, call.now, 10001, "Invalid period!"))))
        limit = min(self._number(call, "limit") or 200, _LONGEST)
        start, end = self._number(call, "start"), self._number(call, "end")
        length = TIMEFRAMES[timeframe]
        first = None if start is None else start // length * length  # the candle that `start` lies in is among them
        if end is None:
            candles = self._market.candles(kind, listing.id, timeframe, now=call.now, limit=limit, start=first)
        else:  # the newest ones of a range that is too long
            candles = self._market.candles(kind, listing.id, timeframe, now=call.now, limit=limit, end=end)
            candles = [candle for candle in candles if candle.time >= (first or 0)]
        rows = [_kline(candle, listing) for candle in reversed(reshape(candles))]
        return self._said({"category": kind, "symbol": listing.id, "list": rows}, call.now)

    def _tickers(self, call: Call, reshape: Reshape) -> object:
        kind = Kind(call.params.get("category", "spot"))
        chosen = [self._listed(call)[1]] if "symbol" in call.params else list(self._market.listings.values())
        rows = []
        for listing in chosen:
            last = f"{self._market.last(kind, listing.id, call.now):.{listing.digits}f}"
            words = ("lastPrice", "prevPrice24h", "highPrice24h", "lowPrice24h", "bid1Price", "ask1Price")
            rows.append({"symbol": listing.id, **dict.fromkeys(words, last), "volume24h": "0", "turnover24h": "0"})
        return self._said({"category": kind, "list": rows}, call.now)

    def _listed(self, call: Call) -> tuple[Kind, Listing]:
        category = call.params.get("category", "linear")
        listing = self._market.listings.get(call.params.get("symbol", ""))
        if category not in list(Kind) or listing is None or not listing.known(call.now):
            raise Refused(self.refusal("bad-symbol"))
        return Kind(category), listing

    def _number(self, call: Call, name: str) -> int | None:
        text = call.params.get(name)
        if text is None:
            return None
        if not text.isdigit():
            raise Refused(Reply(dumps(self._said({}, call.now, 10001, f"params error: {name} invalid"))))
        return int(text)

    # ---- websocket

    def talk(self, path: str, query: Mapping[str, str], connection: int) -> Talk | None:
        """`/v5/public/spot` and `/v5/public/linear`."""
        kind = path.rpartition("/v5/public/")[2]
        return Talk(Kind(kind), connection) if "/v5/public/" in path and kind in list(Kind) else None

    def hear(self, text: str, talk: Talk, now: int) -> Said:
        try:
            message = json.loads(text)
            op, number, names = message["op"], message.get("req_id", ""), message.get("args", [])
        except (ValueError, KeyError, TypeError, AttributeError):
            return Said("unheard", self._acknowledged("", "", talk, "error:request is not json"))
        if op == "ping":
            return Said("ping", self._acknowledged("ping", number, talk, "", "pong"))
        if op not in ("subscribe", "unsubscribe"):
            return Said("unheard", self._acknowledged(op, number, talk, f"error:op {op} not found"))
        trouble = ""
        if talk.kind is Kind.SPOT and len(names) > _SPOT_TOPICS_AT_ONCE:
            trouble = "args size >10"
        topics = {str(name): self._topic(talk.kind, str(name)) for name in names}
        unknown = [name for name, topic in topics.items() if topic is None]
        if unknown:
            trouble = f"error:handler not found,topic:{unknown[0]}"
        answer = self._acknowledged(op, number, talk, trouble)
        good = () if trouble else tuple(topic for topic in topics.values() if topic)
        return Said("subscribe", answer, good) if op == "subscribe" else Said("unsubscribe", answer, (), good)

    def frame(self, frame: Frame, talk: Talk) -> str:
        topic, candle, closed, now = frame
        listing = self._market.listings[topic.symbol]
        opened, high, low, close, volume, turnover = _kline(candle, listing)[1:]
        row = {
            "start": candle.time,
            "end": candle.time + TIMEFRAMES[topic.timeframe] - 1,
            "interval": _NAMES[topic.timeframe],
            "open": opened,
            "close": close,
            "high": high,
            "low": low,
            "volume": volume,
            "turnover": turnover,
            "confirm": closed,
            "timestamp": now,
        }
        name = f"kline.{_NAMES[topic.timeframe]}.{topic.symbol}"
        return json.dumps({"topic": name, "data": [row], "ts": now, "type": "snapshot"})

    def _acknowledged(self, op: str, number: str, talk: Talk, trouble: str, word: str = "") -> str:
        said = {"success": not trouble, "ret_msg": trouble or word, "conn_id": f"local-{talk.connection}"}
        return json.dumps(said | {"req_id": number, "op": op})

    def _topic(self, kind: Kind, name: str) -> Topic | None:
        word, _, rest = name.partition(".")
        interval, _, symbol = rest.partition(".")
        known = word == "kline" and interval in _INTERVALS and symbol in self._market.listings
        return Topic(kind, symbol, _INTERVALS[interval]) if known else None


def _kline(candle: Candle, listing: Listing) -> list[str]:
    prices = (f"{price:.{listing.digits}f}" for price in candle[1:5])
    volume = f"{candle.volume:.{listing.lot_digits}f}"
    return [str(candle.time), *prices, volume, f"{candle.close * candle.volume:.8f}"]


def _spot_market(listing: Listing, trading: bool) -> dict[str, Any]:
    lot, step = f"{10.0**-listing.lot_digits:.8f}", f"{10.0**-listing.digits:.8f}"
    return {
        "symbol": listing.id,
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "innovation": "0",
        "status": "Trading" if trading else "PreLaunch",
        "marginTrading": "none",
        "lotSizeFilter": {
            "basePrecision": lot,
            "quotePrecision": "0.00000001",
            "minOrderQty": lot,
            "maxOrderQty": "9000",
            "minOrderAmt": "5",
            "maxOrderAmt": "4000000",
        },
        "priceFilter": {"tickSize": step},
    }


def _linear_market(listing: Listing, trading: bool) -> dict[str, Any]:
    lot, step = f"{10.0**-listing.lot_digits:.8f}", f"{10.0**-listing.digits:.8f}"
    return {
        "symbol": listing.id,
        "contractType": "LinearPerpetual",
        "status": "Trading" if trading else "Closed",
        "baseCoin": listing.base,
        "quoteCoin": listing.quote,
        "settleCoin": listing.quote,
        "launchTime": str(listing.opened),
        "deliveryTime": "0",
        "priceScale": str(listing.digits),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": step, "maxPrice": "1999999.80", "tickSize": step},
        "lotSizeFilter": {"maxOrderQty": "1190.000", "minOrderQty": lot, "qtyStep": lot, "minNotionalValue": "5"},
        "fundingInterval": 480,
    }
