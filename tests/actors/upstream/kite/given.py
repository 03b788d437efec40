"""Accounts at Kite to be given: over a table of answers, or over a socket that follows a script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import trio
from attrs import define, field

from actors.domain.config import AccountConfig
from actors.runtime.seams import Socket
from actors.upstream.kite import Kite, open_kite
from tests.actors.upstream.memory import MemoryNet, seams

KEY = "kiteapikey000000"
TOKEN = "access/token+of-the-day"
SECRET = "apisecretofthedesk"
SECRETS = (KEY, TOKEN, SECRET)


def a_config(**changes: str) -> AccountConfig:
    """Give an account's configuration, with its three keys."""
    keys = {"api_key": KEY, "access_token": TOKEN, "api_secret": SECRET}
    return AccountConfig("kite", **keys | changes)


def kite_of(*, http: object = None, connect: object = None, **changes: str) -> Kite:
    """Give the upstream of an account."""
    made = open_kite("primary", a_config(**changes), seams(http=http, connect=connect))
    assert isinstance(made, Kite)
    return made


@define
class KiteNet:
    """A `Connect` to a server in memory that also keeps the headers it was given."""

    net: MemoryNet
    headers: list[dict[str, str]] = field(factory=list)

    @asynccontextmanager
    async def __call__(
        self, url: str, headers: Mapping[str, str], *, timeout_s: float
    ) -> AsyncIterator[Socket]:
        """Open a websocket; see `Connect`."""
        self.headers.append(dict(headers))
        async with self.net(url, {}, timeout_s=timeout_s) as socket:
            yield socket


def scripted(*conversations):
    """A server that plays one conversation a connection: strings and bytes are sent, a tuple
    closes, a number waits, an int alone as a conversation refuses the handshake with it.
    """
    left = list(conversations)

    async def serve(request):
        steps = left.pop(0)
        if isinstance(steps, int):
            await request.reject(steps)
            return
        socket = await request.accept()
        for step in steps:
            match step:
                case (code, reason):
                    await socket.aclose(code, reason)
                case float() | int():
                    await trio.sleep(step)
                case _:
                    await socket.send_message(step)
        await trio.sleep_forever()

    return serve


def streaming(*conversations, **changes):
    """Give an account whose stream plays these conversations, and the net that it goes over."""
    net = KiteNet(MemoryNet(scripted(*conversations)))
    return kite_of(connect=net, **changes), net
