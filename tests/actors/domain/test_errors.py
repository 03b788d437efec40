"""Errors say what they are about, and whose they are, without a secret."""

import pytest

from actors.domain import errors
from actors.domain.errors import (
    BadRequest,
    ConfigError,
    DecodeError,
    Fault,
    OrderwireError,
    PositionGone,
    Refused,
    StoreError,
    Unavailable,
)

PRICE = Fault("$.orders[0].price", "a number is needed")


def _leaves(kind):
    ours = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return [kind, *(leaf for child in ours for leaf in _leaves(child))]


def test_a_fault_says_where_and_what():
    """A fault reads as its path, then what is wrong there."""
    assert str(PRICE) == "$.orders[0].price: a number is needed"


def test_a_bad_request_lists_its_faults_after_the_detail():
    """The caller reads the detail and each field at fault in one line."""
    error = BadRequest("the batch was not sent", (PRICE, Fault("$.wait_s", "at most 120")))
    assert str(error) == (
        "the batch was not sent; $.orders[0].price: a number is needed; $.wait_s: at most 120"
    )
    assert error.status == 422
    assert BadRequest("no JSON", status=400).status == 400
    assert str(BadRequest("no JSON", status=400)) == "no JSON"


@pytest.mark.parametrize(("status", "title"), sorted(Refused.titles.items()))
def test_a_refusal_has_the_title_of_its_status(status, title):
    """Each status of a refusal has its own title, for the problem's body."""
    error = Refused(status, "no", retry_after_s=3)
    assert (error.status, error.title, error.retry_after_s, str(error)) == (status, title, 3, "no")


def test_a_refusal_of_no_known_kind_cannot_be_made():
    """A status that the contract does not have is our slip, and shows at once."""
    with pytest.raises(KeyError):
        Refused(418, "a teapot")


@pytest.mark.parametrize("kind", [ConfigError, DecodeError])
def test_errors_with_faults_read_as_their_faults(kind):
    """A wrong configuration and a wrong frame say each fault, and keep them apart."""
    error = kind((PRICE, Fault("$", "too much")))
    assert str(error) == "$.orders[0].price: a number is needed; $: too much"
    assert error.faults == (PRICE, Fault("$", "too much"))


def test_a_decode_error_keeps_the_digest_and_not_the_bytes():
    """P21: of a frame that could not be read, length and SHA-256 remain, nothing else."""
    error = DecodeError((PRICE,), length=7, sha256="ab")
    assert (error.length, error.sha256) == (7, "ab")
    assert (DecodeError((PRICE,)).length, DecodeError((PRICE,)).sha256) == (0, "")


@pytest.mark.parametrize(("reason", "status"), [("epoch", 410), ("expired", 410), ("ahead", 409)])
def test_a_position_that_cannot_be_served_says_why(reason, status):
    """P4: it is gone (410), or ahead of the log (409), with the reason as a word."""
    error = PositionGone(reason)
    assert (error.status, error.reason) == (status, reason)
    assert reason in str(error)


@pytest.mark.parametrize("kind", _leaves(OrderwireError), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_a_title_and_a_description(kind):
    """Whatever escapes to the door can be answered: each class has a title and a docstring."""
    assert 400 <= kind.status <= 599
    assert kind.title
    assert kind.__doc__
    assert getattr(errors, kind.__name__) is kind


def test_blame_shows_in_the_status():
    """Ours is 500, the broker's 502, nobody's for now 503."""
    assert errors.GatewayBug("x").status == 500
    assert errors.BrokerUnknown("x").status == 502
    assert Unavailable("x").status == StoreError("x").status == 503
