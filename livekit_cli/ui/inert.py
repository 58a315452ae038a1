"""Foreign text on its way to a person: inert on one line, and in markdown too."""

from __future__ import annotations

import re
from functools import lru_cache

from ..core.inert import ELLIPSIS, cells, cut, inert

__all__ = ("ELLIPSIS", "cells", "cut", "inert", "inert_markdown")

# Beyond what CommonMark calls markup: ~ strikes out, $ is mathematics to some readers, and bare addresses turn into
# links. An @ cannot be defused by a backslash.
_MARKUP = re.compile(r"[|`*_\[\]<>#&\\~$]|:(?=//)|(?<=www)\.", re.IGNORECASE)


@lru_cache(maxsize=512)  # a report shows the same few symbols again and again, and each note twice
def inert_markdown(text: str) -> str:
    """`text` as the content of a markdown table cell or sentence that shows exactly the characters of `inert(text)`."""
    return _MARKUP.sub(r"\\\g<0>", inert(text))
