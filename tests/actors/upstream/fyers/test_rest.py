"""Fyers' manner: how a call is written."""

import json

import pytest

from actors.domain.errors import NeedsLogin
from actors.upstream.fyers.keys import Keys
from actors.upstream.fyers.rest import FyersManner
from tests.actors.upstream.fyers.given import APP, TOKEN


@pytest.fixture
def manner():
    return FyersManner("http://broker", Keys(APP, TOKEN))


def test_a_question_has_the_keys_in_a_header_and_no_body(manner):
    """P21: `Authorization: appId:token`, nothing of it in the address."""
    request = manner.request("GET", "/orders?id=1")
    assert request.headers == {
        "Authorization": f"{APP}:{TOKEN}",
        "Accept": "application/json",
        "version": "3",
    }
    assert (request.url, request.body) == ("http://broker/orders?id=1", b"")


@pytest.mark.parametrize("fields", [{"id": "77"}, [{"id": "77"}, {"id": "78"}], []])
def test_a_change_is_json(manner, fields):
    """One order is an object, several are an array."""
    request = manner.request("PATCH", "/orders/sync", fields)
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == fields


def test_nothing_is_written_without_a_token(manner):
    """P21: a call that could not be let in is not made."""
    manner.keys.access_token = ""
    with pytest.raises(NeedsLogin):
        manner.request("GET", "/orders")
