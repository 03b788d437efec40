"""The gateway dies under an open page, and comes back: the page is stale, then whole, by itself.

paper ══▶ serve ── kill -9 ──▶ STALE ── serve again, same store ──▶ Live ──▶ table == GET …/orders
"""

import hashlib
import json
import re
import signal

import pytest

from tests.web.browser import DESK
from tests.web.commands.processes import free_port, gateway_toml, orderwire

pytestmark = [pytest.mark.browser, pytest.mark.process]

KEY = "ow_desk"
NAMES = ("primary", "hedge")

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


def test_a_killed_gateway_is_stale_until_it_is_whole_again(chromium, tmp_path, expect):
    """P4: at `kill -9` the page says STALE and as of when, and goes on showing what it had; once
    the gateway runs again it comes back without a reload, and its table is `GET …/orders`.
    """
    accounts = ",".join(NAMES)
    with orderwire("paper", "--port", 0, "--rate", 20, "--accounts", accounts) as paper:
        path = gateway_toml(
            *(tmp_path, paper.ready()),
            key_sha256=hashlib.sha256(KEY.encode()).hexdigest(),
            port=free_port(),
            accounts=NAMES,
        )
        context = chromium.new_context(viewport=DESK)
        page = context.new_page()
        with orderwire("serve", "--config", path) as serve:
            page.goto(f"{serve.ready()}/login")
            page.get_by_label("Your key").fill(KEY)
            page.get_by_role("button", name="Log in").click()
            expect(page.locator("#link-text")).to_have_text("Live")
            expect(page.locator("#rows .row").nth(5)).to_be_visible()
            page.evaluate("window.same = 'page'")
            serve.kill()
            expect(page).to_have_title(re.compile("STALE"))
            expect(page.locator("#stale")).to_contain_text(re.compile(r"as of \d\d:\d\d:\d\d"))
            expect(page.locator("#rows .row").nth(5)).to_be_visible()
        with orderwire("serve", "--config", path) as serve:
            url = serve.ready()
            expect(page.locator("#link-text")).to_have_text("Live", timeout=30_000)
            expect(page).not_to_have_title(re.compile("STALE"))
            expect(page.locator("#stale")).to_be_hidden()
            expect(page.locator("#accounts li[data-state=live]")).to_have_count(2)
            before = page.locator("#position").inner_text()
            expect(page.locator("#position")).not_to_have_text(before)
            paper.popen.send_signal(signal.SIGSTOP)  # the market stands still, so that both agree
            try:
                page.wait_for_timeout(700)
                table = page.evaluate(READ_TABLE)
                answers = [
                    asked(context, f"{url}/accounts/{each}/orders?limit=1000") for each in NAMES
                ]
            finally:
                paper.popen.send_signal(signal.SIGCONT)
            assert page.evaluate("window.same") == "page"
        context.close()
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


def asked(context, url):
    """Ask the gateway with the page's own cookie."""
    answer = context.request.get(url)
    assert answer.ok
    return json.loads(answer.text())
