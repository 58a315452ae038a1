"""The house rules, held by the tools that can hold them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import livekit_cli

HOUSE = Path(__file__).parents[1]
PACKAGE = sorted((HOUSE / "livekit_cli").rglob("*.py"))
STRATEGIES = sorted((HOUSE / "strategies").rglob("*.py"))
TESTS = sorted((HOUSE / "tests").rglob("*.py"))
BENCHMARKS = sorted((HOUSE / "benchmarks").rglob("*.py"))
CLOCK = HOUSE / "livekit_cli" / "adapters" / "clock.py"

LONGEST_FUNCTION = 45
LONGEST_FILE = 400

EMPTY_WORDS = ("Manager", "Service", "Helper", "Util", "Utils", "Base", "Handler", "Data", "Info")
"""They end a class's name and say nothing about it."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name_of(path))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, Function))


def classes(path: Path) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef))


def tool(*arguments: str) -> None:
    """Run a Python tool in the house; it must have nothing to say against it."""
    ended = subprocess.run([sys.executable, "-m", *arguments], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


# ---- tools


def test_ruff_finds_nothing() -> None:
    tool("ruff", "check", "--no-cache", ".")


def test_ruff_would_format_nothing() -> None:
    tool("ruff", "format", "--no-cache", "--check", ".")


def test_mypy_strict_finds_nothing() -> None:
    tool("mypy")


def test_everything_imports_downward() -> None:
    run = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    ended = subprocess.run([*run, "--no-cache"], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 broken" in ended.stdout


# ---- versions and names


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## \[?v?([0-9][^\]\s]*)", (HOUSE / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert livekit_cli.__version__ == project["version"] == newest[1]


def test_every_public_name_can_be_imported_and_is_declared_to_type_checkers() -> None:
    assert len(set(livekit_cli.__all__)) == len(livekit_cli.__all__)
    assert all(getattr(livekit_cli, name) is not None for name in livekit_cli.__all__)
    declared = {
        alias.name
        for node in ast.walk(tree_of(HOUSE / "livekit_cli" / "__init__.py"))
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert declared == set(livekit_cli.__all__)


def test_what_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'livekit_cli' has no attribute 'Liv'"):
        livekit_cli.Liv  # noqa: B018


def test_the_names_that_the_readme_and_the_examples_import_are_public() -> None:
    texts = [(HOUSE / "README.md").read_text(), *(path.read_text() for path in STRATEGIES)]
    imported = {
        name.strip()
        for text in texts
        for names in re.findall(r"^\s*from livekit_cli import (.+)$", text, re.MULTILINE)
        for name in names.split(",")
    }
    assert imported
    assert imported <= set(livekit_cli.__all__)


def test_the_package_says_that_it_is_typed() -> None:
    assert (HOUSE / "livekit_cli" / "py.typed").exists()


def test_importing_the_package_imports_next_to_nothing() -> None:
    code = "import sys; before = set(sys.modules); import livekit_cli; print(*(set(sys.modules) - before))"
    printed = subprocess.run([sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=True).stdout
    assert {name for name in printed.split() if name.partition(".")[0] not in sys.stdlib_module_names} == {
        "livekit_cli"
    }


def test_every_module_can_be_imported_on_its_own() -> None:
    for path in PACKAGE:
        if path.name != "__main__.py":
            parts = path.relative_to(HOUSE).with_suffix("").parts
            import_module(".".join(parts).removesuffix(".__init__"))


# ---- time, and what stands in for it


def test_only_the_clock_sleeps_or_reads_the_time() -> None:
    calls = {
        f"{name_of(path)}:{line}: {call}"
        for path in (*PACKAGE, *STRATEGIES)
        if path != CLOCK
        for line, call in _clock_calls(path)
    }
    assert calls == set()


def test_no_test_sleeps() -> None:
    sleeps = {
        f"{name_of(path)}:{line}: {call}"
        for path in TESTS
        for function in functions(path)
        if function.name.startswith("test_")
        for line, call in _clock_calls(path, function, only="sleep")
    }
    assert sleeps == set()


def _clock_calls(path: Path, within: ast.AST | None = None, only: str = "") -> Iterator[tuple[int, str]]:
    """Calls of `sleep` (but `asyncio.sleep(0)`, which only lets others run) and of clocks."""
    for node in _own_nodes(within) if within else ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            sleeps = called.split(".")[-1] == "sleep" and [ast.unparse(arg) for arg in node.args] != ["0"]
            reads = called in ("time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today")
            if sleeps or (reads and not only):
                yield node.lineno, ast.unparse(node)


STRATEGY_CODE = re.compile("get_signal|on_[a-z]+|inner")
"""Functions inside a test that stand for a trader's code: how long that takes is what is tested."""


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        is_strategy = isinstance(child, Function) and STRATEGY_CODE.fullmatch(child.name)
        if not (isinstance(child, ast.ClassDef | ast.Lambda) or is_strategy):
            yield child
            yield from _own_nodes(child)


def test_nothing_is_mocked() -> None:
    for path in (*PACKAGE, *TESTS, *STRATEGIES, *BENCHMARKS):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names]
                module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
                assert not any("mock" in word for word in (module, *names)), f"{name_of(path)}:{node.lineno}"


# ---- size, names and words


@pytest.mark.parametrize("path", PACKAGE, ids=name_of)
def test_a_module_is_short_and_so_are_its_functions(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions(path)}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", [*PACKAGE, *STRATEGIES, *BENCHMARKS], ids=name_of)
def test_a_module_opens_with_a_sentence(path: Path) -> None:
    first = (ast.get_docstring(tree_of(path)) or "").partition("\n\n")[0].rstrip()
    assert first.endswith((".", ":"))


@pytest.mark.parametrize("path", PACKAGE, ids=name_of)
def test_what_is_public_says_what_it_is(path: Path) -> None:
    """The functions and classes of a module; a method may be said by its name."""
    nodes = [node for node in tree_of(path).body if isinstance(node, Function | ast.ClassDef)]
    assert [node.name for node in nodes if not node.name.startswith("_") and not ast.get_docstring(node)] == []


@pytest.mark.parametrize("path", [*PACKAGE, *BENCHMARKS], ids=name_of)
def test_no_class_has_a_name_that_says_nothing(path: Path) -> None:
    assert [node.name for node in classes(path) if node.name.endswith(EMPTY_WORDS)] == []
    empty = {"process", "handle", "execute", "manage"}
    assert [node.name for node in functions(path) if node.name in empty] == []


@pytest.mark.parametrize("path", [*PACKAGE, *STRATEGIES], ids=name_of)
def test_prices_are_never_called_ticks(path: Path) -> None:
    words = {node.id for node in ast.walk(tree_of(path)) if isinstance(node, ast.Name)}
    words |= {node.name for node in ast.walk(tree_of(path)) if isinstance(node, Function | ast.ClassDef)}
    assert [word for word in words if re.search(r"(^|_)ticks?($|_)", word, re.IGNORECASE)] == []


def test_no_file_speaks_of_a_machine_it_was_written_on() -> None:
    foreign = re.compile("/" + "work/|/" + "root/|/home/[a-z]")
    files = [*PACKAGE, *STRATEGIES, *TESTS, *BENCHMARKS, *HOUSE.glob("*.md"), *HOUSE.glob("configs/**/*.yaml")]
    assert [name_of(path) for path in files if foreign.search(path.read_text(encoding="utf-8"))] == []
