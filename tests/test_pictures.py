"""The pictures of the table are what the program draws now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parent.parent


def test_the_pictures_are_what_the_program_draws_now(tmp_path: Path) -> None:
    script = HOUSE / "docs" / "pictures.py"
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    drawn = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert set(drawn) == {"table-1.svg", "table-8.svg", "table-50.svg"}
    stale = [name for name, text in drawn.items() if (HOUSE / "docs" / name).read_text(encoding="utf-8") != text]
    assert not stale, f"run {script.relative_to(HOUSE)} and look at them"
