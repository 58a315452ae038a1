"""The JSON schemas accept what the reader accepts, and refuse what it refuses, as far as a schema can know."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError, validators
from readers import PATHS, READERS

from livekit_cli.adapters.ccxt_import import ccxt_ids
from livekit_cli.adapters.config.schema import schema_of, write_schemas
from livekit_cli.core.errors import CannotCreate, ConfigError, UsageError
from livekit_cli.core.settings import (
    EXCHANGE,
    FLEET,
    LIVEKIT,
    RUN,
    STRATEGY,
    TABLES,
    Block,
    Names,
    Number,
    Params,
    Rows,
    Text,
    kind_of,
)

HOUSE = Path(__file__).parents[2]
KINDS = ("exchange", "strategy", "fleet", "livekit")

BEYOND = (
    "would share the journal",
    "there is no file",
    "there is no such file",
    "nobody of that name has a home",
    "there is no strategy file",
    "has the candles of one symbol",
    "from the environment",
    "is not set in the environment",
    "__init__",
    r"no (exchange|strategy) '?[^ ]*\$\{",
)
"""What is said of a file that is as it should be: a schema knows neither disk nor environment, nor journals."""


BEYOND_A_FILE = (r"Breakout\.", "Breakout has no parameter", "interval stands beside")
"""What is said of the parameters of a strategy that is given by its file: a schema knows those that have a name."""


def as_in_ecma(_: object, pattern: str, text: object, __: object) -> Iterator[ValidationError]:
    """Regular expressions are those of ECMA 262, where $ does not match before a newline at the end."""
    if isinstance(text, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), text):
        yield ValidationError(f"{text!r} does not match {pattern!r}")


def is_whole(_: object, value: object) -> bool:
    """JSON has one kind of number; YAML tells 3 from 3.0, and so does the reader."""
    return isinstance(value, int) and not isinstance(value, bool)


Validator = validators.extend(
    Draft202012Validator,
    {"pattern": as_in_ecma},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_whole),
)


def told(kind: str, project: Path, data: object) -> str:
    """What the reader says of a file with that in it; nothing when it accepts it."""
    path = project / PATHS[kind]
    path.write_text(_flow(data))
    try:
        READERS[kind](project)
    except (ConfigError, UsageError) as error:
        return str(error)
    finally:
        path.unlink()
    return ""


def _flow(data: object) -> str:
    """JSON, which YAML is a superset of, but for numbers like 1e-07."""
    return re.sub(r"(?<=[ \[])(-?\d+)e([+-]\d+)", r"\1.0e\2", json.dumps(data))


def accepts(kind: str, project: Path, data: object) -> bool:
    return bool(Validator(schema_of(kind, project)).is_valid(data))


# ---- the schemas themselves


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one(kind: str, project: Path) -> None:
    for folder in (project, HOUSE):
        schema = schema_of(kind, folder)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        Draft202012Validator.check_schema(schema)
        assert json.loads(json.dumps(schema, allow_nan=False)) == schema


def test_there_is_one_for_each_kind() -> None:
    assert set(TABLES) == set(KINDS)


def test_the_schemas_beside_the_files_are_those_of_this_project() -> None:
    there = {path.stem: json.loads(path.read_text()) for path in (HOUSE / "configs" / "schema").glob("*.json")}
    assert there == {kind: schema_of(kind, HOUSE) for kind in KINDS}, "run: livekit schema --path configs/schema"


def test_every_file_of_this_project_names_its_schema_and_fits_it() -> None:
    for path in [*(HOUSE / "configs").glob("*.yaml"), *(HOUSE / "configs" / "strategies").glob("*.yaml")]:
        first, _, _ = path.read_text().partition("\n")
        named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert named, path
        schema = json.loads((path.parent / named[1]).read_text())
        Draft202012Validator(schema).validate(yaml.safe_load(path.read_text()))


def test_every_field_says_what_it_is_for() -> None:
    for table in (EXCHANGE, STRATEGY, FLEET, RUN, LIVEKIT):
        for field in table.fields:
            assert re.fullmatch(r"[A-Za-z].*\.", field.doc), field.name
            assert len(field.doc) < 100
            assert field.schema()["description"] == field.doc


def test_the_project_knows_its_strategies_with_the_types_choices_and_defaults_of_their_parameters(
    project: Path,
) -> None:
    row = schema_of("fleet", project)["properties"]["runs"]["items"]
    assert row["properties"]["strategy"]["anyOf"][0] == {"enum": ["breakout", "fast-cross", "slow-cross", "quick"]}
    cases = {case["if"]["properties"]["strategy"]["const"]: case["then"]["properties"] for case in row["allOf"]}
    breakout = cases["breakout"]["params"]
    assert breakout["description"] == "Always in the market, three minutes at a time."
    assert list(breakout["properties"]) == ["lookback", "factor", "side", "label", "limit", "loud", "step"]
    assert breakout["properties"]["side"]["anyOf"][0] == {"enum": ["long", "short"]}
    assert breakout["properties"]["side"]["default"] == "long"
    assert breakout["properties"]["lookback"]["description"] == "int, 3 unless set"
    assert cases["breakout"]["interval"] == {"default": "1m"}
    assert cases["quick"]["params"]["properties"]["lookback"]["default"] == 2


def test_only_a_fleet_may_name_a_preset(project: Path) -> None:
    strategy = schema_of("strategy", project)["properties"]["strategy"]
    assert strategy["anyOf"][0] == {"enum": ["breakout", "fast-cross", "slow-cross"]}


def test_what_is_broken_is_no_name_to_choose(project: Path) -> None:
    (project / "strategies" / "broken.py").write_text("import nothing_of_this_name\n")
    (project / "configs" / "strategies" / "broken-too.yaml").write_text("strategy: brekout\n")
    (project / "configs" / "odd.yaml").write_text("exchange: odd\n")
    properties = schema_of("livekit", project)["properties"]
    assert properties["strategy"]["anyOf"][0] == {"enum": ["breakout", "fast-cross", "slow-cross", "quick"]}
    assert properties["exchange"]["anyOf"][0] == {"enum": ["demo", "recorded", *ccxt_ids()]}


def test_without_a_project_any_name_will_do(tmp_path: Path) -> None:
    assert accepts("strategy", tmp_path, {"strategy": "anything", "params": {"a": 1}})
    assert not accepts("strategy", tmp_path, {"strategy": "anything", "params": {"a": [1]}})
    assert not accepts("strategy", tmp_path, {"strategy": 5})


def test_a_default_that_json_does_not_have_is_left_out(project: Path) -> None:
    text = (project / "strategies" / "breakout.py").read_text().replace("= 1.5", '= float("inf")')
    (project / "strategies" / "breakout.py").write_text(text.replace('"plain"', '"5$"'))
    cases = schema_of("strategy", project)["allOf"]
    properties = cases[0]["then"]["properties"]["params"]["properties"]
    assert "default" not in properties["factor"]
    assert properties["label"]["default"] == "5$$"
    json.dumps(cases, allow_nan=False)


# ---- written


def test_schemas_are_written_all_or_one(project: Path) -> None:
    folder = project / "new" / "schema"
    assert list(write_schemas(project, folder, "fleet")) == [folder / "fleet.json"]
    assert [path.name for path in write_schemas(project, folder)] == [f"{kind}.json" for kind in KINDS]
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{kind}.json" for kind in KINDS)
    assert json.loads((folder / "fleet.json").read_text()) == schema_of("fleet", project)


def test_a_schema_that_cannot_be_written_is_told(project: Path) -> None:
    with pytest.raises(CannotCreate, match=r"cannot write .*candles\.csv/exchange\.json: "):
        list(write_schemas(project, project / "candles.csv"))


# ---- agreement

SOUND: list[tuple[str, Any]] = [
    ("exchange", {"exchange": "demo"}),
    ("exchange", {"exchange": "demo", "mode": "paper", "seed": 0, "speed": 0.5, "fee_percent": 0}),
    ("exchange", {"exchange": "csv", "candles": "candles.csv", "speed": 1e9}),
    ("exchange", {"exchange": "csv", "candles": "candles.csv", "max_entry_distance_percent": 100}),
    ("exchange", {"exchange": "demo", "seed": "${FORTY}", "speed": "${HALF}"}),
    ("exchange", {"exchange": "binance"}),
    ("exchange", {"exchange": "bybit", "market": "swap", "fee_percent": 0.06, "key_file": "keys.yaml", "ccxt": None}),
    ("exchange", {"exchange": "okx", "ccxt": {"timeout": 5000, "options": {"a": {"types": ["spot", {"b": None}]}}}}),
    ("exchange", {"exchange": "kraken", "ccxt": {"apiKey": "${SECRET}", "verbose": False, "x": "5$$"}}),
    ("strategy", {"strategy": "breakout"}),
    ("strategy", {"strategy": "breakout", "params": None}),
    ("strategy", {"strategy": "breakout", "interval": "1h", "params": {"lookback": 1, "limit": None, "step": 5}}),
    ("strategy", {"strategy": "breakout", "params": {"label": "", "loud": True, "limit": 3, "factor": 2}}),
    ("strategy", {"strategy": "breakout", "params": {"label": "5$$\n", "lookback": "${FORTY}"}}),
    ("strategy", {"strategy": "strategies/breakout.py:Breakout", "params": {"lookback": 5}}),
    ("fleet", {"runs": [{"strategy": "quick", "symbols": ["BTC/USDT:USDT"], "params": {"factor": 1}}]}),
    ("fleet", {"exchange": "recorded", "data_dir": "x", "runs": [{"strategy": "breakout", "symbols": ["A"]}]}),
    ("fleet", {"exchange": "kraken", "runs": [{"strategy": "breakout", "symbols": ["A"], "exchange": "okx"}]}),
    ("livekit", None),
    ("livekit", {"exchange": "binance"}),
    ("livekit", {"exchange": "recorded", "strategy": "quick", "data_dir": "~/data", "speed": 3}),
]

UNSOUND: list[tuple[str, Any]] = [
    ("exchange", None),
    ("exchange", []),
    ("exchange", {}),
    ("exchange", {"exchange": "demo", "mode": "live"}),
    ("exchange", {"exchange": "demo", "mode": None}),
    ("exchange", {"exchange": "demo", "speed": 0}),
    ("exchange", {"exchange": "demo", "speed": True}),
    ("exchange", {"exchange": "demo", "speed": "60"}),
    ("exchange", {"exchange": "demo", "seed": 1.5}),
    ("exchange", {"exchange": "demo", "seed": 2**32}),
    ("exchange", {"exchange": "demo", "fee_percent": 10.1}),
    ("exchange", {"exchange": "demo", "max_entry_distance_percent": 0}),
    ("exchange", {"exchange": "demo", "candles": "candles.csv"}),
    ("exchange", {"exchange": "demo\n"}),
    ("exchange", {"exchange": "csv"}),
    ("exchange", {"exchange": "csv", "candles": "candles.csv", "seed": 1}),
    ("exchange", {"exchange": "csv", "candles": "$candles.csv"}),
    ("exchange", {"exchange": "csv", "candles": ""}),
    ("exchange", {"exchange": "demo", "sede": 1}),
    ("exchange", {"exchange": "binnance"}),
    ("exchange", {"exchange": "binance", "seed": 1}),
    ("exchange", {"exchange": "binance", "speed": 60}),
    ("exchange", {"exchange": "binance", "market": "margin"}),
    ("exchange", {"exchange": "binance", "ccxt": ["timeout"]}),
    ("exchange", {"exchange": "binance", "ccxt": {"options": {"a": "5$"}}}),
    ("exchange", {"exchange": "demo", "ccxt": {"timeout": 5000}}),
    ("strategy", {}),
    ("strategy", {"strategy": "Breakout"}),
    ("strategy", {"strategy": "quick"}),
    ("strategy", {"strategy": "breakout", "interval": "7m"}),
    ("strategy", {"strategy": "breakout", "params": []}),
    ("strategy", {"strategy": "breakout", "params": {"lookback": "3"}}),
    ("strategy", {"strategy": "breakout", "params": {"lookback": None}}),
    ("strategy", {"strategy": "breakout", "params": {"lookback": True}}),
    ("strategy", {"strategy": "breakout", "params": {"step": 2}}),
    ("strategy", {"strategy": "breakout", "params": {"step": "1"}}),
    ("strategy", {"strategy": "breakout", "params": {"label": "5$"}}),
    ("strategy", {"strategy": "breakout", "params": {"interval": "5m"}}),
    ("strategy", {"strategy": "breakout", "params": {"lokback": 3}}),
    ("fleet", {"runs": []}),
    ("fleet", {"runs": [{"strategy": "breakout"}]}),
    ("fleet", {"runs": [{"strategy": "breakout", "symbols": []}]}),
    ("fleet", {"runs": [{"strategy": "breakout", "symbols": "A"}]}),
    ("fleet", {"runs": [{"strategy": "breakout", "symbols": ["A", "A"]}]}),
    ("fleet", {"runs": [{"strategy": "breakout", "symbols": ["-A"]}]}),
    ("fleet", {"runs": [{"strategy": "breakout", "symbols": ["A" * 65]}]}),
    ("fleet", {"runs": [{"strategy": "breakout", "symbols": ["A"], "exchange": "my-exchange"}]}),
    ("fleet", {"exchange": "csv", "runs": [{"strategy": "breakout", "symbols": ["A"]}]}),
    ("fleet", {"runs": [{"strategy": "quick", "symbols": ["A"], "params": {"factr": 1}}]}),
    ("livekit", {"exchange": "nowhere"}),
    ("livekit", {"strategy": "nothing"}),
    ("livekit", {"data_dir": ""}),
    ("livekit", {"runs": []}),
]


@pytest.mark.parametrize(("kind", "data"), SOUND, ids=str)
def test_both_accept(kind: str, data: object, project: Path) -> None:
    assert told(kind, project, data) == ""
    assert accepts(kind, project, data)


@pytest.mark.parametrize(("kind", "data"), UNSOUND, ids=str)
def test_both_refuse(kind: str, data: object, project: Path) -> None:
    assert told(kind, project, data) != ""
    assert not accepts(kind, project, data)


LETTERS = st.characters(max_codepoint=0xD7FF)
WILD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(LETTERS, max_size=12),
    st.sampled_from(
        ["", "$", "$$", "${FORTY}", "${HALF}", "${NOPE}", "${1}", "a\n", "demo", "breakout", "x.py", "quick"]
    ),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.sampled_from(["lookback", "exchange"]), st.integers(0, 3), max_size=1),
)

BLOCKS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([5000, 0.5, "spot", "5$$", "5$", "${FORTY}", True, None]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["types", "a"]), inner, max_size=2),
    max_leaves=4,
)

PARAMS = {
    "lookback": st.integers(1, 99),
    "factor": st.floats(-9, 9) | st.integers(0, 3),
    "side": st.sampled_from(["long", "short"]),
    "label": st.text(LETTERS.filter(lambda letter: letter != "$"), max_size=5),
    "limit": st.none() | st.floats(0, 9),
    "loud": st.booleans(),
    "step": st.sampled_from([1, 5]),
}

SOUND_TEXTS = {
    "strategy": ["breakout", "breakout", "breakout", "fast-cross", "quick", "strategies/breakout.py:Breakout"],
    "exchange": ["demo", "recorded"],
    "data_dir": ["data", "../x", "~/x"],
    "candles": ["candles.csv"],
    "key_file": ["keys.yaml"],
}
NEAR_VALUES = [
    -1,
    0,
    101,
    1.5,
    2**32,
    1e9 + 1,
    10.5,
    "live",
    "csv",
    "Breakout",
    "7m",
    "my-exchange",
    "no.py",
    "${FORTY}",
]
NEAR_LISTS = [["A", "A"], ["B", "-"], []]
NEAR_PARAMS: list[dict[str, Any]] = [
    *({"lookback": value} for value in (2.5, "3", None, True, "${FORTY}")),
    *({"step": value} for value in (2, "1", True)),
    *({"label": value} for value in ("$", 5, None)),
    *({"factor": value} for value in ("${HALF}", "x", None, False)),
    *({name: 1} for name in ("lokback", "length", "interval", "loud", "side")),
]
NEAR: st.SearchStrategy[Any] = st.one_of(*map(st.sampled_from, ([*NEAR_VALUES], [*NEAR_LISTS], NEAR_PARAMS)))


@st.composite
def mappings(draw: st.DrawFn, table: Any) -> dict[str, Any]:
    """What `table` says, or nearly: up to two things are otherwise."""
    kind = draw(st.sampled_from(["demo", "csv", "binance"]))
    fields = {field.name: field for field in table.fields if not field.only or kind_of(kind) in field.only}
    names = [name for name, field in fields.items() if field.is_required or draw(st.booleans())]
    made = {name: draw(sound(fields[name])) for name in names}
    if table is EXCHANGE:
        made["exchange"] = kind
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        name = draw(st.sampled_from([*table.names, "misspelt"]))
        if draw(st.booleans()) and name in made:
            del made[name]
        else:
            made[name] = draw(NEAR | WILD | (sound(fields[name]) if name in fields else WILD))
    return made


def sound(field: Any) -> st.SearchStrategy[Any]:
    """Values that `field` may have, as a rule."""
    match field.type:
        case Rows(table):
            return st.lists(mappings(table), min_size=1, max_size=2)
        case Names():
            return st.lists(st.sampled_from(["A", "B", "C", "BTC/USDT", "BTC_USDT"]), min_size=1, unique=True)
        case Params():
            return st.fixed_dictionaries({}, optional=PARAMS)
        case Block():
            return st.none() | st.dictionaries(st.sampled_from(["timeout", "options"]), BLOCKS)
        case Number() as number:
            low = int(number.least or 0) + (number.above is not None)
            return st.integers(low, int(number.most)) | (st.just(low) if number.whole else st.floats(low, number.most))
        case Text() as text:
            return st.sampled_from(text.choices or SOUND_TEXTS[field.name])
    raise AssertionError(field)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(data={"exchange": "demo", "fee_percent": 1e-07})
@given(data=st.data())
def test_they_agree_on_whatever_a_file_may_hold(kind: str, shared_project: Path, data: Any) -> None:
    drawn = data if isinstance(data, dict) else data.draw(mappings(TABLES[kind]) | WILD)
    said = told(kind, shared_project, drawn)
    is_sound = accepts(kind, shared_project, drawn)
    if not said:
        assert is_sound
    elif is_sound:
        reasons = BEYOND + BEYOND_A_FILE if ".py" in str(drawn) else BEYOND
        for line in said.splitlines():
            assert any(re.search(reason, line) for reason in reasons), line


# ---- the command


def test_the_command_prints_one_or_writes_all(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from livekit_cli.cli import start

    def called(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["livekit", "schema", *words, "--project", str(project)])
        with pytest.raises(SystemExit) as ended:
            start()
        return int(ended.value.code or 0), *capfd.readouterr()

    (project / "strategies" / "talking.py").write_text("print('heard')\n")
    code, out, err = called("fleet")
    assert (code, err) == (0, "heard\n")
    assert json.loads(out) == schema_of("fleet", project)
    assert called("--path", str(project / "s"))[1].split() == [str(project / "s" / f"{kind}.json") for kind in KINDS]
    assert called("flet") == (
        2,
        "",
        "livekit: there is no kind 'flet'; there are exchange, strategy, fleet, livekit; did you mean 'fleet'?\n",
    )
    assert called() == (
        2,
        "",
        "livekit: schema needs a KIND or --path DIR; there are exchange, strategy, fleet, livekit\n",
    )
    assert called("livekit", "--path", str(project / "candles.csv"))[0] == 73
