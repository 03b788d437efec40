import json

import pytest

from tests.actors.fakes import a_row
from tests.web.reference.judge import Judge
from web.reference.trading import BATCHES, ORDERS

LEG = {
    "tradingsymbol": "SBIN",
    "exchange": "NSE",
    "transaction_type": "BUY",
    "quantity": 50,
    "order_type": "LIMIT",
    "product": "MIS",
    "price": 610.5,
}
BODIES = {
    "place_batch": {"orders": [LEG, LEG], "wait_s": 0},
    "place_order": {**LEG, "wait_s": 0},
    "modify_order": {"price": 611},
}


@pytest.mark.parametrize("call", [*BATCHES.calls, *ORDERS.calls], ids=lambda call: call.endpoint)
async def test_what_trades_answers_as_it_is_told(gateway, autojump_clock, call):
    """Whatever becomes of it, done, running, refused or gone, the answer is as it is written down."""
    await gateway.tell(a_row("1"))
    placed = await gateway.post("/accounts/primary/batch-orders", BODIES["place_batch"], 202)
    path = call.path.format(account_id="primary", order_id="1", batch_id=placed["batch_id"])
    body = BODIES.get(call.endpoint)
    data = b"" if body is None else json.dumps(body).encode()
    answer = await gateway.app.test_client().open(path, method=call.method, data=data)
    text = await answer.get_data(as_text=True)
    Judge().answer(call.endpoint, answer.status_code, answer.content_type, text)
    assert answer.status_code < 500


async def test_a_dry_run_is_answered_as_it_is_told(gateway, autojump_clock):
    """Of a dry run the answer has a form of its own, beside that of a batch."""
    client = gateway.app.test_client()
    path = "/accounts/primary/batch-orders?dry_run=true"
    answer = await client.post(path, data=json.dumps(BODIES["place_batch"]).encode())
    text = await answer.get_data(as_text=True)
    assert (answer.status_code, json.loads(text)["status"]) == (200, "dry_run")
    Judge().answer("place_batch", 200, answer.content_type, text)
