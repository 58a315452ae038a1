"""Scripting an exchange that runs on its own: JSON over HTTP, below `/control/`.

    GET    /control/                        its time, rules, limits, and how much processor time it has used
    GET    /control/ledger?symbol=BTCUSDT   the entries that match, oldest first
    DELETE /control/ledger                  forget them
    GET    /control/faults                  the names of all faults
    POST   /control/faults                  {"fault": "status-503", "endpoint": "klines", "symbol": ..., "count": 3}
    DELETE /control/faults                  no faults any more
    POST   /control/clock                   {"freeze": 1772410200000} {"advance": 60000} {"run": -3000}
    POST   /control/market                  {"symbol": ..., "flat": [START, STOP, PRICE]}, and jump, gap, quiet, path,
                                            exact with their arguments; {"symbol": ..., "halt": AT}, and delist
    DELETE /control/market                  no shapes any more
    POST   /control/limits                  {"exchange": "binance", "enforced": true, "limits": {"spot": 100}}
    POST   /control/outage                  {"seconds": 5}: connections are reset, and refused for so long
    POST   /control/hang-up                 every websocket is closed

Who speaks to a LocalExchange in the same process sets the same things as attributes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import market
from .faults import FAULTS

if TYPE_CHECKING:
    from .server import LocalExchange

SHAPES: dict[str, Callable[..., market.Shape]] = {
    "flat": market.flat,
    "jump": market.jump,
    "gap": market.gap,
    "quiet": market.quiet,
    "path": market.path,
    "exact": market.exact,
}
_outages: set[asyncio.Task[None]] = set()


async def answer_control(exchange: LocalExchange, request: web.BaseRequest) -> web.StreamResponse:
    """Do what is asked, or say why not with status 400."""
    verb = f"{request.method} {request.path.removeprefix('/control/')}"
    command = _COMMANDS.get(verb)
    if command is None:
        return web.json_response({"error": f"no {verb!r}", "known": sorted(_COMMANDS)}, status=404)
    try:
        given = await request.json() if request.method == "POST" else dict(request.query)
        return web.json_response(command(exchange, given))
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        return web.json_response({"error": f"{type(problem).__name__}: {problem}"}, status=400)


def _state(exchange: LocalExchange, given: dict[str, Any]) -> object:
    rules = [f"{rule.name} {rule.endpoint or '*'} {rule.symbol or '*'}" for rule in exchange.faults.rules()]
    return {
        "now": exchange.clock.now(),
        "frozen": exchange.clock.frozen,
        "symbols": len(exchange.market.listings),
        "rules": rules,
        "enforced": {name: budget.enforced for name, budget in exchange.budgets.items()},
        "entries": len(exchange.ledger),
        "websockets": len(exchange.hub.sessions),
        "cpu_seconds": time.thread_time(),
    }


def _entries(exchange: LocalExchange, given: dict[str, Any]) -> object:
    return [asdict(entry) for entry in exchange.ledger.of(**given)]


def _forget(exchange: LocalExchange, given: dict[str, Any]) -> object:
    exchange.ledger.clear()
    return {}


def _fault(exchange: LocalExchange, given: dict[str, Any]) -> object:
    exchange.faults.add(given.pop("fault"), **given)
    return _state(exchange, {})


def _no_faults(exchange: LocalExchange, given: dict[str, Any]) -> object:
    exchange.faults.clear()
    return {}


def _clock(exchange: LocalExchange, given: dict[str, Any]) -> object:
    clock = exchange.clock
    words: dict[str, Callable[[int], None]] = {"freeze": clock.freeze, "advance": clock.advance, "run": clock.run}
    for word, value in given.items():
        words[word](value)
    return {"now": exchange.clock.now()}


def _market(exchange: LocalExchange, given: dict[str, Any]) -> object:
    symbol = given.pop("symbol")
    for word, value in given.items():
        if word in ("halt", "delist"):
            {"halt": exchange.market.halt, "delist": exchange.market.delist}[word](symbol, value)
        else:
            exchange.market.script(symbol, SHAPES[word](*value))
    return {}


def _unscript(exchange: LocalExchange, given: dict[str, Any]) -> object:
    exchange.market.unscript()
    return {}


def _limits(exchange: LocalExchange, given: dict[str, Any]) -> object:
    budget = exchange.budgets[given["exchange"]]
    budget.enforced = bool(given.get("enforced", budget.enforced))
    budget.limits.update(given.get("limits", {}))
    return {"enforced": budget.enforced, "limits": budget.limits}


def _outage(exchange: LocalExchange, given: dict[str, Any]) -> object:
    task = asyncio.create_task(exchange.outage(float(given["seconds"])))
    _outages.add(task)  # the loop itself holds tasks only weakly
    task.add_done_callback(_outages.discard)
    return {}


def _hang_up(exchange: LocalExchange, given: dict[str, Any]) -> object:
    exchange.hub.hang_up()
    return {}


_COMMANDS: dict[str, Callable[[LocalExchange, dict[str, Any]], object]] = {
    "GET ": _state,
    "GET ledger": _entries,
    "DELETE ledger": _forget,
    "GET faults": lambda exchange, given: list(FAULTS),
    "POST faults": _fault,
    "DELETE faults": _no_faults,
    "POST clock": _clock,
    "POST market": _market,
    "DELETE market": _unscript,
    "POST limits": _limits,
    "POST outage": _outage,
    "POST hang-up": _hang_up,
}
