"""One HTTP request and its answer, with no server around them.

    Request(method, path, query, headers, body) ──▶ handle ──▶ Response(status, headers, body)

The real server, the tests and the simulation all come through here.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

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


def sent_back(target: str, query: Mapping[str, str]) -> Response:
    """End a login: the browser goes back to `target` with what it is to bring.

    Where it is not said whither, or not well, the page shows what there is to bring.
    """
    brought = urlencode(query)
    try:
        parts = urlsplit(target)
        usable = parts.scheme in {"http", "https"} and bool(parts.netloc)
    except ValueError:
        usable = False
    # What is no plain text could end the header and begin another.
    if usable and target.isascii() and target.isprintable():
        join = "&" if parts.query else "?"
        return Response(302, {"location": f"{target}{join}{brought}"})
    page = f"<!doctype html><title>Paper broker</title><p>Logged in. Bring back: {escape(brought)}"
    return Response(200, {"content-type": "text/html; charset=utf-8"}, page.encode())


def json_value(body: bytes) -> Any:
    """Give a request's body, decimals exact. Raises RefusedError for what is no JSON."""
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise RefusedError("The body is not JSON.") from None


def json_object(body: bytes) -> dict[str, Any]:
    """Give a request's body, decimals exact. Raises RefusedError for anything but an object."""
    value = json_value(body)
    if not isinstance(value, dict):
        raise RefusedError("The body is not a JSON object.")
    return value
