"""Fyers' rows as reports, from the socket and from REST, which name the same things differently.

    socket  {"org_ord_status": 6, "price_traded": 7.95, "ordertag": "1:ow01"}  ─┐ order_report
    REST    {"status": 6, "tradedPrice": 7.95, "orderTag": "1:ow01"}           ─┴─▶ OrderReport
    a trade's row ──trade──▶ Trade          a position's row ──position──▶ Position

The socket leaves fields out that are zero, so a number that is missing is 0, except where 0 cannot
be: an order's quantity, a trade's quantity and price. Only what is named here is read. The client
id and the PAN are read for one purpose: to be taken out of the broker's words. Sources: Fyers API
v3, "order updates" and its mapping of names, "orders", "tradebook", "positions".
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from attrs import frozen

from actors.domain.ids import AccountId, BrokerTag, OrderId, TradeId
from actors.domain.model import OrderReport, Position, Trade, position_id
from actors.domain.positions import side_of
from actors.domain.symbols import our_symbol
from actors.upstream.fields import (
    ID_MAX,
    FieldFault,
    Row,
    an_object,
    as_money,
    maybe_count,
    maybe_money,
    maybe_text,
    maybe_word,
    required_count,
    required_money,
    required_signed,
    required_word,
)

from .codes import EXPIRED, PRODUCTS, SIDES, STATUSES, side_word, status_word, type_word
from .times import ist_time
from .words import impersonal

UNTAGGED: Final = "Untagged"


def order_report(value: Any) -> OrderReport:
    """Read an order's row. A stop order that waits for its trigger is OPEN, like one that rests.

    `placed_at` is the order's time. `at` is told by the socket alone (`update_time_epoch_oms`):
    what REST calls the order's time does not move, and would make each of its rows look old.
    """
    row = an_object(value)
    exchange, tradingsymbol = _symbol(row)
    code = _status(row)
    return OrderReport(
        order_id=OrderId(required_word(row, "id", ID_MAX)),
        status=status_word(code),
        filled_quantity=_count(row, "qty_filled", "filledQty"),
        pending_quantity=_count(row, "qty_remaining", "remainingQuantity"),
        average_price=_money(row, "price_traded", "tradedPrice"),
        tradingsymbol=tradingsymbol,
        exchange=exchange,
        transaction_type=side_word(required_signed(row, _called(row, "tran_side", "side"))),
        order_type=_type(row),
        product=_product(row),
        validity=maybe_word(row, _called(row, "validity", "orderValidity")),
        variety="amo" if True in (row.get("offline_flag"), row.get("offlineOrder")) else "regular",
        quantity=required_count(row, "qty"),
        price=_money(row, "price_limit", "limitPrice"),
        trigger_price=_money(row, "price_stop", "stopPrice"),
        tag=_tag(row),
        placed_at=ist_time(row, _called(row, "time_oms", "orderDateTime")),
        at=_moment(row, "update_time_epoch_oms"),
        status_message=_message(row, code),
    )


def trade(value: Any, account_id: AccountId) -> Trade:
    """Read a trade's row.

    The socket's trade id is `<order>-<trade>`, REST's the second half alone: it is made whole, so
    that the trade is the same wherever it is heard of.
    """
    row = an_object(value)
    exchange, tradingsymbol = _symbol(row)
    order_id = required_word(row, _called(row, "orderNumber", "id"), ID_MAX)
    number = required_word(row, _called(row, "id_fill", "tradeNumber"), 2 * ID_MAX + 1)
    is_whole = number.startswith(f"{order_id}-")
    quantity = required_count(row, _called(row, "qty_traded", "tradedQty"))
    price_name = _called(row, "price_traded", "tradePrice", "tradedPrice")
    price = required_money(row, price_name)
    value_told = _money(row, "traded_val", "tradeValue")
    return Trade(
        trade_id=TradeId(number if is_whole else f"{order_id}-{number}"),
        order_id=OrderId(order_id),
        account_id=account_id,
        exchange=exchange,
        tradingsymbol=tradingsymbol,
        transaction_type=_side(row),
        product=_product(row) or "",
        quantity=quantity,
        price=price,
        value=value_told or as_money(price * quantity, price_name),
        traded_at=ist_time(row, _called(row, "fill_time", "orderDateTime")),
    )


def position(value: Any, account_id: AccountId) -> Position:
    """Read a position's row. The socket's has no `ltp`: its last price is 0, which is unknown."""
    row = an_object(value)
    exchange, tradingsymbol = _symbol(row)
    product = _product(row) or ""
    quantity = _signed(row, "net_qty", "netQty")
    return Position(
        id=position_id(exchange, tradingsymbol, product),
        account_id=account_id,
        exchange=exchange,
        tradingsymbol=tradingsymbol,
        product=product,
        quantity=quantity,
        average_price=_money(row, "net_avg", "netAvg"),
        last_price=_money(row, "ltp"),
        realised=_money(row, "pl_realized", "realized_profit"),
        unrealised=_money(row, "pl_unrealized", "unrealized_profit"),
        pnl=_money(row, "pl_total", "pl"),
        side=side_of(quantity),
    )


@frozen
class Known:
    """An order of the book by its id as it stands there; its report if it is the one asked for."""

    order_id: Any
    report: OrderReport | None


def order_under(value: Any, tag: BrokerTag) -> Known:
    """Read an order's row, whole if it stands under this tag.

    A row without a readable tag is a fault, never "not under it": whoever asks by tag may
    conclude that an order was not placed.
    """
    row = an_object(value)
    if "orderTag" not in row:
        raise FieldFault("orderTag", "required field missing")
    return Known(row.get("id"), order_report(row) if _tag(row) == tag else None)


# ---------------------------------------------------------------------------------- helpers


def _called(row: Row, *names: str) -> str:
    """Give the name under which a row has a value; the first one when it has none."""
    for name in names:
        if row.get(name) is not None:
            return name
    return names[0]


def _count(row: Row, *names: str) -> int:
    return maybe_count(row, _called(row, *names)) or 0


def _signed(row: Row, *names: str) -> int:
    name = _called(row, *names)
    return 0 if row.get(name) is None else required_signed(row, name)


def _money(row: Row, *names: str) -> Decimal:
    money = maybe_money(row, _called(row, *names))
    return Decimal(0) if money is None else money


def _symbol(row: Row) -> tuple[str, str]:
    """Give exchange and symbol in our names.

    The row's own `exchange` is not read: its documentation has it wrong for commodities, and the
    symbol says it.
    """
    symbol = required_word(row, "symbol")
    exchange, tradingsymbol = our_symbol(symbol, maybe_count(row, "segment"))
    if not exchange or not tradingsymbol:
        raise FieldFault("symbol", "a symbol such as NSE:SBIN-EQ is needed")
    return exchange, tradingsymbol


def _status(row: Row) -> int:
    """Read the status.

    One of Fyers' inner codes was seen in its place; then the documented one stands behind the
    order's id (`orderNumStatus`).
    """
    code = required_signed(row, _called(row, "org_ord_status", "status"))
    if code in STATUSES:
        return code
    _, _, behind = (maybe_word(row, "orderNumStatus", 2 * ID_MAX) or "").rpartition(":")
    is_known = behind.isascii() and behind.isdigit() and len(behind) == 1
    return int(behind) if is_known and int(behind) in STATUSES else code


def _type(row: Row) -> str | None:
    code = maybe_count(row, _called(row, "ord_type", "type"))
    return None if code is None else type_word(code)


def _product(row: Row) -> str | None:
    product = maybe_word(row, _called(row, "product_type", "productType"))
    return None if product is None else PRODUCTS.get(product, product)


def _side(row: Row) -> str:
    """Read a trade's side. An unknown one is a fault: trades are added up by it."""
    name = _called(row, "tran_side", "side")
    side = SIDES.get(required_signed(row, name))
    if side is None:
        raise FieldFault(name, "1 or -1 is needed")
    return side


def _tag(row: Row) -> str | None:
    """Read the tag without what says who gave it: 1 the user, 2 Fyers itself."""
    tag = maybe_word(row, _called(row, "ordertag", "orderTag"))
    if tag is None:
        return None
    tag = tag[2:] if tag[:2] in ("1:", "2:") else tag
    return None if tag in ("", UNTAGGED) else tag


def _message(row: Row, code: int) -> str | None:
    text = maybe_text(row, _called(row, "oms_msg", "message"))
    said = text and impersonal(text, row.get("client_id"), row.get("clientId"), row.get("pan"))
    if code != EXPIRED:
        return said
    return f"expired: {said}" if said else "expired"


def _moment(row: Row, name: str) -> datetime | None:
    """Take seconds since 1970; 0 is none."""
    seconds = maybe_count(row, name)
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        raise FieldFault(name, "seconds since 1970 are needed") from None
