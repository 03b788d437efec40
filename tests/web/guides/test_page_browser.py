"""The guides in headless Chromium: at a desk, on a phone, in the dark and in the light."""

import gzip

import pytest

from tests.web.browser import DESK, PHONE
from tests.web.test_page_access import AXE, faults
from web.guides.texts import NAMES, PATH

pytestmark = [pytest.mark.browser, pytest.mark.process]


LOOKS = [(DESK, "dark"), (PHONE, "light"), (DESK, "light"), (PHONE, "dark")]
EVERY = ("", *NAMES)
ONCE = [(name, *LOOKS[i % len(LOOKS)]) for i, name in enumerate(EVERY)]
ALL = [(name, *look) for look in LOOKS for name in EVERY]
MANY = [pytest.param(ONCE, id="once"), pytest.param(ALL, id="all", marks=pytest.mark.long)]


@pytest.mark.parametrize("views", MANY)
def test_a_guide_reads_at_any_size(chromium, demo, witness, views):
    """No text runs out of the screen, no rule of axe is broken, nobody else is asked for anything."""
    axe = gzip.decompress(AXE.read_bytes()).decode()
    for name, size, theme in views:
        context = chromium.new_context(viewport=size)
        context.add_init_script(f"localStorage.setItem('orderwire-theme', '{theme}')")
        page = context.new_page()
        witness.watch(page)
        page.goto(f"{demo}{PATH}/{name}".rstrip("/"))
        assert page.get_attribute("html", "data-theme") == theme
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name
        page.evaluate(axe)
        assert faults(page) == {}, name
        context.close()


def test_the_guides_are_a_click_away(page, demo, expect):
    """From the monitor and from the reference; a link within a guide leads to its part."""
    page.locator(".foot a", has_text="Guides").click()
    page.locator("main a", has_text="Batches and how they end").click()
    expect(page.locator(".picture svg")).to_be_visible()
    page.locator("nav a", has_text="The ends").click()
    expect(page.locator("#the-ends")).to_be_in_viewport()
    page.locator("nav a", has_text="Reference").click()
    page.locator("nav a", has_text="Keep it running").click()
    expect(page.locator("main h2")).to_have_text("Keep it running")
