"""`python -m tests.screens FOLDER`: pictures of the monitor's main views, to be looked at.

    demo, with some hours' worth of test orders ══▶ page ──▶ VIEW-dark-desk.png, VIEW-light-phone.png …
    a gateway that asks for a key ════════════════════▲

Exit status 1 when a page logged an error, asked another host, or is wider than its screen.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from tests.screens_panels import PANELS
from tests.web.browser import Witness, browser, gateway, told_of
from tests.web.commands.processes import gateway_toml, orderwire
from tests.web.desk_hand import REFUSED

SIZES = {
    "phone": {"width": 390, "height": 844},
    "tablet": {"width": 900, "height": 1100},
    "desk": {"width": 1440, "height": 900},
}
THEMES = ("dark", "light")
FORGIVEN = (REFUSED, "status of 401", "HTTP Authentication failed")
LEGS = ("RESTNIFTY", "FILLBANK", "REJECTIT", "PARTIALITC", "STUCKSBI")


LEG = {
    "exchange": "NFO",
    "transaction_type": "BUY",
    "quantity": 50,
    "order_type": "LIMIT",
    "price": 100.5,
    "product": "NRML",
}


def main() -> int:
    """Take them all; print where each one is."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="views with this in their name", default="")
    folder, only = (asked := parser.parse_args()).folder, asked.only
    folder.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with browser() as chromium, gateway() as url, shut_gateway() as shut:
        seed(url)
        views = [(url, "#rows .row", *view) for view in VIEWS.items()]
        views += [(shut, "#login:visible", *view) for view in SHUT.items()]
        for size, (where, ready, view, show), theme in product(SIZES, views, THEMES):
            name = f"{view}-{theme}-{size}"
            if only in name:
                path = folder / f"{name}.png"
                faults += take(chromium, (where, ready), path, (size, theme), show)
    print(*faults, sep="\n", file=sys.stderr)
    return 1 if faults else 0


@contextlib.contextmanager
def shut_gateway() -> Iterator[str]:
    """Run a gateway that shows nothing without a key."""
    digest = hashlib.sha256(b"ow_desk").hexdigest()
    with TemporaryDirectory() as folder, orderwire("paper", "--port", 0) as paper:
        path = gateway_toml(Path(folder), paper.ready(), key_sha256=digest)
        with orderwire("serve", "--config", path) as serve:
            yield serve.ready()


def take(
    chromium: Any,
    at: tuple[str, str],
    path: Path,
    look: tuple[str, str],
    show: Callable[[Any], None],
) -> list[str]:
    """Take one picture, of a size and in a theme, and give what was wrong with the page.

    `at`: where it is opened, and what is there as soon as it is ready.
    """
    (url, ready), (size, theme) = at, look
    context = chromium.new_context(viewport=SIZES[size], has_touch=size == "phone")
    context.add_init_script(f"localStorage.setItem('orderwire-theme', '{theme}')")
    page, witness = context.new_page(), Witness(urlsplit(url).netloc, FORGIVEN)
    witness.watch(page)
    page.goto(url)
    page.wait_for_selector(ready)
    show(page)
    page.wait_for_timeout(1200)
    page.screenshot(path=path)
    print(path)
    too_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    context.close()
    faults = [*witness.errors, *witness.foreign, *(["too wide"] if too_wide else [])]
    return [f"{path.name}: {fault}" for fault in faults]


def seed(url: str) -> None:
    """Place what shows every kind of row."""
    for symbol in LEGS:
        leg = LEG | {"tradingsymbol": symbol}
        post(f"{url}/accounts/primary/batch-orders", {"orders": [leg], "wait_s": 5})


def post(url: str, body: object) -> None:
    """Post JSON; what is refused is no matter here."""
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as error:
        print(url, error.read().decode()[:300], file=sys.stderr)


def messages(page: Any) -> None:
    """Open the messages, of which a quiet market has none: these are made up."""
    told = [
        ("info", "The stream is live again after 3 s.", None),
        ("warning", "Order 261121000000012 was filled after its cancel was accepted.", "12"),
        ("error", "A report of 412 bytes cannot be read: data.quantity: a whole number.", None),
    ]
    rows = [
        {
            "id": f"m{i}",
            "level": level,
            "text": text,
            "order_id": order,
            "at": f"2026-11-21T04:31:0{i}.000Z",
        }
        for i, (level, text, order) in enumerate(told)
    ]
    answer = {"data": rows, "offset": 1}
    page.route("**/accounts/*/messages?**", lambda route: route.fulfill(json=answer))
    page.reload()
    page.click("#tab-messages")
    page.wait_for_selector("#rows .row")


def tab(name: str) -> Callable[[Any], None]:
    """Open a tab."""
    return lambda page: page.click(f"#tab-{name}")


def sheet(page: Any) -> None:
    """Open an account's sheet."""
    page.click("#accounts button")


def stale(page: Any) -> None:
    """Stop the streaming."""
    page.click("#stream")


def needs_login(page: Any) -> None:
    """An account whose broker asks for a login, and one that is down."""
    why = {"state": "down", "last_error": "connection refused"}
    told_of(page, hedge={"state": "needs_login"}, primary=why)
    page.wait_for_selector("#banner [data-account=hedge]")


def docs(page: Any) -> None:
    """The reference."""
    page.click("text=Reference")
    page.wait_for_selector("h1")


def login(page: Any) -> None:
    """The way in."""
    page.click("#login")
    page.wait_for_selector("input[type=password]")


VIEWS: dict[str, Callable[[Any], None]] = {
    "orders": lambda page: page.wait_for_timeout(3000),
    "trades": tab("trades"),
    "positions": tab("positions"),
    "messages": messages,
    "batches": tab("batches"),
    "sheet": sheet,
    "stale": stale,
    "needs-login": needs_login,
    "docs": docs,
    **PANELS,
}
SHUT: dict[str, Callable[[Any], None]] = {"key-needed": lambda _: None, "login": login}

if __name__ == "__main__":
    sys.exit(main())
