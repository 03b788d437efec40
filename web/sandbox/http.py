"""One HTTP request and its answer, with no server around them.

    Request(method, path, query, headers, body) ──▶ handle ──▶ Response(status, headers, body)

The real server, the tests and the simulation all come through here.
"""

import json
from decimal import Decimal
from typing import Any

from attrs import Factory, frozen

from web.sandbox.orders import RefusedError


@frozen
class Request:
    """A request. Header names are lower-case; `query` is parsed, the first of equal names wins."""

    method: str
    path: str
    query: dict[str, str] = Factory(dict)
    headers: dict[str, str] = Factory(dict)
    body: bytes = b""


@frozen
class Response:
    """An answer, whole."""

    status: int
    headers: dict[str, str] = Factory(dict)
    body: bytes = b""


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    """JSON, as ticker_service writes it."""
    return raw_json(json.dumps(value, separators=(",", ":")), status, **headers)


def raw_json(text: str, status: int = 200, **headers: str) -> Response:
    """JSON that is already text."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": "application/json", **named}, text.encode())


def fault(status: int, detail: str, **headers: str) -> Response:
    """Give an error in ticker_service's form: `{"detail": …}`."""
    return answer({"detail": detail}, status, **headers)


def json_object(body: bytes) -> dict[str, Any]:
    """Give a request's body, decimals exact. Raises RefusedError for anything but an object."""
    try:
        value = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise RefusedError("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise RefusedError("The body is not a JSON object.")
    return value
