import json
from contextlib import suppress
from itertools import pairwise

import pytest
import trio
import trio_websocket
from attrs import define, field

from tests.web.client.test_place import established, event, part
from web.client import Away, Event, Gap, Refused, Snapshot, follow
from web.client.following import QUIET_S, address, begun, key_headers, pause_s
from web.client.place import Place

URL = "http://gateway"
HEARTBEAT = {"type": "heartbeat", "epoch": "e1", "offset": 7, "prev": 5}


@define
class Server:
    """A gateway by hand, over memory: `handle(n, request)` serves the nth line."""

    nursery: object
    handle: object
    asked: list = field(factory=list)
    at_s: list = field(factory=list)
    said: list = field(factory=list)

    async def dial(self, *_address):
        self.at_s.append(trio.current_time())
        ours, theirs = trio.testing.memory_stream_pair()
        self.nursery.start_soon(self._serve, theirs)
        return ours

    async def _serve(self, stream):
        async with trio.open_nursery() as nursery:
            request = await trio_websocket.wrap_server_stream(nursery, stream)
            number = len(self.asked)
            self.asked.append(request.path)
            with suppress(trio_websocket.ConnectionClosed):
                await self.handle(number, request)
            nursery.cancel_scope.cancel()
        await trio.aclose_forcefully(stream)

    def follow(self, **more):
        return follow(URL, dial=self.dial, say=self.said.append, chance=lambda: 1.0, **more)


async def taken(server, count, **more):
    """The first values that a follower is given."""
    values = []
    async with server.follow(**more) as values_coming:
        async for value in values_coming:
            values.append(value)
            if len(values) == count:
                break
    return values


async def test_it_comes_back_where_it_was_and_gives_each_event_once(nursery, autojump_clock):
    """P4: cut off after each event, it resumes with `since`; what is told twice is given once."""

    async def handle(number, request):
        socket = await request.accept()
        await socket.send_message(established(number, recovered=True))
        for offset in (number, number + 1):
            await socket.send_message(event(offset, offset - 1))
        await socket.aclose(1012, "restarting")

    server = Server(nursery, handle)
    values = await taken(server, 3)
    assert [value.position for value in values] == ["e1:1", "e1:2", "e1:3"]
    assert server.asked == [
        *("/ws/orders", "/ws/orders?since=e1%3A1", "/ws/orders?since=e1%3A2"),
    ]
    assert server.said == [f"{URL}: closed with 1012 restarting; trying again"] * 2


async def test_it_tells_the_place_up_to_which_all_was_given(nursery, autojump_clock):
    """P4: a greeting's and a heartbeat's; none while a snapshot is only half there."""

    async def handle(number, request):
        socket = await request.accept()
        if number:
            await socket.send_message(established(9, "e2", recovered=False, reason="epoch"))
            await socket.send_message(part(1, 1, 9, epoch="e2"))
            await trio.sleep_forever()
        await socket.send_message(established(4))
        await socket.send_message(event(5, 4))
        await socket.send_message(json.dumps(HEARTBEAT))
        await socket.aclose(1012)

    places = []
    await taken(Server(nursery, handle), 2, at=places.append)
    assert places == ["e1:4", "e1:7"]


async def test_a_gap_is_a_value_among_the_events(nursery, autojump_clock):
    """P4: what cannot be resumed is a Gap with all that stands; events follow from its place."""

    async def handle(_, request):
        socket = await request.accept()
        await socket.send_message(established(2, "e2", recovered=False, reason="epoch"))
        await socket.send_message(part(1, 1, 2, epoch="e2", orders=[{"order_id": "1"}]))
        await socket.send_message(event(3, 2, "e2"))
        await trio.sleep_forever()

    server = Server(nursery, handle)
    gap, first = await taken(server, 2, since="e1:7")
    assert server.asked == ["/ws/orders?since=e1%3A7"]
    assert (type(gap), gap.reason, gap.position) == (Gap, "epoch", "e2:2")
    assert gap.books["primary"].orders == [{"order_id": "1"}]
    assert (type(first), first.position) == (Event, "e2:3")


async def test_it_may_begin_with_all_that_stands(nursery, autojump_clock):
    """With `snapshot` the first value is a Snapshot; lost in the middle of it, it is asked again."""

    async def handle(number, request):
        socket = await request.accept()
        await socket.send_message(established(5))
        await socket.send_message(part(1, 2, 5, orders=[{"order_id": "1"}]))
        if number == 0:
            await socket.aclose(1012)
        await socket.send_message(part(2, 2, 5, "hedge", orders=[]))
        await trio.sleep_forever()

    server = Server(nursery, handle)
    (first,) = await taken(server, 1, snapshot=True)
    assert type(first) is Snapshot
    assert set(first.books) == {"primary", "hedge"}
    assert len(first.books["primary"].orders) == 1
    assert server.asked == ["/ws/orders?snapshot=true"] * 2


async def test_a_hole_is_filled_from_the_record(nursery, autojump_clock):
    """P3, P4: a `prev` beyond the place is not believed: it comes back for what is missing."""

    async def handle(number, request):
        socket = await request.accept()
        await socket.send_message(established(number, recovered=True))
        if number == 0:
            await socket.send_message(event(1, 0))
            await socket.send_message(event(5, 4))
        for offset in range(2, 6):
            await socket.send_message(event(offset, offset - 1))
        await trio.sleep_forever()

    server = Server(nursery, handle)
    values = await taken(server, 5)
    assert [value.position for value in values] == [f"e1:{n}" for n in range(1, 6)]
    assert server.asked == ["/ws/orders", "/ws/orders?since=e1%3A1"]
    assert "missed" in server.said[0]


async def test_a_silent_line_is_given_up(nursery, autojump_clock):
    """A gateway that says nothing for longer than its heartbeats are apart is dialled anew."""

    async def handle(number, request):
        socket = await request.accept()
        await socket.send_message(established(0, recovered=True))
        if number == 1:
            await socket.send_message(event(1, 0))
        await trio.sleep_forever()

    server = Server(nursery, handle)
    (value,) = await taken(server, 1)
    assert value.position == "e1:1"
    assert server.at_s[1] - server.at_s[0] == pytest.approx(QUIET_S + 0.5, abs=0.1)
    assert "silent" in server.said[0]


async def test_heartbeats_keep_a_line(nursery, autojump_clock):
    """Quiet is not silence: with a heartbeat each 15 s one line lasts."""

    async def handle(_, request):
        socket = await request.accept()
        await socket.send_message(established(0))
        for n in range(20):
            await trio.sleep(15)
            beat = {"type": "heartbeat", "epoch": "e1", "offset": n, "prev": 0}
            await socket.send_message(json.dumps(beat))
        await socket.send_message(event(20, 0))

    server = Server(nursery, handle)
    await taken(server, 1)
    assert server.asked == ["/ws/orders"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_refusal_ends_it_at_once(nursery, autojump_clock, status):
    """A wrong key or account is not tried again: it is raised, as it is, where one waits."""

    async def handle(_, request):
        await request.reject(status)

    server = Server(nursery, handle)
    with pytest.raises(Refused) as told:
        await taken(server, 1)
    assert told.value.status == status
    assert len(server.asked) == 1


async def test_a_revoked_key_ends_it(nursery, autojump_clock):
    """4001 is not tried again either."""

    async def handle(_, request):
        await (await request.accept()).aclose(4001, "key revoked")

    with pytest.raises(Refused, match="key revoked"):
        await taken(Server(nursery, handle), 1)


async def test_it_backs_off_and_is_patient_for_as_long_as_told(nursery, autojump_clock):
    """0.5 s, doubled, at most 10 s; for ever if not told otherwise, and then told once."""

    async def dial(*_):
        at_s.append(trio.current_time())
        raise ConnectionRefusedError

    at_s, said = [], []
    with pytest.raises(Away, match="given up after 60 s"):
        async with follow(
            URL, dial=dial, patience_s=60, say=said.append, chance=lambda: 1.0
        ) as values:
            async for _ in values:
                raise AssertionError
    pauses = [b - a for a, b in pairwise(at_s)]
    assert pauses[:5] == [0.5, 1, 2, 4, 8]
    assert set(pauses[5:]) == {10}
    assert len(said) == 1
    with trio.move_on_after(86_400):
        async with follow(URL, dial=dial) as values:
            async for _ in values:
                raise AssertionError
    assert trio.current_time() > 86_400


async def test_an_error_of_the_block_comes_out_as_it_is(nursery, autojump_clock):
    """What its user raises is not wrapped, and no line is left behind."""

    async def handle(_, request):
        socket = await request.accept()
        await socket.send_message(established(0))
        await socket.send_message(event(1, 0))
        with pytest.raises(trio_websocket.ConnectionClosed):
            await socket.get_message()
        left.set()

    left = trio.Event()
    with pytest.raises(ZeroDivisionError):
        async with Server(nursery, handle).follow() as values:
            async for _ in values:
                raise ZeroDivisionError
    with trio.fail_after(5):
        await left.wait()


def test_the_address_carries_what_is_wanted_and_never_the_key():
    """`http` becomes `ws`, a path before the gateway's own is kept, the key is a header."""
    base = address("https://desk.example/ow/", ["primary"], [])
    assert begun(base, Place.of("e:3")) == ("wss://desk.example/ow/ws/orders/primary?since=e%3A3")
    assert address("http://h:1", [], []) == "ws://h:1/ws/orders"
    several = address("ws://h:1", ["a", "b"], ["message"])
    assert several == "ws://h:1/ws/orders?accounts=a,b&types=message"
    assert begun(several, Place.of(None, wants_snapshot=True)) == f"{several}&snapshot=true"
    assert key_headers("k") == [(b"Authorization", b"Bearer k")]
    assert key_headers(None) == []


@pytest.mark.parametrize("url", ["127.0.0.1:8009", "ftp://h", "http://", "http://h?a"])
def test_what_is_no_address_is_refused(url):
    """Before anything is opened."""
    with pytest.raises(ValueError, match="address"):
        address(url, [], [])


def test_pauses_grow_and_are_bounded():
    """Half a second at first, ten at most, each shortened by chance up to a half."""
    assert [pause_s(attempt, 1.0) for attempt in (0, 1, 2, 99)] == [0.5, 1.0, 2.0, 10.0]
    assert pause_s(0, 0.0) == 0.25
