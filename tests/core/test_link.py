"""The words for a connection, at any moment after it was seen."""

from __future__ import annotations

import pytest

from livekit_cli.core.link import Contact, Link, Way

NOW = 1_772_410_260_000


@pytest.mark.parametrize(
    ("link", "contact"),
    [
        (Link(), Contact.CONNECTED),
        (Link(unavailable_since=NOW - 60_000), Contact.UNAVAILABLE),
        (Link(left_alone_until=NOW + 1), Contact.LEFT_ALONE),
        (Link(left_alone_until=NOW + 1, unavailable_since=NOW - 60_000), Contact.LEFT_ALONE),
        # Nobody has asked it again yet; whoever looks need not know that it will be well.
        (Link(left_alone_until=NOW, unavailable_since=NOW - 60_000), Contact.UNAVAILABLE),
        (Link(left_alone_until=NOW), Contact.CONNECTED),
    ],
)
def test_an_exchange_is_connected_unavailable_or_left_alone(link: Link, contact: Contact) -> None:
    assert link.contact(NOW) is contact


def test_candles_come_by_websocket_as_soon_as_one_symbol_has_its_own_from_there() -> None:
    assert [Link(count, 50).way for count in (0, 1, 50)] == [Way.REST, Way.WEBSOCKET, Way.WEBSOCKET]
