"""The pulse file: two pages, overwritten in place, checksummed, never synced; any of it may be lost.

The first page is the pulse. The second bears witness to the newest durable step, alone, because it is written after
every append and must cost next to nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ..core.link import Link
from ..core.pulse import Pulse
from ..core.schedule import Turn
from .disk import plain_bytes

PAGE = 4096
"""What fits in one page is written by one call, so a reader sees the old text or the new one."""

_ROOM = {"error": 1600, "command": 1100, "host": 100}
_TROUBLE_ROOM = 200
"""Bytes of a page that a foreign text may take; a letter may take twelve."""

_ENCODER = json.JSONEncoder(separators=(",", ":"))


class PulseFile:
    """Writes one symbol's pulse. Overwriting in place costs a few microseconds; a rename would cost a hundred."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be created."""
        self._path = path
        self._fd = _opened(path)

    def write(self, pulse: Pulse) -> None:
        """Show `pulse`; what cannot be written is not shown, and nothing else depends on it."""
        self._come_back()
        self._put(encode(pulse), 0)

    def witness(self, seq: int) -> None:
        """Note that step `seq` is durable."""
        number = b"%016d" % seq
        self._put(b"%s %s\n" % (number, _sum_of(number)), PAGE)

    def close(self) -> None:
        os.close(self._fd)

    def _come_back(self) -> None:
        """A file that was deleted is made anew: nobody would see what is written to the old one."""
        try:
            if os.fstat(self._fd).st_nlink == 0:
                fresh = _opened(self._path)
                os.dup2(fresh, self._fd, inheritable=False)
                os.close(fresh)
        except OSError:
            # Its folder may be gone too; the journal will tell.
            return

    def _put(self, content: bytes, offset: int) -> None:
        try:
            os.pwrite(self._fd, content, offset)
        except OSError:
            # A full or failing disk is told by the journal, which must be durable. The pulse only goes stale.
            return


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


def read_pulse(path: Path) -> Pulse | None:
    """The pulse in `path`, `seq` being the highest that either page knows; None when neither page is whole."""
    try:
        content = plain_bytes(path)
    except OSError:
        return None
    pulse, seq = decode(content[:PAGE]), _witnessed(content[PAGE:])
    if pulse is None and seq == 0:
        return None
    pulse = pulse or Pulse()
    return pulse._replace(seq=max(seq, pulse.seq))


def encode(pulse: Pulse) -> bytes:
    """The first page."""
    plain = pulse._asdict()
    plain["turn"] = (pulse.turn.used, pulse.turn.tried, pulse.turn.failures)
    if pulse.link is not None:
        plain["link"] = pulse.link._asdict() | {"trouble": _cut(pulse.link.trouble, _TROUBLE_ROOM)}
    for name, room in _ROOM.items():
        plain[name] = plain[name] and _cut(plain[name], room)
    body = _ENCODER.encode(plain).encode("ascii")
    line = b'{"sum":"%s","pulse":%s}' % (_sum_of(body), body)
    return line.ljust(PAGE - 1) + b"\n"


def _cut(text: str, room: int) -> str:
    text = text[:room]
    while len(_ENCODER.encode(text)) > room:
        text = text[: len(text) * 7 // 8]
    return text


def decode(page: bytes) -> Pulse | None:
    """The pulse on the first page; None when it is not whole."""
    line = page.rstrip()
    body = line[34:-1]
    if line[:8] != b'{"sum":"' or line[24:34] != b'","pulse":' or line[-1:] != b"}" or _sum_of(body) != line[8:24]:
        return None
    known = json.loads(body)
    known["turn"] = Turn(*known["turn"])
    if link := known.get("link"):
        known["link"] = Link(**_both_know(link, Link._fields))
    return Pulse(**_both_know(known, Pulse._fields))


def _both_know(written: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A newer livekit may have written more, an older one less."""
    return {name: written[name] for name in names if name in written}


def _witnessed(page: bytes) -> int:
    number, _, found = page.rstrip().partition(b" ")
    return int(number) if found and found == _sum_of(number) else 0


def _sum_of(body: bytes) -> bytes:
    return blake2b(body, digest_size=8).hexdigest().encode("ascii")
