"""The login in headless Chromium, against a real gateway with keys.

page ── "A key is needed" ──▶ /login ── key ──▶ page, live over the cookie ── SIGHUP ──▶ shut out
"""

import hashlib
import json
import re
import signal
from urllib.parse import urlsplit

import pytest

from tests.web.browser import Witness, browser
from tests.web.commands.processes import gateway_toml, orderwire

pytestmark = [pytest.mark.browser, pytest.mark.process]

KEY, OTHER = "ow_desk", "ow_other"
LIVE = re.compile(r"^Live$")
REFUSED = re.compile(r"\b401\b|HTTP Authentication failed")  # what a browser logs of a 401


def digest(key):
    """What a configuration knows of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def running(chromium, tmp_path_factory):
    """A gateway with a key over a broker with a busy market: its process, address and file."""
    with orderwire("paper", "--port", 0, "--rate", 20) as paper:
        folder = tmp_path_factory.mktemp("gateway")
        path = gateway_toml(folder, paper.ready(), key_sha256=digest(KEY))
        with orderwire("serve", "--config", path) as serve:
            yield serve, serve.ready(), path


@pytest.fixture
def expect(chromium):
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)
    return expect


def log_in(page, url, key):
    """Give the page at `/login` a key, as a reader does."""
    page.goto(f"{url}/login")
    page.get_by_label("Your key").fill(key)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.parametrize("width", [390, 1440])
def test_a_reader_logs_in_and_sees_the_orders_live(chromium, running, expect, width):
    """From the page that shows nothing, by `/login`, to the monitor live; the cookie is no
    script's; another page of the same browser is logged in too; after the logout none is.
    """
    _, url, _ = running
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page, witness = context.new_page(), Witness(urlsplit(url).netloc)
    witness.watch(page)
    page.goto(url)
    expect(page.locator("#banner-title")).to_have_text("A key is needed")
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Your key").fill("ow_wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    page.get_by_label("Your key").fill(KEY)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#link-text")).to_have_text(LIVE)
    expect(page.locator("#accounts li[data-state=live]")).to_have_count(1)
    expect(page.locator("#rows .row").nth(3)).to_be_visible()
    assert page.url == f"{url}/"
    assert page.evaluate("document.cookie") == ""
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert witness.foreign == []
    assert [text for text in witness.errors if not REFUSED.search(text)] == []
    other = context.new_page()
    other.goto(f"{url}/login")
    other.get_by_role("button", name="Log out").click()
    expect(other.get_by_label("Your key")).to_be_visible()
    expect(page.locator("#banner-title")).to_have_text("A key is needed")
    assert context.cookies() == []
    context.close()


def test_it_needs_no_script(chromium, running, expect):
    """With scripts off the form logs in all the same, and out again."""
    _, url, _ = running
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, url, KEY)
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/accounts")
    assert json.loads(page.locator("pre").inner_text())["count"] == 1
    page.goto(f"{url}/login")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Your key")).to_be_visible()
    assert page.goto(f"{url}/accounts").status == 401
    context.close()


def test_a_page_of_another_site_posts_nothing(chromium, running):
    """P21: a form and a fetch of a page at another port of the same host, which the browser counts
    as the same site and to which it gives the cookie, change nothing and read nothing.
    """
    _, url, _ = running
    context = chromium.new_context()
    page = context.new_page()
    log_in(page, url, KEY)
    page.wait_for_url(f"{url}/")
    elsewhere = "http://127.0.0.1:1/"
    page.route(elsewhere, lambda route: route.fulfill(body="<p>", content_type="text/html"))
    page.goto(elsewhere)
    read = """async (url) => {
      const options = { credentials: "include", mode: "cors" };
      return await fetch(url, options).then((answer) => answer.text(), () => "shut");
    }"""
    assert page.evaluate(read, f"{url}/accounts") == "shut"
    with page.expect_navigation() as posted:
        page.evaluate(
            """(url) => {
              const form = document.createElement("form");
              form.method = "post";
              form.action = url;
              document.body.append(form);
              form.submit();
            }""",
            f"{url}/accounts/primary/halt",
        )
    answer = posted.value
    assert "cookie" in answer.request.all_headers()
    assert answer.status == 403
    context.close()


def test_a_revoked_key_shuts_the_page_out(chromium, running, expect):
    """P21: after SIGHUP without the key the page says that one is needed, at once."""
    serve, url, path = running
    page = chromium.new_page()
    log_in(page, url, KEY)
    expect(page.locator("#link-text")).to_have_text(LIVE)
    path.write_text(path.read_text().replace(digest(KEY), digest(OTHER)))
    serve.popen.send_signal(signal.SIGHUP)
    expect(page.locator("#banner-title")).to_have_text("A key is needed")
    expect(page.locator("#link-text")).to_have_text("Refused")
    page.close()
