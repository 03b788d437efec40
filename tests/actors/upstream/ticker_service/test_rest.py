"""ticker_service's manner: what goes out, and that the key comes back in no word."""

import json

import pytest

from actors.domain.errors import BrokerRefused, BrokerUnknown
from actors.upstream.ticker_service.rest import TickerManner
from tests.actors.upstream.memory import KEY

MANNER = TickerManner("http://broker:8080", KEY)


def test_a_call_carries_the_key_in_a_header_alone():
    """P21: the key is in no address and no body; a body is JSON, and a question has none."""
    asked = MANNER.request("GET", "/health")
    assert (asked.method, asked.url, asked.body) == ("GET", "http://broker:8080/health", b"")
    assert asked.headers == {"X-API-Key": KEY, "Accept": "application/json"}
    told = MANNER.request("PUT", "/orders/modify", {"quantity": 25})
    assert json.loads(told.body) == {"quantity": 25}
    assert told.headers["Content-Type"] == "application/json"
    assert KEY not in told.url
    assert KEY not in repr(MANNER)


@pytest.mark.parametrize(("changes", "kind"), [(True, BrokerUnknown), (False, BrokerRefused)])
def test_answers_are_judged_without_the_key(changes, kind):
    """P21: what the broker says of the key is kept without it, as an error or under a success."""
    words = {"status": "error", "message": f"timed out for {KEY}"}
    body = json.dumps(words).encode()
    for error in (
        MANNER.judge(400, body, changes=changes),
        MANNER.complaint(words, changes=changes),
    ):
        assert type(error) is kind
        assert str(error).endswith("timed out for ***")
