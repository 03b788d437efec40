"""What really happened, as JSON lines: the truth that the gateway is judged by.

    exchange ── Entry, Entry ──▶ ledger file (flushed) ──▶ only then is anyone told
                                      └──▶ read back: the same broker

An entry is one of `order` (once, at acceptance), `fill`, `end` (once), and two that the contract
does not name but the same broker needs: `modify` and `trigger`. The entries of one change are
written in one call, so a kill leaves all of them, or a torn tail that is cut off on reading.
"""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import FileIO
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from web.sandbox.orders import Ask

EVENTS: Final = frozenset({"order", "fill", "end", "modify", "trigger"})


class LedgerError(Exception):
    """A line of the ledger is not one that this broker wrote. `path` is file and line."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


@frozen
class Entry:
    """One line. `ask` is the order as wanted after it; `quantity` and `price` are the event's own.

    For a `fill` they are the fill's; for the rest they are the order's.
    """

    event: str
    order_id: str
    ask: Ask
    quantity: int
    price: Decimal
    status: str
    at: datetime
    message: str | None = None


class Ledger:
    """An append-only file of entries.

    Resource handling: `close()` closes the file. Error handling: `OSError` of the disk escapes,
    and nothing of that change has been told to anyone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None

    def open(self) -> list[Entry]:
        """Read what is there, cut off a torn tail, and be ready to write. Raises LedgerError."""
        whole = self.path.read_bytes() if self.path.exists() else b""
        kept = whole[: whole.rfind(b"\n") + 1]
        entries = list(_entries(kept, str(self.path)))
        # Unbuffered: what write() has returned from survives the end of this process.
        self._file = FileIO(os.fspath(self.path), "ab")
        self._file.truncate(len(kept))
        return entries

    def write(self, entries: Iterable[Entry]) -> None:
        """Append the entries of one change, in one call."""
        if self._file is None:
            raise ValueError("the ledger is not open")
        line = memoryview(b"".join(map(encode, entries)))
        while line:
            line = line[self._file.write(line) :]

    def close(self) -> None:
        """Close the file; to do it again is harmless."""
        if self._file is not None:
            self._file.close()


def encode(entry: Entry) -> bytes:
    """One line: the contract's keys first, then those that rebuild the broker."""
    ask = entry.ask
    line = {
        "event": entry.event,
        "account_id": ask.account_id,
        "order_id": entry.order_id,
        "tag": ask.tag,
        "tradingsymbol": ask.tradingsymbol,
        "transaction_type": ask.transaction_type,
        "quantity": entry.quantity,
        "price": float(entry.price),
        "status": entry.status,
        "at": entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{entry.at.microsecond // 1000:03d}Z",
    }
    if entry.message is not None:
        line["message"] = entry.message
    if entry.event in {"order", "modify"}:
        line |= {
            "exchange": ask.exchange,
            "product": ask.product,
            "order_type": ask.order_type,
            "trigger_price": float(ask.trigger_price),
            "variety": ask.variety,
            "validity": ask.validity,
            "disclosed_quantity": ask.disclosed_quantity,
            "source": ask.source,
        }
        if ask.parent is not None:
            line["parent_id"] = ask.parent
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _entries(raw: bytes, name: str) -> Iterator[Entry]:
    asks: dict[str, Ask] = {}
    for number, text in enumerate(raw.splitlines(), start=1):
        try:
            line = json.loads(text, parse_float=Decimal)
            entry = _entry(line, asks.get(line["order_id"]))
        except (ValueError, KeyError, TypeError, ArithmeticError) as fault:
            raise LedgerError(f"{name}:{number}", f"not a line of a ledger ({fault!r})") from None
        asks[entry.order_id] = entry.ask
        yield entry


def _entry(line: dict[str, Any], known: Ask | None) -> Entry:
    price = Decimal(line["price"])
    if line["event"] not in EVENTS or not line["order_id"][6:].isdigit():
        raise ValueError("an event or an order id that this broker does not write")
    ask = known
    if line["event"] in {"order", "modify"}:
        ask = Ask(
            account_id=line["account_id"],
            exchange=line["exchange"],
            tradingsymbol=line["tradingsymbol"],
            transaction_type=line["transaction_type"],
            quantity=line["quantity"],
            product=line["product"],
            order_type=line["order_type"],
            price=price,
            trigger_price=Decimal(line["trigger_price"]),
            variety=line["variety"],
            validity=line["validity"],
            disclosed_quantity=line["disclosed_quantity"],
            tag=line["tag"],
            source=line["source"],
            parent=line.get("parent_id"),
        )
    if ask is None:
        raise ValueError("its order was never accepted")
    return Entry(
        event=line["event"],
        order_id=line["order_id"],
        ask=ask,
        quantity=line["quantity"],
        price=price,
        status=line["status"],
        at=datetime.fromisoformat(line["at"]),
        message=line.get("message"),
    )
