"""Literal rows and frames: Kite Connect v3's documented fields as ticker_service passes them; a leg."""

from decimal import Decimal

from actors.domain.batch import Leg

ORDER_ROW = """{"placed_by":"AB1234","order_id":"251123000123456","exchange_order_id":"1100000012345678","parent_order_id":null,"status":"COMPLETE","status_message":null,"status_message_raw":null,"order_timestamp":"2026-11-23 09:15:30","exchange_update_timestamp":"2026-11-23 09:15:31","exchange_timestamp":"2026-11-23 09:15:30","variety":"regular","modified":false,"exchange":"NFO","tradingsymbol":"NIFTY26NOVFUT","instrument_token":8961026,"order_type":"LIMIT","transaction_type":"BUY","validity":"DAY","validity_ttl":0,"product":"NRML","quantity":50,"disclosed_quantity":0,"price":19500.25,"trigger_price":0,"average_price":19500.2,"filled_quantity":50,"pending_quantity":0,"cancelled_quantity":0,"market_protection":0,"auction_number":null,"meta":{},"tag":"ow01abc","tags":["ow01abc"],"guid":"abc123","account_id":"AB1234"}"""
REJECTED_ROW = """{"placed_by":"AB1234","order_id":"251123000123457","exchange_order_id":null,"parent_order_id":null,"status":"REJECTED","status_message":"Insufficient funds. Required margin is 95417.84 but available margin is 74251.80.","status_message_raw":"RMS:Margin Exceeds","order_timestamp":"2026-11-23 09:16:00","exchange_update_timestamp":null,"exchange_timestamp":null,"variety":"regular","modified":false,"exchange":"NFO","tradingsymbol":"NIFTY26NOVFUT","instrument_token":8961026,"order_type":"MARKET","transaction_type":"SELL","validity":"DAY","validity_ttl":0,"product":"NRML","quantity":50,"disclosed_quantity":0,"price":0,"trigger_price":0,"average_price":0,"filled_quantity":0,"pending_quantity":0,"cancelled_quantity":0,"market_protection":0,"auction_number":null,"meta":{},"tag":null,"tags":[],"guid":"abc124","account_id":"AB1234"}"""
TRADE_ROW = """{"trade_id":"75894751","order_id":"251123000123456","exchange":"NFO","tradingsymbol":"NIFTY26NOVFUT","instrument_token":8961026,"product":"NRML","average_price":19500.2,"quantity":50,"exchange_order_id":"1100000012345678","transaction_type":"BUY","fill_timestamp":"2026-11-23 09:15:31","order_timestamp":"09:15:30","exchange_timestamp":"2026-11-23 09:15:31"}"""
POSITION_ROW = """{"tradingsymbol":"NIFTY26NOVFUT","exchange":"NFO","instrument_token":8961026,"product":"NRML","quantity":-50,"overnight_quantity":0,"multiplier":1,"average_price":19500.2,"close_price":0,"last_price":19510,"value":975010.0,"pnl":-490.0,"m2m":-490.0,"unrealised":-490.0,"realised":0,"buy_quantity":0,"buy_price":0,"buy_value":0,"buy_m2m":0,"sell_quantity":50,"sell_price":19500.2,"sell_value":975010.0,"sell_m2m":975010.0,"day_buy_quantity":0,"day_buy_price":0,"day_buy_value":0,"day_sell_quantity":50,"day_sell_price":19500.2,"day_sell_value":975010.0}"""
ORDERS = f'{{"status":"success","data":[{ORDER_ROW},{REJECTED_ROW}]}}'.encode()
TRADES = f'{{"status":"success","data":[{TRADE_ROW}]}}'.encode()
POSITIONS = (
    f'{{"status":"success","data":{{"net":[{POSITION_ROW}],"day":[{POSITION_ROW}]}}}}'.encode()
)
SHORT_UPDATE = '{"type":"order_update","account_id":"primary","data":{"order_id":"251123000123456","status":"OPEN","filled_quantity":25,"average_price":19500.25},"timestamp":"2026-11-23T03:45:31.123456"}'
FULL_UPDATE = f'{{"type":"order_update","account_id":"primary","data":{ORDER_ROW},"timestamp":"2026-11-23T03:45:31.123456"}}'
TASK_UPDATE = '{"type":"order_update","account_id":"primary","data":{"event":"task_status","task_id":"5f0c1a1e-8c1d-4b3a-9d53-0a1b2c3d4e5f","status":"completed","result":{"order_id":"251123000123456"}},"timestamp":"2026-11-23T03:45:31.123456"}'
TASK_FAILED = '{"type":"order_update","account_id":"primary","data":{"event":"task_status","task_id":"5f0c1a1e-8c1d-4b3a-9d53-0a1b2c3d4e5f","status":"dead_letter","result":null,"error":"Insufficient funds"}}'
CONNECTED = '{"type":"connected","account_id":"primary","timestamp":"2026-11-23T03:45:00"}'
ERROR = '{"type":"error","message":"Too many connections for this account"}'
MESSAGE = '{"type":"message","data":"Market closes at 15:30"}'
TASK = """{"task_id":"5f0c1a1e-8c1d-4b3a-9d53-0a1b2c3d4e5f","idempotency_key":"9f86d081","operation":"place_order","status":"completed","attempts":1,"max_attempts":5,"last_error":null,"result":{"order_id":"251123000123456"},"account_id":"primary"}"""
BATCH = """{"batch_id":"b7e0b1c2-1111-2222-3333-444455556666","success":false,"total_orders":2,"succeeded":0,"failed":2,"created_at":"2026-11-23T03:45:00.123456","completed_at":"2026-11-23T03:45:30.123456","error":"Order 2 failed: Timeout. Rolled back 1 orders."}"""

LEG = Leg(
    index=0,
    broker_tag="ow01abc",
    tradingsymbol="NIFTY26NOVFUT",
    exchange="NFO",
    transaction_type="BUY",
    quantity=50,
    order_type="LIMIT",
    product="NRML",
    price=Decimal("19500.25"),
    trigger_price=None,
    validity="DAY",
    variety="regular",
    tag="the caller's",
)
