"""Literal frames and rows of Fyers API v3, as documented, with invented people in them.

The socket's trades and positions are not documented as they are sent; these are made of the
names of the documented mapping.
"""

PERSON = "XP0001"
PAN = "ABCDE1234F"

# "Order updates": an order in transit, verbatim.
TRANSIT = """{"orders":{"client_id":"XP0001","exchange":10,"fy_token":"10100000001628","id":"23121800292158","id_fyers":"df013f50-6925-4e2d-ba0f-0becf1229298","instrument":0,"lot_size":1,"offline_flag":false,"oms_flag":"K:1","ord_source":"W","ord_status":20,"ord_type":2,"ordertag":"2:Untagged","org_ord_status":4,"pan":"ABCDE1234F","precision":2,"price_multiplier":1,"product_type":"CNC","qty":1,"qty_multiplier":1,"qty_remaining":1,"report_type":"New Ack","segment":10,"status_msg":"New Ack","symbol":"NSE:BECTORFOOD-EQ","symbol_desc":"MRS BECTORS FOOD SPE LTD","symbol_exch":"BECTORFOOD","tick_size":0.05,"time_epoch_oms":1702887690,"time_exch":"NA","time_oms":"18-Dec-2023 13:51:30","tran_side":1,"update_time_epoch_oms":1702887690,"update_time_exch":"01-Jan-1970 05:30:00","validity":"DAY"},"s":"ok"}"""
# The same as the brokers' client library hands it on.
PARSED_ORDER = """{"s":"ok","orders":{"clientId":"XP03754","id":"23121800388066","qty":1,"remainingQuantity":1,"type":2,"fyToken":"10100000002705","exchange":10,"segment":10,"symbol":"NSE:PRAJIND-EQ","instrument":0,"offlineOrder":false,"orderDateTime":"18-Dec-2023 16:33:24","orderValidity":"DAY","productType":"CNC","side":1,"status":4,"source":"W","ex_sym":"PRAJIND","description":"PRAJ INDUSTRIES LTD","orderNumStatus":"23121800388066:4"}}"""
# An inner code in the status's place, as one sample of the documentation has it; zeros left out.
FILLED_90 = """{"s":"ok","orders":{"clientId":"XP0001","id":"23080400089344","exchOrdId":"1100000009596016","qty":1,"filledQty":1,"limitPrice":7.95,"price_traded":7.95,"type":2,"exchange":10,"segment":10,"symbol":"NSE:IDEA-EQ","orderDateTime":"04-Aug-2023 10:12:58","orderValidity":"DAY","productType":"INTRADAY","side":-1,"status":90,"orderNumStatus":"23080400089344:2"}}"""
PARSED_TRADE = """{"s":"ok","trades":{"tradeNumber":"23080400089344-21726639","orderNumber":"23080400089344","tradedQty":1,"tradePrice":7.95,"tradeValue":7.95,"productType":"INTRADAY","clientId":"XP0001","exchangeOrderNo":"1100000009596016","orderType":2,"side":-1,"symbol":"NSE:IDEA-EQ","orderDateTime":"04-08-2023 10:12:58","fyToken":"101000000014366","exchange":10,"segment":10,"id_fyers":"df013f50-6925-4e2d-ba0f-0becf1229298"}}"""
RAW_TRADE = """{"s":"ok","trades":{"id_fill":"23080400089344-21726639","id":"23080400089344","qty_traded":1,"price_traded":7.95,"traded_val":7.95,"product_type":"INTRADAY","client_id":"XP0001","id_exchange":"1100000009596016","ord_type":2,"tran_side":-1,"symbol":"NSE:IDEA-EQ","fill_time":"04-08-2023 10:12:58","fy_token":"101000000014366","exchange":10,"segment":10,"ordertag":"1:ow01abc"}}"""
PARSED_POSITION = """{"s":"ok","positions":{"symbol":"NSE:IDEA-EQ","id":"NSE:IDEA-EQ-INTRADAY","buyAvg":8,"buyQty":1,"buyVal":8,"sellAvg":7.95,"sellQty":1,"sellVal":7.95,"netAvg":0,"netQty":0,"side":0,"qty":0,"productType":"INTRADAY","realized_profit":-0.0499,"rbiRefRate":1,"fyToken":"101000000014366","exchange":10,"segment":10,"dayBuyQty":1,"daySellQty":1,"cfBuyQty":0,"cfSellQty":0,"qtyMulti_com":1,"pl":-0.0499,"crossCurrency":"","unrealized_profit":0}}"""
RAW_POSITION = """{"s":"ok","positions":{"symbol":"NSE:NIFTY26NOVFUT","id":"NSE:NIFTY26NOVFUT-MARGIN","buy_avg":0,"sell_avg":19500.2,"sell_qty":50,"sell_val":975010,"net_avg":19500.2,"net_qty":-50,"tran_side":-1,"qty":50,"product_type":"MARGIN","pl_unrealized":-490,"pl_total":-490,"rbirefrate":1,"fy_token":"101126112600000","exchange":10,"segment":11,"day_sell_qty":50,"qty_multiplier":1,"cross_curr_flag":"N"}}"""
ACK = '{"code":1605,"message":"Successfully subscribed","s":"ok"}'
LOGIN = '{"s":"ok","login":{"fy_id":"XP0001","pan":"ABCDE1234F","ip":"192.0.2.7"}}'
ALERT = '{"s":"ok","pricealerts":{"fyId":"XP0001","symbol":"NSE:SBIN-EQ","price":610.5}}'
EDIS = '{"s":"ok","edis":{"clientId":"XP0001","isin":"INE313D01013","qty":1.0}}'
ERROR = '{"s":"error","code":-300,"message":"Nothing for C-XP0001, PAN ABCDE1234F"}'
FRAMES = (
    *(TRANSIT, PARSED_ORDER, FILLED_90, PARSED_TRADE, RAW_TRADE, PARSED_POSITION, RAW_POSITION),
    *(ACK, LOGIN, ALERT, EDIS, ERROR, "pong"),
)

# "Orders", "tradebook", "positions" by REST.
ORDER_ROW = """{"clientId":"XP0001","id":"23030900015105","id_fyers":"c6697c04-d9ab-4a7c-a6f4-b0cc4ca698f6","exchOrdId":"1100000001089341","qty":1,"remainingQuantity":0,"filledQty":1,"discloseQty":0,"limitPrice":6.95,"stopPrice":0,"tradedPrice":6.95,"type":1,"fyToken":"101000000014366","exchange":10,"segment":10,"symbol":"NSE:IDEA-EQ","instrument":0,"message":"","offlineOrder":false,"orderDateTime":"09-Mar-2023 09:34:38","orderValidity":"DAY","pan":"ABCDE1234F","productType":"CNC","side":-1,"status":2,"source":"W","ex_sym":"IDEA","description":"VODAFONE IDEA LIMITED","ch":-0.1,"chp":-1.44,"lp":6.85,"slNo":1,"dqQtyRem":0,"orderNumStatus":"23030900015105:2","disclosedQty":0,"orderTag":"1:ow01abc","takeProfit":0,"stopLoss":0}"""
REJECTED_ROW = """{"clientId":"XP0001","id":"23030900015106","exchOrdId":"","qty":50,"remainingQuantity":50,"filledQty":0,"limitPrice":0,"stopPrice":0,"tradedPrice":0,"type":2,"exchange":10,"segment":11,"symbol":"NSE:NIFTY26NOVFUT","instrument":11,"message":"RED:Margin Shortfall:INR 34.26 Available:INR 0.00 for C-XP0001 [FYERS_RISK_CUG]","offlineOrder":false,"orderDateTime":"09-Mar-2023 09:35:00","orderValidity":"DAY","pan":"ABCDE1234F","productType":"MARGIN","side":1,"status":5,"source":"API","orderNumStatus":"23030900015106:5","orderTag":"2:Untagged"}"""
TRADE_ROW = """{"clientId":"XP0001","orderDateTime":"09-Mar-2023 09:34:38","orderNumber":"23030900015105","exchangeOrderNo":"1100000001089341","exchange":10,"side":-1,"segment":10,"orderType":1,"fyToken":"101000000014366","productType":"CNC","tradedQty":1,"tradePrice":6.95,"tradeValue":6.95,"tradeNumber":"52605023","row":52605023,"symbol":"NSE:IDEA-EQ","orderTag":"1:ow01abc"}"""
POSITION_ROW = """{"netQty":1,"qty":1,"avgPrice":72256.0,"netAvg":71856.0,"side":1,"productType":"MARGIN","realized_profit":400.0,"unrealized_profit":461.0,"pl":861.0,"ltp":72717.0,"buyQty":2,"buyAvg":72256.0,"buyVal":144512.0,"sellQty":1,"sellAvg":72656.0,"sellVal":72656.0,"slNo":0,"fyToken":"1120200831217406","crossCurrency":"N","rbiRefRate":1.0,"qtyMulti_com":1.0,"segment":20,"symbol":"MCX:SILVERMIC20AUGFUT","id":"MCX:SILVERMIC20AUGFUT-MARGIN","cfBuyQty":0,"cfSellQty":0,"dayBuyQty":0,"daySellQty":1,"exchange":10}"""
ORDERS = f'{{"s":"ok","code":200,"message":"","orderBook":[{ORDER_ROW},{REJECTED_ROW}]}}'.encode()
TRADES = f'{{"s":"ok","code":200,"message":"","tradeBook":[{TRADE_ROW}]}}'.encode()
POSITIONS = (
    f'{{"s":"ok","code":200,"message":"","netPositions":[{POSITION_ROW}],'
    '"overall":{"count_total":1,"count_open":1,"pl_total":861.0}}'
).encode()
PLACED = b'{"s":"ok","code":1101,"message":"Order submitted successfully. Your Order Ref. No.808058117761","id":"808058117761"}'
NO_ACK = b'{"s":"ok","code":201,"message":"Request has been made but no acknowledgement has been received","id":""}'
TOGETHER = b"""{"s":"ok","code":200,"message":"","data":[{"statusCode":200,"body":{"s":"ok","code":1101,"message":"Order submitted successfully. Your Order Ref. No. 120080778988","id":"120080778988"},"statusDescription":"HTTP OK"},{"statusCode":400,"body":{"s":"error","code":-99,"message":"RED:Margin Shortfall for C-XP0001","id":""},"statusDescription":"HTTP OK"}]}"""
# "Multi order margin".
MARGIN = b'{"s":"ok","code":200,"message":"","data":{"margin_avail":1999.9,"margin_total":147738.0563,"margin_new_order":247738.0563}}'
