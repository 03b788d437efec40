import pytest
import trio

from tests.web.sandbox.given import Clock, Floor, ask
from tests.web.sandbox.kite.given import SOCKET, call, form, listen, placed, updates
from tests.web.sandbox.wire import refusal
from web.sandbox.exchange import Exchange
from web.sandbox.faults import Fault
from web.sandbox.kite.stream import is_told
from web.sandbox.paper import PaperOptions, open_paper


@pytest.fixture
async def broker(autojump_clock):
    """A broker with two accounts."""
    options = PaperOptions(upstream="kite", accounts=("primary", "hedge"))
    async with open_paper(options, now=Clock()) as running:
        yield running


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("/?api_key=paper&access_token=no", 403),
        ("/?api_key=no&access_token=paper", 403),
        ("/?api_key=paper", 403),
        ("/", 403),
        ("/ws?api_key=paper&access_token=paper", 404),
        (SOCKET.format("paper"), 101),
        (SOCKET.format("hedge"), 101),
    ],
)
async def test_the_handshake_is_refused_without_a_token(autojump_clock, broker, resource, status):
    """403 before it is accepted; an account's name is its API key."""
    assert await refusal(broker, resource) == status


async def test_the_heart_beats_every_two_seconds(autojump_clock, broker, nursery):
    """One byte, binary, as often as there was nothing to say for two seconds; nothing first."""
    client = await listen(nursery, broker)
    began = trio.current_time()
    beats = [(await client.get_message(), trio.current_time() - began) for _ in range(3)]
    assert beats == [(b"\x00", 2), (b"\x00", 4), (b"\x00", 6)]


async def test_a_placement_is_not_told_and_its_changes_are(autojump_clock, broker, nursery):
    """Nothing at OPEN; UPDATE for a part and for a modification; CANCELLED, twice."""
    client = await listen(nursery, broker)
    rests = await placed(broker, form("REST1"))
    await call(broker, "PUT", f"/orders/regular/{rests}", {"quantity": 20})
    await placed(broker, form("PARTIAL1"))
    await call(broker, "DELETE", f"/orders/regular/{rests}")
    await placed(broker, form("FILL1"))
    await placed(broker, form("REJECT1"))
    told = [(row["tradingsymbol"], row["status"]) for row in await updates(client, 6)]
    assert told == [
        ("REST1", "UPDATE"), ("PARTIAL1", "UPDATE"), ("REST1", "CANCELLED"),
        ("REST1", "CANCELLED"), ("FILL1", "COMPLETE"), ("REJECT1", "REJECTED"),
    ]  # fmt: skip


async def test_data_are_a_postback(autojump_clock, broker, nursery):
    """Kite's order with four fields more and two less; numbers as they stand at that change."""
    client = await listen(nursery, broker)
    await placed(broker, form("PARTIAL1", tag="abc"))
    (row,) = await updates(client, 1)
    assert (row["filled_quantity"], row["unfilled_quantity"], row["average_price"]) == (5, 5, 100.0)
    assert (row["checksum"], row["user_id"], row["tag"]) == ("", "PAPER1", "abc")
    assert row.keys().isdisjoint({"tags", "modified"})


async def test_an_account_hears_of_its_own_orders(autojump_clock, broker, nursery):
    """Two accounts of one broker do not hear each other."""
    client = await listen(nursery, broker, "hedge")
    await placed(broker, form("FILL1"))
    await placed(broker, form("FILL2"), token="token hedge:paper")
    assert [row["tradingsymbol"] for row in await updates(client, 1)] == ["FILL2"]


async def test_a_silent_socket_has_a_heart(autojump_clock, nursery):
    """The fault `silent` takes the frames and leaves the heartbeat; `refuse` shuts the door."""
    faults = (Fault("silent"), Fault("refuse", on=("socket",), status=403, from_s=60))
    async with open_paper(PaperOptions(upstream="kite", faults=faults)) as broker:
        client = await listen(nursery, broker)
        await placed(broker, form("FILL1"))
        assert [await client.get_message() for _ in range(2)] == [b"\x00"] * 2
        await trio.sleep(60)
        assert await refusal(broker, SOCKET.format("paper")) == 403


def test_a_stop_is_told_when_it_is_triggered():
    """TRIGGER PENDING is a placement; the OPEN that follows it is a change."""
    floor, told = Floor(), []
    exchange = Exchange(
        ("primary",), floor.clock, floor.entries.extend, lambda each: told.append(is_told(each))
    )
    order = exchange.accept(ask(kind="SL", trigger_price=99), waits=True)
    exchange.trigger(order.order_id)
    exchange.accept_and_reject(ask(), "no")
    assert told == [False, True, True]
