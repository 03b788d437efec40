"""ticker_service's batch endpoint, with what it gets wrong.

    legs, one after the other ── one fails ──▶ cancel the earlier ones ──▶ "succeeded: 0"

As published: no order ids in the answer; a leg that is merely taken counts as done; after a failure
it reports that all was rolled back, even when a cancel failed or an earlier leg had filled; a leg
that timed out is not looked for again; and a tagged batch is refused, since the tag it makes is
none that Kite takes.
"""

from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

import trio
from attrs import evolve

from web.sandbox.asks import TAG, ask_of
from web.sandbox.desk import Desk
from web.sandbox.http import Response, answer
from web.sandbox.orders import Ask, RefusedError

LEGS_MAX: Final = 20
LEG_S: Final = 30.0
"""How long it waits for one leg to be accepted."""


async def run_batch(desk: Desk, body: dict[str, Any]) -> Response:
    """Place a batch. Raises RefusedError, with nothing placed, when a leg is not well formed."""
    account_id = body.get("account_id", "primary")
    if account_id not in desk.accounts:
        raise RefusedError("Account not found")
    asks = _asks(account_id, body.get("orders"))
    began = desk.now()
    batch_id = str(uuid5(NAMESPACE_OID, f"{account_id}/{began.isoformat()}/{body['orders']}"))
    placed: list[str] = []
    error = None
    for number, ask in enumerate(asks, start=1):
        tag = f"{ask.tag}_batch_{batch_id}_{number}" if ask.tag else None
        problem = await _leg(desk, evolve(ask, tag=tag), placed)
        if problem is not None:
            error = f"Order {number} failed: {problem}."
            break
    succeeded = len(placed)
    if error is not None and body.get("rollback_on_failure", True):
        for order_id in placed:
            _cancel(desk, order_id)
        error += f" Rolled back {len(placed)} orders."
        succeeded = 0
    return answer(
        {
            "batch_id": batch_id,
            "success": error is None,
            "total_orders": len(asks),
            "succeeded": succeeded,
            "failed": len(asks) - succeeded,
            "created_at": began.isoformat(),
            "completed_at": desk.now().isoformat(),
            "error": error,
        },
        status=201,
    )


def _asks(account_id: str, orders: Any) -> list[Ask]:
    if not isinstance(orders, list) or not 1 <= len(orders) <= LEGS_MAX:
        raise RefusedError(f"A batch has 1 to {LEGS_MAX} orders.")
    asks = []
    for number, order in enumerate(orders, start=1):
        if not isinstance(order, dict):
            raise RefusedError(f"Order {number}: not an object")
        try:
            asks.append(ask_of(account_id, order))
        except RefusedError as refusal:
            raise RefusedError(f"Order {number}: {refusal}") from None
    return asks


async def _leg(desk: Desk, ask: Ask, placed: list[str]) -> str | None:
    """Place one leg; what went wrong in words, or None and its id in `placed`."""
    await trio.sleep(desk.latency_s)
    if ask.tag is not None and not TAG.fullmatch(ask.tag):
        return "Invalid `tag`"
    try:
        outcome = desk.market.place(ask)
    except RefusedError as refusal:
        return str(refusal)
    if outcome.order is None or not outcome.answers:
        await trio.sleep(LEG_S)
        return f"not accepted within {LEG_S:.0f}s"
    placed.append(outcome.order.order_id)
    return None


def _cancel(desk: Desk, order_id: str) -> None:
    try:
        desk.market.cancel(order_id)
    except RefusedError:
        # The published service logs this and reports a rollback all the same.
        return
