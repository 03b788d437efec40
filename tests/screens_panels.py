"""The views of the monitor that have to be opened: the form, an order, the questions, the past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.web.desk_hand import FORM, fill, open_form, place

OUTCOME_MS = 60_000


def form(page: Any) -> None:
    """Open the form with an iron condor, one leg of which is faulty."""
    open_form(page)
    page.select_option("[name=template]", "condor")
    strikes = {"put_buy": 25400, "put_sell": 25600, "call_sell": 26000, "call_buy": 26200}
    for name, value in {"series": "NIFTY25NOV", **strikes, "quantity": 75}.items():
        page.fill(f".template [name={name}]", f"{value}")
    page.click("text=Fill in the legs")
    for leg in page.locator(f"{FORM} .leg").all()[1:]:
        leg.locator("[name=price]").fill("100")
    page.wait_for_selector(f"{FORM} [aria-invalid]")


def two_legs(page: Any, *symbols: str) -> None:
    """Fill in one leg a symbol."""
    open_form(page)
    for i, symbol in enumerate(symbols):
        fill(page, i, symbol, ("BUY", "SELL")[i % 2])


def verdict(page: Any) -> None:
    """What a dry run says of a batch that could be placed."""
    two_legs(page, "RESTNIFTY", "FILLBANK")
    page.wait_for_selector(".exits li")
    page.locator(f"{FORM} button[type=submit]").scroll_into_view_if_needed()


def question(page: Any) -> None:
    """The last question before a batch is placed."""
    two_legs(page, "RESTNIFTY", "FILLBANK")
    place(page)


def exposed(page: Any) -> None:
    """A batch that leaves something behind, and all that is told of it."""
    if page.locator(".exposed").count() == 0:
        two_legs(page, "STUCKNIFTY", "REJECTBANK")
        place(page)
        page.click("dialog.confirm .act")
        page.locator(f"{FORM} header button").click()
    page.wait_for_selector(".exposed:not([data-again])", timeout=OUTCOME_MS)
    page.locator(".exposed").get_by_text("Look").first.click()


def order(page: Any) -> None:
    """An order with its life."""
    page.fill("#filter", "PARTIAL")
    page.locator("#rows .row").first.click()
    page.wait_for_selector(".steps li")


def halt(page: Any) -> None:
    """The question before all is halted."""
    page.click("#halt-all")


def accounts(page: Any) -> None:
    """What may be done with each account."""
    page.click("#open-accounts")


def alerts(page: Any) -> None:
    """What was rejected, and what is exposed."""
    page.click("#bell")


def past(page: Any) -> None:
    """The tables as they were."""
    page.click("#open-travel")
    page.wait_for_selector("text=/^event/")
    page.keyboard.press("PageDown")


PANELS: dict[str, Callable[[Any], None]] = {
    "form": form,
    "verdict": verdict,
    "question": question,
    "exposed": exposed,
    "order": order,
    "halt": halt,
    "accounts": accounts,
    "alerts": alerts,
    "past": past,
}
