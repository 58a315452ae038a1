"""Strategies are found by every name that they have, and what is wrong with one is said with its place."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from livekit_cli.adapters.strategy_files import kebab, presets
from livekit_cli.adapters.strategy_import import discover
from livekit_cli.adapters.strategy_loader import Loaded, load
from livekit_cli.core.errors import ConfigError

HEAD = "from __future__ import annotations\nfrom livekit_cli import Strategy\n"
BREAKOUT = HEAD + textwrap.dedent("""
    class Breakout(Strategy):
        interval = "5m"
        lookback: int = 30
        factor: float = 1.5

        async def get_signal(self, market):
            return None
""")
TWO = HEAD + textwrap.dedent("""
    class FastCross(Strategy):
        async def get_signal(self, market): return None

    class SlowCross(Strategy):
        async def get_signal(self, market): return None
""")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strategies").mkdir()
    (tmp_path / "configs" / "strategies").mkdir(parents=True)
    return tmp_path


def strategy(project: Path, name: str, text: str) -> Path:
    path = project / "strategies" / name
    path.write_text(text)
    return path


def preset(project: Path, name: str, text: str) -> Path:
    path = project / "configs" / "strategies" / name
    path.write_text(textwrap.dedent(text).lstrip())
    return path


def refusal(spec: str, project: Path, **settings: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(spec, project, settings)
    return str(caught.value)


def refused_file(project: Path, text: str) -> str:
    strategy(project, "tried.py", text)
    return refusal("tried", project)


# ---- finding


@pytest.mark.parametrize("spec", ["breakout", "Breakout", "strategies/breakout.py", "strategies/breakout.py:Breakout"])
def test_a_strategy_has_one_name_whichever_way_it_is_asked_for(project: Path, spec: str) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    loaded = load(spec, project, {})
    assert (loaded.name, loaded.strategy_class.__name__) == ("breakout", "Breakout")
    assert loaded.create() is not loaded.create()


@pytest.mark.parametrize("spec", ["fast-cross", "FastCross", "fast_cross", "strategies/crosses.py:FastCross"])
def test_of_several_classes_in_a_file_each_is_called_by_its_own_name(project: Path, spec: str) -> None:
    strategy(project, "crosses.py", TWO)
    assert load(spec, project, {}).name == "fast-cross"


def test_a_class_name_finds_the_file_that_has_another_name(project: Path) -> None:
    strategy(project, "my_idea.py", BREAKOUT)
    assert load("breakout", project, {}).name == "my-idea"


def test_names_are_kebab_case() -> None:
    assert [kebab(name) for name in ("MovingAverageCross", "RSIReversal", "sma20_cross", "SMA20Cross", "a-b")] == [
        "moving-average-cross",
        "rsi-reversal",
        "sma20-cross",
        "sma20-cross",
        "a-b",
    ]


def test_a_file_outside_the_project_can_be_named_by_its_path(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("elsewhere") / "other.py"
    path.write_text(BREAKOUT)
    assert load(str(path), project, {}).name == "other"


def test_the_project_counts_where_the_working_folder_is_another(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    monkeypatch.chdir(tmp_path_factory.mktemp("cron"))
    assert load("strategies/breakout.py:Breakout", project, {}).name == "breakout"
    assert load("breakout", project, {}).name == "breakout"


def test_a_file_that_is_not_there_is_told_with_every_place_that_was_looked_at(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refusal("x/y.py", project) == f"there is no strategy file {project}/x/y.py"
    monkeypatch.chdir(elsewhere := tmp_path_factory.mktemp("cron"))
    assert refusal("x/y.py:Z", project) == f"there is no strategy file {elsewhere}/x/y.py or {project}/x/y.py"


def test_an_unknown_name_is_told_with_the_nearest_and_where_it_was_looked_for(project: Path) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    strategy(project, "crosses.py", TWO)
    preset(project, "quick.yaml", "strategy: breakout")
    assert refusal("brakeout", project) == (
        f"there is no strategy 'brakeout'; looked in {project}/strategies and {project}/configs/strategies; "
        "found: breakout, fast-cross, quick, slow-cross; did you mean 'breakout'?"
    )


def test_an_unknown_name_in_an_empty_project_is_told(tmp_path: Path) -> None:
    assert refusal("breakout", tmp_path) == (
        f"there is no strategy 'breakout'; looked in {tmp_path}/strategies and {tmp_path}/configs/strategies; "
        "none found: livekit init makes one"
    )


def test_an_unknown_name_says_which_files_could_not_be_looked_into(project: Path) -> None:
    strategy(project, "broken.py", "import nothing_of_this_name\n")
    assert refusal("breakout", project).endswith(
        "none found\nnot usable: strategies/broken.py:1: ModuleNotFoundError: No module named 'nothing_of_this_name'"
    )


def test_a_broken_file_does_not_hide_the_others(project: Path) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    strategy(project, "broken.py", "def x(:\n")
    strategy(project, "crosses.py", TWO)
    strategy(project, "_helpers.py", "raise SystemExit")
    found = discover(project / "strategies")
    assert [entry.name for entry in found.entries] == ["breakout", "broken", "fast-cross", "slow-cross"]
    assert [entry.name for entry in found.usable] == ["breakout", "fast-cross", "slow-cross"]
    assert [str(entry.error) for entry in found.broken] == ["strategies/broken.py:1:7: invalid syntax: def x(:"]
    assert load("breakout", project, {}).name == "breakout"


def test_no_folder_is_no_strategies(tmp_path: Path) -> None:
    assert discover(tmp_path / "strategies").entries == ()
    assert presets(tmp_path) == {}


def test_two_strategies_of_one_name_are_both_refused(project: Path) -> None:
    strategy(project, "fast_cross.py", BREAKOUT)
    strategy(project, "crosses.py", TWO)
    errors = {str(entry.error) for entry in discover(project / "strategies").broken}
    assert errors == {"the name 'fast-cross' is in strategies/crosses.py and in strategies/fast_cross.py; rename one"}


# ---- importing


def test_neighbours_of_the_file_can_be_imported_and_the_path_is_left_as_it_was(project: Path) -> None:
    strategy(project, "_shared_indicator.py", "LENGTH = 7\n")
    strategy(project, "near.py", BREAKOUT + "\nfrom _shared_indicator import LENGTH\nBreakout.length = LENGTH\n")
    before = list(sys.path)
    assert load("near", project, {}).strategy_class.length == 7  # type: ignore[attr-defined]
    assert sys.path == before


def test_a_file_is_the_same_module_until_it_changes(project: Path) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    first = load("breakout", project, {}).strategy_class
    assert load("breakout", project, {}).strategy_class is first
    strategy(project, "breakout.py", BREAKOUT + "\n")
    assert load("breakout", project, {}).strategy_class is not first
    assert first.__module__ in sys.modules
    assert "breakout" not in sys.modules


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\nclass A(:\n", "strategies/tried.py:2:9: invalid syntax: class A(:"),
        (
            "def f():\nreturn 1\n",
            "strategies/tried.py:2:1: expected an indented block after function definition on line 1: return 1",
        ),
        (
            "import os\n\nimport nowhere_at_all\n",
            "strategies/tried.py:3: ModuleNotFoundError: No module named 'nowhere_at_all'",
        ),
        ("def f():\n    return 1 / 0\nf()\n", "strategies/tried.py:2: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit('bye')\n", "strategies/tried.py:2: SystemExit: bye"),
        ("x = '\\x1b[2J'\nraise ValueError(x)\n", "strategies/tried.py:2: ValueError: \\x1b[2J"),
        ("x = 1\n", "strategies/tried.py: no strategy class; expected `class ...(Strategy):` in it"),
        (HEAD, "strategies/tried.py: no strategy class; expected `class ...(Strategy):` in it"),
        ("a\0b", "strategies/tried.py: source code string cannot contain null bytes"),
        (
            HEAD + "class A(Strategy):\n    pass\n",
            "strategies/tried.py: A has no get_signal; expected `async def get_signal(self, market):`",
        ),
        (
            HEAD + "class A(Strategy):\n    get_signal = 5\n",
            "strategies/tried.py: A.get_signal is 5, expected a method",
        ),
        (
            BREAKOUT.replace("5m", "7m"),
            "strategies/tried.py: Breakout.interval is '7m', expected one of 1m 3m 5m 15m 30m 1h",
        ),
        (
            BREAKOUT.replace("int = 30", "list[int] = []"),
            "strategies/tried.py: Breakout.lookback has the type list[int]; a parameter is an int, float, bool, str or "
            "Literal, or one of these or None (write `lookback: ClassVar[...]` for what is no parameter)",
        ),
        (
            BREAKOUT.replace("int = 30", "Nmber = 30"),
            "strategies/tried.py: Breakout.lookback has the type 'Nmber': NameError: name 'Nmber' is not defined",
        ),
        (
            BREAKOUT.replace("int = 30", "int = 'x'"),
            "strategies/tried.py: Breakout.lookback is 'x', expected int",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(project: Path, text: str, told: str) -> None:
    assert refused_file(project, text) == told


def test_the_place_is_in_the_file_when_what_it_imports_fails(project: Path) -> None:
    strategy(project, "_broken_neighbour.py", "x = 1\nraise OSError('no disk')\n")
    assert refused_file(project, "import _broken_neighbour\n") == "strategies/tried.py:1: OSError: no disk"


def test_several_classes_without_a_choice_are_told(project: Path) -> None:
    strategy(project, "crosses.py", TWO)
    told = (
        "strategies/crosses.py has several strategy classes; say strategies/crosses.py:FastCross or "
        "strategies/crosses.py:SlowCross"
    )
    assert refusal("crosses", project) == told
    assert refusal("strategies/crosses.py", project) == told


def test_an_unknown_class_in_a_file_is_told_with_the_nearest(project: Path) -> None:
    strategy(project, "crosses.py", TWO)
    assert refusal("strategies/crosses.py:FastCros", project) == (
        "strategies/crosses.py has no strategy class 'FastCros'; it has FastCross, SlowCross; did you mean 'FastCross'?"
    )


def test_a_class_that_others_build_on_is_no_strategy(project: Path) -> None:
    text = HEAD + textwrap.dedent("""
        class Shared(Strategy):
            lookback: int = 5

        class Real(Shared):
            def get_signal(self, market): return None
    """)
    strategy(project, "built.py", text)
    loaded = load("built", project, {"lookback": "6"})
    assert (loaded.name, loaded.strategy_class.__name__, loaded.params) == ("built", "Real", {"lookback": 6})


def test_a_name_that_cannot_be_a_file_name_is_refused(project: Path) -> None:
    strategy(project, "my idea.py", BREAKOUT)
    assert refusal("my idea", project) == (
        "strategies/my idea.py: strategy name 'my idea' cannot be used: expected letters, digits, '.', '_' and '-', "
        "beginning with a letter or digit"
    )


# ---- parameters


def test_settings_go_over_the_yaml_and_the_yaml_over_the_class(project: Path) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    preset(
        project,
        "quick.yaml",
        """
        strategy: breakout
        interval: 1m
        params:
          lookback: 10
          factor: 2
        """,
    )
    loaded = load("quick", project, {"lookback": "12"})
    assert (loaded.name, loaded.path.name) == ("quick", "quick.yaml")
    made = loaded.create()
    assert (made.interval, made.lookback, made.factor) == ("1m", 12, 2.0)  # type: ignore[attr-defined]
    assert type(made.factor) is float  # type: ignore[attr-defined]


def test_every_wrong_setting_is_told(project: Path) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    assert refusal("breakout", project, lookback="soon", intervall="5m", factor="nan", interval="5min") == "\n".join(
        [
            "--set lookback=soon: Breakout.lookback is 'soon', expected int",
            "--set intervall=5m: Breakout has no parameter 'intervall'; it has interval, lookback, factor; "
            "did you mean 'interval'?",
            "--set factor=nan: Breakout.factor is 'nan', expected float",
            "--set interval=5min: Breakout.interval is '5min', expected one of 1m 3m 5m 15m 30m 1h; did you mean '5m'?",
        ]
    )


def test_everything_wrong_with_a_yaml_file_is_told_at_once_with_its_place(project: Path) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    path = preset(
        project,
        "quick.yaml",
        """
        strategy: breakout
        intervall: 1m
        interval: 010
        params:
          lookback: ten
          lookbak: 5
          factor: yes
          factor: 2
        """,
    )
    assert refusal("quick", project) == "\n".join(
        [
            f"{path}:2:1: unknown key intervall; expected one of interval, params, strategy; did you mean 'interval'?",
            f'{path}:3:11: 010 is another number to some readers of YAML: write 10, or "010" for the text',
            f"{path}:5:13: Breakout.lookback is 'ten', expected int",
            f"{path}:6:3: Breakout has no parameter 'lookbak'; it has interval, lookback, factor; "
            "did you mean 'lookback'?",
            f'{path}:7:11: yes is true or false to some readers of YAML and text to others: write true, or "yes" '
            "for the text",
            f"{path}:8:3: params.factor is here a second time, first in line 7",
        ]
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ": strategy is missing, expected a strategy's name or file.py:Class"),
        ("interval: 1m\n", ": strategy is missing, expected a strategy's name or file.py:Class"),
        ("- breakout\n", ":1:1: expected `name: value` lines, found a list"),
        ("breakout\n", ":1:1: expected `name: value` lines, found a single value"),
        ("strategy: [a\n", ":2:1: expected ',' or ']', but got '<stream end>'"),
        ("strategy: &a breakout\ninterval: *a\n", ":1:11: anchors (&a) are not supported"),
        (
            "strategy: !!python/name:os.system x\n",
            ":1:11: the tag !!python/name:os.system is not supported",
        ),
        ("strategy: breakout\nparams: 5\n", ":2:9: params is 5, expected `name: value` pairs"),
        (
            "strategy: breakout\ninterval: 13:30\n",
            ':2:11: 13:30 is a number of seconds to some readers of YAML: write "13:30" for the text',
        ),
        ("strategy: breakout\n---\nstrategy: x\n", ":2:1: a second document (---) is not supported"),
        ("strategy: breakout\ninterval: 5\n", ":2:11: interval is 5, expected one of 1m 3m 5m 15m 30m 1h"),
        (
            "strategy: breakout\nparams: {lookback: 1_000}\n",
            ':2:20: 1_000 is a number to some readers of YAML and text to others: write 1000, or "1_000" for the text',
        ),
    ],
)
def test_a_trap_in_a_yaml_file_is_told_with_its_place(project: Path, text: str, told: str) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    path = preset(project, "quick.yaml", "")
    path.write_text(text)
    assert refusal("quick", project).startswith(f"{path}{told}")


def test_a_yaml_file_that_names_an_unknown_strategy_is_told_with_its_place(project: Path) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    path = preset(project, "quick.yaml", "strategi: x\nstrategy: breakaut\nparams: {a: 1}\n")
    assert refusal("quick", project) == "\n".join(
        [
            f"{path}:1:1: unknown key strategi; expected one of interval, params, strategy; did you mean 'strategy'?",
            f"{path}:2:11: there is no strategy 'breakaut'; looked in {project}/strategies; found: breakout; did you "
            "mean 'breakout'?",
        ]
    )


def test_a_yaml_file_that_is_no_text_is_told(project: Path) -> None:
    path = preset(project, "quick.yaml", "")
    path.write_bytes(b"strategy: \xff\n")
    assert refusal("quick", project) == f"{path}:1:11: the byte 0xff is no UTF-8 text; save the file as UTF-8"


def test_a_name_that_is_a_file_and_a_yaml_file_is_refused(project: Path) -> None:
    strategy(project, "breakout.py", BREAKOUT)
    preset(project, "breakout.yaml", "strategy: breakout")
    assert refusal("breakout", project) == (
        "the name 'breakout' is in strategies/breakout.py and in configs/strategies/breakout.yaml; rename one"
    )


# ---- making


def made(project: Path, body: str, **settings: str) -> Loaded:
    strategy(project, "made.py", BREAKOUT + textwrap.indent(textwrap.dedent(body), "    "))
    return load("made", project, settings)


def test_an_init_of_its_own_sees_the_parameters(project: Path) -> None:
    loaded = made(project, "def __init__(self):\n    self.twice = self.lookback * 2\n", lookback="4")
    assert loaded.create().twice == 8  # type: ignore[attr-defined]


def test_an_init_of_its_own_may_take_the_parameters(project: Path) -> None:
    body = "def __init__(self, lookback=9):\n    super().__init__(lookback=lookback)\n"
    assert made(project, body, lookback="4").create().lookback == 4  # type: ignore[attr-defined]


def test_an_init_that_overrules_a_parameter_is_told(project: Path) -> None:
    loaded = made(project, "def __init__(self):\n    self.lookback = 9\n", lookback="4")
    with pytest.raises(ConfigError) as caught:
        loaded.create()
    assert str(caught.value) == "the __init__ of Breakout sets lookback to 9, and 4 was asked for"


def test_an_init_that_fails_is_told_with_its_place(project: Path) -> None:
    loaded = made(project, "def __init__(self):\n    raise OSError('no model file')\n")
    with pytest.raises(ConfigError) as caught:
        loaded.create()
    assert str(caught.value) == "strategies/made.py:12: OSError: no model file"


def test_the_examples_of_this_project_are_all_usable() -> None:
    root = Path(__file__).parents[2]
    names = [entry.name for entry in discover(root / "strategies").entries if entry.error is None]
    assert names == ["breakout", "mean-reversion", "moving-average-cross", "multi-timeframe"]
    assert discover(root / "strategies").broken == ()
    assert list(presets(root)) == ["fast-breakout"]
    assert load("fast-breakout", root, {}).create().lookback == 15  # type: ignore[attr-defined]
