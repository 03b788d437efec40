"""Literal frames and answers of Kite Connect v3; rows as REST gives them stand in `..samples`.

A frame's row is the postback's: with user_id, app_id, checksum (blank) and unfilled_quantity,
without tags and modified.
"""

import json

OPEN_ROW = """{"user_id":"AB1234","unfilled_quantity":50,"app_id":1234,"checksum":"","placed_by":"AB1234","order_id":"251123000123456","exchange_order_id":"1100000012345678","parent_order_id":null,"status":"OPEN","status_message":null,"status_message_raw":null,"order_timestamp":"2026-11-23 09:15:30","exchange_update_timestamp":"2026-11-23 09:15:30","exchange_timestamp":"2026-11-23 09:15:30","variety":"regular","exchange":"NFO","tradingsymbol":"NIFTY26NOVFUT","instrument_token":8961026,"order_type":"LIMIT","transaction_type":"BUY","validity":"DAY","validity_ttl":0,"product":"NRML","quantity":50,"disclosed_quantity":0,"price":19500.25,"trigger_price":0,"average_price":0,"filled_quantity":0,"pending_quantity":50,"cancelled_quantity":0,"market_protection":0,"auction_number":null,"meta":{},"tag":"ow01abc","guid":"abc123","account_id":"AB1234"}"""


def order_frame(**changes):
    """Give the frame of an order, with what differs."""
    return json.dumps({"type": "order", "data": json.loads(OPEN_ROW) | changes})


HEARTBEAT = b"\x00"
OPEN = order_frame()
PARTLY = order_frame(
    status="UPDATE",
    filled_quantity=20,
    pending_quantity=30,
    unfilled_quantity=30,
    average_price=19500.2,
    exchange_update_timestamp="2026-11-23 09:15:32",
)
CANCELLED = order_frame(
    status="CANCELLED",
    filled_quantity=20,
    pending_quantity=1,
    cancelled_quantity=30,
    unfilled_quantity=0,
    average_price=19500.2,
    exchange_update_timestamp="2026-11-23 09:15:34",
)
REJECTED = order_frame(
    status="REJECTED",
    status_message="Insufficient funds. Required margin is 95417.84 but available is 74251.80.",
    status_message_raw="RMS:Margin Exceeds",
    exchange_order_id=None,
    exchange_update_timestamp=None,
    exchange_timestamp=None,
    pending_quantity=0,
)
ERROR = '{"type":"error","data":"Too many instruments"}'
MESSAGE = '{"type":"message","data":"Market closes at 15:30"}'
PLACED = b'{"status":"success","data":{"order_id":"251123000123456"}}'
ASK_FIRST = "Order request timed out. Please check the order book and confirm before placing again"
SESSION = b'{"status":"success","data":{"user_type":"individual","email":"a@b.example","user_name":"A B","user_shortname":"A","broker":"ZERODHA","exchanges":["NSE","NFO"],"products":["CNC","NRML","MIS"],"order_types":["MARKET","LIMIT"],"avatar_url":null,"user_id":"AB1234","api_key":"kiteapikey000000","access_token":"freshaccesstoken0000000000000000","public_token":"publictoken","enctoken":"enc","refresh_token":"","silo":"","login_time":"2026-11-23 09:30:00","meta":{"demat_consent":"physical"}}}'
# "Basket margins", in compact mode.
MARGIN = b'{"status":"success","data":{"initial":{"type":"","total":132432.06},"final":{"type":"","total":40281.5},"orders":[{"type":"equity","tradingsymbol":"NIFTY26NOVFUT","exchange":"NFO","total":132432.06}]}}'


def fault(message, error_type, **more):
    """Give an error's body."""
    body = {"status": "error", "message": message, "error_type": error_type, "data": None}
    return json.dumps(body | more).encode()
