"""Words for people, without the people."""

import pytest

from actors.upstream.fyers.words import impersonal


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("RED:Margin Shortfall for C-XP0001 [CUG]", "RED:Margin Shortfall for *** [CUG]"),
        ("client XP00012 with PAN ABCDE1234F.", "client *** with PAN ***."),
        ("YK04391: no", "***: no"),
        ("Order Ref. No. 120080778988", "Order Ref. No. 120080778988"),
        ("NIFTY26NOV19500CE at 34.26", "NIFTY26NOV19500CE at 34.26"),
        ("NSE:M&M-EQ of SBIN", "NSE:M&M-EQ of SBIN"),
    ],
)
def test_what_has_the_form_of_a_client_or_a_pan_is_taken_out(text, clean):
    """P21: no personal number stands in a message; order numbers and symbols stay."""
    assert impersonal(text) == clean


def test_what_the_row_calls_its_person_is_taken_out_in_any_form():
    """P21: a client id of another form is known from the row itself."""
    assert impersonal("for someone-7, ok", "someone-7", None, 7, "ok") == "for ***, ok"
