import json

import pytest

from tests.actors.fakes import a_row
from tests.web.fakes import a_gateway, a_key
from tests.web.reference.judge import Judge

LEG = {
    "tradingsymbol": "SBIN",
    "exchange": "NSE",
    "transaction_type": "BUY",
    "quantity": 0,
    "order_type": "LIMIT",
    "product": "MIS",
}
FAULTS = [
    ("orders", "GET", "/accounts/nobody/orders", b"", 404),
    ("orders", "GET", "/accounts/primary/orders?limit=0", b"", 422),
    ("orders", "GET", "/accounts/primary/orders?at=999", b"", 409),
    ("orders", "GET", "/accounts/primary/orders?at=other:1", b"", 410),
    ("place_batch", "POST", "/accounts/primary/batch-orders", b"{", 400),
    ("place_order", "POST", "/accounts/primary/orders", json.dumps(LEG).encode(), 422),
    ("cancel_order", "DELETE", "/accounts/primary/orders/9", b"", 404),
    ("log_in", "POST", "/login", b'{"key":"x"}', 409),
    ("static", "GET", "/static/none", b"", 404),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[0]}-{fault[-1]}")
async def test_a_fault_fits_the_form(gateway, autojump_clock, fault):
    """Whatever is wrong, it is told in the one form, and its status is one that the call tells."""
    endpoint, method, path, body, status = fault
    client = gateway.app.test_client()
    answer = await client.open(path, method=method, data=body)
    assert answer.status_code == status
    text = await answer.get_data(as_text=True)
    Judge().answer(endpoint, status, answer.content_type, text)


async def test_readiness_fits_to_reader_and_stranger(tmp_path, autojump_clock):
    """`/ready` has accounts for a reader, and a number for others: both fit its form."""
    keys = {"desk": a_key("k")}
    async with a_gateway(tmp_path, keys=keys, settled=False) as gateway:
        for headers in ({}, {"X_API_Key": "k"}):
            told = await gateway.get("/ready", 503, **headers)
            Judge().answer("ready", 503, "application/json", json.dumps(told))
            assert ("accounts" in told) == bool(headers)


async def test_a_field_beside_is_noticed(gateway, autojump_clock):
    """The judge is worth something: an answer with a field more, or one less, does not fit."""
    await gateway.tell(a_row("1"))
    client = gateway.app.test_client()
    text = await (await client.get("/accounts/primary/orders")).get_data(as_text=True)
    Judge().answer("orders", 200, "application/json", text)
    for other in (text.replace('"next"', '"nxt"'), text.replace('"tag"', '"tag":1,"tog"')):
        with pytest.raises(AssertionError):
            Judge().answer("orders", 200, "application/json", other)
    with pytest.raises(AssertionError, match="not written down"):
        Judge().answer("orders", 418, "application/json", "{}")
