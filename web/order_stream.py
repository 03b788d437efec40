"""`/api/order-stream/…`: the order stream's surface, over the same books as `/accounts`.

    POST connect  disconnect                        needs `admin` over the accounts that are meant
    POST subscribe  unsubscribe  ?event_types=…     what the caller's new websockets hear
    GET  status                                     {"connected", "subscribed_types", "data_counts"}
    GET  orders  trades  positions  general         ?account_id= &limit= &before=
    WS   stream                                     order_stream_socket.py

Without `account_id` all accounts are meant that the caller may read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Final

import trio
from quart import Response, request
from quart_trio import QuartTrio

from actors import System
from actors.domain.errors import Refused
from actors.domain.ids import AccountId

from .answers import answer, answer_at, caller, listed
from .bodies import NoFields, read_body, read_fields
from .dialect import WORDS
from .order_stream_socket import OrderStreamSocket
from .order_stream_state import TABLES, Usual, chosen, page_of_books, standing
from .order_stream_wishes import read_event_types
from .query import asked_once, bad_parameter, read_page
from .sockets import Sockets

ROOT: Final = "/api/order-stream"
CONNECT_S: Final = 5.0  # what a stream gets to open before its start is answered


class OrderStream:
    """The order stream's surface."""

    def __init__(self, system: System, sockets: Sockets) -> None:
        self._system = system
        self.usual = Usual()
        self._socket = OrderStreamSocket(system, sockets, self.usual)

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        posts: dict[str, Callable[[], Awaitable[Response]]] = {
            "connect": self.connect,
            "disconnect": self.disconnect,
            "subscribe": self.subscribe,
            "unsubscribe": self.unsubscribe,
        }
        for name, view in posts.items():
            app.add_url_rule(f"{ROOT}/{name}", f"stream_{name}", view, methods=["POST"])
        app.add_url_rule(f"{ROOT}/status", "stream_status", self.show_status)
        for name in TABLES:
            table: Callable[[], Awaitable[Response]] = partial(self.show_table, name)
            app.add_url_rule(f"{ROOT}/{name}", f"stream_{name}", table)
        app.add_websocket(f"{ROOT}/stream", "stream", self._socket.serve)

    async def show_status(self) -> Response:
        """Say how the streams stand."""
        asked_once(request.args, ("account_id",))
        _, accounts = chosen(caller(), request.args)
        return self._answer_standing(accounts)

    async def show_table(self, name: str) -> Response:
        """Give the newest rows of a table over all accounts that are meant."""
        page = read_page(request.args, filters=("account_id",))
        _, accounts = chosen(caller(), request.args)
        books = [self._system.view(account).book for account in accounts]
        data, next_before = page_of_books(name, books, page)
        return answer(listed(data, next_before, self._system.journal.position))

    async def connect(self) -> Response:
        """Start the streams; an answer waits a little until they are connected."""
        accounts = await self._read_administered()
        await self._for_each(accounts, self._system.connect)
        with trio.move_on_after(CONNECT_S):
            while not all(self._system.status(name).connected for name in accounts):
                await self._system.journal.wait_beyond(self._system.journal.end)
        return self._answer_standing(accounts)

    async def disconnect(self) -> Response:
        """Stop the streams. Cancels and halts still act; new orders are refused meanwhile."""
        accounts = await self._read_administered()
        await self._for_each(accounts, self._system.disconnect)
        return self._answer_standing(accounts)

    async def subscribe(self) -> Response:
        """Add to what the caller's new websockets hear."""
        names = await self._read_names()
        self.usual.put(caller(), self.usual.of(caller()) | WORDS.types(names))
        return self._answer_names("Subscribed to", names)

    async def unsubscribe(self) -> Response:
        """Take away from it."""
        names = await self._read_names()
        self.usual.put(caller(), self.usual.of(caller()) - WORDS.types(names))
        return self._answer_names("Unsubscribed from", names)

    async def _read_administered(self) -> list[AccountId]:
        """Give the account that is named, or all that the caller may administer."""
        who = caller()
        asked_once(request.args, ("account_id",))
        await read_nothing()
        if "account_id" in request.args:
            return [who.require("admin", request.args["account_id"])]
        accounts = [name for name in self._system.accounts if who.may("admin", name)]
        if not accounts:
            raise Refused(403, f"{who.name} may administer no account")
        return accounts

    async def _for_each(
        self, accounts: Collection[AccountId], act: Callable[[str], Awaitable[object]]
    ) -> None:
        async with trio.open_nursery() as nursery:
            for name in accounts:
                nursery.start_soon(act, name)

    async def _read_names(self) -> list[str]:
        caller().require_some_reading()
        names = read_event_types(request.args)
        if names is None:
            known = ", ".join(WORDS.takes)
            raise bad_parameter(WORDS.field, f"it is needed, once for each of {known}")
        await read_nothing()
        return names

    def _answer_names(self, done: str, names: Collection[str]) -> Response:
        plural = "" if len(names) == 1 else "s"
        fields = {
            "status": "success",
            "message": f"{done} {len(names)} event type{plural}",
            "event_types": names,
            "subscribed_types": WORDS.names(self.usual.of(caller())),
        }
        return answer_at(self._system.journal.position, fields)

    def _answer_standing(self, accounts: Collection[AccountId]) -> Response:
        data = standing(self._system, accounts, self.usual.of(caller()))
        fields = {"status": "success", "data": data}
        return answer_at(self._system.journal.position, fields)


async def read_nothing() -> None:
    """Read a body in which nothing may stand."""
    body = read_body(await request.get_data(), may_be_empty=True)
    read_fields(body, NoFields, "this call takes no fields")
