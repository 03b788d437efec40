"""Fyers' mapping of names, whole: the socket's, the client library's, and what we make of it.

Each row: raw name, parsed name, a value to try, and the field of ours that it becomes with the
value it then has. A row without a field is not read, and says why.
"""

from datetime import UTC, datetime
from decimal import Decimal

MORNING = datetime(2026, 11, 23, 4, 42, 58, tzinfo=UTC)
PERSON = "a person's"
SAID_ALREADY = "the symbol, or another field, says it"
NO_FIELD = "there is no such field in the model"
LEGS = "of CO and BO orders, which are not placed"

ORDERS = (
    ("client_id", "clientId", PERSON),
    ("id", "id", "77", "order_id", "77"),
    ("id_parent", "parentId", LEGS),
    ("id_exchange", "exchOrdId", NO_FIELD),
    ("qty", "qty", 50, "quantity", 50),
    ("qty_remaining", "remainingQuantity", 25, "pending_quantity", 25),
    ("qty_filled", "filledQty", 25, "filled_quantity", 25),
    ("price_limit", "limitPrice", Decimal("7.95"), "price", Decimal("7.95")),
    ("price_stop", "stopPrice", Decimal("7.90"), "trigger_price", Decimal("7.90")),
    ("price_traded", "tradedPrice", Decimal("7.85"), "average_price", Decimal("7.85")),
    ("ord_type", "type", 3, "order_type", "SL-M"),
    ("fy_token", "fyToken", SAID_ALREADY),
    ("exchange", "exchange", SAID_ALREADY),
    ("segment", "segment", 11, "exchange", "NFO"),
    ("symbol", "symbol", "NSE:SBIN-EQ", "tradingsymbol", "SBIN"),
    ("instrument", "instrument", NO_FIELD),
    ("oms_msg", "message", "no funds", "status_message", "no funds"),
    ("offline_flag", "offlineOrder", True, "variety", "amo"),
    ("time_oms", "orderDateTime", "23-Nov-2026 10:12:58", "placed_at", MORNING),
    ("validity", "orderValidity", "IOC", "validity", "IOC"),
    ("product_type", "productType", "INTRADAY", "product", "MIS"),
    ("tran_side", "side", -1, "transaction_type", "SELL"),
    ("org_ord_status", "status", 2, "status", "COMPLETE"),
    ("ord_source", "source", NO_FIELD),
    ("symbol_exch", "ex_sym", SAID_ALREADY),
    ("symbol_desc", "description", NO_FIELD),
    ("ordertag", "orderTag", "1:ow01abc", "tag", "ow01abc"),
    ("take_profit", "takeProfit", LEGS),
    ("stop_loss", "stopLoss", LEGS),
    ("leg_type", "legType", LEGS),
    ("id_fyers", "id_fyers", NO_FIELD),
)
TRADES = (
    ("id_fill", "tradeNumber", "9", "trade_id", "0-9"),
    ("id", "orderNumber", "1", "order_id", "1"),
    ("qty_traded", "tradedQty", 50, "quantity", 50),
    ("price_traded", "tradePrice", Decimal("7.85"), "price", Decimal("7.85")),
    ("traded_val", "tradeValue", Decimal("392.50"), "value", Decimal("392.50")),
    ("product_type", "productType", "MARGIN", "product", "NRML"),
    ("client_id", "clientId", PERSON),
    ("id_exchange", "exchangeOrderNo", NO_FIELD),
    ("ord_type", "orderType", NO_FIELD),
    ("tran_side", "side", -1, "transaction_type", "SELL"),
    ("symbol", "symbol", "NSE:SBIN-EQ", "tradingsymbol", "SBIN"),
    ("fill_time", "orderDateTime", "23-11-2026 10:12:58", "traded_at", MORNING),
    ("fy_token", "fyToken", SAID_ALREADY),
    ("exchange", "exchange", SAID_ALREADY),
    ("segment", "segment", 11, "exchange", "NFO"),
    ("ordertag", "orderTag", "the order's"),
    ("id_fyers", "id_fyers", NO_FIELD),
)
POSITIONS = (
    ("symbol", "symbol", "NSE:SBIN-EQ", "tradingsymbol", "SBIN"),
    ("id", "id", "ours is made of exchange, symbol and product"),
    ("buy_avg", "buyAvg", NO_FIELD),
    ("buy_qty", "buyQty", NO_FIELD),
    ("buy_val", "buyVal", NO_FIELD),
    ("sell_avg", "sellAvg", NO_FIELD),
    ("sell_qty", "sellQty", NO_FIELD),
    ("sell_val", "sellVal", NO_FIELD),
    ("net_avg", "netAvg", Decimal("7.85"), "average_price", Decimal("7.85")),
    ("net_qty", "netQty", -50, "quantity", -50),
    ("tran_side", "side", "the net quantity's sign says it"),
    ("qty", "qty", "the net quantity without its sign"),
    ("product_type", "productType", "MARGIN", "product", "NRML"),
    ("pl_realized", "realized_profit", Decimal("-0.05"), "realised", Decimal("-0.05")),
    ("pl_unrealized", "unrealized_profit", Decimal("1.5"), "unrealised", Decimal("1.5")),
    ("pl_total", "pl", Decimal("1.45"), "pnl", Decimal("1.45")),
    ("rbirefrate", "rbiRefRate", NO_FIELD),
    ("fy_token", "fyToken", SAID_ALREADY),
    ("exchange", "exchange", SAID_ALREADY),
    ("segment", "segment", 11, "exchange", "NFO"),
    ("day_buy_qty", "dayBuyQty", NO_FIELD),
    ("day_sell_qty", "daySellQty", NO_FIELD),
    ("cf_buy_qty", "cfBuyQty", NO_FIELD),
    ("cf_sell_qty", "cfSellQty", NO_FIELD),
    ("qty_multiplier", "qtyMulti_com", NO_FIELD),
    ("cross_curr_flag", "crossCurrency", NO_FIELD),
    ("take_profit", "take_profit", LEGS),
    ("stop_loss", "stop_loss", LEGS),
    ("leg_type", "leg_type", LEGS),
    ("id_fyers", "id_fyers", NO_FIELD),
)

# The least that each row must have, and nothing that a try would repeat.
LEAST_ORDER = {"id": "1", "symbol": "NSE:IDEA-EQ", "qty": 100, "side": 1, "status": 6}
LEAST_TRADE = {
    "tradeNumber": "5",
    "orderNumber": "0",
    "symbol": "NSE:IDEA-EQ",
    "side": 1,
    "tradedQty": 1,
    "tradePrice": 8,
}
LEAST_POSITION = {"symbol": "NSE:IDEA-EQ"}
