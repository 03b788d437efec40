"""ticker_service's REST, as one function from a request to an answer.

    request ──▶ key? ──▶ answered (faults, latency) ──▶ task, Kite's rows, or {"detail": …}

Lists are Kite's rows, bare, as ticker_service passes them through.
"""

from collections import Counter
from typing import Any

from web.sandbox.answering import answered, json_array
from web.sandbox.asks import ask_of, listed, modified
from web.sandbox.desk import Desk
from web.sandbox.http import Request, Response, answer, fault, json_object, raw_json
from web.sandbox.kite.rows import basket_row, book_row, position_rows, stream_row, trade_row
from web.sandbox.margins import margin_of
from web.sandbox.orders import Order, RefusedError
from web.sandbox.ticker_service.batches import run_batch
from web.sandbox.ticker_service.frames import tell_task
from web.sandbox.ticker_service.metrics import metrics_text
from web.sandbox.ticker_service.tasks import Tasks


class NotFoundError(Exception):
    """There is no such thing: 404."""


class Rest:
    """The REST surface of one desk."""

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        self._desk = desk
        self._tasks = tasks
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

        async def work() -> Response | None:
            try:
                return await self._do(request, path)
            except RefusedError as refusal:
                return fault(400, str(refusal))
            except NotFoundError as missing:
                return fault(404, str(missing))

        return await answered(self._desk, request, named_account(request), work, fault)

    async def _do(self, request: Request, path: str) -> Response | None:
        """Do what is asked; None is an answer that never comes."""
        match request.method, path.split("/")[1:]:
            case "POST", ["orders", "place"]:
                return self._place(json_object(request.body))
            case "PUT", ["orders", "modify"]:
                return self._change("modify", json_object(request.body))
            case "DELETE", ["orders", "cancel"]:
                return self._change("cancel", json_object(request.body))
            case "POST", ["orders", "margins", "basket"]:
                return self._margin(json_object(request.body))
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
        task = self._tasks.add("place", placed.order)
        tell_task(self._desk, task)
        return answer({"order_id": "", "task_id": task.task_id})

    def _margin(self, body: dict[str, Any]) -> Response:
        account_id = self._account(body)
        asks = [ask_of(account_id, order) for order in listed(body.get("orders"))]
        return answer(basket_row(margin_of(self._desk.market, account_id, asks)))

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
        task = self._tasks.add(operation, order)
        tell_task(self._desk, task)
        return answer({"order_id": order_id, "task_id": task.task_id})

    async def _read(self, rest: list[str], query: dict[str, str]) -> Response:
        match rest:
            case ["orders"]:
                account_id = self._account(query)
                taken = self._desk.orders_of(account_id)
                return raw_json(await json_array(book_row(*each) for each in taken))
            case ["orders", "tasks", task_id]:
                task = self._tasks.get(task_id)
                if task is None:
                    raise NotFoundError("Task not found")
                return answer(task.row())
            case ["orders", "trades", "all"]:
                account_id = self._account(query)
                fills = self._desk.fills_of(account_id)
                return raw_json(await json_array(trade_row(*each) for each in fills))
            case ["orders", order_id, "history"]:
                order = self._order(order_id, query)
                return answer([stream_row(order, moment) for moment in order.history])
            case ["orders", order_id, "trades"]:
                order = self._order(order_id, query)
                return answer([trade_row(each, order) for each in order.fills])
            case ["portfolio", "positions"]:
                return answer(position_rows(self._desk, self._account(query)))
            case ["advanced", "ws", "stats"]:
                return answer({"total_connections": len(self._desk.hub)})
        raise NotFoundError("Not Found")

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
