"""What the small parts cost that a minute is made of. No claims: to be read before anything is made faster."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from timeit import repeat

from bench import Row, arguments, scratch, show
from samples import START, identity, trades

from livekit_cli.adapters.demo import DemoMarket
from livekit_cli.adapters.lines import NO_SUM, step_line
from livekit_cli.adapters.pulse_file import PulseFile
from livekit_cli.core.candle import MINUTE_MS, vwap
from livekit_cli.core.machine import step
from livekit_cli.core.minute import seen
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.state import Open, Publish, Terms
from livekit_cli.ui.lines import event_json, event_line


def main() -> None:
    given = arguments(__doc__)
    number = given.of(2_000, 10)
    terms = Terms(identity())
    steps = list(islice(trades(identity()), 4))
    held = next(one.state for one in steps if isinstance(one.state, Open))
    event = [one.owed.event for one in steps if isinstance(one.owed, Publish)][-1]
    candles = DemoMarket().between("BTCUSDT", START - 5 * MINUTE_MS, START)
    minute = seen(candles, START)
    pulse = Pulse(price=60_000.5, minute=START, heartbeat=START, next_due=START, newest_candle=START)
    with scratch(given) as folder:
        file = PulseFile(Path(folder) / "pulse")
        calls = {
            "VWAP of five candles": lambda: vwap(candles),
            "a minute seen: its window, VWAP and last close": lambda: seen(candles, START),
            "a step that changes nothing": lambda: step(held, minute, terms),
            "a pulse written": lambda: file.write(pulse),
            "a journal line made": lambda: step_line(steps[1], 0, 1, NO_SUM),
            "an event as a line of text": lambda: event_line(event),
            "an event as a line of JSON": lambda: event_json(event),
        }
        best = {name: min(repeat(call, number=number, repeat=5)) / number for name, call in calls.items()}
        file.close()
    show(Row(name, 1e6 * seconds, "us") for name, seconds in best.items())


if __name__ == "__main__":
    main()
