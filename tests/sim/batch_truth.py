"""Our orders as the broker's ledger has them, line by line. Pure.

ledger ──▶ {order_id: Placed(…, fills, end)}      batch answer ──▶ its own orders' ids
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import define, field, frozen

OURS: Final = "ow"  # what our tags begin with
NEVER: Final = 1 << 60


@define
class Placed:
    """One order under a tag of ours. `line` is where in the ledger it begins."""

    order_id: str
    account_id: str
    tag: str
    symbol: str
    side: str
    quantity: int
    at: str
    line: int
    filled: int = 0
    filled_at: int = NEVER  # the line of the fill that completed it
    end: str | None = None
    fills: list[tuple[int, int]] = field(factory=list)  # line, signed quantity

    @property
    def net(self) -> int:
        """Give what was filled, signed."""
        return sum(quantity for _, quantity in self.fills)


@frozen
class Claim:
    """An order that a batch says is its own: a leg, or what the way out sent."""

    batch_id: str
    kind: str
    row: dict[str, Any]

    @property
    def order_id(self) -> str | None:
        """Give its id, if one is known."""
        return self.row["order_id"]


def read_placed(ledger: Iterable[dict[str, Any]]) -> dict[str, Placed]:
    """Fold the lines of our orders."""
    found: dict[str, Placed] = {}
    for number, line in enumerate(ledger):
        order_id = line["order_id"]
        if not (line["tag"] or "").startswith(OURS):
            continue
        if line["event"] == "order":
            found[order_id] = Placed(
                order_id,
                line["account_id"],
                line["tag"],
                line["tradingsymbol"],
                line["transaction_type"],
                line["quantity"],
                line["at"],
                number,
            )
        elif line["event"] == "fill":
            order, sign = found[order_id], 1 if line["transaction_type"] == "BUY" else -1
            order.filled += line["quantity"]
            order.fills.append((number, sign * line["quantity"]))
            if order.filled == order.quantity:
                order.filled_at = number
        elif line["event"] == "end":
            found[order_id].end = line["status"]
    return found


def claims(batch: dict[str, Any]) -> Iterator[Claim]:
    """Give the orders that a batch has or may have at the broker."""
    for leg in batch["legs"]:
        yield Claim(batch["batch_id"], "leg", leg)
    for action in batch["rollback"]:
        if action["order"] is not None:
            yield Claim(batch["batch_id"], action["action"], action["order"])


def orders_of(batch: dict[str, Any], placed: dict[str, Placed]) -> list[Placed]:
    """Give a batch's orders in the ledger."""
    return [placed[c.order_id] for c in claims(batch) if c.order_id in placed]


def net_of(orders: Iterable[Placed]) -> dict[str, int]:
    """Add fills up by symbol; what is zero is left out."""
    net: Counter[str] = Counter()
    for order in orders:
        net[order.symbol] += order.net
    return {symbol: quantity for symbol, quantity in net.items() if quantity}
