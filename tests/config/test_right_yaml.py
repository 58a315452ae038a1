"""What a file may say, and what it then means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livekit_cli.adapters.ccxt_import import ccxt_ids
from livekit_cli.adapters.config.defaults import Defaults, data_folder_of, defaults_of
from livekit_cli.adapters.config.exchanges import ExchangeConfig, find_exchange
from livekit_cli.adapters.config.faults import config_faults, config_files
from livekit_cli.adapters.config.fleets import find_fleet, fleet_names, read_fleet
from livekit_cli.adapters.strategy_loader import load
from livekit_cli.core.errors import ConfigError, UsageError

HOUSE = Path(__file__).parents[2]


def written(project: Path, name: str, text: str | bytes) -> Path:
    path = project / "configs" / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def exchange(project: Path, text: str | bytes) -> ExchangeConfig:
    written(project, "mine.yaml", text)
    return find_exchange("mine", project)


def parameters(project: Path, params: str) -> dict[str, Any]:
    written(project, "strategies/mine.yaml", f"strategy: breakout\nparams:\n  {params}\n")
    return dict(load("mine", project, {}).params)


# ---- exchanges


def test_an_exchange_that_says_nothing_has_the_costs_that_are_built_in(project: Path) -> None:
    found = exchange(project, "exchange: demo\n")
    assert found == ExchangeConfig("mine", "demo", path=project / "configs" / "mine.yaml")
    assert (found.slippage_percent, found.usual_fee_percent, found.max_entry_distance_percent) == (0.1, 0.1, 1.0)


def test_an_exchange_has_what_its_file_says(project: Path) -> None:
    found = exchange(
        project,
        "exchange: demo\nmode: paper\nseed: 7\nspeed: 600\nslippage_percent: 0\nfee_percent: 0.04\n"
        "max_entry_distance_percent: 2\n",
    )
    assert (found.seed, found.speed, found.slippage_percent, found.fee_percent) == (7, 600.0, 0.0, 0.04)
    assert found.max_entry_distance_percent == 2.0
    assert {type(found.speed), type(found.slippage_percent), type(found.max_entry_distance_percent)} == {float}


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfexchange: demo\nseed: 7\n",
        b"exchange: demo\r\nseed: 7\r\n",
        b"---\n# seven\n'exchange': \"demo\"\nseed: +7\n...\n",
        b'{"exchange": "demo", "seed": 7}',
        b"seed: ${SEVEN}\nexchange: d${E}mo\n",
        b'seed: "${SEVEN}"\nexchange: demo\n',
    ],
    ids=["BOM", "CRLF", "comments and quotes", "JSON", "variables", "a variable in quotes"],
)
def test_there_are_many_ways_to_write_the_same(project: Path, monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setenv("SEVEN", "7")
    monkeypatch.setenv("E", "e")
    found = exchange(project, text)
    assert (found.kind, found.seed) == ("demo", 7)


def test_paths_count_from_the_project_wherever_the_command_is_called(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(project, "livekit.yaml", "data_dir: records\nstrategy: ideas/own.py:Breakout\n")
    (project / "ideas").mkdir()
    (project / "ideas" / "own.py").write_text((project / "strategies" / "breakout.py").read_text())
    monkeypatch.chdir(elsewhere := tmp_path_factory.mktemp("cron"))
    (elsewhere / "ideas").mkdir()
    (elsewhere / "ideas" / "own.py").write_text("raise SystemExit\n")
    assert find_exchange("recorded", project).candles == project / "candles.csv"
    found = defaults_of(project, "strategy")
    assert found.data_dir == project / "records"
    assert found.loaded_strategy is not None
    assert found.loaded_strategy.path == project / "ideas" / "own.py"


def test_a_path_may_be_absolute_or_begin_at_home(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(project))
    for text in (f"{project}/candles.csv", "~/candles.csv", "${HOME}/candles.csv"):
        assert exchange(project, f"exchange: csv\ncandles: {text}\n").candles == project / "candles.csv"


def test_the_demo_needs_no_file_and_obeys_one(project: Path) -> None:
    assert find_exchange("demo", project) == ExchangeConfig("demo", "demo")
    written(project, "demo.yaml", "exchange: demo\nseed: 3\n")
    assert find_exchange("demo", project).seed == 3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("dmo", "no exchange 'dmo'; there are csv, demo, recorded, and {ccxt}; did you mean 'demo'?"),
        (
            "../recorded",
            "no exchange '../recorded'; there are csv, demo, recorded, and {ccxt}; did you mean 'recorded'?",
        ),
        ("", "no exchange ''; there are csv, demo, recorded, and {ccxt}"),
        ("livekit", "{configs}/livekit.yaml holds the project's defaults, and is no exchange"),
        ("fleet", "{configs}/fleet.yaml is a fleet and no exchange; it runs by --config fleet"),
        (
            "other",
            "no exchange 'other'; there are csv, demo, recorded, and {ccxt}; {configs}/other.yml has to be named .yaml",
        ),
    ],
)
def test_a_name_that_is_no_exchange_is_told_with_what_it_is(project: Path, name: str, told: str) -> None:
    written(project, "livekit.yaml", "")
    written(project, "fleet.yaml", "runs: []\n")
    written(project, "other.yml", "exchange: demo\n")
    with pytest.raises(UsageError) as caught:
        find_exchange(name, project)
    known = f"the {len(ccxt_ids())} that ccxt knows"
    assert str(caught.value) == told.replace("{configs}", str(project / "configs")).replace("{ccxt}", known)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "my-demo",
            "an exchange's name has no '-', which separates the parts of a journal's name; rename the file to "
            "my_demo.yaml",
        ),
        (
            "my demo",
            "exchange name 'my demo' cannot be used: expected letters, digits, '.', '_' and '-', beginning with a "
            "letter or digit",
        ),
        ("x" * 65, f"exchange name '{'x' * 20}'... has 65 characters, at most 64"),
    ],
)
def test_a_file_whose_name_no_exchange_can_have_is_told(project: Path, name: str, told: str) -> None:
    path = written(project, f"{name}.yaml", "exchange: demo\n")
    with pytest.raises(ConfigError) as caught:
        find_exchange(name, project)
    assert str(caught.value) == f"{path}: {told}"


# ---- variables


def test_a_variable_is_text_unless_the_whole_value_reads_as_the_declared_type(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUE", "true")
    monkeypatch.setenv("NULL", "null")
    monkeypatch.setenv("DOLLAR", "a$b${c}")
    monkeypatch.setenv("O", "o")
    for quote in ("", "'", '"'):

        def read(name: str, text: str, quote: str = quote) -> Any:
            return parameters(project, f"{name}: {quote}{text}{quote}")[name]

        assert read("lookback", "${FORTY}") == 40
        assert read("lookback", "1${FORTY}") == 140
        assert type(read("factor", "${FORTY}")) is float
        assert read("factor", "${HALF}") == 0.5
        assert read("label", "${FORTY}") == "40"
        assert read("label", "${YES}") == "yes"
        assert read("label", "${EMPTY}") == ""
        assert read("label", "<${WORD}>") == "<breakout>"
        assert read("label", "${DOLLAR}") == "a$b${c}"
        assert read("loud", "${TRUE}") is True
        assert read("limit", "${NULL}") is None
        assert read("side", "l${O}ng") == "long"


def test_two_dollars_are_one(project: Path) -> None:
    assert parameters(project, "label: 5$$ and $${HOME}")["label"] == "5$ and ${HOME}"


def test_a_number_in_quotes_is_text(project: Path) -> None:
    assert parameters(project, 'label: "40"')["label"] == "40"
    assert parameters(project, "label: '1e5'")["label"] == "1e5"


# ---- fleets


FLEET = """
exchange: demo
data_dir: records
runs:
  - strategy: breakout
    symbols: [BTCUSDT, ETH/USDT:USDT]
    params: {lookback: 40}
    interval: 5m
  - strategy: quick
    symbols: [BTCUSDT]
    exchange: recorded
    params: {factor: 2}
  - strategy: fast-cross
    symbols: ["${WORD}"]
    params:
"""


def test_a_fleet_is_its_lines(project: Path) -> None:
    found = read_fleet(written(project, "mine.yaml", FLEET), project)
    assert found.data_dir == project / "records"
    first, second, third = found.lines
    assert (first.strategy.name, first.symbols) == ("breakout", ("BTCUSDT", "ETH/USDT:USDT"))
    assert first.strategy.params == {"lookback": 40, "interval": "5m"}
    assert (first.exchange.name, second.exchange.name, third.exchange.name) == ("demo", "recorded", "demo")
    assert second.strategy.params == {"lookback": 2, "factor": 2.0}
    assert third.symbols == ("breakout",)


def test_the_command_line_goes_over_a_line_that_over_its_fleet_and_that_over_the_project(project: Path) -> None:
    for name in ("one", "two", "three", "four"):
        written(project, f"{name}.yaml", "exchange: demo\n")
    written(project, "livekit.yaml", "exchange: one\n")
    runs = "runs:\n- {strategy: breakout, symbols: [A]}\n- {strategy: breakout, symbols: [B], exchange: three}\n"

    def names(text: str, exchange: str | None = None) -> list[str]:
        found = read_fleet(written(project, "mine.yaml", text), project, exchange)
        return [line.exchange.name for line in found.lines]

    assert names(runs) == ["one", "three"]
    assert names("exchange: two\n" + runs) == ["two", "three"]
    assert names("exchange: two\n" + runs, "four") == ["four", "four"]
    (project / "configs" / "livekit.yaml").unlink()
    assert names(runs) == ["demo", "three"]


def test_an_exchange_of_the_command_line_can_make_two_lines_share_a_journal(project: Path) -> None:
    runs = "runs:\n- {strategy: breakout, symbols: [A]}\n- {strategy: breakout, symbols: [A], exchange: recorded}\n"
    path = written(project, "mine.yaml", runs)
    assert len(read_fleet(path, project).lines) == 2
    with pytest.raises(
        ConfigError, match=r"mine\.yaml:3:34: A would share the journal demo-breakout-A\.jsonl with line 2$"
    ):
        read_fleet(path, project, "demo")


def test_a_fleet_is_found_by_name_or_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(project, "mine.yaml", FLEET)
    (project / "other").mkdir()
    other = project / "other" / "big.yaml"
    other.write_text(FLEET)
    monkeypatch.chdir(project / "other")
    assert find_fleet("mine", project) == path
    assert find_fleet("configs/mine.yaml", project) == path
    assert find_fleet("big.yaml", project) == other
    assert find_fleet(str(other), project) == other
    assert fleet_names(project) == ["mine"]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("mne", "no fleet 'mne' in {configs}; there is mine; did you mean 'mine'?"),
        ("x/y.yaml", "there is no fleet file {project}/x/y.yaml"),
        ("recorded", "{configs}/recorded.yaml is an exchange and no fleet; it goes with --exchange recorded"),
        ("livekit", "{configs}/livekit.yaml holds the project's defaults, and is no fleet"),
    ],
)
def test_what_is_no_fleet_is_told_with_what_it_is(
    project: Path, monkeypatch: pytest.MonkeyPatch, spec: str, told: str
) -> None:
    written(project, "mine.yaml", FLEET)
    written(project, "livekit.yaml", "")
    monkeypatch.chdir(project)
    with pytest.raises(UsageError) as caught:
        read_fleet(find_fleet(spec, project), project)
    assert str(caught.value) == told.replace("{configs}", str(project / "configs")).replace("{project}", str(project))


# ---- defaults


def test_a_project_without_defaults_has_none_and_an_empty_file_is_the_same(project: Path) -> None:
    assert defaults_of(project) == Defaults()
    assert data_folder_of(project) == project / "data"
    for text in ("", "# exchange: demo\n", "---\n"):
        written(project, "livekit.yaml", text)
        assert defaults_of(project, "exchange", "strategy") == Defaults()


def test_the_data_folder_is_the_given_one_or_the_projects(project: Path) -> None:
    written(project, "livekit.yaml", "data_dir: ../records\n")
    assert data_folder_of(project) == project / "../records"
    assert data_folder_of(project, Path("mine")) == Path("mine")


# ---- a whole project


def test_all_files_of_this_project_are_sound() -> None:
    files = config_files(HOUSE)
    assert {(file.path.name, file.kind, file.faults) for file in files} == {
        *((f"{name}.yaml", "exchange", ()) for name in ("demo", "binance", "bybit_swap", "kraken", "okx")),
        ("fast-breakout.yaml", "strategy", ()),
        ("fleet.yaml", "fleet", ()),
        ("livekit.yaml", "livekit", ()),
    }
    assert defaults_of(HOUSE) == Defaults()


def test_the_faults_of_a_project_are_those_of_all_its_files_each_once(project: Path) -> None:
    written(project, "livekit.yaml", "exchange: nowhere\n")
    written(project, "mine.yaml", "runs:\n- {strategy: breakout, symbols: [A]}\n")
    written(project, "odd.yml", "exchange: demo\n")
    written(project, "broken.yaml", "exchange: [\n")
    written(project, "strategies/odd.yaml", "strategy: brekout\n")
    configs = project / "configs"
    faults = config_faults(project)
    assert [fault.partition(": ")[0] for fault in faults] == [
        f"{configs}/broken.yaml:2:1",
        f"{configs}/livekit.yaml:1:11",
        f"{configs}/odd.yml",
        f"{configs}/strategies/odd.yaml:1:11",
    ]


def test_a_project_without_configs_has_no_faults(tmp_path: Path) -> None:
    assert config_faults(tmp_path) == []
