"""Every error livekit raises on purpose; its class says what livekit does about it.

LivekitError                    exit  what happens
├── UsageError                     2  nothing starts: the command line is wrong
├── ConfigError                   78  nothing starts: a config, strategy or candle file is wrong
├── CannotCreate                  73  nothing starts: the data folder cannot be written
├── JournalError
│   ├── JournalLocked             75  nothing starts: another process owns this journal
│   ├── JournalDamaged            65  the symbol is halted until a person has looked
│   ├── DiskFailed                74  the symbol is stopped: the file is not trusted again by this process
│   └── DiskFull                  74  the minute is not recorded; it is tried again when there is space
├── FeedError                     69  the minute is not evaluated; the next one catches up
└── StrategyError                  1  told to the trader; the symbol goes on without a proposal
    └── ProposalRefused            1  the same, with every reason
"""

from __future__ import annotations

from collections.abc import Sequence


class LivekitError(Exception):
    """A failure that livekit foresaw; `str()` is the sentence for the trader."""

    exit_code = 1


class UsageError(LivekitError):
    exit_code = 2


class ConfigError(LivekitError):
    exit_code = 78


class CannotCreate(LivekitError):
    exit_code = 73


class JournalError(LivekitError):
    """Something about one symbol's journal; never answered with a fresh start."""


class JournalLocked(JournalError):
    exit_code = 75


class JournalDamaged(JournalError):
    exit_code = 65


class DiskFailed(JournalError):
    exit_code = 74


class DiskFull(JournalError):
    exit_code = 74


class FeedError(LivekitError):
    exit_code = 69


class StrategyError(LivekitError):
    """The user's strategy raised, hung or answered nonsense."""


class ProposalRefused(StrategyError):
    """A proposal that breaks a rule; `reasons` holds one sentence for each broken rule."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("proposal refused: " + "; ".join(reasons))
        self.reasons = tuple(reasons)
