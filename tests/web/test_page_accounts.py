"""The accounts on the page: how each one's stream is, told plainly, and what may be done about it."""

import re

import pytest

from tests.web.browser import PHONE, SOCKET, texts, told_of

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.long]


@pytest.mark.parametrize("page", [None, PHONE], ids=["desk", "phone"], indirect=True)
def test_an_account_that_is_down_is_told_as_stale(page, expect):
    """P7: an account that is down says so with its reason and since when, its rows are dimmed, the
    others are not.
    """
    why = {"last_error": "connection refused", "since": "2026-11-21T04:31:07.000Z"}
    told_of(page, hedge={"state": "down", **why}, primary={"state": "live"})
    told = page.locator("#banner [data-account=hedge]")
    expect(told).to_contain_text("is down since 10:01:07: connection refused.")
    expect(told.get_by_role("button", name="Connect")).to_be_visible()
    expect(page.locator("#accounts [data-account=hedge]")).to_have_attribute("data-state", "down")
    expect(page.locator("#rows .row[data-stale]").first).to_be_visible()
    assert set(texts(page, "#rows .row[data-stale] .account")) == {"hedge"}
    assert set(texts(page, "#rows .row:not([data-stale]) .account")) == {"primary"}
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("page", [None, PHONE], ids=["desk", "phone"], indirect=True)
def test_an_account_that_needs_a_login_leads_to_it(page, expect):
    """`needs_login` has a link to the broker's login, in the header and where it is told."""
    told_of(page, hedge={"state": "needs_login"})
    for place in ("#accounts", "#banner"):
        link = page.locator(f"{place} [data-account=hedge]").get_by_role("link", name="Log in")
        expect(link).to_have_attribute("href", "/accounts/hedge/login")


@pytest.mark.parametrize("page", [None, PHONE], ids=["desk", "phone"], indirect=True)
def test_a_stream_is_disconnected_and_connected_from_the_page(page, expect):
    """An account's sheet has its facts; its stream is stopped there after a question, which the
    page then tells as stale, and started again.
    """
    chip = page.locator("#accounts [data-account=hedge]")
    chip.get_by_role("button").click()
    sheet = page.locator("#account-sheet")
    expect(sheet).to_contain_text("ticker_service")
    expect(sheet).to_contain_text("Last update")
    sheet.get_by_role("button", name="Disconnect").click()
    page.locator("dialog[open] .act").click()
    expect(chip).to_have_attribute("data-state", "stopped")
    told = page.locator("#banner [data-account=hedge]")
    expect(told).to_contain_text("is disconnected by hand since")
    told.get_by_role("button", name="Connect").click()
    page.locator("dialog[open] .act").click()
    expect(chip).to_have_attribute("data-state", "live")
    expect(told).to_have_count(0)


def test_what_came_while_the_line_was_down_is_marked(blank, demo, expect):
    """P4: rows that changed between the place that was left and the resume are marked as missed,
    and the marks go once the rows were on the screen for some seconds.
    """
    lines = []

    def dialled(route):
        lines.append(route)
        route.connect_to_server()

    blank.route_web_socket(SOCKET, dialled)
    blank.goto(demo)
    expect(blank.locator("#link-text")).to_have_text("Live")
    expect(blank.locator("#rows .row").first).to_be_visible()
    expect(blank.locator("#away .banner")).to_be_hidden()
    blank.wait_for_timeout(300)
    lines[0].close(code=4000, reason="cut")
    expect(blank.locator("#stale")).to_be_visible()
    expect(blank.locator("#link-text")).to_have_text("Live")
    assert len(lines) == 2
    expect(blank.locator("#away")).to_contain_text(
        re.compile(r"While you were away \(\d\d:\d\d:\d\d to \d\d:\d\d:\d\d\): \d+ ")
    )
    expect(blank.locator("#away .banner")).to_be_visible()


def test_a_new_snapshot_tells_what_changed_meanwhile(blank, demo):
    """Where nothing could be resumed, the rows that came or are not as they were are the missed."""
    blank.goto(demo)
    keys = blank.evaluate(
        """async () => {
          const { Book } = await import("/static/book.js");
          const { differing } = await import("/static/away.js");
          const [before, after] = [new Book(), new Book()];
          const row = (order_id, status) => ({ order_id, status });
          before.fill("orders", "a", [row("1", "OPEN"), row("2", "OPEN")], 1);
          after.fill("orders", "a", [row("1", "OPEN"), row("2", "COMPLETE"), row("3", "OPEN")], 1);
          return differing(before.orders.rows, after.orders.rows);
        }""",
    )
    assert keys == ["a 2", "a 3"]


@pytest.mark.parametrize("page", [None, PHONE], ids=["desk", "phone"], indirect=True)
def test_a_refusal_is_told_where_it_happens(page, witness, expect):
    """What the gateway refuses is told at the foot of the page with its own words, and stays long
    enough to be read.
    """
    page.route(
        "**/accounts/hedge/disconnect",
        lambda route: route.fulfill(
            status=403,
            content_type="application/problem+json",
            body='{"title":"Forbidden","detail":"desk may not admin hedge"}',
        ),
    )
    page.locator("#accounts [data-account=hedge] button").click()
    page.locator("#account-sheet").get_by_role("button", name="Disconnect").click()
    page.locator("dialog[open] .act").click()
    expect(page.get_by_role("alert").filter(has_text="desk may not admin hedge")).to_be_visible()
    witness.errors[:] = [each for each in witness.errors if "403" not in each]
