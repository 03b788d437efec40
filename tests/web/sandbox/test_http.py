from decimal import Decimal

import pytest

from web.sandbox.http import answer, fault, json_object, sent_back
from web.sandbox.orders import RefusedError


def test_an_error_has_a_detail():
    """ticker_service's errors are `{"detail": …}`; header names may be given with underscores."""
    response = fault(401, "Invalid API key", www_authenticate="ApiKey")
    assert (response.status, response.body) == (401, b'{"detail":"Invalid API key"}')
    assert response.headers["www-authenticate"] == "ApiKey"


def test_an_answer_is_compact_json():
    """A value is answered with 200 and its type."""
    response = answer({"a": 1})
    assert (response.status, response.body) == (200, b'{"a":1}')
    assert response.headers == {"content-type": "application/json"}


def test_a_body_is_an_object_with_exact_decimals():
    """19500.25 comes in as that decimal."""
    assert json_object(b'{"price":19500.25}') == {"price": Decimal("19500.25")}


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 100_000])
def test_anything_else_is_refused(body):
    """P19: a body that is no object is an input error, however it is broken."""
    with pytest.raises(RefusedError, match="body"):
        json_object(body)


def test_a_browser_is_sent_back_with_what_it_brings():
    """302 to where it came from, whatever stands in the query already."""
    for target, join in (("http://x/cb", "?"), ("https://x/cb?a=b", "&")):
        response = sent_back(target, {"state": "s&t"})
        assert response.status == 302
        assert response.headers["location"] == f"{target}{join}state=s%26t"


@pytest.mark.parametrize(
    "target", ["", "javascript:x", "//x", "http://", "http://x/\r\nb: c", "http://["]
)
def test_a_browser_is_sent_nowhere_else(target):
    """What is no web address, or would break the header, is a page that shows what to bring."""
    response = sent_back(target, {"state": "<b>"})
    assert (response.status, "location" in response.headers) == (200, False)
    assert b"state=%3Cb%3E" in response.body
