"""Foreign words: the nearest right one for an error message, and any text made inert for one line of a terminal."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: object, words: Iterable[str]) -> str:
    """`; did you mean 'breakout'?` when one of `words` is near, else nothing: made to end an error message."""
    found = near(word, words)
    return f"; did you mean {found!r}?" if found else ""


def near(word: object, words: Iterable[str]) -> str | None:
    """The one of `words` that is nearest to `word`, in whatever case either is; None when none is near."""
    from difflib import get_close_matches  # only errors need it

    folded = {known.casefold(): known for known in words}
    found = get_close_matches(str(word).casefold(), folded, n=1)
    return folded[found[0]] if found else None


def inert(text: str, length: int = 200) -> str:
    """The first line of `text`, at most `length` characters, each unprintable one (ESC, bidi marks) written out."""
    line = text.strip().partition("\n")[0][: length + 1]
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)
    return shown if len(shown) <= length else shown[: length - 3] + "..."
