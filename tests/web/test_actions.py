"""The desk's hand on the page: cancel, halt, resume, connect, disconnect; each after a question."""

import pytest

from tests.web.browser import DESK, PHONE
from tests.web.desk_hand import agree, call, place_by_api

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.long]


def row_of(demo, account):
    """Give an account's row as the gateway has it."""
    return next(row for row in call(f"{demo}/accounts")["data"] if row["account_id"] == account)


def hand(page, action, account):
    """Ask for something in the accounts' own window, which is opened if it is not."""
    if not page.locator("dialog.window:has(.account-hands)").is_visible():
        page.click("#open-accounts")
    page.click(f".account-hands [data-account={account}] [data-action={action}]")


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_account_is_halted_and_resumed(page, demo, expect):
    """The question says what a halt does, a No changes nothing, a Yes halts it with its reason and
    open orders cancelled if so chosen; then it goes on.
    """
    order = place_by_api(demo, "hedge", ("RESTHALT", "BUY"))["order_ids"][0]
    hand(page, "halt", "hedge")
    question = page.locator("dialog.confirm")
    expect(question).to_contain_text("New orders and batches are refused until it is resumed.")
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    assert row_of(demo, "hedge")["halted"] is None
    hand(page, "halt", "hedge")
    question.locator("[name=cancel_open]").check()
    question.locator("[name=reason]").fill("lunch")
    agree(page)
    row = page.locator(".account-hands [data-account=hedge]")
    expect(row.locator(".halted")).to_contain_text("lunch")
    expect(page.locator("dialog.window[open] .answer")).to_contain_text("Account hedge is halted.")
    assert row_of(demo, "hedge")["halted"]["reason"] == "lunch"
    status = call(f"{demo}/accounts/hedge/orders/{order}")["data"]["status"]
    assert status in {"CANCELLED", "CANCEL PENDING"}
    hand(page, "resume", "hedge")
    agree(page)
    expect(row.locator(".halted")).to_have_text("")
    assert row_of(demo, "hedge")["halted"] is None


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_all_accounts_are_halted_at_once(page, demo, expect):
    """The kill switch for all names the accounts that it will halt."""
    page.click("#halt-all")
    expect(page.locator("dialog.confirm")).to_contain_text("primary, hedge")
    agree(page)
    expect(page.locator("#say")).to_contain_text("Halted: primary, hedge.")
    assert all(row_of(demo, account)["halted"] for account in ("primary", "hedge"))
    for account in ("primary", "hedge"):
        hand(page, "resume", account)
        agree(page)
        expect(page.locator(f".account-hands [data-account={account}] .halted")).to_have_text("")


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_stream_is_stopped_and_started(page, demo, expect):
    """An account's stream is disconnected and connected again, and its state is told each time."""
    hand(page, "disconnect", "hedge")
    expect(page.locator("dialog.confirm")).to_contain_text("grows old until it is connected again")
    agree(page)
    row = page.locator(".account-hands [data-account=hedge]")
    expect(row).to_have_attribute("data-state", "stopped")
    hand(page, "connect", "hedge")
    agree(page)
    expect(row).to_have_attribute("data-state", "live")


def test_what_is_not_allowed_is_told_where_it_was_asked(page, witness, expect):
    """A key without the right is told so, in the window in which it asked, in the gateway's words."""
    witness.forgiven = ("status of 403",)
    body = '{"title":"Forbidden","status":403,"detail":"reader may not trade in hedge"}'
    page.route("**/accounts/hedge/halt", lambda route: route.fulfill(status=403, body=body))
    hand(page, "halt", "hedge")
    agree(page)
    said = page.locator("dialog.window .answer[data-kind=bad]")
    expect(said).to_contain_text("Your key does not allow this: reader may not trade in hedge.")
