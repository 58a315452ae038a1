"""What the soundness of a journal means for the trader: what is wrong, what would be lost, what comes then."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from .adapters.repair import Repaired, why_not
from .adapters.soundness import Ailment, Finding, Sound
from .core.event import Closed
from .core.state import Closing, Idle, Open, Opening, Publish, State, Step
from .ui.facts import Fact
from .ui.inert import inert
from .ui.lines import event_line, price_text, time_text

SHOWN = 160
"""Letters of a damaged line that are shown."""

MOST_EVENTS = 5
"""Events that would be lost, one by one; more are counted."""

WORDS = {
    Ailment.NONE: "sound",
    Ailment.DAMAGED: "DAMAGED",
    Ailment.LOST: "LINES LOST",
    Ailment.GONE: "GONE",
    Ailment.FOREIGN: "ANOTHER'S JOURNAL",
    Ailment.OTHER_FORMAT: "ANOTHER FORMAT",
    Ailment.UNREADABLE: "UNREADABLE",
    Ailment.HISTORY: "HISTORY DAMAGED",
}


def is_sound(finding: Finding) -> bool:
    """Whether there is nothing to tell but that."""
    return finding.ailment is Ailment.NONE


def headline(finding: Finding) -> str:
    """Whose journal, how sound, and who has it; foreign text in it is not inert yet."""
    identity, sound = finding.identity, finding.sound
    whose = f"{identity.symbol} {identity.strategy} {identity.exchange} {identity.mode.value.upper()}"
    said = WORDS[finding.ailment]
    if is_sound(finding) and sound is not None:
        said += f", {_reach(sound)}"
    return f"{whose}: {said}" + (f"; in use by process {finding.pulse.pid}" if finding.held else "")


def facts(finding: Finding) -> Iterator[Fact]:
    """All there is to tell of a journal that is not sound."""
    spot, sound = finding.spot, finding.sound
    yield "file", str(finding.files.journal.absolute())
    if spot:
        yield "line", f"{spot.line}, at byte {spot.offset}"
    yield (
        "wrong",
        finding.wrong.removeprefix(f"{finding.files.journal}:").removeprefix(f"{spot.line}: " if spot else " "),
    )
    if spot:
        stands = inert(spot.stands.decode("utf-8", "backslashreplace"), SHOWN)
        yield "stands", stands or "nothing"
        yield "expected", spot.expected
    if sound:
        yield "sound", f"{_reach(sound)}, in {sound.path.name}: {_state_words(sound.last)}"
    elif finding.ailment not in (Ailment.OTHER_FORMAT, Ailment.UNREADABLE):
        yield "sound", "nothing"
    if finding.behind:
        yield "behind", _behind(finding.behind)
    yield from (("history", _hole_words(hole.wrong, hole.first, hole.last)) for hole in finding.holes)
    yield from _outlook(finding)


def next_run(sound: Sound | None) -> str:
    """What a run on nothing but the sound part does."""
    if sound is None:
        return "the next run begins a new journal: nothing is open, and what was before is forgotten"
    last = sound.last
    if last is None:
        return "the next run begins with its first minute: nothing has happened before"
    since = time_text(last.time)
    match last.state:
        case Idle():
            return (
                f"nothing is open in the last sound step, of {since}; the next run looks for signals from its start on"
            )
        case Open(signal):
            return (
                f"the signal {signal.id} is open in the last sound step; the next run goes on watching it and "
                f"evaluates the minutes since {since} as missed ones"
            )
        case Opening(signal):
            return f"the entry of the signal {signal.id} is owed since {since}; the next run asks for it again"
        case Closing(signal):
            return f"the exit of the signal {signal.id} is owed since {since}; the next run asks for it again"


def done(repaired: Repaired) -> Iterator[Fact]:
    """What setting aside has come to."""
    finding = repaired.finding
    yield "set aside", f"{repaired.folder.absolute()}: {', '.join(repaired.kept)}"
    yield "kept", _kept(finding)
    yield "then", next_run(finding.sound)


def account(finding: Finding) -> str:
    """The text that is kept with what was set aside."""
    return "\n".join([headline(finding), *(f"{name}: {inert(text)}" for name, text in facts(finding)), ""])


def command_for(path: Path) -> str:
    """What to type to set aside."""
    return f"livekit repair {shlex.quote(str(path))} --set-aside"


# ---- words


def _reach(sound: Sound) -> str:
    steps = f"{sound.content.seq or 'no'} step{'s' * (sound.content.seq != 1)}"
    return steps + (f" to {time_text(sound.last.time)}" if sound.last else "")


def _state_words(last: Step | None) -> str:
    state: State = last.state if last else Idle()
    if isinstance(state, Idle):
        return "nothing open"
    signal = state.signal
    return (
        f"{type(state).__name__.lower()} {signal.position.value} {signal.id}, entry {price_text(signal.price_open)}, "
        f"TP {price_text(signal.price_take_profit)}, SL {price_text(signal.price_stop_loss)}, "
        f"until {time_text(signal.expires)}"
    )


def _behind(steps: Sequence[tuple[int, Step]]) -> str:
    first, last = steps[0][0], steps[-1][0]
    which = f"step {first}" if len(steps) == 1 else f"steps {first} to {last}"
    events = [step.owed.event for _, step in steps if isinstance(step.owed, Publish)]
    told = "; ".join(event_line(event) for event in events[:MOST_EVENTS])
    more = f"; and {len(events) - MOST_EVENTS} more events" if len(events) > MOST_EVENTS else ""
    lines = f"{len(steps)} whole line{'s' * (len(steps) != 1)}, {which}"
    return f"{lines}: {told or 'no event'}{more}"


def _hole_words(wrong: str, first: int | None, last: int | None) -> str:
    if last is None:
        return f"{wrong}; reports end before it"
    reach = f"steps {first} to {last}" if first else f"the steps before {last + 1}"
    return f"{wrong}; {reach} are lost to reports, which end before it"


def _outlook(finding: Finding) -> Iterator[Fact]:
    if finding.ailment is Ailment.HISTORY and not finding.is_blocked:
        yield "then", "runs go on: their newest file is sound"
    if reason := why_not(finding):
        yield "mend", reason
        return
    yield "lost", _lost(finding)
    yield "then", next_run(finding.sound)
    yield "mend", f"{command_for(finding.files.journal)} keeps what is sound and moves the rest aside"


def _lost(finding: Finding) -> str:
    """What setting aside gives up."""
    sound, known = finding.sound, max([finding.pulse.seq, *(seq for seq, _ in finding.behind)])
    if finding.ailment is Ailment.HISTORY:
        return "no step, but the events of the damaged file can no longer be handed out to who has not had them"
    if sound is None:
        return "everything; it is moved aside whole" if known else "nothing of this journal; the file is moved aside"
    if known <= sound.content.seq:
        return "what stands behind the sound steps, which is no step that is known of"
    first = sound.content.seq + 1
    gone = ", which the file no longer has" if finding.ailment in (Ailment.LOST, Ailment.GONE) else ""
    return (f"step {first}" if first == known else f"steps {first} to {known}") + gone


def _kept(finding: Finding) -> str:
    sound = finding.sound
    if sound is None:
        return "nothing: nothing was sound"
    closed = isinstance(sound.last.owed, Publish) and isinstance(sound.last.owed.event, Closed) if sound.last else False
    return f"{_reach(sound)}: {'just closed' if closed else _state_words(sound.last)}"
