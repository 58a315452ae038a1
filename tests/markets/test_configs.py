"""The files in configs/ of real exchanges: ccxt takes what they say, and so does livekit, with and without keys."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.ccxt_connection import Connection
from livekit_cli.adapters.ccxt_import import exchange_class
from livekit_cli.adapters.ccxt_settings import unfit_settings, unknown_settings, wrong_settings
from livekit_cli.adapters.ccxt_venue import CcxtVenue, connected
from livekit_cli.adapters.config.exchanges import CREDENTIALS, ExchangeConfig, find_exchange, list_exchanges
from livekit_cli.core.errors import ConfigError
from tests.exchange.client import options, wall
from tests.exchange.market import Kind
from tests.exchange.server import LocalExchange

from .harness import QUICK, START, Hand

HOUSE = Path(__file__).parents[2]
REAL = [one for one in list_exchanges(HOUSE) if isinstance(one, ExchangeConfig) and one.kind == "ccxt"]
EACH = pytest.mark.parametrize("config", REAL, ids=lambda config: config.name)

MARKED = re.compile(r"^( *)# (\w+: \S.*)$", re.MULTILINE)
"""A line that takes effect once its mark is gone."""


def built(config: ExchangeConfig) -> Connection:
    """ccxt's client, made as a run makes it; nothing is asked."""

    async def make() -> Connection:
        connection = Connection(config.ccxt_id, config.name, config.ccxt, websocket=True)
        await connection.close()
        return connection

    with wall() as tried:
        made = asyncio.run(make())
    assert tried == []
    return made


def unmarked(config: ExchangeConfig, project: Path, monkeypatch: pytest.MonkeyPatch) -> ExchangeConfig:
    """The same file with everything in effect that it has as a comment, its keys being there."""
    assert config.path is not None
    text = MARKED.sub(r"\1\2", config.path.read_text())
    for name in re.findall(r"\$\{(\w+)\}", text):
        monkeypatch.setenv(name, f"the value of {name}")
    (project / "configs").mkdir()
    (project / "keys").mkdir()
    (project / "configs" / config.path.name).write_text(text)
    (project / "keys" / config.path.name).write_text("apiKey: a key\nsecret: a secret\npassword: a word\n")
    return find_exchange(config.name, project)


def test_there_are_four_and_they_are_of_different_kinds() -> None:
    assert [config.name for config in REAL] == ["binance", "bybit_swap", "kraken", "okx"]
    assert {config.market for config in REAL} == {"spot", "swap"}
    assert {config.has_its_own_fee for config in REAL} == {True, False}


@EACH
def test_ccxt_takes_what_the_file_gives_it(config: ExchangeConfig) -> None:
    connection = built(config)
    for name, value in config.ccxt.items():
        assert name == "options" or getattr(connection.client, name) == value
    assert config.ccxt
    cls = exchange_class(config.ccxt_id, websocket=True)
    assert wrong_settings(cls, config.ccxt) == {}


@EACH
def test_every_option_is_one_that_ccxt_asks_for(config: ExchangeConfig) -> None:
    client = built(config).client
    described = client.describe()["options"]
    source = "".join(inspect.getsource(kind) for kind in type(client).__mro__ if kind is not object)
    for path, value in leaves(config.ccxt.get("options", {})):
        assert within(described, path) is not None or f"'{path[-1]}'" in source, path
        if path == ("fetchMarkets", "types"):
            assert set(value) < set(within(described, path))


def leaves(options: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found: list[tuple[tuple[str, ...], Any]] = []
    for name, value in options.items():
        found += leaves(value, (*path, name)) if isinstance(value, dict) else [((*path, name), value)]
    return found


def within(options: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        options = options.get(name) if isinstance(options, dict) else None
    return options


@EACH
def test_what_stands_there_as_a_comment_is_right_too(
    config: ExchangeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = unmarked(config, tmp_path, monkeypatch)
    client = built(whole).client
    needed = [name for name, is_needed in client.requiredCredentials.items() if is_needed]
    assert [name for name in needed if not getattr(client, name)] == []
    assert wrong_settings(exchange_class(whole.ccxt_id, websocket=True), whole.ccxt) == {}
    assert whole.fee_percent is not None


@EACH
def test_no_key_stands_in_the_file_and_none_is_shown(
    config: ExchangeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not {*config.ccxt} & {*CREDENTIALS}
    whole = unmarked(config, tmp_path, monkeypatch)
    assert {"apiKey", "secret"} <= {*whole.ccxt}
    assert not any(str(whole.ccxt[name]) in repr(whole) for name in CREDENTIALS if name in whole.ccxt)


@pytest.mark.parametrize(
    "config", [one for one in REAL if one.ccxt_id in ("binance", "bybit")], ids=lambda one: one.name
)
def test_candles_come_from_the_exchange_that_the_file_describes(
    config: ExchangeConfig, exchange: LocalExchange, tmp_path: Path
) -> None:
    async def run() -> None:
        venue = CcxtVenue(
            here(config, exchange), tmp_path, once=True, patience=QUICK, machine=Hand(exchange.clock).machine()
        )
        try:
            await venue.open(["BTCUSDT"])
            candles = await venue.candles("BTCUSDT", "1m", START - 60_000, 5)
            fee = venue.fee_percent("BTCUSDT")
        finally:
            await venue.close()
        assert len(candles) == 5
        assert fee is not None
        assert 0 < fee < 0.2

    asyncio.run(run())
    asked_for = {entry.kind for entry in exchange.ledger if entry.endpoint == "markets"}
    assert asked_for == {Kind.SPOT if config.market == "spot" else Kind.LINEAR}


def here(config: ExchangeConfig, exchange: LocalExchange) -> ExchangeConfig:
    """The same exchange at the local address."""
    local = options(config.ccxt_id, exchange.url)
    merged = {**local, "options": local["options"] | config.ccxt.get("options", {})}
    return replace(config, ccxt=config.ccxt | merged)


def test_a_setting_that_ccxt_would_take_and_forget_is_refused_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    path = tmp_path / "configs" / "mine.yaml"
    path.write_text("exchange: binance\nccxt: {timout: 5000, apikey: a key, enableRateLimit: true}\n")

    async def run() -> None:
        async with connected(find_exchange("mine", tmp_path), tmp_path, ["BTCUSDT"]):
            pass

    with wall(), pytest.raises(ConfigError) as caught:
        asyncio.run(run())
    assert caught.value.lines == (
        f"{path}:2:8: ccxt has no setting 'timout' for binance; did you mean 'timeout'?",
        f"{path}:2:22: ccxt has no setting 'apikey' for binance; did you mean 'apiKey'?",
    )


@pytest.mark.parametrize(
    "name", ["httpsProxy", "wsProxy", "sandbox", "timeout", "aiohttp_trust_env", "hostname", "urls"]
)
def test_a_setting_that_ccxt_obeys_is_known(name: str) -> None:
    for exchange_id in ("binance", "kraken"):
        assert unknown_settings(exchange_class(exchange_id, websocket=True), [name]) == {}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"timeout": "soon"}, "ccxt's setting 'timeout' is text, expected a number"),
        ({"timeout": True}, "ccxt's setting 'timeout' is true or false, expected a number"),
        ({"enableRateLimit": "yes"}, "ccxt's setting 'enableRateLimit' is text, expected true or false"),
        ({"options": 5}, "ccxt's setting 'options' is a number, expected names with values"),
        ({"headers": "X-Key: secret"}, "ccxt's setting 'headers' is text, expected names with values"),
        ({"urls": None}, "ccxt's setting 'urls' is NoneType, expected names with values"),
        ({"rateLimiterAlgorithm": 7}, "ccxt's setting 'rateLimiterAlgorithm' is a number, expected text"),
        ({"sandbox": "yes"}, "ccxt's setting 'sandbox' is text, expected true or false"),
        ({"timeout": None}, "ccxt's setting 'timeout' is NoneType, expected a number"),
        ({"timeout": 0}, "ccxt's setting 'timeout' is 0, expected milliseconds from 100 to 300000"),
        ({"timeout": 5}, "ccxt's setting 'timeout' is 5, expected milliseconds from 100 to 300000"),
        ({"timeout": float("nan")}, "ccxt's setting 'timeout' is nan, expected milliseconds from 100 to 300000"),
        ({"rateLimit": 0}, "ccxt's setting 'rateLimit' is 0, expected milliseconds above 0, at most 60000"),
        ({"rateLimit": -50}, "ccxt's setting 'rateLimit' is -50, expected milliseconds above 0, at most 60000"),
        (
            {"apiKey": "abc\ndef"},
            "apiKey cannot be used as it is written: it has a line break, or a character that no key has",
        ),
    ],
)
def test_a_value_of_another_kind_than_ccxts_is_said(given: dict[str, Any], says: str) -> None:
    assert unfit_settings(exchange_class("binance", websocket=True), given) == {next(iter(given)): says}


def test_a_value_of_ccxts_kind_fits() -> None:
    given = {"timeout": 5000.0, "rateLimit": 50, "verify": False, "options": {}, "httpsProxy": "http://x", "uid": None}
    for exchange_id in ("binance", "bybit", "kraken"):
        assert unfit_settings(exchange_class(exchange_id, websocket=True), given) == {}


@pytest.mark.parametrize(
    "name", ["fetch", "fetch_ohlcv", "close", "session", "id", "has", "markets", "describe", "throttle", "_init"]
)
def test_what_would_replace_a_part_of_ccxts_client_is_no_setting(name: str) -> None:
    for exchange_id in ("binance", "kraken"):
        cls = exchange_class(exchange_id, websocket=True)
        found = wrong_settings(cls, {"timeout": 5000, name: 5})
        assert list(found) == [name]
        assert found[name].startswith((f"{name!r} is no setting of ccxt's {exchange_id} but", "ccxt has no setting"))


def test_a_secret_may_be_a_block_of_lines() -> None:
    given = {"apiKey": "a key", "secret": "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"}
    assert wrong_settings(exchange_class("binance", websocket=True), given) == {}


def test_a_wrong_value_in_a_file_of_keys_is_told_by_its_place_there(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "mine.yaml").write_text("exchange: binance\nkey_file: key.yaml\nccxt: {rateLimit: 0}\n")
    (tmp_path / "key.yaml").write_text('secret: right\napiKey: "a\\nb"\n')
    with wall(), pytest.raises(ConfigError) as caught:
        asyncio.run(_open(tmp_path))
    assert [line.partition(": ")[0] for line in caught.value.lines] == [
        f"{tmp_path / 'configs' / 'mine.yaml'}:3:8", f"{tmp_path / 'key.yaml'}:2:1",
    ]  # fmt: skip
    assert caught.value.exit_code == 78


async def _open(project: Path) -> None:
    async with connected(find_exchange("mine", project), project, ["BTCUSDT"]):
        pass
