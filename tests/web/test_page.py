"""The first page, driven in headless Chromium against the real demo.

    demo ══▶ page ──▶ what a reader sees: rows, counters, the state of the connection
      └── frames held, dropped or cut in between ──▶ what the page says and does about it

Nothing sleeps: `expect` looks again until it finds what it wants or its deadline has passed.
"""

import json
import re
from urllib.parse import urlsplit

import pytest

from tests.web.browser import SOCKET, Wire, Witness, browser, gateway

pytestmark = [pytest.mark.browser, pytest.mark.process]

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
LIVE = re.compile(r"^Live$")
NUMBER = re.compile(r"^[1-9][\d,]*$")


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def url(chromium):
    """After the browser: where there is none, no gateway is started."""
    with gateway() as url:
        yield url


@pytest.fixture
def witness(url):
    return Witness(urlsplit(url).netloc)


@pytest.fixture
def page(chromium, witness, request):
    size = getattr(request, "param", DESK)
    context = chromium.new_context(viewport=size)
    page = context.new_page()
    witness.watch(page)
    yield page
    context.close()


@pytest.fixture
def expect(chromium):
    """Playwright's assertions, which wait up to their deadline; absent where playwright is."""
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)
    return expect


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_orders_live_on_the_page(page, url, witness, expect):
    """Rows appear and change, the counters move, every account is live, nothing is wider than the
    screen, no error is logged and no other host is asked.
    """
    page.goto(url)
    expect(page.locator("#link-text")).to_have_text(LIVE)
    expect(page.locator("#rows tr").nth(5)).to_be_visible()
    expect(page.locator("#accounts li")).to_have_count(2)
    expect(page.locator("#accounts li[data-state=live]")).to_have_count(2)
    expect(page.locator("[data-count=orders]")).to_have_text(NUMBER)
    expect(page.locator("[data-count=rate]")).not_to_have_text("0.0")
    before = page.locator("#position").inner_text()
    orders = page.locator("[data-count=orders]").inner_text()
    # A row's second flash has another name than its first: this one changed while we looked.
    expect(page.locator("#rows tr[data-flash=b]")).not_to_have_count(0)
    expect(page.locator("#position")).not_to_have_text(before)
    expect(page.locator("[data-count=orders]")).not_to_have_text(orders)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("#banner").is_hidden()
    assert (witness.errors, witness.foreign) == ([], [])


def test_rows_are_bounded_and_newest_first(page, url, expect):
    """At most 200 rows are drawn, newest first, and a new order comes in at the top."""
    page.goto(url)
    expect(page.locator("#rows tr").nth(5)).to_be_visible()
    orders = page.locator("[data-count=orders]")
    expect(orders).not_to_have_text(orders.inner_text())
    times = page.locator("#rows time").evaluate_all("all => all.map((one) => one.dateTime)")
    assert 0 < len(times) <= 200
    assert times == sorted(times, reverse=True)


def test_filter_and_account_narrow_the_rows(page, url, expect):
    """A text leaves only rows that hold every word of it; an account leaves only its rows."""
    page.goto(url)
    expect(page.locator("#rows tr").nth(5)).to_be_visible()
    page.select_option("#account", "hedge")
    expect(page.locator("#rows td.account").filter(has_not_text="hedge")).to_have_count(0)
    page.fill("#filter", "buy hedge")
    expect(page.locator("#rows tr:not([data-side=BUY])")).to_have_count(0)
    page.fill("#filter", "no such order")
    expect(page.locator("#rows tr")).to_have_count(0)
    expect(page.locator("#empty")).to_have_text("No order fits.")
    page.fill("#filter", "")
    expect(page.locator("#rows tr")).not_to_have_count(0)


def test_theme_is_dark_until_chosen_and_is_kept(page, url, expect):
    """The page is dark for everyone; a reader who turns it light finds it light the next time."""
    page.goto(url)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Switch to the light theme").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_closed_socket_is_resumed_from_its_position(page, url, expect):
    """P4: a page whose socket is closed comes back with the position of the last frame it had."""
    given = []

    def judge(route, text):
        route.send(text)
        if '"prev"' in text and not given:
            given.append(json.loads(text))
            route.close(code=1012, reason="restarting")

    wire = Wire(page, judge)
    page.goto(url)
    expect(page.locator("#banner")).to_contain_text("The gateway is restarting.")
    wire.release()
    expect(page.locator("#link-text")).to_have_text(LIVE)
    expect(page.locator("#banner")).to_be_hidden()
    position = f"{given[0]['epoch']}:{given[0]['offset']}"
    assert wire.asked == [{"snapshot": ["true"]}, {"since": [position]}]


def test_missed_frame_brings_a_new_snapshot(page, url, expect):
    """P3: a frame whose `prev` is beyond the page's position makes it read everything anew."""
    kept = []

    def judge(route, text):
        if '"prev"' in text and not kept:
            kept.append(text)
        else:
            route.send(text)

    wire = Wire(page, judge)
    page.goto(url)
    expect(page.locator("#banner")).to_contain_text("Some updates were missed")
    wire.release()
    expect(page.locator("#link-text")).to_have_text(LIVE)
    expect(page.locator("#rows tr")).not_to_have_count(0)
    assert wire.asked == [{"snapshot": ["true"]}] * 2


def test_silence_is_called_stale(page, url, expect):
    """P7: after 25 s without any frame the page says STALE, and dials until frames come again."""
    said = []

    def judge(route, text):
        if not said:
            route.send(text)
        if '"order_update"' in text:
            said.append(text)

    wire = Wire(page, judge)
    page.clock.install()
    page.goto(url)
    expect(page.locator("#rows tr[data-flash]")).to_have_count(1)
    page.clock.fast_forward(20_000)
    expect(page).to_have_title("Orderwire")
    page.clock.fast_forward(6_000)
    expect(page).to_have_title("STALE · Orderwire")
    expect(page.locator("#banner-title")).to_have_text("STALE")
    expect(page.locator("#banner")).to_contain_text("Nothing has come from the gateway")
    page.clock.fast_forward(1_000)
    expect(page.locator("#link-text")).to_have_text("Connecting")
    expect(page.locator("#banner-title")).to_have_text("STALE")
    wire.release()
    expect(page.locator("#link-text")).to_have_text(LIVE)
    assert len(wire.asked) == 2


@pytest.mark.parametrize(("status", "title"), [(401, "A key is needed"), (403, "Not allowed")])
def test_refused_socket_is_explained(page, url, expect, status, title):
    """P21: refused for want of a key or a right, the page says which, and asks no more by itself."""
    dialled = []

    def refuse(route):
        dialled.append(route.url)
        route.close(code=1008)

    page.route_web_socket(SOCKET, refuse)
    page.route("**/ws/status", lambda route: route.fulfill(status=status, body="{}"))
    page.clock.install()
    page.goto(url)
    expect(page.locator("#banner-title")).to_have_text(title)
    page.clock.fast_forward(60_000)
    assert len(dialled) == 1
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("#banner-title")).to_have_text(title)
    assert len(dialled) == 2


def test_back_off_is_bounded_and_spread(page, url):
    """A try waits 0.5 s at first and 10 s at most, or down to half of that by chance."""
    page.goto(url)
    waits = page.evaluate(
        """async () => {
          const { backoff_ms } = await import("/static/stream.js");
          return [0, 1, 5, 500].map((n) => [backoff_ms(n, 0), backoff_ms(n, 1)]);
        }""",
    )
    assert waits == [[250, 500], [500, 1000], [5000, 10000], [5000, 10000]]


def test_older_fact_never_replaces_a_newer_one(page, url):
    """The book keeps each order's offset: a report from before it changes nothing, not a count."""
    page.goto(url)
    seen = page.evaluate(
        """async () => {
          const { Book } = await import("/static/book.js");
          const book = new Book();
          const say = (offset, status) =>
            book.apply({
              type: "order_update", account_id: "a", offset, timestamp: "2025-01-01T00:00:00.000Z",
              data: { account_id: "a", order_id: "1", status },
            }, 0);
          [[1, "OPEN"], [3, "COMPLETE"], [2, "OPEN"]].forEach(([at, what]) => say(at, what));
          const { orders, open, complete } = book.summary("", 0);
          return [book.orders.get("a 1").order.status, orders, open, complete];
        }""",
    )
    assert seen == ["COMPLETE", 1, 0, 1]
