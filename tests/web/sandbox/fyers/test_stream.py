import json

import pytest
import trio

from tests.web.sandbox.fyers.given import (
    SOCKET,
    TOKEN,
    call,
    listen,
    open_socket,
    placed,
    told,
    wanted,
)  # fmt: skip
from tests.web.sandbox.given import Clock
from tests.web.sandbox.wire import refusal
from web.sandbox.faults import Fault
from web.sandbox.fyers.stream import KINDS, subscription
from web.sandbox.paper import PaperOptions, open_paper

ACK = {"code": 1605, "message": "Successfully subscribed", "s": "ok"}


@pytest.fixture
async def broker(autojump_clock):
    """A broker with two accounts."""
    options = PaperOptions(upstream="fyers", accounts=("primary", "hedge"))
    async with open_paper(options, now=Clock()) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        (SOCKET, TOKEN, 101),
        (SOCKET, "ABC-100:no", 403),
        (SOCKET, ":paper", 403),
        (SOCKET, None, 403),
        (f"{SOCKET}?authorization={TOKEN}", None, 403),
        ("/trade/v2", TOKEN, 404),
        ("/", TOKEN, 404),
    ],
)
async def test_the_handshake_is_refused_without_its_header(
    autojump_clock, broker, *, path, token, status
):
    """403 for a token that is wrong or in the wrong place, 404 for a wrong path."""
    headers = [] if token is None else [(b"authorization", token.encode())]
    assert await refusal(broker, path, headers) == status


async def test_anything_is_acknowledged_and_a_ping_is_answered(autojump_clock, broker, nursery):
    """1605 to whatever is sent, which proves nothing; `pong` to `ping` is no JSON."""
    client = await open_socket(nursery, broker)
    for text in (
        '{"T":"SUB_ORD","SLIST":["orders"],"SUB_T":-1}',
        '{"wrong":"key"}',
        "rubbish",
        "7",
    ):
        await client.send_message(text)
        assert json.loads(await client.get_message()) == ACK
    await client.send_message("ping")
    assert await client.get_message() == "pong"
    await client.send_message(b"binary")
    with trio.move_on_after(60) as quiet:
        await client.get_message()
    assert quiet.cancelled_caught


async def test_only_what_was_asked_for_is_told(autojump_clock, broker, nursery):
    """By socket and by kind; nothing before the subscription, nothing after its end."""
    trades, mute = await listen(nursery, broker, "trades"), await open_socket(nursery, broker)
    await placed(broker, wanted("NSE:FILL1-EQ"))
    ((kind, row),) = await told(trades, 1)
    assert (kind, row["qty_traded"]) == ("trades", 10)
    await trades.send_message('{"T":"SUB_ORD","SLIST":["trades"],"SUB_T":-1}')
    assert json.loads(await trades.get_message()) == ACK
    await placed(broker, wanted("NSE:FILL1-EQ"))
    for client in (trades, mute):
        with trio.move_on_after(60) as quiet:
            await client.get_message()
        assert quiet.cancelled_caught


async def test_one_placement_is_told_in_transit_and_pending(autojump_clock, broker, nursery):
    """4, then 6; a trade comes before the order that it fills, and the position last."""
    client = await listen(nursery, broker)
    order_id = await placed(broker, wanted("NSE:PARTIAL1-EQ"))
    frames = await told(client, 5)
    assert [kind for kind, _ in frames] == ["orders", "orders", "trades", "orders", "positions"]
    rows = [row for _, row in frames]
    assert [rows[at]["org_ord_status"] for at in (0, 1, 3)] == [4, 6, 6]
    assert ("qty_filled" in rows[1], rows[3]["qty_filled"]) == (False, 5)
    assert (rows[2]["id"], rows[4]["net_qty"]) == (order_id, 5)
    await call(broker, "DELETE", "/orders/sync", {"id": order_id})
    ((kind, row),) = await told(client, 1)
    assert (kind, row["org_ord_status"]) == ("orders", 1)


async def test_a_rejection_is_told_after_its_transit(autojump_clock, broker, nursery):
    """4, then 5 with the reason."""
    client = await listen(nursery, broker)
    await placed(broker, wanted("NSE:REJECT1-EQ"))
    (_, transit), (_, rejected) = await told(client, 2)
    assert (transit["org_ord_status"], "oms_msg" in transit) == (4, False)
    assert (rejected["org_ord_status"], "REJECT1" in rejected["oms_msg"]) == (5, True)


async def test_an_account_hears_of_its_own_orders(autojump_clock, broker, nursery):
    """Two accounts of one broker do not hear each other."""
    client = await listen(nursery, broker, "orders", token="hedge-100:paper")
    await placed(broker, wanted("NSE:REST1-EQ"))
    await placed(broker, wanted("NSE:REST2-EQ"), token="hedge-100:paper")
    assert {row["symbol"] for _, row in await told(client, 2)} == {"NSE:REST2-EQ"}


async def test_faults_are_those_of_every_broker(autojump_clock, nursery):
    """`silent` takes frames and leaves pongs; `refuse` shuts the door with its status."""
    faults = (Fault("silent"), Fault("refuse", on=("socket",), status=403, from_s=60))
    async with open_paper(PaperOptions(upstream="fyers", faults=faults)) as broker:
        client = await listen(nursery, broker)
        await placed(broker, wanted("NSE:FILL1-EQ"))
        await client.send_message("ping")
        assert await client.get_message() == "pong"
        await trio.sleep(60)
        assert await refusal(broker, SOCKET, [(b"authorization", TOKEN.encode())]) == 403


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ('{"T":"SUB_ORD","SLIST":["orders","edis"],"SUB_T":1}', (True, {"orders", "edis"})),
        ('{"T":"SUB_ORD","SLIST":["orders","x",7,["trades"]],"SUB_T":-1}', (False, {"orders"})),
        ('{"T":"SUB_ORD","SLIST":"orders","SUB_T":1}', None),
        ('{"T":"SUB_ORD","SLIST":["orders"],"SUB_T":[]}', None),
        ('{"T":"SUB_DATA","SLIST":["orders"],"SUB_T":1}', None),
        ("[]", None),
        ("[" * 100_000, None),
    ],
)
def test_a_subscription_is_read_without_trusting_it(text, change):
    """P19: what is none is none; kinds that there are not are passed over."""
    assert subscription(text) == change
    assert {"orders", "trades", "positions", "edis", "pricealerts", "login"} == KINDS
