"""One order at a time, over HTTP: placed, modified, cancelled.

    POST   /accounts/{id}/orders              a batch of one: 200 ended · 202 + Location
    PUT    /accounts/{id}/orders/{order_id}   200 it stands as asked · 202 not heard of yet
    DELETE /accounts/{id}/orders/{order_id}   200 it has ended · 202 not heard of yet

An answer is the order as the view has it, at the position that it names: the broker's own yes is
no event, and is not shown as one.
"""

from __future__ import annotations

from typing import Any

from quart import Response, request
from quart_trio import QuartTrio

from actors import BatchRequest, System
from actors.domain.errors import BadRequest, DecodeError, Fault, Refused
from actors.domain.ids import AccountId, OrderId
from actors.domain.wire import structure
from actors.upstream import Change

from .answers import answer, caller, commanded, order_at
from .batches import answer_of, claim_of
from .bodies import read_body, read_fields
from .query import asked_once

ONLY_LEG = "$.orders[0]"


class Orders:
    """What `/accounts/{id}/orders` takes."""

    def __init__(self, system: System) -> None:
        self._system = system

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        rule = "/accounts/<account_id>/orders"
        app.add_url_rule(rule, "place_order", self.place, methods=["POST"])
        rule = f"{rule}/<order_id>"
        app.add_url_rule(rule, "modify_order", self.modify, methods=["PUT"])
        app.add_url_rule(rule, "cancel_order", self.cancel, methods=["DELETE"])

    async def place(self, account_id: str) -> Response:
        """Place an order as a batch of one, and wait for its end as long as the caller wishes."""
        account = caller().require("trade", account_id)
        asked_once(request.args, ())
        value = read_body(await request.get_data())
        try:
            wanted = read_order(value)
            claim = claim_of(request.headers.get("Idempotency-Key"), caller(), account, value)
            batch = await self._system.submit_batch(account, wanted, claim=claim)
        except BadRequest as error:
            raise of_one(error) from None
        head = {"order_id": batch.legs[0].order_id}
        return answer_of(self._system.view(account), batch.batch_id, head)

    async def modify(self, account_id: str, order_id: str) -> Response:
        """Change an open order."""
        account = commanded(account_id, no_order(order_id))
        asked_once(request.args, ())
        value = read_body(await request.get_data())
        change = read_fields(value, Change, "the body is not a change of an order")
        found = await self._system.modify_order(account, OrderId(order_id), change)
        return self._answer(account, order_id, has_come=found.has_come)

    async def cancel(self, account_id: str, order_id: str) -> Response:
        """Cancel an open order."""
        account = commanded(account_id, no_order(order_id))
        asked_once(request.args, ())
        found = await self._system.cancel_order(account, OrderId(order_id))
        return self._answer(account, order_id, has_come=found.has_come)

    def _answer(self, account: AccountId, order_id: str, *, has_come: bool) -> Response:
        view = self._system.view(account)
        body = order_at(view.book.orders[OrderId(order_id)].data, view.position)
        return answer(body, 200) if has_come else answer(body, 202, {"Location": request.path})


def no_order(order_id: str) -> Refused:
    """Make the error for an order that is not there, or that the caller may not know of."""
    return Refused(404, f"there is no order {order_id[:80]!r}")


def read_order(value: Any) -> BatchRequest:
    """Make a batch of one leg of a body: that leg's fields, and `wait_s` beside them."""
    if not isinstance(value, dict):
        raise BadRequest("the body is not an order", (Fault("$", "an object is needed"),))
    leg = {name: value[name] for name in value if name != "wait_s"}
    batch = {"orders": [leg]} | {name: value[name] for name in value if name == "wait_s"}
    try:
        return structure(batch, BatchRequest)
    except DecodeError as error:
        raise BadRequest("the body is not an order", error.faults) from None


def of_one(error: BadRequest) -> BadRequest:
    """Tell a fault of the only leg as one of the order that was asked for."""
    faults = tuple(
        Fault(f"${fault.path.removeprefix(ONLY_LEG)}", fault.message)
        if fault.path.startswith(ONLY_LEG)
        else fault
        for fault in error.faults
    )
    return BadRequest(error.detail, faults, status=error.status)
