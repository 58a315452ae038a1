"""What a check has found: a sign for each thing looked at, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .errors import (
    CannotCreate,
    ConfigError,
    CredentialsRefused,
    DiskFailed,
    ExchangeUnreachable,
    JournalDamaged,
    UsageError,
)


class Sign(StrEnum):
    """From good to bad."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


GRAVEST_FIRST = tuple(
    kind.exit_code
    for kind in (
        JournalDamaged,
        DiskFailed,
        CannotCreate,
        ConfigError,
        CredentialsRefused,
        ExchangeUnreachable,
        UsageError,
    )
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found out about `subject`; `mend` is one sentence that a trader can act on, where it is not ok.

    `code` is what a command that meets this would exit with.
    """

    subject: str
    sign: Sign
    found: str
    mend: str = ""
    code: int = 0


def exit_code(answers: Iterable[Answer]) -> int:
    """0 when nothing is wrong, otherwise the code of what is gravest.

    Damage, the disk, the data folder, the config, the key, the exchange, and what was typed.
    """
    codes = {answer.code for answer in answers if answer.sign is Sign.WRONG}
    return next((code for code in GRAVEST_FIRST if code in codes), int(bool(codes)))
