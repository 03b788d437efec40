"""ticker_service's REST: one call, its deadline, and what the answer means.

    get(path)            ──▶ JSON value        BrokerProtocol if it is none
    change(method, path) ──▶ JSON value        BrokerUnknown if it is none: it may be done
    rows(…)              ──▶ a day's rows, read 200 at a time

No call is repeated here. The key goes out in `X-API-Key` and is taken out of whatever comes back
as words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import trio
from attrs import field, frozen

from actors.domain.errors import BrokerProtocol, BrokerUnknown, DecodeError
from actors.domain.model import Note
from actors.domain.wire import encode, parse
from actors.runtime.seams import Http, HttpRequest, HttpResponse
from actors.upstream.fields import FieldFault
from actors.upstream.listing import Memory, read_rows, rows_of

from .answers import complaint, judge

R = TypeVar("R")

GET_S: Final = 10.0
PLACE_S: Final = 10.0
MODIFY_S: Final = 10.0
CANCEL_S: Final = 10.0
# A batch is worked off leg by leg before it is answered; the service itself gives up at 600 s.
BATCH_S: Final = 60.0
ROWS_AT_ONCE: Final = 200


@frozen
class Rest:
    """The REST side of one account: where it is, its key, and the seam that makes a call."""

    url: str
    api_key: str = field(repr=False)
    http: Http

    async def get(self, path: str, *, timeout_s: float = GET_S) -> Any:
        """Ask for something. Raises a BrokerError, never anything else."""
        answer = await self._call(self._request("GET", path), timeout_s)
        self._raise_for(answer, changes=False)
        try:
            value = parse(answer.body)
        except DecodeError as error:
            raise unreadable(path, error) from None
        self._raise_complaint(value, changes=False)
        return value

    async def change(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        timeout_s: float,
        read: Callable[[Any], R],
    ) -> R:
        """Ask for something to be done, and `read` the answer.

        BrokerRefused and BrokerUnreachable say that it was not done; BrokerUnknown that it may
        have been, which an answer that cannot be read says too.
        """
        request = self._request(method, path, encode(dict(body)))
        answer = await self._call(request, timeout_s)
        self._raise_for(answer, changes=True)
        try:
            value = parse(answer.body)
            self._raise_complaint(value, changes=True)
            return read(value)
        except (DecodeError, FieldFault) as error:
            raise BrokerUnknown(unreadable(path, error).args[0]) from None

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
        answer = await self._call(self._request("GET", f"{path}?{urlencode(query)}"), GET_S)
        self._raise_for(answer, changes=False)
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

    def _request(self, method: str, path: str, body: bytes = b"") -> HttpRequest:
        headers = {"X-API-Key": self.api_key, "Accept": "application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        return HttpRequest(method, f"{self.url}{path}", headers, body)

    async def _call(self, request: HttpRequest, timeout_s: float) -> HttpResponse:
        return await self.http(request, timeout_s=timeout_s)

    def _raise_for(self, answer: HttpResponse, *, changes: bool) -> None:
        error = judge(answer.status, answer.body, changes=changes, secret=self.api_key)
        if error is not None:
            raise error

    def _raise_hidden(self, body: bytes) -> None:
        """Find an error that came in place of a list."""
        try:
            self._raise_complaint(parse(body), changes=False)
        except DecodeError:
            return

    def _raise_complaint(self, value: Any, *, changes: bool) -> None:
        error = complaint(value, changes=changes, secret=self.api_key)
        if error is not None:
            raise error


def unreadable(path: str, error: DecodeError | FieldFault) -> BrokerProtocol:
    """Say which answer could not be read, and where in it."""
    where = error.at("$") if isinstance(error, FieldFault) else error
    return BrokerProtocol(f"the broker's answer to {path} cannot be read: {where}")
