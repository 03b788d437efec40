"""The reference in headless Chromium: at a desk, on a phone, in the dark and in the light."""

import pytest

from tests.web.browser import Witness, browser, gateway

pytestmark = [pytest.mark.browser, pytest.mark.process]

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def url():
    with gateway() as found:
        yield found


@pytest.fixture(scope="module")
def chromium():
    with browser() as found:
        yield found


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_reference_reads_at_any_size(chromium, url, size, theme):
    """It asks nobody else for anything, bars nothing of itself, and no text runs out of the screen."""
    context = chromium.new_context(viewport=size)
    page = context.new_page()
    witness = Witness(url.removeprefix("http://"))
    witness.watch(page)
    page.goto(f"{url}/docs")
    if theme == "light":
        page.click("#theme")
        assert page.get_attribute("html", "data-theme") == "light"
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    page.click("nav a[href='#shapes']")
    assert page.is_visible("#shape-Order")
    assert (witness.errors, witness.foreign) == ([], [])
    context.close()
