"""Time travel: the tables as they were at an earlier event of the day, held against the gateway."""

import re

import pytest

from tests.web.browser import DESK, PHONE
from tests.web.desk_hand import call, place_by_api

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.long]

ACCOUNTS = ("primary", "hedge")
CLOCK = re.compile(r"^As of \d\d:\d\d:\d\d, not live$")


def go_to(page, offset):
    """Put the slider at an event."""
    page.locator("#moment").evaluate(
        "(one, offset) => { one.value = offset; one.dispatchEvent(new Event('input')); }", offset
    )


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_tables_show_an_earlier_moment_and_come_back(page, demo, expect):
    """P13: at an event the page shows what the gateway says of it, says plainly that this is not
    live, opens an order as it was, and is live again at one press.
    """
    order = place_by_api(demo, "primary", ("RESTPAST", "BUY"))["order_ids"][0]
    history = call(f"{demo}/accounts/primary/orders/{order}")["history"]
    before, after = history[0]["offset"] - 1, history[-1]["offset"]
    page.fill("#filter", "RESTPAST")
    page.click("#open-travel")
    expect(page.locator("#moment")).to_be_focused()
    go_to(page, after)
    expect(page.locator(".as-of")).to_have_text(CLOCK)
    expect(page.locator("#rows .row")).not_to_have_count(0)
    page.fill("#filter", order)
    expect(page.locator("#rows .row")).to_have_count(1)
    page.locator("#rows .row").click()
    expect(page.locator("dialog.window[open]")).to_contain_text("As it was then")
    page.keyboard.press("Escape")
    go_to(page, before)
    expect(page.locator("#rows .row")).to_have_count(0)
    page.fill("#filter", "")
    expect(page.locator(".travel .answer")).to_have_text(re.compile("^event "))
    told = [call(f"{demo}/accounts/{one}/orders?at={before}&limit=1000") for one in ACCOUNTS]
    count = page.evaluate("document.querySelector('[role=tab][aria-selected=true]').textContent")
    assert str(sum(answer["count"] for answer in told)) in count
    page.click("#back-to-live")
    expect(page.locator("#travel")).to_be_hidden()
    page.fill("#filter", order)
    expect(page.locator("#rows .row")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_who_goes_back_to_live_while_the_day_is_read_stays_there(page, expect):
    """P13: an answer that comes too late does not put the past in the place of the present."""
    page.clock.install()
    page.reload()
    expect(page.locator("#link")).to_have_text("Live")
    held, asked = [], []

    def hold(route):
        held.append(route)

    page.route("**/timeline?*", hold)
    page.on("request", lambda request: asked.append(request.url))
    page.click("#open-travel")
    expect(page.locator(".travel .answer")).to_have_text("Reading the day …")
    page.click("#back-to-live")
    for route in held:
        route.continue_()
    for _ in range(2):
        page.evaluate("fetch('/health').then((answer) => answer.text())")
        page.clock.run_for(1000)
    expect(page.locator("#travel")).to_be_hidden()
    assert len(held) == len(ACCOUNTS)
    assert [url for url in asked if "at=" in url] == []


def test_one_event_back_and_on_with_the_keys(page, expect):
    """An arrow key goes one event, as the buttons beside the slider do."""
    page.click("#open-travel")
    said = page.locator(".travel .answer")
    expect(said).to_have_text(re.compile("^event "))
    last = page.locator("#moment").evaluate("(one) => Number(one.value)")
    page.keyboard.press("ArrowLeft")
    expect(said).to_have_text(f"event {last - 1}")
    page.get_by_role("button", name="One event on").click()
    expect(said).to_have_text(f"event {last}")
