"""Streams to be given: a service over a server in memory, and servers that follow a script."""

import json

import trio

from actors.domain.config import AccountConfig
from actors.upstream.ticker_service import open_ticker_service
from tests.actors.upstream.memory import KEY, MemoryNet, seams

ADDRESS = "ws://broker:8080/advanced/ws/orders/primary"
KEYED = f"{ADDRESS}?api_key=s3cret%2Fkey"


def service_of(server, key=KEY):
    net = MemoryNet(server)
    config = AccountConfig("ticker_service", "http://broker:8080", key)
    return open_ticker_service("primary", config, seams(connect=net)), net


def scripted(*conversations):
    """A server that plays one conversation a connection: strings are sent, a tuple closes, a
    number waits; "?" waits for a text, "403" refuses the handshake.
    """
    left = list(conversations)

    async def serve(request):
        steps = left.pop(0)
        if steps == ["403"]:
            await request.reject(403)
            return
        socket = await request.accept()
        for step in steps:
            match step:
                case (code, reason):
                    await socket.aclose(code, reason)
                case float() | int():
                    await trio.sleep(step)
                case "?":
                    await socket.get_message()
                case _:
                    await socket.send_message(step)
        await trio.sleep_forever()

    return serve


def error(text):
    return json.dumps({"type": "error", "message": text})
