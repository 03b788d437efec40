import json

import pytest
import trio
import trio.testing
import trio_websocket

from tests.web.sandbox.given import NOON, Clock, body
from tests.web.sandbox.wire import call, connect, frames, placed, refusal
from web.sandbox.face import Admission
from web.sandbox.faults import Fault
from web.sandbox.paper import PaperOptions, open_paper
from web.sandbox.sockets import SOCKETS_MAX, SocketClosedError

V1 = "/advanced/ws/orders/primary?api_key=paper"
V2 = "/advanced/ws/orders/primary"


@pytest.fixture
async def broker(autojump_clock):
    async with open_paper(PaperOptions(accounts=("primary", "hedge")), now=Clock()) as running:
        yield running


async def closed_with(connection):
    """How the other side ended it: (code, reason)."""
    try:
        while True:
            await connection.get_message()
    except trio_websocket.ConnectionClosed as end:
        return (end.reason.code, end.reason.reason) if end.reason else (1006, None)


async def test_v1_is_connected_first_and_then_told_of_orders(autojump_clock, broker, nursery):
    """Dialect one, word for word: `connected`, then an `order_update` a change, then the task."""
    client = await connect(nursery, broker, V1)
    order_id = await placed(broker, body("FILL1", tag="abc"))
    connected, opened, done, task = await frames(client, 4)
    assert connected == {
        "type": "connected",
        "account_id": "primary",
        "timestamp": "2026-11-23T06:30:15.123Z",
    }
    assert {**opened, "data": None} == {
        "type": "order_update",
        "account_id": "primary",
        "data": None,
        "timestamp": "2026-11-23T06:30:15.123Z",
    }
    assert [each["data"]["status"] for each in (opened, done)] == ["OPEN", "COMPLETE"]
    assert done["data"]["order_id"] == order_id
    assert (done["data"]["filled_quantity"], done["data"]["tag"]) == (10, "abc")
    assert task["type"] == "order_update"
    assert "order_id" not in task["data"]
    assert {**task["data"], "task_id": None} == {
        "event": "task_status",
        "task_id": None,
        "status": "completed",
        "result": {"order_id": order_id},
    }


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("/advanced/ws/orders/primary?api_key=wrong", 403),
        ("/advanced/ws/orders/primary?api_key=", 403),
        ("/advanced/ws/orders/nobody?api_key=paper", 403),
        ("/advanced/ws/orders/?api_key=paper", 404),
        ("/advanced/ws/orders/a/b?api_key=paper", 404),
        ("/ws?api_key=paper", 404),
    ],
)
async def test_v1_refuses_before_it_accepts(autojump_clock, broker, resource, status):
    """A bad key never gets a websocket: the client sees HTTP 403."""
    assert await refusal(broker, resource) == status


async def test_v2_wants_an_auth_frame(autojump_clock, broker, nursery):
    """Dialect two: auth, `authenticated`, `connected`, and then orders."""
    client = await connect(nursery, broker, V2)
    await client.send_message('{"type":"auth","api_key":"paper"}')
    authenticated, connected = await frames(client, 2)
    assert sorted(authenticated) == ["account_id", "message", "type"]
    assert (authenticated["type"], authenticated["account_id"]) == ("authenticated", "primary")
    assert connected["type"] == "connected"
    await placed(broker, body("REST1"))
    assert (await frames(client, 1))[0]["data"]["status"] == "OPEN"


@pytest.mark.parametrize(
    ("account", "sent", "said"),
    [
        ("primary", '{"type":"auth","api_key":"wrong"}', "Unauthorized"),
        ("nobody", '{"type":"auth","api_key":"paper"}', "Unauthorized"),
        ("primary", '{"type":"hello","api_key":"paper"}', "Authentication required"),
        ("primary", '{"type":"auth"}', "Authentication required"),
        ("primary", "ping", "Invalid auth format"),
        ("primary", "[]", "Invalid auth format"),
        ("primary", None, "Auth timeout"),
    ],
)
async def test_v2_says_why_and_closes_with_1008(
    autojump_clock, broker, nursery, *, account, sent, said
):
    """Each failed authentication: an error frame in the published words, then close 1008."""
    client = await connect(nursery, broker, f"/advanced/ws/orders/{account}")
    began = trio.current_time()
    if sent is not None:
        await client.send_message(sent)
    assert await frames(client, 1) == [{"type": "error", "message": said}]
    assert await closed_with(client) == (1008, said)
    assert trio.current_time() - began == (10 if sent is None else 0)


async def test_a_text_ping_gets_a_text_pong(autojump_clock, broker, nursery):
    """Text `ping`, text `pong`; anything else is passed over."""
    client = await connect(nursery, broker, V1)
    await frames(client, 1)
    await client.send_message("hello")
    await client.send_message(b"\x00")
    await client.send_message("ping")
    assert await client.get_message() == "pong"


async def test_no_text_ping_in_60_s_is_a_heartbeat_timeout(autojump_clock, broker, nursery):
    """Closed with 1000 at the first check after 60 s; protocol pings do not count."""
    client = await connect(nursery, broker, V1)
    began = trio.current_time()

    async def ping_in_protocol():
        for _ in range(6):
            await trio.sleep(9)
            await client.ping()

    nursery.start_soon(ping_in_protocol)
    assert await closed_with(client) == (1000, "Heartbeat timeout")
    assert trio.current_time() - began == 70


async def test_a_text_ping_keeps_it_open(autojump_clock, broker, nursery):
    """With a ping every 30 s the socket is open after an hour."""
    client = await connect(nursery, broker, V1)
    await frames(client, 1)
    for _ in range(120):
        await trio.sleep(30)
        await client.send_message("ping")
        assert await client.get_message() == "pong"


async def test_an_account_takes_a_hundred_sockets(autojump_clock, broker, nursery):
    """The hundred and first is closed with 1008; another account is not concerned."""
    clients = [await connect(nursery, broker, V1) for _ in range(SOCKETS_MAX)]
    for client in clients:
        await frames(client, 1)
    extra = await connect(nursery, broker, V1)
    assert await closed_with(extra) == (1008, "Maximum connections reached")
    other = await connect(nursery, broker, "/advanced/ws/orders/hedge?api_key=paper")
    assert (await frames(other, 1))[0]["account_id"] == "hedge"
    assert await call(broker, "GET", "/advanced/ws/stats") == (200, {"total_connections": 101})
    await clients[0].aclose()
    await trio.sleep(1)
    assert await call(broker, "GET", "/advanced/ws/stats") == (200, {"total_connections": 100})


async def test_who_is_not_connected_misses_the_frame(autojump_clock, broker, nursery):
    """Fire and forget: no replay and no snapshot on connect, and other accounts hear nothing."""
    await placed(broker, body("REST1"))
    client = await connect(nursery, broker, V1)
    await frames(client, 1)
    await placed(broker, body("REST2", account_id="hedge"))
    await placed(broker, body("REST3"))
    assert (await frames(client, 1))[0]["data"]["tradingsymbol"] == "REST3"


def with_faults(*faults):
    return open_paper(PaperOptions(faults=faults), now=Clock(NOON))


async def heard(client, for_s=5.0):
    """What a client hears in so many seconds, pongs included."""
    said = []
    with trio.move_on_after(for_s):
        while True:
            text = await client.get_message()
            said.append(text if text == "pong" else json.loads(text)["data"].get("status"))
    return said


async def test_drop_ends_the_socket_without_a_close_frame(autojump_clock, nursery):
    """The client of a dropped socket sees 1006."""
    async with with_faults(Fault("drop")) as broker:
        client = await connect(nursery, broker, V1)
        await frames(client, 1)
        await placed(broker, body("REST1"))
        code, _ = await closed_with(client)
        assert code in {1005, 1006}


async def test_silence_answers_pings_and_pushes_nothing(autojump_clock, nursery):
    """While silent the stream is connected and dumb; afterwards it tells what is new only."""
    async with with_faults(Fault("silent", for_s=60)) as broker:
        client = await connect(nursery, broker, V1)
        await frames(client, 1)
        await placed(broker, body("REST1"))
        await client.send_message("ping")
        assert await heard(client) == ["pong"]
        await trio.sleep(30)
        await client.send_message("ping")
        await trio.sleep(30)
        await placed(broker, body("FILL1"))
        assert await heard(client) == ["pong", "OPEN", "COMPLETE", "completed"]


async def test_delay_double_and_reorder(autojump_clock, nursery):
    """Each frame later, twice, or after the one that follows it."""
    for fault, expected in (
        (Fault("delay", delay_s=2.0), ["OPEN", "COMPLETE", "completed"]),
        (Fault("double"), ["OPEN", "OPEN", "COMPLETE", "COMPLETE", "completed", "completed"]),
        (Fault("reorder", delay_s=1.0), ["COMPLETE", "OPEN", "completed"]),
    ):
        async with with_faults(fault) as broker:
            client = await connect(nursery, broker, V1)
            await frames(client, 1)
            await placed(broker, body("FILL1"))
            began = trio.current_time()
            first = json.loads(await client.get_message())["data"]["status"]
            assert trio.current_time() - began == (2.0 if fault.kind == "delay" else 0.0)
            assert [first, *(await heard(client))] == expected


async def test_a_shut_door_refuses_the_handshake(autojump_clock, nursery):
    """`refuse` on the socket is an HTTP status before the websocket is accepted."""
    async with with_faults(Fault("refuse", on=("socket",), for_s=5)) as broker:
        assert await refusal(broker, V1) == 503
        await trio.sleep(5)
        client = await connect(nursery, broker, V1)
        assert (await frames(client, 1))[0]["type"] == "connected"


class StuckSocket:
    """A client that connects and then takes nothing more."""

    def __init__(self, takes):
        self.takes = takes
        self.ended = None

    async def receive(self):
        """Say nothing."""
        await trio.sleep_forever()

    async def send(self, _):
        """Take so many frames and then none."""
        self.takes -= 1
        if self.takes < 0:
            await trio.sleep_forever()

    async def close(self, *_):
        """Be gone already."""
        raise SocketClosedError

    async def abort(self):
        """Note when it was cut."""
        self.ended = trio.current_time()


async def test_a_client_that_takes_nothing_is_cut(autojump_clock, broker, nursery):
    """A send that does not end in 10 s ends the socket, without a close frame."""
    socket = StuckSocket(takes=1)
    began = trio.current_time()
    nursery.start_soon(broker.stream, socket, Admission("primary", authenticated=True))
    await trio.testing.wait_all_tasks_blocked()
    await placed(broker, body("REST1"))
    await trio.sleep(20)
    assert socket.ended == began + 10


async def test_a_client_that_has_gone_ends_quietly(autojump_clock, broker):
    """A socket that closes while the broker says farewell, or greets, is no error."""
    await broker.stream(StuckSocket(takes=1), Admission("primary", authenticated=True))

    class Gone(StuckSocket):
        async def send(self, _):
            """Be gone."""
            raise SocketClosedError

    await broker.stream(Gone(takes=0), Admission("primary", authenticated=True))


async def test_a_client_that_goes_while_it_is_written_to(autojump_clock, broker, nursery):
    """A send that finds the client gone ends the socket quietly."""

    class Going(StuckSocket):
        async def send(self, _):
            """Take so many frames and then be gone."""
            self.takes -= 1
            if self.takes < 0:
                raise SocketClosedError

    done = trio.Event()

    async def serve():
        await broker.stream(Going(takes=1), Admission("primary", authenticated=True))
        done.set()

    nursery.start_soon(serve)
    await trio.testing.wait_all_tasks_blocked()
    await placed(broker, body("REST1"))
    await done.wait()
