"""What the page's tests stand on: a real gateway, a real browser, and two who look on.

    gateway() ── subprocess ──▶ "ready URL"
    browser() ── headless Chromium ──▶ page ──▶ Witness: console errors, requests to other hosts
    Wire: a hand on the frames between the two; told_of: on what is said of the accounts
    texts: what rows say, all at one moment

Nothing here waits without a deadline, and what it starts it ends.
"""

import contextlib
import importlib.util
import json
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 20.0
STOP_WITHIN_S = 10.0
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
SOCKET = re.compile(r"/ws/orders")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@attrs.define
class Witness:
    """What a page did that it should not have done."""

    host: str
    forgiven: tuple[str, ...] = ()  # what a browser logs of an answer that the test asks for
    errors: list[str] = attrs.field(factory=list)
    foreign: list[str] = attrs.field(factory=list)

    def watch(self, page):
        """Listen to everything that `page` says and asks for, its websockets too."""
        page.on("console", lambda message: self.heard(message))  # noqa: PLW0108
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.asked(request.url))
        page.on("websocket", lambda socket: self.asked(socket.url))

    def heard(self, message):
        """A warning counts too: a blocked style or script is only a warning in some browsers."""
        is_forgiven = any(words in message.text for words in self.forgiven)
        if message.type in {"error", "warning"} and not is_forgiven:
            self.errors.append(message.text)

    def asked(self, url):
        """Remember a request that left the gateway."""
        if urlsplit(url).netloc != self.host:
            self.foreign.append(url)


class Wire:
    """The page's websockets, with a hand on each frame that comes down.

    `judge(route, text)` does with the first socket's frames as it likes; those of later ones are
    held until `release`, so that what the page says in between can be read at leisure.
    """

    def __init__(self, page, judge):
        self.asked = []
        self.judge = judge
        self.held = []
        self.open = False
        page.route_web_socket(SOCKET, self.dialled)

    def dialled(self, route):
        """Join a new socket of the page to the gateway."""
        first = not self.asked
        self.asked.append(parse_qs(urlsplit(route.url).query))
        down = self.judge if first else self.later
        route.connect_to_server().on_message(lambda text: down(route, text))

    def later(self, route, text):
        """Hold what comes down a later socket, until released."""
        if self.open:
            route.send(text)
        else:
            self.held.append((route, text))

    def release(self):
        """Let the held frames go, in order, and all that follow."""
        self.open = True
        for route, text in self.held:
            route.send(text)


def texts(page, selector):
    """What all that fit a selector say, read in one step: rows are used anew while one looks on."""
    read = "(selector) => [...document.querySelectorAll(selector)].map((one) => one.innerText)"
    return page.evaluate(read, selector)


def told_of(page, **states):
    """Have the page be told this of accounts, by name, whatever the gateway says of them."""

    def changed(route):
        answer = route.fetch()
        status = answer.json()
        for name, fields in states.items():
            status["accounts"][name] |= fields
        status["offset"] += 10**9  # nothing that comes later is newer
        route.fulfill(response=answer, body=json.dumps(status))

    page.route("**/ws/status", changed)
    page.reload()
    page.wait_for_selector("#rows .row")


def command() -> list[str]:
    """The demo, as a reader of the README starts it, but busier and without opening a browser."""
    return [sys.executable, "-m", "web", "demo", "--port", "0", "--no-browser", "--rate", "20"]


@contextlib.contextmanager
def gateway() -> Iterator[str]:
    """Run the demo and give its address, from the one line that it prints when it serves."""
    with subprocess.Popen(command(), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            readable, _, _ = select.select([process.stdout], [], [], READY_WITHIN_S)
            line = process.stdout.readline() if readable else ""
            word, _, url = line.strip().partition(" ")
            assert word == "ready", f"the demo did not say that it serves, but {line!r}"
            yield url.rstrip("/")
        finally:
            process.terminate()
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def browser() -> Iterator[object]:
    """Headless Chromium; the test is skipped, and says why, where there is none to drive."""
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed: pip install playwright")
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip(f"no Chromium on the PATH; looked for {', '.join(CHROMIUM)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()
