"""The frames that clients read, as text. Pure.

    event     {"type", "account_id", "data", "timestamp", "epoch", "offset", "prev"}
    answer    {"type", …, "epoch", "offset", "id"}
    snapshot  {"type":"snapshot", "account_id", "part", "of", "data", "epoch", "offset"}

`data` is spliced in as the bytes that went to the store: nothing is encoded twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from .books import AccountBook, Row
from .ids import Epoch, LogPosition, Offset
from .model import Event
from .wire import encode, time_text

PART_BYTES_MAX: Final = 256 * 1024
_ROOM: Final = 1024  # for what stands around the rows of a part


def event_frame(event: Event, epoch: Epoch, prev: Offset) -> str:
    """Write an event frame; `prev` is the offset before it in what the client subscribed to."""
    return (
        f'{{"type":"{event.type}","account_id":"{event.account_id}",'
        f'"data":{event.data.decode()},"timestamp":"{time_text(event.received_at)}",'
        f'"epoch":"{epoch}","offset":{event.offset},"prev":{prev}}}'
    )


def heartbeat_frame(position: LogPosition, prev: Offset) -> str:
    """Write a heartbeat: nothing has happened up to this position."""
    return answer_frame("heartbeat", position, {"prev": prev})


def answer_frame(
    kind: str, position: LogPosition, fields: dict[str, Any], request_id: Any = None
) -> str:
    """Write an answer at a position, with the `id` that the client gave, if any."""
    frame = {"type": kind, **fields, "epoch": position.epoch, "offset": position.offset}
    if request_id is not None:
        frame["id"] = request_id
    return encode(frame).decode()


def snapshot_frames(books: Iterable[AccountBook], position: LogPosition) -> list[str]:
    """Write the day of some accounts as parts of at most 256 KiB, all at one position.

    Parts are counted over all accounts; an account without a row still has one part.
    """
    parts = [(book.account_id, part) for book in books for part in _parts(book)]
    return [
        f'{{"type":"snapshot","account_id":"{account_id}","part":{i},"of":{len(parts)},'
        f'"data":{data},"epoch":"{position.epoch}","offset":{position.offset}}}'
        for i, (account_id, data) in enumerate(parts, 1)
    ]


def _parts(book: AccountBook) -> list[str]:
    rows: list[tuple[int, bytes]] = []
    tables: Sequence[Iterable[Row[Any]]] = (
        book.orders.values(),
        book.trades.values(),
        book.positions.values(),
    )
    for which, table in enumerate(tables):
        rows += [(which, row.data) for row in table]
    parts, filled, used = [], _empty(), 0
    for which, data in rows:
        if used and used + len(data) > PART_BYTES_MAX - _ROOM:
            parts.append(_data(filled))
            filled, used = _empty(), 0
        filled[which].append(data)
        used += len(data) + 1
    return [*parts, _data(filled)]


def _empty() -> tuple[list[bytes], list[bytes], list[bytes]]:
    return [], [], []


def _data(filled: tuple[list[bytes], list[bytes], list[bytes]]) -> str:
    orders, trades, positions = (b",".join(rows).decode() for rows in filled)
    return f'{{"orders":[{orders}],"trades":[{trades}],"positions":[{positions}]}}'
