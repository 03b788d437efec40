"""One call over HTTP: its deadline, its key, and what its answer means."""

from __future__ import annotations

import pytest

from actors.domain.errors import BrokerProtocol, BrokerUnknown
from actors.runtime.seams import HttpResponse
from actors.upstream.fields import an_object
from actors.upstream.ticker_service.rest import GET_S, MODIFY_S, Rest
from tests.actors.upstream.memory import KEY, HttpTable, answer


@pytest.fixture
def http():
    return HttpTable()


@pytest.fixture
def rest(http):
    return Rest("http://broker:8080", KEY, http)


async def test_a_question_carries_the_key_in_a_header_and_has_a_deadline(rest, http):
    """P20, P21: every call waits for so long and no longer; the key is in no address."""
    http.lay("GET /health", answer({"status": "ok"}))
    assert await rest.get("/health") == {"status": "ok"}
    (request,) = http.requests
    assert request.headers["X-API-Key"] == KEY
    assert KEY not in request.url
    assert http.timeouts_s == [GET_S]


async def test_an_unreadable_answer_to_a_question_is_the_brokers_fault(rest, http):
    """A question whose answer is no JSON has no answer; nothing was changed by it."""
    http.lay("GET /health", HttpResponse(200, {}, b"<html>"))
    with pytest.raises(BrokerProtocol, match="/health"):
        await rest.get("/health")


@pytest.mark.parametrize("body", [b"<html>", b"[]"])
async def test_an_unreadable_answer_to_a_change_leaves_it_unknown(rest, http, body):
    """P9: a change whose answer cannot be read may have been done; it is asked about, not repeated."""
    http.lay("PUT /orders/modify", HttpResponse(200, {}, body))
    with pytest.raises(BrokerUnknown, match="/orders/modify"):
        await rest.change("PUT", "/orders/modify", {}, timeout_s=MODIFY_S, read=an_object)
    assert len(http.requests) == 1


async def test_an_answer_that_is_a_complaint_is_not_an_empty_list(rest, http):
    """P7: `{"status": "error"}` with status 200 in place of the order book is no order book."""
    complaint = {"status": "error", "message": "the session expired", "error_type": "General"}
    http.lay("GET /orders/", answer(complaint))
    with pytest.raises(Exception, match="session expired"):
        await rest.rows("/orders/", {}, an_object, "data")
