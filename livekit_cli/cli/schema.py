"""`livekit schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..ui.inert import inert
from .options import HERE, Project, named
from .output import print_lines

Kind = Annotated[
    str | None, typer.Argument(metavar="[KIND]", help="exchange, strategy, fleet or livekit; the kinds of YAML files.")
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--path",
        metavar="DIR",
        parser=named("--path", "configs/schema"),
        help="Write it to DIR/KIND.json; all four without a KIND.",
    ),
]


def command(kind: Kind = None, *, path: Folder = None, project: Project = HERE) -> None:
    """Print the JSON schema of a kind of YAML file. An editor that has it completes names, and marks what is wrong."""
    import json
    import sys
    from contextlib import redirect_stdout

    from ..adapters.config.schema import schema_of, write_schemas

    kinds = _checked(kind, is_written=path is not None)
    with redirect_stdout(sys.stderr):  # what the strategies' files print
        if path is not None:
            lines = [inert(str(file)) for file in write_schemas(project, path, *kinds)]
        else:
            lines = json.dumps(schema_of(kinds[0], project), indent=2).splitlines()
    print_lines(lines)


def _checked(kind: str | None, *, is_written: bool) -> list[str]:
    """The kind asked for; none are all of them, which only files can hold. Raises UsageError."""
    from ..core.errors import UsageError
    from ..core.settings import TABLES
    from ..core.words import did_you_mean

    if kind is None and is_written:
        return []
    if kind is None:
        raise UsageError(f"schema needs a KIND or --path DIR; there are {', '.join(TABLES)}")
    if kind not in TABLES:
        raise UsageError(f"there is no kind {kind!r}; there are {', '.join(TABLES)}{did_you_mean(kind, TABLES)}")
    return [kind]
