"""The lives of several orders, asked for side by side.

    ids ──▶ history, history, … (four at once) ──▶ {order id: its states}

An order whose life was not had is left out: then only its last state is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import structlog
import trio

from actors.domain.errors import BrokerError
from actors.domain.ids import OrderId
from actors.domain.model import OrderReport

from . import Upstream

log = structlog.get_logger()

AT_ONCE: Final = 4


async def ask_histories(
    upstream: Upstream, ids: Sequence[OrderId]
) -> Mapping[OrderId, Sequence[OrderReport]]:
    """Ask for the states that some orders passed through."""
    histories: dict[OrderId, Sequence[OrderReport]] = {}
    limit = trio.CapacityLimiter(AT_ONCE)

    async def ask(order_id: OrderId) -> None:
        async with limit:
            try:
                histories[order_id] = await upstream.history(order_id)
            except BrokerError as error:
                log.info("no history", order=order_id, reason=str(error))

    async with trio.open_nursery() as nursery:
        for order_id in ids:
            nursery.start_soon(ask, order_id)
    return histories
