"""The frames of Kite's stream.

    {"type": "order", "data": {"order_id", "status", …}}        ──▶ OrderReport
    {"type": "error" | "message", "data": "…"}                  ──▶ Note
    binary (a heartbeat of one byte, or ticks), unknown types   ──▶ () a sign of life

Orders come without being subscribed to, as the rows of the postback; a placement by itself is not
told, a change is. The frames carry no number and no order: "I might get complete first and then
open?" (Kite's forum, comment 37646); each cancel comes twice (33954). A row's `checksum` was seen
blank on the stream and proves nothing here. Source: Kite Connect v3, "websocket streaming".
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from actors.domain.errors import DecodeError
from actors.domain.model import Note, Report
from actors.domain.wire import parse
from actors.upstream.fields import (
    FieldFault,
    Row,
    an_object,
    maybe_text,
    read_under,
    required_word,
)

from .rows import order_report

# What the stream's door and REST say of a dead token; the first is REST's own sentence.
_REFUSED: Final = re.compile(
    r"incorrect .?api_key|(access[ _]?token|api[ _]?key|session|token) (is |has )?"
    r"(invalid|incorrect|expired)|(invalid|incorrect|expired) .?(access[ _]?token|api[ _]?key"
    r"|session|token)|TokenException|\bforbidden\b",
    re.IGNORECASE,
)


def read_frame(frame: str | bytes) -> tuple[Report, ...]:
    """Read one frame; DecodeError tells of one that cannot be read by its digest and fault."""
    if isinstance(frame, bytes):
        return ()
    raw = frame.encode("utf-8", "surrogatepass")
    value = parse(raw)
    try:
        return _reports(an_object(value))
    except FieldFault as fault:
        digest = hashlib.sha256(raw).hexdigest()
        raise DecodeError((fault.at("$"),), length=len(raw), sha256=digest) from None


def refuses_token(text: str) -> bool:
    """Say whether an error or a close says that the token, or the key, is dead."""
    return _REFUSED.search(text) is not None


def _reports(row: Row) -> tuple[Report, ...]:
    kind = required_word(row, "type")
    if kind == "order":
        return (read_under("data", row.get("data"), order_report),)
    if kind in ("error", "message"):
        text = maybe_text(row, "data")
        if text is None:
            raise FieldFault("data", "required field missing")
        return (Note("error" if kind == "error" else "info", text),)
    return ()
