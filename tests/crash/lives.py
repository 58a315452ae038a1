"""Steps as the rules make them: whole lives of signals, from opened to closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from livekit_cli.core.event import Event, Mode
from livekit_cli.core.machine import settle, step
from livekit_cli.core.signal import Proposal
from livekit_cli.core.state import Closing, Filled, Identity, Idle, Minute, Opening, Publish, State, Step, Terms

START = 1_772_410_260_000
IDENTITY = Identity(Mode.PAPER, "demo", "breakout", "BTCUSDT")
TERMS = Terms(IDENTITY)


def lives(count: int) -> list[Step]:
    """The four steps of each of `count` signals."""
    return [following for number in range(count) for following in _life(START + number * 600_000)]


def published(steps: Sequence[Step]) -> list[tuple[int, Event]]:
    """The events among `steps`, each with its number in the journal."""
    return [(seq, taken.owed.event) for seq, taken in enumerate(steps, 1) if isinstance(taken.owed, Publish)]


def _life(time: int) -> Iterator[Step]:
    state: State = Idle()
    proposal = Proposal("long", 101.0, 99.0, 60, note="a note")
    for minute in (Minute(time, 100.0, 100.0, proposal=proposal), Minute(time + 300_000, 101.5, 101.5)):
        taken = step(state, minute, TERMS)
        yield taken
        assert isinstance(taken.state, Opening | Closing)
        settled = settle(taken.state, Filled(taken.state.order.client_order_id, taken.state.order.price), TERMS)
        yield settled
        state = settled.state
