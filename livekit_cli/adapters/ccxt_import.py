"""One exchange of ccxt without the hundred others.

ccxt's packages import every exchange they have, in their `__init__.py`: 0.7 s and 100 MB where one exchange needs half
of either. Here a package whose `__init__.py` is nothing but imports and literals is replaced, before anything imports
it, by one that looks the same and imports what is asked for when it is asked for. What each name stands for is read
from that very `__init__.py`, so a new release needs no change here; one that does more than import and assign is
imported whole, as everybody else does it.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import lru_cache
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from .ccxt_requests import import_base

PACKAGES = ("ccxt", "ccxt.async_support", "ccxt.pro")
"""Those that import every exchange; each after the one that it lies in."""


class LazyPackage(ModuleType):
    """A package that imports a name of its `__init__.py` when the name is first looked up."""

    def __init__(self, spec: ModuleSpec, origins: dict[str, tuple[str, str]], values: dict[str, Any]) -> None:
        super().__init__(spec.name)
        self.__dict__.update(
            values, __spec__=spec, __file__=spec.origin, __path__=spec.submodule_search_locations, _origins=origins
        )

    def __getattr__(self, name: str) -> Any:
        origins: dict[str, tuple[str, str]] = self.__dict__["_origins"]
        if name not in origins:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        module, original = origins[name]
        value = _attribute(module, original)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # A submodule that has been imported is set here under its name, which for an exchange is also its class's.
        origin = self.__dict__["_origins"].get(name)
        if origin and isinstance(value, ModuleType) and origin[0] == value.__name__:
            value = getattr(value, origin[1])
        super().__setattr__(name, value)


def exchange_class(exchange_id: str, *, websocket: bool) -> Any:
    """ccxt's class for an exchange, of `ccxt.pro` or of `ccxt.async_support`.

    Raises ModuleNotFoundError when ccxt has no such exchange there.
    """
    make_lazy()
    if isinstance(sys.modules.get("ccxt"), LazyPackage):
        import_base()
    package = "ccxt.pro" if websocket else "ccxt.async_support"
    return getattr(import_module(f"{package}.{exchange_id}"), exchange_id)


@lru_cache(maxsize=1)
def ccxt_ids() -> tuple[str, ...]:
    """The exchanges that ccxt knows, by the names of its files; nothing of it is imported."""
    folder = _folder()
    return tuple(sorted(path.stem for path in (folder / "async_support").glob("[a-z]*.py"))) if folder else ()


@lru_cache(maxsize=1)
def installed_release() -> str:
    """The version of the ccxt that is installed; nothing of it is imported."""
    folder = _folder()
    if folder is None:
        return ""
    with (folder / "__init__.py").open(encoding="utf-8") as file:
        found = re.search(r"""^__version__ = ['"]([^'"]+)""", file.read(4096), re.MULTILINE)
    return found[1] if found else ""


def has_websocket(exchange_id: str) -> bool:
    """Whether ccxt has websockets of this exchange; nothing of it is imported."""
    folder = _folder()
    return folder is not None and (folder / "pro" / f"{exchange_id}.py").is_file()


def _folder() -> Path | None:
    spec = PathFinder.find_spec("ccxt")
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) if folders else None


def make_lazy() -> None:
    """Put lazy packages in the place of those that nobody has imported yet; all of them, or none."""
    if any(name in sys.modules for name in PACKAGES):
        return
    packages: list[LazyPackage] = []
    for name in PACKAGES:
        package = _lazy(name, packages[0].__path__ if packages else None)
        if package is None:
            return
        packages.append(package)
    for package in packages:
        sys.modules[package.__name__] = package
        parent, _, name = package.__name__.rpartition(".")
        if parent:
            setattr(sys.modules[parent], name, package)


def _lazy(name: str, path: Any) -> LazyPackage | None:
    """The package `name` without its imports; None when it does more than import and assign literals."""
    spec = PathFinder.find_spec(name, path)
    if spec is None or spec.origin is None:
        return None
    origins: dict[str, tuple[str, str]] = {}
    values: dict[str, Any] = {}
    for node in ast.parse(Path(spec.origin).read_bytes()).body:
        match node:
            case ast.ImportFrom(module=str(module), names=names, level=0):
                origins |= {alias.asname or alias.name: (module, alias.name) for alias in names}
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if _is_literal(value):
                values[target] = ast.literal_eval(value)
            case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.Expr(value=ast.Constant()):
                pass  # nobody here imports *
            case _:
                return None
    return LazyPackage(spec, origins, values)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _attribute(module: str, name: str) -> Any:
    found = import_module(module)
    if not hasattr(found, name):
        return import_module(f"{module}.{name}")  # `from ccxt.base import errors`
    return getattr(found, name)
