"""Kite's socket: order updates as text, one byte every two seconds as the sign of life.

    /?api_key=…&access_token=… ──▶ {"type": "order", "data": a postback}, 0x00, 0x00, …

Nothing is subscribed to, nothing is said first, nothing is kept for who was away. A placement is
not told, only what changes afterwards: a part filled and a modification are UPDATE, and a cancel
is told twice. All as published.
"""

import json
from typing import ClassVar, Final

from web.sandbox.conversation import Manners
from web.sandbox.desk import Desk
from web.sandbox.exchange import Change
from web.sandbox.face import Admission
from web.sandbox.http import Request, Response
from web.sandbox.kite.answers import refused
from web.sandbox.kite.rows import postback_row

HEARTBEAT_S: Final = 2.0
TAKEN: Final = frozenset({"VALIDATION PENDING", "OPEN PENDING"})
"""What an order was just before the exchange had it."""


class KiteManners(Manners):
    """It talks and does not listen; when it has nothing to say, its heart beats."""

    idle_s: ClassVar[float] = HEARTBEAT_S
    idle_frame: ClassVar[bytes] = b"\x00"


def admit(desk: Desk, handshake: Request) -> Admission | Response:
    """Whether to accept a handshake; else the HTTP answer to refuse it with."""
    if handshake.path != "/":
        return refused(404, "Route not found")
    account_id = desk.account_of(handshake.query.get("api_key"))
    token = handshake.query.get("access_token")
    if account_id is None or not desk.lets_in(account_id, token, "the socket"):
        return refused(403, "Incorrect `api_key` or `access_token`.")
    fate = desk.faults.request("socket", account_id, desk.elapsed_s())
    if fate.refuse_status is not None:
        return refused(fate.refuse_status, "Service Unavailable")
    return Admission(account_id)


def tell(desk: Desk, change: Change) -> None:
    """Push one change to whoever listens to its account."""
    account_id = change.moment.ask.account_id
    if not is_told(change) or not desk.hub.of(account_id):
        return
    whole = {"type": "order", "data": postback_row(change.order, change.moment)}
    text = json.dumps(whole, separators=(",", ":"))
    for _ in range(2 if change.moment.status == "CANCELLED" else 1):
        desk.push(account_id, text)


def is_told(change: Change) -> bool:
    """Whether the socket tells of a change: not of an order that has merely come to the market."""
    was = change.order.history[-2].status
    return was not in TAKEN or change.moment.ended
