"""`livekit check --exchange` as a process: it ends in time whatever the exchange does, and tells no key anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from tests.exchange.client import options
from tests.exchange.server import LocalExchange

HOUSE = Path(__file__).parents[2]
KEY, SECRET = "the-key-of-an-account", "the-secret-of-it"
STRATEGY = """from livekit_cli import Strategy


class Wave(Strategy):
    async def get_signal(self, market):
        return None
"""


class Called:
    def __init__(self, project: Path, *words: str, **environment: str) -> None:
        began = monotonic()
        ended = subprocess.run(
            [sys.executable, "-m", "livekit_cli", "check", "--project", str(project), *words],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(HOUSE), **environment},
            check=False,
        )
        self.seconds = monotonic() - began
        self.code, self.out, self.err = ended.returncode, ended.stdout, ended.stderr

    @property
    def answers(self) -> dict[str, dict[str, object]]:
        """By subject; the last where there are several."""
        return {one["subject"]: one for one in map(json.loads, self.out.splitlines())}


@pytest.fixture
def exchange() -> Iterator[LocalExchange]:
    with LocalExchange() as running:
        yield running


@pytest.fixture
def project(exchange: LocalExchange, tmp_path: Path) -> Path:
    """It has the local exchange three times: by a key in a file, by one in the environment, and without."""
    for folder in ("configs", "strategies", "keys"):
        (tmp_path / folder).mkdir()
    (tmp_path / "strategies" / "wave.py").write_text(STRATEGY)
    given = options("binance", exchange.url)
    with_variables = {**given, "apiKey": "${THE_KEY}", "secret": "${THE_SECRET}"}
    files = {
        "local": f"exchange: binance\nccxt: {json.dumps(given)}\n",
        "filed": f"exchange: binance\nkey_file: keys/k.yaml\nccxt: {json.dumps(given)}\n",
        "named": f"exchange: binance\nccxt: {json.dumps(with_variables)}\n",
        "pair": "runs:\n"
        "  - {strategy: wave, symbols: [BTCUSDT, ETH/USDT], exchange: local}\n"
        "  - {strategy: wave, symbols: [SOLUSDT], exchange: demo}\n",
    }
    for name, text in files.items():
        (tmp_path / "configs" / f"{name}.yaml").write_text(text)
    (tmp_path / "keys" / "k.yaml").write_text(f"apiKey: {KEY}\nsecret: {SECRET}\n")
    (tmp_path / "keys" / "k.yaml").chmod(0o600)
    return tmp_path


ENVIRONMENT = {"THE_KEY": KEY, "THE_SECRET": SECRET}


def test_everything_in_order_is_0_within_a_few_seconds(project: Path) -> None:
    called = Called(project, "--exchange", "local", "BTCUSDT", "--json", **ENVIRONMENT)
    assert (called.code, called.err) == (0, "")
    assert called.seconds < 8
    assert list(called.answers)[-8:] == [
        "terminal", "exchange", "rate limit", "symbol", "fees", "candles", "websocket", "key",
    ]  # fmt: skip
    assert not (project / "data").exists()


def test_a_fleet_is_looked_at_with_its_symbols(project: Path) -> None:
    called = Called(project, "--config", "pair", **ENVIRONMENT)
    assert called.code == 0
    assert [line.split()[2] for line in called.out.splitlines() if line.startswith("ok       symbol ")] == [
        "BTCUSDT", "ETHUSDT",
    ]  # fmt: skip
    assert "newest of 2 symbols" in called.out


def test_a_real_default_is_looked_at_without_being_named(project: Path, exchange: LocalExchange) -> None:
    (project / "configs" / "livekit.yaml").write_text("exchange: local\n")
    assert "local: 127.0.0.1" in Called(project, **ENVIRONMENT).out
    before = len(exchange.ledger)
    assert "exchange " not in Called(project, "--exchange", "demo", **ENVIRONMENT).out
    assert len(exchange.ledger) == before


def test_without_a_real_exchange_nothing_is_imported_or_asked(project: Path, exchange: LocalExchange) -> None:
    code = (
        f"import sys\nsys.argv = ['livekit', 'check', '--project', {str(project)!r}]\n"
        "from livekit_cli.cli import start\n"
        "try:\n    start()\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('ccxt', 'aiohttp', 'asyncio')])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(HOUSE), **ENVIRONMENT}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ended.stdout.splitlines()[-1] == "[]"
    assert len(exchange.ledger) == 0


@pytest.mark.parametrize("name", ["filed", "named"])
def test_no_key_is_told_anywhere(project: Path, exchange: LocalExchange, name: str) -> None:
    for exchange.key.refusal in ("", f"Invalid API-key {KEY} {SECRET}"):
        for words in ((), ("--json",)):
            called = Called(project, "--exchange", name, "BTCUSDT", *words, **ENVIRONMENT)
            assert called.code == (77 if exchange.key.refusal else 0)
            assert KEY not in called.out + called.err
            assert SECRET not in called.out + called.err
            assert "the key may read" in called.out or "the key was refused" in called.out


def test_a_key_file_that_others_can_read_is_warned_of(project: Path) -> None:
    path = project / "keys" / "k.yaml"
    assert "others can read" not in Called(project, "--exchange", "filed", "BTCUSDT", **ENVIRONMENT).out
    path.chmod(0o644)
    called = Called(project, "--exchange", "filed", "BTCUSDT", **ENVIRONMENT)
    assert called.code == 0
    assert f"filed: others can read {path}\n" in called.out
    assert f"chmod 600 {path}" in called.out


@pytest.mark.parametrize("fault", ["never-answered", "dripping", "reset", "status-503", "status-429-after-7", "huge"])
def test_it_ends_within_ten_seconds_whatever_the_exchange_does(
    project: Path, exchange: LocalExchange, fault: str
) -> None:
    exchange.faults.add(fault)
    called = Called(project, "--exchange", "local", "BTCUSDT", **ENVIRONMENT)
    assert called.seconds < 10
    assert called.code == 69
    assert "Traceback" not in called.err


def test_an_unknown_symbol_is_2_and_a_wrong_setting_78(project: Path, exchange: LocalExchange) -> None:
    assert Called(project, "--exchange", "local", "BTCUSTD", **ENVIRONMENT).code == 2
    given = options("binance", exchange.url, timout=5)
    (project / "configs" / "local.yaml").write_text(f"exchange: binance\nccxt: {json.dumps(given)}\n")
    called = Called(project, "--exchange", "local", "BTCUSDT", **ENVIRONMENT)
    assert called.code == 78
    assert "ccxt has no setting 'timout' for binance; did you mean 'timeout'?" in called.out


def test_journals_that_were_begun_with_another_market_are_told_of(project: Path, exchange: LocalExchange) -> None:
    folder = project / "data" / "signal"
    (folder / "paper").mkdir(parents=True)
    (folder / "local.origin").write_text("binance swap\n")
    (folder / "paper" / "local-wave-BTCUSDT.pulse").touch()
    assert Called(project, "--exchange", "local", "BTCUSDT", **ENVIRONMENT).code == 0
    (project / "data" / "candles" / "local" / "BTCUSDT").mkdir(parents=True)
    (project / "data" / "candles" / "local" / "BTCUSDT" / "2026-01.csv").touch()
    called = Called(project, "--exchange", "local", "BTCUSDT", **ENVIRONMENT)
    assert called.code == 2
    assert "are those of binance swap" in " ".join(called.out.split())
    assert (folder / "local.origin").read_text() == "binance swap\n"


HANGING = """
import socket, sys
whole = socket.getaddrinfo
def getaddrinfo(host, *more, **named):
    if host == "nowhere.invalid":
        import threading
        threading.Event().wait()
    return whole(host, *more, **named)
socket.getaddrinfo = getaddrinfo
"""


def test_it_ends_also_when_the_resolver_hangs(project: Path, tmp_path: Path) -> None:
    given = json.dumps(options("binance", "http://nowhere.invalid"))
    (project / "configs" / "local.yaml").write_text(f"exchange: binance\nccxt: {given}\n")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(HANGING)
    path = os.pathsep.join((str(HOUSE), str(tmp_path / "site")))
    called = Called(project, "--exchange", "local", "BTCUSDT", **ENVIRONMENT, PYTHONPATH=path)
    assert called.seconds < 10.5
    assert called.code == 69
    assert called.out.splitlines()[-1].startswith("1")
