"""Where a client stands in the gateway's record, and what each frame means to it. Pure.

    frame ──▶ Place.take ──▶ Event         the next one, each once
                         ──▶ Snapshot, Gap all that stands, when its last part is there
                         ──▶ nothing       it only moves the place: a greeting, a heartbeat
                         ──▶ Hole          `prev` tells of something that never came

A place is the greatest offset that was given. It stays where it was while a snapshot is only half
there, so that a client who loses the line then is given all of it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from attrs import define, field, frozen

NOT_EVENTS: Final = frozenset({"heartbeat", "pong", "status", "error", "subscribed"})
HOLES_MAX: Final = 1  # in a row, after which only a snapshot is believed


class Hole(Exception):
    """The gateway told of an event before this one that never came."""


@frozen
class Event:
    """One thing that happened. `data` has money as Decimal; `text` is the frame as it came."""

    type: str
    account_id: str
    data: Mapping[str, Any]
    timestamp: str
    position: str
    text: str = field(repr=False)


@frozen
class Books:
    """One account as it stands: rows as `GET /accounts/{id}/orders` and its like give them."""

    orders: list[Mapping[str, Any]] = field(factory=list)
    trades: list[Mapping[str, Any]] = field(factory=list)
    positions: list[Mapping[str, Any]] = field(factory=list)


@frozen
class Snapshot:
    """All that stands at a position, by account. Events follow from exactly there."""

    books: Mapping[str, Books]
    position: str


@frozen
class Gap(Snapshot):
    """A snapshot in the place of events that cannot be told any more.

    `reason` is `epoch`, `expired` or `ahead` as the gateway said, or `missed`: a hole was seen.
    """

    reason: str


@define
class Place:
    """Where a client stands; unknown until the gateway has said so."""

    epoch: str | None = None
    offset: int = 0
    wants_snapshot: bool = False
    _reason: str | None = None  # why the snapshot that is coming has to be
    _is_awaited: bool = False
    _books: dict[str, Books] = field(factory=dict)
    _holes: int = 0

    @classmethod
    def of(cls, since: str | None, *, wants_snapshot: bool = False) -> Place:
        """Read `EPOCH:OFFSET`; ValueError when it is none."""
        if since is None:
            return cls(wants_snapshot=wants_snapshot)
        epoch, colon, offset = since.rpartition(":")
        if not (colon and epoch and offset.isascii() and offset.isdigit()):
            raise ValueError(f"{since!r} is not EPOCH:OFFSET")
        return cls(epoch, int(offset))

    @property
    def since(self) -> str | None:
        """Give it as the gateway reads it."""
        return None if self.epoch is None else f"{self.epoch}:{self.offset}"

    @property
    def is_whole(self) -> bool:
        """Say whether no snapshot is on its way."""
        return not self._is_awaited

    def take(self, text: str | bytes) -> Event | Snapshot | None:
        """Move with a frame, and give what it tells; Hole when something was missed."""
        frame = frame_of(text)
        epoch, offset, kind = frame.get("epoch"), frame.get("offset"), frame.get("type")
        if not isinstance(epoch, str) or type(offset) is not int or not isinstance(kind, str):
            return None
        if kind == "connection_established":
            self._greeted(frame, epoch, offset)
            return None
        if kind == "snapshot":
            return self._take_part(frame, epoch, offset)
        known, prev = self.offset, frame.get("prev")
        if epoch != self.epoch or (type(prev) is int and prev > known):
            self._saw_hole()
            raise Hole(f"missed: {epoch}:{prev} came before {offset}, after {self.since}")
        self.offset = max(offset, known)
        if kind in NOT_EVENTS or type(prev) is not int or offset <= known:
            return None
        self._holes = 0
        return event_of(kind, frame, f"{epoch}:{offset}", text)

    def _greeted(self, frame: Mapping[str, Any], epoch: str, offset: int) -> None:
        is_refused = frame.get("recovered") is False
        if is_refused:
            self._reason = str(frame.get("reason"))
        elif not self.wants_snapshot:
            self._reason = None
        self._books, self._is_awaited = {}, is_refused or self.wants_snapshot
        if not self._is_awaited:
            self.epoch, self.offset = epoch, offset

    def _take_part(self, frame: Mapping[str, Any], epoch: str, offset: int) -> Snapshot | None:
        """Put a part to the others; give the whole after the last."""
        if not self._is_awaited:
            return None
        books = self._books.setdefault(str(frame.get("account_id")), Books())
        data = frame.get("data")
        for name, rows in (data if isinstance(data, dict) else {}).items():
            if isinstance(known := getattr(books, name, None), list) and isinstance(rows, list):
                known += rows
        if frame.get("part") != frame.get("of"):
            return None
        whole, reason, self._books = self._books, self._reason, {}
        self.epoch, self.offset = epoch, offset
        self.wants_snapshot = self._is_awaited = False
        self._reason, self._holes = None, 0
        position = f"{epoch}:{offset}"
        return Snapshot(whole, position) if reason is None else Gap(whole, position, reason)

    def _saw_hole(self) -> None:
        """Ask the record first for what is missing; who sees a hole again needs a snapshot."""
        self._holes += 1
        if self._holes > HOLES_MAX:
            self.wants_snapshot, self._reason = True, "missed"


def event_of(kind: str, frame: Mapping[str, Any], position: str, text: str | bytes) -> Event:
    """Make an event of a frame; what is not there is empty."""
    data = frame.get("data")
    return Event(
        type=kind,
        account_id=str(frame.get("account_id") or ""),
        data=data if isinstance(data, dict) else {},
        timestamp=str(frame.get("timestamp") or ""),
        position=position,
        text=text if isinstance(text, str) else text.decode(),
    )


def frame_of(text: str | bytes) -> Mapping[str, Any]:
    """Read a frame; what is not a JSON object has nothing to say."""
    try:
        frame = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        return {}
    return frame if isinstance(frame, dict) else {}


def chosen(names: Sequence[str], what: str) -> str:
    """Write names as a parameter has them; ValueError for what is no list of names."""
    if isinstance(names, str) or not all(name and "," not in name for name in names):
        raise ValueError(f"{what} have to be a list of names")
    return ",".join(names)
