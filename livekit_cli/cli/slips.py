"""Slips of the fingers that would otherwise be read as something else: `-strategy` as `-s trategy`, for example."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ..core.errors import UsageError

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""What web pages and word processors make of `-`."""

_ONE_DASH = re.compile(r"-[A-Za-z][\w-]+(=.*)?", re.DOTALL)


def check(command: Any, words: Sequence[str]) -> None:
    """Raises UsageError for the first slip among the words of `command`."""
    options = {name: param for param in command.params for name in (*param.opts, *param.secondary_opts)}
    before = None
    for word in words:
        if word == "--":
            return
        if before is None:
            check_dash(word)
            _check_one_dash(word, options)
        elif word.partition("=")[0] in options:
            raise UsageError(f"{before} needs a value ({options[before].metavar}), found {word}")
        elif before == "--set" and "=" not in word:
            raise UsageError(_setting(words, word))
        before = word if before is None and takes_value(options.get(word)) else None


def takes_value(option: Any) -> bool:
    """Whether a value follows the option; None is no option."""
    return option is not None and option.param_type_name == "option" and not option.is_flag


def check_dash(word: str) -> None:
    """Raises UsageError for a word that begins with another dash than `-`."""
    text = os.fsencode(word).decode("utf-8", "replace")  # whatever the locale made of it
    if text[:1] and text[0] in DASHES:
        name = text.lstrip(DASHES + "-")
        meant = ("-" if len(name.partition("=")[0]) == 1 else "--") + name
        raise UsageError(
            f"{text!r} begins with {text[0]!r} (U+{ord(text[0]):04X}), expected '-': is it pasted from a web page? "
            f"Type {meant}"
        )


def _setting(words: Sequence[str], word: str) -> str:
    """What is said of `--set size 1` and `--set size:1`."""
    name, mark, value = word.partition(":")
    after = next((after for before, after in pairwise(words) if before == word), "-")
    value = value if mark or after.startswith("-") else after
    meant = f"{name}={value}" if name and value else ""
    near = f"; did you mean {shlex.quote(meant)}?" if meant else ", for example --set lookback=40"
    return f"--set {word!r}, expected NAME=VALUE{near}"


def _check_one_dash(word: str, options: Mapping[str, Any]) -> None:
    if not _ONE_DASH.fullmatch(word):
        return
    from difflib import get_close_matches

    typed = word.partition("=")[0]
    near = get_close_matches(f"-{typed}", options, n=1, cutoff=0.85)
    if near and near[0].startswith("--"):
        raise UsageError(f"{typed} has one dash; did you mean {near[0]}?")
