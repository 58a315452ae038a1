"""The table fault -> what ccxt does, recorded with ccxt 4.5.90 and aiohttp 3.14.

`python -m tests.exchange.table` makes it anew, as Python; with `--markdown`, for people. "X of Y" is an exception X
raised from Y. "(2 requests)" is how often the exchange was asked for one call. Of a websocket it says what a call of
`watch_ohlcv` comes to under the fault; then what the next one comes to, without it; then what ccxt left to the loop's
exception handler.
"""

from __future__ import annotations

import logging
import sys

from . import observe
from .client import wall
from .clock import Clock
from .server import LocalExchange

START = 1_772_410_230_000

RECORDED: dict[str, tuple[str, str]] = {
    "never-answered": ("RequestTimeout of TimeoutError", "RequestTimeout of TimeoutError"),
    "dripping": ("RequestTimeout of TimeoutError", "RequestTimeout of TimeoutError"),
    "slow": ("returns the right candles", "returns the right candles"),
    "reset": (
        "ExchangeNotAvailable of ClientOSError (2 requests)",
        "ExchangeNotAvailable of ClientOSError (2 requests)",
    ),
    "closed": (
        "ExchangeNotAvailable of ServerDisconnectedError (2 requests)",
        "ExchangeNotAvailable of ServerDisconnectedError (2 requests)",
    ),
    "half-closed": (
        "ExchangeNotAvailable of ServerDisconnectedError (2 requests)",
        "ExchangeNotAvailable of ServerDisconnectedError (2 requests)",
    ),
    "cut-body": ("ExchangeError of ClientPayloadError", "ExchangeError of ClientPayloadError"),
    "stale-keep-alive": (
        "ExchangeNotAvailable of ServerDisconnectedError (2 requests)",
        "ExchangeNotAvailable of ServerDisconnectedError (2 requests)",
    ),
    "lost-keep-alive": ("RequestTimeout of TimeoutError", "RequestTimeout of TimeoutError"),
    "status-400": ("ExchangeNotAvailable", "ExchangeNotAvailable"),
    "status-401": ("AuthenticationError", "AuthenticationError"),
    "status-403": ("ExchangeNotAvailable", "RateLimitExceeded"),
    "status-404": ("ExchangeNotAvailable", "ExchangeNotAvailable"),
    "status-408": ("RequestTimeout", "RequestTimeout"),
    "status-418": ("DDoSProtection", "DDoSProtection"),
    "status-451": ("ExchangeNotAvailable", "ExchangeNotAvailable"),
    "status-500": ("ExchangeNotAvailable", "ExchangeNotAvailable"),
    "status-502": ("ExchangeNotAvailable", "ExchangeNotAvailable"),
    "status-503": ("ExchangeError", "ExchangeNotAvailable"),
    "status-504": ("RequestTimeout", "RequestTimeout"),
    "status-429": ("DDoSProtection", "RateLimitExceeded"),
    "status-429-after-0": ("DDoSProtection", "RateLimitExceeded"),
    "status-429-after-7": ("DDoSProtection", "RateLimitExceeded"),
    "status-429-after-garbage": ("DDoSProtection", "RateLimitExceeded"),
    "status-418-after-120": ("DDoSProtection", "DDoSProtection"),
    "told-bad-symbol": ("BadSymbol", "BadSymbol"),
    "told-bad-parameter": ("BadRequest", "BadRequest"),
    "told-too-many": ("DDoSProtection", "RateLimitExceeded"),
    "told-busy": ("ExchangeError", "ExchangeError"),
    "told-maintenance": ("BadRequest", "ExchangeError"),
    "told-clock-off": ("InvalidNonce", "InvalidNonce"),
    "told-timeout": ("RequestTimeout", "ExchangeError"),
    "empty": ("returns none", "returns none"),
    "html": ("returns 5 candles, with None", "returns none"),
    "null": ("returns 4 candles, with None", "returns none"),
    "empty-list": ("returns none", "ExchangeError"),
    "empty-object": ("returns none", "ExchangeError"),
    "a-string": ("returns 4 candles, with None", "returns none"),
    "huge": ("returns none", "ExchangeError"),
    "bad-gzip": ("ExchangeError of ClientPayloadError", "ExchangeError of ClientPayloadError"),
    "cut-json": ("returns 5 candles, doubled, too old, with None", "returns none"),
    "bad-utf8": ("returns 5 candles, with None", "returns 5 candles, with None"),
    "words-for-numbers": ("returns 5 candles, with None", "returns 5 candles, with None"),
    "lists-for-numbers": ("returns 5 candles, with None", "returns 5 candles, with None"),
    "quoted-nan": ("returns 5 candles, with nan", "returns 5 candles, with nan"),
    "bare-nan": ("returns 5 candles, doubled, too old, with None", "returns none"),
    "none": ("returns none", "returns none"),
    "missing": ("returns 4 candles, one missing", "returns 4 candles, one missing"),
    "doubled": ("returns 5 candles, doubled, one missing", "returns 5 candles, doubled, one missing"),
    "doubled-differing": ("returns 5 candles, doubled, one missing", "returns 5 candles, doubled, one missing"),
    "unsorted": ("returns the right candles", "returns the right candles"),
    "reversed": ("returns the right candles", "returns the right candles"),
    "from-the-future": ("returns 5 candles, too young", "returns 5 candles, too young"),
    "zero-volume": ("returns 5 candles, with the wrong numbers", "returns 5 candles, with the wrong numbers"),
    "high-below-low": ("returns 5 candles, with the wrong numbers", "returns 5 candles, with the wrong numbers"),
    "zero-price": ("returns 5 candles, with the wrong numbers", "returns 5 candles, with the wrong numbers"),
    "negative": ("returns 5 candles, with the wrong numbers", "returns 5 candles, with the wrong numbers"),
    "not-a-number": ("returns 5 candles, with nan", "returns 5 candles, with nan"),
    "hour-old": ("returns 5 candles, too old", "returns 5 candles, too old"),
    "unaligned": ("returns 5 candles, off the minute", "returns 5 candles, off the minute"),
    "in-seconds": ("returns 5 candles, too old", "returns 5 candles, too old"),
    "name-unknown": (
        "ExchangeNotAvailable of ClientConnectorDNSError (0 requests)",
        "ExchangeNotAvailable of ClientConnectorDNSError (0 requests)",
    ),
    "https-to-plain-port": (
        "ExchangeNotAvailable of ClientConnectorSSLError (0 requests)",
        "ExchangeNotAvailable of ClientConnectorSSLError (0 requests)",
    ),
    "exchange-down": (
        "ExchangeNotAvailable of ClientConnectorError (0 requests)",
        "ExchangeNotAvailable of ClientConnectorError (0 requests)",
    ),
    "symbol-unknown": ("BadSymbol (0 requests)", "BadSymbol (0 requests)"),
    "symbol-delisted": ("BadSymbol", "BadSymbol"),
    "symbol-halted": ("returns 5 candles, too old", "returns 5 candles, too old"),
    "ws-refused": ("NetworkError; then candles", "NetworkError; then candles"),
    "ws-forbidden": ("NetworkError; then candles", "NetworkError; then candles"),
    "ws-too-many": ("NetworkError; then candles", "NetworkError; then candles"),
    "ws-hanging": ("nothing; then nothing", "nothing; then nothing"),
    "ws-silent": ("nothing; then candles", "nothing; then candles"),
    "ws-deaf": ("nothing; then nothing", "nothing; then nothing"),
    "ws-frozen": ("nothing; then nothing", "nothing; then nothing"),
    "ws-closing": ("NetworkError; then candles", "NetworkError; then candles"),
    "ws-dropped": ("NetworkError; then candles", "NetworkError; then candles"),
    "ws-garbage": ("nothing; then candles", "nothing; then candles"),
    "ws-cut-json": ("nothing; then nothing; loop: JSONDecodeError", "nothing; then nothing; loop: JSONDecodeError"),
    "ws-empty-object": ("nothing; then candles", "nothing; then candles"),
    "ws-binary": ("nothing; then nothing; loop: UnicodeDecodeError", "nothing; then nothing; loop: UnicodeDecodeError"),
    "ws-old": ("old candles; then old candles", "old candles; then old candles"),
    "ws-unclosed": ("candles; then candles", "candles; then candles"),
    "ws-doubled": ("candles; then candles", "candles; then candles"),
    "ws-3s-late": ("candles; then candles", "candles; then candles"),
    "ws-20s-late": ("candles; then candles", "candles; then candles"),
    "ws-70s-late": ("nothing; then candles", "nothing; then candles"),
}
"""Of each trouble what it comes to with Binance and with Bybit."""


def observed(trouble: str, exchange_id: str) -> str:
    """What `trouble` comes to, on an exchange of its own."""
    with LocalExchange(clock=Clock(START)) as exchange:
        if trouble in observe.STREAMS:
            return observe.of_stream(exchange, exchange_id, trouble)
        return observe.of_rest(exchange, exchange_id, trouble)


def main() -> None:
    """Print the table."""
    logging.disable()
    markdown = "--markdown" in sys.argv
    if markdown:
        print("| fault | Binance | Bybit |\n|---|---|---|")
    with wall():
        for trouble in (*observe.REST, *observe.STREAMS):
            binance, bybit = observed(trouble, "binance"), observed(trouble, "bybit")
            line = f'    "{trouble}": ("{binance}", "{bybit}"),'
            print(f"| {trouble} | {binance} | {bybit} |" if markdown else line, flush=True)


if __name__ == "__main__":
    main()
