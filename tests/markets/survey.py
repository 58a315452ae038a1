"""What the installed ccxt can do with each of its exchanges, found out from its classes: the table that livekit ships.

`python -m tests.markets.survey` writes livekit_cli/adapters/ccxt_abilities.csv anew; a test holds that file against the
ccxt that is pinned. Nothing is asked of any exchange.

How each column is known:

- spot, swap: `has` says that ccxt trades that kind of market there, and not inverse contracts alone.
- minutes: livekit starts on it: `has` has candles, and its timeframes have 1m.
- socket: `ccxt.pro` has the exchange, and its `has` has watchOHLCV.
- ids: `create_order`, or a method that it calls, takes params.clientOrderId (and does not only drop it), or hands it on
  as it is to an exchange that calls it the same; and what comes back has it.
- stops: `features` of the kind has an order that waits for a price, or `has` does where there are no features.
- sandbox: `set_sandbox_mode` finds other addresses.
"""

from __future__ import annotations

import ast
import csv
import inspect
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

from livekit_cli.adapters.ccxt_abilities import COLUMNS, PLACE
from livekit_cli.adapters.ccxt_venue import has_minutes

ID = "clientOrderId"
GIVEN = ("param", "query", "request")
"""How what came from the caller is called there."""

READS = ("safe_string", "safe_value", "safe_integer", "safe_number", "handle_option_and_params", "handle_param_string")
"""How the methods begin that look a name up."""


def survey() -> str:
    """The whole table, its first line the release."""
    import ccxt

    out = StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    out.write(f"# ccxt {ccxt.__version__}; written by python -m tests.markets.survey\n")
    writer.writeheader()
    writer.writerows(map(row_of, ccxt.exchanges))
    return out.getvalue()


def row_of(exchange_id: str) -> dict[str, str]:
    import ccxt.async_support
    import ccxt.pro

    kind = getattr(ccxt.async_support, exchange_id)
    client = kind()
    watcher = getattr(ccxt.pro, exchange_id)() if exchange_id in ccxt.pro.exchanges else None
    has_linear = client.options.get("defaultSubType") != "inverse"
    markets = {"spot": client.has.get("spot") is True, "swap": client.has.get("swap") is True and has_linear}
    row = {
        "id": exchange_id,
        "name": client.name,
        **{market: _word(there) for market, there in markets.items()},
        "minutes": _word(has_minutes(client)),
        "socket": _word(watcher is not None and bool(watcher.has.get("watchOHLCV"))),
        "ids": _word(takes_ids(kind)),
        **{f"{market}_stops": _word(_stops(client, market)) if there else "" for market, there in markets.items()},
        "sandbox": _word(_has_sandbox(client)),
    }
    assert tuple(row) == COLUMNS
    return row


def _word(value: bool) -> str:
    return "yes" if value else "no"


def _stops(client: Any, market: str) -> bool:
    features = (client.features or {}).get(market) or {}
    if market == "swap":
        features = features.get("linear") or {}
    order = features.get("createOrder")
    if order is None:
        return any(client.has.get(name) for name in ("createStopLossOrder", "createStopOrder", "createTriggerOrder"))
    return bool(order.get("stopLossPrice") or order.get("triggerPrice"))


def _has_sandbox(client: Any) -> bool:
    import ccxt

    try:
        client.set_sandbox_mode(True)
    except (ccxt.NotSupported, TypeError):  # the latter of addresses that are None
        return False
    return True


# ---- client order ids


def takes_ids(kind: type[Any]) -> bool:
    """Whether an order can be given an id of ours there, and be known by it again."""
    create, parse = reached(kind, "create_order"), reached(kind, "parse_order")
    own_word = any(_reads(call, ("order",)) for method in parse for call in _calls(method))
    taken = any(_reads(call, GIVEN) for method in create for call in _calls(method)) or any(map(_looks, create))
    dropped = any(_drops(call) for method in create for call in _calls(method))
    return any(map(_is_returned, parse)) and (taken or (own_word and not dropped))


def _calls(method: ast.AST) -> Iterator[tuple[str, list[ast.expr]]]:
    for node in ast.walk(method):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node.args


def _reads(call: tuple[str, list[ast.expr]], what: tuple[str, ...]) -> bool:
    """Whether it is like `self.safe_string(params, 'clientOrderId')`, of something whose name begins with `what`."""
    name, arguments = call
    if not name.startswith(READS) or not arguments or not isinstance(arguments[0], ast.Name):
        return False
    asked = (node for argument in arguments[1:] for node in ast.walk(argument))
    return arguments[0].id.lower().startswith(what) and any(map(_is_id, asked))


def _looks(method: ast.AST) -> bool:
    """Whether it has `'clientOrderId' in params`."""
    return any(isinstance(node, ast.Compare) and _is_id(node.left) for node in ast.walk(method))


def _drops(call: tuple[str, list[ast.expr]]) -> bool:
    return call[0] == "omit" and any(_is_id(node) for argument in call[1] for node in ast.walk(argument))


def _is_id(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == ID


def _is_returned(method: ast.AST) -> bool:
    """Whether an order is made with something at clientOrderId."""
    return any(
        _is_id(key) and not (isinstance(value, ast.Constant) and value.value is None)
        for node in ast.walk(method)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if key is not None
    )


def reached(kind: type[Any], name: str) -> list[ast.AST]:
    """A method of an exchange's own, and all of its own that this one calls and that are about orders, too."""
    found: dict[str, ast.AST] = {}
    wanted = [name]
    while wanted:
        one = wanted.pop()
        method = None if one in found else _method(kind, one)
        if method is not None:
            found[one] = method
            wanted += [called for called, _ in _calls(method) if _follows(name, called)]
    return list(found.values())


def _follows(name: str, called: str) -> bool:
    others = ("parse_", "safe_", "cancel", "fetch", "edit", "close")
    return "order" in called and (
        called.startswith("parse_") if name.startswith("parse_") else not called.startswith(others)
    )


def _method(kind: type[Any], name: str) -> ast.AST | None:
    for owner in kind.__mro__:
        if ".base." in owner.__module__ or owner is object:
            return None
        if name in (methods := _methods(owner)):
            return methods[name]
    return None


@cache
def _methods(owner: type[Any]) -> dict[str, ast.AST]:
    module = ast.parse(Path(inspect.getfile(owner)).read_bytes())
    (described,) = [node for node in module.body if isinstance(node, ast.ClassDef) and node.name == owner.__name__]
    return {node.name: node for node in described.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def main() -> None:
    """Write the table."""
    Path(PLACE).write_text(survey(), encoding="utf-8")
    print(PLACE)


if __name__ == "__main__":
    main()
