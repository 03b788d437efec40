"""An app in which anything may go wrong, for proofs of what carries it."""

from __future__ import annotations

import trio
import trio.testing
from quart import request, websocket
from quart_trio import QuartTrio

from tests.web.raw import plug
from web import connection

LONG = 3_000_000
HELLO = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


def an_app():
    """Make it: hasty, large, deaf, shouting; `ends` says which handlers have ended."""
    app = QuartTrio("an_app")
    app.config["MAX_CONTENT_LENGTH"] = 1000
    app.ends = []
    app.reasons = []

    async def hello():
        return "hello"

    async def hasty():
        return "before your body came"

    async def echo():
        return await request.get_data()

    async def crash():
        raise RuntimeError

    async def large():
        return b"x" * (8 << 20)

    for name, view in (("hello", hello), ("hasty", hasty), ("echo", echo), ("large", large)):
        app.add_url_rule(f"/{name}", name, view, methods=["GET", "POST"])
    app.add_url_rule("/crash", "crash", crash)
    add_sockets(app)
    return app


def add_sockets(app):
    """Give it websockets: one that talks, and others that shout, bellow, do not listen, or tear."""

    async def talk():
        await websocket.accept()
        try:
            while True:
                await websocket.send(await websocket.receive())
        finally:
            app.ends.append("talk")

    async def shout():
        await websocket.accept()
        try:
            while True:
                await websocket.send("x" * 100_000)
        except connection.PeerGoneError:
            app.ends.append("gone")
        finally:
            app.ends.append("shout")

    async def bellow():
        await websocket.accept()
        try:
            await websocket.send("x" * (32 << 20))
        finally:
            app.ends.append("bellow")

    async def deaf():
        await websocket.accept()
        try:
            await trio.sleep_forever()
        finally:
            app.ends.append("deaf")
            app.reasons.append(websocket.scope["state"]["connection"].cut_reason)

    async def torn():
        await websocket.accept()
        with trio.move_on_after(0.05):
            await websocket.send("x" * LONG)
        await websocket.send("after")

    for view in (talk, shout, bellow, deaf, torn):
        app.add_websocket(f"/{view.__name__}", f"ws_{view.__name__}", view)


async def still_serves(url):
    """Say that the process lives and answers others."""
    async with plug(url) as wire:
        await wire.send(HELLO)
        status, _, body = await wire.answer()
        assert (status, body) == (200, b"hello")


async def until(condition):
    """Wait until something has become true, whatever clock there is."""
    for _ in range(500):
        if condition():
            return
        await trio.testing.wait_all_tasks_blocked(0.005)
    raise AssertionError("it has not become true")


async def pass_s(clock, seconds, *, rest_s=0.005):
    """Let virtual time pass, once all that is under way has come to rest, the kernel's work too."""
    await trio.testing.wait_all_tasks_blocked(rest_s)
    clock.jump(seconds)
    await trio.testing.wait_all_tasks_blocked(rest_s)
