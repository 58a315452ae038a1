"""For each command a few lines that work as they stand.

A test runs every example, in a project in which breakout has run on BTCUSDT.
"""

from __future__ import annotations

BEGIN = (
    ("livekit init mine && cd mine", "a project with a strategy that runs as it stands"),
    ("livekit run BTCUSDT --strategy my-strategy --speed 600", "on paper, on a built-in market, ten minutes a second"),
    ("livekit report my-strategy", "what became of it"),
)
"""The first lines to type, one after the other."""

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "init": (
        ("livekit init mine", "a project in the folder mine"),
        ("livekit init --strategy-name night-owl", "here, with a strategy of that name"),
    ),
    "check": (
        ("livekit check", "everything: config, strategies, folders, disk, clock, journals"),
        ("livekit check BTCUSDT ETHUSDT --exchange binance", "the exchange too, and what it says of these"),
        ("livekit check --config fleet", "the exchanges and symbols of configs/fleet.yaml, where they are real"),
        ("livekit check --json", "an object a line, for programs"),
    ),
    "strategies": (
        ("livekit strategies", "what --strategy finds here, with parameters"),
        ("livekit strategies --project .", "the same of another folder"),
    ),
    "exchanges": (
        ("livekit exchanges", "what --exchange finds here, at what costs"),
        ("livekit exchanges --all", "those of ccxt too, and what each can do"),
        ("livekit exchanges bin --json", "those with bin in their name, for programs"),
    ),
    "schema": (
        ("livekit schema fleet", "what may stand in a fleet, strategies of this project included"),
        ("livekit schema --path configs/schema", "all four, for an editor; run it again for a new strategy"),
    ),
    "download": (
        ("livekit download BTCUSDT --exchange binance --from 7d", "the last seven days, for backtest"),
        ("livekit download BTC/USDT ETH/USDT --exchange bybit --from 2d", "two symbols; what is there is kept"),
    ),
    "backtest": (
        ("livekit backtest BTCUSDT --strategy breakout", "the last thirty days of the demo market"),
        ("livekit backtest BTCUSDT -s breakout --from 2026-01-01 --to 2026-01-07T23:59", "one week"),
        ("livekit backtest BTCUSDT -s breakout --candles candles.csv", "your own candles"),
        ("livekit backtest BTCUSDT -s breakout --set lookback=20 --json", "another parameter, an event a line"),
    ),
    "run": (
        ("livekit run BTCUSDT --strategy breakout", "on paper, in real time, on the demo market"),
        ("livekit run BTCUSDT ETHUSDT --strategy breakout --speed 600", "two symbols, ten minutes a second"),
        ("livekit run BTCUSDT -s breakout --candles candles.csv", "your own candles, a minute a second"),
        ("livekit run BTCUSDT -s breakout --once", "what is due now, and end: a line for cron"),
    ),
    "status": (
        ("livekit status", "each symbol's state, price, health and last error"),
        ("livekit status --symbol BTCUSDT", "one symbol"),
        ("livekit status --json", "an object a line, for programs"),
    ),
    "watch": (
        ("livekit watch", "the table of what runs, from another shell"),
        ("livekit watch --strategy breakout --symbol BTCUSDT", "one strategy on one symbol"),
        ("livekit watch --once", "as it is now, as plain text: for a pipe, cron, or a mail"),
        ("livekit watch --svg table.svg", "a picture of it"),
    ),
    "events": (
        ("livekit events", "all that opened and closed"),
        ("livekit events breakout --last 20", "the newest twenty of one strategy"),
        ("livekit events --symbol BTCUSDT --json", "those of one symbol, for programs"),
        ("livekit events --since 1d --follow", "the last day's, and each new one at once"),
    ),
    "report": (
        ("livekit report breakout", "win rate, PnL, what is open, the newest events"),
        ("livekit report breakout --since 7d --symbol BTCUSDT", "one symbol's last week"),
        ("livekit report breakout > report.md", "every event too, into a file"),
        ("livekit report breakout --format csv > report.csv", "for a spreadsheet"),
    ),
    "explain": (
        ("livekit explain", "the signal that opened or closed last; livekit explain ID for another one"),
        ("livekit explain --raw", "with its lines of the journal as they stand there"),
        ("livekit explain --json", "every number, for programs"),
    ),
    "repair": (
        ("livekit repair", "how sound each journal is"),
        ("livekit repair BTCUSDT", "one symbol's, and what is wrong with it"),
        ("livekit repair BTCUSDT --set-aside", "keep what is sound, and move the rest aside"),
    ),
    "dump": (
        ("livekit dump", "every strategy's report into logs/live/"),
        ("livekit dump breakout --path reports", "one strategy's into reports/breakout.md"),
        ("livekit dump --format csv", "events for a spreadsheet, a file for each strategy"),
    ),
}
"""Command lines, and what each is for."""
