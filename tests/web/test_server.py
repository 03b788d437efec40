import resource
import socket
import struct
from functools import partial
from pathlib import Path

import pytest
import trio
from quart import request, websocket
from quart_trio import QuartTrio

from tests.web.fakes import dial
from tests.web.odd_app import until
from tests.web.raw import plug
from web import connection, peer, server
from web.server import (
    PORT,
    Listen,
    Port,
    make_room_for_connections,
    open_listeners,
    serve,
    url_of,
)

pytestmark = pytest.mark.process

SOMAXCONN = int(Path("/proc/sys/net/core/somaxconn").read_text())


class Stage:
    """An app that can be held up, its stop, and its server's task."""

    def __init__(self):
        self.stop = trio.Event()
        self.entered = trio.Event()
        self.go_on = trio.Event()
        self.ended = trio.Event()
        self.app = QuartTrio("stage")
        self.app.add_url_rule("/hold", "hold", self.hold)
        self.app.add_url_rule("/hello", "hello", self.hello)
        self.app.add_url_rule("/large", "large", self.large)
        self.app.add_websocket("/deaf", "deaf", self.deaf)
        self.app.add_websocket("/polite", "polite", self.polite)

    async def hello(self):
        return "hello"

    async def large(self):
        return b"x" * int(request.args.get("bytes", 200_000))

    async def hold(self):
        self.entered.set()
        await self.go_on.wait()
        return "held"

    async def deaf(self):
        await websocket.accept()
        self.entered.set()
        while True:
            await websocket.send("x" * 100_000)

    async def polite(self):
        await websocket.accept()
        self.entered.set()
        await self.stop.wait()
        await websocket.close(1012, "bye")

    async def run(self, task_status, **changes):
        listen = Listen(**{"host": "127.0.0.1", "port": 0, "grace_s": 0.5, **changes})
        await serve(self.app, listen, stop=self.stop, task_status=task_status)
        self.ended.set()


@pytest.fixture
async def stage(nursery):
    """A stage, which is cleared at the end."""
    stage = Stage()
    yield stage
    stage.go_on.set()
    stage.stop.set()


async def start(stage, nursery, **changes):
    """Serve a stage; give its URL."""
    return await nursery.start(partial(_run, stage, changes))


async def _run(stage, changes, task_status):
    await stage.run(task_status, **changes)


async def test_it_says_where_it_serves(stage, nursery):
    """The URL that is told can be reached at once; port 0 is a free one."""
    url = await start(stage, nursery)
    assert url.startswith("http://127.0.0.1:")
    async with plug(url) as wire:
        await wire.ask("GET", "/hello")
        assert (await wire.answer())[2] == b"hello"


async def test_a_port_in_use_is_an_error_at_once(stage, nursery):
    """OSError when the port cannot be had, before anything is served."""
    url = await start(stage, nursery)
    other = Listen("127.0.0.1", int(url.rpartition(":")[2]))
    with pytest.raises(OSError, match="in use"):
        await serve(QuartTrio("other"), other, stop=trio.Event())


async def test_stopping_lets_a_running_request_end(stage, nursery):
    """P18: after stop nobody new gets in, who was in is answered, and then it ends."""
    url = await start(stage, nursery, grace_s=5)
    async with plug(url) as wire, plug(url) as idle:
        await wire.ask("GET", "/hold")
        await stage.entered.wait()
        stage.stop.set()
        assert await idle.rest() == b""
        with pytest.raises(OSError, match="connect"):
            await plug(url).__aenter__()
        stage.go_on.set()
        status, headers, body = await wire.answer()
        assert (status, headers["connection"], body) == (200, "close", b"held")
        with trio.fail_after(2):
            assert await wire.rest() == b""
            await stage.ended.wait()


async def test_stopping_tells_websockets(stage, nursery):
    """P18: a websocket whose handler says farewell is closed by it, and the end does not wait."""
    url = await start(stage, nursery, grace_s=5)
    async with dial(url, "/polite") as client:
        await stage.entered.wait()
        stage.stop.set()
        with pytest.raises(Exception, match="1012"):
            await client.get_message()
        with trio.fail_after(2):
            await stage.ended.wait()


@pytest.mark.parametrize("what", ["request", "reader"])
async def test_what_does_not_end_is_cut_after_the_grace(stage, nursery, what):
    """P18: a request that hangs, or a reader that stopped, holds the end up no longer than that."""
    url = await start(stage, nursery, grace_s=0.3)
    async with plug(url) as wire:
        if what == "request":
            await wire.ask("GET", "/hold")
        else:
            await wire.upgrade("/deaf")
        await stage.entered.wait()
        stage.stop.set()
        with trio.fail_after(2):
            await stage.ended.wait()
        await wire.rest()


async def test_a_cancellation_ends_it_at_once(stage):
    """Cancelled, it cuts everyone, a reader that stopped too, and lets the port go."""
    with trio.fail_after(3):
        async with trio.open_nursery() as nursery:
            url = await start(stage, nursery)
            async with plug(url) as wire:
                await wire.upgrade("/deaf")
                await stage.entered.wait()
                nursery.cancel_scope.cancel()
    with pytest.raises(OSError, match="connect"):
        await plug(url).__aenter__()


async def test_one_address_gets_so_many_connections(stage, nursery):
    """P20: the connection beyond the bound is closed at once; when one ends, the next gets in."""
    url = await start(stage, nursery, connections_per_address_max=3)
    port: Port = stage.app.extensions[PORT]
    async with plug(url) as one, plug(url) as two:
        async with plug(url) as three:
            for wire in (one, two, three):
                await wire.ask("GET", "/hello")
                assert (await wire.answer())[0] == 200
            assert port.most_from_one_address == 3
            async with plug(url) as four:
                assert await four.rest() == b""
        with trio.fail_after(2):
            while port.most_from_one_address == 3:
                await trio.sleep(0.005)
        async with plug(url) as four:
            await four.ask("GET", "/hello")
            assert (await four.answer())[0] == 200


async def test_all_together_get_so_many(stage, nursery, monkeypatch, entries):
    """P20: whoever they are, there are no more than the bound; a storm is counted, and told once."""
    monkeypatch.setattr(server, "CONNECTIONS_MAX", 2)
    url = await start(stage, nursery)
    port: Port = stage.app.extensions[PORT]
    async with plug(url) as one, plug(url) as two:
        for wire in (one, two):
            await wire.ask("GET", "/hello")
            assert (await wire.answer())[0] == 200
        assert (len(port.connections), port.connections_max) == (2, 2)
        for _ in range(5):
            async with plug(url) as more:
                assert await more.rest() == b""
    assert port.refused == 5
    told = [entry for entry in entries if entry["event"] == "too many connections"]
    assert [(entry["refused"], entry["in_all"]) for entry in told] == [(1, 2)]


@pytest.mark.parametrize(
    ("soft", "hard", "mends", "room"),
    [
        *((1024, 1024, True, 768), (1024, 4096, True, 3840), (1024, 1 << 20, True, 10_000)),
        *((1024, -1, True, 10_000), (-1, -1, True, 10_000), (1 << 20, 1 << 20, True, 10_000)),
        *((1024, 1 << 20, False, 768), (100, 100, True, 1)),
    ],
)
def test_some_descriptors_are_kept_from_connections(monkeypatch, soft, hard, mends, room):
    """P6, P20: a crowd leaves the store and the brokers theirs; the bound follows the system's."""

    def mend(_, limits):
        if not mends:
            raise ValueError("not allowed")
        assert limits[0] > soft or hard <= soft
        assert limits[1] == hard

    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", mend)
    assert make_room_for_connections() == room


async def test_the_listening_socket_has_its_options():
    """P20, P6: what waits to be accepted and to be sent is bounded in the kernel; how long it waits
    is not, there: it would cut a reader that takes a little at a time.
    """
    (listener,) = await open_listeners(Listen("127.0.0.1", 0))
    async with listener, await trio.open_tcp_stream(*listener.socket.getsockname()):
        info = listener.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
        assert struct.unpack_from("I", info, 28)[0] == min(server.BACKLOG, SOMAXCONN)
        async with await listener.accept() as accepted:
            for held in (listener.socket, accepted.socket):
                # The kernel doubles what it is told, for its own needs.
                kept = held.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
                assert kept == 2 * server.SEND_BUFFER_BYTES
                waits = held.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                assert waits == 0


async def test_what_a_peer_leaves_in_the_kernel_is_not_kept(stage, nursery, monkeypatch):
    """P6: one that takes nothing is not kept because what it was told fits into a buffer: after the
    end of its connection the kernel forgets that, too.
    """
    monkeypatch.setattr(connection, "REQUEST_S", 0.2)
    monkeypatch.setattr(peer, "LEFT_S", 0.2)
    url = await start(stage, nursery)
    port: Port = stage.app.extensions[PORT]
    async with plug(url, receive_bytes=4096) as wire:
        await wire.ask("GET", "/large?bytes=15000")
        await until(lambda: port.connections)
        ours = f":{int(url.rpartition(':')[2]):04X}"
        theirs = f":{wire.stream.socket.getsockname()[1]:04X}"
        with trio.fail_after(10):
            while port.connections or is_held(ours, theirs):
                await trio.sleep(0.02)


def is_held(ours, theirs):
    """Whether the kernel has a connection between two ports, closed by us or not."""
    rows = [line.split()[1:3] for line in Path("/proc/net/tcp").read_text().splitlines()]
    return any(near.endswith(ours) and far.endswith(theirs) for near, far in rows)


async def test_connections_leave_nothing_behind(stage, nursery):
    """P20: a hundred connections, of all kinds of end, leave no connection and no address."""
    url = await start(stage, nursery)
    port: Port = stage.app.extensions[PORT]
    for n in range(100):
        async with plug(url) as wire:
            if n % 3 == 0:
                await wire.ask("GET", "/hello")
                await wire.answer()
            elif n % 3 == 1:
                await wire.upgrade("/polite")
                await wire.until(b"\r\n\r\n")
    with trio.fail_after(2):
        while port.connections:
            await trio.sleep(0.005)
    assert port.most_from_one_address == 0


async def test_an_address_is_written_as_a_browser_reads_it():
    """An IPv6 host stands in brackets."""
    (listener, *_) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        assert url_of("::1", listener).startswith("http://[::1]:")
        assert url_of("localhost", listener).startswith("http://localhost:")
