"""What a batch leaves in the market, told on the page until it is zero or taken by the desk.

STUCK… fills and REJECT… fails ──▶ exposed ──▶ banner ──┬─ acknowledged ──▶ gone
                                                        └─ flatten ──▶ UNWINDING ──▶ told again
"""

import pytest

from tests.web.browser import DESK, PHONE
from tests.web.desk_hand import agree, call, place_by_api

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.long]

OUTCOME_MS = 60_000  # three tries to get out, some seconds each


@pytest.fixture(scope="module")
def exposed(demo):
    """Two batches that ended exposed, one an account."""
    return [
        place_by_api(demo, name, (f"STUCK{name.upper()}", "BUY"), (f"REJECT{name.upper()}", "SELL"))
        for name in ("primary", "hedge")
    ]


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_each_exposure_has_a_line_of_its_own(exposed, page, expect):
    """P10: one line a batch, with the account and what is left; its batch tells legs and way out."""
    lines = page.locator(".exposed:not([data-again])")
    expect(lines).to_have_count(2, timeout=OUTCOME_MS)
    line = lines.filter(has_text="primary")
    expect(line).to_contain_text("long 50 STUCKPRIMARY (NFO, NRML)")
    expect(line).to_contain_text("REJECTPRIMARY is rejected")
    expect(line).to_have_attribute("role", "alert")
    line.get_by_role("button", name="Look").click()
    card = page.locator(f".batch[data-batch='{exposed[0]['batch_id']}']")
    expect(card).to_have_attribute("open", "")
    expect(card.locator("summary")).to_contain_text("against your wish")
    expect(card.locator("[data-leg-state]")).to_have_count(2)
    expect(card.locator(".residual")).to_have_text("long 50 STUCKPRIMARY (NFO, NRML)")
    expect(card.locator(".way-out li").first).to_contain_text("Trade back leg 1")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_flatten_says_what_it_sends_and_keeps_the_line(exposed, demo, page, expect):
    """P10: while it is unwound once more its line stays and says so, and what still remains is told
    again.
    """
    line = page.locator(f".exposed[data-batch='{exposed[1]['batch_id']}']")
    line.get_by_role("button", name="Flatten", exact=False).click(timeout=OUTCOME_MS)
    question = page.locator("dialog.confirm")
    expect(question).to_contain_text("In account hedge is sent: SELL 50 STUCKHEDGE.")
    agree(page)
    expect(line.locator("strong")).to_have_text("UNWINDING")
    expect(line).to_contain_text("long 50 STUCKHEDGE")
    expect(line.locator("strong")).to_have_text("EXPOSED", timeout=OUTCOME_MS)


@pytest.mark.parametrize(
    ("page", "which"), [(PHONE, 0), (DESK, 1)], ids=["phone", "desk"], indirect=["page"]
)
def test_acknowledged_exposure_is_the_desks_own(exposed, demo, page, expect, which):
    """P10: a question that is answered with No leaves all as it is; once acknowledged, the line goes
    and the batch says whose the position is.
    """
    batch, account = exposed[which]["batch_id"], exposed[which]["account_id"]
    line = page.locator(f".exposed[data-batch='{batch}']")
    line.get_by_role("button", name="Acknowledge", exact=False).click(timeout=OUTCOME_MS)
    question = page.locator("dialog.confirm")
    expect(question).to_contain_text(f"long 50 STUCK{account.upper()} (NFO, NRML)")
    expect(question).to_contain_text("Nothing is sent to the broker.")
    page.click("text=No, leave it")
    expect(question).to_have_count(0)
    expect(line).to_be_visible()
    line.get_by_role("button", name="Acknowledge", exact=False).click()
    agree(page)
    expect(line).to_have_count(0)
    where = f"{demo}/accounts/{account}/batch-orders/{batch}"
    assert call(where)["cleared_by"] == "acknowledged"
