"""A key that may only read: the monitor shows all of it, and says in plain words what it may not do.

serve (rights = ["read"]) ◀── page: rows, an order's life ── 403 ──▶ "Your key does not allow this"
"""

import hashlib
from urllib.parse import urlsplit

import pytest

from tests.web.browser import DESK, PHONE, Witness
from tests.web.commands.processes import gateway_toml, orderwire
from tests.web.desk_hand import FORM, agree, fill, open_form, place_by_api

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.long]

KEY, TRADER = "ow_reader", "ow_trader"
REFUSED = "Your key does not allow this"


def digest(key):
    """What a configuration knows of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture(scope="module")
def gateway(chromium, tmp_path_factory):
    """A gateway with a key that may read, and no more, and another that may trade; its address."""
    with orderwire("paper", "--port", 0, "--rate", 10) as paper:
        folder = tmp_path_factory.mktemp("gateway")
        path = gateway_toml(folder, paper.ready(), key_sha256=digest(TRADER))
        reader = f'[keys.reader]\nsha256 = "{digest(KEY)}"\naccounts = ["*"]\nrights = ["read"]\n'
        path.write_text(f"{path.read_text()}\n{reader}")
        with orderwire("serve", "--config", path) as serve:
            yield serve.ready()


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def reader(chromium, gateway, request, expect):
    """The monitor, open and live by that key."""
    context = chromium.new_context(viewport=request.param)
    page, witness = context.new_page(), Witness(urlsplit(gateway).netloc, ("status of 403",))
    page.goto(f"{gateway}/login")
    page.get_by_label("Your key").fill(KEY)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#link-text")).to_have_text("Live")
    witness.watch(page)
    yield page
    context.close()
    assert (witness.errors, witness.foreign) == ([], [])


def test_who_may_only_read_is_told_so_where_he_asks(reader, gateway, expect):
    """P21: with the right `read` alone rows live and an order opens; a cancel, a halt, a disconnect
    and a batch are refused in plain words, in the place where they were asked for.
    """
    order = place_by_api(gateway, "primary", ("RESTREAD", "BUY"), key=TRADER)["order_ids"][0]
    reader.fill("#filter", order)
    reader.locator("#rows .row").first.click()
    window = reader.locator("dialog.window[open]")
    expect(window.locator(".steps li").first).to_be_visible()
    window.get_by_role("button", name="Cancel this order").click()
    agree(reader)
    expect(window.locator(".answer")).to_contain_text(REFUSED)
    window.get_by_role("button", name="Close").first.click()
    reader.click("#open-accounts")
    for action in ("halt", "disconnect"):
        reader.click(f".account-hands [data-account=primary] [data-action={action}]")
        agree(reader)
        expect(window.locator(".answer")).to_contain_text(REFUSED)
        expect(window.locator(".answer")).to_contain_text("primary")
    window.get_by_role("button", name="Close").first.click()
    reader.click("#halt-all")
    agree(reader)
    expect(reader.get_by_role("alert").filter(has_text=REFUSED).first).to_be_visible()
    open_form(reader)
    fill(reader, 0, "FILLREADER")
    expect(reader.locator(".rehearsal")).to_contain_text(REFUSED)
    reader.click(f"{FORM} button[type=submit]")
    expect(reader.locator(f"{FORM} .answer")).to_contain_text(REFUSED)
