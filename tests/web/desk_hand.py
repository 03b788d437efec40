"""What a person does on the page, for tests of it: a form filled, a batch placed, a question answered.

open_form ──▶ fill(leg, …) ──▶ place ──▶ the question ──▶ "Place it" ──▶ .placed
"""

import json
import urllib.request

REFUSED = "status of 422"  # a dry run that names faults: the browser logs every such answer
FORM = "dialog.wide"


def open_form(page):
    """Open the form, empty."""
    page.click("#open-batch-form")
    page.wait_for_selector(f"{FORM}[open]")


def fill(page, place, symbol, side="BUY", *, quantity="50", price="100"):
    """Write a leg, counted from 0; `price` None makes it a MARKET order."""
    leg = page.locator(f"{FORM} .leg").nth(place)
    leg.locator("[name=tradingsymbol]").fill(symbol)
    leg.locator("[name=transaction_type]").select_option(side)
    leg.locator("[name=quantity]").fill(quantity)
    leg.locator("[name=order_type]").select_option("LIMIT" if price else "MARKET")
    if price:
        leg.locator("[name=price]").fill(price)


def place(page):
    """Ask to place what is filled in; the question comes."""
    page.click(f"{FORM} button[type=submit]")
    page.wait_for_selector("dialog.confirm[open]")


def agree(page):
    """Answer the question with the button that does it."""
    page.click("dialog.confirm .act")


def place_by_api(url, account, *legs, wait_s=5, key=None):
    """Place a batch beside the page; gives the answer. A leg is (symbol, side)."""
    shared = {"exchange": "NFO", "quantity": 50, "order_type": "LIMIT", "product": "NRML"}
    orders = [
        {"tradingsymbol": symbol, "transaction_type": side, "price": 100, **shared}
        for symbol, side in legs
    ]
    body = {"orders": orders, "wait_s": wait_s}
    return call(f"{url}/accounts/{account}/batch-orders", body, key)


def call(url, body=None, key=None):
    """Ask the gateway itself: POST where there is a body; with a key where one is needed."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"X-API-Key": key})
    request = urllib.request.Request(url, data, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
