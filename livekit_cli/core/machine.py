"""The rules: what one minute, or one answer of the broker, makes of a state.

                 a valid proposal              Filled, tells Opened
        Idle ----------------------> Opening ------------------------> Open
         ^  ^                           |                              |  ^
         |  '------ Rejected -----------'                              |  |
         |                                   TP, SL or time            |  | Rejected
         |                                                             v  |
         '--------------------- Filled, tells Closed --------------- Closing

Laws:
- `step` and `settle` are functions of their arguments: no clock, no I/O, no randomness. Ids come from the minute.
- A step owes at most one effect. It is appended to the journal first and paid second; paying twice costs nothing.
- Take profit is looked at before stop loss, stop loss before time; equality closes.
- The minute that opens a signal never closes it; the minute that closes one never opens the next.
- An order whose fate is Unknown changes nothing: the state keeps waiting, the same effect stays owed.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from dataclasses import replace

from .candle import MINUTE_MS
from .event import Closed, CloseReason, Opened
from .pnl import PnL, pnl_percentage
from .signal import Position, Signal, accept
from .state import (
    Closing,
    Filled,
    Identity,
    Idle,
    Minute,
    Open,
    Opening,
    Order,
    Publish,
    Rejected,
    Report,
    State,
    Step,
    Submit,
    Terms,
)


def step(state: State, minute: Minute, terms: Terms) -> Step:
    """What `minute` makes of `state`. The same state and nothing owed means that nothing happened.

    Raises ProposalRefused when the minute carries a proposal that breaks a rule.
    """
    match state:
        case Idle() if minute.proposal is not None:
            return _open(minute, terms)
        case Open(signal) if reason := close_reason(signal, minute):
            return _close(signal, reason, minute, terms)
        case _:
            return Step(minute.time, state)


def settle(state: Opening | Closing, report: Report, terms: Terms) -> Step:
    """What the broker's answer about the order in hand makes of `state`."""
    if report.client_order_id != state.order.client_order_id:
        raise ValueError(f"a report on {report.client_order_id} for the order {state.order.client_order_id}")
    time = state.order.time
    match state, report:
        case Opening(), Filled(price=price):
            return _opened(state, price, terms)
        case Closing(), Filled(price=price):
            return _closed(state, price, terms)
        case Opening(), Rejected():
            return Step(time, Idle())
        case Closing(), Rejected():
            return Step(time, Open(state.signal))
        case _:
            return Step(time, state, Submit(state.order))


def close_reason(signal: Signal, minute: Minute) -> CloseReason | None:
    """The rule that ends `signal` at `minute`, or None. Without a price nothing can be closed."""
    if minute.price is None or minute.time <= signal.timestamp:
        return None
    direction = 1 if signal.position is Position.LONG else -1
    if direction * minute.price >= direction * signal.price_take_profit:
        return CloseReason.TAKE_PROFIT
    if direction * minute.price <= direction * signal.price_stop_loss:
        return CloseReason.STOP_LOSS
    if minute.time >= signal.expires:
        return CloseReason.TIME_EXPIRED
    return None


def signal_id(identity: Identity, time: int) -> str:
    """Twelve characters that name the one signal this symbol can open at minute `time`.

    Derived, not drawn: a minute that is evaluated again after a crash gives its signal the same name.
    """
    words = "\n".join((identity.mode, identity.exchange, identity.strategy, identity.symbol, str(time)))
    digest = hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return b32encode(digest).decode("ascii").lower()[:12]


def _open(minute: Minute, terms: Terms) -> Step:
    if minute.price is None or minute.last is None:
        raise ValueError("a strategy was asked in a minute without a price")
    identity = terms.identity
    signal = accept(
        minute.proposal,
        signal_id=signal_id(identity, minute.time),
        time=minute.time,
        last=minute.last,
        max_entry_distance_percent=terms.max_entry_distance_percent,
    )
    order = Order(f"{signal.id}-open", identity.symbol, signal.entry_side, signal.price_open, minute.time)
    return Step(minute.time, Opening(signal, order, minute.price), Submit(order))


def _close(signal: Signal, reason: CloseReason, minute: Minute, terms: Terms) -> Step:
    assert minute.price is not None  # close_reason gives none without a price
    # Numbered by the minute: an exit that was refused for good is tried again as another order, under another name.
    name = f"{signal.id}-close-{(minute.time - signal.timestamp) // MINUTE_MS}"
    order = Order(name, terms.identity.symbol, signal.exit_side, minute.price, minute.time)
    return Step(minute.time, Closing(signal, order, reason, minute.recovered), Submit(order))


def _opened(state: Opening, price: float, terms: Terms) -> Step:
    signal, identity = state.signal, terms.identity
    if price != signal.price_open:
        signal = replace(signal, price_open=price)
    event = Opened(
        event_id=f"{signal.id}-opened",
        time=signal.timestamp,
        strategy_name=identity.strategy,
        exchange_name=identity.exchange,
        symbol=identity.symbol,
        mode=identity.mode,
        signal=signal,
        current_price=state.current_price,
    )
    return Step(signal.timestamp, Open(signal), Publish(event))


def _closed(state: Closing, price: float, terms: Terms) -> Step:
    signal, identity, time = state.signal, terms.identity, state.order.time
    percent = pnl_percentage(signal.position, signal.price_open, price, terms.slippage_percent, terms.fee_percent)
    event = Closed(
        event_id=f"{signal.id}-closed",
        time=time,
        strategy_name=identity.strategy,
        exchange_name=identity.exchange,
        symbol=identity.symbol,
        mode=identity.mode,
        signal=signal,
        current_price=state.order.price,
        close_reason=state.close_reason,
        close_timestamp=time,
        pnl=PnL(percent, signal.price_open, price, terms.slippage_percent, terms.fee_percent),
        recovered=state.recovered,
    )
    return Step(time, Idle(), Publish(event))
