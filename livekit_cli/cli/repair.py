"""`livekit repair`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import HERE, DataFolder, Project, data_folder
from .output import complain, print_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ..adapters.soundness import Finding
    from ..ui.look import Look

Which = Annotated[str | None, typer.Argument(metavar="[SYMBOL|FILE]", help="Only this symbol, or this journal file.")]
SetAside = Annotated[
    bool, typer.Option("--set-aside", help="Keep what is sound, and move the rest into a new folder beside it.")
]


def command(
    which: Which = None, *, set_aside: SetAside = False, data_dir: DataFolder = None, project: Project = HERE
) -> None:
    """Tell how sound each journal is. Of a damaged one, what is wrong. Nothing is changed unless you say so.

    With --set-aside the sound beginning is kept as the journal; what is damaged, and a copy of all that is touched,
    goes into a new folder beside it. Exits 65 when a journal is damaged.
    """
    import sys

    from ..core.errors import JournalDamaged
    from ..repairs import is_sound
    from ..ui.look import look_of

    data = data_folder(project, data_dir)
    found = _findings(data, which)
    look = look_of(sys.stdout)
    if set_aside:
        print_lines(_set_aside(found, which, look))
        return
    if not found:
        complain(f"there is no journal in {data.absolute()}")
    print_lines(line for one in found for line in _told(one, look))
    if not all(map(is_sound, found)):
        raise typer.Exit(JournalDamaged.exit_code)  # the lines have said why


def _findings(data: Path, which: str | None) -> list[Finding]:
    """Of every journal, or of those that `which` names. Raises UsageError when there is none of that name."""
    from pathlib import Path

    from ..adapters.names import file_part, signal_folder
    from ..adapters.soundness import examine, journals
    from ..adapters.spelling import meant
    from ..core.errors import UsageError
    from ..core.words import did_you_mean
    from ..reports import check_known

    paths = journals(data)
    if which is not None and which.endswith(".jsonl"):
        path = Path(which)
        if path.exists() and path.absolute().parent.parent.name != signal_folder(data).name:
            raise UsageError(
                f"{which} is no journal of its own, expected a file like {signal_folder(data)}/paper/NAME.jsonl"
            )
        if path.exists() or path.absolute() in {one.absolute() for one in paths}:
            return [examine(path)]
        names = [str(one) for one in paths]
        raise UsageError(f"there is no journal {which}{did_you_mean(which, names)}")
    found = [examine(path) for path in paths]
    if which is None:
        return found
    chosen = meant(which, found, lambda finding: finding.identity.symbol)
    # Of a journal whose header cannot be read, the symbol is known by the file's name alone.
    of_name = [one for one in found if file_part(which) == one.identity.symbol and one not in chosen]
    if not (chosen or of_name):
        check_known(data, None, which)
    return chosen + of_name


def _told(finding: Finding, look: Look) -> Iterator[str]:
    from ..repairs import facts, headline, is_sound
    from ..ui.facts import fact_lines

    style = ("green",) if is_sound(finding) else ("bold", "red")
    head = look.wrapped(headline(finding)) if look.is_terminal else [look.shown(headline(finding))]
    yield from (look.paint(line, *style) for line in head)
    if not is_sound(finding):
        yield from fact_lines(facts(finding), look)


def _set_aside(found: Sequence[Finding], which: str | None, look: Look) -> Iterator[str]:
    """Raises UsageError when it is not clear of which journal, and what `repair.set_aside` raises."""
    from ..adapters.repair import set_aside
    from ..core.errors import UsageError
    from ..repairs import account, done, headline, is_sound
    from ..ui.facts import fact_lines

    ill = [one for one in found if not is_sound(one)]
    if which is None:
        raise UsageError("--set-aside needs to know of which: livekit repair SYMBOL --set-aside")
    if len(ill) > 1:
        files = ", ".join(str(one.files.journal) for one in ill)
        raise UsageError(f"several journals of {which} are damaged; say one of {files}")
    if not ill:
        yield from (look.shown(headline(one)) for one in found)
        return
    (finding,) = ill
    repaired = set_aside(finding.files.journal, account(finding))
    yield from fact_lines(done(repaired), look, indent="")
