"""One account at Kite: what goes out, and what can be concluded from every kind of answer."""

import json
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from attrs import evolve

from actors.domain.errors import (
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
)
from actors.runtime.seams import HttpResponse
from actors.upstream import Change, Placement
from tests.actors.upstream.memory import HttpTable, answer
from tests.actors.upstream.samples import LEG, ORDER_ROW, ORDERS, TRADES

from .given import SECRETS, kite_of
from .samples import ASK_FIRST, MARGIN, PLACED, fault

ID = "251123000123456"


def sent(http):
    """Give the one form that went out."""
    (request,) = http.requests
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


async def test_a_snapshot_asks_for_orders_then_trades_then_positions(kite, http):
    """P7: one day as Kite has it; positions are the net ones; the keys are in headers alone."""
    day = await kite.snapshot()
    assert http.calls() == ["GET /orders", "GET /trades", "GET /portfolio/positions"]
    assert [one.order_id for one in day.orders] == [ID, "251123000123457"]
    assert [one.trade_id for one in day.trades] == ["75894751"]
    assert [one.id for one in day.positions] == ["NFO:NIFTY26NOVFUT:NRML"]
    assert day.notes == ()
    assert {one.url for one in http.requests} == {
        "https://api.kite.trade/orders",
        "https://api.kite.trade/trades",
        "https://api.kite.trade/portfolio/positions",
    }
    assert http.timeouts_s == [10.0] * 3


async def test_each_question_has_its_path(kite, http):
    """Fills of one order, its history, and an order under a tag."""
    http.lay(f"GET /orders/{ID}/trades", answer(TRADES))
    http.lay(f"GET /orders/{ID}", answer(ORDERS))
    assert len((await kite.fills([ID])).trades) == 1
    assert [one.status for one in await kite.history(ID)] == ["COMPLETE", "REJECTED"]
    assert [one.order_id for one in await kite.find("ow01abc")] == [ID]
    assert await kite.find("ow02") == ()
    assert http.calls() == [
        *(f"GET /orders/{ID}/trades", "GET /portfolio/positions"),
        f"GET /orders/{ID}",
        *("GET /orders", "GET /orders", "GET /trades"),
    ]


async def test_a_placement_goes_out_as_a_form_under_our_tag(kite, http):
    """The variety is the path's; the answer names the order, and there is no receipt to ask."""
    http.lay("POST /orders/regular", answer(PLACED))
    assert await kite.place(LEG) == Placement(ID)
    assert sent(http) == {
        "exchange": "NFO",
        "tradingsymbol": "NIFTY26NOVFUT",
        "transaction_type": "BUY",
        "quantity": "50",
        "product": "NRML",
        "order_type": "LIMIT",
        "validity": "DAY",
        "tag": "ow01abc",
        "price": "19500.25",
    }
    assert http.requests[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert await kite.settled("none") == Placement(None)


async def test_an_order_at_the_market_is_protected(kite, http):
    """Without market_protection, or with 0, Kite refuses MARKET and SL-M since April 2026."""
    http.lay("POST /orders/amo", answer(PLACED))
    await kite.place(evolve(LEG, order_type="MARKET", price=None, variety="amo"))
    assert (sent(http)["market_protection"], "price" in sent(http)) == ("-1", False)


async def test_an_order_that_becomes_one_at_the_market_is_protected(kite, http):
    """A change of the order type needs market_protection as a placement does."""
    http.lay("PUT /orders/regular/77", answer(PLACED))
    await kite.modify("77", "regular", Change(order_type="MARKET"))
    assert sent(http) == {"order_type": "MARKET", "market_protection": "-1"}


async def test_a_change_says_only_what_changes_and_a_cancel_nothing(kite, http):
    """PUT with a form, DELETE without a body; both name variety and order in the path."""
    http.lay("PUT /orders/amo/7%2F7", answer(PLACED))
    await kite.modify("7/7", "amo", Change(price=Decimal("19499.95"), order_type="LIMIT"))
    assert sent(http) == {"price": "19499.95", "order_type": "LIMIT"}
    http.lay("DELETE /orders/regular/77", answer(PLACED))
    await kite.cancel("77", "regular")
    assert http.calls()[1:] == ["DELETE /orders/regular/77"]
    assert http.requests[1].body == b""
    assert "Content-Type" not in http.requests[1].headers


CHANGES = {
    "POST /orders/regular": lambda kite: kite.place(LEG),
    "PUT /orders/regular/77": lambda kite: kite.modify("77", "regular", Change(quantity=25)),
    "DELETE /orders/regular/77": lambda kite: kite.cancel("77", "regular"),
}


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(fault("Insufficient funds", "MarginException"), 400), BrokerRefused),
        (answer(fault(ASK_FIRST, "OrderException"), 400), BrokerUnknown),
        (answer(fault("Nope", "InputException")), BrokerUnknown),
        (
            answer(fault("Incorrect `api_key` or `access_token`.", "TokenException"), 403),
            NeedsLogin,
        ),
        (answer(fault("No IP is allowed", "PermissionException"), 403), BrokerRefused),
        (answer(fault("Too many requests", "NetworkException"), 429), BrokerRefused),
        (answer(fault("OMS down", "NetworkException"), 503), BrokerUnknown),
        (answer(fault("Bad answer", "DataException"), 502), BrokerUnknown),
        (answer(b"<html>", 504), BrokerUnknown),
        (answer(b"<html>"), BrokerUnknown),
        (answer([]), BrokerUnknown),
        (answer(b"", 302), BrokerUnknown),
        (HttpResponse(200, {}, b'"' + b"x" * 2_000_000 + b'"'), BrokerUnknown),
        (BrokerUnreachable("no"), BrokerUnreachable),
        (BrokerUnknown("no answer"), BrokerUnknown),
    ],
)
async def test_each_failure_of_a_change_says_whether_it_may_be_done(kite, http, call, reply, error):
    """P9: refused, unreachable and dead keys are certain; whatever else may have been done, and is
    not sent again.
    """
    http.lay(call, reply)
    with pytest.raises(error) as caught:
        await CHANGES[call](kite)
    assert type(caught.value) is error
    assert http.calls() == [call]


async def test_a_placement_that_names_no_order_may_be_done(kite, http):
    """P9: a success without an order id proves nothing; the message says where it lacks."""
    http.lay("POST /orders/regular", answer({"status": "success", "data": {}}))
    with pytest.raises(BrokerUnknown, match=r"\$\.data\.order_id: required field missing"):
        await kite.place(LEG)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({"status": "success"}), BrokerProtocol),
        (answer(b"<html>"), BrokerProtocol),
        (answer(fault("Down", "GeneralException")), BrokerProtocol),
        (answer(fault("Dead", "TokenException")), NeedsLogin),
        (answer(fault("Dead", "TokenException"), 403), NeedsLogin),
        (answer(fault("Slow down", "NetworkException"), 429), BrokerRefused),
        (answer(fault("Nope", "InputException"), 400), BrokerRefused),
        (answer(fault("Down", "NetworkException"), 503), BrokerProtocol),
        (answer(b"oops", 502), BrokerProtocol),
        (BrokerUnreachable("no"), BrokerUnreachable),
        (BrokerUnknown("no answer"), BrokerUnknown),
    ],
)
@pytest.mark.parametrize("path", ["/orders", "/trades", "/portfolio/positions"])
async def test_each_failure_of_a_snapshot_has_its_error(kite, http, path, reply, error):
    """A list that cannot be had fails the snapshot with the error that says what is known."""
    http.lay(f"GET {path}", reply)
    with pytest.raises(error) as caught:
        await kite.snapshot()
    assert type(caught.value) is error


async def test_legs_do_not_go_out_together(kite, http):
    """Kite has no batch call: a certain no, and nothing was sent."""
    with pytest.raises(BrokerRefused, match="nothing was sent"):
        await kite.place_together([LEG, LEG])
    assert http.requests == []


async def test_without_a_token_nothing_is_sent():
    """An account whose token has yet to come needs a login, for every call and for its stream."""
    http = HttpTable()
    kite = kite_of(http=http, access_token="")
    assert kite.expires_at is None
    for call in (kite.snapshot(), kite.place(LEG), kite.cancel("77", "regular")):
        with pytest.raises(NeedsLogin, match="log in"):
            await call
    with pytest.raises(NeedsLogin, match="log in"):
        async with kite.stream():
            pass
    assert http.requests == []


async def test_a_new_token_counts_from_the_next_call_on(kite, http):
    """The login's token is the one that goes out, without opening the account anew."""
    http.lay("GET /orders", answer(fault("Dead", "TokenException"), 403), answer(ORDERS))
    with pytest.raises(NeedsLogin):
        await kite.snapshot()
    kite.login.use("fresh")
    await kite.snapshot()
    assert http.requests[-1].headers["Authorization"].endswith(":fresh")


@pytest.mark.parametrize("message", SECRETS)
async def test_no_key_is_in_any_word(kite, http, message):
    """P21: neither the client nor its parts show a key, nor does what Kite said of one."""
    http.lay("POST /orders/regular", answer(fault(message, "InputException"), 400))
    with pytest.raises(BrokerRefused, match=r"400: \*\*\*$"):
        await kite.place(LEG)
    bad = ORDER_ROW.replace('"quantity":50', f'"quantity":"{message}"')
    http.lay("GET /orders", answer(f"[{bad}]".encode()))
    day = await kite.snapshot()
    assert len(day.notes) == 1
    assert [secret for secret in SECRETS if secret in f"{kite_of()}{day}{http.requests}"] == []


async def test_a_sandbox_is_reached_at_its_own_addresses(http):
    """With `url` set everything is there: REST and the login page."""
    kite = kite_of(http=http, url="http://127.0.0.1:8080/")
    await kite.snapshot()
    assert http.requests[0].url == "http://127.0.0.1:8080/orders"
    assert kite.login.url("s").startswith("http://127.0.0.1:8080/connect/login?v=3&")
    assert kite_of().login.url("s").startswith("https://kite.zerodha.com/connect/login?v=3&")
    assert kite.name == "kite"


async def test_a_margin_is_asked_for_beside_what_is_held(kite, http):
    """The basket in its order, as JSON; nothing else goes out, and no native batch ever does."""
    path = "POST /margins/basket?consider_positions=true&mode=compact"
    http.lay(path.partition("?")[0], answer(MARGIN))
    told = await kite.margin([LEG, evolve(LEG, tradingsymbol="NIFTY26DECFUT")])
    assert told.required == Decimal("132432.06")
    (request,) = http.requests
    assert request.url.endswith("/margins/basket?consider_positions=true&mode=compact")
    assert [row["tradingsymbol"] for row in json.loads(request.body)] == [
        "NIFTY26NOVFUT",
        "NIFTY26DECFUT",
    ]
    assert not kite.has_native
    with pytest.raises(BrokerRefused, match="nothing was sent"):
        await kite.place_native([LEG])
    assert len(http.requests) == 1
