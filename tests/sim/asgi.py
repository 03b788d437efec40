"""A request to an app without a socket: it may be cancelled at any moment, as a client may go.

ask(app, method, path) ── scope, receive, send ──▶ status, bytes
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import trio
from quart_trio import QuartTrio


async def ask(
    app: QuartTrio, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, bytes]:
    """Ask the app, and give the status and the body of its answer."""
    said: list[dict[str, Any]] = []
    asked = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not asked:
            await trio.sleep_forever()
        return asked.pop()

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await app(_scope(method, path, headers, len(body)), receive, send)
    whole = b"".join(message.get("body", b"") for message in said)
    return next(message["status"] for message in said if "status" in message), whole


def _scope(method: str, path: str, headers: Mapping[str, str], length: int) -> dict[str, Any]:
    plain, _, query = path.partition("?")
    sent = {"host": "127.0.0.1", "content-length": str(length), **headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": plain,
        "raw_path": plain.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "extensions": {},
    }
