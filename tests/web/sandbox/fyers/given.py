"""A caller of the sandbox as Fyers: JSON in and out, and a socket that subscribes."""

import json

from tests.web.sandbox.wire import connect
from web.sandbox.http import Request

TOKEN = "ABC-100:paper"
SOCKET = "/trade/v3"
ALL = ("orders", "trades", "positions")


def wanted(symbol="NSE:REST1-EQ", qty=10, **more):
    """A placement as Fyers' clients send it."""
    return {
        "symbol": symbol, "qty": qty, "type": 1, "side": 1, "productType": "INTRADAY",
        "limitPrice": 100.05, "stopPrice": 0, "disclosedQty": 0, "validity": "DAY",
        "offlineOrder": False, "stopLoss": 0, "takeProfit": 0, **more,
    }  # fmt: skip


def combined(*symbols, **more):
    """A multileg order as Fyers' clients send it: a leg a symbol, bought and sold in turn."""
    legs = {
        f"leg{i}": {"symbol": symbol, "qty": 50, "side": side, "type": 1, "limitPrice": 100.05}
        for i, (symbol, side) in enumerate(zip(symbols, (1, -1, 1, -1), strict=False), 1)
    }
    return {
        "orderTag": "spread", "productType": "MARGIN", "offlineOrder": False,
        "orderType": f"{len(symbols)}L", "validity": "IOC", "legs": legs, **more,
    }  # fmt: skip


async def call(broker, method, path, body=None, token=TOKEN, **query):
    """One REST call under /api/v3: its status and its JSON."""
    headers = {} if token is None else {"authorization": token}
    raw = b"" if body is None else json.dumps(body).encode()
    response = await broker.handle(Request(method, f"/api/v3{path}", query, headers, raw))
    return response.status, json.loads(response.body)


async def placed(broker, body, token=TOKEN):
    """Place an order and give its id."""
    status, said = await call(broker, "POST", "/orders/sync", body, token)
    assert (status, said["s"], said["code"]) == (200, "ok", 1101)
    return said["id"]


async def book(broker, token=TOKEN, **query):
    """The order book."""
    status, said = await call(broker, "GET", "/orders", token=token, **query)
    assert (status, said["s"], said["code"]) == (200, "ok", 200)
    return said["orderBook"]


async def open_socket(nursery, broker, token=TOKEN):
    """A client's socket that has asked for nothing yet."""
    return await connect(nursery, broker, SOCKET, [(b"authorization", token.encode())])


async def listen(nursery, broker, *kinds, token=TOKEN):
    """A client's socket that has asked for some kinds; all three that trading has, if for none."""
    client = await open_socket(nursery, broker, token)
    asked = {"T": "SUB_ORD", "SLIST": list(kinds or ALL), "SUB_T": 1}
    await client.send_message(json.dumps(asked))
    assert json.loads(await client.get_message())["code"] == 1605
    return client


async def told(client, count):
    """The next frames: kind and data of each."""
    frames = []
    for _ in range(count):
        frame = json.loads(await client.get_message())
        assert frame.pop("s") == "ok"
        frames.extend(frame.items())
    return frames
