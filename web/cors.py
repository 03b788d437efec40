"""Pages of other sites that are named in `allowed_origins`: what their browsers are told. Pure.

    OPTIONS, Origin, Access-Control-Request-Method ──▶ 204: what such a page may send
    any answer to it ────────────────────────────────▶ it may be read, and these headers of it

Such a page comes with a key or a ticket. It is never let in by our cookie, so that no answer says
`Access-Control-Allow-Credentials`. The protocol: https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from quart import Response
from werkzeug.datastructures import Headers

ASKED_METHOD: Final = "Access-Control-Request-Method"
MAX_AGE_S: Final = 600
METHODS: Final = "GET, POST, PUT, DELETE"
SENT: Final = "Authorization, X-API-Key, Idempotency-Key, Content-Type, Last-Event-ID, X-Request-ID"
EXPOSED: Final = "Location, Retry-After, X-Request-ID, ETag, WWW-Authenticate"
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": SENT,
    "Access-Control-Max-Age": str(MAX_AGE_S),
}


def is_named(origin: str | None, allowed: Collection[str]) -> bool:
    """Say whether a page is of a site that is named; `allowed` is in small letters."""
    return origin is not None and origin.lower() in allowed


def is_preflight(method: str, headers: Headers, allowed: Collection[str]) -> bool:
    """Say whether a browser asks what a page of another, named site may send."""
    asks = method == "OPTIONS" and ASKED_METHOD in headers
    return asks and is_named(headers.get("Origin"), allowed)


def answer_preflight() -> Response:
    """Say what such a page may send, wherever it is sent to; `opened` says to whom."""
    return Response(b"", 204, headers=PREFLIGHT)


def opened(response: Response, headers: Headers, allowed: Collection[str]) -> Response:
    """Let a page of a named site read an answer; to any other it stays shut."""
    if allowed:
        response.vary.add("Origin")  # also where none came: a cache keeps one answer for all
    origin = headers.get("Origin")
    if origin is not None and is_named(origin, allowed):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
    return response
