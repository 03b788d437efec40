from web.sandbox.fyers import mapper

ORDERS = """
client_id→clientId, id→id, id_parent→parentId, id_exchange→exchOrdId, qty→qty,
qty_remaining→remainingQuantity, qty_filled→filledQty, price_limit→limitPrice,
price_stop→stopPrice, price_traded→tradedPrice, ord_type→type, fy_token→fyToken,
exchange→exchange, segment→segment, symbol→symbol, instrument→instrument, oms_msg→message,
offline_flag→offlineOrder, time_oms→orderDateTime, validity→orderValidity,
product_type→productType, tran_side→side, org_ord_status→status, ord_source→source,
symbol_exch→ex_sym, symbol_desc→description, ordertag→orderTag, take_profit→takeProfit,
stop_loss→stopLoss, leg_type→legType, id_fyers→id_fyers, pan→pan
"""
TRADES = """
id_fill→tradeNumber, id→orderNumber, qty_traded→tradedQty, price_traded→tradePrice,
traded_val→tradeValue, product_type→productType, client_id→clientId,
id_exchange→exchangeOrderNo, ord_type→orderType, tran_side→side, symbol→symbol,
fill_time→orderDateTime, fy_token→fyToken, exchange→exchange, segment→segment,
ordertag→orderTag, id_fyers→id_fyers
"""
POSITIONS = """
symbol→symbol, id→id, buy_avg→buyAvg, buy_qty→buyQty, buy_val→buyVal, sell_avg→sellAvg,
sell_qty→sellQty, sell_val→sellVal, net_avg→netAvg, net_qty→netQty, tran_side→side, qty→qty,
product_type→productType, pl_realized→realized_profit, pl_unrealized→unrealized_profit,
pl_total→pl, rbirefrate→rbiRefRate, fy_token→fyToken, exchange→exchange, segment→segment,
day_buy_qty→dayBuyQty, day_sell_qty→daySellQty, cf_buy_qty→cfBuyQty, cf_sell_qty→cfSellQty,
qty_multiplier→qtyMulti_com, cross_curr_flag→crossCurrency, take_profit→takeProfit,
stop_loss→stopLoss, leg_type→legType, id_fyers→id_fyers
"""


def published(table):
    """The mapper as it is published: raw name to REST's."""
    return dict(pair.split("→") for pair in table.replace("\n", " ").strip().split(", "))


def turned(keys):
    """Our table, the same way round."""
    return {theirs: name for name, theirs in keys.items()}


def test_the_tables_are_the_published_mapper():
    """Protocols 1.1: every key, and no other but the personal number that is planted."""
    assert turned(mapper.ORDER_KEYS) == published(ORDERS.replace("  ", " "))
    assert turned(mapper.TRADE_KEYS) == published(TRADES)
    assert turned(mapper.POSITION_KEYS) == published(POSITIONS)


def test_an_orders_zeros_are_left_out_and_its_flags_are_not():
    """As in the published frame: no `qty_filled`, `price_limit`, `price_traded`; `instrument` 0."""
    row = dict.fromkeys(mapper.ORDER_KEYS, 0) | {"qty": 1, "message": "", "offlineOrder": False}
    raw = mapper.raw_order_of(row)
    assert raw.keys().isdisjoint({"qty_filled", "price_limit", "price_traded", "oms_msg"})
    assert (raw["instrument"], raw["offline_flag"], raw["qty"]) == (0, False, 1)
    flat = mapper.raw_position_of(dict.fromkeys(mapper.POSITION_KEYS, 0))
    assert (flat["net_qty"], flat["tran_side"], flat["qty"]) == (0, 0, 0)
    assert mapper.raw_trade_of(dict.fromkeys(mapper.TRADE_KEYS, 0)).keys() == set(published(TRADES))
