"""The monitor for those who cannot see it or use no pointer: axe's rules, view by view.

axe-core 4.14.1 (tests/web/axe, with its licence) looks at each view, in both themes.
"""

import gzip
from pathlib import Path

import pytest

from tests.web.browser import DESK, PHONE
from tests.web.desk_hand import REFUSED, fill, open_form, place_by_api

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.long]

AXE = Path(__file__).parent / "axe" / "axe.min.js.gz"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def faults(page):
    """Give what axe finds: each rule, and the elements that break it."""
    found = page.evaluate(
        """async (tags) => {
          const { violations } = await axe.run(
            { exclude: ["[data-lit]"] }, { runOnly: tags },  // a flash is over in a second
          );
          return violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 200))]);
        }""",
        RULES,
    )
    return dict(found)


def close(page):
    """Close the window on top."""
    page.locator("dialog[open] header button", has_text="Close").last.click()


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_rule_of_axe_is_broken(page, demo, witness, expect, theme):
    """Names, roles, contrast, order: no fault on the page, in the form, an order, or the windows."""
    witness.forgiven = (REFUSED,)
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    page.evaluate(gzip.decompress(AXE.read_bytes()).decode())
    order = place_by_api(demo, "primary", ("PARTIALAXE", "BUY"), ("RESTAXE", "BUY"))["order_ids"][0]
    found = {"page": faults(page)}
    open_form(page)
    fill(page, 0, "FILLAXE", quantity="-1")
    expect(page.locator(".leg [aria-invalid]").first).to_be_visible()
    found["form"] = faults(page)
    close(page)
    page.fill("#filter", order)
    page.locator("#rows .row").first.click()
    expect(page.locator(".steps li").first).to_be_visible()
    found["order"] = faults(page)
    page.get_by_role("button", name="Its batch").click()
    expect(page.locator(".batch[open]")).to_be_visible()
    found["batches"] = faults(page)
    page.click("#open-accounts")
    found["accounts"] = faults(page)
    close(page)
    page.click("#open-travel")
    expect(page.locator(".travel .answer")).to_contain_text("event")
    found["travel"] = faults(page)
    page.click("#bell")
    found["alerts"] = faults(page)
    assert {view: what for view, what in found.items() if what} == {}
