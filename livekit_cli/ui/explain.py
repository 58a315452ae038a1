"""Why one signal opened, why it closed, and why it earned that, for people: a page for any width and letters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ..core.candle import MINUTE_MS, VWAP_MINUTES
from ..core.event import CloseReason
from ..core.explanation import Approach, Check, Explanation, Pricing, Way
from ..core.signal import Position, Signal
from ..core.state import Closing, Open, Opening, Publish, Step, Submit
from .grid import Row, grid
from .lines import clock_text, duration_text, minute_text, percent_text, price_text
from .look import Look
from .spark import sparkline
from .story import JournalLine, Story
from .styled import Piece

Lines = list[str]

SPARK_CELLS = 100
DIGITS = 10
"""Significant digits of the numbers in a table; those that are compared are shown whole."""

EQUAL, UNEQUAL = "equal bit for bit", "NOT EQUAL"

CANDLE_COLUMNS = ("CANDLE", "HIGH", "LOW", "CLOSE", "TYPICAL", "VOLUME", "TYPICAL x VOLUME")

_LEVELS = {
    CloseReason.TAKE_PROFIT: "take profit",
    CloseReason.STOP_LOSS: "stop loss",
    CloseReason.TIME_EXPIRED: "time",
}
_ORDER = {
    CloseReason.TAKE_PROFIT: "it is checked before stop loss and time",
    CloseReason.STOP_LOSS: "take profit was checked before it and is not reached; time comes after it",
    CloseReason.TIME_EXPIRED: "take profit and stop loss were checked before it, and neither is reached",
}


def explain_lines(story: Story, look: Look, *, raw: bool = False) -> Lines:
    """The whole page; with `raw`, each line of the journal as it stands there."""
    sections = {
        "": _head(story, look),
        "Levels": _levels(story.explanation, look),
        "Why it opened": _opening(story, look),
        "The way": _way(story.explanation, look),
        **_end(story, look),
        "Journal": list(chain.from_iterable(_journal_line(line, look, raw=raw) for line in story.journal)),
    }
    lines: Lines = []
    for name, section in sections.items():
        heading = [look.paint(name, "bold")] if name else []
        lines += [*([""] if lines else []), *heading, *section] if section else []
    return lines


def _head(story: Story, look: Look) -> Lines:
    identity, signal = story.identity, story.explanation.signal
    mode = look.paint(f" {identity.mode.value.upper()} ", "reverse", "red" if identity.mode == "live" else "green")
    where = look.shown(f"{identity.strategy} on {identity.exchange}", max(1, look.width - len(identity.mode.value) - 4))
    what = look.shown(f"{signal.id}  {identity.symbol} {signal.position}", look.width)
    notes = [look.paint(line, "yellow") for note in story.notes for line in look.wrapped(f"Note: {note}")]
    text = look.wrapped(f'"{signal.note}"') if signal.note else []
    return [look.paint(what, "bold"), f"{mode}  {where}", *text, *_became(story, look), *notes]


def _became(story: Story, look: Look) -> Lines:
    told, signal = story.explanation, story.explanation.signal
    if told.closed is not None:
        earned = told.closed.pnl.pnl_percentage
        lasted = duration_text(told.closed.close_timestamp - signal.timestamp)
        return [f"closed {told.closed.close_reason} {look.signed(percent_text(earned), earned)} after {lasted}"]
    if story.rejected:
        return look.wrapped("never opened: its entry order was refused for good")
    if isinstance(story.state, Opening):
        return look.wrapped("opening: its entry order is owed, and the next run submits it")
    if isinstance(story.state, Closing):
        return look.wrapped(f"closing for {story.state.close_reason}: its exit order is owed, the next run submits it")
    return [f"open since {minute_text(signal.timestamp)}"]


def _levels(told: Explanation, look: Look) -> Lines:
    signal = told.signal
    until = f"until {minute_text(signal.expires)}"
    rows = [
        _row("entry", price_text(signal.price_open, DIGITS), "", f"at {minute_text(signal.timestamp)}"),
        _row(
            "take profit", price_text(signal.price_take_profit, DIGITS), _distance(signal, signal.price_take_profit), ""
        ),
        _row("stop loss", price_text(signal.price_stop_loss, DIGITS), _distance(signal, signal.price_stop_loss), ""),
        _row("time", duration_text(signal.minute_estimated_time * MINUTE_MS), "", until),
    ]
    return grid(rows, look, left={0, 3}, cut=3, gives_way=(3,))


def _distance(signal: Signal, level: float) -> str:
    return percent_text((level - signal.price_open) / signal.price_open * 100)


def _row(*texts: str) -> Row:
    return [Piece(text) for text in texts]


# ---- prices


def _opening(story: Story, look: Look) -> Lines:
    told, signal = story.explanation, story.explanation.signal
    asked = f"{story.identity.strategy} was asked at {minute_text(signal.timestamp)} and proposed a {signal.position}."
    lines = look.wrapped(asked)
    if told.opening is None:
        recorded = told.opened.current_price if told.opened else None
        return [*lines, *([] if recorded is None else [f"VWAP recorded {recorded!r}"])]
    return [*lines, *_pricing(told.opening, look), *look.wrapped(_entry(told.signal, told.opening))]


def _entry(signal: Signal, opening: Pricing) -> str:
    if opening.last is None:
        return ""
    if opening.last == signal.price_open:
        return f"The entry {signal.price_open!r} is the newest close."
    away = percent_text((signal.price_open - opening.last) / opening.last * 100)
    return f"The entry {signal.price_open!r} is {away} from the newest close {opening.last!r}."


def _pricing(pricing: Pricing, look: Look) -> Lines:
    """The candles of the five minutes, the sums, and what they make, beside what was recorded."""
    if not pricing.rows:
        told = "no candle opened in these five minutes"
        return look.wrapped(f"{told}; recorded {pricing.recorded!r}" if pricing.recorded is not None else told)
    rows = [[Piece(name, ("bold",)) for name in CANDLE_COLUMNS], *_candle_rows(pricing)]
    table = grid(rows, look, left={0}, cut=0, gives_way=(1, 2, 3, 5))
    few = len(pricing.rows)
    degraded = [f"{few} of {VWAP_MINUTES} candles: the price is degraded"] if pricing.is_degraded else []
    return [*table, *_vwap(pricing, look), *degraded]


def _candle_rows(pricing: Pricing) -> Iterator[Row]:
    for candle, typical, weighted in pricing.rows:
        prices = (candle.high, candle.low, candle.close, typical, candle.volume, weighted)
        yield _row(clock_text(candle.timestamp), *(price_text(price, DIGITS) for price in prices))
    sums = (price_text(pricing.volume, DIGITS), price_text(pricing.weighted, DIGITS))
    yield _row("sum", "", "", "", "", *sums)


def _vwap(pricing: Pricing, look: Look) -> Lines:
    if pricing.volume:
        working = f"VWAP = {pricing.weighted!r} / {pricing.volume!r} = {pricing.price!r}"
    else:
        working = f"VWAP = the mean of the closes, for there was no volume = {pricing.price!r}"
    if pricing.recorded is None:
        return look.wrapped(working)
    return [*look.wrapped(working), *_compared(pricing.recorded, pricing.agrees, "these are other candles", look)]


def _compared(recorded: float, agrees: bool, otherwise: str, look: Look) -> Lines:
    if agrees:
        return look.wrapped(f"recorded {recorded!r}: {EQUAL}")
    return [look.paint(line, "bold", "red") for line in look.wrapped(f"recorded {recorded!r}: {UNEQUAL}, {otherwise}")]


# ---- between opening and end


def _way(told: Explanation, look: Look) -> Lines:
    way, signal = told.way, told.signal
    if way is None or not way.known:
        return []
    low, high = min(way.known), max(way.known)
    levels = sorted((signal.price_stop_loss, signal.price_take_profit))
    drawn = sparkline(
        way.known,
        min(look.width, SPARK_CELLS),
        unicode=look.unicode,
        low=min(low, levels[0]),
        high=max(high, levels[1]),
    )
    missing = len(way.prices) - len(way.known)
    blind = f", {missing} of them without a price" if missing else ""
    head = f"{_counted(len(way.prices), 'minute')}{blind}: VWAP low {price_text(low)}, high {price_text(high)}"
    nearest = [_nearest(CloseReason.TAKE_PROFIT, way.to_take_profit), _nearest(CloseReason.STOP_LOSS, way.to_stop_loss)]
    if signal.position is Position.SHORT:
        nearest.reverse()  # the higher level above the line
    above, below = (look.wrapped(text) for text in nearest)
    return [*look.wrapped(head), *above, drawn, *below, *_first_call(told, way, look)]


def _nearest(rule: CloseReason, nearest: Approach | None) -> str:
    if nearest is None:
        return ""
    level, away = _LEVELS[rule], nearest.percent
    where = f"{level}: nearest {price_text(nearest.price)} at {minute_text(nearest.time)}"
    return f"{where}, {away:.2f}% away" if away > 0 else f"{where}, reached and {-away:.2f}% beyond"


def _first_call(told: Explanation, way: Way, look: Look) -> Lines:
    """Whether these prices would have ended the signal when the journal says it ended."""
    recorded = (told.ended.time, told.ended.reason) if told.ended else None
    if way.called == recorded:
        text = "no minute before the last calls for a close" if recorded else "no minute so far calls for a close"
        return look.wrapped(text)
    if way.called is None:
        text = "by these prices no minute calls for a close"
    else:
        text = f"by these prices {minute_text(way.called[0])} is the first that calls for a close: {way.called[1]}"
    return [look.paint(line, "bold", "red") for line in look.wrapped(text)]


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


# ---- the end, or where it stands


def _end(story: Story, look: Look) -> dict[str, Lines]:
    told = story.explanation
    if told.closed is not None:
        return {"Why it closed": _ending(told, look), "Why this PnL": _earnings(told, look)}
    if told.ended is not None:
        return {"Why it closes": _ending(told, look), "If its order fills at this price": _earnings(told, look)}
    if not isinstance(story.state, Open):
        return {}
    return {"Now": _standing(story, look), "If it closed at this price": _earnings(told, look)}


def _ending(told: Explanation, look: Look) -> Lines:
    assert told.ended is not None
    ended, fired = told.ended, told.fired
    lines = [f"at {minute_text(ended.time)}"]
    lines += [f"VWAP recorded {ended.price!r}"] if told.last is None else _pricing(told.last, look)
    rule = "no rule calls for it" if fired is None else f"{_rule(told.signal, fired)} -> {fired.rule}"
    if fired is not None and fired.rule is ended.reason:
        lines += look.wrapped(f"{rule}; {_ORDER[fired.rule]}")
    else:
        told_otherwise = f"{rule}; recorded {ended.reason}: {UNEQUAL}"
        lines += [look.paint(line, "bold", "red") for line in look.wrapped(told_otherwise)]
    if ended.recovered:
        text = "recovered: nobody was looking when this minute closed; the run that came back looked at it afterwards"
        lines += [look.paint(line, "yellow") for line in look.wrapped(text)]
    return lines


def _rule(signal: Signal, check: Check) -> str:
    """`long: VWAP 101.37 >= take profit 101.2`."""
    if check.rule is CloseReason.TIME_EXPIRED:
        limit = f"{minute_text(signal.timestamp)} + {signal.minute_estimated_time}m = {minute_text(signal.expires)}"
        return f"{signal.position}: time {minute_text(int(check.found))} {check.sign} {limit}"
    return f"{signal.position}: VWAP {check.found!r} {check.sign} {_LEVELS[check.rule]} {check.limit!r}"


def _standing(story: Story, look: Look) -> Lines:
    told = story.explanation
    verdict = story.verdict
    watched = [] if verdict is None else look.wrapped(f"watched: {verdict.health.name}, {verdict.reason}")
    if told.now.time is None or told.now.price is None:
        return [*watched, *look.wrapped("where the price stands is not known: the last minute had none")]
    lines = [*watched, f"at {minute_text(told.now.time)}"]
    lines += [f"VWAP recorded {told.now.price!r}"] if told.last is None else _pricing(told.last, look)
    return [*lines, *chain.from_iterable(look.wrapped(text) for text in _would_close(told))]


def _would_close(told: Explanation) -> Iterator[str]:
    signal = told.signal
    for rule in told.rules:
        name = _LEVELS[rule.rule]
        if rule.rule is CloseReason.TIME_EXPIRED:
            left = duration_text(int(rule.limit) - int(rule.found))
            yield f"closes by {rule.rule} at {minute_text(signal.expires)}, in {left}"
        else:
            away = (rule.limit - rule.found) / rule.found * 100
            yield f"closes by {rule.rule} at VWAP {rule.sign} {name} {rule.limit!r}, {percent_text(away)} from here"


def _earnings(told: Explanation, look: Look) -> Lines:
    earned, signal, terms = told.earned, told.signal, told.terms
    if earned is None:
        return []
    opened, left = signal.price_open, told.ended.price if told.ended else told.now.price
    if told.closed is not None:
        opened, left = told.closed.pnl.price_open, told.closed.pnl.price_close
    worse, better = ("+", "-") if signal.position is Position.LONG else ("-", "+")
    move = (earned.exit, earned.entry) if signal.position is Position.LONG else (earned.entry, earned.exit)
    slippage, fee = terms.slippage_percent, terms.fee_percent
    steps = [
        f"entry {opened!r} x (1 {worse} {slippage!r}/100) = {earned.entry!r}",
        f"exit {left!r} x (1 {better} {slippage!r}/100) = {earned.exit!r}",
        f"gross ({move[0]!r} - {move[1]!r}) / {earned.entry!r} x 100 = {earned.gross!r}%",
        f"fees 2 x {fee!r} = {earned.fees!r}%",
        f"net {earned.gross!r} - {earned.fees!r} = {earned.net!r}%",
    ]
    lines = list(chain.from_iterable(look.wrapped(text) for text in (*steps, *_whence(told))))
    if told.closed is None:
        return lines
    other = "in another way" if told.costs_are_recorded else "at other costs"
    why = f"it was booked {other} than slippage {slippage!r}% and fee {fee!r}% a side"
    return [*lines, *_compared(told.closed.pnl.pnl_percentage, told.earned_agrees, why, look)]


def _whence(told: Explanation) -> Iterator[str]:
    """Who says what the costs were."""
    if told.costs_are_recorded:
        yield "slippage and fee are those that the journal recorded with it"
    elif told.closed is not None:
        yield "slippage and fee are those of now: an older livekit wrote this down without them"


# ---- the journal


def _journal_line(line: JournalLine, look: Look, *, raw: bool) -> Lines:
    head = f"{line.path}:{line.number} seq {line.seq} sum {line.sum} {_step(line.step)}"
    content = look.shown(line.raw, None if raw else max(1, look.width - 2))
    return [*look.wrapped(head), content if raw else f"  {look.paint(content, 'dim')}"]


def _step(step: Step) -> str:
    """`opening, owes an order`."""
    match step.owed:
        case Submit():
            owed = ", owes an order"
        case Publish(event):
            owed = f", tells {event.action}"
        case _:
            owed = ""
    return f"{type(step.state).__name__.lower()}{owed}"


def needed_candles(exchange: str, fetch: str = "") -> str:
    """What is said where nobody has the candles, which the command `fetch` brings."""
    how = f"fetch them: {fetch}" if fetch else "--candles FILE gives them"
    return f"the candles of {exchange} are not at hand, so what is made of them is left out; {how}"


def missing_candles(count: int, fetch: str) -> str:
    """What is said where some are not there."""
    what = "1 minute has" if count == 1 else f"{count:,} minutes have"
    return f"{what} no candle in what was downloaded; unless nobody traded then, fetch the rest: {fetch}"
