"""The calls that trade: orders, batches. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.batch import BatchRequest, LegRequest
from actors.upstream import Change
from web.batches import FlattenWish
from web.bodies import NoFields

from . import beside, forms
from .call import Answer, Body, Call, Form, OneOf, Section
from .notes import WAIT

ORDER_REQUEST: Final = Form(
    "OrderRequest",
    "One order that a caller asks for.",
    {"wait_s": {**WAIT, "default": 30}},
    base=LegRequest,
    optional=frozenset({"wait_s"}),
)
LOCATION: Final = {"Location": "where it is to be looked up"}
NEITHER: Final = "refused, nothing was sent: not ready, the broker keeps failing, the store is full"
BROKER: Final = "the broker refused, or nobody knows whether it acted: `detail` says which"
REFUSALS: Final[Mapping[int, str]] = {
    403: "the right is missing, or the account is only read (shadow)",
    409: "the account is halted, an equal batch was just sent, or the key has another body",
    422: "a leg breaks a rule: each leg and field is named, nothing was sent",
    429: "the account's calls have no room for it and its way out; `Retry-After` says when",
    503: NEITHER,
}
COMMAND: Final[Mapping[int, str]] = {
    403: REFUSALS[403],
    409: "it has ended, or the account is halted and this is no exit",
    502: BROKER,
    503: "too many calls wait for the broker, or the store is full",
}

BATCHES: Final = Section(
    "Batches",
    "Legs that go out together and end in one named outcome. An order id alone is not acceptance:"
    " a leg is accepted when the broker shows it open, waiting for its trigger, or filled.",
    (
        Call(
            "place_batch",
            "POST",
            "/accounts/{account_id}/batch-orders",
            "Place a batch",
            {
                200: Answer(
                    "It has ended; of a dry run, what it would do.",
                    OneOf((forms.BATCH_AT, forms.DRY_RUN)),
                ),
                202: Answer("It is running still.", forms.BATCH_AT, headers=LOCATION),
            },
            right="trade",
            query=(beside.DRY_RUN,),
            headers=(beside.IDEMPOTENCY, beside.PREFER),
            body=Body(BatchRequest),
            faults=REFUSALS,
        ),
        Call(
            "batches",
            "GET",
            "/accounts/{account_id}/batch-orders",
            "Batches of the day",
            {200: Answer("A page.", forms.BATCHES)},
            query=beside.PAGE,
        ),
        Call(
            "batch",
            "GET",
            "/accounts/{account_id}/batch-orders/{batch_id}",
            "One batch",
            {200: Answer("As it stands.", forms.BATCH_AT)},
            about="Also one of a day that is over.",
        ),
        Call(
            "acknowledge_batch",
            "POST",
            "/accounts/{account_id}/batch-orders/{batch_id}/acknowledge",
            "Accept what it left in the market",
            {200: Answer("It is the desk's own from now on.", forms.BATCH_AT)},
            right="trade",
            body=Body(NoFields, may_be_empty=True),
            faults={409: "it left nothing, or is running", 503: "that cannot be stored now"},
        ),
        Call(
            "flatten_batch",
            "POST",
            "/accounts/{account_id}/batch-orders/{batch_id}/flatten",
            "Try again to unwind what it left",
            {
                200: Answer("It has ended anew.", forms.BATCH_AT),
                202: Answer("It is running still.", forms.BATCH_AT, headers=LOCATION),
            },
            right="trade",
            body=Body(FlattenWish, may_be_empty=True),
            faults={
                403: REFUSALS[403],
                409: "it leaves nothing to flatten, or is running",
                503: NEITHER,
            },
        ),
    ),
)

ORDERS: Final = Section(
    "One order at a time",
    "An answer is the order as it stands at the place that it names: the broker's own yes is no"
    " event, and is not shown as one.",
    (
        Call(
            "place_order",
            "POST",
            "/accounts/{account_id}/orders",
            "Place an order",
            {
                200: Answer("It was accepted, or has failed.", forms.ORDER_BATCH),
                202: Answer("Not known yet.", forms.ORDER_BATCH, headers=LOCATION),
            },
            right="trade",
            headers=(beside.IDEMPOTENCY,),
            body=Body(ORDER_REQUEST),
            about="A batch of one.",
            faults=REFUSALS,
        ),
        Call(
            "modify_order",
            "PUT",
            "/accounts/{account_id}/orders/{order_id}",
            "Change an open order",
            {
                200: Answer("It stands as asked.", forms.ORDER_AT),
                202: Answer("Its event has not come yet.", forms.ORDER_AT, headers=LOCATION),
            },
            right="trade",
            body=Body(Change),
            faults=COMMAND,
        ),
        Call(
            "cancel_order",
            "DELETE",
            "/accounts/{account_id}/orders/{order_id}",
            "Cancel an open order",
            {
                200: Answer("It has ended.", forms.ORDER_AT),
                202: Answer("Its event has not come yet.", forms.ORDER_AT, headers=LOCATION),
            },
            right="trade",
            about="Also while the account is halted, and while the store takes nothing.",
            faults={**COMMAND, 409: "it has ended"},
        ),
    ),
)
