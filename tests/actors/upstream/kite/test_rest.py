"""Kite's manner: what goes out, and that no key comes back in a word."""

from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from actors.domain.errors import BrokerRefused, BrokerUnknown, NeedsLogin
from actors.upstream.kite.keys import Keys
from actors.upstream.kite.rest import KiteManner

from .given import KEY, SECRET, SECRETS, TOKEN
from .samples import fault

KEYS = Keys(KEY, TOKEN, SECRET)
MANNER = KiteManner("https://api.kite.trade", KEYS)


def test_a_call_carries_version_and_keys_in_its_headers():
    """P21: the keys are in no address and in no body; a body is a form, a question has none."""
    asked = MANNER.request("GET", "/orders")
    assert (asked.method, asked.url, asked.body) == ("GET", "https://api.kite.trade/orders", b"")
    assert asked.headers == {
        "X-Kite-Version": "3",
        "Authorization": f"token {KEY}:{TOKEN}",
        "Accept": "application/json",
    }
    told = MANNER.request("PUT", "/orders/regular/1", {"quantity": 25})
    assert parse_qs(told.body.decode()) == {"quantity": ["25"]}
    assert told.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert [secret for secret in SECRETS if secret in f"{told}{MANNER}"] == []


def test_a_new_token_is_used_from_the_next_call_on():
    """The keys are read anew for each call; without a token no call can be written."""
    keys = Keys("key", "old")
    manner = KiteManner("https://h", keys)
    keys.access_token = "new"
    assert manner.request("GET", "/orders").headers["Authorization"] == "token key:new"
    keys.access_token = ""
    with pytest.raises(NeedsLogin, match="log in"):
        manner.request("GET", "/orders")


def test_answers_are_judged_without_the_keys():
    """P21: what Kite says of the keys is kept without them, as an error or under a success."""
    said = f"no {KEY} nor {TOKEN} nor {SECRET}"
    error = MANNER.judge(400, fault(said, "InputException"), changes=True)
    assert (type(error), str(error)) == (
        BrokerRefused,
        "the broker answered 400: no *** nor *** nor ***",
    )
    hidden = {"status": "error", "message": said, "error_type": "InputException"}
    error = MANNER.complaint(hidden, changes=True)
    assert (type(error), str(error)) == (
        BrokerUnknown,
        "the broker answered 200: no *** nor *** nor ***",
    )


def test_a_list_goes_out_as_json():
    """Forms are for orders; the calculators of margins want JSON, exact numbers in it."""
    request = MANNER.request("POST", "/margins/basket", [{"price": Decimal("19500.20")}])
    assert request.body == b'[{"price":19500.20}]'
    assert request.headers["Content-Type"] == "application/json"
