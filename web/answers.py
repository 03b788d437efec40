"""Answers of JSON, made of the bytes that are in the books already. Pure but for Quart's Response.

rows (bytes) ──▶ {"status":"success","count":n,"data":[…],"next":…,"epoch":…,"offset":…}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from quart import Response, g

from actors.domain.books import Row
from actors.domain.errors import Refused
from actors.domain.ids import AccountId, LogPosition
from actors.domain.wire import encode

from .auth import Caller
from .query import Page

MEDIA_TYPE: Final = "application/json"


def caller() -> Caller:
    """Give who asks, as the door found out."""
    found: Caller = g.caller
    return found


def commanded(account_id: str, missing: Refused) -> AccountId:
    """Give the account of an order or a batch that the caller may act on.

    `missing` when he may not read it, so that it is to him like one that is not there; Refused
    with 403 when he may read it and no more.
    """
    if not caller().may("read", account_id):
        raise missing
    return caller().require("trade", account_id)


def answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Give bytes of JSON as a response."""
    return Response(body, status, headers, content_type=MEDIA_TYPE)


def answer_at(position: LogPosition, fields: dict[str, Any], status: int = 200) -> Response:
    """Give plain values, and the position whose events they include."""
    return answer(encode({**fields, "epoch": position.epoch, "offset": position.offset}), status)


def stamped(data: bytes, position: LogPosition) -> bytes:
    """Put the position into an object that is encoded already."""
    return data[:-1] + b"," + encode({"epoch": position.epoch, "offset": position.offset})[1:]


def order_at(data: bytes, position: LogPosition, rest: bytes = b"") -> bytes:
    """Write an order, encoded already, and what else stands beside it, at a position."""
    at = encode({"epoch": position.epoch, "offset": position.offset})[1:]
    return b'{"status":"success","data":%s,%s%s' % (data, rest, at)


def listed(data: Sequence[bytes], next_before: int | None, position: LogPosition) -> bytes:
    """Write a list of rows, and where its next page begins."""
    after = encode({"next": next_before, "epoch": position.epoch, "offset": position.offset})
    head = b'{"status":"success","count":%d,"data":[' % len(data)
    return head + b",".join(data) + b"]," + after[1:]


def page_of(
    rows: Iterable[Row[Any]], page: Page, fits: Callable[[Row[Any]], bool]
) -> tuple[list[bytes], int | None]:
    """Choose from rows, newest first, those of a page; and where the next begins, if there is one.

    A row's place is the offset of its first event, which no two rows share and no change moves.
    """
    chosen: list[Row[Any]] = []
    for row in rows:
        if (page.before is not None and row.first >= page.before) or not fits(row):
            continue
        if len(chosen) == page.limit:
            return [row.data for row in chosen], chosen[-1].first
        chosen.append(row)
    return [row.data for row in chosen], None


def has_fields(**wanted: str | None) -> Callable[[Row[Any]], bool]:
    """Make the test whether a row has fields of these values, told by its bytes.

    Decoding a day's rows would hold up everyone. A quote inside a JSON string is escaped, so these
    texts can only be fields.
    """
    needles = [encode({name: value})[1:-1] for name, value in wanted.items() if value is not None]
    return lambda row: all(needle in row.data for needle in needles)
