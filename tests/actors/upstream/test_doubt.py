"""A broker's no: when it is certain, and what is kept of its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.errors import BrokerRefused, BrokerUnknown
from actors.upstream.doubt import WORDS_MAX, hide, refusal, spoken


@pytest.mark.parametrize(
    "words",
    [
        "Order request timed out. Please check the order book and confirm before placing again",
        "Gateway timeout while placing",
        "Request time-out",
        "No acknowledgement from the exchange, check orderbook",
        "request has been made but no acknowledgement",
        "the order was NOT ACKNOWLEDGED",
    ],
)
def test_a_no_that_says_it_may_be_done_is_none(words):
    """P9: with such words orders were seen that had been placed; of a question they mean little."""
    assert type(refusal(words, changes=True)) is BrokerUnknown
    assert type(refusal(words, changes=False)) is BrokerRefused


@pytest.mark.parametrize(
    "words", ["Insufficient funds", "The order book of this day is closed", "Market is closed", ""]
)
def test_a_plain_no_is_certain(words):
    """P9: a refusal that leaves nothing open is a certain no, in the broker's own words."""
    error = refusal(words, changes=True)
    assert (type(error), str(error)) == (BrokerRefused, words)


@pytest.mark.parametrize(
    ("status", "words", "text"),
    [
        (400, "Bad\n  symbol", "the broker answered 400: Bad symbol"),
        (502, "", "the broker answered 502"),
        (None, " Bad  symbol ", "Bad symbol"),
        (400, "x" * 900, "the broker answered 400: " + "x" * WORDS_MAX),
    ],
)
def test_words_are_short_and_on_one_line(status, words, text):
    """What a broker says is kept to 200 characters, with the status that it came under."""
    assert spoken(status, words) == text


def test_secrets_are_in_no_words_in_no_spelling():
    """P21: each secret is taken out, also as an address spells it; one that is empty is none."""
    said = "key a/b c, GET /?k=a%2Fb%20c&k=a%2Fb+c, token t0k"
    assert hide(said, "a/b c", "", "t0k") == "key ***, GET /?k=***&k=***, token ***"
    assert spoken(403, "bad t0k", "t0k") == "the broker answered 403: bad ***"


@given(st.text(), st.lists(st.text(st.sampled_from("ab/% "), min_size=3), max_size=3))
def test_no_secret_survives_hiding(text, secrets):
    """P21: whatever a broker says around it, a secret is not in what is kept."""
    kept = hide(f"{text}{''.join(secrets)}", *secrets)
    assert [secret for secret in secrets if secret in kept] == []
