"""What `ports.Broker` promises, of the paper broker and of the fake alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from livekit_cli.adapters.paper import PaperBroker
from livekit_cli.core.signal import OrderSide
from livekit_cli.core.state import Filled, Order, Rejected, Unknown
from livekit_cli.ports import Broker
from livekit_cli.testing import FakeBroker

ORDER = Order("abc-open", "BTCUSDT", OrderSide.BUY, 100.5, 60_000)
BROKERS: list[Callable[[], Broker]] = [PaperBroker, FakeBroker]


@pytest.mark.parametrize("make", BROKERS)
def test_an_order_is_filled_at_its_price(make: Callable[[], Broker]) -> None:
    assert asyncio.run(make().submit(ORDER)) == Filled("abc-open", 100.5)


@pytest.mark.parametrize("make", BROKERS)
def test_an_order_that_is_submitted_again_has_the_same_fill(make: Callable[[], Broker]) -> None:
    broker = make()
    first, second = (asyncio.run(broker.submit(ORDER)) for _ in range(2))
    assert first == second


def test_the_fake_answers_as_told_and_remembers_what_is_definite() -> None:
    broker = FakeBroker(
        [
            lambda order: Unknown(order.client_order_id, "timeout"),
            lambda order: Rejected(order.client_order_id, "no money"),
        ]
    )
    answers = [asyncio.run(broker.submit(ORDER)) for _ in range(3)]
    refused = Rejected("abc-open", "no money")
    assert answers == [Unknown("abc-open", "timeout"), refused, refused]
    assert broker.submitted == [ORDER] * 3
