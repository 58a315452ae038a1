"""Wrong YAML, and what is said of it: every line, whole.

`{file}` stands for the file, `{project}` for the project's folder. The project has the strategies breakout, fast-cross
and slow-cross and the preset quick, the exchanges demo and recorded, and these variables: WORD=breakout, FORTY=40,
HALF=0.5, SECRET=hunter2, EMPTY=, YES=yes, SORT=demo and CLASS=Breakout.
"""

# ruff: noqa: E501  messages stand as they are said
# fmt: off

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """What is wrong (the name of its test), in which kind of file, its text, and what is said of it."""

    name: str
    kind: str
    text: str | bytes
    told: tuple[str, ...]


def case(name: str, kind: str, text: str | bytes, *told: str) -> Case:
    return Case(name, kind, text, told)


EXCHANGE_KEYS = "expected one of candles, ccxt, exchange, fee_percent, key_file, market, max_entry_distance_percent, mode, seed, slippage_percent, speed"
RUN_KEYS = "expected one of exchange, interval, params, strategy, symbols"
INTERVALS = "expected one of 1m 3m 5m 15m 30m 1h"
PARAMS = "it has interval, lookback, factor, side, label, limit, loud, step"
STRATEGIES = "looked in {project}/strategies and {project}/configs/strategies; found: breakout, fast-cross, quick, slow-cross"
NUMBER = "is a number to some readers of YAML and text to others"
RUN = "runs:\n  - strategy: breakout\n    symbols: [BTCUSDT]\n"

# ---- what is no YAML, or none that all readers agree on

SYNTAX = [
    case("a tab that indents", "exchange", "exchange: demo\n\tseed: 1\n", "{file}:2:1: a tab cannot be used here; indent with spaces"),
    case("a tab below a list", "fleet", "runs:\n\t- strategy: breakout\n", "{file}:2:1: a tab cannot be used here; indent with spaces"),
    case("NUL", "exchange", b"exchange: demo\nseed: \x00\n", "{file}:2:7: a character that cannot be printed"),
    case("ESC", "exchange", b"exchange: \x1b[2J\n", "{file}:1:11: a character that cannot be printed"),
    case("Latin-1", "exchange", b"# caf\xe9\nexchange: demo\n", "{file}:1:6: the byte 0xe9 is no UTF-8 text; save the file as UTF-8"),
    case("Latin-1 in the third line", "exchange", "exchange: demo\nseed: 1\n# é ".encode() + b"\xff\n", "{file}:3:5: the byte 0xff is no UTF-8 text; save the file as UTF-8"),
    case("UTF-16", "exchange", "exchange: demo\n".encode("utf-16"), "{file}:1:1: the byte 0xff is no UTF-8 text; save the file as UTF-8"),
    case("a BOM, which does not move columns", "exchange", b"\xef\xbb\xbfexchange: dmo\n", "{file}:1:11: exchange is 'dmo', expected demo, csv or an exchange that ccxt knows, like binance; did you mean 'demo'?"),
    case("a BOM in the middle", "exchange", b"exchange: demo\n\xef\xbb\xbfseed: 1\n", "{file}:2:1: unknown key \\ufeffseed; " + EXCHANGE_KEYS + "; did you mean 'seed'?"),
    case("CRLF, which does not move lines", "exchange", b"exchange: demo\r\nseed: -1\r\n", "{file}:2:7: seed is -1, expected a whole number from 0 to 4294967295"),
    case("a quote that is not closed", "exchange", "exchange: 'demo\n", "{file}:2:1: a quote is not closed"),
    case("a bracket that is not closed", "fleet", "runs: [\n", "{file}:2:1: expected the node content, but found '<stream end>'"),
    case("a variable in a list without quotes", "fleet", "runs:\n  - strategy: breakout\n    symbols: [BTCUSDT, ${WORD}]\n", """{file}:3:25: expected ',' or ']', but got '{'; a value with a variable in it is quoted within brackets: "${WORD}\""""),
    case("a brace in a list that is no variable's", "fleet", "runs:\n  - strategy: breakout\n    symbols: [BTCUSDT {, \"${WORD}\"]\n", "{file}:3:23: expected ',' or ']', but got '{'"),
    case("a colon within a value", "exchange", "exchange: demo: yes\n", "{file}:1:15: a second colon is not expected here: is the line indented too far?"),
    case("a word alone", "exchange", "demo\n", "{file}:1:1: expected `name: value` lines, found a single value"),
    case("no space behind the colon", "exchange", "exchange:demo\n", "{file}:1:1: expected `name: value` lines, found text: is a blank missing behind the colon?"),
    case("a list instead of a mapping", "exchange", "- exchange: demo\n", "{file}:1:1: expected `name: value` lines, found a list"),
    case("a second document", "exchange", "exchange: demo\n---\nseed: 1\n", "{file}:2:1: a second document (---) is not supported"),
    case("brackets without end", "exchange", "[" * 5000, "{file}: is nested too deeply"),
    case("mappings without end", "exchange", "exchange: " + "{a: " * 5000, "{file}: is nested too deeply"),
    case("an alias", "exchange", "exchange: *demo\n", "{file}:1:11: aliases (*demo) are not supported"),
    case("an anchor", "exchange", "exchange: &it demo\n", "{file}:1:11: anchors (&it) are not supported"),
    case("a merge key", "exchange", "exchange: demo\n<<: {seed: 1}\n", "{file}:2:1: merge keys (<<) are not supported"),
    case("a tag of YAML's own", "exchange", "exchange: !!str demo\n", "{file}:1:11: the tag !!str is not supported"),
    case("a tag that would run code", "exchange", "exchange: !!python/object/apply:os.system [ls]\n", "{file}:1:11: the tag !!python/object/apply:os.system is not supported"),
    case("a key that is a list", "exchange", "? [exchange]\n: demo\n", "{file}: exchange is missing, expected demo, csv or an exchange that ccxt knows, like binance", "{file}:1:3: a key is a word, not a list"),
    case("a key twice", "exchange", "exchange: demo\nseed: 1\nexchange: csv\n", "{file}:3:1: exchange is here a second time, first in line 1"),
    case("a key twice in params", "strategy", "strategy: breakout\nparams:\n  lookback: 3\n  lookback: 4\n", "{file}:4:3: params.lookback is here a second time, first in line 3"),
    case("a key twice in a run", "fleet", RUN + "    symbols: [ETHUSDT]\n", "{file}:4:5: symbols is here a second time, first in line 3"),
]

TRAPS = [
    case("no", "exchange", "exchange: demo\nspeed: no\n", '{file}:2:8: no is true or false to some readers of YAML and text to others: write false, or "no" for the text'),
    case("On", "strategy", "strategy: breakout\nparams: {loud: On}\n", '{file}:2:16: On is true or false to some readers of YAML and text to others: write true, or "On" for the text'),
    case("y", "fleet", "runs:\n  - strategy: y\n    symbols: [BTCUSDT]\n", '{file}:2:15: y is true or false to some readers of YAML and text to others: write true, or "y" for the text'),
    case("1e5", "exchange", "exchange: demo\nseed: 1e5\n", f'{{file}}:2:7: 1e5 {NUMBER}: write 100000, or "1e5" for the text'),
    case("1e-7", "exchange", "exchange: demo\nfee_percent: 1e-7\n", f'{{file}}:2:14: 1e-7 {NUMBER}: write 1.0e-07, or "1e-7" for the text'),
    case("-.5", "exchange", "exchange: demo\nfee_percent: -.5\n", f'{{file}}:2:14: -.5 {NUMBER}: write -0.5, or "-.5" for the text'),
    case("1_000", "exchange", "exchange: demo\nseed: 1_000\n", f'{{file}}:2:7: 1_000 {NUMBER}: write 1000, or "1_000" for the text'),
    case("0x10", "exchange", "exchange: demo\nseed: 0x10\n", '{file}:2:7: 0x10 is another number to some readers of YAML: write "0x10" for the text'),
    case("010", "exchange", "exchange: demo\nseed: 010\n", '{file}:2:7: 010 is another number to some readers of YAML: write 10, or "010" for the text'),
    case("0o10", "exchange", "exchange: demo\nseed: 0o10\n", '{file}:2:7: 0o10 is another number to some readers of YAML: write "0o10" for the text'),
    case("13:30", "exchange", "exchange: demo\nseed: 13:30\n", '{file}:2:7: 13:30 is a number of seconds to some readers of YAML: write "13:30" for the text'),
    case("2026-01-01", "strategy", "strategy: breakout\nparams: {label: 2026-01-01}\n", '{file}:2:17: 2026-01-01 is a date to some readers of YAML and text to others: write "2026-01-01" for the text'),
    case(".inf", "exchange", "exchange: demo\nspeed: .inf\n", f'{{file}}:2:8: .inf {NUMBER}: write ".inf" for the text'),
    case(".nan", "exchange", "exchange: demo\nspeed: .NaN\n", f'{{file}}:2:8: .NaN {NUMBER}: write ".NaN" for the text'),
    case("a number beyond all", "exchange", f"exchange: demo\nseed: {'9' * 400}\n", "{file}:2:7: 99999999999999999... is larger than any number can be"),
    case("a trap in a list", "fleet", "runs:\n  - strategy: breakout\n    symbols: [BTCUSDT, on]\n", '{file}:3:24: on is true or false to some readers of YAML and text to others: write true, or "on" for the text'),
    case("~", "exchange", "exchange: ~\n", "{file}:1:11: exchange has no value, expected demo, csv or an exchange that ccxt knows, like binance"),
    case("null", "exchange", "exchange: demo\nspeed: null\n", "{file}:2:8: speed has no value, expected a number above 0, at most 1000000000"),
    case("nothing behind the colon", "exchange", "exchange: demo\nmode:\n", "{file}:2:6: mode has no value, expected paper"),
    case("null for a parameter", "strategy", "strategy: breakout\nparams: {lookback: ~}\n", "{file}:2:20: Breakout.lookback has no value, expected int"),
]

# ---- keys

KEYS = [
    case("an empty exchange", "exchange", "", "{file}: exchange is missing, expected demo, csv or an exchange that ccxt knows, like binance"),
    case("only comments", "exchange", "# later\n", "{file}: exchange is missing, expected demo, csv or an exchange that ccxt knows, like binance"),
    case("an empty strategy", "strategy", "", "{file}: strategy is missing, expected a strategy's name or file.py:Class"),
    case("an empty fleet", "fleet", "", "{file}: runs is missing, expected a list of runs, each with strategy and symbols"),
    case("exchange misspelled", "exchange", "exchang: demo\n", "{file}: exchange is missing, expected demo, csv or an exchange that ccxt knows, like binance", "{file}:1:1: unknown key exchang; " + EXCHANGE_KEYS + "; did you mean 'exchange'?"),
    case("mode misspelled", "exchange", "exchange: demo\nmod: paper\n", "{file}:2:1: unknown key mod; " + EXCHANGE_KEYS + "; did you mean 'mode'?"),
    case("seed misspelled", "exchange", "exchange: demo\nsede: 1\n", "{file}:2:1: unknown key sede; " + EXCHANGE_KEYS + "; did you mean 'seed'?"),
    case("candles misspelled", "exchange", "exchange: csv\ncandels: candles.csv\n", "{file}: candles is missing, expected a CSV file", "{file}:2:1: unknown key candels; " + EXCHANGE_KEYS + "; did you mean 'candles'?"),
    case("speed misspelled", "exchange", "exchange: demo\nspeeed: 2\n", "{file}:2:1: unknown key speeed; " + EXCHANGE_KEYS + "; did you mean 'speed'?"),
    case("slippage_percent misspelled", "exchange", "exchange: demo\nslippage: 0.1\n", "{file}:2:1: unknown key slippage; " + EXCHANGE_KEYS + "; did you mean 'slippage_percent'?"),
    case("fee_percent misspelled", "exchange", "exchange: demo\nfee-percent: 0.1\n", "{file}:2:1: unknown key fee-percent; " + EXCHANGE_KEYS + "; did you mean 'fee_percent'?"),
    case("max_entry_distance_percent misspelled", "exchange", "exchange: demo\nmax_entry_distance: 1\n", "{file}:2:1: unknown key max_entry_distance; " + EXCHANGE_KEYS + "; did you mean 'max_entry_distance_percent'?"),
    case("a key of nothing here", "exchange", "exchange: demo\napiKey: x\n", "{file}:2:1: unknown key apiKey; " + EXCHANGE_KEYS),
    case("a key in capitals", "exchange", "exchange: demo\nSEED: 1\n", "{file}:2:1: unknown key SEED; " + EXCHANGE_KEYS + "; did you mean 'seed'?"),
    case("strategy misspelled", "strategy", "stratgy: breakout\n", "{file}: strategy is missing, expected a strategy's name or file.py:Class", "{file}:1:1: unknown key stratgy; expected one of interval, params, strategy; did you mean 'strategy'?"),
    case("interval misspelled", "strategy", "strategy: breakout\nintervall: 5m\n", "{file}:2:1: unknown key intervall; expected one of interval, params, strategy; did you mean 'interval'?"),
    case("params misspelled", "strategy", "strategy: breakout\nparam: {lookback: 3}\n", "{file}:2:1: unknown key param; expected one of interval, params, strategy; did you mean 'params'?"),
    case("a parameter misspelled", "strategy", "strategy: breakout\nparams: {lokback: 3}\n", f"{{file}}:2:10: Breakout has no parameter 'lokback'; {PARAMS}; did you mean 'lookback'?"),
    case("interval among the params", "strategy", "strategy: breakout\nparams: {interval: 5m}\n", "{file}:2:10: interval stands beside params, not in it"),
    case("runs misspelled", "fleet", "run:\n  - strategy: breakout\n    symbols: [BTCUSDT]\n", "{file}: runs is missing, expected a list of runs, each with strategy and symbols", "{file}:1:1: unknown key run; expected one of data_dir, exchange, runs; did you mean 'runs'?"),
    case("data_dir misspelled", "fleet", "datadir: data\n" + RUN, "{file}:1:1: unknown key datadir; expected one of data_dir, exchange, runs; did you mean 'data_dir'?"),
    case("symbols misspelled", "fleet", "runs:\n  - strategy: breakout\n    symbol: [BTCUSDT]\n", "{file}:2:5: symbols is missing, expected a list of symbols like [BTCUSDT, ETHUSDT]", "{file}:3:5: unknown key symbol; " + RUN_KEYS + "; did you mean 'symbols'?"),
    case("a fleet's key in a run", "fleet", RUN + "    data_dir: data\n", "{file}:4:5: unknown key data_dir; " + RUN_KEYS),
    case("a run without strategy", "fleet", "runs:\n  - symbols: [BTCUSDT]\n", "{file}:2:5: strategy is missing, expected a strategy's name or file.py:Class"),
    case(
        "defaults misspelled",
        "livekit",
        "exchnage: demo\nstrateg: breakout\nspeeed: 1\n",
        "{file}:1:1: unknown key exchnage; expected one of data_dir, exchange, speed, strategy; did you mean 'exchange'?",
        "{file}:2:1: unknown key strateg; expected one of data_dir, exchange, speed, strategy; did you mean 'strategy'?",
        "{file}:3:1: unknown key speeed; expected one of data_dir, exchange, speed, strategy; did you mean 'speed'?",
    ),
    case("a run among the defaults", "livekit", "symbols: [BTCUSDT]\n", "{file}:1:1: unknown key symbols; expected one of data_dir, exchange, speed, strategy"),
]

# ---- types and ranges

VALUES = [
    case("an unknown kind", "exchange", "exchange: demmo\n", "{file}:1:11: exchange is 'demmo', expected demo, csv or an exchange that ccxt knows, like binance; did you mean 'demo'?"),
    case("a kind in capitals", "exchange", "exchange: CSV\n", "{file}:1:11: exchange is 'CSV', expected demo, csv or an exchange that ccxt knows, like binance; did you mean 'csv'?"),
    case("a number as kind", "exchange", "exchange: 5\n", "{file}:1:11: exchange is 5, expected demo, csv or an exchange that ccxt knows, like binance"),
    case("a flag as kind", "exchange", "exchange: true\n", "{file}:1:11: exchange is True, expected demo, csv or an exchange that ccxt knows, like binance"),
    case("a list as kind", "exchange", "exchange: [demo]\n", "{file}:1:11: exchange is a list, expected demo, csv or an exchange that ccxt knows, like binance"),
    case("a mapping as kind", "exchange", "exchange: {demo: 1}\n", "{file}:1:11: exchange is a mapping, expected demo, csv or an exchange that ccxt knows, like binance"),
    case("empty text as kind", "exchange", 'exchange: ""\n', "{file}:1:11: exchange is '', expected demo, csv or an exchange that ccxt knows, like binance"),
    case("real orders", "exchange", "exchange: demo\nmode: live\n", "{file}:2:7: mode is 'live', expected paper: real orders are not possible yet"),
    case("another mode", "exchange", "exchange: demo\nmode: papper\n", "{file}:2:7: mode is 'papper', expected paper; did you mean 'paper'?"),
    case("a number as text", "exchange", 'exchange: demo\nspeed: "60"\n', "{file}:2:8: speed is '60', expected a number above 0, at most 1000000000"),
    case("text as number", "exchange", "exchange: demo\nspeed: fast\n", "{file}:2:8: speed is 'fast', expected a number above 0, at most 1000000000"),
    case("no speed", "exchange", "exchange: demo\nspeed: 0\n", "{file}:2:8: speed is 0, expected a number above 0, at most 1000000000"),
    case("a speed backwards", "exchange", "exchange: demo\nspeed: -2.5\n", "{file}:2:8: speed is -2.5, expected a number above 0, at most 1000000000"),
    case("too fast", "exchange", "exchange: demo\nspeed: 2000000000\n", "{file}:2:8: speed is 2000000000, expected a number above 0, at most 1000000000"),
    case("a flag as number", "exchange", "exchange: demo\nspeed: true\n", "{file}:2:8: speed is True, expected a number above 0, at most 1000000000"),
    case("half a seed", "exchange", "exchange: demo\nseed: 1.5\n", "{file}:2:7: seed is 1.5, expected a whole number from 0 to 4294967295"),
    case("a seed below", "exchange", "exchange: demo\nseed: -1\n", "{file}:2:7: seed is -1, expected a whole number from 0 to 4294967295"),
    case("a seed above", "exchange", "exchange: demo\nseed: 4294967296\n", "{file}:2:7: seed is 4294967296, expected a whole number from 0 to 4294967295"),
    case("a negative slippage", "exchange", "exchange: demo\nslippage_percent: -0.1\n", "{file}:2:19: slippage_percent is -0.1, expected a number from 0 to 10"),
    case("a fee above", "exchange", "exchange: demo\nfee_percent: 10.5\n", "{file}:2:14: fee_percent is 10.5, expected a number from 0 to 10"),
    case("a percent sign", "exchange", "exchange: demo\nfee_percent: 0.1%\n", "{file}:2:14: fee_percent is '0.1%', expected a number from 0 to 10"),
    case("no distance", "exchange", "exchange: demo\nmax_entry_distance_percent: 0\n", "{file}:2:29: max_entry_distance_percent is 0, expected a number above 0, at most 100"),
    case("csv without candles", "exchange", "exchange: csv\n", "{file}: candles is missing, expected a CSV file"),
    case("candles for demo", "exchange", "exchange: demo\ncandles: candles.csv\n", "{file}:2:1: candles goes with exchange: csv, not 'demo'"),
    case("a market for demo", "exchange", "exchange: demo\nmarket: swap\n", "{file}:2:1: market goes with an exchange that ccxt knows, not 'demo'"),
    case("a seed for csv", "exchange", "exchange: csv\ncandles: candles.csv\nseed: 1\n", "{file}:3:1: seed goes with exchange: demo, not 'csv'"),
    case("candles that are not there", "exchange", "exchange: csv\ncandles: candle.csv\n", "{file}:2:10: candles is 'candle.csv': there is no file {project}/candle.csv"),
    case("a home of nobody", "exchange", "exchange: csv\ncandles: ~nobody-of-this-name/candles.csv\n", "{file}:2:10: candles is '~nobody-of-this-name/candles.csv': nobody of that name has a home folder"),
    case("a folder on two lines", "livekit", 'data_dir: "a\\nb"\n', "{file}:1:11: data_dir is 'a\\nb', expected a folder"),
    case(
        "everything at once",
        "exchange",
        "exchange: demo\nmode: real\nspeeed: 2\nfee_percent: 99\nseed: no\n",
        "{file}:2:7: mode is 'real', expected paper",
        "{file}:3:1: unknown key speeed; " + EXCHANGE_KEYS + "; did you mean 'speed'?",
        "{file}:4:14: fee_percent is 99, expected a number from 0 to 10",
        '{file}:5:7: no is true or false to some readers of YAML and text to others: write false, or "no" for the text',
    ),
]

# ---- strategies and their parameters

STRATEGY = [
    case("an unknown strategy", "strategy", "strategy: brekout\n", "{file}:1:11: there is no strategy 'brekout'; looked in {project}/strategies; found: breakout, fast-cross, slow-cross; did you mean 'breakout'?"),
    case("a preset of a preset", "strategy", "strategy: quick\n", "{file}:1:11: 'quick' is a preset, and a preset cannot name a preset; expected a strategy; found: breakout, fast-cross, slow-cross"),
    case("a class's name", "strategy", "strategy: FastCross\n", "{file}:1:11: strategy is 'FastCross', expected 'fast-cross', as it is listed"),
    case("a file that is not there", "strategy", "strategy: ideas/x.py:X\n", "{file}:1:11: there is no strategy file {project}/ideas/x.py"),
    case("a number as strategy", "strategy", "strategy: 5\n", "{file}:1:11: strategy is 5, expected a strategy's name or file.py:Class"),
    case("another interval", "strategy", "strategy: breakout\ninterval: 7m\n", f"{{file}}:2:11: interval is '7m', {INTERVALS}"),
    case("a near interval", "strategy", "strategy: breakout\ninterval: 5min\n", f"{{file}}:2:11: interval is '5min', {INTERVALS}; did you mean '5m'?"),
    case("a number as interval", "strategy", "strategy: breakout\ninterval: 5\n", f"{{file}}:2:11: interval is 5, {INTERVALS}; did you mean '5m'?"),
    case("a list of params", "strategy", "strategy: breakout\nparams: [lookback]\n", "{file}:2:9: params is a list, expected `name: value` pairs"),
    case("text for an int", "strategy", 'strategy: breakout\nparams: {lookback: "3"}\n', "{file}:2:20: Breakout.lookback is '3', expected int"),
    case("a float for an int", "strategy", "strategy: breakout\nparams: {lookback: 3.0}\n", "{file}:2:20: Breakout.lookback is 3.0, expected int"),
    case("a flag for a float", "strategy", "strategy: breakout\nparams: {factor: true}\n", "{file}:2:18: Breakout.factor is True, expected float"),
    case("a number for text", "strategy", "strategy: breakout\nparams: {label: 5}\n", "{file}:2:17: Breakout.label is 5, expected str"),
    case("another choice", "strategy", "strategy: breakout\nparams: {side: lng}\n", "{file}:2:16: Breakout.side is 'lng', expected 'long' | 'short'; did you mean 'long'?"),
    case("a list for a parameter", "strategy", "strategy: breakout\nparams: {lookback: [3]}\n", "{file}:2:20: Breakout.lookback is a list, expected int"),
    case("a mapping for a parameter", "strategy", "strategy: breakout\nparams: {lookback: {value: 3}}\n", "{file}:2:20: Breakout.lookback is a mapping, expected int"),
]

# ---- fleets

FLEETS = [
    case("no runs", "fleet", "runs: []\n", "{file}:1:7: runs is empty, expected a list of runs, each with strategy and symbols"),
    case("runs without value", "fleet", "runs:\n", "{file}:1:6: runs has no value, expected a list of runs, each with strategy and symbols"),
    case("a mapping of runs", "fleet", "runs: {strategy: breakout}\n", "{file}:1:7: runs is a mapping, expected a list of runs, each with strategy and symbols"),
    case("a run that is a word", "fleet", "runs: [breakout]\n", "{file}:1:8: runs: an item is 'breakout', expected `name: value` pairs"),
    case("one symbol without brackets", "fleet", "runs:\n  - strategy: breakout\n    symbols: BTCUSDT\n", "{file}:3:14: symbols is 'BTCUSDT', expected a list of symbols like [BTCUSDT, ETHUSDT]"),
    case("no symbols", "fleet", "runs:\n  - strategy: breakout\n    symbols: []\n", "{file}:3:14: symbols is empty, expected a list of symbols like [BTCUSDT, ETHUSDT]"),
    case("a number as symbol", "fleet", "runs:\n  - strategy: breakout\n    symbols: [BTCUSDT, 5]\n", "{file}:3:24: symbols: an item is 5, expected a symbol like BTCUSDT"),
    case("a symbol that is a path", "fleet", "runs:\n  - strategy: breakout\n    symbols: [../../etc]\n", "{file}:3:15: symbols: an item is '../../etc', expected a symbol like BTCUSDT"),
    case("a symbol twice in a list", "fleet", "runs:\n  - strategy: breakout\n    symbols: [BTCUSDT, BTCUSDT]\n", "{file}:3:24: symbols: 'BTCUSDT' is here a second time"),
    case("two spellings of one journal", "fleet", "runs:\n  - strategy: breakout\n    symbols: [BTC/USDT, BTC_USDT]\n", "{file}:3:25: BTC_USDT would share the journal demo-breakout-BTC_USDT.jsonl with line 3"),
    case("a symbol twice in the fleet", "fleet", RUN + RUN.removeprefix("runs:\n"), "{file}:5:15: BTCUSDT would share the journal demo-breakout-BTCUSDT.jsonl with line 3"),
    case("other parameters under the same name", "fleet", RUN + "  - strategy: breakout\n    symbols: [ETHUSDT, BTCUSDT]\n    params: {lookback: 9}\n", "{file}:5:24: BTCUSDT would share the journal demo-breakout-BTCUSDT.jsonl with line 3; to run both, give one a name of its own in configs/strategies/NAME.yaml"),
    case("another interval under the same name", "fleet", RUN + "  - strategy: breakout\n    symbols: [BTCUSDT]\n    interval: 5m\n", "{file}:5:15: BTCUSDT would share the journal demo-breakout-BTCUSDT.jsonl with line 3; to run both, give one a name of its own in configs/strategies/NAME.yaml"),
    case("the same by name and by file", "fleet", RUN + "  - strategy: strategies/breakout.py:Breakout\n    symbols: [BTCUSDT]\n", "{file}:5:15: BTCUSDT would share the journal demo-breakout-BTCUSDT.jsonl with line 3"),
    case("an unknown strategy in a run", "fleet", "runs:\n  - strategy: breakot\n    symbols: [BTCUSDT]\n", f"{{file}}:2:15: there is no strategy 'breakot'; {STRATEGIES}; did you mean 'breakout'?"),
    case("a wrong parameter in a run", "fleet", RUN + "    params: {lookback: soon, fctor: 2}\n", "{file}:4:24: Breakout.lookback is 'soon', expected int", f"{{file}}:4:30: Breakout has no parameter 'fctor'; {PARAMS}; did you mean 'factor'?"),
    case("an __init__ that overrules", "fleet", "runs:\n  - strategy: slow-cross\n    symbols: [BTCUSDT]\n    params: {length: 9}\n", "{file}:2:15: the __init__ of SlowCross sets length to 3, and 9 was asked for"),
    case("an unknown exchange", "fleet", "exchange: dmo\n" + RUN, "{file}:1:11: no exchange 'dmo'; there are csv, demo, recorded, and the 104 that ccxt knows; did you mean 'demo'?"),
    case("an unknown exchange in a run", "fleet", RUN + "    exchange: recorde\n", "{file}:4:15: no exchange 'recorde'; there are csv, demo, recorded, and the 104 that ccxt knows; did you mean 'recorded'?"),
    case("a dash in the exchange's name", "fleet", RUN + "    exchange: my-exchange\n", "{file}:4:15: exchange is 'my-exchange', expected the name of an exchange"),
    case("csv without its file", "fleet", "exchange: csv\n" + RUN, "{file}:1:11: the exchange csv has no candles; say in {project}/configs/csv.yaml which"),
    case("two symbols on recorded candles", "fleet", "exchange: recorded\nruns:\n  - strategy: breakout\n    symbols: [BTCUSDT]\n  - strategy: fast-cross\n    symbols: [ETHUSDT]\n", "{file}:6:15: ETHUSDT: the exchange recorded has the candles of one symbol, which is that of line 4"),
    case(
        "many lines wrong at once",
        "fleet",
        "exchange: nowhere\nruns:\n  - strategy: breakot\n    symbols: BTCUSDT\n  - symbols: [ETHUSDT]\n    params: 5\n",
        "{file}:1:11: no exchange 'nowhere'; there are csv, demo, recorded, and the 104 that ccxt knows",
        f"{{file}}:3:15: there is no strategy 'breakot'; {STRATEGIES}; did you mean 'breakout'?",
        "{file}:4:14: symbols is 'BTCUSDT', expected a list of symbols like [BTCUSDT, ETHUSDT]",
        "{file}:5:5: strategy is missing, expected a strategy's name or file.py:Class",
        "{file}:6:13: params is 5, expected `name: value` pairs",
    ),
]

# ---- defaults

DEFAULTS = [
    case("an unknown default exchange", "livekit", "exchange: dem0\n", "{file}:1:11: no exchange 'dem0'; there are csv, demo, recorded, and the 104 that ccxt knows; did you mean 'demo'?"),
    case("an unknown default strategy", "livekit", "strategy: brekout\n", f"{{file}}:1:11: there is no strategy 'brekout'; {STRATEGIES}; did you mean 'breakout'?"),
    case("a wrong default speed", "livekit", "speed: 0\n", "{file}:1:8: speed is 0, expected a number above 0, at most 1000000000"),
    case("a list of defaults", "livekit", "- demo\n", "{file}:1:1: expected `name: value` lines, found a list"),
]

# ---- the environment

ENVIRONMENT = [
    case("a variable that is not set", "exchange", "exchange: ${KIND_OF_EXCHANGE}\n", "{file}:1:11: ${KIND_OF_EXCHANGE} is not set in the environment"),
    case("a variable misspelled", "exchange", "exchange: demo\nseed: ${FORTYY}\n", "{file}:2:7: ${FORTYY} is not set in the environment; did you mean 'FORTY'?"),
    case("a variable misspelled in quotes", "exchange", 'exchange: demo\nseed: "${FORTYY}"\n', "{file}:2:7: ${FORTYY} is not set in the environment; did you mean 'FORTY'?"),
    case("a dollar alone", "livekit", "data_dir: $HOME/data\n", "{file}:1:11: a $ begins a variable like ${HOME}; write $$ for a dollar"),
    case("a bracket that is not closed behind a dollar", "livekit", "data_dir: ${HOME\n", "{file}:1:11: a $ begins a variable like ${HOME}; write $$ for a dollar"),
    case("a value of another type", "exchange", "exchange: demo\nspeed: ${SECRET}\n", "{file}:2:8: speed is ${SECRET} from the environment, expected a number above 0, at most 1000000000"),
    case("a value out of range", "exchange", "exchange: demo\nfee_percent: ${FORTY}\n", "{file}:2:14: fee_percent is ${FORTY} from the environment, expected a number from 0 to 10"),
    case("half a number for a whole one", "exchange", "exchange: demo\nseed: ${HALF}\n", "{file}:2:7: seed is ${HALF} from the environment, expected a whole number from 0 to 4294967295"),
    case("an empty value", "exchange", "exchange: ${EMPTY}\n", "{file}:1:11: exchange is ${EMPTY} from the environment, expected demo, csv or an exchange that ccxt knows, like binance"),
    case("a value that is a trap", "strategy", "strategy: breakout\nparams: {loud: ${YES}}\n".replace("${YES}", '"${YES}"'), "{file}:2:16: Breakout.loud is ${YES} from the environment, expected bool"),
    case("a parameter of another type", "strategy", 'strategy: breakout\nparams: {lookback: "${SECRET}"}\n', "{file}:2:20: Breakout.lookback is ${SECRET} from the environment, expected int"),
    case("an unknown parameter", "strategy", 'strategy: breakout\nparams: {lokback: "${SECRET}"}\n', f"{{file}}:2:10: Breakout has no parameter 'lokback'; {PARAMS}; did you mean 'lookback'?"),
    case("a strategy of the environment", "strategy", "strategy: ${SECRET}\n", "{file}:1:11: there is no strategy '${SECRET}'; looked in {project}/strategies; found: breakout, fast-cross, slow-cross"),
    case("a strategy partly of the environment", "strategy", "strategy: x${SECRET}y\n", "{file}:1:11: there is no strategy 'x${SECRET}y'; looked in {project}/strategies; found: breakout, fast-cross, slow-cross"),
    case("a spelling of the environment", "strategy", "strategy: ${CLASS}\n", "{file}:1:11: strategy is ${CLASS}, expected the name, as it is listed"),
    case("a kind of the environment", "exchange", "exchange: ${SORT}\ncandles: candles.csv\n", "{file}:2:1: candles goes with exchange: csv, not ${SORT}"),
    case("a strategy file of the environment", "strategy", "strategy: ideas/${SECRET}.py\n", "{file}:1:11: there is no strategy file {project}/ideas/${SECRET}.py"),
    case("an exchange of the environment", "fleet", "exchange: ${SECRET}\n" + RUN, "{file}:1:11: no exchange '${SECRET}'; there are csv, demo, recorded, and the 104 that ccxt knows"),
    case("candles of the environment", "exchange", "exchange: csv\ncandles: ${SECRET}/candles.csv\n", "{file}:2:10: candles is ${SECRET}/candles.csv: there is no file {project}/${SECRET}/candles.csv"),
    case("a symbol of the environment, twice", "fleet", 'runs:\n  - strategy: breakout\n    symbols: [hunter2, "${SECRET}"]\n', "{file}:3:24: symbols: ${SECRET} is here a second time"),
    case("a symbol of the environment that shares a journal", "fleet", 'runs:\n  - strategy: breakout\n    symbols: ["${SECRET}"]\n  - strategy: breakout\n    symbols: ["${SECRET}"]\n', "{file}:5:15: ${SECRET} would share its journal with line 3"),
    case("an __init__ that overrules the environment", "fleet", 'runs:\n  - strategy: slow-cross\n    symbols: [BTCUSDT]\n    params: {length: "${FORTY}"}\n', "{file}:2:15: the __init__ of SlowCross sets length to 3, and ${FORTY} was asked for"),
]

WRONG = [*SYNTAX, *TRAPS, *KEYS, *VALUES, *STRATEGY, *FLEETS, *DEFAULTS, *ENVIRONMENT]
