"""Binance spot and USD-M futures as they are on the wire: public REST endpoints and kline streams.

Of private endpoints there is the one that says what a key may do; the others (orders, order lists, user streams) are
further rows of `Binance._routes`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .keys import Key
from .market import TIMEFRAMES, Candle, Kind, Listing, Market
from .wire import Call, Frame, Refused, Reply, Reshape, Route, Said, Talk, Topic, dumps, typical_page

_INTERVALS = set(TIMEFRAMES)
_LONGEST = {Kind.SPOT: 1000, Kind.LINEAR: 1500}
_WORDS: dict[str, tuple[int, int, str]] = {
    "bad-symbol": (400, -1121, "Invalid symbol."),
    "bad-parameter": (400, -1100, "Illegal characters found in parameter 'limit'; legal range is '^[0-9]{1,20}$'."),
    "too-many": (429, -1003, "Too many requests; current limit is 6000 request weight per 1 MINUTE."),
    "busy": (503, -1008, "Server is currently overloaded with other requests. Please try again in a few minutes."),
    "maintenance": (503, -1016, "This service is no longer available."),
    "clock-off": (400, -1021, "Timestamp for this request is outside of the recvWindow."),
    "told-timeout": (408, -1007, "Timeout waiting for response from backend server."),
}
_STATUS: dict[int, tuple[int, str]] = {
    418: (-1003, "Way too much request weight used; IP banned until 1893456000000."),
    429: (-1003, "Too many requests; current limit is 6000 request weight per 1 MINUTE."),
    451: (0, "Service unavailable from a restricted location according to 'b. Eligibility' in the terms of use."),
    503: (-1, "Unknown error, please check your request or try again later."),
}


def _error(status: int, code: int, message: str) -> Reply:
    return Reply(dumps({"code": code, "msg": message}), status)


class Binance:
    """Implements `wire.Venue`."""

    name = "binance"
    budgets: Mapping[str, tuple[int, int]] = {"spot": (6000, 60_000), "linear": (2400, 60_000)}
    messages: Mapping[Kind, int] = {Kind.SPOT: 5, Kind.LINEAR: 10}

    def __init__(self, market: Market, key: Key | None = None) -> None:
        self._market = market
        account = key or Key()
        self._routes: dict[str, Route] = {
            "/sapi/v1/account/apiRestrictions": Route(
                "key", None, lambda _: 1, lambda call, _: account.on_binance(call)
            )
        }
        for root, kind in (("/api/v3", Kind.SPOT), ("/fapi/v1", Kind.LINEAR)):
            self._routes |= {f"{root}/{path}": route for path, route in self._public(kind).items()}

    def route(self, path: str, params: Mapping[str, str]) -> Route | None:
        return self._routes.get(path)

    def symbol(self, params: Mapping[str, str]) -> str | None:
        return params.get("symbol")

    def pool(self, kind: Kind | None) -> str:
        return (kind or Kind.SPOT).value

    def used(self, weight: int, window_ms: int) -> Mapping[str, str]:
        return {"X-MBX-USED-WEIGHT": str(weight), "X-MBX-USED-WEIGHT-1M": str(weight)}

    def over(self, wait_ms: int, banned: bool) -> Reply:
        code, message = _STATUS[418 if banned else 429]
        headers = {"Retry-After": str(-(-wait_ms // 1000))}
        return Reply(dumps({"code": code, "msg": message}), 418 if banned else 429, headers)

    def refusal(self, word: str) -> Reply:
        return _error(*_WORDS[word])

    def typical(self, status: int) -> Reply:
        return _error(status, *_STATUS[status]) if status in _STATUS else typical_page(status)

    # ---- REST

    def _public(self, kind: Kind) -> dict[str, Route]:
        spot = kind is Kind.SPOT

        def weighs(spot_weight: int, linear_weight: int, without_symbol: tuple[int, int] | None = None) -> Any:
            one = spot_weight if spot else linear_weight
            many = one if without_symbol is None else without_symbol[not spot]
            return lambda params: one if "symbol" in params else many

        return {
            "ping": Route("ping", kind, weighs(1, 1), lambda call, _: {}),
            "time": Route("time", kind, weighs(1, 1), lambda call, _: {"serverTime": call.now}),
            "exchangeInfo": Route("markets", kind, weighs(20, 1), lambda call, _: self._exchange_info(kind, call)),
            "klines": Route(
                "klines",
                kind,
                (lambda _: 2) if spot else _weight_of_futures_klines,
                lambda call, reshape: self._klines(kind, call, reshape),
            ),
            "ticker/price": Route("ticker", kind, weighs(2, 1, (4, 2)), lambda call, _: self._price(kind, call)),
            "ticker/24hr": Route("ticker", kind, weighs(2, 1, (80, 40)), lambda call, _: self._day(kind, call)),
            "ticker/bookTicker": Route("ticker", kind, weighs(2, 2, (4, 5)), lambda call, _: self._book(kind, call)),
        }

    def _exchange_info(self, kind: Kind, call: Call) -> object:
        known = [listing for listing in self._market.listings.values() if listing.known(call.now)]
        describe = _spot_market if kind is Kind.SPOT else _futures_market
        return {
            "timezone": "UTC",
            "serverTime": call.now,
            "rateLimits": [
                {
                    "rateLimitType": "REQUEST_WEIGHT",
                    "interval": "MINUTE",
                    "intervalNum": 1,
                    "limit": self.budgets[kind][0],
                }
            ],
            "exchangeFilters": [],
            "symbols": [describe(listing, listing.trading(call.now)) for listing in known],
        }

    def _klines(self, kind: Kind, call: Call, reshape: Reshape) -> object:
        listing = self._listed(call)
        interval = call.params.get("interval", "")
        if interval not in _INTERVALS:
            raise Refused(_error(400, -1120, "Invalid interval."))
        limit = min(_number(call, "limit") or 500, _LONGEST[kind])
        start, end = _number(call, "startTime"), _number(call, "endTime")
        candles = self._market.candles(kind, listing.id, interval, now=call.now, limit=limit, start=start, end=end)
        length, digits, lots = TIMEFRAMES[interval], listing.digits, listing.lot_digits
        return [_kline(candle, length, digits, lots) for candle in reshape(candles)]

    def _price(self, kind: Kind, call: Call) -> object:
        def row(listing: Listing) -> object:
            return {"symbol": listing.id, "price": _text(self._market.last(kind, listing.id, call.now), listing.digits)}

        return self._each(call, row)

    def _day(self, kind: Kind, call: Call) -> object:
        def row(listing: Listing) -> object:
            last = _text(self._market.last(kind, listing.id, call.now), listing.digits)
            words = ("lastPrice", "openPrice", "highPrice", "lowPrice", "weightedAvgPrice", "prevClosePrice")
            window = {"openTime": call.now - 86_400_000, "closeTime": call.now, "priceChange": "0", "volume": "0"}
            return {"symbol": listing.id, **dict.fromkeys(words, last), **window, "quoteVolume": "0", "count": 0}

        return self._each(call, row)

    def _book(self, kind: Kind, call: Call) -> object:
        def row(listing: Listing) -> object:
            last = self._market.last(kind, listing.id, call.now)
            step = 10.0**-listing.digits
            bid, ask = _text(last - step, listing.digits), _text(last + step, listing.digits)
            return {"symbol": listing.id, "bidPrice": bid, "bidQty": "1", "askPrice": ask, "askQty": "1"}

        return self._each(call, row)

    def _each(self, call: Call, row: Any) -> object:
        if "symbol" in call.params:
            return row(self._listed(call))
        return [row(listing) for listing in self._market.listings.values() if listing.known(call.now)]

    def _listed(self, call: Call) -> Listing:
        listing = self._market.listings.get(call.params.get("symbol", ""))
        if listing is None or not listing.known(call.now):
            raise Refused(self.refusal("bad-symbol"))
        return listing

    # ---- websocket

    def talk(self, path: str, query: Mapping[str, str], connection: int) -> Talk | None:
        """`/ws/btcusdt@kline_1m`, `/stream?streams=a/b`, and the same below `/fstream`.

        ccxt adds a number, `/stream/ws/0`: a stream of that name is one on which nothing is ever said.
        """
        parts = path.strip("/").split("/")
        combined = parts[-1] == "stream"
        if not combined and "ws" not in parts[-2:]:
            return None
        kind = Kind.LINEAR if parts[0] == "fstream" else Kind.SPOT
        names = query.get("streams", "").split("/") if combined else [parts[-1]]
        talk = Talk(kind, connection, combined)
        talk.topics |= {topic for name in names if (topic := self._topic(kind, name))}
        return talk

    def hear(self, text: str, talk: Talk, now: int) -> Said:
        try:
            message = json.loads(text)
            method, number = message["method"], message.get("id")
        except (ValueError, KeyError, TypeError):
            return Said("unheard", json.dumps({"error": {"code": 2, "msg": "Invalid request: expected an object"}}))
        done = json.dumps({"result": None, "id": number})
        topics = tuple(topic for name in message.get("params", ()) if (topic := self._topic(talk.kind, str(name))))
        match method:
            case "SUBSCRIBE":
                return Said("subscribe", done, subscribe=topics)
            case "UNSUBSCRIBE":
                return Said("unsubscribe", done, unsubscribe=topics)
            case "LIST_SUBSCRIPTIONS":
                return Said("subscriptions", json.dumps({"result": sorted(map(_name, talk.topics)), "id": number}))
            case _:
                error = {"code": 2, "msg": f"Invalid request: unknown variant `{method}`"}
                return Said("unheard", json.dumps({"error": error, "id": number}))

    def frame(self, frame: Frame, talk: Talk) -> str:
        topic, candle, closed, now = frame
        listing = self._market.listings[topic.symbol]
        row = _kline(candle, TIMEFRAMES[topic.timeframe], listing.digits, listing.lot_digits)
        kline = dict(zip("tohlcvTqnVQB", row, strict=True)) | {
            "s": topic.symbol,
            "i": topic.timeframe,
            "f": 0,
            "L": 0,
            "x": closed,
        }
        event = {"e": "kline", "E": now, "s": topic.symbol, "k": kline}
        return json.dumps({"stream": _name(topic), "data": event} if talk.combined else event)

    def _topic(self, kind: Kind, name: str) -> Topic | None:
        """Streams that do not exist are accepted and stay silent, as Binance has it."""
        symbol, _, stream = name.partition("@")
        timeframe = stream.removeprefix("kline_")
        known = symbol.upper() in self._market.listings and stream.startswith("kline_") and timeframe in _INTERVALS
        return Topic(kind, symbol.upper(), timeframe) if known else None


def _name(topic: Topic) -> str:
    return f"{topic.symbol.lower()}@kline_{topic.timeframe}"


def _weight_of_futures_klines(params: Mapping[str, str]) -> int:
    limit = int(params.get("limit", "500")) if params.get("limit", "500").isdigit() else 500
    return 1 if limit < 100 else 2 if limit < 500 else 5 if limit <= 1000 else 10


def _number(call: Call, name: str) -> int | None:
    text = call.params.get(name)
    if text is None:
        return None
    if not text.isdigit():
        message = f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'."
        raise Refused(_error(400, -1100, message))
    return int(text)


def _text(value: float, digits: int) -> str:
    return f"{value:.{digits}f}"


def _kline(candle: Candle, length: int, digits: int, lots: int) -> list[object]:
    turnover = f"{candle.close * candle.volume:.8f}"
    return [
        candle.time,
        *(f"{price:.{digits}f}" for price in candle[1:5]),
        f"{candle.volume:.{lots}f}",
        candle.time + length - 1,
        turnover,
        int(candle.volume * 10),
        f"{candle.volume / 2:.{lots}f}",
        turnover,
        "0",
    ]


def _filters(listing: Listing, notional: dict[str, str]) -> list[dict[str, str]]:
    step, lot = f"{10.0**-listing.digits:.8f}", f"{10.0**-listing.lot_digits:.8f}"
    return [
        {"filterType": "PRICE_FILTER", "minPrice": step, "maxPrice": "1000000.00000000", "tickSize": step},
        {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "9000.00000000", "stepSize": lot},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": "100.00000000", "stepSize": "0.00000000"},
        notional,
    ]


def _spot_market(listing: Listing, trading: bool) -> object:
    return {
        "symbol": listing.id,
        "status": "TRADING" if trading else "BREAK",
        "baseAsset": listing.base,
        "baseAssetPrecision": 8,
        "quoteAsset": listing.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(listing, {"filterType": "NOTIONAL", "minNotional": "5.00000000", "maxNotional": "9000000"}),
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def _futures_market(listing: Listing, trading: bool) -> object:
    return {
        "symbol": listing.id,
        "pair": listing.id,
        "contractType": "PERPETUAL",
        "deliveryDate": 4_133_404_800_000,
        "onboardDate": listing.opened,
        "status": "TRADING" if trading else "SETTLING",
        "baseAsset": listing.base,
        "quoteAsset": listing.quote,
        "marginAsset": listing.quote,
        "pricePrecision": listing.digits,
        "quantityPrecision": listing.lot_digits,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "filters": _filters(listing, {"filterType": "MIN_NOTIONAL", "notional": "5"}),
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }
