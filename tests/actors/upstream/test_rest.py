"""One call over HTTP: its deadline, its manner, and what its answer means."""

from __future__ import annotations

import pytest
from attrs import frozen

from actors.domain.errors import (
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
)
from actors.runtime.seams import HttpRequest, HttpResponse
from actors.upstream.fields import an_object, required_word
from actors.upstream.rest import GET_S, MODIFY_S, Rest
from tests.actors.upstream.memory import HttpTable, answer


@frozen
class Plain:
    """A manner without manners: 4xx is a no, and so is a success that says "error"."""

    has_key: bool = True

    def request(self, method, path, fields=None):
        """Write a call."""
        if not self.has_key:
            raise NeedsLogin("no key yet")
        body = b"" if fields is None else ",".join(fields).encode()
        return HttpRequest(method, f"http://broker:8080{path}", {}, body)

    def judge(self, status, body, *, changes):
        """Take 4xx for a no."""
        return BrokerRefused(f"{status} {body.decode()} {changes}") if status >= 400 else None

    def complaint(self, value, *, changes):
        """Take an error under a success for a no."""
        is_error = isinstance(value, dict) and value.get("status") == "error"
        return BrokerRefused(f"complaint {changes}") if is_error else None


@pytest.fixture
def http():
    return HttpTable()


@pytest.fixture
def rest(http):
    return Rest(Plain(), http)


async def test_every_call_has_a_deadline_and_is_made_once(rest, http):
    """P20: a question waits GET_S, a change as long as its caller says; neither is repeated."""
    http.lay("GET /health", answer({"status": "ok"}))
    http.lay("PUT /orders/1", answer({"order_id": "1"}))
    assert await rest.get("/health") == {"status": "ok"}
    read = await rest.change("PUT", "/orders/1", {"price": 1}, timeout_s=MODIFY_S, read=an_object)
    assert read == {"order_id": "1"}
    assert [one.body for one in http.requests] == [b"", b"price"]
    assert http.timeouts_s == [GET_S, MODIFY_S]


@pytest.mark.parametrize(
    "reply", [BrokerUnreachable("no"), BrokerUnknown("no answer"), answer("no", 400)]
)
async def test_a_failed_call_is_not_repeated(rest, http, reply):
    """P9: whatever a call met, it goes out once; a status is judged with what the call was for."""
    http.lay("GET /x", reply)
    http.lay("PUT /x", reply)
    kind = BrokerRefused if isinstance(reply, HttpResponse) else type(reply)
    with pytest.raises(kind, match=r"no|False"):
        await rest.get("/x")
    with pytest.raises(kind, match=r"no|True"):
        await rest.change("PUT", "/x", timeout_s=1, read=an_object)
    assert http.calls() == ["GET /x", "PUT /x"]


async def test_without_a_key_nothing_is_sent(http):
    """A manner that has no key raises before the call: certain, and nothing went out."""
    with pytest.raises(NeedsLogin):
        await Rest(Plain(has_key=False), http).rows("/orders", {}, an_object, "data")
    assert http.requests == []


async def test_an_unreadable_answer_to_a_question_is_the_brokers_fault(rest, http):
    """A question whose answer is no JSON has no answer; nothing was changed by it."""
    http.lay("GET /health", HttpResponse(200, {}, b"<html>"))
    with pytest.raises(BrokerProtocol, match="/health"):
        await rest.get("/health")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"order_id":7}'])
async def test_an_unreadable_answer_to_a_change_leaves_it_unknown(rest, http, body):
    """P9: a change whose answer cannot be read may have been done; it is asked about, not repeated."""
    http.lay("PUT /orders/1", HttpResponse(200, {}, body))
    with pytest.raises(BrokerUnknown, match="/orders/1"):
        await rest.change(
            "PUT",
            "/orders/1",
            {},
            timeout_s=MODIFY_S,
            read=lambda value: required_word(an_object(value), "order_id"),
        )
    assert len(http.requests) == 1


async def test_an_answer_that_is_a_complaint_is_not_an_empty_list(rest, http):
    """P7: `{"status": "error"}` with status 200 in place of a list, or of any answer, is none."""
    http.lay("GET /orders", answer({"status": "error", "message": "the session expired"}))
    with pytest.raises(BrokerRefused, match="complaint False"):
        await rest.rows("/orders", {}, an_object, "data")
    with pytest.raises(BrokerRefused, match="complaint False"):
        await rest.get("/orders")
    http.lay("PUT /orders", answer({"status": "error"}))
    with pytest.raises(BrokerRefused, match="complaint True"):
        await rest.change("PUT", "/orders", {}, timeout_s=1, read=an_object)


async def test_a_list_is_asked_for_with_its_query_if_it_has_one(rest, http):
    """A query is written as addresses spell it; an empty one leaves no question mark."""
    http.lay("GET /orders", answer({"data": [{"a": 1}]}))
    assert await rest.rows("/orders", {}, an_object, "data") == [{"a": 1}]
    assert await rest.rows("/orders", {"account": "a b"}, an_object, "data") == [{"a": 1}]
    assert [one.url for one in http.requests] == [
        "http://broker:8080/orders",
        "http://broker:8080/orders?account=a+b",
    ]


async def test_a_question_with_a_body_does_nothing(rest, http):
    """What proves nothing is a broken answer here, and never an order that may have been placed."""
    http.lay("POST /margins", answer({"total": "7"}))
    read = await rest.ask("/margins", {"basket": 1}, read=lambda one: required_word(one, "total"))
    assert read == "7"
    assert http.timeouts_s == [GET_S]
    for body in ({"total": ""}, b"<html>"):
        http.lay("POST /margins", answer(body))
        with pytest.raises(BrokerProtocol, match="/margins"):
            await rest.ask("/margins", {}, read=lambda one: required_word(one, "total"))
    http.lay("POST /margins", answer({"status": "error"}))
    with pytest.raises(BrokerRefused, match="complaint False"):
        await rest.ask("/margins", {}, read=an_object)
