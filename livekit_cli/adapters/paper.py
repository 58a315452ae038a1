"""The paper broker: every order fills at once, at the price the rules expected."""

from __future__ import annotations

from ..core.state import Filled, Order


class PaperBroker:
    """Implements `ports.Broker` without memory: the same order always has the same fill, so none can fill twice."""

    async def submit(self, order: Order) -> Filled:
        return Filled(order.client_order_id, order.price)
