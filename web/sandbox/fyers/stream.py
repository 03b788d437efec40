"""Fyers' order socket: raw frames of what a client has asked for, and `pong` to `ping`.

    /trade/v3, authorization: appId:token
        {"T":"SUB_ORD","SLIST":["orders","trades","positions"],"SUB_T":1} ──▶ ack 1605
        {"orders": {…}, "s": "ok"}  {"s": "ok", "trades": {…}}  {"s": "ok", "positions": {…}}

Any text that is not `ping` gets the same acknowledgement: it proves nothing. Nothing is kept for
who was away. A placement is told twice, in transit and pending; a trade comes before its order.
"""

import json
from typing import Any, Final

from web.sandbox.conversation import Manners
from web.sandbox.desk import Desk
from web.sandbox.exchange import Change
from web.sandbox.face import Admission
from web.sandbox.fyers.answers import refused
from web.sandbox.fyers.rest import caller
from web.sandbox.fyers.rows import Row, position_row, raw_order, raw_position, raw_trade
from web.sandbox.http import Request, Response

PATH: Final = "/trade/v3"
KINDS: Final = frozenset({"orders", "trades", "positions", "edis", "pricealerts", "login"})
ACK: Final = '{"code":1605,"message":"Successfully subscribed","s":"ok"}'
TAKEN: Final = frozenset({"VALIDATION PENDING", "OPEN PENDING"})
"""What an order was just before the exchange had it."""


class FyersManners(Manners):
    """It answers pings, acknowledges everything, and tells what was asked for."""

    def hear(self, text: str) -> str | None:
        """Answer a ping; take a subscription if it is one; acknowledge in any case."""
        if text == "ping":
            return "pong"
        if not text:
            return None
        change = subscription(text)
        if change is not None:
            asked, kinds = change
            self.topics |= kinds if asked else set()
            self.topics -= set() if asked else kinds
        return ACK


def subscription(text: str) -> tuple[bool, set[str]] | None:
    """Give the kinds that a text asks for (True) or asks no more for; None when it does neither."""
    try:
        message: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("T") != "SUB_ORD":
        return None
    kinds, direction = message.get("SLIST"), message.get("SUB_T")
    if not isinstance(kinds, list) or direction not in (1, -1):
        return None
    return direction == 1, {kind for kind in kinds if isinstance(kind, str)} & KINDS


def admit(desk: Desk, handshake: Request) -> Admission | Response:
    """Whether to accept a handshake; else the HTTP answer to refuse it with."""
    if handshake.path != PATH:
        return refused(404, "Not Found")
    account_id = caller(desk, handshake)
    if account_id is None:
        return refused(403, "")
    fate = desk.faults.request("socket", account_id, desk.elapsed_s())
    if fate.refuse_status is not None:
        return refused(fate.refuse_status, "Service Unavailable")
    return Admission(account_id)


def tell(desk: Desk, change: Change) -> None:
    """Push one change to whoever listens to its account."""
    account_id = change.moment.ask.account_id
    if not desk.hub.of(account_id):
        return
    for kind, row in frames_of(desk, change):
        # Key order as published: an order's `s` comes last, the others' first.
        frame = {kind: row, "s": "ok"} if kind == "orders" else {"s": "ok", kind: row}
        desk.push(account_id, json.dumps(frame, separators=(",", ":")), kind)


def frames_of(desk: Desk, change: Change) -> list[tuple[str, Row]]:
    """Give what there is to tell of one change, in the order in which it is told."""
    order, moment = change.order, change.moment
    was = order.history[-2]
    now = ("orders", raw_order(order, moment))
    if was.status in TAKEN:
        return [("orders", raw_order(order, was)), now]
    if moment.filled == was.filled:
        return [now]
    exchange = desk.market.exchange
    fill, book = order.fills[-1], exchange.books[moment.ask.account_id]
    key = (fill.ask.exchange, fill.ask.tradingsymbol, fill.ask.product)
    position = position_row(book.net[key], book.day.get(key), exchange.last_prices[key[1]])
    return [("trades", raw_trade(fill, order)), now, ("positions", raw_position(position))]
