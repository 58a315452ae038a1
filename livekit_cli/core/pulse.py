"""The pulse of one symbol: what is worth knowing between two durable steps, and may be lost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pulse:
    """How one symbol is doing. Times are epoch ms; None means not known, or not yet.

    The first five fields serve a restart: the journal line acknowledged last, the newest event that the consumer
    acknowledged, the last finished minute, and the strategy's last used and still-tried bucket. The rest is for
    people. `heartbeat` is wall time, everything else the market's.
    """

    seq: int = 0
    acked: int = 0
    minute: int | None = None
    bucket: int | None = None
    attempts: int = 0
    heartbeat: int | None = None
    newest_candle: int | None = None
    next_due: int | None = None
    price: float | None = None
    unrealised: float | None = None
    error: str | None = None
    error_time: int | None = None
    status: str = "starting"
    pid: int = 0
    host: str = ""
    since: int | None = None
    command: str = ""
