from functools import partial

import pytest
import trio
from quart import websocket
from quart_trio import QuartTrio

from tests.web.fakes import dial
from tests.web.raw import plug
from web.server import PORT, Listen, Port, serve, url_of

pytestmark = pytest.mark.process


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
        self.app.add_websocket("/deaf", "deaf", self.deaf)
        self.app.add_websocket("/polite", "polite", self.polite)

    async def hello(self):
        return "hello"

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
