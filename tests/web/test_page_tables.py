"""The tables: tabs, cards, filter, sort, accounts, kinds, keys, and no row too many in the page.

Each test opens the monitor anew on one real demo, whose market goes on meanwhile.
"""

import re

import pytest

from tests.web.browser import PHONE, texts

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.long]

MINUS = "\N{MINUS SIGN}"
NEW = re.compile(r"^\+[1-9]")
ROWS = "#rows .row"


TOLD = """() => {
  const row = document.querySelector("#rows .row[aria-selected=true]");
  const told = document.getElementById("grid").getAttribute("aria-activedescendant");
  return row !== null && row.id === told;
}"""


# The first row that is wholly in sight, or the one of a key: {key, y}, read in one step.
READ = """(key) => {
  const top = document.querySelector("#table .head").getBoundingClientRect().bottom;
  const rows = [...document.querySelectorAll("#rows .row")]
    .map((row) => ({ key: row.dataset.key, y: row.getBoundingClientRect().y }));
  return rows.find((row) => (key === null ? row.y >= top : row.key === key)) ?? null;
}"""


def column(page, name):
    """What a column says, row by row, from the first row that is in the page."""
    return texts(page, f"{ROWS} .{name}")


@pytest.mark.parametrize("page", [None, PHONE], ids=["desk", "phone"], indirect=True)
def test_each_tab_has_its_rows_and_its_card(page, expect):
    """Orders, trades, positions and messages have a tab and a card with the same count; what came
    since the tab was last open is told as new, and is new no more once it is open.
    """
    for kind in ("trades", "positions", "messages", "orders"):
        page.click(f"#tab-{kind}")
        expect(page.locator(f"#tab-{kind}")).to_have_attribute("aria-selected", "true")
        expect(page.locator("#table")).to_have_attribute("data-table", kind)
        if kind != "messages":
            expect(page.locator(ROWS).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.locator("#card-trades .fresh")).to_have_text(NEW)
    expect(page.locator("#tab-trades .fresh")).to_have_text(NEW)
    page.click("#card-trades")
    expect(page.locator("#tab-trades")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#card-trades .fresh")).to_have_text("")
    card = page.locator("#card-trades [data-count=trades]")
    expect(page.locator("#tab-trades .count")).to_have_text(card.inner_text())


@pytest.mark.parametrize("page", [None, PHONE], ids=["desk", "phone"], indirect=True)
def test_gain_and_loss_are_told_by_sign_and_arrow(page, expect):
    """P&L has its sign and an arrow, not its colour alone; numbers stand right-aligned with as many
    decimals in all of a column.
    """
    page.click("#tab-positions")
    expect(
        page.locator(f"{ROWS} .pnl[data-gain=up], {ROWS} .pnl[data-gain=down]").first
    ).to_be_visible()
    for text in column(page, "pnl"):
        assert re.fullmatch(rf"(\+[\d,]+\.\d\d\s*▲|{MINUS}[\d,]+\.\d\d\s*▼|0\.00)", text.strip())
    expect(page.locator("#card-pnl .result")).to_have_text(
        re.compile(rf"^[+{MINUS}]?[\d,]+\.\d\d$")
    )
    assert (
        page.locator(f"{ROWS} .pnl").first.evaluate("e => getComputedStyle(e).textAlign") == "right"
    )


def test_rows_are_sorted_by_any_column_and_stay_so(page, expect):
    """A head is clicked: its column goes up, and again: down; rows that change meanwhile stay in
    order.
    """
    times = column(page, "time")
    assert times == sorted(times, reverse=True)
    symbol = page.get_by_role("columnheader", name="Symbol")
    symbol.get_by_role("button").click()
    expect(symbol).to_have_attribute("aria-sort", "ascending")
    before = page.locator("#position").inner_text()
    expect(page.locator("#position")).not_to_have_text(before)
    names = column(page, "symbol b")
    assert names == sorted(names)
    symbol.get_by_role("button").click()
    expect(symbol).to_have_attribute("aria-sort", "descending")
    names = column(page, "symbol b")
    assert names == sorted(names, reverse=True)


@pytest.mark.parametrize("page", [PHONE], ids=["phone"], indirect=True)
def test_on_a_phone_a_choice_sorts_the_rows(page, expect):
    """Where there are no heads to press, a choice of every column both ways sorts the rows; for
    the batches there is nothing to choose.
    """
    page.select_option("#sort", "symbol up")
    page.wait_for_function(
        """() => {
          const names = [...document.querySelectorAll("#rows .symbol b")].map((one) => one.innerText);
          return names.length > 1 && names.join() === [...names].sort().join();
        }"""
    )
    page.click("#tab-positions")
    expect(page.locator("#sort")).to_have_value("symbol up")
    page.click("#tab-batches")
    expect(page.locator("#sort")).to_be_hidden()


@pytest.mark.parametrize("page", [None, PHONE], ids=["desk", "phone"], indirect=True)
def test_filter_and_account_narrow_the_rows(page, expect):
    """A text leaves only rows that hold every word of it; an account leaves only its rows; both are
    told beside the table.
    """
    page.select_option("#account", "hedge")
    expect(page.locator(f"{ROWS} .account").filter(has_not_text="hedge")).to_have_count(0)
    page.fill("#filter", "buy hedge")
    expect(page.locator(f"{ROWS}:not([data-side=BUY])")).to_have_count(0)
    expect(page.locator("#shown")).to_have_text(re.compile(r"^[\d,]+ of [\d,]+ orders$"))
    page.fill("#filter", "no such order")
    expect(page.locator(ROWS)).to_have_count(0)
    expect(page.locator("#empty")).to_have_text("No order fits.")
    page.press("#filter", "Escape")
    expect(page.locator(ROWS)).not_to_have_count(0)
    expect(page.locator("#filter")).to_have_value("")
    page.click("#accounts [data-account=primary] button")
    page.get_by_role("button", name="Only this account").click()
    expect(page.locator("#account")).to_have_value("primary")
    expect(page.locator(f"{ROWS} .account").filter(has_not_text="primary")).to_have_count(0)


@pytest.mark.parametrize("page", [None, PHONE], ids=["desk", "phone"], indirect=True)
def test_a_kind_that_is_not_ticked_is_not_sent(page, expect):
    """Unticked, a kind stands still and the others go on; ticked again, it is whole at once."""
    said = []
    page.on("websocket", lambda socket: said.append(socket.url))
    page.get_by_role("checkbox", name="Trades").uncheck()
    trades = page.locator("#tab-trades .count")
    orders = page.locator("#tab-orders .count")
    page.wait_for_timeout(500)  # what was under way has come
    before, then = trades.inner_text(), orders.inner_text()
    expect(orders).not_to_have_text(then)
    assert trades.inner_text() == before
    page.click("#tab-trades")
    expect(page.locator("#shown")).to_have_text(re.compile("not followed$"))
    page.get_by_role("checkbox", name="Trades").check()
    expect(trades).not_to_have_text(before)
    assert said == []


@pytest.mark.parametrize("page", [None, PHONE], ids=["desk", "phone"], indirect=True)
def test_streaming_is_stopped_and_goes_on_without_a_hole(page, demo, expect):
    """Stopped by the reader the page says STALE and as of when; started again it resumes from its
    place, and what came in between is marked as missed until it is seen.
    """
    page.get_by_role("button", name="Stop streaming").click()
    expect(page.locator("#link-text")).to_have_text("Stopped")
    expect(page).to_have_title(re.compile("STALE"))
    expect(page.locator("#stale")).to_contain_text("You stopped the streaming.")
    before = page.locator("#tab-orders .count").inner_text()
    page.wait_for_timeout(2000)
    assert page.locator("#tab-orders .count").inner_text() == before
    with page.expect_websocket() as dialled:
        page.locator("#stream").click()
    assert "since=" in dialled.value.url
    expect(page.locator("#link-text")).to_have_text("Live")
    expect(page.locator("#away")).to_contain_text("While you were away")
    page.wait_for_selector(f"{ROWS}[data-missed]")
    page.get_by_role("button", name="Only these").click()
    expect(page.locator(f"{ROWS}:not([data-missed])")).to_have_count(0)
    page.get_by_role("button", name="Seen", exact=True).click()
    expect(page.locator("#away .banner")).to_be_hidden()
    expect(page.locator(f"{ROWS}[data-missed]")).to_have_count(0)


def test_it_is_used_with_keys_alone(page, expect):
    """`/` leads to the filter, Enter to the rows, arrows along them, Enter into an order, Esc back;
    digits turn to the tabs; the row that the keys act on is told to who cannot see it.
    """
    page.keyboard.press("/")
    expect(page.locator("#filter")).to_be_focused()
    page.keyboard.type("complete")
    expect(page.locator("#shown")).to_have_text(re.compile(r"^([3-9]\d|\d{3}|[\d,]{5,}) of"))
    page.keyboard.press("Enter")
    grid = page.locator("#grid")
    expect(grid).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(f"{ROWS}[aria-selected=true]")
    expect(chosen).to_have_count(1)
    page.wait_for_function(TOLD)
    key, count = chosen.get_attribute("data-key"), page.locator("#shown")
    place = page.evaluate(READ, key)["y"]
    for _ in range(5):  # it stays where it is, however many come above it
        before = count.inner_text()
        expect(count).not_to_have_text(before)
        assert abs(page.evaluate(READ, key)["y"] - place) < 2
    assert chosen.get_attribute("data-key") == key
    page.keyboard.press("End")
    expect(chosen).to_be_in_viewport()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(grid).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#filter")).to_have_value("")
    page.keyboard.press("3")
    expect(page.locator("#tab-positions")).to_have_attribute("aria-selected", "true")
    page.locator("#tab-positions").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-messages")).to_be_focused()


@pytest.mark.parametrize("page", [None, PHONE], ids=["desk", "phone"], indirect=True)
def test_only_what_is_seen_is_in_the_page(page, expect):
    """However many orders there are, a few dozen rows are in the page, those that are looked at."""
    result = page.evaluate(
        """async () => {
          const { Rows } = await import("/static/rows.js");
          const { COLUMNS } = await import("/static/columns.js");
          const { Book } = await import("/static/book.js");
          const book = new Book();
          const many = Array.from({ length: 5000 }, (_, i) => ({ order_id: String(i) }));
          book.fill("orders", "primary", many, 1);
          const body = document.createElement("div");
          const rows = new Rows(body, () => {});
          rows.begin("orders", COLUMNS.orders);
          const entries = [...book.orders.rows.values()];
          const plain = () => ({ current: false, missed: false, stale: false });
          const told = () => [...body.children].map((row) => row.dataset.key.split(" ")[1]);
          rows.draw(entries, { first: 100, last: 130, row: 38 }, plain, 0);
          const before = new Set(body.children);
          rows.draw(entries, { first: 105, last: 135, row: 38 }, plain, 0);
          return {
            height: body.style.height,
            told: told(),
            same: [...body.children].every((row) => before.has(row)),
          };
        }""",
    )
    assert result["told"] == [str(each) for each in range(105, 135)]
    assert (result["height"], result["same"]) == (f"{5000 * 38}px", True)
    expect(page.locator(ROWS).first).to_be_visible()
    assert page.locator(ROWS).count() < 60


def test_what_is_read_stays_where_it_is(page, expect):
    """New orders come above; who has scrolled down goes on reading the same row in the same place."""
    count = page.locator("#tab-orders .count")
    expect(count).to_have_text(re.compile(r"^[1-9]\d\d|^[4-9]\d"))
    page.evaluate("document.getElementById('table').scrollTop = 300")
    page.evaluate(
        "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
    )
    row = page.evaluate(READ, None)
    for _ in range(3):
        before = count.inner_text()
        expect(count).not_to_have_text(before)
        assert abs(page.evaluate(READ, row["key"])["y"] - row["y"]) < 2


def test_of_one_second_the_latest_comes_on_top(page):
    """Brokers tell whole seconds: of two orders of one second the one that came later is above,
    whichever account it is of and whatever its number is.
    """
    keys = page.evaluate(
        """async () => {
          const { Book } = await import("/static/book.js");
          const { View } = await import("/static/view.js");
          const { COLUMNS } = await import("/static/columns.js");
          const [book, view] = [new Book(), new View()];
          const wish = { account: "", text: "", only: null, column: COLUMNS.orders[0], down: true };
          const came = (offset, account_id, order_id, second) =>
            book.apply({
              type: "order_update", account_id, offset, timestamp: "2026-11-21T04:00:09.000Z",
              data: { order_id, status: "OPEN", placed_at: `2026-11-21T04:00:0${second}.000Z` },
            }, 0);
          came(1, "b", "7", 1);
          came(2, "a", "9", 1);
          came(3, "b", "8", 0);
          came(4, "a", "2", 1);
          came(5, "b", "7", 1);
          return view.entries(book.orders, wish, 0).map((entry) => entry.key);
        }""",
    )
    assert keys == ["a 2", "a 9", "b 7", "b 8"]
