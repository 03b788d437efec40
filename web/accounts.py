"""The accounts' books as they are read: lists, and one order with its whole life.

    GET /accounts                                   those that the caller may read
    GET /accounts/{id}/orders trades positions messages
    GET /accounts/{id}/orders/{order_id}            with `history`
        ?at=OFFSET                                  these as they were when that was the end

A list is taken from the view in one step, together with its position: what an answer's `offset`
says is exactly what it shows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from quart import Response, request
from quart_trio import QuartTrio

from actors import System
from actors.domain.books import AccountBook, Row
from actors.domain.errors import Refused
from actors.domain.ids import AccountId, LogPosition, OrderId
from actors.domain.model import Event
from actors.domain.wire import plain, time_text
from actors.past import Past
from actors.runtime.journal import Journal

from .answers import answer, answer_at, caller, has_fields, listed, order_at, page_of
from .query import asked_once, read_at, read_page

Rows: TypeAlias = Callable[[AccountBook], Iterable[Row[Any]]]

# Books keep their rows in the order in which they began.
TABLES: Final[dict[str, tuple[Rows, tuple[str, ...]]]] = {
    "orders": (lambda book: reversed(book.orders.values()), ("status", "symbol")),
    "trades": (lambda book: reversed(book.trades.values()), ("symbol",)),
    "positions": (lambda book: reversed(book.positions.values()), ("symbol",)),
    "messages": (lambda book: reversed(book.messages), ()),
}
ORDER_EVENTS: Final = ("order_update", "correction")


class Accounts:
    """What `/accounts` shows."""

    def __init__(self, system: System, past: Past) -> None:
        self._system = system
        self._past = past

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        app.add_url_rule("/accounts", "accounts", self.show_accounts)
        for name in TABLES:
            view: Callable[..., Awaitable[Response]] = partial(self.show_table, name)
            app.add_url_rule(f"/accounts/<account_id>/{name}", name, view)
        app.add_url_rule("/accounts/<account_id>/orders/<order_id>", "order", self.show_order)

    async def show_accounts(self) -> Response:
        """Give the accounts that the caller may read."""
        asked_once(request.args, ())
        readable = caller().readable
        rows = [self._account(name) for name in self._system.accounts if name in readable]
        fields = {"status": "success", "count": len(rows), "data": rows}
        return answer_at(self._system.journal.position, fields)

    async def show_table(self, name: str, account_id: str) -> Response:
        """Give a page of one of an account's tables."""
        account = caller().require("read", account_id)
        rows, filters = TABLES[name]
        page = read_page(request.args, filters=filters, epoch=self._system.journal.epoch)
        status = None if page.status is None else page.status.upper()
        fits = has_fields(status=status, tradingsymbol=page.symbol)
        view = self._system.view(account)
        if page.at is not None:
            view = await self._past.view(account, page.at)
        data, next_before = page_of(rows(view.book), page, fits)
        return answer(listed(data, next_before, view.position))

    async def show_order(self, account_id: str, order_id: str) -> Response:
        """Give one order and every event of it, in order; also one of a day that is over."""
        if not caller().may("read", account_id):
            raise Refused(404, f"there is no order {order_id[:80]!r}")
        account, journal = AccountId(account_id), self._system.journal
        at = read_at(asked_once(request.args, ("at",)), journal.epoch)
        view = self._system.view(account)
        row, position = view.book.orders.get(OrderId(order_id)), view.position
        if at is not None:
            journal.check(at)
            row, position = None, at
        history = await life_of(journal, account, order_id, position)
        lives = [event for event in history if event.type in ORDER_EVENTS]
        if row is None and not lives:
            raise Refused(404, f"there is no order {order_id[:80]!r}")
        data = lives[-1].data if row is None else row.data
        return answer(order_answer(data, lives, position))

    def _account(self, account_id: AccountId) -> dict[str, Any]:
        config = self._system.config.accounts[account_id]
        row = plain(self._system.status(account_id))
        return {"account_id": account_id, "mode": config.mode, **row}


async def life_of(
    journal: Journal, account_id: AccountId, subject: str, position: LogPosition
) -> Sequence[Event]:
    """Read every event of one order or batch, none of them later than a position."""
    events = await journal.history(account_id, subject)
    return [event for event in events if event.offset <= position.offset]


def order_answer(data: bytes, events: Sequence[Event], position: LogPosition) -> bytes:
    """Write an order with its history."""
    history = b",".join(
        b'{"type":"%s","data":%s,"timestamp":"%s","offset":%d}'
        % (
            event.type.encode(),
            event.data,
            time_text(event.received_at).encode(),
            event.offset,
        )
        for event in events
    )
    return order_at(data, position, b'"history":[%s],' % history)
