"""The frames of Fyers' order socket.

    {"s": "ok", "orders": {…}}                     ──▶ OrderReport     trades, positions likewise
    {"s": "ok", "edis" | "pricealerts" | "login"}  ──▶ Note: that it was told, nothing of whom
    {"s": "error", "code", "message"}              ──▶ Note
    pong, {"code": 1605, …}, and what is unknown   ──▶ () a sign of life

What stands in edis, price alerts and logins is not documented, so of them only the kind is told,
with the start of the frame's digest: two alerts are two messages. The acknowledgement comes for
whatever was sent, even with a wrong key; it says that somebody is there and no more.
"""

from __future__ import annotations

import hashlib
from typing import Final

from actors.domain.errors import DecodeError
from actors.domain.ids import AccountId
from actors.domain.model import Note, Report
from actors.domain.wire import encode, parse
from actors.upstream.fields import FieldFault, Row, an_object, maybe_text, read_under

from .rows import order_report, position, trade
from .words import impersonal

PING: Final = "ping"
PONG: Final = "pong"
KINDS: Final = ("orders", "trades", "positions", "edis", "pricealerts", "login")
SUBSCRIBE: Final = encode({"T": "SUB_ORD", "SLIST": list(KINDS), "SUB_T": 1}).decode()
GENERAL: Final = {
    "edis": "an authorisation to deliver shares (e-DIS) has changed",
    "pricealerts": "a price alert has come",
    "login": "a login to the account has been seen",
}
DIGEST_CHARS: Final = 8


def read_frame(frame: str | bytes, account_id: AccountId) -> tuple[Report, ...]:
    """Read one frame; DecodeError tells of one that cannot be read by its digest and fault."""
    raw = frame if isinstance(frame, bytes) else frame.encode("utf-8", "surrogatepass")
    is_binary = isinstance(frame, bytes) and frame[:1] != b"{"
    if is_binary or raw == PONG.encode():
        return ()
    value = parse(raw)
    digest = hashlib.sha256(raw).hexdigest()
    try:
        return _reports(an_object(value), account_id, digest)
    except FieldFault as fault:
        raise DecodeError((fault.at("$"),), length=len(raw), sha256=digest) from None


# ---------------------------------------------------------------------------------- helpers


def _reports(row: Row, account_id: AccountId, digest: str) -> tuple[Report, ...]:
    reports: list[Report] = []
    if "orders" in row:
        reports.append(read_under("orders", row["orders"], order_report))
    if "trades" in row:
        reports.append(read_under("trades", row["trades"], lambda one: trade(one, account_id)))
    if "positions" in row:
        held = read_under("positions", row["positions"], lambda one: position(one, account_id))
        reports.append(held)
    for kind, words in GENERAL.items():
        if kind in row:
            reports.append(Note("info", f"{words} (SHA-256 {digest[:DIGEST_CHARS]}…)"))
    if not reports and row.get("s") == "error":
        said = maybe_text(row, "message") or "no reason given"
        reports.append(Note("error", f"the stream tells of an error: {impersonal(said)}"))
    return tuple(reports)
