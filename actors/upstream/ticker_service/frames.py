"""The frames of ticker_service's stream.

    {"type": "order_update", "data": {"order_id", "status", …}}        ──▶ OrderReport
    {"type": "order_update", "data": {"event": "task_status", …}}      ──▶ TaskReport
    {"type": "error" | "message", "message": "…"}                      ──▶ Note
    pong, binary frames, {"type": "connected"}, and what is unknown    ──▶ () a sign of life

and how a connection opens (`first_word`) or is turned away (`refuses_key`, `asks_for_login`).
Published in two dialects: with the key in the address, or in a first frame (`auth_frame`).
"""

from __future__ import annotations

import hashlib
import re
from typing import Final, Literal

from attrs import frozen

from actors.domain.errors import DecodeError
from actors.domain.ids import AccountId, OrderId
from actors.domain.model import Note, OrderReport, Report, TaskReport
from actors.domain.wire import FRAME_BYTES_MAX, encode, parse
from actors.upstream.fields import (
    ID_MAX,
    FieldFault,
    Row,
    an_object,
    maybe_text,
    maybe_word,
    read_under,
    required_word,
)
from actors.upstream.kite.rows import order_report

PING: Final = "ping"
PONG: Final = "pong"
UPDATES: Final = ("order_update", "task_status", "task_update")
WELCOMES: Final = ("connected", "connection_established")

# Close reasons of the published service: "Unauthorized" is a bad key; "Authentication required",
# "Invalid auth format" and "Auth timeout" want the key in another form, or sooner.
_REFUSED_KEY: Final = re.compile(
    r"unauthorized|authentication failed|(invalid|wrong|unknown|bad) (api[ _-]?)?key", re.IGNORECASE
)
_WANTS_LOGIN: Final = re.compile(r"auth|\bkey\b|\b1008\b", re.IGNORECASE)


@frozen
class Word:
    """What a frame says about whether the stream is open.

    `frame` is set when it also carries news, which must not be lost; `text` is a complaint's.
    """

    kind: Literal["welcome", "authenticated", "news", "complaint", "nothing"]
    text: str = ""


def auth_frame(api_key: str) -> str:
    """Write the first frame of the second dialect."""
    return encode({"type": "auth", "api_key": api_key}).decode()


def read_frame(frame: str | bytes, account_id: AccountId) -> tuple[Report, ...]:
    """Read one frame; DecodeError tells of one that cannot be read by its digest and fault."""
    if isinstance(frame, bytes) or frame == PONG:
        return ()
    raw = _raw(frame)
    value = parse(raw)
    try:
        return _reports(an_object(value), account_id)
    except FieldFault as fault:
        digest = hashlib.sha256(raw).hexdigest()
        raise DecodeError((fault.at("$"),), length=len(raw), sha256=digest) from None


def first_word(frame: str | bytes) -> Word:
    """Say what a frame means while the stream is opening. Never raises."""
    if isinstance(frame, bytes) or frame == PONG or len(frame) > FRAME_BYTES_MAX:
        return Word("nothing")
    try:
        row = an_object(parse(_raw(frame)))
        kind = row.get("type")
        if kind in WELCOMES:
            return Word("welcome")
        if kind == "authenticated":
            return Word("authenticated")
        if kind in UPDATES:
            return Word("news")
        if kind == "error":
            return Word("complaint", _text(row) or "no reason given")
    except (DecodeError, FieldFault):
        return Word("nothing")
    return Word("nothing")


def refuses_key(text: str) -> bool:
    """Say whether an error or a close says that the key itself is bad."""
    return _REFUSED_KEY.search(text) is not None


def asks_for_login(text: str) -> bool:
    """Say whether an error or a close is about how the key was, or was not, given."""
    return _WANTS_LOGIN.search(text) is not None


# ---------------------------------------------------------------------------------- helpers


def _raw(frame: str) -> bytes:
    return frame.encode("utf-8", "surrogatepass")


def _reports(row: Row, account_id: AccountId) -> tuple[Report, ...]:
    kind = required_word(row, "type")
    if kind in UPDATES:
        if row.get("account_id") not in (None, account_id):
            raise FieldFault("account_id", "this is another account's stream")
        return (read_under("data", row.get("data"), _update),)
    if kind in ("error", "message"):
        text = _text(row)
        if text is None:
            raise FieldFault("message", "required field missing")
        return (Note("error" if kind == "error" else "info", text),)
    return ()


def _update(row: Row) -> OrderReport | TaskReport:
    return task_report(row) if row.get("event") == "task_status" else order_report(row)


def task_report(row: Row) -> TaskReport:
    """Read a task's state, from a frame or from an answer: they name its error differently."""
    result = row.get("result")
    order_id = None if result is None else read_under("result", result, _order_id)
    return TaskReport(
        task_id=required_word(row, "task_id", ID_MAX),
        status=required_word(row, "status"),
        order_id=order_id,
        error=maybe_text(row, "last_error") or maybe_text(row, "error"),
    )


def _order_id(row: Row) -> OrderId | None:
    order_id = maybe_word(row, "order_id", ID_MAX)
    return None if order_id is None else OrderId(order_id)


def _text(row: Row) -> str | None:
    return maybe_text(row, "message") or maybe_text(row, "data")
