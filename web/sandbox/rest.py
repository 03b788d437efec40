"""ticker_service's REST, as one function from a request to an answer.

    request ──▶ key? ──▶ fault? ──▶ half the latency ──▶ done ──▶ other half ──▶ answer
                                                           └─▶ or no answer at all

What a call changes has changed, and is in the ledger, before its answer goes out. Lists are Kite's
rows, bare, as ticker_service passes them through.
"""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import trio

from web.sandbox.asks import ask_of, modified
from web.sandbox.batches import run_batch
from web.sandbox.desk import Desk
from web.sandbox.http import Request, Response, answer, fault, json_object, raw_json
from web.sandbox.metrics import metrics_text
from web.sandbox.orders import IST, Order, RefusedError
from web.sandbox.rows import Row, book_row, position_row, stream_row, trade_row

NO_ANSWER_S: Final = 600.0
"""How long an answer that never comes is not given, if the caller stays."""

ROWS_A_TURN: Final = 50
"""Rows that are encoded between two looks at the rest of the world."""


class NotFoundError(Exception):
    """There is no such thing: 404."""


class Rest:
    """The REST surface of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._orders: Counter[tuple[str, str]] = Counter()

    async def handle(self, request: Request) -> Response:
        """Answer one request; it may take for ever, as a broker may."""
        response = await self._handle(request)
        self._requests[request.method, route_of(request, response), response.status] += 1
        return response

    async def _handle(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        if path == "/health":
            return answer({"status": "ok"})
        if path == "/metrics":
            text = metrics_text(self._desk, self._requests, self._orders)
            return Response(200, {"content-type": "text/plain; version=0.0.4"}, text.encode())
        key = request.headers.get("x-api-key")
        if not self._desk.knows(key):
            said = "Invalid API key" if key else "Missing API key. Send it in X-API-Key."
            return fault(401, said, www_authenticate="ApiKey")
        return await self._answer(request, path)

    async def _answer(self, request: Request, path: str) -> Response:
        desk = self._desk
        call = "reads" if request.method == "GET" else "orders"
        fate = desk.faults.request(call, named_account(request), desk.elapsed_s())
        if fate.refuse_status is not None:
            return fault(fate.refuse_status, "Service Unavailable")
        await trio.sleep(desk.latency_s / 2)
        try:
            response = await self._do(request, path)
        except RefusedError as refusal:
            response = fault(400, str(refusal))
        except NotFoundError as missing:
            response = fault(404, str(missing))
        await trio.sleep(desk.latency_s / 2 + fate.late_s)
        if response is None or (fate.unanswered and response.status < 400):
            await trio.sleep(NO_ANSWER_S)
            return fault(504, "Gateway Timeout")
        return response

    async def _do(self, request: Request, path: str) -> Response | None:
        """Do what is asked; None is an answer that never comes."""
        match request.method, path.split("/")[1:]:
            case "POST", ["orders", "place"]:
                return self._place(json_object(request.body))
            case "PUT", ["orders", "modify"]:
                return self._change("modify", json_object(request.body))
            case "DELETE", ["orders", "cancel"]:
                return self._change("cancel", json_object(request.body))
            case "POST", ["advanced", "batch-orders"]:
                return await run_batch(self._desk, json_object(request.body))
            case "GET", rest:
                return await self._read(rest, request.query)
        raise NotFoundError("Not Found")

    def _place(self, body: dict[str, Any]) -> Response | None:
        ask = ask_of(self._account(body), body)
        self._orders["place", ask.account_id] += 1
        placed = self._desk.market.place(ask)
        if placed.order is None or not placed.answers:
            return None
        task = self._desk.tasks.add("place", placed.order)
        self._desk.tell_task(task)
        return answer({"order_id": "", "task_id": task.task_id})

    def _change(self, operation: str, body: dict[str, Any]) -> Response:
        account_id = self._account(body)
        order_id = body.get("order_id")
        if not isinstance(order_id, str):
            raise RefusedError("Invalid `order_id`.")
        order = self._desk.market.exchange.order(order_id)
        if order.ask.account_id != account_id:
            raise RefusedError("Couldn't find that `order_id`.")
        self._orders[operation, account_id] += 1
        if operation == "modify":
            self._desk.market.modify(order_id, modified(order.ask, body))
        else:
            self._desk.market.cancel(order_id)
        task = self._desk.tasks.add(operation, order)
        self._desk.tell_task(task)
        return answer({"order_id": order_id, "task_id": task.task_id})

    async def _read(self, rest: list[str], query: dict[str, str]) -> Response:
        match rest:
            case ["orders"]:
                return await listing(self._orders_rows(self._account(query)))
            case ["orders", "tasks", task_id]:
                task = self._desk.tasks.get(task_id)
                if task is None:
                    raise NotFoundError("Task not found")
                return answer(task.row())
            case ["orders", "trades", "all"]:
                return await listing(self._trade_rows(self._account(query)))
            case ["orders", order_id, "history"]:
                order = self._order(order_id, query)
                return answer([stream_row(order, moment) for moment in order.history])
            case ["orders", order_id, "trades"]:
                order = self._order(order_id, query)
                return answer([trade_row(each, order) for each in order.fills])
            case ["portfolio", "positions"]:
                return answer(self._positions(self._account(query)))
            case ["advanced", "ws", "stats"]:
                return answer({"total_connections": len(self._desk.hub)})
        raise NotFoundError("Not Found")

    def _orders_rows(self, account_id: str) -> Iterator[Row]:
        today = self._desk.now().astimezone(IST).date()
        # Orders and moments are taken together, so the list is of one instant.
        taken = [
            (each, each.last)
            for each in self._desk.market.exchange.books[account_id].orders_of(today)
        ]
        return (book_row(order, moment) for order, moment in taken)

    def _trade_rows(self, account_id: str) -> Iterator[Row]:
        book = self._desk.market.exchange.books[account_id]
        taken = book.fills_of(self._desk.now().astimezone(IST).date())
        return (trade_row(each, book.orders[each.order_id]) for each in taken)

    def _positions(self, account_id: str) -> dict[str, list[Row]]:
        exchange = self._desk.market.exchange
        book = exchange.books[account_id]
        day = book.day_of(self._desk.now().astimezone(IST).date())
        return {
            name: [position_row(each, exchange.last_prices[each.key[1]]) for each in positions]
            for name, positions in (("net", book.net.values()), ("day", day))
        }

    def _order(self, order_id: str, query: dict[str, str]) -> Order:
        try:
            order = self._desk.market.exchange.order(order_id)
        except RefusedError as refusal:
            raise NotFoundError(str(refusal)) from None
        if query.get("account_id", order.ask.account_id) != order.ask.account_id:
            raise NotFoundError("Couldn't find that `order_id`.")
        return order

    def _account(self, named: dict[str, Any]) -> str:
        account_id = named.get("account_id", "primary")
        if not isinstance(account_id, str) or account_id not in self._desk.accounts:
            raise NotFoundError("Account not found")
        return account_id


async def listing(rows: Iterator[Row]) -> Response:
    """Give a JSON list of many rows, encoded in turns so that the stream is not held up."""
    parts: list[str] = []
    while turn := list(islice(rows, ROWS_A_TURN)):
        parts.extend(json.dumps(row, separators=(",", ":")) for row in turn)
        await trio.lowlevel.checkpoint()
    return raw_json(f"[{','.join(parts)}]")


def route_of(request: Request, response: Response) -> str:
    """Give the path with its ids left out, so that the metrics stay few."""
    if response.status in {404, 405}:
        return "other"
    parts = request.path.rstrip("/").split("/")
    return "/".join("{id}" if any(map(str.isdigit, part)) else part for part in parts)


def named_account(request: Request) -> str | None:
    """Give the account that a request names, for faults that are one account's."""
    if request.method == "GET":
        return request.query.get("account_id")
    try:
        named = json_object(request.body).get("account_id")
    except RefusedError:
        return None
    return named if isinstance(named, str) else None
