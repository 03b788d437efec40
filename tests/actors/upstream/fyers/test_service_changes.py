"""Changes at Fyers: placing, modifying, cancelling, and what can be concluded."""

import json
from decimal import Decimal

import pytest

from actors.domain.errors import (
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
)
from actors.domain.wire import parse
from actors.runtime.seams import HttpResponse
from actors.upstream import Change, Placement
from tests.actors.upstream.fyers.given import APP, SECRET, TOKEN
from tests.actors.upstream.fyers.samples import NO_ACK, ORDER_ROW, PLACED, TOGETHER
from tests.actors.upstream.memory import answer
from tests.actors.upstream.samples import LEG

PLACE = "POST /api/v3/orders/sync"
MODIFY = "PATCH /api/v3/orders/sync"
CANCEL = "DELETE /api/v3/orders/sync"
SEVERAL = "POST /api/v3/multi-order/sync"
BOOK = "GET /api/v3/orders"
LIMIT = Change(order_type="LIMIT", price=Decimal("19499.95"))
DONE = answer({"s": "ok", "code": 1103, "message": "Successfully cancelled order", "id": "77"})

CHANGES = {
    PLACE: lambda service: service.place(LEG),
    MODIFY: lambda service: service.modify("77", "regular", LIMIT),
    CANCEL: lambda service: service.cancel("77", "regular"),
    SEVERAL: lambda service: service.place_together([LEG]),
}


def no(code, message="Nope", status=400):
    return answer({"s": "error", "code": code, "message": message}, status)


async def test_a_placement_gives_its_order(service, http):
    """One call, under our tag, to the path that answers when the order has a number."""
    http.lay(PLACE, answer(PLACED))
    assert await service.place(LEG) == Placement("808058117761")
    (request,) = http.requests
    sent = parse(request.body)
    assert (sent["orderTag"], sent["symbol"]) == ("ow01abc", "NSE:NIFTY26NOVFUT")
    assert sent["limitPrice"] == Decimal("19500.25")
    assert request.headers["Authorization"] == f"{APP}:{TOKEN}"
    assert http.timeouts_s == [10.0]


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (no(-50), BrokerRefused),
        (no(-99, "RED:Margin Shortfall for C-XP0001", 200), BrokerRefused),
        (no(-50, "Request timed out, please check orderbook"), BrokerUnknown),
        (answer(NO_ACK), BrokerUnknown),
        (answer(NO_ACK, 201), BrokerUnknown),
        (no(201), BrokerUnknown),
        (no(-17, f"dead: {APP}:{TOKEN} {SECRET}", 401), NeedsLogin),
        (no(-16, status=200), NeedsLogin),
        (no(-1, status=403), BrokerRefused),
        (answer({}, 408), BrokerUnknown),
        (HttpResponse(429, {"x-retry-after-ms": "300"}, b""), BrokerRefused),
        (answer(b"<html>", 500), BrokerUnknown),
        (answer({}, 503), BrokerUnknown),
        (answer(b"<html>"), BrokerUnknown),
        (answer([]), BrokerUnknown),
        (answer({}), BrokerUnknown),
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
    sent again. No key and no client is in the words.
    """
    http.lay(call, reply)
    with pytest.raises(error) as caught:
        await CHANGES[call](service)
    assert type(caught.value) is error
    assert http.calls() == [call]
    assert not any(secret in str(caught.value) for secret in (APP, TOKEN, SECRET, "XP0001"))


@pytest.mark.parametrize("call", CHANGES)
async def test_without_a_token_nothing_is_sent(service, http, call):
    """P9: dead credentials are a certain no."""
    service.login.use("")
    with pytest.raises(NeedsLogin):
        await CHANGES[call](service)
    assert http.requests == []


@pytest.mark.parametrize(
    "body",
    [
        {"s": "ok", "code": 1101, "message": ""},
        {"s": "ok", "code": 200, "id": "77"},
        {"s": "ok", "code": 1101, "id": 77},
        {"s": "ok", "code": 1101, "id": ""},
    ],
)
async def test_a_placement_that_names_nothing_may_be_done(service, http, body):
    """P9: a success without an order's number proves nothing."""
    http.lay(PLACE, answer(body))
    with pytest.raises(BrokerUnknown, match="cannot be read"):
        await service.place(LEG)


async def test_a_change_that_says_enough_is_sent_at_once(service, http):
    """The type and its price are told: nothing has to be asked for."""
    http.lay(MODIFY, DONE)
    await service.modify("77", "regular", LIMIT)
    assert http.calls() == [MODIFY]
    sent = {"id": "77", "type": 1, "limitPrice": Decimal("19499.95")}
    assert parse(http.requests[0].body) == sent


async def test_a_change_that_leaves_the_type_out_asks_for_it(service, http):
    """Fyers wants the type with every change: it is the one that the order has, and so is its price."""
    row = ORDER_ROW.replace('"status":2', '"status":6')
    http.lay(BOOK, answer(f'{{"s":"ok","orderBook":[{row}]}}'.encode()))
    http.lay(MODIFY, DONE)
    await service.modify("23030900015105", "regular", Change(quantity=5))
    assert http.calls() == [BOOK, MODIFY]
    assert parse(http.requests[1].body) == {
        "id": "23030900015105",
        "type": 1,
        "qty": 5,
        "limitPrice": Decimal("6.95"),
    }


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({"s": "ok", "orderBook": []}), BrokerRefused),
        (no(-51), BrokerRefused),
        (no(-16), NeedsLogin),
        (answer(b"oops", 500), BrokerUnreachable),
        (answer({"s": "ok", "orderBook": [{"id": "77"}]}), BrokerUnreachable),
        (BrokerUnknown("no answer"), BrokerUnreachable),
        (BrokerUnreachable("no"), BrokerUnreachable),
    ],
)
async def test_a_change_whose_order_cannot_be_asked_for_was_not_made(service, http, reply, error):
    """P9: a question without an answer leaves nothing unknown: the change never went out."""
    http.lay(BOOK, reply)
    with pytest.raises(error) as caught:
        await service.modify("77", "regular", Change(quantity=5))
    assert type(caught.value) is error
    assert http.calls() == [BOOK]


async def test_a_cancel_names_the_order_in_its_body(service, http):
    """DELETE with a JSON body, as documented; the variety is nothing to Fyers."""
    http.lay(CANCEL, DONE)
    await service.cancel("77", "amo")
    assert json.loads(http.requests[0].body) == {"id": "77"}


async def test_several_orders_go_out_in_one_call_and_prove_nothing(service, http):
    """An array, each under its tag; what failed is told in the broker's words, without the client."""
    http.lay(SEVERAL, answer(TOGETHER))
    said = await service.place_together([LEG, LEG])
    assert said == "order 2: RED:Margin Shortfall for *** (-99)"
    sent = json.loads(http.requests[0].body)
    assert [order["orderTag"] for order in sent] == ["ow01abc"] * 2
    http.lay(SEVERAL, answer({"s": "ok", "code": 200, "data": []}))
    assert await service.place_together([LEG]) is None


async def test_there_are_no_receipts(service, http):
    """Fyers names each order that it takes in, so there is nothing to ask a receipt about."""
    assert await service.settled("any") == Placement(None)
    assert http.requests == []
