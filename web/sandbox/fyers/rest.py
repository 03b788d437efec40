"""Fyers' REST, as one function from a request to an answer.

    request ──▶ token? ──▶ answered (faults, latency) ──▶ {"s": "ok", "code", "message", …}

All paths stand under /api/v3. A basket is so many orders in one call: each has its own outcome,
and none undoes another. Fyers has no history of an order.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

from web.sandbox.answering import answered, json_array
from web.sandbox.asks import listed, modified
from web.sandbox.desk import Desk
from web.sandbox.fyers.answers import (
    BAD_ORDER_ID,
    BAD_PARAMS,
    BAD_SYMBOL,
    CANCELLED,
    MODIFIED,
    PLACED,
    REJECTED,
    error,
    refused,
    success,
)
from web.sandbox.fyers.bodies import SymbolError, ask_in, changes_in, combined_in, legs_in
from web.sandbox.fyers.login import account_of, login_page, token_for
from web.sandbox.fyers.rows import Row, order_row, position_rows, tag_of, trade_row
from web.sandbox.fyers.symbol_master import FOLDER, master
from web.sandbox.http import Request, Response, json_object, raw_json
from web.sandbox.margins import PURSE, margin_of
from web.sandbox.native import place_native
from web.sandbox.orders import RefusedError

PREFIX: Final = "/api/v3/"
ELSEWHERE: Final = "Not Found: a paper broker as Fyers is at /api/v3, its socket at /trade/v3"


class Rest:
    """The REST surface of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handle(self, request: Request) -> Response:
        """Answer one request; it may take for ever, as a broker may."""
        if not request.path.startswith(PREFIX):
            return refused(404, ELSEWHERE)
        path = request.path.removeprefix(PREFIX).rstrip("/").split("/")
        if (request.method, path) == ("GET", ["generate-authcode"]):
            return login_page(self._desk, request.query)
        if (request.method, path) == ("POST", ["validate-authcode"]):
            try:
                return token_for(self._desk, json_object(request.body))
            except RefusedError as refusal:
                return error(400, BAD_PARAMS, str(refusal))
        if request.method == "GET" and path[0] == FOLDER:
            return await self._master("/".join(path[1:]), request)
        account_id = caller(self._desk, request)
        if account_id is None:
            return refused(401, "")

        def work() -> Awaitable[Response | None]:
            return self._do(account_id, request, path)

        return await answered(self._desk, request, account_id, work, refused)

    async def _master(self, name: str, request: Request) -> Response:
        """Give a file of the symbol master, to anyone."""

        async def work() -> Response | None:
            return master(name)

        return await answered(self._desk, request, None, work, refused)

    async def _do(self, account_id: str, request: Request, path: list[str]) -> Response | None:
        """Do what is asked; None is an answer that never comes."""
        match request.method, path:
            case "POST" | "PATCH" | "DELETE", ["orders", "sync"]:
                return _or_refused(
                    lambda: self._order_call(account_id, request.method, json_object(request.body))
                )
            case "DELETE", ["orders", order_id, "sync"]:
                return self._order_call(account_id, "DELETE", {"id": order_id})
            case "POST" | "PATCH" | "DELETE", ["multi-order", "sync"]:
                return _or_refused(lambda: self._basket(account_id, request))
            case "POST", ["multileg", "orders", "sync"]:
                return _or_refused(lambda: self._combined(account_id, json_object(request.body)))
            case "POST", ["multiorder", "margin"]:
                return _or_refused(lambda: self._margin(account_id, json_object(request.body)))
            case "GET", ["orders"]:
                return await _listing("orderBook", self._orders(account_id, request.query))
            case "GET", ["tradebook"]:
                trades = [trade_row(*each) for each in self._desk.fills_of(account_id)]
                return await _listing("tradeBook", trades)
            case "GET", ["positions"]:
                return self._positions(account_id)
        return refused(404, "Not Found")

    def _order_call(self, account_id: str, method: str, body: dict[str, Any]) -> Response | None:
        """Place, modify or cancel one order."""
        if method == "POST":
            return self._place(account_id, body)
        return self._change(account_id, method, body)

    def _place(self, account_id: str, body: dict[str, Any]) -> Response | None:
        try:
            ask = ask_in(account_id, body)
        except SymbolError as refusal:
            return error(400, BAD_SYMBOL, str(refusal))
        except RefusedError as refusal:
            return error(400, BAD_PARAMS, str(refusal))
        try:
            placed = self._desk.market.place(ask)
        except RefusedError as refusal:
            return error(400, REJECTED, str(refusal))
        if placed.order is None or not placed.answers:
            return None
        order_id = placed.order.order_id
        said = f"Order submitted successfully. Your Order Ref.No.{order_id}"
        return success(PLACED, said, id=order_id)

    def _combined(self, account_id: str, body: dict[str, Any]) -> Response | None:
        """Place legs as one order."""
        try:
            asks = combined_in(account_id, body)
        except SymbolError as refusal:
            return error(400, BAD_SYMBOL, str(refusal))
        try:
            whole = place_native(self._desk.market, asks)
        except RefusedError as refusal:
            return error(400, REJECTED, str(refusal))
        if whole.order_id is None or not whole.answers:
            return None
        return success(PLACED, "Successfully placed order", id=whole.order_id)

    def _margin(self, account_id: str, body: dict[str, Any]) -> Response:
        """Say what orders would need, in the order in which they stand."""
        asks = [ask_in(account_id, order) for order in listed(body.get("data"))]
        margin = margin_of(self._desk.market, account_id, asks)
        blocked = float(PURSE - margin.available)
        data = {
            "margin_avail": float(margin.available),
            "margin_total": float(margin.initial),
            "margin_new_order": round(blocked + float(margin.initial), 2),
        }
        return success(data=data)

    def _change(self, account_id: str, method: str, body: dict[str, Any]) -> Response:
        order_id = body.get("id")
        orders = self._desk.market.exchange.books[account_id].orders
        order = orders.get(order_id) if isinstance(order_id, str) else None
        if order is None:
            return error(400, BAD_ORDER_ID, "Please provide a valid order id")
        try:
            wanted = modified(order.ask, changes_in(body))
        except RefusedError as refusal:
            return error(400, BAD_PARAMS, str(refusal))
        try:
            if method == "PATCH":
                self._desk.market.modify(order.order_id, wanted)
                return success(MODIFIED, "Successfully modified order", id=order.order_id)
            self._desk.market.cancel(order.order_id)
        except RefusedError as refusal:
            return error(400, REJECTED, str(refusal))
        return success(CANCELLED, "Successfully cancelled order", id=order.order_id)

    def _basket(self, account_id: str, request: Request) -> Response | None:
        """Do each of an array in turn; one that is not answered leaves the whole unanswered."""
        told = [self._order_call(account_id, request.method, leg) for leg in legs_in(request.body)]
        outcomes = [_outcome(each) for each in told if each is not None]
        if len(outcomes) < len(told):
            return None
        return raw_json(f'{{"s":"ok","code":200,"message":"","data":[{",".join(outcomes)}]}}')

    def _orders(self, account_id: str, query: dict[str, str]) -> list[Row]:
        ids, tag = query.get("id"), query.get("order_tag")
        return [
            order_row(order, moment)
            for order, moment in self._desk.orders_of(account_id)
            if (ids is None or order.order_id in ids.split(","))
            and (tag is None or tag_of(moment.ask.tag) == tag)
        ]

    def _positions(self, account_id: str) -> Response:
        rows = position_rows(self._desk, account_id)
        overall = {
            "count_total": len(rows),
            "count_open": sum(row["netQty"] != 0 for row in rows),
            "pl_total": round(sum(row["pl"] for row in rows), 4),
            "pl_realized": round(sum(row["realized_profit"] for row in rows), 4),
            "pl_unrealized": round(sum(row["unrealized_profit"] for row in rows), 4),
        }
        return success(netPositions=rows, overall=overall)


def caller(desk: Desk, request: Request) -> str | None:
    """Give whose the header `authorization: appId:token` is; None when it is nobody's."""
    app_id, _, token = request.headers.get("authorization", "").partition(":")
    if not app_id:
        return None
    account_id = account_of(desk, app_id)
    door = f"{request.method} {request.path}"
    return account_id if desk.lets_in(account_id, token, door) else None


async def _listing(name: str, rows: list[Row]) -> Response:
    text = await json_array(rows)
    return raw_json(f'{{"s":"ok","code":200,"message":"","{name}":{text}}}')


def _outcome(response: Response) -> str:
    """Give one order's answer as it stands in that of a basket."""
    words = f"HTTP {'OK' if response.status == 200 else HTTPStatus(response.status).phrase}"
    body = response.body.decode()
    return f'{{"statusCode":{response.status},"body":{body},"statusDescription":"{words}"}}'


def _or_refused(work: Callable[[], Response | None]) -> Response | None:
    try:
        return work()
    except RefusedError as refusal:
        return error(400, BAD_PARAMS, str(refusal))
