"""The gateway dies under an open page, and comes back: the page is stale, then whole, by itself.

paper ══▶ serve ── kill -9 ──▶ STALE ── serve again, same store ──▶ Live ──▶ table == GET …/orders
               └── a form half filled in, an answer lost ──▶ the same words, the same key, one batch
"""

import hashlib
import json
import re
import signal

import pytest

from tests.web.browser import DESK
from tests.web.commands.processes import free_port, gateway_toml, orderwire, until
from tests.web.desk_hand import FORM, agree, call, fill, open_form, place, place_by_api

pytestmark = [pytest.mark.browser, pytest.mark.process]

KEY = "ow_desk"
NAMES = ("primary", "hedge")
BATCH = re.compile(r"/accounts/primary/batch-orders$")

# Every row of the table from its first to its last, as the reader would scroll through it.
READ_TABLE = r"""async () => {
  const box = document.getElementById("table");
  const rows = new Map();
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  for (let top = 0; top <= box.scrollHeight; top += 200) {
    box.scrollTop = top;
    await frame();
    for (const row of document.querySelectorAll("#rows .row")) {
      const say = (name) => row.querySelector("." + name).innerText;
      const number = (text) => (text === "\u2013" ? 0 : Number(text.replaceAll(",", "")));
      rows.set(row.dataset.key, {
        at: Number(row.getAttribute("aria-rowindex")),
        status: say("chip"),
        filled: number(row.querySelector(".filled span").innerText),
        average: number(say("average")),
      });
    }
  }
  return [...rows].sort((a, b) => a[1].at - b[1].at);
}"""


READ_BATCHES = """() => [...document.querySelectorAll(".batch")]
  .map((one) => `${one.dataset.batch} ${one.dataset.outcome}`).sort()"""


@pytest.fixture
def paper():
    """A broker with a busy market; it outlives the gateway."""
    with orderwire("paper", "--port", 0, "--rate", 20, "--accounts", ",".join(NAMES)) as paper:
        yield paper


@pytest.fixture
def config(paper, tmp_path):
    """The gateway's configuration: the same port and the same store each time that it runs."""
    return gateway_toml(
        *(tmp_path, paper.ready()),
        key_sha256=hashlib.sha256(KEY.encode()).hexdigest(),
        port=free_port(),
        accounts=NAMES,
    )


@pytest.fixture
def desk(chromium):
    """A page that was not opened yet."""
    context = chromium.new_context(viewport=DESK)
    yield context.new_page()
    context.close()


def log_in(page, url, expect):
    """Open the monitor with the key, and wait until it is live; marked, to know it from another."""
    page.goto(f"{url}/login")
    page.get_by_label("Your key").fill(KEY)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#link-text")).to_have_text("Live")
    page.evaluate("window.same = 'page'")


def is_back(page, expect):
    """It is live again by itself, and was not loaded anew."""
    expect(page.locator("#link-text")).to_have_text("Live", timeout=30_000)
    expect(page).not_to_have_title(re.compile("STALE"))
    expect(page.locator("#stale")).to_be_hidden()
    expect(page.locator("#accounts li[data-state=live]")).to_have_count(2)
    assert page.evaluate("window.same") == "page"


def test_a_killed_gateway_is_stale_until_it_is_whole_again(desk, paper, config, expect):
    """P4: at `kill -9` the page says STALE and as of when, and goes on showing what it had; once
    the gateway runs again it comes back without a reload, and its table is `GET …/orders`.
    """
    with orderwire("serve", "--config", config) as serve:
        log_in(desk, serve.ready(), expect)
        expect(desk.locator("#rows .row").nth(5)).to_be_visible()
        serve.kill()
        expect(desk).to_have_title(re.compile("STALE"))
        expect(desk.locator("#stale")).to_contain_text(re.compile(r"as of \d\d:\d\d:\d\d"))
        expect(desk.locator("#rows .row").nth(5)).to_be_visible()
    with orderwire("serve", "--config", config) as serve:
        url = serve.ready()
        is_back(desk, expect)
        before = desk.locator("#position").inner_text()
        expect(desk.locator("#position")).not_to_have_text(before)
        paper.popen.send_signal(signal.SIGSTOP)  # the market stands still, so that both agree
        try:
            desk.wait_for_timeout(700)
            table = desk.evaluate(READ_TABLE)
            answers = [asked(desk, f"{url}/accounts/{each}/orders?limit=1000") for each in NAMES]
        finally:
            paper.popen.send_signal(signal.SIGCONT)
    wanted = {
        f"{row['account_id']} {row['order_id']}": (
            row["status"],
            row["filled_quantity"],
            round(row["average_price"], 2),
        )
        for answer in answers
        for row in answer["data"]
    }
    shown = {key: (row["status"], row["filled"], row["average"]) for key, row in table}
    assert len(wanted) > 20
    assert shown == wanted


@pytest.mark.long
def test_an_unsent_form_and_the_batches_outlive_a_killed_gateway(desk, config, expect):
    """P11: a form that is half filled in at `kill -9` keeps its words, says that nothing was sent,
    and is rehearsed again once the gateway is back; when a second `kill -9` swallows the answer to
    its sending, the retry goes under the same key, and the batch is there once. The batches are
    then those of `GET …/batch-orders`.
    """
    keys = []
    with orderwire("serve", "--config", config) as serve:
        url = serve.ready()
        log_in(desk, url, expect)
        for name in NAMES:
            place_by_api(url, name, (f"REST{name.upper()}", "BUY"), key=KEY)
        open_form(desk)
        desk.get_by_role("button", name="Remove leg 2").click()
        fill(desk, 0, "RESTKEPT")
        expect(desk.locator(".exits li")).to_have_count(1)
        serve.kill()
        expect(desk).to_have_title(re.compile("STALE"))
    desk.locator(f"{FORM} [name=quantity]").fill("75")
    expect(desk.locator(".rehearsal")).to_contain_text("The gateway cannot be reached.")
    desk.click(f"{FORM} button[type=submit]")
    expect(desk.locator(f"{FORM} .answer")).to_contain_text("Nothing was sent")
    with orderwire("serve", "--config", config) as serve:
        serve.ready()
        is_back(desk, expect)
        expect(desk.locator(".exits li")).to_contain_text("SELL 75 RESTKEPT")

        def swallow(route):
            keys.append(route.request.headers["idempotency-key"])
            batch = route.fetch().json()["batch_id"]
            where = f"{url}/accounts/primary/batch-orders/{batch}"
            until(lambda: call(where, key=KEY)["outcome"], "the batch's end")
            serve.kill()
            route.abort()

        desk.route(BATCH, swallow)
        place(desk)
        agree(desk)
        expect(desk.locator(f"{FORM} .answer")).to_contain_text("cannot place it twice")
        desk.unroute(BATCH)
    with orderwire("serve", "--config", config) as serve:
        serve.ready()
        is_back(desk, expect)
        expect(desk.locator(f"{FORM} [name=tradingsymbol]")).to_have_value("RESTKEPT")
        with desk.expect_request(BATCH) as sent:
            desk.get_by_role("button", name="Try again").click()
        assert [sent.value.headers["idempotency-key"]] == keys
        expect(desk.locator(".placed .outcome")).to_contain_text("Its leg was accepted.")
        desk.click(f"{FORM} header button")
        desk.click("#tab-batches")
        expect(desk.locator(".batch")).to_have_count(3)
        answers = [asked(desk, f"{url}/accounts/{name}/batch-orders") for name in NAMES]
        assert desk.evaluate(READ_BATCHES) == sorted(
            f"{batch['batch_id']} {batch['outcome']}" for each in answers for batch in each["data"]
        )


def asked(page, url):
    """Ask the gateway with the page's own cookie."""
    answer = page.context.request.get(url)
    assert answer.ok
    return json.loads(answer.text())
