"""`livekit init`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from ..core.errors import CannotCreate, UsageError
from ..ui.inert import inert
from .output import print_lines

Folder = Annotated[
    Path, typer.Argument(metavar="[DIR]", help="The project's folder. [default: this one]", show_default=False)
]
StrategyName = Annotated[
    str, typer.Option("--strategy-name", metavar="NAME", help="What the strategy in it is called.")
]


def command(folder: Folder = Path(), *, strategy_name: StrategyName = "my-strategy") -> None:
    """Make a project in which everything runs as it stands. What is there already is left as it is."""
    words = _names(strategy_name, folder)
    made = [*_made(folder, words), *_schemas(folder)]  # all of it, whoever reads the lines
    print_lines(map(inert, [*made, *_next(folder, words["NAME"])]))


def _names(name: str, folder: Path) -> dict[str, str]:
    """The names that stand in the templates. Raises UsageError for one that no file and class can have."""
    import re
    from keyword import iskeyword

    from ..adapters.names import checked_name
    from ..adapters.strategy_files import kebab

    checked = checked_name("strategy", kebab(name), name)
    module = checked.replace("-", "_")
    title = "".join(part.capitalize() for part in module.split("_"))
    if not re.fullmatch(r"[a-z][a-z0-9_]*", module) or iskeyword(module) or iskeyword(title):
        raise UsageError(
            f"--strategy-name is {name!r}, expected a name that a Python class can have too: letters, digits and '-', "
            "beginning with a letter"
        )
    return {"NAME": checked, "MODULE": module, "CLASS": title, "TITLE": folder.absolute().name or "livekit"}


def _made(folder: Path, words: Mapping[str, str]) -> Iterator[str]:
    """Write what is missing, and say so, file by file. Raises CannotCreate."""
    from string import Template

    from ..adapters.disk import why_not
    from .templates import FILES

    for name, text in FILES.items():
        path = folder / Template(name).substitute(words)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(Template(text).substitute(words))
        except OSError as error:
            if not (isinstance(error, FileExistsError) and error.filename == str(path)):
                raise CannotCreate(f"cannot make {path}: {why_not(error, path)}") from None
            yield f"left as it was: {path}"
        else:
            yield f"made: {path}"


def _schemas(folder: Path) -> Iterator[str]:
    """Write those JSON schemas that are missing: the YAML files name them, and an editor looks there."""
    import sys
    from contextlib import redirect_stdout

    from ..adapters.config.schema import write_schemas
    from ..core.settings import TABLES

    schemas = folder / "configs" / "schema"
    missing = [kind for kind in TABLES if not (schemas / f"{kind}.json").exists()]
    yield from (f"left as it was: {schemas / kind}.json" for kind in TABLES if kind not in missing)
    with redirect_stdout(sys.stderr):  # what strategies that are there already print
        yield from (f"made: {path}" for path in (write_schemas(folder, schemas, *missing) if missing else ()))


def _next(folder: Path, name: str) -> Iterator[str]:
    yield "Next:"
    if folder.absolute() != Path.cwd():
        yield f"  cd {shlex.quote(str(folder))}"
    yield f"  livekit backtest BTCUSDT --strategy {name}"
    yield f"  livekit run BTCUSDT --strategy {name} --speed 600"
    yield f"  livekit report {name}"
