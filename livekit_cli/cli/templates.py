"""What `livekit init` writes: a project in which everything runs as it stands."""

from __future__ import annotations

STRATEGY = '''"""A first strategy: buy when the price rises through its average.

Change it, and see what a backtest makes of it:
livekit backtest BTCUSDT --strategy $NAME
"""

from __future__ import annotations

from livekit_cli import Market, Proposal, Strategy


class $CLASS(Strategy):
    """Buy the first close above the average of the `lookback` candles before it."""

    interval = "5m"  # how often it is asked: 1m 3m 5m 15m 30m 1h
    lookback: int = 20  # with its type it is a parameter: --set lookback=40
    take_profit: float = 1.0  # percent above the entry; 0.4 go to fees and slippage
    stop_loss: float = 0.5  # percent below the entry
    minutes: int = 120  # closed then, if the price has reached neither

    async def get_signal(self, market: Market) -> Proposal | None:
        """A proposal, or None to stay out. Nobody asks while a signal is open."""
        # Closed candles only, the newest at the end.
        candles = await market.candles("1m", self.lookback + 1)
        if len(candles) <= self.lookback:
            return None  # a young market has no average yet
        average = sum(candles.closes[:-1]) / self.lookback
        if not candles[-2].close <= average < candles[-1].close:
            return None
        return market.long(
            take_profit=self.take_profit,
            stop_loss=self.stop_loss,
            minutes=self.minutes,
            note=f"above the average of {average:g}",
        )
'''

TEST = """from livekit_cli.testing import ask, candles

from strategies.$MODULE import $CLASS


def test_it_buys_what_rises_through_its_average():
    proposal = ask($CLASS(lookback=3), candles([100, 100, 99, 101]))
    assert proposal is not None and proposal.position == "long"
"""

PYTEST = """[pytest]
testpaths = tests
pythonpath = .
"""

PRESET = """# yaml-language-server: $$schema=../schema/strategy.json
# $NAME under another name, with an interval and parameters of its own:
#   livekit run BTCUSDT --strategy $NAME-fast
strategy: $NAME # a name, or path/to/file.py:Class
interval: 1m
params:
  lookback: 10
  take_profit: 0.8
"""

FLEET = """# yaml-language-server: $$schema=schema/fleet.json
# Several strategies in one process, each on its own symbols:
#   livekit run --config fleet
exchange: demo
runs:
  - strategy: $NAME
    symbols: [BTCUSDT, ETHUSDT]
  - strategy: $NAME-fast # from configs/strategies/
    symbols: [SOLUSDT]
"""

DEFAULTS = """# yaml-language-server: $$schema=schema/livekit.json
# What holds for this project when neither the command line nor a fleet says otherwise. Remove the # to use a line.
# exchange: demo       # what --exchange says
# strategy: $NAME
# data_dir: data       # what --data-dir says; from this project's folder
# speed: 1             # what --speed says, for exchanges whose own file does not
"""

BINANCE = """# yaml-language-server: $$schema=schema/exchange.json
# Binance's spot market: its real prices, and on paper. Neither an account nor a key is needed:
#   livekit check --exchange binance
#   livekit run BTCUSDT --strategy $NAME --exchange binance
# `livekit exchanges --all` lists the others, which need no file. A copy of this one under another name (without '-') is
# another exchange, with journals of its own.
exchange: binance # its id in ccxt
mode: paper # simulated orders on real prices
market: spot # or swap, for perpetual contracts that are settled in the quote currency

# What a signal pays. Slippage worsens each price: half the spread, and what your size moves. The fee is taken on each
# side; without this line it is the exchange's own for that market, at its lowest level.
slippage_percent: 0.05
# fee_percent: 0.1
max_entry_distance_percent: 1.0

# What ccxt's constructor gets, as it is. Nothing here is needed.
ccxt:
  timeout: 5000 # ms, for one request
  options:
    fetchMarkets:
      types: [spot] # the start asks for these only; a swap needs linear
  # httpsProxy: http://127.0.0.1:8080 # and wsProxy, where the way out leads through one

  # Keys, which paper does not need; `check --exchange` says what one may do. Never the key itself: a file in git is
  # read by others. A variable's value is taken from the environment, and is never shown:
  # apiKey: $${BINANCE_API_KEY}
  # secret: $${BINANCE_SECRET}

# Or a file that holds `apiKey: ...` and `secret: ...`; keep it out of git (`keys/` is in .gitignore) and to yourself
# (`chmod 600`). From the project's folder:
# key_file: keys/binance.yaml
"""

GITIGNORE = """# written by livekit
data/
logs/

# keys of exchanges are nobody else's
keys/

__pycache__/
.pytest_cache/
.venv/
"""

README = """# $TITLE

A livekit project: `strategies/` holds the strategies, `configs/` their settings, `tests/` what they promise. The record
of what they did comes to `data/`: back it up, and never edit it.

```sh
# what can be run here, with parameters
livekit strategies
# the last thirty days of the built-in market
livekit backtest BTCUSDT --strategy $NAME
# on paper, ten minutes a second; Ctrl-C stops it, and the next run goes on
livekit run BTCUSDT --strategy $NAME --speed 600
# several at once, as configs/fleet.yaml has them
livekit run --config fleet --speed 600
# on the real prices of an exchange, as configs/binance.yaml has it; still on paper, and without an account
livekit check --exchange binance
livekit run BTCUSDT --strategy $NAME --exchange binance
# what they are doing, or were, and what became of it
livekit status
livekit report $NAME
```

Next: change `strategies/$MODULE.py` and backtest again; try another parameter with `--set lookback=40`, or your own
candles with `--candles FILE.csv`. An editor that knows YAML completes names in `configs/` by the schemas there;
`livekit schema --path configs/schema` writes them anew. `pip install pytest` and `pytest` run the test.
`livekit --help` lists every command, and `livekit COMMAND --help` shows examples.
"""

FILES = {
    "strategies/$MODULE.py": STRATEGY,
    "configs/strategies/$NAME-fast.yaml": PRESET,
    "configs/fleet.yaml": FLEET,
    "configs/livekit.yaml": DEFAULTS,
    "configs/binance.yaml": BINANCE,
    "tests/test_$MODULE.py": TEST,
    "pytest.ini": PYTEST,
    ".gitignore": GITIGNORE,
    "README.md": README,
}
"""The texts by their paths; $NAME and its kin stand for the names of the strategy in both."""
