"""Every error livekit raises on purpose; its class says what livekit does about it.

LivekitError                    exit  what happens
├── UsageError                     2  nothing starts: the command line is wrong
├── ConfigError                   78  nothing starts: a config, strategy or candle file is wrong
├── CannotCreate                  73  nothing starts: the data folder cannot be written
├── Busy                          75  nothing starts: another process is doing just that
├── JournalError
│   ├── JournalLocked             75  nothing starts: another process owns this journal
│   ├── JournalDamaged            65  the symbol is halted until a person has looked
│   ├── DiskFailed                74  the symbol is stopped: the file is not trusted again by this process
│   └── DiskFull                  74  the minute is not recorded; it is tried again when there is space
├── ExchangeError
│   ├── FeedError                 69  the minute is not evaluated; the next one catches up
│   ├── MarketGone                69  the symbol is halted: its exchange does not trade it any more
│   ├── ExchangeUnreachable       69  nothing starts: the exchange cannot be reached
│   ├── ExchangeRefused           69  nothing starts: the exchange does not serve us
│   └── CredentialsRefused        77  nothing starts: the key is wrong, or lacks a permission
└── StrategyError                  1  told to the trader; the symbol goes on without a proposal
    └── ProposalRefused            1  the same, with every reason
"""

from __future__ import annotations

from collections.abc import Sequence

from .words import one_line


class LivekitError(Exception):
    """A failure that livekit foresaw; `str()` is the sentence for the trader, or a line for each of several.

    A line break in one of them is a stranger's, and stays within it: no file name may pass for a second error.
    """

    exit_code = 1

    def __init__(self, *lines: str) -> None:
        super().__init__(*map(one_line, lines))

    def __str__(self) -> str:
        return "\n".join(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        return self.args


class UsageError(LivekitError):
    """The command line, or a call of the library, asks for what is not there. Nothing starts."""

    exit_code = 2


class ConfigError(LivekitError):
    """A config, strategy or candle file is wrong. Nothing starts."""

    exit_code = 78


class CannotCreate(LivekitError):
    """The data folder cannot be written. Nothing starts."""

    exit_code = 73


class Busy(LivekitError):
    """Another process is doing just that, where only one may. Nothing starts."""

    exit_code = 75


class JournalError(LivekitError):
    """Something about one symbol's journal; never answered with a fresh start."""


class JournalLocked(JournalError):
    """Another process, or another run in this one, owns the journal. Nothing starts."""

    exit_code = 75


class JournalDamaged(JournalError):
    """The journal does not check out. Its symbol is halted until a person has looked."""

    exit_code = 65


class DiskFailed(JournalError):
    """The disk did not do what it was told. The symbol is stopped; this process trusts the file no more."""

    exit_code = 74


class DiskFull(JournalError):
    """There is no space. The minute is not recorded, and is tried again."""

    exit_code = 74


class ExchangeError(LivekitError):
    """An exchange did not do what it was asked."""

    exit_code = 69


class FeedError(ExchangeError):
    """The exchange did not say what the candles are. The minute is not evaluated; the next one catches up.

    `is_shared` says that every symbol of the exchange meets this failure, and that it is logged once for all of them.
    """

    def __init__(self, text: str, *, is_shared: bool = False) -> None:
        super().__init__(text)
        self.is_shared = is_shared


class MarketGone(ExchangeError):
    """The exchange does not trade this symbol any more. The symbol is halted; what it had open stays open."""


class ExchangeUnreachable(ExchangeError):
    """The exchange cannot be reached at the start. Nothing starts."""


class ExchangeRefused(ExchangeError):
    """The exchange does not serve us, for example in this country. Nothing starts."""


class CredentialsRefused(ExchangeError):
    """The exchange does not accept the key, or not for this. Nothing starts."""

    exit_code = 77


class StrategyError(LivekitError):
    """The user's strategy raised, hung or answered nonsense."""


class ProposalRefused(StrategyError):
    """A proposal that breaks a rule; `reasons` holds one sentence for each broken rule."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("proposal refused: " + "; ".join(reasons))
        self.reasons = tuple(reasons)
