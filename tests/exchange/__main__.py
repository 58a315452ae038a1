"""The exchange on its own, for a person or a benchmark: `python -m tests.exchange --help`.

It prints one line of JSON with its address (and, with `--options`, the constructor's arguments for ccxt), and serves
until it is interrupted. What can be scripted while it runs stands in `control.py`:

    python -m tests.exchange --symbols 500 --port 8765
    curl -X POST 127.0.0.1:8765/control/faults -d '{"fault": "status-503", "symbol": "BTCUSDT", "count": 3}'
    curl '127.0.0.1:8765/control/ledger?endpoint=klines&symbol=BTCUSDT'
"""

from __future__ import annotations

import argparse
import json
import signal
from typing import Any

from .client import EXCHANGES, options
from .clock import Clock
from .faults import FAULTS
from .market import symbols
from .server import LocalExchange


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    given = _arguments()
    exchange = LocalExchange(symbols(given.symbols), Clock(given.freeze, given.offset), given.port)
    for budget in exchange.budgets.values():
        budget.enforced = given.limits
    for fault in given.fault:
        name, *where = fault.split(":")
        exchange.faults.add(name, **_where(where))
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))  # for sigwait, in every thread
    with exchange:
        told: dict[str, Any] = {"url": exchange.url}
        if given.options:
            told["options"] = options(given.options, exchange.url)
        print(json.dumps(told), flush=True)
        signal.sigwait((signal.SIGINT, signal.SIGTERM))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.exchange", description="Binance and Bybit on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="a free one unless given")
    parser.add_argument("--symbols", type=int, default=10, help="how many there are: BTCUSDT, ETHUSDT, ..., C499USDT")
    parser.add_argument("--offset", type=int, default=0, metavar="MS", help="how far its clock is ahead of the wall's")
    parser.add_argument("--freeze", type=int, metavar="MS", help="let its clock stand still at this time")
    parser.add_argument("--limits", action="store_true", help="answer 429 and 418 beyond the rate limits")
    parser.add_argument("--options", choices=EXCHANGES, metavar="ID", help=f"print ccxt's arguments too: {EXCHANGES}")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:ENDPOINT[:SYMBOL[:COUNT]]]",
        help=f"from the start; NAME is one of {', '.join(FAULTS)}",
    )
    return parser.parse_args()


def _where(words: list[str]) -> dict[str, Any]:
    named_words = dict(zip(("endpoint", "symbol", "count"), words, strict=False))
    return {name: int(word) if name == "count" else word for name, word in named_words.items() if word}


if __name__ == "__main__":
    main()
