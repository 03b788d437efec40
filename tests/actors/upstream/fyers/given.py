"""An account at Fyers to be given: over a table of answers, or over sockets that follow a script."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

import trio
from attrs import define, field

from actors.domain.config_accounts import AccountConfig
from actors.runtime.seams import Socket
from actors.upstream.fyers import Fyers, open_fyers
from tests.actors.upstream.memory import MemoryNet, seams

APP = "7ABXUX38S-100"
TOKEN = "eyJ0eXAi.s3cret/token"
SECRET = "N0TT0LD1T"
ADDRESS = "wss://socket.fyers.test/trade/v3"


@define
class Net:
    """A `Connect` over memory streams; `headers` are those of each opening."""

    serve: object
    headers: list[Mapping[str, str]] = field(factory=list)
    urls: list[str] = field(factory=list)

    def __call__(
        self, url: str, headers: Mapping[str, str], *, timeout_s: float
    ) -> AbstractAsyncContextManager[Socket]:
        """Open a websocket; the headers are looked at here and not sent on."""
        self.headers.append(headers)
        self.urls.append(url)
        return MemoryNet(self.serve)(url, {}, timeout_s=timeout_s)


def account(token=TOKEN, secret=SECRET):
    """Give an account's configuration."""
    return AccountConfig(
        "fyers",
        "http://broker:8080/api/v3/",
        socket_url=ADDRESS,
        app_id=APP,
        access_token=token,
        api_secret=secret,
    )


def service_of(*, http=None, serve=None, token=TOKEN, secret=SECRET):
    """Give an account over these answers and this server, and its net."""
    net = Net(serve)
    made = open_fyers("primary", account(token, secret), seams(http=http, connect=net))
    assert isinstance(made, Fyers)
    return made, net


def scripted(*steps, heard=None, answers_pings=True):
    """A server that plays one conversation to each connection, and then answers pings.

    Strings are sent, a tuple closes, a number waits, "?" waits for a text, "403" refuses.
    """
    texts = [] if heard is None else heard

    async def hear(socket):
        text = await socket.get_message()
        texts.append((trio.current_time(), text))
        if text == "ping" and answers_pings:
            await socket.send_message("pong")

    async def serve(request):
        if steps == ("403",):
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
                    await hear(socket)
                case _:
                    await socket.send_message(step)
        while True:
            await hear(socket)

    return serve
