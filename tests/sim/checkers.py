"""What must hold, judged from client frames and the broker's ledger alone. Pure.

    frames of all clients ─▶ Record:   P1 order, P3 prev, P5 same offset same event, P8 lawful
    its fold, and ledger  ─▶ compare:  orders, fills, positions, each order's history

The table below is written out from the broker's documentation, not taken from the gateway.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from attrs import define, field

ENDED: Final = {"COMPLETE", "CANCELLED", "REJECTED", "EXPIRED"}
EARLY: Final = {"PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING"}
LIVE: Final = {"OPEN", "TRIGGER PENDING", "MODIFY PENDING", "MODIFIED", "CANCEL PENDING"}
AFTER_THE_END: Final = {
    ("CANCELLED", "COMPLETE"),
    ("EXPIRED", "COMPLETE"),
    ("EXPIRED", "CANCELLED"),
}


class Broken(AssertionError):
    """A promise does not hold; the text begins with its number."""


def lawful(before: str | None, after: str) -> bool:
    """Say whether an order may be told to go from one status to another."""
    if before is None or before == after:
        return True
    if before in ENDED:
        return (before, after) in AFTER_THE_END
    return not (before in LIVE and after in EARLY)


@define
class Log:
    """Every event that any client was shown, by offset: one truth for all of them."""

    epoch: str | None = None
    events: dict[int, dict[str, Any]] = field(factory=dict)

    def take(self, frame: dict[str, Any]) -> None:
        """Take an event frame; the same offset must always be the same event."""
        self.take_epoch(frame["epoch"])
        shown = {name: frame[name] for name in frame if name != "prev"}
        known = self.events.setdefault(frame["offset"], shown)
        if known != shown:
            raise Broken(f"P5: offset {frame['offset']} was {known}, and is {shown}")

    def take_epoch(self, epoch: str) -> None:
        """Take the epoch of any frame; it never changes while the store is the same."""
        if self.epoch not in (None, epoch):
            raise Broken(f"P5: the epoch was {self.epoch}, and is {epoch}")
        self.epoch = epoch

    def check_order(self) -> None:
        """P1: the offsets of a client of everything have no hole."""
        offsets = sorted(self.events)
        for one, next_one in pairwise(offsets):
            if next_one != one + 1:
                raise Broken(f"P1: after offset {one} comes {next_one}")

    def check_lives(self) -> None:
        """P2, P8: each order's life is lawful, its fill never falls, nothing is told twice."""
        last: dict[str, dict[str, Any]] = {}
        for offset in sorted(self.events):
            event = self.events[offset]
            if event["type"] not in ("order_update", "correction"):
                continue
            order = event["data"]
            before = last.get(order["order_id"])
            last[order["order_id"]] = order
            if before is None or event["type"] == "correction":
                continue
            if not lawful(before["status"], order["status"]):
                raise Broken(f"P8: at {offset}, {order['status']} after {before['status']}")
            if order["filled_quantity"] < before["filled_quantity"]:
                raise Broken(f"P8: at {offset}, the filled quantity fell")
            if {**order, "updated_at": None} == {**before, "updated_at": None}:
                raise Broken(f"P2: at {offset}, the same was told again: {order}")

    def fills_of(self, account_id: str) -> dict[str, list[int]]:
        """Give, for each order, the filled quantities that its events went through."""
        fills: dict[str, list[int]] = defaultdict(list)
        for offset in sorted(self.events):
            event = self.events[offset]
            if event["type"] in ("order_update", "correction") and (
                event["account_id"] == account_id
            ):
                order = event["data"]
                told = fills[order["order_id"]]
                if order["filled_quantity"] and order["filled_quantity"] not in told:
                    told.append(order["filled_quantity"])
        return fills


@define
class Books:
    """What a client holds: the fold of its frames."""

    orders: dict[str, dict[str, Any]] = field(factory=dict)
    trades: dict[str, dict[str, Any]] = field(factory=dict)
    positions: dict[str, dict[str, Any]] = field(factory=dict)

    def take(self, frame: dict[str, Any]) -> None:
        """Fold one frame."""
        data = frame["data"]
        match frame["type"]:
            case "order_update" | "correction":
                self.orders[data["order_id"]] = data
            case "trade_update":
                self.trades[f"{data['exchange']}:{data['trade_id']}:{data['order_id']}"] = data
            case "position_update":
                self.positions[f"{data['account_id']}:{data['id']}"] = data
            case "snapshot":
                for order in data["orders"]:
                    self.orders[order["order_id"]] = order
                for trade in data["trades"]:
                    key = f"{trade['exchange']}:{trade['trade_id']}:{trade['order_id']}"
                    self.trades[key] = trade
                for position in data["positions"]:
                    self.positions[f"{position['account_id']}:{position['id']}"] = position


@define
class Truth:
    """One account as the broker's ledger has it."""

    status: dict[str, str] = field(factory=dict)
    filled: dict[str, int] = field(factory=lambda: defaultdict(int))
    steps: dict[str, list[int]] = field(factory=lambda: defaultdict(list))
    fills: list[tuple[str, int, Decimal]] = field(factory=list)
    net: dict[str, int] = field(factory=lambda: defaultdict(int))

    @classmethod
    def of(cls, ledger: list[dict[str, Any]], account_id: str) -> Truth:
        """Fold the lines of one account."""
        truth = cls()
        for line in ledger:
            if line["account_id"] != account_id:
                continue
            order_id = line["order_id"]
            if line["event"] == "order":
                truth.status[order_id] = "alive"
            elif line["event"] == "fill":
                quantity = line["quantity"]
                truth.filled[order_id] += quantity
                truth.steps[order_id].append(truth.filled[order_id])
                truth.fills.append((order_id, quantity, Decimal(str(line["price"]))))
                sign = 1 if line["transaction_type"] == "BUY" else -1
                truth.net[line["tradingsymbol"]] += sign * quantity
            elif line["event"] == "end":
                truth.status[order_id] = line["status"]
        return truth


def compare(books: Books, truth: Truth) -> None:
    """P7: the books equal the broker's ledger: orders, fills, positions."""
    if books.orders.keys() != truth.status.keys():
        missing = sorted(truth.status.keys() - books.orders.keys())
        extra = sorted(books.orders.keys() - truth.status.keys())
        raise Broken(f"P7: orders missing {missing[:5]}, never placed {extra[:5]}")
    for order_id, status in truth.status.items():
        order = books.orders[order_id]
        told = order["status"] if order["status"] in ENDED else "alive"
        if told != status:
            raise Broken(f"P7: order {order_id} is {status}, the book says {order['status']}")
        if order["filled_quantity"] != truth.filled.get(order_id, 0):
            raise Broken(f"P7: order {order_id} has filled {truth.filled.get(order_id, 0)}")
    told_fills = sorted(
        (trade["order_id"], trade["quantity"], Decimal(str(trade["price"])))
        for trade in books.trades.values()
    )
    if told_fills != sorted(truth.fills):
        raise Broken(f"P7: {len(truth.fills)} fills, the book has {len(told_fills)} trades")
    net: dict[str, int] = defaultdict(int)
    for position in books.positions.values():
        net[position["tradingsymbol"]] += position["quantity"]
    for symbol in net.keys() | truth.net.keys():
        if net[symbol] != truth.net.get(symbol, 0):
            raise Broken(
                f"P7: net {truth.net.get(symbol, 0)} of {symbol}, the book says {net[symbol]}"
            )


def check_histories(log: Log, truth: Truth, account_id: str) -> None:
    """P7: each order's events go through every fill of the ledger, one by one."""
    told = log.fills_of(account_id)
    for order_id, steps in truth.steps.items():
        if told.get(order_id, []) != steps:
            raise Broken(f"P7: order {order_id} filled by {steps}, told as {told.get(order_id)}")


def check_positions(log: Log, ledger: list[dict[str, Any]], account_id: str) -> None:
    """P7: a trade is told together with what is then held: it has that trade and all before it.

    Of brokers that are asked for trades; one that pushes them pushes positions when it likes.
    """
    nets: dict[str, list[int]] = defaultdict(lambda: [0])  # of a symbol, after each of its fills
    places: dict[str, list[int]] = defaultdict(list)  # of an order's fills among those
    for line in ledger:
        if line["event"] == "fill" and line["account_id"] == account_id:
            net = nets[line["tradingsymbol"]]
            net.append(
                net[-1] + line["quantity"] * (1 if line["transaction_type"] == "BUY" else -1)
            )
            places[line["order_id"]].append(len(net) - 1)
    held: dict[str, dict[str, int]] = defaultdict(dict)
    told: dict[str, int] = defaultdict(int)  # trades of an order
    least: dict[str, int] = {}  # the newest fill of a symbol whose trade was told
    mine = [log.events[offset] for offset in sorted(log.events)]
    mine = [event for event in mine if event["account_id"] == account_id]
    for event, next_event in zip(mine, [*mine[1:], None], strict=True):
        data = event["data"]
        if event["type"] == "trade_update":
            place = places[data["order_id"]][told[data["order_id"]]]
            told[data["order_id"]] += 1
            symbol = data["tradingsymbol"]
            least[symbol] = max(least.get(symbol, 0), place)
        elif event["type"] == "position_update":
            held[data["tradingsymbol"]][data["id"]] = data["quantity"]
        if next_event is not None and next_event["timestamp"] == event["timestamp"]:
            continue
        for symbol, place in least.items():
            if symbol in held and sum(held[symbol].values()) not in nets[symbol][place:]:
                quantity = sum(held[symbol].values())
                raise Broken(f"P7: held {quantity} of {symbol} after its trade {place} was told")
