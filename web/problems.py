"""Faults as the contract tells them: RFC 9457 documents, and nothing of our insides.

OrderwireError ─┐
Quart's own ────┼──▶ {"title", "status", "detail", "request_id",
anything else ──┘     "errors": [{"path", "message"}]}       application/problem+json
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import structlog
from quart import Response
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from actors.domain.errors import (
    BadRequest,
    Fault,
    OrderwireError,
    PositionGone,
    Refused,
    Unavailable,
)
from actors.domain.wire import encode

from .request_ids import current_request_id
from .stacks import PHRASES

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
KEPT: Final = ("Allow", "Retry-After")  # of the headers that Quart gives a fault of its own
DETAILS: Final = {
    404: "there is nothing at this path: /docs tells what there is",
    405: "this path does not take that method",
    408: "the request's body did not come in time",
    413: "the request's body is too large",
}


def problem(
    status: int,
    title: str,
    detail: str | None = None,
    faults: Sequence[Fault] = (),
    headers: dict[str, str] | None = None,
    *,
    reason: str | None = None,
) -> Response:
    """Write a fault. A `reason` is a word for programs, where one status has several."""
    document: dict[str, Any] = {"title": title, "status": status}
    if reason is not None:
        document["reason"] = reason
    if detail:
        document["detail"] = detail
    if (request_id := current_request_id()) is not None:
        document["request_id"] = request_id
    if faults:
        document["errors"] = [{"path": f.path, "message": f.message} for f in faults]
    return Response(encode(document), status, headers, content_type=MEDIA_TYPE)


def add_problems(app: QuartTrio) -> None:
    """Have every fault of an app told so."""
    app.register_error_handler(OrderwireError, tell_ours)
    app.register_error_handler(HTTPException, tell_quarts)
    app.register_error_handler(Exception, tell_bug)


async def tell_ours(error: OrderwireError) -> Response:
    """Tell an error that we raised on purpose."""
    if error.status == 500:
        return await tell_bug(error)
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="orderwire"'
    if isinstance(error, Refused | Unavailable) and error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, BadRequest):
        return problem(error.status, error.title, error.detail, error.faults, headers)
    reason = error.reason if isinstance(error, PositionGone) else None
    return problem(error.status, error.title, str(error), headers=headers, reason=reason)


async def tell_quarts(error: HTTPException) -> Response:
    """Tell an error of Quart's own: no such path, no such method, a body too large."""
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name in KEPT}
    return problem(status, PHRASES[status], DETAILS.get(status), headers=headers)


async def tell_bug(error: Exception) -> Response:
    """Tell of a defect without its insides, which go to the log."""
    log.error("a request ended in a defect", exc_info=error)
    return problem(500, OrderwireError.title, "this is ours, and it is in our log")
