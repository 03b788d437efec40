"""A batch placed from the form, in headless Chromium against the real demo.

form ── dry run as one types ──▶ faults, margin, way out ── Place ──▶ question ──▶ progress ──▶ outcome
"""

import re

import pytest

from actors.domain.batch import LEGS_MAX
from tests.web.browser import DESK, PHONE
from tests.web.desk_hand import FORM, REFUSED, agree, fill, open_form, place

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.long]

BATCH = re.compile(r"/accounts/primary/batch-orders$")


@pytest.fixture(autouse=True)
def refusals(witness):
    """Whoever types is refused now and then, and the browser logs it."""
    witness.forgiven = (REFUSED, "net::ERR_FAILED")


def keys_of(page):
    """Give the list into which each sent batch's Idempotency-Key is put."""
    keys = []
    page.on(
        "request",
        lambda asked: (
            keys.append(asked.headers["idempotency-key"])
            if asked.method == "POST" and BATCH.search(asked.url)
            else None
        ),
    )
    return keys


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_iron_condor_from_its_shape_to_its_outcome(page, expect):
    """A shape fills in four legs; the gateway names what they lack as one types, then their margin
    and their way out; the question says what will be sent; the outcome is told in words.
    """
    open_form(page)
    page.select_option("[name=template]", "condor")
    strikes = {"put_buy": 25400, "put_sell": 25600, "call_sell": 26000, "call_buy": 26200}
    for name, value in {"series": "fillnifty", **strikes, "quantity": 50}.items():
        page.fill(f".template [name={name}]", f"{value}")
    page.click("text=Fill in the legs")
    legs = page.locator(f"{FORM} .leg")
    expect(legs).to_have_count(4)
    expect(legs.nth(2).locator("[name=tradingsymbol]")).to_have_value("FILLNIFTY26000CE")
    expect(legs.nth(2).locator("[name=transaction_type]")).to_have_value("SELL")
    expect(legs.nth(0).locator(".field[data-name=price] .fault")).to_have_text(
        "a LIMIT order needs one"
    )
    for leg in legs.all():
        leg.locator("[name=price]").fill("100")
    expect(page.locator(".rehearsal")).to_contain_text("needed")
    expect(page.locator(".exits li")).to_have_count(4)
    expect(page.locator(f"{FORM} [aria-invalid]")).to_have_count(0)
    place(page)
    question = page.locator("dialog.confirm")
    expect(question).to_contain_text("Place these orders in account primary?")
    expect(question).to_contain_text("SELL 50 FILLNIFTY26000CE at 100.00 (NFO, NRML)")
    expect(question).to_contain_text("The way out of all of it")
    agree(page)
    expect(page.locator(".placed .outcome")).to_have_text("CompleteAll 4 legs were accepted.")
    expect(page.locator(".placed [data-leg-state=filled]")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


SPREAD = {"series": "niftyx", "right": "PE", "buy": "25800", "sell": "25600", "quantity": "75"}
STRADDLE = {"series": "NIFTYX", "side": "BUY", "strike": "25800", "quantity": "75"}


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
@pytest.mark.parametrize(
    ("shape", "values", "legs"),
    [
        ("spread", SPREAD, ["BUY NIFTYX25800PE", "SELL NIFTYX25600PE"]),
        ("straddle", STRADDLE, ["BUY NIFTYX25800CE", "BUY NIFTYX25800PE"]),
    ],
)
def test_shape_asks_for_what_it_needs_and_fills_in_its_legs(page, expect, shape, values, legs):
    """A spread and a straddle say what is missing, then come to two legs of the shared quantity."""
    open_form(page)
    page.select_option("[name=template]", shape)
    page.click("text=Fill in the legs")
    expect(page.locator(".template [data-name=series] .fault")).to_have_text("is needed")
    for name, value in values.items():
        field = page.locator(f".template [name={name}]")
        (field.select_option if name in {"right", "side"} else field.fill)(value)
    page.click("text=Fill in the legs")
    told = page.evaluate(
        """() => [...document.querySelectorAll("dialog.wide .leg")].map((leg) => {
          const say = (name) => leg.querySelector(`[name=${name}]`).value;
          return `${say("transaction_type")} ${say("tradingsymbol")} ${say("quantity")}`;
        })"""
    )
    assert told == [f"{leg} 75" for leg in legs]


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_each_fault_stands_at_its_field(page, expect):
    """What the gateway finds is told under the field that it is of, once that was touched; all of
    it when one asks to place; and nothing is sent.
    """
    keys = keys_of(page)
    open_form(page)
    leg = page.locator(f"{FORM} .leg").first
    leg.locator("[name=quantity]").fill("-5")
    expect(leg.locator(".field[data-name=quantity] .fault")).to_contain_text("is needed")
    expect(leg.locator("[name=quantity]")).to_have_attribute("aria-invalid", "true")
    expect(leg.locator(".field[data-name=tradingsymbol] .fault")).to_have_text("")
    page.click(f"{FORM} button[type=submit]")
    expect(leg.locator(".field[data-name=tradingsymbol] .fault")).not_to_have_text("")
    expect(page.locator(f"{FORM} .answer")).to_have_text("Not sent: see what is marked.")
    expect(leg.locator("[name=tradingsymbol]")).to_be_focused()
    assert keys == []


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_legs_are_added_and_removed(page, expect):
    """Legs come and go, keep their numbers in order, and the last one cannot be taken away; there
    may be as many as the gateway takes.
    """
    open_form(page)
    legs = page.locator(f"{FORM} .leg")
    more = page.get_by_role("button", name="Add a leg")
    more.click()
    expect(legs).to_have_count(3)
    fill(page, 2, "FILLC")
    page.get_by_role("button", name="Remove leg 1").click()
    page.get_by_role("button", name="Remove leg 1").click()
    expect(legs).to_have_count(1)
    expect(legs.locator("legend")).to_have_text("Leg 1")
    expect(legs.locator("[name=tradingsymbol]")).to_have_value("FILLC")
    expect(page.get_by_role("button", name="Remove leg 1")).to_have_count(0)
    for _ in range(LEGS_MAX - 1):
        more.click()
    expect(legs).to_have_count(LEGS_MAX)
    expect(more).to_be_disabled()


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_each_term_of_a_leg_can_be_written(page, expect):
    """Trigger, product, validity, variety and tag reach the gateway as they were written; those
    that are folded away are told in the fold's own line, and in the question as far as they are odd.
    """
    open_form(page)
    page.get_by_role("button", name="Remove leg 2").click()
    fill(page, 0, "FILLTERMS")
    leg = page.locator(f"{FORM} .leg")
    expect(leg.locator(".more summary")).to_have_text("More: DAY, regular")
    leg.locator(".more summary").click()
    terms = {"order_type": "SL", "product": "MIS", "validity": "IOC", "variety": "amo"}
    for name, value in terms.items():
        leg.locator(f"[name={name}]").select_option(value)
    leg.locator("[name=trigger_price]").fill("99.5")
    leg.locator("[name=tag]").fill("hedge1")
    expect(leg.locator(".more summary")).to_have_text("More: IOC, amo, tag hedge1")
    place(page)
    question = page.locator("dialog.confirm")
    expect(question).to_contain_text("once 99.50 trades (SL) (NFO, MIS, IOC, amo, tag hedge1)")
    with page.expect_request(BATCH) as sent:
        agree(page)
    expect(page.locator(".placed .outcome")).to_be_visible()
    (order,) = sent.value.post_data_json["orders"]
    assert order == {
        "tradingsymbol": "FILLTERMS",
        "transaction_type": "BUY",
        "quantity": 50,
        "price": 100,
        "trigger_price": 99.5,
        "exchange": "NFO",
        "tag": "hedge1",
        **terms,
    }


@pytest.mark.parametrize("page", [PHONE, DESK], ids=["phone", "desk"], indirect=True)
def test_retry_after_a_lost_answer_goes_under_the_same_key(page, expect):
    """P11: an answer that is lost leaves the same key for the retry, so the batch is there once; an
    edit makes another key, and the page says what that may mean.
    """
    symbol = f"RESTTWICE{page.viewport_size['width']}"
    keys = keys_of(page)
    lost = []

    def lose(route):
        if lost:
            route.continue_()
        else:
            route.fetch()  # the gateway takes it, and only its answer is lost
            lost.append(route.request.url)
            route.abort()

    page.route(BATCH, lose)
    open_form(page)
    page.get_by_role("button", name="Remove leg 2").click()
    fill(page, 0, symbol)
    place(page)
    agree(page)
    expect(page.locator(f"{FORM} .answer")).to_contain_text("cannot place it twice")
    fill(page, 0, symbol, quantity="75")
    expect(page.locator(f"{FORM} .answer")).to_contain_text("may be in the market")
    fill(page, 0, symbol, quantity="50")
    page.click("text=Try again")
    expect(page.locator(".placed .outcome")).to_contain_text("Its leg was accepted.")
    assert len(keys) == 2
    assert keys[0] == keys[1]
    page.click("text=Place another")
    page.get_by_role("button", name="Remove leg 2").click()
    fill(page, 0, symbol)
    page.get_by_role("button", name="Close").first.click()
    page.fill("#filter", symbol)
    expect(page.locator("#rows .row")).to_have_count(1)


def test_key_is_of_one_filled_form(page):
    """The same form has one key; another account, an edit or a placed batch has another."""
    keys = page.evaluate(
        """async () => {
          const { Sending } = await import("/static/sending.js");
          const sending = new Sending();
          const of = (account, body) => sending.keyFor(account, body);
          const first = [of("a", { x: 1 }), of("a", { x: 1 }), of("b", { x: 1 }), of("b", { x: 2 })];
          sending.placed();
          return [...first, of("b", { x: 2 })];
        }""",
    )
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in keys)
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


def test_batch_is_placed_with_the_keyboard_alone(page, expect):
    """From the page to the outcome without a pointer: the form, its fields, the question."""
    page.locator("#open-batch-form").focus()
    page.keyboard.press("Enter")
    press = page.keyboard.press
    first = page.locator(f"{FORM} .leg [name=tradingsymbol]").first
    expect(page.locator(FORM)).to_be_visible()
    for _ in range(20):
        if first.evaluate("one => one === document.activeElement"):
            break
        press("Tab")
    for side in ("BUY", "SELL"):
        page.keyboard.type(f"FILL{side}")
        press("Tab")
        page.keyboard.type(side)
        press("Tab")
        page.keyboard.type("25")
        press("Tab")
        press("Tab")
        page.keyboard.type("100")
        for _ in range(5):  # product, exchange, Remove, More, the next leg
            press("Tab")
    press("Shift+Tab")
    for _ in range(20):
        if page.evaluate("document.activeElement.type") == "submit":
            break
        press("Tab")
    press("Enter")
    expect(page.locator("dialog.confirm")).to_contain_text("SELL 25 FILLSELL at 100.00")
    expect(page.get_by_role("button", name="No, go back")).to_be_focused()
    press("Tab")
    press("Enter")
    expect(page.locator(".placed .outcome")).to_contain_text("All 2 legs were accepted.")
    expect(page.locator(".placed .outcome")).to_be_focused()


def test_outcome_is_told_while_the_stream_is_stopped(page, expect):
    """Who has stopped the stream still learns what becomes of a batch, and of an order he opens."""
    page.click("text=Stop streaming")
    open_form(page)
    fill(page, 0, "FILLQUIET")
    fill(page, 1, "REJECTQUIET", "SELL")
    place(page)
    agree(page)
    expect(page.locator(".placed .outcome")).to_contain_text("Unwound")
    page.get_by_role("button", name="FILLQUIET").click()
    expect(page.locator(".steps li").last).to_contain_text("COMPLETE")
