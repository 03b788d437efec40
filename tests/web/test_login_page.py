from datetime import UTC, datetime

from web.login_page import login_page
from web.sessions import Session

SESSION = Session("id", "d<b>esk", "digest", datetime(2026, 11, 20, 21, 5, tzinfo=UTC))


def test_it_works_without_script_and_without_another_site():
    """A form that posts to us; what it loads is ours; nothing in it needs a script."""
    page = login_page(is_open=False)
    assert '<form method="post" action="/login">' in page
    assert 'name="key" type="password"' in page
    assert "://" not in page
    assert "onclick" not in page
    assert "<style" not in page
    assert 'name="referrer" content="same-origin"' in page


def test_it_says_what_went_wrong_and_nothing_that_was_typed():
    """P21: a fault is told as text, whatever stands in it."""
    page = login_page(is_open=False, fault="the key <script> is wrong")
    assert "The key &lt;script&gt; is wrong" in page
    assert "<form" in page


def test_who_is_logged_in_sees_a_way_out():
    """The key's name, as text, until when, and a form that logs out; no other key is asked for."""
    page = login_page(is_open=False, session=SESSION)
    assert "d&lt;b&gt;esk" in page
    assert "2026-11-20 21:05 UTC" in page
    assert '<form method="post" action="/logout">' in page
    assert "password" not in page


def test_where_all_may_come_in_there_is_no_form():
    """The demo asks for nothing."""
    page = login_page(is_open=True, session=SESSION)
    assert "nothing to log in to" in page
    assert "<form" not in page
