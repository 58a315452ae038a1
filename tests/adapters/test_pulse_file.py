"""The pulse: overwritten in place, told whole or not at all, and never in the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livekit_cli.adapters.pulse_file import PAGE, PulseFile, decode, encode, read_pulse
from livekit_cli.core.link import Link
from livekit_cli.core.pulse import Pulse
from livekit_cli.core.schedule import Turn

TIMES = st.none() | st.integers(0, 2**53)
LINKS = st.builds(
    Link,
    by_websocket=st.integers(0, 500),
    streams=st.integers(0, 500),
    silent_since=TIMES,
    unavailable_since=TIMES,
    left_alone_until=TIMES,
    trouble=st.text(max_size=16),
    ahead_ms=st.integers(-(2**40), 2**40),
)
PULSES = st.builds(
    Pulse,
    seq=st.integers(0, 2**40),
    acked=st.integers(0, 2**40),
    minute=TIMES,
    turn=st.builds(Turn, TIMES, TIMES, st.integers(0, 3)),
    heartbeat=TIMES,
    newest_candle=TIMES,
    price=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    unrealised=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    error=st.none() | st.text(max_size=100),
    command=st.text(max_size=80),
    status=st.sampled_from(("starting", "running", "restarting", "stopped", "ended", "halted")),
    host=st.text(st.sampled_from("az09.-"), max_size=60),
    error_code=st.none() | st.sampled_from((1, 69, 74)),
    delay_ms=TIMES,
    link=st.none() | LINKS,
)


@given(PULSES)
def test_a_pulse_fits_its_page_and_comes_back_the_same(pulse: Pulse) -> None:
    page = encode(pulse)
    assert len(page) == PAGE
    assert decode(page) == pulse


@given(PULSES, st.data())
def test_a_page_that_was_changed_is_not_believed(pulse: Pulse, data: st.DataObject) -> None:
    page = encode(pulse)
    place = data.draw(st.integers(0, len(page.rstrip()) - 1))
    bit = data.draw(st.integers(0, 7))
    assert decode(page[:place] + bytes((page[place] ^ 1 << bit,)) + page[place + 1 :]) is None


@given(st.binary(max_size=200))
def test_no_bytes_are_an_exception(page: bytes) -> None:
    assert decode(page) is None


@pytest.mark.parametrize("content", [b"", b"\0" * PAGE, b"\0" * 2 * PAGE, b"{}", b"x" * PAGE + b"7 \xff\n"])
def test_a_file_without_a_pulse_tells_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pulse").write_bytes(content)
    assert read_pulse(tmp_path / "x.pulse") is None
    assert read_pulse(tmp_path / "missing.pulse") is None


def test_long_texts_are_cut_so_that_a_page_is_enough(tmp_path: Path) -> None:
    names = ("minute", "heartbeat", "newest_candle", "next_due", "error_time", "since", "first", "delay_ms")
    times = dict.fromkeys(names, 10**15)
    small = 1.2345678901234567e-300
    numbers = dict.fromkeys(("seq", "acked", "began", "pid"), 10**12) | {"price": small, "unrealised": -small}
    link = Link(10**6, 10**6, 10**15, 10**15, 10**15, "\U0001f642" * 5000, -(10**15))
    texts = {"error": "\U0001f642" * 5000, "command": "\U0001f642" * 200, "host": "h" * 5000}
    pulse = Pulse(turn=Turn(10**15, 10**15, 3), link=link, **texts, **times, **numbers)
    file = PulseFile(tmp_path / "x.pulse")
    file.write(pulse)
    file.close()
    found = read_pulse(tmp_path / "x.pulse")
    assert found is not None
    assert found.link is not None
    assert found.link._replace(trouble="") == link._replace(trouble="")
    cut = {"error": "", "command": "", "host": "", "link": None}
    assert found._replace(**cut) == pulse._replace(**cut)
    assert (len(found.error or ""), len(found.command), len(found.host)) > (100, 80, 80)
    assert len(found.link.trouble) > 10
    assert set(found.error or "") == {"\U0001f642"}
    assert (tmp_path / "x.pulse").stat().st_size == PAGE


def test_the_witness_outlives_a_lost_page_and_the_page_a_lost_witness(tmp_path: Path) -> None:
    path = tmp_path / "x.pulse"
    file = PulseFile(path)
    file.witness(7)
    assert read_pulse(path) == Pulse(seq=7)
    file.write(Pulse(seq=5, minute=60_000))
    assert read_pulse(path) == Pulse(seq=7, minute=60_000)
    file.close()
    path.write_bytes(path.read_bytes()[:PAGE] + b"\0" * 40)
    assert read_pulse(path) == Pulse(seq=5, minute=60_000)


def test_what_cannot_be_written_is_not_shown_and_hurts_nobody(tmp_path: Path) -> None:
    path = tmp_path / "x.pulse"
    file = PulseFile(path)
    file.write(Pulse(minute=60_000))
    os.close(file._fd)
    file.write(Pulse(minute=120_000))
    file.witness(3)
    assert read_pulse(path) == Pulse(minute=60_000)


def test_a_file_of_an_older_or_newer_version_gives_what_both_know(tmp_path: Path) -> None:
    from livekit_cli.adapters import pulse_file

    def read(body: bytes) -> Pulse | None:
        return decode((b'{"sum":"%s","pulse":%s}' % (pulse_file._sum_of(body), body)).ljust(PAGE))

    assert read(b'{"turn":[1,2,3],"minute":60000,"mood":"good"}') == Pulse(minute=60_000, turn=Turn(1, 2, 3))
    assert read(b'{"turn":[1,2,3],"link":{"streams":5,"mood":"good"}}') == Pulse(
        turn=Turn(1, 2, 3), link=Link(streams=5)
    )


def test_a_file_that_was_deleted_comes_back_with_the_next_beat(tmp_path: Path) -> None:
    path = tmp_path / "x.pulse"
    file = PulseFile(path)
    file.write(Pulse(minute=60_000))
    path.unlink()
    file.witness(3)
    assert read_pulse(path) is None
    file.write(Pulse(seq=3, minute=120_000))
    file.witness(4)
    assert read_pulse(path) == Pulse(seq=4, minute=120_000)
    file.close()


def test_a_folder_that_was_deleted_hurts_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    folder.mkdir()
    file = PulseFile(folder / "x.pulse")
    (folder / "x.pulse").unlink()
    folder.rmdir()
    file.write(Pulse(minute=60_000))
    file.close()
    assert not folder.exists()
