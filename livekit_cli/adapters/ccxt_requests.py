"""ccxt without the blocking HTTP client that its other half uses.

All of ccxt's classes, the asynchronous ones too, derive from one whose module imports `requests`, and that urllib3 and
charset_normalizer: a fifth of what one exchange takes to import, for calls that nobody makes here. So that module is
imported with stand-ins for the few names that it takes from there.

Laws:
- Whoever else imports `requests` gets the real one: the stand-ins are in `sys.modules` only during that one import.
- Nobody who makes a blocking client sees a difference: before it has its session, the real names are in their places.
- A release of ccxt that takes more from `requests` than is known here is imported as everybody else does it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

BASE = "ccxt.base.exchange"

ERRORS = ("HTTPError", "Timeout", "TooManyRedirects", "RequestException", "ConnectionError")

USUAL_VERSION = "2.32"


def import_base() -> None:
    """Import the module of ccxt that wants `requests`, without it where that can be done."""
    if BASE in sys.modules or "requests" in sys.modules:
        return
    try:
        with _stand_ins():
            import_module(BASE)
    except (ImportError, AttributeError):
        import_module(BASE)  # it wants more


@contextmanager
def _stand_ins() -> Iterator[None]:
    names = {
        "requests": {"Session": _session},
        "requests.utils": {"default_user_agent": _user_agent},
        "requests.exceptions": _ERRORS,
    }
    modules = {name: ModuleType(name) for name in names}
    for name, module in modules.items():
        module.__dict__.update(names[name])
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            sys.modules.pop(name, None)


def _session(*given: Any, **named: Any) -> Any:
    """Called by who makes a blocking client."""
    _make_real()
    return import_module("requests").Session(*given, **named)


def _user_agent() -> str:
    """Called by who makes any client, also one with a session of its own."""
    if "requests" in sys.modules:
        _make_real()
    return f"python-requests/{_version()}"


def _make_real() -> None:
    """From now on ccxt has what it has imported."""
    errors = import_module("requests.exceptions")
    real = {
        id(_session): import_module("requests").Session,
        id(_user_agent): import_module("requests.utils").default_user_agent,
        **{id(stand_in): getattr(errors, name) for name, stand_in in _ERRORS.items()},
    }
    base = sys.modules[BASE].__dict__
    base.update({name: real[id(value)] for name, value in base.items() if id(value) in real})


@lru_cache(maxsize=1)
def _version() -> str:
    """Of `requests`: what ccxt tells an exchange that it is."""
    spec = PathFinder.find_spec("requests")
    path = Path(spec.origin).with_name("__version__.py") if spec and spec.origin else None
    text = path.read_text(encoding="utf-8") if path and path.is_file() else ""
    found = re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE)
    return found[1] if found else USUAL_VERSION


_ERRORS: dict[str, Any] = {name: type(name, (OSError,), {}) for name in ERRORS}
