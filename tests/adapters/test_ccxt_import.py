"""One exchange without the others is the same exchange: held against every exchange of the installed ccxt."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LAZY = """
import json, sys
from livekit_cli.adapters.ccxt_import import LazyPackage, exchange_class
kinds = {}
for name in json.loads(sys.argv[1]):
    for websocket in (False, True):
        try:
            kind = exchange_class(name, websocket=websocket)
        except ModuleNotFoundError:
            continue
        kinds[f"{name} {websocket}"] = [f"{one.__module__}.{one.__qualname__}" for one in kind.__mro__]
packages = [sys.modules[name] for name in ("ccxt", "ccxt.async_support", "ccxt.pro")]
print(json.dumps({"lazy": [isinstance(package, LazyPackage) for package in packages], "kinds": kinds}))
"""

WHOLE = """
import json, sys
import ccxt.async_support, ccxt.pro
print(json.dumps({"exchanges": ccxt.exchanges, "kinds": {
    f"{name} {package is ccxt.pro}": [f"{one.__module__}.{one.__qualname__}" for one in getattr(package, name).__mro__]
    for package, names in ((ccxt.async_support, ccxt.async_support.exchanges), (ccxt.pro, ccxt.pro.exchanges))
    for name in names}}))
"""

ONE = """
import sys
from livekit_cli.adapters.ccxt_import import exchange_class
exchange_class("binance", websocket=True)
print(len([name for name in sys.modules if name.startswith(("ccxt.async_support.", "ccxt.pro."))]))
import ccxt
names = ccxt.NetworkError.__name__, ccxt.async_support.binance.__name__, ccxt.pro.binance.__mro__[1].__module__
print(ccxt.__version__, *names)
try:
    ccxt.binanse
except AttributeError as error:
    print(error)
"""


def printed(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_every_exchange_of_this_ccxt_is_the_same_class_with_the_same_bases() -> None:
    whole = json.loads(printed(WHOLE))
    lazy = json.loads(printed(LAZY, json.dumps(whole["exchanges"])))
    assert lazy["lazy"] == [True, True, True], "this ccxt is imported whole: its packages do more than import"
    assert len(whole["kinds"]) > 100
    assert lazy["kinds"] == whole["kinds"]


def test_one_exchange_imports_few_others_and_the_package_looks_as_ever() -> None:
    count, names, fault = printed(ONE).splitlines()
    assert int(count) < 25
    assert names.split()[1:] == ["NetworkError", "binance", "ccxt.async_support.binance"]
    assert fault == "module 'ccxt' has no attribute 'binanse'"


def test_a_ccxt_that_is_imported_already_is_left_as_it_is() -> None:
    code = "import ccxt.pro; from livekit_cli.adapters.ccxt_import import exchange_class as c; "
    code += "print(c('binance', websocket=True) is ccxt.pro.binance, type(ccxt).__name__)"
    assert printed(code).split() == ["True", "module"]


STOOD_IN = """
import sys
from livekit_cli.adapters.ccxt_import import exchange_class
api = exchange_class("binance", websocket=True)
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"requests", "urllib3", "charset_normalizer"}))
print(api().userAgent)
"""

BLOCKING = """
import sys
from livekit_cli.adapters.ccxt_import import exchange_class
exchange_class("binance", websocket=True)
import ccxt
from ccxt.base import exchange
SESSION
import requests
names = "HTTPError", "Timeout", "TooManyRedirects", "RequestException"
print(all(getattr(exchange, name) is getattr(requests.exceptions, name) for name in names))
print(exchange.requestsConnectionError is requests.exceptions.ConnectionError, exchange.Session is requests.Session)
print(isinstance(api.session, requests.Session), api.userAgent == requests.utils.default_user_agent())
try:
    api.fetch("http://127.0.0.1:9/")
except ccxt.NetworkError as error:
    print(type(error).__name__)
"""

OWN_SESSION = "import requests; api = ccxt.binance({'session': requests.Session()})"


def test_an_asynchronous_exchange_imports_no_blocking_http_client_and_says_the_same_of_itself() -> None:
    others, agent = printed(STOOD_IN).splitlines()
    assert others == ""
    assert agent == printed("import ccxt; print(ccxt.binance().userAgent)").strip()


@pytest.mark.parametrize("session", ["api = ccxt.binance()", OWN_SESSION], ids=["its own", "the caller's"])
def test_a_blocking_client_beside_it_is_as_ever(session: str) -> None:
    """As a strategy may make one."""
    lines = printed(BLOCKING.replace("SESSION", session)).splitlines()
    assert lines == ["True", "True True", "True True", "NetworkError"]


@pytest.mark.parametrize("wants", ["from requests import head", "from requests.adapters import HTTPAdapter"])
def test_a_ccxt_that_takes_more_of_requests_is_imported_with_all_of_it(wants: str, tmp_path: Path) -> None:
    code = "import sys; from livekit_cli.adapters import ccxt_requests; sys.path.insert(0, sys.argv[1]); "
    code += "ccxt_requests.BASE = 'later'; ccxt_requests.import_base(); print('later' in sys.modules); "
    code += "import later, requests; print(later.Session is requests.Session)"
    (tmp_path / "later.py").write_text(f"from requests import Session\n{wants}\n")
    assert printed(code, str(tmp_path)).split() == ["True", "True"]


def test_with_requests_imported_before_nothing_stands_in_for_it() -> None:
    code = "import requests; from livekit_cli.adapters.ccxt_import import exchange_class as c; c('binance', "
    code += "websocket=False); from ccxt.base import exchange; print(exchange.Session is requests.Session)"
    assert printed(code).strip() == "True"
