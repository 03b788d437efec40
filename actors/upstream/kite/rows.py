"""Kite's rows as reports; ticker_service passes the same rows through.

    {"order_id": "25…", "status": "OPEN", …} ──order_report──▶ OrderReport
    a trade's row ──trade──▶ Trade          a position's row ──position──▶ Position

Only the fields that are named here are read; the rest of a row (client ids, checksums) is dropped
with it. Ids are strings, as Kite Connect v3 writes them: as a number `007` would lose its zeros
and be another order. Sources: Kite Connect v3, "orders" and "portfolio".
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from attrs import frozen

from actors.domain.ids import AccountId, BrokerTag, OrderId, TradeId
from actors.domain.model import OrderReport, Position, Trade, position_id
from actors.domain.positions import side_of
from actors.upstream.fields import (
    ID_MAX,
    FieldFault,
    Row,
    an_object,
    as_money,
    maybe_count,
    maybe_money,
    maybe_text,
    maybe_time,
    maybe_word,
    required_count,
    required_money,
    required_signed,
    required_word,
)

# The broker's batch endpoint makes "ow…_batch_UUID_NUMBER" of a tag of ours.
_LENGTHENED: Final = re.compile(r"(ow[0-9a-z]+)_batch_.+")


def order_report(value: Any) -> OrderReport:
    """Read an order's row; only `order_id` and `status` must be there.

    `placed_at` is `order_timestamp`. `at` is the later of `exchange_update_timestamp` and
    `order_timestamp`: the first is null until the exchange saw the order, each only ever moves
    forward, and so does the later of the two.
    """
    row = an_object(value)
    placed_at = maybe_time(row, "order_timestamp")
    return OrderReport(
        order_id=OrderId(required_word(row, "order_id", ID_MAX)),
        status=required_word(row, "status"),
        filled_quantity=maybe_count(row, "filled_quantity"),
        pending_quantity=maybe_count(row, "pending_quantity"),
        average_price=maybe_money(row, "average_price"),
        tradingsymbol=maybe_word(row, "tradingsymbol"),
        exchange=maybe_word(row, "exchange"),
        transaction_type=maybe_word(row, "transaction_type"),
        order_type=maybe_word(row, "order_type"),
        product=maybe_word(row, "product"),
        validity=maybe_word(row, "validity"),
        variety=maybe_word(row, "variety"),
        quantity=maybe_count(row, "quantity"),
        price=maybe_money(row, "price"),
        trigger_price=maybe_money(row, "trigger_price"),
        tag=_tag(row),
        placed_at=placed_at,
        at=_later(maybe_time(row, "exchange_update_timestamp"), placed_at),
        status_message=maybe_text(row, "status_message"),
    )


def trade(value: Any, account_id: AccountId) -> Trade:
    """Read a trade's row.

    Its `order_timestamp` is a time of day without a date and is not read; `fill_timestamp`, or
    else `exchange_timestamp`, is when it was traded.
    """
    row = an_object(value)
    quantity = required_count(row, "quantity")
    price = required_money(row, "average_price")
    return Trade(
        trade_id=TradeId(required_word(row, "trade_id", ID_MAX)),
        order_id=OrderId(required_word(row, "order_id", ID_MAX)),
        account_id=account_id,
        exchange=required_word(row, "exchange"),
        tradingsymbol=required_word(row, "tradingsymbol"),
        transaction_type=required_word(row, "transaction_type"),
        product=required_word(row, "product"),
        quantity=quantity,
        price=price,
        value=as_money(price * quantity, "average_price"),
        traded_at=maybe_time(row, "fill_timestamp") or maybe_time(row, "exchange_timestamp"),
    )


def position(value: Any, account_id: AccountId) -> Position:
    """Read a row of the net positions."""
    row = an_object(value)
    exchange = required_word(row, "exchange")
    symbol = required_word(row, "tradingsymbol")
    product = required_word(row, "product")
    quantity = required_signed(row, "quantity")
    return Position(
        id=position_id(exchange, symbol, product),
        account_id=account_id,
        exchange=exchange,
        tradingsymbol=symbol,
        product=product,
        quantity=quantity,
        average_price=required_money(row, "average_price"),
        last_price=required_money(row, "last_price"),
        realised=required_money(row, "realised"),
        unrealised=required_money(row, "unrealised"),
        pnl=required_money(row, "pnl"),
        side=side_of(quantity),
        day_bought=maybe_count(row, "day_buy_quantity"),
        day_sold=maybe_count(row, "day_sell_quantity"),
        multiplier=maybe_money(row, "multiplier") or Decimal(1),
    )


@frozen
class Known:
    """An order of the book by its id as it stands there; its report if it is the one asked for."""

    order_id: Any
    report: OrderReport | None


def order_under(value: Any, tag: BrokerTag) -> Known:
    """Read an order's row, whole if it stands under this tag.

    A row that has no readable tag is a fault, never "not under it": whoever asks by tag may
    conclude that an order was not placed.
    """
    row = an_object(value)
    if "tag" not in row:
        raise FieldFault("tag", "required field missing")
    return Known(row.get("order_id"), order_report(row) if _tag(row) == tag else None)


def _tag(row: Row) -> str | None:
    """Read the tag; of one of ours without what the broker's batch endpoint put behind it."""
    tag = maybe_word(row, "tag")
    longer = None if tag is None else _LENGTHENED.fullmatch(tag)
    return tag if longer is None else longer[1]


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
