"""Changes through the client's REST: placing, modifying, cancelling, and what can be concluded."""

import json
from decimal import Decimal

import pytest
import trio

from actors.domain.errors import (
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
)
from actors.domain.model import TaskReport
from actors.domain.wire import parse
from actors.runtime.seams import HttpResponse
from actors.upstream import Change, Placement
from tests.actors.upstream.memory import KEY, answer
from tests.actors.upstream.samples import (
    BATCH,
    LEG,
    TASK,
)

TASK_ID = "5f0c1a1e-8c1d-4b3a-9d53-0a1b2c3d4e5f"
ASK_TASK = f"GET /orders/tasks/{TASK_ID}"
QUEUED = answer({"order_id": "", "task_id": TASK_ID})


def body_of(http):
    return json.loads(http.requests[0].body)


def state(status, **more):
    return answer(json.loads(TASK) | {"status": status} | more)


async def test_a_placement_goes_out_in_kites_fields_under_our_tag(service, http):
    """Our tag goes out, never the caller's; a price only where one is set."""
    http.lay("POST /orders/place", answer({"status": "success", "data": {"order_id": "77"}}))
    assert await service.place(LEG) == Placement("77")
    assert parse(http.requests[0].body) == {
        "account_id": "primary",
        "exchange": "NFO",
        "tradingsymbol": "NIFTY26NOVFUT",
        "transaction_type": "BUY",
        "quantity": 50,
        "product": "NRML",
        "order_type": "LIMIT",
        "variety": "regular",
        "validity": "DAY",
        "tag": "ow01abc",
        "price": Decimal("19500.25"),
    }
    assert http.requests[0].headers["Content-Type"] == "application/json"
    assert len(http.requests) == 1


async def test_a_queued_placement_is_followed_to_its_order(service, http, autojump_clock):
    """A queued order has its task as receipt, which is asked until it names the order."""
    http.lay("POST /orders/place", QUEUED)
    assert await service.place(LEG) == Placement(None, TASK_ID)
    http.lay(
        ASK_TASK, state("pending"), BrokerUnknown("lost"), state("retrying"), answer(TASK.encode())
    )
    began_s = trio.current_time()
    assert await service.settled(TASK_ID) == Placement("251123000123456")
    assert trio.current_time() - began_s == pytest.approx(1.5)
    assert http.calls() == ["POST /orders/place", *[ASK_TASK] * 4]


@pytest.mark.parametrize(
    "reply",
    [
        state("running", result=None),
        answer({"detail": "no such task"}, 404),
        answer({"detail": "Unauthorized"}, 401),
        answer({}, 429),
        answer(b"{"),
        answer({"task_id": TASK_ID}),
        BrokerUnreachable("no"),
    ],
)
async def test_a_queued_placement_without_news_is_known_by_its_tag(
    service, http, autojump_clock, reply
):
    """P9: a question about a task that fails says nothing of the order: it is queued, and known
    by its tag. The asking ends within 10 s.
    """
    http.lay(ASK_TASK, reply)
    began_s = trio.current_time()
    assert await service.settled(TASK_ID) == Placement(None)
    assert 9 <= trio.current_time() - began_s <= 10
    assert set(http.calls()) == {ASK_TASK}
    assert len(http.requests) <= 21


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (state("failed", last_error="Insufficient funds", result=None), BrokerRefused),
        (state("dead_letter", last_error="Request timed out", result=None), BrokerUnknown),
        (state("dead_letter", last_error="Bad symbol", attempts=5, result=None), BrokerUnknown),
    ],
)
async def test_a_failed_task_says_what_can_be_concluded(service, http, reply, error):
    """P9: only a first attempt with a plain refusal is a certain no."""
    http.lay(ASK_TASK, reply)
    with pytest.raises(error):
        await service.settled(TASK_ID)


MUTATIONS = {
    "POST /orders/place": lambda service: service.place(LEG),
    "PUT /orders/modify": lambda service: service.modify("77", "regular", Change(quantity=25)),
    "DELETE /orders/cancel": lambda service: service.cancel("77", "regular"),
    "POST /advanced/batch-orders": lambda service: service.place_together([LEG]),
}


@pytest.mark.parametrize("call", MUTATIONS)
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({"detail": "LIMIT orders require a price"}, 400), BrokerRefused),
        (answer({"message": "Please check the order book"}, 400), BrokerUnknown),
        (answer({"status": "error", "message": "Order timed out"}), BrokerUnknown),
        (answer({"status": "error", "message": "No funds"}), BrokerRefused),
        (answer({"detail": "Invalid API key"}, 401), NeedsLogin),
        (answer({"detail": "TokenException"}, 403), NeedsLogin),
        (answer({}, 408), BrokerUnknown),
        (answer({}, 429), BrokerRefused),
        (answer(b"<html>", 500), BrokerUnknown),
        (answer({}, 503), BrokerUnknown),
        (answer(b"<html>"), BrokerUnknown),
        (answer([]), BrokerUnknown),
        (answer(b"", 302), BrokerUnknown),
        (HttpResponse(200, {}, b'"' + b"x" * 2_000_000 + b'"'), BrokerUnknown),
        (BrokerUnreachable("no"), BrokerUnreachable),
        (BrokerUnknown("no answer"), BrokerUnknown),
    ],
)
async def test_each_failure_of_a_change_says_whether_it_may_be_done(
    service, http, call, reply, error
):
    """P9: refused and unreachable are certain; whatever else may have been done, and is not
    sent again.
    """
    http.lay(call, reply)
    with pytest.raises(error) as caught:
        await MUTATIONS[call](service)
    assert type(caught.value) is error
    assert http.calls() == [call]
    assert KEY not in str(caught.value)


async def test_a_placement_that_names_nothing_may_be_done(service, http):
    """P9: a success without order or task proves nothing; the message says where it lacks."""
    http.lay("POST /orders/place", answer({"order_id": "", "task_id": None}))
    with pytest.raises(BrokerUnknown, match=r"\$\.order_id: an order or a task is needed"):
        await service.place(LEG)


async def test_a_modification_carries_only_what_changes(service, http):
    """What is None is left as it is, and not sent."""
    http.lay("PUT /orders/modify", answer({"order_id": "77", "task_id": "t"}))
    await service.modify("77", "amo", Change(price=Decimal("19499.95"), order_type="LIMIT"))
    assert parse(http.requests[0].body) == {
        "account_id": "primary",
        "order_id": "77",
        "variety": "amo",
        "price": Decimal("19499.95"),
        "order_type": "LIMIT",
    }


async def test_a_cancel_names_the_order_in_its_body(service, http):
    """DELETE with a JSON body, as published."""
    http.lay("DELETE /orders/cancel", answer({"order_id": "77", "task_id": "t"}))
    await service.cancel("77", "regular")
    assert body_of(http) == {"account_id": "primary", "order_id": "77", "variety": "regular"}
    assert http.timeouts_s == [10.0]


async def test_the_brokers_batch_is_sent_and_proves_nothing(service, http):
    """The broker's own batch answers with counts; which orders exist is not among them."""
    http.lay("POST /advanced/batch-orders", answer(BATCH.encode(), 201))
    assert await service.place_together([LEG, LEG]) == json.loads(BATCH)["error"]
    sent = body_of(http)
    assert (sent["account_id"], sent["rollback_on_failure"]) == ("primary", False)
    assert [order["tag"] for order in sent["orders"]] == ["ow01abc"] * 2


async def test_a_task_can_be_asked_for(service, http):
    """What became of a queued operation; an answer of another shape is the broker's fault."""
    http.lay(ASK_TASK, answer(TASK.encode()), answer({"status": "pending"}))
    assert await service.task(TASK_ID) == TaskReport(TASK_ID, "completed", "251123000123456", None)
    with pytest.raises(BrokerProtocol, match=r"\$\.task_id"):
        await service.task(TASK_ID)


async def test_the_key_is_shown_nowhere(service):
    """P21: neither the client nor its parts show the key."""
    assert KEY not in repr(service)
