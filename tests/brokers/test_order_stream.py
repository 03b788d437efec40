"""The order-stream surface over an account at Fyers, between real processes."""

import json
from decimal import Decimal

import httpx2
import pytest

from tests.sim.checkers import Broken
from tests.web.commands.processes import orderwire, until

from .listener import Listener

pytestmark = pytest.mark.process

PATH = "/api/order-stream"
ALL = ("OnOrders", "OnTrades", "OnPositions", "OnGeneral")
KINDS = {
    "order_update": "OnOrders",
    "correction": "OnOrders",
    "trade_update": "OnTrades",
    "position_update": "OnPositions",
    "message": "OnGeneral",
    "stream_status": "OnGeneral",
    "batch_update": "OnGeneral",
}
# What the second brief shows of each kind.
SHOWN = {
    "OnOrders": {
        *("order_id", "tradingsymbol", "status", "quantity", "filled_quantity", "price"),
        "exchange",
    },
    "OnTrades": {
        *("trade_id", "tradingsymbol", "quantity", "price", "value", "trade_timestamp"),
    },
    "OnPositions": {"id", "tradingsymbol", "quantity", "avg_price", "pnl", "product", "side"},
    "OnGeneral": {"type", "message", "timestamp"},
}
BATCH = {
    "orders": [
        {
            "tradingsymbol": "FILL1",
            "exchange": "NSE",
            "transaction_type": "BUY",
            "quantity": 5,
            "order_type": "LIMIT",
            "product": "MIS",
            "price": 100,
        }
    ]
}


class Place:
    """What one client was told so far; Broken when a frame does not follow the one before."""

    def __init__(self):
        self.position = None
        self.told = []

    def take(self, frame):
        """Take a frame."""
        if frame["type"] in ALL:
            if frame["prev"] > self.position or frame["offset"] <= self.position:
                raise Broken(f"P3: {frame['prev']}, {frame['offset']} after {self.position}")
            if missing := SHOWN[frame["type"]] - frame["data"].keys():
                raise Broken(f"{frame['type']} shows no {missing}")
            self.told.append((frame["offset"], frame["type"]))
        self.position = max(frame["offset"], self.position or 0)

    def kinds(self, since=0):
        """The kinds that it was told after an offset."""
        return {kind for offset, kind in self.told if offset > since}


@pytest.fixture(scope="module")
def demo():
    """A gateway with an account at Fyers, where the brief's examples need no key: its URL."""
    options = ("--accounts", "fy=fyers", "--rate", 12, "--seed", 5, "--port", 0, "--no-browser")
    with orderwire("demo", *options) as process:
        yield process.ready()


def listen(url, place, *names, **query):
    """A client of the websocket, that asks for some kinds in its URL."""
    pairs = [f"event_types={name}" for name in names]
    pairs += [f"{name}={value}" for name, value in query.items()]
    path = f"{PATH}/stream" + ("?" + "&".join(pairs) if pairs else "")
    return Listener(url.replace("http", "ws", 1) + path, {}, place.take)


def test_two_clients_of_one_account_have_each_their_own_kinds(demo):
    """P3, P6: one is told of all four kinds; the other takes kinds and leaves them while it runs,
    and is told of those and no others. The first is told every event of the record all the same,
    and neither misses one of what it asked for.
    """
    one, other, record = Place(), Place(), {}

    def keep(frame):
        if frame["type"] in KINDS:
            record[frame["offset"]] = KINDS[frame["type"]]

    with (
        Listener(demo.replace("http", "ws", 1) + "/ws/orders/fy", {}, keep) as every,
        listen(demo, one, *ALL, account_id="fy") as first,
        listen(demo, other, account_id="fy") as second,
        httpx2.Client(base_url=demo) as http,
    ):
        first_position = first.frames[0]["offset"]
        asked = second.send({"action": "subscribe", "event_types": ["OnTrades", "OnPositions"]})
        assert http.post("/accounts/fy/batch-orders", json=BATCH).json()["outcome"] == "complete"
        until(lambda: one.kinds() == set(ALL), "all four kinds")
        until(lambda: other.kinds() == {"OnTrades", "OnPositions"}, "two kinds")
        left = second.send({"action": "unsubscribe", "event_types": ["OnPositions"]})
        taken = second.send({"action": "subscribe", "event_types": ["OnOrders"]})
        until(lambda: other.kinds(taken["offset"]) >= {"OnTrades", "OnOrders"}, "two other kinds")
        last = http.get("/ws/status").json()["offset"]
        for listener in (every, first):
            listener.until(lambda frame: frame["offset"] >= last)
        second.until(lambda frame: frame["offset"] >= last)
    assert first.broken is second.broken is every.broken is None

    def expected(begin, end, kinds):
        return [
            (offset, kind)
            for offset, kind in sorted(record.items())
            if begin < offset <= end and kind in kinds
        ]

    begin = max(first_position, every.frames[0]["offset"])
    assert [each for each in one.told if begin < each[0] <= last] == expected(begin, last, ALL)
    spans = (
        (asked["offset"], left["offset"], ("OnTrades", "OnPositions")),
        (left["offset"], taken["offset"], ("OnTrades",)),
        (taken["offset"], last, ("OnTrades", "OnOrders")),
    )
    told = [each for each in other.told if each[0] <= last]
    assert told == [each for span in spans for each in expected(*span)]


def test_the_briefs_client_runs_as_it_is_written(demo):
    """Its requests, its subscription over the websocket and its dispatch on `type`, with the port
    changed and nothing else, against an account at Fyers.
    """
    place = Place()
    with httpx2.Client(base_url=demo) as http:
        connected = http.post(f"{PATH}/connect").json()
        assert (connected["status"], connected["data"]["connected"]) == ("success", True)
        assert connected["data"]["data_counts"].keys() == {
            *("orders", "trades", "positions", "general"),
        }
        with listen(demo, place) as client:
            client.send({"action": "subscribe", "event_types": list(ALL[:3])})
            until(lambda: place.kinds() == set(ALL[:3]), "three kinds")
            for name in ("orders", "trades", "positions", "general"):
                answer = http.get(f"{PATH}/{name}")
                rows = json.loads(answer.text, parse_float=Decimal)
                assert (rows["status"], rows["count"]) == ("success", len(rows["data"]))
            shown = {frame["data"]["tradingsymbol"] for frame in client.frames if "data" in frame}
            assert {name.partition(":")[0] for name in shown} <= {"NSE", "NFO", "MCX", "BSE"}
        query = "&".join(f"event_types={name}" for name in ALL[:3])
        subscribed = http.post(f"{PATH}/subscribe?{query}").json()
        assert subscribed["message"] == "Subscribed to 3 event types"
        assert subscribed["event_types"] == list(ALL[:3])
