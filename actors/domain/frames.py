"""The frames that clients read, as text. Pure.

    event     {"type", "account_id", "data", "timestamp", "epoch", "offset", "prev"}
    answer    {"type", …, "epoch", "offset", "id"}
    snapshot  {"type":"snapshot", "account_id", "part", "of", "data", "epoch", "offset"}

In our own dialect `data` is spliced in as the bytes that went to the store: nothing is encoded
twice. Another dialect words the same events and rows otherwise; epoch, offset and prev stand alike.

A text is framed here too, as RFC 6455 §5.2 has it: what a thousand sockets are sent is made once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from attrs import define, field, frozen

from .books import AccountBook, Row
from .ids import AccountId, Epoch, LogPosition, Offset
from .model import Event, EventType
from .wire import encode, time_text

PART_BYTES_MAX: Final = 256 * 1024
HEADS_MAX: Final = 2048  # kept for the next feed; what a pass over all feeds brings is less
_ROOM: Final = 1024  # for what stands around the rows of a part
_WHOLE_TEXT: Final = 0x81  # the first byte of a frame: the last of its message, and text
_SHORT_MAX, _MIDDLE_MAX = 125, 0xFFFF  # lengths that stand in one byte, and in two more


@frozen(eq=False)
class Dialect:
    """How one kind of client is told things. What it gives depends on nothing but what it is given.

    `head` writes an event's frame up to its `prev`, all but the comma; `row` a thing of a book,
    given the type of its events, its account and its JSON.
    """

    name: str
    head: Callable[[Event, Epoch], str]
    row: Callable[[EventType, AccountId, bytes], bytes]


def _head(event: Event, epoch: Epoch) -> str:
    return (
        f'{{"type":"{event.type}","account_id":"{event.account_id}",'
        f'"data":{event.data.decode()},"timestamp":"{time_text(event.received_at)}",'
        f'"epoch":"{epoch}","offset":{event.offset}'
    )


OURS: Final = Dialect("orderwire", head=_head, row=lambda _type, _account, data: data)


def chained(head: str, prev: Offset, conflated: int = 0) -> str:
    """End an event's frame; `prev` is the offset before it in what the client subscribed to.

    `conflated` states of the same order went before, of which the client was not told.
    """
    spared = f',"conflated":{conflated}' if conflated else ""
    return f'{head},"prev":{prev}{spared}}}'


def event_frame(event: Event, epoch: Epoch, prev: Offset, dialect: Dialect = OURS) -> str:
    """Write a whole event frame."""
    return chained(dialect.head(event, epoch), prev)


@define(eq=False)
class Heads:
    """Events as dialects word them, each once: feeds of one dialect differ in `prev` alone."""

    epoch: Epoch
    _written: dict[tuple[Dialect, Offset], str] = field(factory=dict)

    def __len__(self) -> int:
        return len(self._written)

    def frame(self, event: Event, prev: Offset, dialect: Dialect, conflated: int = 0) -> str:
        """Write an event frame; what stands before `prev` is written only if it was not yet."""
        place = (dialect, event.offset)
        if (head := self._written.get(place)) is None:
            if len(self._written) >= HEADS_MAX:
                self._written.clear()
            head = self._written[place] = dialect.head(event, self.epoch)
        return chained(head, prev, conflated)


def framed(text: str) -> bytes:
    """Put a text into a websocket frame, as a server sends it: whole and unmasked."""
    payload = text.encode()
    size = len(payload)
    if size <= _SHORT_MAX:
        return bytes((_WHOLE_TEXT, size)) + payload
    if size <= _MIDDLE_MAX:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def texts_in(wire: bytes) -> Iterator[str]:
    """Give the texts of frames that `framed` made, one after another."""
    begin = 0
    while begin < len(wire):
        size, at = wire[begin + 1], begin + 2
        if size > _SHORT_MAX:
            width = 2 if size == _SHORT_MAX + 1 else 8
            size, at = int.from_bytes(wire[at : at + width], "big"), at + width
        begin = at + size
        yield wire[at:begin].decode()


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


def snapshot_frames(
    books: Iterable[AccountBook], position: LogPosition, dialect: Dialect = OURS
) -> list[str]:
    """Write the day of some accounts as parts of at most 256 KiB, all at one position.

    Parts are counted over all accounts; an account without a row still has one part.
    """
    parts = [(book.account_id, part) for book in books for part in _parts(book, dialect)]
    return [
        f'{{"type":"snapshot","account_id":"{account_id}","part":{i},"of":{len(parts)},'
        f'"data":{data},"epoch":"{position.epoch}","offset":{position.offset}}}'
        for i, (account_id, data) in enumerate(parts, 1)
    ]


def _parts(book: AccountBook, dialect: Dialect) -> list[str]:
    rows: list[tuple[int, bytes]] = []
    tables: Sequence[tuple[EventType, Iterable[Row[Any]]]] = (
        ("order_update", book.orders.values()),
        ("trade_update", book.trades.values()),
        ("position_update", book.positions.values()),
    )
    for which, (kind, table) in enumerate(tables):
        rows += [(which, dialect.row(kind, book.account_id, row.data)) for row in table]
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
