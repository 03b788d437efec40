import inspect
import logging
import sys
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

import hypercorn.config
import hypercorn.trio.tcp_server
import hypercorn.trio.worker_context
import pytest
import quart.asgi
import quart_trio
import quart_trio.asgi
import trio
import trio.testing
from quart import request, websocket

from tests.web.odd_app import until
from tests.web.raw import plug
from web import connection, stacks
from web.sandbox.server import paper_app
from web.server import Listen, serve

pytestmark = pytest.mark.process

IS_NEW = sys.version_info >= (3, 13)
PINNED = {
    "hypercorn": "0.18.",
    "quart": "0.23." if IS_NEW else "0.22.",
    "quart-trio": "0.13." if IS_NEW else "0.12.",
}
BODY_BYTES_MAX = 200_000
FRAME = b"\x81\xfe" + (60_000).to_bytes(2, "big") + bytes(4) + b"x" * 60_000  # masked with zeroes
CHUNK = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
CHUNKED = b"POST /%s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("name", sorted(PINNED))
def test_the_stack_is_the_one_that_was_read(name):
    """The mends stand on these versions: with another one they have to be read again."""
    assert version(name).startswith(PINNED[name])


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (hypercorn.config.Config, "h11_max_incomplete_size websocket_max_message_size"),
        (hypercorn.config.Config, "logger_class accesslog errorlog max_app_queue_size"),
        (hypercorn.trio.worker_context.WorkerContext(None), "terminated terminate"),
        (hypercorn.trio.tcp_server.TCPServer, "run protocol_send _close"),
        (quart_trio.QuartTrio, "request_class websocket_class startup shutdown"),
        (quart_trio.asgi.TrioASGIWebsocketConnection, "handle_messages handle_websocket"),
    ],
)
def test_what_we_reach_into_is_there(owner, names):
    """Each attribute that we set or call from outside exists in the version that is pinned."""
    assert [name for name in names.split() if not hasattr(owner, name)] == []


@pytest.mark.skipif(IS_NEW, reason="Quart 0.22 comes with Python 3.12 and older")
def test_the_older_quart_is_as_it_was_read():
    """Its websocket has a buffer with a bound of its own, and no error says that a client left."""
    older = quart_trio.asgi.TrioASGIWebsocketConnection
    assert f"]({stacks.FRAMES_MAX})" in inspect.getsource(older.__init__)
    assert "ClientDisconnected" not in inspect.getsource(quart.asgi)


@pytest.mark.skipif(not IS_NEW, reason="Quart 0.23 comes with Python 3.13 and newer")
def test_the_newer_quart_is_as_it_was_read():
    """Its buffers have no bound, and it makes them from the classes that we put in their place."""
    from quart.wrappers.base import ClientDisconnectedError
    from quart_trio.datastructures import TrioQueue

    assert 'float("inf")' in inspect.getsource(TrioQueue.__init__)
    assert {"_send", "_receive"} <= vars(TrioQueue()).keys()
    assert {"_queue"} <= vars(stacks.TrioBuffer()).keys()
    body = stacks.TrioBody(None, 10)
    assert {"_queue", "_must_raise", "_max_content_length"} <= vars(body).keys()
    assert stacks.TrioWebsocket.buffer_class is stacks.TrioBuffer
    assert stacks.TrioRequest.body_class is stacks.TrioBody
    for kind in (stacks.TrioBuffer, stacks.TrioBody):
        assert all(callable(getattr(kind, name)) for name in ("put", "get", "disconnect"))
    assert stacks.LeftError is ClientDisconnectedError


def test_a_status_has_the_same_words_on_every_python():
    """An answer's title does not change with the Python that gives it."""
    assert [stacks.PHRASES[status] for status in (404, 413, 414, 416, 422)] == [
        *("Not Found", "Content Too Large", "URI Too Long", "Range Not Satisfiable"),
        "Unprocessable Content",
    ]


async def test_both_apps_are_of_it(gateway):
    """The gateway and the sandbox broker stand on the mended stack."""
    assert isinstance(gateway.app, stacks.App)
    assert isinstance(paper_app(None), stacks.App)


@asynccontextmanager
async def served(**handlers):
    """Serve handlers, each at its name, as websockets if `ws` begins it; give the URL."""
    app = stacks.App("stacks")
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    for name, handler in handlers.items():
        if name.startswith("ws"):
            app.add_websocket(f"/{name}", name, handler)
        else:
            app.add_url_rule(f"/{name}", name, handler, methods=["GET", "POST"])
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        yield await nursery.start(partial(serve, app, Listen("127.0.0.1", 0, 1.0), stop=stop))
        stop.set()


def faults(entries, caplog):
    """Give what was logged, by us or by Quart, as more than a word."""
    return [entry for entry in entries if entry["log_level"] in ("error", "critical")] + [
        record for record in caplog.records if record.levelno >= logging.ERROR
    ]


async def test_frames_that_nobody_receives_are_not_swallowed(monkeypatch):
    """P20: a flood at a handler that does not receive stays with its sender, and none is lost."""
    go_on, swallowed, received = trio.Event(), [], []
    handle = connection.Http1Protocol.handle

    async def counted(protocol, event):
        swallowed.append(len(getattr(event, "data", b"")))
        await handle(protocol, event)

    async def ws():
        await websocket.accept()
        await go_on.wait()
        while len(received) < 100:
            received.append(await websocket.receive())

    monkeypatch.setattr(connection.Http1Protocol, "handle", counted)
    async with served(ws=ws) as url, plug(url) as wire, trio.open_nursery() as nursery:
        await wire.upgrade("/ws")
        await wire.until(b"\r\n\r\n")
        nursery.start_soon(wire.stream.send_all, FRAME * 100)
        await trio.testing.wait_all_tasks_blocked(0.1)
        assert 0 < sum(swallowed) < 2_000_000
        go_on.set()
        await until(lambda: len(received) == 100)
    assert set(received) == {"x" * 60_000}


async def test_a_body_that_gives_no_length_is_cut_at_the_bound():
    """P20: 413 comes while the body still does: what is too much is not kept until its end."""

    async def whole():
        return await request.get_data()

    async with served(whole=whole) as url:
        async with plug(url) as wire:
            await wire.send(CHUNKED % b"whole" + CHUNK * 12 + b"0\r\n\r\n")
            assert len((await wire.answer())[2]) == 12 * 0x4000
        async with plug(url) as wire:
            await wire.send(CHUNKED % b"whole" + CHUNK * 13)
            assert (await wire.answer())[0] == 413


async def test_a_client_that_leaves_is_no_fault(entries, caplog):
    """P6: its handler is cancelled, whatever it waits for, and the log has no error of it."""
    ends = []

    @asynccontextmanager
    async def noted(name):
        try:
            yield
        except trio.Cancelled:
            ends.append(name)
            raise

    async def ws_waits():
        async with noted("ws_waits"):
            await websocket.receive()

    async def ws_tells():
        await websocket.accept()
        with trio.CancelScope(shield=True):
            await gone.wait()
        async with noted("ws_tells"):
            await websocket.send("are you there?")

    async def ws_both():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ws_waits)
            await trio.sleep_forever()

    async def body():
        async with noted("body"):
            await request.get_data()

    async def parts():
        async with noted("parts"):
            return [part async for part in request.body]

    gone = trio.Event()
    handlers = (ws_waits, ws_tells, ws_both, body, parts)
    async with served(**{handler.__name__: handler for handler in handlers}) as url:
        for name in ("ws_waits", "ws_tells", "ws_both"):
            async with plug(url) as wire:
                await wire.upgrade(f"/{name}")
                await wire.until(b"\r\n\r\n")
        for name in (b"body", b"parts"):
            async with plug(url) as wire:
                await wire.send(CHUNKED % name + CHUNK)
                await trio.testing.wait_all_tasks_blocked(0.01)
        await trio.testing.wait_all_tasks_blocked(0.01)
        gone.set()
        await until(lambda: len(ends) == 5)
    assert sorted(ends) == ["body", "parts", "ws_tells", "ws_waits", "ws_waits"]
    assert faults(entries, caplog) == []


async def test_an_answer_to_a_client_that_has_left_is_no_fault(entries, caplog):
    """P6: what may not be torn is done to its end; that nobody hears of it is no error."""
    entered, gone, done = trio.Event(), trio.Event(), []

    async def order():
        with trio.CancelScope(shield=True):
            entered.set()
            await gone.wait()
            done.append("placed")
        return "placed"

    async with served(order=order) as url:
        async with plug(url) as wire:
            await wire.ask("POST", "/order")
            await entered.wait()
        await trio.testing.wait_all_tasks_blocked(0.01)
        gone.set()
        await until(lambda: done)
        await trio.testing.wait_all_tasks_blocked(0.01)
    assert done == ["placed"]
    assert faults(entries, caplog) == []
