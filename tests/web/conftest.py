"""What every test of a surface begins with, and every test that drives the page."""

from functools import partial
from urllib.parse import urlsplit

import pytest
import structlog
import trio

from tests.web.browser import DESK, Witness, browser
from tests.web.browser import gateway as demo_gateway
from tests.web.fakes import a_gateway
from tests.web.odd_app import an_app
from web.server import Listen, serve


@pytest.fixture(autouse=True)
def entries():
    """Keep what is logged, instead of printing it."""
    with structlog.testing.capture_logs() as kept:
        yield kept


@pytest.fixture
async def gateway(tmp_path):
    """A settled gateway, open on loopback, on whatever clock the test has."""
    async with a_gateway(tmp_path) as running:
        yield running


@pytest.fixture
async def app():
    """An app in which anything may go wrong."""
    return an_app()


@pytest.fixture
async def url(app, nursery):
    """Where that app is served."""
    stop = trio.Event()
    url = await nursery.start(partial(serve, app, Listen("127.0.0.1", 0, grace_s=1), stop=stop))
    yield url
    stop.set()


@pytest.fixture(scope="module")
def chromium():
    """Headless Chromium, one a module."""
    with browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def demo(chromium):
    """The real demo's address; after the browser: where there is none, no gateway is started."""
    with demo_gateway() as url:
        yield url


@pytest.fixture
def witness(demo):
    """Who looks on: at the end no error was logged and no other host asked."""
    witness = Witness(urlsplit(demo).netloc)
    yield witness
    assert (witness.errors, witness.foreign) == ([], [])


@pytest.fixture
def page(chromium, demo, witness, request):
    """The monitor, opened on the demo and live; a desk's screen, unless the test names another."""
    context = chromium.new_context(viewport=getattr(request, "param", None) or DESK)
    page = context.new_page()
    witness.watch(page)
    page.goto(demo)
    page.wait_for_selector("#link[data-phase=live]")
    page.wait_for_selector("#rows .row")
    yield page
    context.close()


@pytest.fixture
def blank(chromium):
    """A page that was not opened yet, for who wants a hand on what it will be told."""
    context = chromium.new_context(viewport=DESK)
    yield context.new_page()
    context.close()


@pytest.fixture
def expect(chromium):
    """Playwright's assertions, which wait up to their deadline; absent where playwright is."""
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)
    return expect
