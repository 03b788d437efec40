"""The second brief's examples, as they are written: its requests, its answers, its client.

Only the port differs. What an answer of ours has beside the brief's fields is more, never other.
"""

import json
from decimal import Decimal

import pytest
import trio

from actors.domain.ids import OrderId
from tests.actors.fakes import a_position, a_row, a_trade
from tests.web.fakes import dial, exact, serving, told
from tests.web.raw import plug

pytestmark = pytest.mark.process

CONNECT = "POST /api/order-stream/connect"
SUBSCRIBE = (
    "POST /api/order-stream/subscribe"
    "?event_types=OnOrders&event_types=OnTrades&event_types=OnPositions"
)
ORDERS = "GET /api/order-stream/orders"
TRADES = "GET /api/order-stream/trades"
STREAM = "/api/order-stream/stream"

CONNECTED = """{
  "status": "success",
  "data": {
    "connected": true,
    "subscribed_types": [],
    "data_counts": {"orders": 0, "trades": 0, "positions": 0, "general": 0}
  }
}"""
SUBSCRIBED = """{
  "status": "success",
  "message": "Subscribed to 3 event types",
  "event_types": ["OnOrders", "OnTrades", "OnPositions"]
}"""
ORDER = """{
  "order_id": "23080444447604",
  "tradingsymbol": "NSE:SBIN-EQ",
  "status": "complete",
  "quantity": 1,
  "filled_quantity": 1,
  "price": 610.50,
  "exchange": "NSE"
}"""
TRADE = """{
  "trade_id": "23080444447605",
  "tradingsymbol": "NSE:SBIN-EQ",
  "quantity": 1,
  "price": 610.50,
  "value": 610.50
}"""
POSITION = """{
  "tradingsymbol": "NSE:SBIN-EQ",
  "quantity": 10,
  "avg_price": 608.00,
  "pnl": 25.00,
  "product": "CNC",
  "side": "long"
}"""

PRICE = Decimal("610.50")
ORDER_ID = OrderId("23080444447604")
FILLED = a_row(ORDER_ID, "COMPLETE", quantity=1, filled_quantity=1, price=PRICE)
FILL = a_trade("23080444447605", ORDER_ID, quantity=1, price=PRICE, value=PRICE)
HELD = a_position(
    quantity=10,
    product="CNC",
    average_price=Decimal("608.00"),
    pnl=Decimal("25.00"),
    id="NSE:SBIN:CNC",
)


async def ask(url, line):
    """Send a request as the brief writes it, without a body, and give the answer's JSON."""
    method, path = line.split()
    async with plug(url) as wire:
        await wire.ask(method, path, b"")
        status, headers, body = await wire.answer()
    assert (status, headers["content-type"]) == (200, "application/json")
    return exact(body)


def has(answer, example):
    """Say whether an answer has all that the example has, with its values to the digit.

    Counts are how much there is at that moment, which the brief cannot know.
    """
    for name, value in exact(example).items() if isinstance(example, str) else example.items():
        if name == "data_counts":
            assert answer[name].keys() == value.keys()
        elif isinstance(value, dict):
            has(answer[name], value)
        else:
            assert str(answer[name]) == str(value), name
    return True


async def test_the_requests_are_answered_as_written(gateway):
    """Connect, subscribe, orders, trades: each request of the reference has its answer."""
    async with serving(gateway) as url:
        assert has(await ask(url, CONNECT), CONNECTED)
        assert has(await ask(url, SUBSCRIBE), SUBSCRIBED)
        await gateway.tell(FILLED)
        await gateway.tell(FILL)
        for line, row in ((ORDERS, ORDER), (TRADES, TRADE)):
            answer = await ask(url, line)
            assert (answer["status"], answer["count"]) == ("success", 1)
            assert has(answer["data"][0], row)


async def test_every_endpoint_of_the_list_is_there(gateway):
    """The brief's list of nine endpoints; disconnect closes what connect opens."""
    async with serving(gateway) as url:
        closed = await ask(url, "POST /api/order-stream/disconnect")
        assert (closed["status"], closed["data"]["connected"]) == ("success", False)
        assert has(await ask(url, CONNECT), CONNECTED)
        for name in ("status", "orders", "trades", "positions", "general"):
            assert (await ask(url, f"GET /api/order-stream/{name}"))["status"] == "success"
        for name in ("subscribe", "unsubscribe"):
            line = f"POST /api/order-stream/{name}?event_types=OnGeneral"
            assert (await ask(url, line))["event_types"] == ["OnGeneral"]


async def test_the_client_hears_what_it_subscribed_to(gateway):
    """The brief's script: open the websocket, send the subscription, dispatch on message.type."""
    async with serving(gateway) as url:
        await ask(url, CONNECT)
        async with dial(url, STREAM) as ws:
            await ws.send_message(
                json.dumps(
                    {
                        "action": "subscribe",
                        "event_types": ["OnOrders", "OnTrades", "OnPositions"],
                    }
                )
            )
            while (await told(ws))["type"] != "subscribed":
                pass
            for report in (FILLED, HELD, FILL):  # a trade of what is not held yet tells a position
                await gateway.tell(report)
            heard = {}
            with trio.fail_after(5):
                while len(heard) < 3:
                    message = await told(ws)
                    heard[message["type"]] = message["data"]
    assert has(heard["OnOrders"], ORDER)
    assert has(heard["OnTrades"], TRADE)
    assert has(heard["OnPositions"], POSITION)
    assert heard["OnTrades"]["trade_timestamp"].endswith("Z")
