"""Fyers' rows: an order, a trade, a position, as its REST has them and as its socket does.

    Order + Moment ──▶ REST row ── mapper ──▶ raw row, with what only the socket tells

Times are in IST without a zone, and not all alike: an
order's are `23-Nov-2026 12:00:15`, a trade's on the socket `23-11-2026 12:00:15`. `NA` and the
first second of 1970 mean never. A trade's number is `<order>-<n>` on the socket, `<n>` in REST.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from web.sandbox.books import Position
from web.sandbox.desk import Desk
from web.sandbox.fyers.codes import (
    INTERNAL_CODES,
    PLACES,
    PRODUCT_CODES,
    REPORTS,
    SIDE_CODES,
    TRANSIT,
    TYPE_CODES,
    status_code,
)
from web.sandbox.fyers.mapper import raw_order_of, raw_position_of, raw_trade_of
from web.sandbox.fyers.names import put_together
from web.sandbox.orders import IST, Fill, Moment, Order

Row = dict[str, Any]

PAN: Final = "ABCDE1234F"
"""A personal number that no client may keep: it is in every order, as at Fyers."""
CLIENT: Final = "XP0001"
NEVER: Final = "01-Jan-1970 05:30:00"


def order_row(order: Order, moment: Moment) -> Row:
    """Give the order as `GET /orders` lists it."""
    ask, status = moment.ask, status_code(moment.book)
    return {
        "clientId": CLIENT,
        "id": order.order_id,
        "parentId": ask.parent or "",
        "exchOrdId": "" if status == TRANSIT or moment.book == "REJECTED" else exchange_id(order),
        "qty": ask.quantity,
        "remainingQuantity": moment.pending,
        "filledQty": moment.filled,
        "discloseQty": ask.disclosed_quantity,
        "limitPrice": number(ask.price),
        "stopPrice": number(ask.trigger_price),
        "tradedPrice": number(moment.average_price),
        "type": TYPE_CODES[ask.order_type],
        **_instrument(ask.exchange, ask.tradingsymbol),
        "instrument": 0,
        "message": moment.message or "",
        "offlineOrder": ask.variety == "amo",
        "orderDateTime": day_month(order.history[0].at),
        "orderValidity": ask.validity,
        "pan": PAN,
        "productType": PRODUCT_CODES[ask.product],
        "side": SIDE_CODES[ask.transaction_type],
        "status": status,
        "source": "ITS" if ask.source == "api" else "W",
        "ex_sym": ask.tradingsymbol,
        "description": ask.tradingsymbol,
        "slNo": order.number,
        "orderNumStatus": f"{order.order_id}:{status}",
        "orderTag": tag_of(ask.tag),
        "takeProfit": 0,
        "stopLoss": 0,
        "legType": 0,
        "id_fyers": fyers_id(order.order_id),
    }


def raw_order(order: Order, moment: Moment) -> Row:
    """Give the order as the socket tells it."""
    row = order_row(order, moment)
    seen, placed = moment.at, order.history[0].at
    was_there = bool(row["exchOrdId"])
    return raw_order_of(row) | {
        "lot_size": 1,
        "oms_flag": "K:1",
        "ord_status": INTERNAL_CODES[row["status"]],
        "precision": 2,
        "price_multiplier": 1,
        "qty_multiplier": 1,
        "report_type": REPORTS[row["status"]],
        "status_msg": REPORTS[row["status"]],
        "tick_size": 0.05,
        "time_epoch_oms": int(placed.timestamp()),
        "time_exch": day_month(placed) if was_there else "NA",
        "update_time_epoch_oms": int(seen.timestamp()),
        "update_time_exch": day_month(seen) if was_there else NEVER,
    }


def trade_row(fill: Fill, order: Order) -> Row:
    """Give a trade as `GET /tradebook` lists it."""
    ask = fill.ask
    return {
        "clientId": CLIENT,
        "orderDateTime": day_month(fill.at),
        "orderNumber": fill.order_id,
        "exchangeOrderNo": exchange_id(order),
        **_instrument(ask.exchange, ask.tradingsymbol),
        "side": SIDE_CODES[ask.transaction_type],
        "orderType": TYPE_CODES[ask.order_type],
        "productType": PRODUCT_CODES[ask.product],
        "tradedQty": fill.quantity,
        "tradePrice": number(fill.price),
        "tradeValue": number(fill.price * fill.quantity),
        "tradeNumber": fill.trade_id,
        "row": int(fill.trade_id) % 100_000_000,
        "orderTag": tag_of(ask.tag),
        "id_fyers": fyers_id(fill.order_id),
    }


def raw_trade(fill: Fill, order: Order) -> Row:
    """Give a trade as the socket tells it."""
    row = trade_row(fill, order)
    row["tradeNumber"] = f"{fill.order_id}-{fill.trade_id}"
    row["orderDateTime"] = fill.at.astimezone(IST).strftime("%d-%m-%Y %H:%M:%S")
    return raw_trade_of(row)


def position_row(net: Position, day: Position | None, last_price: Decimal) -> Row:
    """Give a position as `GET /positions` lists it, marked at `last_price`."""
    exchange, symbol, product = net.key
    unrealised = net.unrealised(last_price)
    today = day or Position(net.key)
    name, bought, sold = put_together(exchange, symbol), net.buy_quantity, net.sell_quantity
    position_id = f"{name}-{PRODUCT_CODES[product]}"
    return {
        **_instrument(exchange, symbol),
        "id": position_id,
        "buyAvg": number(net.buy_value / bought) if bought else 0,
        "buyQty": bought,
        "buyVal": number(net.buy_value),
        "sellAvg": number(net.sell_value / sold) if sold else 0,
        "sellQty": sold,
        "sellVal": number(net.sell_value),
        "netAvg": number(net.average_price),
        "netQty": net.quantity,
        "side": (net.quantity > 0) - (net.quantity < 0),
        "qty": abs(net.quantity),
        "productType": PRODUCT_CODES[product],
        "realized_profit": number(net.realised),
        "unrealized_profit": number(unrealised),
        "pl": number(net.realised + unrealised),
        "ltp": number(last_price),
        "rbiRefRate": 1,
        "dayBuyQty": today.buy_quantity,
        "daySellQty": today.sell_quantity,
        "cfBuyQty": bought - today.buy_quantity,
        "cfSellQty": sold - today.sell_quantity,
        "qtyMulti_com": 1,
        "crossCurrency": "N",
        "takeProfit": 0,
        "stopLoss": 0,
        "legType": 0,
        "slNo": 0,
        "id_fyers": fyers_id(position_id),
    }


def position_rows(desk: Desk, account_id: str) -> list[Row]:
    """Give an account's positions."""
    exchange = desk.market.exchange
    book = exchange.books[account_id]
    day = {each.key: each for each in book.day_of(desk.today())}
    return [
        position_row(each, day.get(each.key), exchange.last_prices[each.key[1]])
        for each in book.net.values()
    ]


def raw_position(row: Row) -> Row:
    """Give a position as the socket tells it: it has no last price."""
    return raw_position_of(row)


def _instrument(exchange: str, symbol: str) -> Row:
    place, segment = PLACES[exchange]
    number_of = int(uuid5(NAMESPACE_OID, f"{exchange}:{symbol}")) % 10**10
    return {
        "fyToken": f"{place}{segment}{number_of:010d}",
        "exchange": place,
        "segment": segment,
        "symbol": put_together(exchange, symbol),
    }


def tag_of(tag: str | None) -> str:
    """Give a tag as it is shown: 1 for a caller's own, 2 for Fyers'."""
    return "2:Untagged" if tag is None else f"1:{tag}"


def exchange_id(order: Order) -> str:
    """Give the exchange's own number of an order."""
    return f"11{order.number:014d}"


def fyers_id(name: str) -> str:
    """Give the id that Fyers has besides its own ids, the same in every run."""
    return str(uuid5(NAMESPACE_OID, name))


def day_month(at: datetime) -> str:
    """Give a time as an order has it: `23-Nov-2026 12:00:15`."""
    return at.astimezone(IST).strftime("%d-%b-%Y %H:%M:%S")


def number(value: Decimal) -> float | int:
    """Rupees as JSON has them, to four places at most."""
    return float(round(value, 4)) if value else 0
