"""One order opened: its facts, and its life as a timeline that goes on while it is looked at."""

import pytest

from tests.web.browser import DESK, PHONE
from tests.web.desk_hand import agree, call, place_by_api

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.long]


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_life_of_an_order_goes_on_while_it_is_open(page, demo, expect):
    """The timeline is the order's history, step for step; its cancel is asked for, and the step that
    follows comes by the stream.
    """
    order = place_by_api(demo, "primary", ("PARTIALLIFE", "BUY"))["order_ids"][0]
    page.fill("#filter", order)
    page.locator("#rows .row").first.click()
    window = page.locator("dialog.window[open]")
    expect(window.get_by_role("heading", name="BUY PARTIALLIFE")).to_be_visible()
    steps = window.locator(".steps li")
    history = call(f"{demo}/accounts/primary/orders/{order}")["history"]
    expect(steps).to_have_count(len(history))
    expect(steps.first).to_contain_text("placed here")
    expect(steps.last).to_contain_text("filled 25: now 25 of 50, on average at 100.00")
    window.get_by_role("button", name="Cancel this order").click()
    question = page.locator("dialog.confirm")
    expect(question).to_contain_text("25 of 50 have filled already, and stay.")
    agree(page)
    expect(window.locator("header .chip")).to_have_text("CANCELLED")
    expect(steps.last).to_contain_text("CANCELLED")
    expect(window.get_by_role("button", name="Cancel this order")).to_be_hidden()
    window.get_by_role("button", name="Its batch").click()
    expect(page.locator(".batch[open] summary")).to_contain_text("PARTIALLIFE")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_steps_tell_what_changed(page):
    """A step says what an event said that the one before had not: fills, changes, reasons, time."""
    told = page.evaluate(
        """async () => {
          const { gapWords, stepsOf } = await import("/static/history.js");
          const base = { status: "OPEN", quantity: 50, filled_quantity: 0, price: 100, origin: "external",
            average_price: 0, trigger_price: 0, order_type: "LIMIT", status_message: null };
          const event = (second, change, type = "order_update") => ({
            type, offset: second, timestamp: `2025-11-21T04:00:0${second}.000Z`,
            data: { ...base, ...change },
          });
          const steps = stepsOf([
            event(0, {}),
            event(1, { price: 101.5 }),
            event(4, { price: 101.5, filled_quantity: 20, average_price: 101.5 }),
            event(5, { price: 101.5, filled_quantity: 20, average_price: 101.5,
              status: "REJECTED", status_message: "no margin" }, "correction"),
          ]);
          return steps.map((step) => [step.words, gapWords(step.gap_ms), step.isCorrection]);
        }""",
    )
    assert told == [
        ["placed elsewhere", "", False],
        ["price 100.00 → 101.50", "+1.0 s", False],
        ["filled 20: now 20 of 50, on average at 101.50", "+3.0 s", False],
        ["no margin", "+1.0 s", True],
    ]
