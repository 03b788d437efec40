"""A broker's REST: one call, its deadline, and what the answer means.

    get(path)            ──▶ JSON value        BrokerProtocol if it is none
    ask(path, fields)    ──▶ what is read      likewise: a question too long for a path
    change(method, path) ──▶ what is read      BrokerUnknown if it cannot be: it may be done
    rows(path)           ──▶ a day's rows, read 200 at a time

How a broker is spoken to is its `Manner`: headers, bodies, and which answer is a certain no. No
call is repeated here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias, TypeVar
from urllib.parse import urlencode

import trio
from attrs import frozen

from actors.domain.errors import BrokerError, BrokerProtocol, BrokerUnknown, DecodeError
from actors.domain.model import Note
from actors.domain.wire import parse
from actors.runtime.seams import Http, HttpRequest, HttpResponse

from .fields import FieldFault
from .listing import Memory, read_rows, rows_of

R = TypeVar("R")
Fields: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]

GET_S: Final = 10.0
PLACE_S: Final = 10.0
MODIFY_S: Final = 10.0
CANCEL_S: Final = 10.0
ROWS_AT_ONCE: Final = 200


class Manner(Protocol):
    """How one broker is spoken to, and how its answers are meant."""

    def request(self, method: str, path: str, fields: Fields | None = None) -> HttpRequest:
        """Write a call; `fields` are its body, None when it has none. NeedsLogin without keys."""

    def judge(self, status: int, body: bytes, *, changes: bool) -> BrokerError | None:
        """Say what a status other than success means; None when the body is to be read.

        `changes` is true of calls that place, modify or cancel.
        """

    def complaint(self, value: Any, *, changes: bool) -> BrokerError | None:
        """Find an error that came as a success."""


@frozen
class Rest:
    """The REST side of one account: how its broker is spoken to, and the seam that calls."""

    manner: Manner
    http: Http

    async def get(self, path: str, *, timeout_s: float = GET_S) -> Any:
        """Ask for something. Raises a BrokerError, never anything else."""
        answer = await self._call("GET", path, timeout_s=timeout_s)
        try:
            value = parse(answer.body)
        except DecodeError as error:
            raise unreadable(path, error) from None
        self._raise_complaint(value, changes=False)
        return value

    async def ask(
        self, path: str, fields: Fields, *, read: Callable[[Any], R], timeout_s: float = GET_S
    ) -> R:
        """Ask for something that a body describes, and `read` the answer; nothing is done."""
        answer = await self._call("POST", path, fields, timeout_s=timeout_s)
        try:
            value = parse(answer.body)
            self._raise_complaint(value, changes=False)
            return read(value)
        except (DecodeError, FieldFault) as error:
            raise unreadable(path, error) from None

    async def change(
        self,
        method: str,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        timeout_s: float,
        read: Callable[[Any], R],
    ) -> R:
        """Ask for something to be done, and `read` the answer.

        BrokerRefused, BrokerUnreachable and NeedsLogin say that it was not done; BrokerUnknown
        that it may have been, which an answer that cannot be read says too.
        """
        answer = await self._call(method, path, fields, timeout_s=timeout_s, changes=True)
        try:
            value = parse(answer.body)
            self._raise_complaint(value, changes=True)
            return read(value)
        except (DecodeError, FieldFault) as error:
            raise BrokerUnknown(str(unreadable(path, error))) from None

    async def rows(
        self,
        path: str,
        query: Mapping[str, str],
        read: Callable[[Any], R],
        *names: str,
        memory: Memory[R] | None = None,
    ) -> list[R | Note]:
        """Ask for a list and read its rows; one that cannot be read is a Note in its place.

        `names` are what the list may stand under (`rows_of`). BrokerProtocol when there is none.
        With a `memory` a row that the answer before this one had is not read again.
        Other tasks run between every ROWS_AT_ONCE rows.
        """
        asked = f"{path}?{urlencode(query)}" if query else path
        answer = await self._call("GET", asked, timeout_s=GET_S)
        try:
            where, rows = rows_of(answer.body, *names)
        except DecodeError as error:
            self._raise_hidden(answer.body)
            raise unreadable(path, error) from None
        if memory is not None:
            memory.begin()
        found: list[R | Note] = []
        for start in range(0, len(rows), ROWS_AT_ONCE):
            span = range(start, min(start + ROWS_AT_ONCE, len(rows)))
            values = read_rows(rows, where, span, read, memory)
            found.extend(values)
            await trio.lowlevel.checkpoint()
        return found

    async def _call(
        self,
        method: str,
        path: str,
        fields: Fields | None = None,
        *,
        timeout_s: float,
        changes: bool = False,
    ) -> HttpResponse:
        request = self.manner.request(method, path, fields)
        answer = await self.http(request, timeout_s=timeout_s)
        error = self.manner.judge(answer.status, answer.body, changes=changes)
        if error is not None:
            raise error
        return answer

    def _raise_hidden(self, body: bytes) -> None:
        """Find an error that came in place of a list."""
        try:
            self._raise_complaint(parse(body), changes=False)
        except DecodeError:
            return

    def _raise_complaint(self, value: Any, *, changes: bool) -> None:
        error = self.manner.complaint(value, changes=changes)
        if error is not None:
            raise error


def unreadable(path: str, error: DecodeError | FieldFault) -> BrokerProtocol:
    """Say which answer could not be read, and where in it."""
    where = error.at("$") if isinstance(error, FieldFault) else error
    return BrokerProtocol(f"the broker's answer to {path} cannot be read: {where}")
