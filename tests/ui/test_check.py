from __future__ import annotations

import json

import pytest

from livekit_cli.core.check import Answer, Sign
from livekit_cli.ui.check import check_json, check_lines
from livekit_cli.ui.inert import cells
from livekit_cli.ui.look import Look

ANSWERS = [
    Answer("livekit", Sign.OK, "0.1.0 on CPython 3.11"),
    Answer("clock", Sign.WARNING, "nothing keeps it", "Have it kept by NTP"),
    Answer(
        "data folder", Sign.WRONG, "/data: cannot be written to: Read-only file system", "Give yourself the right", 73
    ),
]


def test_each_answer_has_a_sign_a_subject_and_a_sentence_and_below_it_how_to_mend_it() -> None:
    assert list(check_lines(ANSWERS, Look())) == [
        "ok       livekit      0.1.0 on CPython 3.11",
        "warning  clock        nothing keeps it",
        "                      -> Have it kept by NTP",
        "wrong    data folder  /data: cannot be written to: Read-only file system",
        "                      -> Give yourself the right",
        "3 answers: 1 ok, 1 warning, 1 wrong",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for line in check_lines(ANSWERS, Look(is_terminal=True, width=width)):
        assert cells(line) <= width or len(line.split()) < 3


def test_the_signs_are_words_that_need_no_colour() -> None:
    plain = list(check_lines(ANSWERS, Look(is_terminal=True, width=80)))
    painted = list(check_lines(ANSWERS, Look(is_terminal=True, width=80, colour=True)))
    assert [line.split()[0] for line in plain[:2]] == ["ok", "warning"]
    assert painted != plain
    assert all("\x1b" not in line for line in plain)


def test_foreign_text_is_inert_and_ascii_where_nothing_else_is_shown() -> None:
    answers = [Answer("strategy", Sign.WRONG, "\x1b[31m漢字\n.py", "Mend it", 78)]
    (first, *_) = check_lines(answers, Look(is_terminal=True, width=80, unicode=False))
    assert first.isascii()
    assert first.isprintable()


def test_json_is_an_object_on_a_line() -> None:
    assert json.loads(check_json(ANSWERS[2])) == {
        "subject": "data folder",
        "sign": "wrong",
        "found": "/data: cannot be written to: Read-only file system",
        "mend": "Give yourself the right",
        "code": 73,
    }
    assert json.loads(check_json(ANSWERS[0]))["mend"] is None
