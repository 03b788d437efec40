import pytest

from tests.web.reference.test_page import Reader
from web.guides.page import anchor_of, guide_page, pages, target_of
from web.guides.texts import PATH, guides, read_guide

PAGES = pages("1.2.3")


def read(text):
    """A page, read: its ids, links and what it loads."""
    found = Reader()
    found.feed(text)
    return found


def a_page(text):
    """The page of a guide that says this."""
    return guide_page(read_guide("batches", f"# T\n\nAbout.\n\n{text}\n"), "1")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_its_links_lead_somewhere(name):
    """Every tag is closed, no id stands twice; each link is a page of the gateway or a place there."""
    page = read(PAGES[name])
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    assert {one for one in page.loads if not one.startswith("/static/")} == set()
    for link in page.links:
        path, _, anchor = link.partition("#")
        other = path.removeprefix(PATH).removeprefix("/")
        assert path in {"", "/", "/docs", PATH, f"{PATH}/{other}"}
        if path.startswith(PATH) or not path:
            there = read(PAGES[other if path else name])
            assert not anchor or anchor in there.ids, link


def test_every_page_leads_to_every_guide():
    """The contents are the same everywhere, and say which guide is read."""
    for name, page in PAGES.items():
        assert {f"{PATH}/{one}" for one in guides()} <= set(read(page).links)
        assert page.count('aria-current="page"') == (name != "")
        assert "version 1.2.3" in page


def test_html_in_a_guide_is_text():
    """P21: nothing of a guide's Markdown is HTML of its own."""
    page = a_page("<script>x</script>\n\nand <b onclick='y'>this</b>")
    assert "<script>x" not in page
    assert "<b " not in page
    assert "&lt;script&gt;x" in page


def test_links_lead_to_pages_of_the_gateway():
    """To another guide by its page; what lies outside of the package is its words alone."""
    assert target_of("batches.md#exposed") == f"{PATH}/batches#exposed"
    assert target_of("#here") == "#here"
    assert target_of("../../README.md") is None
    page = a_page("See [the `README`](../../README.md) and [batches](batches.md).")
    assert "See the <code>README</code> and " in page


def test_a_heading_has_a_place():
    """As code hosts make it: small letters, no marks, lines for spaces; parts stand in the contents."""
    assert anchor_of("Every `metric`, told") == "every-metric-told"
    page = a_page("## One `part`\n\nText.")
    assert '<h3 id="one-part">One <code>part</code></h3>' in page
    assert '<a href="#one-part">One part</a>' in page


def test_a_picture_takes_the_pages_colours():
    """It is drawn within the page, where no style of its own would be let in."""
    page = a_page("![A life](batches.svg)")
    assert "<svg" in page
    assert "<style" not in page
    assert 'aria-label="A life"' in page
