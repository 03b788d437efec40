"""Kite's rows: an order, a trade, a position, as its REST and its stream write them.

    Order + Moment ──▶ {"order_id": …, "status": …, "filled_quantity": …, …}

The fields are those of Kite Connect v3's documentation. Times are `YYYY-MM-DD HH:MM:SS` in IST
without a zone, null where the exchange never saw the order; numbers are plain JSON numbers. As
published, a CANCELLED row shows the same quantity as pending and as cancelled.
"""

import zlib
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from web.sandbox.books import Position
from web.sandbox.desk import Desk
from web.sandbox.margins import Margin
from web.sandbox.orders import IST, Fill, Moment, Order

Row = dict[str, Any]

AT_EXCHANGE = frozenset({"OPEN", "TRIGGER PENDING", "UPDATE", "COMPLETE", "CANCELLED"})
"""Statuses of orders that have been at the exchange: only they have an exchange order id."""


def book_row(order: Order, moment: Moment | None = None) -> Row:
    """Give the order as `GET /orders` lists it."""
    moment = moment or order.last
    return order_row(order, moment, moment.book)


def stream_row(order: Order, moment: Moment) -> Row:
    """Give the order as its stream and its history tell it."""
    return order_row(order, moment, moment.status)


def order_row(order: Order, moment: Moment, status: str) -> Row:
    """One Kite order object, with `status` in it."""
    ask = moment.ask
    at = ist(moment.at)
    seen = at if status in AT_EXCHANGE else None
    return {
        "placed_by": "PAPER1",
        "order_id": order.order_id,
        "exchange_order_id": exchange_order_id(order) if seen else None,
        "parent_order_id": None,
        "status": status,
        "status_message": moment.message,
        "status_message_raw": moment.message,
        "order_timestamp": at,
        "exchange_update_timestamp": seen,
        "exchange_timestamp": seen,
        "variety": ask.variety,
        "modified": moment.modified,
        "exchange": ask.exchange,
        "tradingsymbol": ask.tradingsymbol,
        "instrument_token": instrument_token(ask.exchange, ask.tradingsymbol),
        "order_type": ask.order_type,
        "transaction_type": ask.transaction_type,
        "validity": ask.validity,
        "validity_ttl": 0,
        "product": ask.product,
        "quantity": ask.quantity,
        "disclosed_quantity": ask.disclosed_quantity,
        "price": number(ask.price),
        "trigger_price": number(ask.trigger_price),
        "average_price": number(moment.average_price),
        "filled_quantity": moment.filled,
        "pending_quantity": 0 if status == "REJECTED" else moment.pending,
        "cancelled_quantity": moment.pending if status == "CANCELLED" else 0,
        "market_protection": 0,
        "auction_number": None,
        "meta": {},
        "tag": ask.tag,
        "tags": [ask.tag] if ask.tag else [],
        "guid": f"{order.number:06d}X{order.order_id[-6:]}",
        "account_id": ask.account_id,
    }


def postback_row(order: Order, moment: Moment) -> Row:
    """Give the order as a postback, which is what Kite's own socket sends.

    It has four fields more than an order's row and lacks two; on the socket its checksum has been
    seen blank.
    """
    row = stream_row(order, moment)
    del row["tags"], row["modified"]
    more = {"user_id": "PAPER1", "app_id": 1, "checksum": "", "unfilled_quantity": moment.pending}
    return row | more


def trade_row(fill: Fill, order: Order) -> Row:
    """One Kite trade. `order_timestamp` is the time of day alone, as published."""
    ask = fill.ask
    return {
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "exchange": ask.exchange,
        "tradingsymbol": ask.tradingsymbol,
        "instrument_token": instrument_token(ask.exchange, ask.tradingsymbol),
        "product": ask.product,
        "average_price": number(fill.price),
        "quantity": fill.quantity,
        "exchange_order_id": exchange_order_id(order),
        "transaction_type": ask.transaction_type,
        "fill_timestamp": ist(fill.at),
        "order_timestamp": ist(order.history[0].at)[11:],
        "exchange_timestamp": ist(fill.at),
    }


def position_row(position: Position, last_price: Decimal) -> Row:
    """One Kite position, marked at `last_price`."""
    exchange, symbol, product = position.key
    unrealised = position.unrealised(last_price)
    pnl = number(position.realised + unrealised)
    bought, sold = position.buy_quantity, position.sell_quantity
    sides = {
        "buy_quantity": bought,
        "buy_price": number(position.buy_value / bought) if bought else 0,
        "buy_value": number(position.buy_value),
        "sell_quantity": sold,
        "sell_price": number(position.sell_value / sold) if sold else 0,
        "sell_value": number(position.sell_value),
    }
    return {
        "tradingsymbol": symbol,
        "exchange": exchange,
        "instrument_token": instrument_token(exchange, symbol),
        "product": product,
        "quantity": position.quantity,
        "overnight_quantity": 0,
        "multiplier": 1,
        "average_price": number(position.average_price),
        "close_price": 0,
        "last_price": number(last_price),
        "value": number(position.sell_value - position.buy_value),
        "pnl": pnl,
        "m2m": pnl,
        "unrealised": number(unrealised),
        "realised": number(position.realised),
        **sides,
        "buy_m2m": sides["buy_value"],
        "sell_m2m": sides["sell_value"],
        **{f"day_{name}": value for name, value in sides.items()},
    }


def position_rows(desk: Desk, account_id: str) -> dict[str, list[Row]]:
    """Give what `GET /portfolio/positions` shows: net, and of the day."""
    exchange = desk.market.exchange
    book = exchange.books[account_id]
    return {
        name: [position_row(each, exchange.last_prices[each.key[1]]) for each in positions]
        for name, positions in (("net", book.net.values()), ("day", book.day_of(desk.today())))
    }


def exchange_order_id(order: Order) -> str:
    """Give the exchange's own number of an order."""
    return f"11{order.number:014d}"


@cache
def instrument_token(exchange: str, symbol: str) -> int:
    """Give a number that stands for one symbol on one exchange, the same in every run."""
    return zlib.crc32(f"{exchange}:{symbol}".encode()) >> 4


def ist(at: datetime) -> str:
    """Give a time as Kite writes it."""
    return at.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


def number(value: Decimal) -> float | int:
    """Rupees as Kite's JSON has them, to four places at most: `0`, `45500.0`, `19500.25`."""
    return float(round(value, 4)) if value else 0


def basket_row(margin: Margin) -> Row:
    """Give what a basket needs, in few words (`mode=compact`)."""
    return {
        "initial": {"type": "", "total": float(margin.initial)},
        "final": {"type": "", "total": float(margin.final)},
        "orders": [],
    }
