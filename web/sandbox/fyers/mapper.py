"""The two sets of names that Fyers has for one thing: its REST's, and its socket's.

    {"filledQty": 5, "tradedPrice": 0, …} ──▶ {"qty_filled": 5, …}

The tables are the published mapper's, read the other way round. Numbers of an order that are zero
are left out on the socket, and texts that are empty.
"""

from typing import Any, Final

Row = dict[str, Any]

ORDER_KEYS: Final = {
    "clientId": "client_id", "id": "id", "parentId": "id_parent", "exchOrdId": "id_exchange",
    "qty": "qty", "remainingQuantity": "qty_remaining", "filledQty": "qty_filled",
    "limitPrice": "price_limit", "stopPrice": "price_stop", "tradedPrice": "price_traded",
    "type": "ord_type", "fyToken": "fy_token", "exchange": "exchange", "segment": "segment",
    "symbol": "symbol", "instrument": "instrument", "message": "oms_msg",
    "offlineOrder": "offline_flag", "orderDateTime": "time_oms", "orderValidity": "validity",
    "productType": "product_type", "side": "tran_side", "status": "org_ord_status",
    "source": "ord_source", "ex_sym": "symbol_exch", "description": "symbol_desc",
    "orderTag": "ordertag", "takeProfit": "take_profit", "stopLoss": "stop_loss",
    "legType": "leg_type", "id_fyers": "id_fyers", "pan": "pan",
}  # fmt: skip
OMITTED: Final = frozenset({
    "id_parent", "id_exchange", "qty_remaining", "qty_filled", "price_limit", "price_stop",
    "price_traded", "oms_msg", "take_profit", "stop_loss", "leg_type",
})  # fmt: skip
"""Fields of an order that the socket leaves out when they are zero or empty."""

TRADE_KEYS: Final = {
    "tradeNumber": "id_fill", "orderNumber": "id", "tradedQty": "qty_traded",
    "tradePrice": "price_traded", "tradeValue": "traded_val", "productType": "product_type",
    "clientId": "client_id", "exchangeOrderNo": "id_exchange", "orderType": "ord_type",
    "side": "tran_side", "symbol": "symbol", "orderDateTime": "fill_time", "fyToken": "fy_token",
    "exchange": "exchange", "segment": "segment", "orderTag": "ordertag", "id_fyers": "id_fyers",
}  # fmt: skip

POSITION_KEYS: Final = {
    "symbol": "symbol", "id": "id", "buyAvg": "buy_avg", "buyQty": "buy_qty", "buyVal": "buy_val",
    "sellAvg": "sell_avg", "sellQty": "sell_qty", "sellVal": "sell_val", "netAvg": "net_avg",
    "netQty": "net_qty", "side": "tran_side", "qty": "qty", "productType": "product_type",
    "realized_profit": "pl_realized", "unrealized_profit": "pl_unrealized", "pl": "pl_total",
    "rbiRefRate": "rbirefrate", "fyToken": "fy_token", "exchange": "exchange",
    "segment": "segment", "dayBuyQty": "day_buy_qty", "daySellQty": "day_sell_qty",
    "cfBuyQty": "cf_buy_qty", "cfSellQty": "cf_sell_qty", "qtyMulti_com": "qty_multiplier",
    "crossCurrency": "cross_curr_flag", "takeProfit": "take_profit", "stopLoss": "stop_loss",
    "legType": "leg_type", "id_fyers": "id_fyers",
}  # fmt: skip


def raw_order_of(row: Row) -> Row:
    """Give an order in the socket's names, without what is zero or empty."""
    raw = _renamed(row, ORDER_KEYS)
    return {name: value for name, value in raw.items() if value or name not in OMITTED}


def raw_trade_of(row: Row) -> Row:
    """Give a trade in the socket's names."""
    return _renamed(row, TRADE_KEYS)


def raw_position_of(row: Row) -> Row:
    """Give a position in the socket's names."""
    return _renamed(row, POSITION_KEYS)


def _renamed(row: Row, keys: dict[str, str]) -> Row:
    return {theirs: row[name] for name, theirs in keys.items()}
