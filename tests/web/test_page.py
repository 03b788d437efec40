"""The first page, driven in headless Chromium against the real demo.

    demo ══▶ page ──▶ what a reader sees: rows, counters, the state of the connection
      └── frames held, dropped or cut in between ──▶ what the page says and does about it

Nothing sleeps: `expect` looks again until it finds what it wants or its deadline has passed.
"""

import json
import re

import pytest

from tests.web.browser import DESK, PHONE, SOCKET, Wire

pytestmark = [pytest.mark.browser, pytest.mark.process]

LIVE = re.compile(r"^Live$")
PLOTTED = """() => {
  const plot = document.querySelector("#plot canvas");
  const { data } = plot.getContext("2d").getImageData(0, 0, plot.width, plot.height);
  return data.some((part) => part > 0);
}"""
NUMBER = re.compile(r"^[1-9][\d,]*$")


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_orders_live_on_the_page(page, expect):
    """Rows appear and change, the cards move, every account is live, nothing is wider than the
    screen, no error is logged and no other host is asked.
    """
    expect(page.locator("#link-text")).to_have_text(LIVE)
    expect(page.locator("#accounts li[data-state=live]")).to_have_count(2)
    expect(page.locator("[data-count=orders]")).to_have_text(NUMBER)
    expect(page.locator("[data-count=rate]")).to_have_text(NUMBER)
    expect(page.locator("[data-count=latency]")).to_have_text(re.compile(r"^\d+ ms$"))
    before = page.locator("#position").inner_text()
    orders = page.locator("[data-count=orders]").inner_text()
    expect(page.locator("#position")).not_to_have_text(before)
    expect(page.locator("[data-count=orders]")).not_to_have_text(orders)
    page.wait_for_selector("#rows .cell[data-lit]")  # a cell that changed while we looked
    page.wait_for_function(PLOTTED)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("#stale").is_hidden()


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_great_numbers_move_nothing(page):
    """A slow second, a busy day and a great loss are told in the room that is there: the table
    stays where it is, and no card grows.
    """
    moved = page.evaluate(
        """() => {
          const where = () => ["#table", ...["orders", "trades", "pnl"].map((id) => `#card-${id}`),
            "#plot"].map((one) => {
              const { top, height } = document.querySelector(one).getBoundingClientRect();
              return `${one} ${top} ${height}`;
            }).join();
          const before = where();
          const say = (place, text) =>
            document.querySelectorAll(place).forEach((one) => { one.textContent = text; });
          say("[data-count=latency]", "12,345 ms");
          say("[data-count=rate]", "10,000");
          say("#card-orders [data-count]", "98,765");
          say("[data-count=trades]", "1,23,456");
          say(".fresh", "+23,456");
          say("#card-pnl .result", "\u221212,34,567.89");
          say("#card-pnl .about span", "\u221212,34,567.89 made");
          const wide = document.documentElement.scrollWidth - window.innerWidth;
          if (wide > 0) return `wider than the screen by ${wide}`;
          return before === where() ? "" : `${before}\n${where()}`;
        }"""
    )
    assert moved == ""


def test_a_second_is_told_whoever_saw_it_end(page):
    """On a slow screen it is a frame, not a look at the clock, that comes first in a new second:
    the rate of the one before is told all the same.
    """
    told = page.evaluate(
        """async () => {
          const { mount } = await import("/static/plot.js");
          const heard = {};
          const place = document.createElement("div");
          mount({ on: (what, call) => { heard[what] = call; } }, place);
          const frame = { type: "order_update", prev: 1, timestamp: new Date().toISOString() };
          const clock = Date.now;
          const at = (ms) => { Date.now = () => ms; };
          const begin = 1000 * Math.ceil(clock() / 1000);
          try {
            for (const ms of [100, 200, 300]) { at(begin + ms); heard.frame(frame); }
            heard.draw(begin + 400);
            at(begin + 1000); heard.frame(frame);
            heard.draw(begin + 1900);
          } finally {
            Date.now = clock;
          }
          return place.querySelector("[data-count=rate]").textContent;
        }"""
    )
    assert told == "3"


def test_theme_is_dark_until_chosen_and_is_kept(page, expect):
    """The page is dark for everyone; a reader who turns it light finds it light the next time."""
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Switch to the light theme").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_closed_socket_is_resumed_from_its_position(blank, demo, expect):
    """P4: a page whose socket is closed comes back with the position of the last frame it had."""
    given = []

    def judge(route, text):
        route.send(text)
        if '"prev"' in text and not given:
            given.append(json.loads(text))
            route.close(code=1012, reason="restarting")

    wire = Wire(blank, judge)
    blank.goto(demo)
    expect(blank.locator("#banner")).to_contain_text("The gateway is restarting.")
    wire.release()
    expect(blank.locator("#link-text")).to_have_text(LIVE)
    expect(blank.locator("#stale")).to_be_hidden()
    position = f"{given[0]['epoch']}:{given[0]['offset']}"
    assert wire.asked == [{"snapshot": ["true"]}, {"since": [position]}]


def test_missed_frame_brings_a_new_snapshot(blank, demo, expect):
    """P3: a frame whose `prev` is beyond the page's position makes it read everything anew."""
    kept = []

    def judge(route, text):
        if '"prev"' in text and not kept:
            kept.append(text)
        else:
            route.send(text)

    wire = Wire(blank, judge)
    blank.goto(demo)
    expect(blank.locator("#banner")).to_contain_text("Some updates were missed")
    wire.release()
    expect(blank.locator("#link-text")).to_have_text(LIVE)
    expect(blank.locator("#rows .row")).not_to_have_count(0)
    assert wire.asked == [{"snapshot": ["true"]}] * 2


def test_silence_is_called_stale(blank, demo, expect):
    """P7: after 25 s without any frame the page says STALE, and dials until frames come again."""
    said = []

    def judge(route, text):
        if not said:
            route.send(text)
        if '"order_update"' in text:
            said.append(text)

    wire = Wire(blank, judge)
    blank.clock.install()
    blank.goto(demo)
    expect(blank.locator("#rows .row").first).to_be_visible()
    for _ in range(200):
        if said:
            break
        blank.wait_for_timeout(50)
    blank.clock.fast_forward(20_000)
    expect(blank).not_to_have_title(re.compile("STALE"))
    blank.clock.fast_forward(6_000)
    expect(blank).to_have_title(re.compile("STALE · Orderwire$"))
    expect(blank.locator("#banner-title")).to_have_text("STALE")
    expect(blank.locator("#banner")).to_contain_text("Nothing has come from the gateway")
    blank.clock.fast_forward(1_000)
    expect(blank.locator("#link-text")).to_have_text("Connecting")
    expect(blank.locator("#banner-title")).to_have_text("STALE")
    wire.release()
    expect(blank.locator("#link-text")).to_have_text(LIVE)
    assert len(wire.asked) == 2


@pytest.mark.parametrize(("status", "title"), [(401, "A key is needed"), (403, "Not allowed")])
def test_refused_socket_is_explained(blank, demo, expect, status, title):
    """P21: refused for want of a key or a right, the page says which, and asks no more by itself."""
    dialled = []

    def refuse(route):
        dialled.append(route.url)
        route.close(code=1008)

    blank.route_web_socket(SOCKET, refuse)
    blank.route("**/ws/status", lambda route: route.fulfill(status=status, body="{}"))
    blank.clock.install()
    blank.goto(demo)
    expect(blank.locator("#banner-title")).to_have_text(title)
    blank.clock.fast_forward(60_000)
    assert len(dialled) == 1
    blank.get_by_role("button", name="Try now").click()
    expect(blank.locator("#banner-title")).to_have_text(title)
    assert len(dialled) == 2


def test_back_off_is_bounded_and_spread(blank, demo):
    """A try waits 0.5 s at first and 10 s at most, or down to half of that by chance."""
    blank.goto(demo)
    waits = blank.evaluate(
        """async () => {
          const { backoff_ms } = await import("/static/stream.js");
          return [0, 1, 5, 500].map((n) => [backoff_ms(n, 0), backoff_ms(n, 1)]);
        }""",
    )
    assert waits == [[250, 500], [500, 1000], [5000, 10000], [5000, 10000]]


def test_older_fact_never_replaces_a_newer_one(blank, demo):
    """The book keeps each order's offset: a report from before it changes nothing, not a count."""
    blank.goto(demo)
    seen = blank.evaluate(
        """async () => {
          const { Book } = await import("/static/book.js");
          const book = new Book();
          const say = (offset, status) =>
            book.apply({
              type: "order_update", account_id: "a", offset, timestamp: "2025-01-01T00:00:00.000Z",
              data: { account_id: "a", order_id: "1", status },
            }, 0);
          [[1, "OPEN"], [3, "COMPLETE"], [2, "OPEN"]].forEach(([at, what]) => say(at, what));
          const bins = ["all", "open", "complete"].map((bin) => book.orders.total("", bin));
          return [book.find("orders", "a", "1").data.status, ...bins];
        }""",
    )
    assert seen == ["COMPLETE", 1, 0, 1]
