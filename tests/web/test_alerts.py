"""What must not be overlooked: a number in the title, and a sound for who wants one."""

import json
import re

import pytest

from tests.web.browser import DESK, PHONE
from tests.web.desk_hand import place_by_api

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.long]


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_rejected_order_is_counted_until_it_is_looked_at(page, demo, expect):
    """A rejected order is counted in the title and on the bell; opening the list takes it as seen,
    and leads to the order.
    """
    place_by_api(demo, "primary", ("REJECTME", "BUY"))
    expect(page.locator("#bell .badge")).not_to_have_text("")
    assert page.title().startswith("(")
    page.click("#bell")
    line = page.locator(".alert-list li").filter(has_text="REJECTME")
    expect(line).to_contain_text("RMS: REJECTME is rejected")
    line.get_by_role("button", name="Look").click()
    expect(page.get_by_role("heading", name="BUY REJECTME")).to_be_visible()
    expect(page.locator("#bell .badge")).to_have_text("")


def test_rejection_that_comes_late_counts_too(page, expect):
    """A broker's word that an order was rejected is an alert as a correction, too."""

    def correct(socket):
        broker = socket.connect_to_server()

        def pass_on(text):
            socket.send(text)
            if '"order_update"' in text:
                frame = json.loads(text)
                late = {"status": "REJECTED", "tradingsymbol": "LATEWORD"}
                again = {
                    "type": "correction",
                    "prev": frame["offset"],
                    "data": frame["data"] | late,
                }
                socket.send(json.dumps(frame | again))

        broker.on_message(pass_on)

    page.route_web_socket(re.compile("/ws/orders"), correct)
    page.reload()
    expect(page.locator("#bell .badge")).not_to_have_text("")
    page.click("#bell")
    expect(page.locator(".alert-list li").filter(has_text="LATEWORD").first).to_be_visible()


def test_sound_is_off_until_wanted_and_remembered(page, demo, expect):
    """No sound is made before it is asked for; then one for a rejected order; the wish outlives a
    reload.
    """
    page.clock.install()
    page.reload()
    page.evaluate(
        """() => {
          window.notes = 0;
          const start = OscillatorNode.prototype.start;
          OscillatorNode.prototype.start = function (...at) { window.notes += 1; start.apply(this, at); };
        }""",
    )
    expect(page.locator("#link")).to_have_text("Live")
    place_by_api(demo, "primary", ("REJECTQUIET", "BUY"))
    expect(page.locator("#bell .badge")).not_to_have_text("")
    assert page.evaluate("window.notes") == 0
    page.click("#bell")
    page.get_by_label("Sound for each").check()
    assert page.evaluate("window.notes") == 2  # it is heard once, to be known
    page.clock.fast_forward(3000)
    place_by_api(demo, "primary", ("REJECTLOUD", "BUY"))
    line = page.locator(".alert-list li").filter(has_text="REJECTLOUD")
    expect(line).to_be_visible()
    assert page.evaluate("window.notes") == 4
    page.reload()
    page.click("#bell")
    expect(page.get_by_label("Sound for each")).to_be_checked()
