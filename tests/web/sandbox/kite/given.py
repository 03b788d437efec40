"""A caller of the sandbox as Kite: forms in, envelopes out, and a socket with a query."""

import json
from urllib.parse import urlencode

from tests.web.sandbox.wire import connect
from web.sandbox.http import Request

TOKEN = "token paper:paper"
SOCKET = "/?api_key={}&access_token=paper"


def form(symbol="REST1", side="BUY", quantity=10, kind="LIMIT", price="100.00", **more):
    """A placement as Kite's clients send it."""
    return {
        "exchange": "NSE",
        "tradingsymbol": symbol,
        "transaction_type": side,
        "quantity": quantity,
        "product": "MIS",
        "order_type": kind,
        "price": price,
        **more,
    }


async def call(broker, method, path, fields=None, token=TOKEN, **query):
    """One REST call: its status and its JSON."""
    headers = {"x-kite-version": "3"} | ({} if token is None else {"authorization": token})
    raw = urlencode(fields or {}).encode()
    response = await broker.handle(Request(method, path, query, headers, raw))
    return response.status, json.loads(response.body)


async def placed(broker, fields, variety="regular", token=TOKEN):
    """Place an order and give its id."""
    status, said = await call(broker, "POST", f"/orders/{variety}", fields, token)
    assert (status, said["status"], list(said["data"])) == (200, "success", ["order_id"])
    return said["data"]["order_id"]


async def listen(nursery, broker, login="paper"):
    """A client's socket."""
    return await connect(nursery, broker, SOCKET.format(login))


async def updates(client, count):
    """The data of the next order updates; heartbeats are passed over."""
    rows = []
    while len(rows) < count:
        message = await client.get_message()
        if isinstance(message, bytes):
            assert message == b"\x00"
            continue
        frame = json.loads(message)
        assert (frame["type"], sorted(frame)) == ("order", ["data", "type"])
        rows.append(frame["data"])
    return rows
