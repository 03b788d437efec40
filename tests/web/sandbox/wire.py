"""The sandbox in one process: its websocket over memory streams with the real codec, its REST
called as it is.
"""

import json
from urllib.parse import parse_qsl

import trio
import trio_websocket
from trio.testing import memory_stream_pair

from web.sandbox.http import Request, Response
from web.sandbox.sockets import SocketClosedError


class WireSocket:
    """The broker's side of a websocket, on the codec of trio-websocket."""

    def __init__(self, connection, stream):
        self._connection = connection
        self._stream = stream

    async def receive(self):
        """Wait for the next text."""
        try:
            message = await self._connection.get_message()
        except trio_websocket.ConnectionClosed as gone:
            raise SocketClosedError from gone
        return message if isinstance(message, str) else ""

    async def send(self, text):
        """Send one text."""
        try:
            await self._connection.send_message(text)
        except trio_websocket.ConnectionClosed as gone:
            raise SocketClosedError from gone

    async def close(self, code, reason):
        """Close with a close frame."""
        await self._connection.aclose(code, reason)

    async def abort(self):
        """Cut the connection."""
        await trio.aclose_forcefully(self._stream)


async def serve_socket(broker, stream):
    """Carry one websocket of the broker, from handshake to end."""
    async with trio.open_nursery() as nursery:
        request = await trio_websocket.wrap_server_stream(nursery, stream)
        path, _, query = request.path.partition("?")
        headers = {name.decode().lower(): value.decode() for name, value in request.headers}
        asked = dict(parse_qsl(query, keep_blank_values=True))
        admission = broker.admit(path, asked, headers)
        if isinstance(admission, Response):
            await request.reject(admission.status, body=admission.body)
        else:
            connection = await request.accept()
            await broker.stream(WireSocket(connection, stream), admission)
        nursery.cancel_scope.cancel()


async def connect(nursery, broker, resource, headers=()):
    """A client's websocket to the broker."""
    ours, theirs = memory_stream_pair()
    nursery.start_soon(serve_socket, broker, theirs)
    return await trio_websocket.wrap_client_stream(
        nursery, ours, "paper", resource, extra_headers=list(headers)
    )


async def call(broker, method, path, body=None, key="paper", **query):
    """One REST call: its status and its JSON."""
    headers = {} if key is None else {"x-api-key": key}
    raw = b"" if body is None else json.dumps(body).encode()
    response = await broker.handle(Request(method, path, query, headers, raw))
    return response.status, json.loads(response.body)


async def placed(broker, body):
    """Place an order and give its id, by way of its task."""
    status, said = await call(broker, "POST", "/orders/place", body)
    assert (status, said["order_id"]) == (200, "")
    status, task = await call(broker, "GET", f"/orders/tasks/{said['task_id']}")
    assert (status, task["status"]) == (200, "completed")
    return task["result"]["order_id"]


async def frames(connection, count):
    """The next frames, parsed."""
    return [json.loads(await connection.get_message()) for _ in range(count)]


async def refusal(broker, resource, headers=()):
    """The HTTP status with which a handshake is refused; 101 when it is not."""
    statuses = [101]
    try:
        async with trio.open_nursery() as nursery:
            await connect(nursery, broker, resource, headers)
            nursery.cancel_scope.cancel()
    except* trio_websocket.ConnectionRejected as refused:
        statuses = [each.status_code for each in refused.exceptions]
    return statuses[0]
