"""Every wrong file is told with all that is wrong with it, whole and in the order of the file; nothing else is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from readers import PATHS, READERS
from yaml_cases import WRONG, Case

from livekit_cli.adapters.config.faults import config_faults
from livekit_cli.core.errors import ConfigError


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_what_is_wrong_is_told_whole(project: Path, case: Case) -> None:
    path = project / PATHS[case.kind]
    path.write_bytes(case.text if isinstance(case.text, bytes) else case.text.encode())
    told = [line.replace("{file}", str(path)).replace("{project}", str(project)) for line in case.told]
    with pytest.raises(ConfigError) as caught:
        READERS[case.kind](project)
    assert str(caught.value).splitlines() == told
    assert "hunter2" not in str(caught.value)
    if case.name != "an empty fleet":  # without a name, which only --config gives, nobody can say what it is
        assert config_faults(project) == told


def test_no_case_is_there_twice() -> None:
    assert [name for name, count in Counter(case.name for case in WRONG).items() if count > 1] == []
    assert [text for text, count in Counter((case.kind, case.text) for case in WRONG).items() if count > 1] == []
