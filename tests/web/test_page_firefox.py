"""The monitor in Firefox, once through: what one engine takes, the other must take as well."""

from urllib.parse import urlsplit

import pytest

from tests.web.browser import DESK, PHONE, Witness, gateway
from tests.web.firefox import firefox

pytestmark = [pytest.mark.browser, pytest.mark.process]

FORM = "dialog.wide"
WIDE = "() => document.documentElement.scrollWidth <= window.innerWidth"


def text(selector):
    """The text of the first element that fits, as an expression in the page."""
    return f"document.querySelector({selector!r})?.textContent"


async def test_the_monitor_is_at_home_in_firefox():
    """Rows come live and tick; a batch is rehearsed; tabs, time travel and the theme work; at a
    desk and on a phone nothing is wider than the screen; no error is logged, no other host asked.
    """
    witness = Witness("")
    async with firefox(witness) as tab:
        with gateway() as url:
            witness.host = urlsplit(url).netloc
            await tab.size(DESK)
            await tab.open(url)
            await is_live(tab)
            await rehearse(tab)
            await tab.click("#tab-trades")
            await tab.until("document.querySelector('#table[data-table=trades] #rows .row')")
            await go_back(tab)
            dark = await tab.do("() => getComputedStyle(document.body).backgroundColor")
            await tab.click("#theme")
            await tab.until("document.documentElement.dataset.theme === 'light'")
            assert await tab.do("() => getComputedStyle(document.body).backgroundColor") != dark
            assert await tab.do(WIDE)
            await tab.size(PHONE)
            await tab.click("#tab-orders")
            await tab.until("document.querySelector('#rows .row .status .chip')")
            assert await tab.do(WIDE)
            await tab.open("about:blank")
    assert (witness.errors, witness.foreign) == ([], [])


async def is_live(tab):
    """Rows are there, and change while one looks on."""
    await tab.until(f"{text('#link-text')} === 'Live'")
    await tab.until("document.querySelector('#rows .row')")
    await tab.until("document.querySelectorAll('#accounts li[data-state=live]').length === 2")
    before = await tab.do(f"() => {text('#position')}")
    await tab.until(f"{text('#position')} !== {before!r}")
    await tab.until("document.querySelector('#rows [data-lit]')")


async def rehearse(tab):
    """Two legs are written with the keys; what they need and the way out of them is told."""
    await tab.click("#open-batch-form")
    for place, (symbol, side) in enumerate((("FILLFOX", "BUY"), ("RESTFOX", "SELL"))):
        leg = f"{FORM} .leg:nth-child({place + 1})"
        for name, value in (("tradingsymbol", symbol), ("quantity", "50"), ("price", "100")):
            await tab.click(f"{leg} [name={name}]")
            await tab.type(value)
        await tab.do(f"() => document.querySelector('{leg} [name=transaction_type]').focus()")
        await tab.type(side)
    await tab.until(f"document.querySelectorAll('{FORM} .exits li').length === 2")
    assert "needed" in await tab.do(f"() => {text(f'{FORM} .rehearsal')}")
    await tab.click(f"{FORM} header button")


async def go_back(tab):
    """The tables show an earlier moment, and the present again."""
    await tab.click("#open-travel")
    await tab.until(f"{text('.travel .answer')}?.startsWith('event')")
    now = await tab.do(f"() => {text('.travel .answer')}")
    await tab.type("\ue012")  # the left arrow, as WebDriver writes it
    await tab.until(
        f"{text('.travel .answer')}?.startsWith('event') && {text('.travel .answer')} !== {now!r}"
    )
    assert await tab.do(f"() => {text('.as-of')}.endsWith('not live')")
    await tab.click("#back-to-live")
    await tab.until("document.getElementById('travel').hidden")
