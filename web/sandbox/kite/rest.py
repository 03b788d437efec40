"""Kite Connect's REST, as one function from a request to an answer.

    request ──▶ token? ──▶ answered (faults, latency) ──▶ {"status": "success", "data": …}

Bodies are forms; that of a basket, of which the margin is asked, is JSON. An order is placed when
its id comes back; what becomes of it is told later. The refusal of an order that cannot be changed
is an OrderException, of what is not well formed an InputException.
"""

from itertools import pairwise
from typing import Final

from web.sandbox.answering import answered, json_array
from web.sandbox.asks import ask_of, listed, modified
from web.sandbox.desk import Desk
from web.sandbox.http import Request, Response, json_value
from web.sandbox.kite.answers import error, refused, success, success_text
from web.sandbox.kite.forms import check_protection, form_of, terms_of
from web.sandbox.kite.instruments import dump
from web.sandbox.kite.login import login_page, session
from web.sandbox.kite.rows import basket_row, book_row, position_rows, trade_row
from web.sandbox.margins import margin_of
from web.sandbox.orders import Order, RefusedError

VERSION: Final = "3"
CHANGES_MAX: Final = 25
"""How often one order may be modified."""


class NotFoundError(Exception):
    """There is no such thing: 404."""


class Rest:
    """The REST surface of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handle(self, request: Request) -> Response:
        """Answer one request; it may take for ever, as a broker may."""
        path = request.path.rstrip("/").split("/")[1:]
        try:
            if (request.method, path) == ("GET", ["connect", "login"]):
                return login_page(self._desk, request.query)
            if request.headers.get("x-kite-version") != VERSION:
                return refused(400, "Invalid or missing `X-Kite-Version`.")
            if (request.method, path) == ("POST", ["session", "token"]):
                return session(self._desk, form_of(request.body))
        except RefusedError as refusal:
            return refused(400, str(refusal))
        account_id = self._caller(request)
        if account_id is None:
            return refused(403, "Incorrect `api_key` or `access_token`.")

        async def work() -> Response | None:
            try:
                return await self._do(account_id, request, path)
            except NotFoundError as missing:
                return refused(404, str(missing))

        return await answered(self._desk, request, account_id, work, refused)

    def _caller(self, request: Request) -> str | None:
        """Give whose the header `token api_key:access_token` is; None when it is nobody's."""
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        api_key, _, access_token = pair.partition(":")
        account_id = self._desk.account_of(api_key)
        if scheme != "token" or account_id is None:
            return None
        door = f"{request.method} {request.path}"
        return account_id if self._desk.lets_in(account_id, access_token, door) else None

    async def _do(self, account_id: str, request: Request, path: list[str]) -> Response | None:
        """Do what is asked; None is an answer that never comes."""
        match request.method, path:
            case "POST", ["orders", variety]:
                return self._place(account_id, variety, request.body)
            case "PUT" | "DELETE", ["orders", variety, order_id]:
                return self._change(request, self._order(account_id, order_id), variety)
            case "POST", ["margins", "basket"]:
                return self._margin(account_id, request.body)
            case "GET", ["orders"]:
                orders = self._desk.orders_of(account_id)
                return success_text(await json_array(book_row(*each) for each in orders))
            case "GET", ["instruments"]:
                return dump(request)
            case "GET", ["trades"]:
                fills = self._desk.fills_of(account_id)
                return success_text(await json_array(trade_row(*each) for each in fills))
            case "GET", ["orders", order_id]:
                order = self._order(account_id, order_id)
                # UPDATE is a word of the socket's: the history says OPEN, as the book does.
                return success([book_row(order, moment) for moment in order.history])
            case "GET", ["orders", order_id, "trades"]:
                order = self._order(account_id, order_id)
                return success([trade_row(fill, order) for fill in order.fills])
            case "GET", ["portfolio", "positions"]:
                return success(position_rows(self._desk, account_id))
        raise NotFoundError("Route not found")

    def _place(self, account_id: str, variety: str, body: bytes) -> Response | None:
        try:
            terms = terms_of(form_of(body))
            ask = ask_of(account_id, {**terms, "variety": variety})
            check_protection(ask.order_type, terms)
            placed = self._desk.market.place(ask)
        except RefusedError as refusal:
            return refused(400, str(refusal))
        if placed.order is None or not placed.answers:
            return None
        return success({"order_id": placed.order.order_id})

    def _margin(self, account_id: str, body: bytes) -> Response:
        try:
            asks = [ask_of(account_id, order) for order in listed(json_value(body))]
        except RefusedError as refusal:
            return refused(400, str(refusal))
        return success(basket_row(margin_of(self._desk.market, account_id, asks)))

    def _change(self, request: Request, order: Order, variety: str) -> Response:
        if variety != order.ask.variety:
            return refused(400, "Invalid `variety`.")
        try:
            terms = terms_of(form_of(request.body))
            wanted = modified(order.ask, terms)
            if wanted.order_type != order.ask.order_type:
                check_protection(wanted.order_type, terms)
        except RefusedError as refusal:
            return refused(400, str(refusal))
        if request.method == "PUT" and changes_of(order) >= CHANGES_MAX:
            return error(400, "Maximum allowed order modifications exceeded.", "OrderException")
        try:
            if request.method == "PUT":
                self._desk.market.modify(order.order_id, wanted)
            else:
                self._desk.market.cancel(order.order_id)
        except RefusedError as refusal:
            return error(400, str(refusal), "OrderException")
        return success({"order_id": order.order_id})

    def _order(self, account_id: str, order_id: str) -> Order:
        order = self._desk.market.exchange.books[account_id].orders.get(order_id)
        if order is None:
            raise NotFoundError("Couldn't find that `order_id`.")
        return order


def changes_of(order: Order) -> int:
    """Count the modifications of an order: an UPDATE that is no fill."""
    return sum(
        after.status == "UPDATE" and after.filled == before.filled
        for before, after in pairwise(order.history)
    )
